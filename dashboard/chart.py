"""The picture of a day: one lane a room, in percent of its width, so that a phone shows it too. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dashboard.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from core.model.finding import Severity
    from dashboard.day import Day

LANE_PX = 44
HEAD_PX = 28
LEAST_PERCENT = 0.6
"""A short stay stays visible."""
HOURS_BETWEEN = 6
STEP = timedelta(minutes=15)
"""Zones differ from UTC by quarters of an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A span: left edge and width in percent."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One line of the picture."""

    title: str
    #: Upper edge in pixels.
    y: int
    bars: tuple[Bar, ...] = ()
    #: Places of single moments in percent, each with its kind (``door`` or a severity).
    marks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A day, ready to be drawn."""

    lanes: tuple[Lane, ...]
    gaps: tuple[Bar, ...]
    #: Hour lines: place in percent and the hour in the home's zone.
    hours: tuple[tuple[float, str], ...]
    height: int
    #: Upper edge of the first lane, in pixels.
    head: int = HEAD_PX


def picture(day: Day, alerts: Sequence[tuple[datetime, Severity]], zone: ZoneInfo) -> Picture:
    """Lay out a day; places are in percent of its length."""
    lanes = [_room_lane(day, place, row) for row, place in enumerate(day.places)]
    if day.marks:
        marks = tuple((_percent(day, mark.at), "door") for mark in day.marks)
        lanes.append(Lane(title=_("Doors and buttons"), y=_top(len(lanes)), marks=marks))
    if alerts:
        marks = tuple((_percent(day, at), severity.value) for at, severity in alerts)
        lanes.append(Lane(title=_("Alerts"), y=_top(len(lanes)), marks=marks))
    return Picture(
        lanes=tuple(lanes),
        gaps=tuple(_bar(day, gap.start, gap.end) for gap in day.gaps),
        hours=tuple(_hours(day, zone)),
        height=_top(len(lanes)),
    )


def _room_lane(day: Day, place: str, row: int) -> Lane:
    own: Iterable[Bar] = (
        _bar(day, stay.start, stay.end) for stay in day.stays if stay.place == place
    )
    return Lane(title=place, y=_top(row), bars=tuple(own))


def _top(row: int) -> int:
    return HEAD_PX + row * LANE_PX


def _percent(day: Day, moment: datetime) -> float:
    share = (moment - day.start) / (day.end - day.start)
    return round(100 * min(1.0, max(0.0, share)), 2)


def _bar(day: Day, start: datetime, end: datetime) -> Bar:
    x = _percent(day, start)
    width = max(_percent(day, end) - x, LEAST_PERCENT)
    return Bar(x=min(x, 100 - LEAST_PERCENT), width=round(width, 2))


def _hours(day: Day, zone: ZoneInfo) -> Iterator[tuple[float, str]]:
    # by steps of UTC, so that a day with a clock change shows the hours it had
    moment = day.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while (moment := moment + STEP) < day.end:
        local = moment.astimezone(zone)
        if local.hour % HOURS_BETWEEN == 0 and local.minute == 0:
            yield _percent(day, moment), f"{local:%H:%M}"
