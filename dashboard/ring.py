"""The ring of the day: a clock face of 24 hours in quarter hours. Pure.

Behind the hand stands what was seen, ahead of it when we would speak. Colour, width and hatching say the
same, and every state has words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from dashboard.language import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from dashboard.day import Day

QUARTER = timedelta(minutes=15)
"""Zones differ from UTC by quarters of an hour, so a quarter of UTC is one everywhere."""
PAST = timedelta(hours=18)
AHEAD = timedelta(hours=6)
"""The rest of the face is the future."""
QUARTERS = 96
CENTRE, RADIUS = 110.0, 92.0
GAP_DEGREES = 0.35
MUCH = 0.5
"""From this share of a quarter on, somebody was up and about for much of it."""


class State(StrEnum):
    """What is known of one quarter of an hour."""

    MUCH = "much"
    SOME = "some"
    REST = "rest"
    STILL = "still"
    BLIND = "blind"
    AHEAD = "ahead"


WORDS = {
    State.MUCH: marked("Up and about"),
    State.SOME: marked("Some movement"),
    State.REST: marked("In bed or in a chair"),
    State.STILL: marked("No movement"),
    State.BLIND: marked("We could not see"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Quarters of one state in a row."""

    start: datetime
    end: datetime
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """The face, ready to be drawn in a box of 220 by 220."""

    #: For each state the path of its quarters.
    paths: tuple[tuple[State, str], ...]
    #: Where the hand points, in degrees from midnight at the top.
    hand: float
    #: Where the next alert stands, in degrees; None for none on the face.
    alert: float | None
    #: The past in words, the latest first.
    spans: tuple[Span, ...]


def ring(
    day: Day,
    at_rest: frozenset[str],
    zone: ZoneInfo,
    alert_at: datetime | None,
) -> Ring:
    """Draw the last hours before the end of ``day`` and the next.

    Parameters
    ----------
    day
        What was seen; it ends now.
    at_rest
        Places of it where somebody who is there rests: beds and chairs.
    alert_at
        When somebody would be told if nothing happened.
    """
    now = day.end
    past = [
        (start, _state(day, at_rest, start, min(start + QUARTER, now)))
        for start in _quarters(max(day.start, now - PAST), now)
    ]
    ahead = [(start, State.AHEAD) for start in _quarters(now + QUARTER, now + AHEAD - QUARTER)]
    on_face = alert_at is not None and now < alert_at <= now + AHEAD
    return Ring(
        paths=_paths([*past, *ahead], zone),
        hand=degrees(now, zone),
        alert=degrees(alert_at, zone) if on_face and alert_at else None,
        spans=tuple(reversed(_spans(past, now))),
    )


def degrees(moment: datetime, zone: ZoneInfo) -> float:
    """Return where a moment stands on the face of the home's clock.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> degrees(datetime(2026, 7, 1, 5, tzinfo=UTC), ZoneInfo("Europe/London"))
    90.0
    """
    local = moment.astimezone(zone)
    return round((local.hour * 60 + local.minute) / 1440 * 360, 1)


def point(angle: float, radius: float = RADIUS) -> tuple[float, float]:
    """Return a place on the face: degrees from the top, distance from the centre.

    Examples
    --------
    >>> point(90.0, 100.0)
    (210.0, 110.0)
    """
    turn = math.radians(angle)
    x, y = CENTRE + radius * math.sin(turn), CENTRE - radius * math.cos(turn)
    return round(x, 1), round(y, 1)


def _quarters(start: datetime, end: datetime) -> list[datetime]:
    """Return the quarters of an hour that overlap a span."""
    first = start.astimezone(UTC)
    first -= timedelta(
        minutes=first.minute % 15, seconds=first.second, microseconds=first.microsecond
    )
    count = max(0, math.ceil((end - first) / QUARTER))
    return [first + QUARTER * number for number in range(count)]


def _state(day: Day, at_rest: frozenset[str], start: datetime, end: datetime) -> State:
    length = (end - start) / timedelta(seconds=1)
    about = _overlap(((s.start, s.end) for s in day.stays if s.place not in at_rest), start, end)
    if about > 0:
        return State.MUCH if about >= MUCH * length else State.SOME
    if _overlap(((gap.start, gap.end) for gap in day.gaps), start, end) * 2 > length:
        return State.BLIND
    resting = _overlap(((s.start, s.end) for s in day.stays if s.place in at_rest), start, end)
    return State.REST if resting * 2 > length else State.STILL


def _overlap(spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> float:
    """Return for how many seconds of a span others cover it; where several do, each counts."""
    shared = ((min(end, last) - max(start, first)).total_seconds() for first, last in spans)
    return sum(seconds for seconds in shared if seconds > 0)


def _paths(
    quarters: Sequence[tuple[datetime, State]], zone: ZoneInfo
) -> tuple[tuple[State, str], ...]:
    # by place on the face: in the hour that autumn repeats the later one stays
    placed = {degrees(start, zone): state for start, state in quarters}
    arcs: dict[State, list[str]] = {}
    for angle, state in placed.items():
        x, y = point(angle + GAP_DEGREES)
        to_x, to_y = point(angle + 360 / QUARTERS - GAP_DEGREES)
        arcs.setdefault(state, []).append(f"M{x} {y}A{RADIUS:g} {RADIUS:g} 0 0 1 {to_x} {to_y}")
    return tuple((state, "".join(arcs[state])) for state in State if state in arcs)


def _spans(past: Sequence[tuple[datetime, State]], now: datetime) -> list[Span]:
    spans = []
    for state, several in groupby(past, key=lambda pair: pair[1]):
        starts = [start for start, _ in several]
        spans.append(Span(start=starts[0], end=min(starts[-1] + QUARTER, now), state=state))
    return spans
