"""From counted days to the numbers of a review. Pure: numpy in, plain numbers out.

What could not be seen is not known: NaN here, null in JSON, empty in CSV, hatched in pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.model import circadian
from core.model.day_count import QUARTERS
from dashboard.clinician.measures import TOLD, Measure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from core.model.day_count import DayCount

Floats = npt.NDArray[np.float64]
RECENT = 7
"""The last days that are compared with those before."""
FEWEST_RECENT, FEWEST_BEFORE = 4, 14
FEWEST_VALID = 5
VALID_H = 16
SEEN_SHARE = 0.8
"""Of an hour so much must have been seen (detection.md §4)."""
BAND = (10.0, 90.0)
"""Percentiles of the usual band."""
LEAST_SEEN_MIN = 16 * 60
NIGHT_QUARTERS = 20


@dataclass(frozen=True, kw_only=True)
class Days:
    """A stretch of days without a hole: a day that was not counted stands there as not seen.

    What is asked of it is worked out once: a page asks for the same numbers for table, picture and words.
    """

    first: date
    zone: ZoneInfo
    #: One a day, in order; None where a day was not counted.
    counts: tuple[DayCount | None, ...]

    @property
    def dates(self) -> tuple[date, ...]:
        """All days."""
        return tuple(self.first + timedelta(days=n) for n in range(len(self.counts)))

    def seen(self) -> Floats:
        """Return minutes seen, shape (days, 96); not to be changed."""
        return self._seen

    def active(self) -> Floats:
        """Return minutes with movement, shape (days, 96); not to be changed."""
        return self._active

    @cached_property
    def _seen(self) -> Floats:
        return self._grid([one.seen if one else None for one in self.counts])

    @cached_property
    def _active(self) -> Floats:
        return self._grid([one.active if one else None for one in self.counts])

    @cached_property
    def _daily(self) -> dict[str, list[float | None]]:
        return {}

    def of_room(self, room: str) -> Floats:
        """Return minutes with movement in a room, shape (days, 96)."""
        return self._grid([one.rooms.get(room) if one else None for one in self.counts])

    def rooms(self) -> tuple[str, ...]:
        """Return the names of all rooms of these days."""
        return tuple(sorted({room for one in self.counts if one for room in one.rooms}))

    @staticmethod
    def _grid(rows: Sequence[Sequence[int] | None]) -> Floats:
        nothing = (0,) * QUARTERS
        grid = np.array([row or nothing for row in rows], dtype=np.float64).reshape(-1, QUARTERS)
        grid.flags.writeable = False
        return grid


def percentiles(values: Sequence[float], *wanted: float) -> list[float]:
    """Return percentiles of at least one number, by straight lines between neighbours.

    As `numpy.percentile` does; for the few numbers of a page a tenth of its time.

    Examples
    --------
    >>> percentiles([3.0, 1.0, 2.0, 4.0], 0, 50, 90)
    [1.0, 2.5, 3.7]
    """
    ordered = sorted(values)
    found = []
    for one in wanted:
        place = (len(ordered) - 1) * one / 100.0
        below = math.floor(place)
        above = min(below + 1, len(ordered) - 1)
        found.append(ordered[below] + (ordered[above] - ordered[below]) * (place - below))
    return found


def stretch(counts: Sequence[DayCount], first: date, length: int, zone: ZoneInfo) -> Days:
    """Put counted days into a stretch of ``length`` days."""
    by_day = {one.day: one for one in counts}
    days = (first + timedelta(days=n) for n in range(length))
    return Days(first=first, zone=zone, counts=tuple(by_day.get(day) for day in days))


def within(days: Days, room: str) -> Days:
    """Return the same days with the movement of one room alone; not known where it had no sensor yet."""
    return replace(
        days,
        counts=tuple(
            replace(one, active=one.rooms[room]) if one and room in one.rooms else None
            for one in days.counts
        ),
    )


def rates(seen: Floats, active: Floats, share: float = SEEN_SHARE) -> Floats:
    """Return movement over what was seen, in minutes of 15; NaN where too little was seen."""
    return np.where(seen >= share * 15, active * 15 / np.maximum(seen, 1), np.nan)


def hourly(days: Days) -> Floats:
    """Return minutes with movement an hour, shape (days, 24); NaN for an hour seen for less than 48 min."""
    seen = days.seen().reshape(-1, 24, 4).sum(axis=2)
    active = days.active().reshape(-1, 24, 4).sum(axis=2)
    return np.where(seen >= SEEN_SHARE * 60, active * 60 / np.maximum(seen, 1), np.nan)


def valid(hours: Floats) -> npt.NDArray[np.bool_]:
    """Tell which days have 16 known hours and more, shape (days,)."""
    return np.asarray(np.isfinite(hours).sum(axis=1) >= VALID_H)


def daily(days: Days, key: str) -> list[float | None]:
    """Return one number a day; None where it is not known."""
    known = days._daily  # noqa: SLF001 (its own cache)
    if key not in known:
        known[key] = [None if one is None else of_day(one, key, days.zone) for one in days.counts]
    return list(known[key])


def of_day(one: DayCount, key: str, zone: ZoneInfo) -> float | None:  # noqa: PLR0911 (a table)
    """Return one number of a day; None where it is not known."""
    seen = sum(one.seen)
    if key == "unseen":
        return float(one.unseen_min)
    if key in {"to_bed", "up", "in_bed", "exits", "absence"}:
        return _of_night(one, key, zone)
    if seen < LEAST_SEEN_MIN:
        return None
    if key == "active":
        return sum(one.active) * 1440 / seen
    if key == "night_active":
        known = sum(one.seen[:NIGHT_QUARTERS]) >= SEEN_SHARE * NIGHT_QUARTERS * 15
        return float(sum(one.active[:NIGHT_QUARTERS])) if known else None
    if key in {"moves", "ways", "pace"}:
        return _of_walking(one, key)
    if key in {"outings", "out"}:
        lengths = [outing.minutes for outing in one.outings]
        return (float(len(lengths)) if key == "outings" else sum(lengths)) if one.door else None
    return _of_visits(one, key)


def _of_walking(one: DayCount, key: str) -> float | None:
    if key == "moves":
        return float(sum(times for _, _, times in one.moves))
    number, pace = one.ways or (None, None)
    return pace if key == "pace" else number


def _of_visits(one: DayCount, key: str) -> float | None:
    visits = one.visits.get("bathroom" if key.startswith("bathroom") else "kitchen")
    if visits is None:
        return None
    by_day, at_night, first = visits
    return {
        "bathroom_day": float(by_day),
        "bathroom_night": float(at_night),
        "kitchen": float(by_day + at_night),
        "first_kitchen": first,
    }[key]


def _of_night(one: DayCount, key: str, zone: ZoneInfo) -> float | None:
    if one.night is None:
        return None
    return {
        "to_bed": clock_h(one.night.to_bed, zone, evening=True),
        "up": clock_h(one.night.up, zone),
        "in_bed": one.night.in_bed_min / 60,
        "exits": float(one.night.exits),
        "absence": one.night.longest_absence_min,
    }[key]


def clock_h(moment: datetime, zone: ZoneInfo, *, evening: bool = False) -> float:
    """Return the hour on the wall; after an evening it goes on above 24, so that midnight is no jump."""
    local = moment.astimezone(zone)
    hour = local.hour + local.minute / 60 + local.second / 3600
    return hour + 24 if evening and hour < 12 else hour  # noqa: PLR2004 (noon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A number of the last days beside the person's own days before."""

    measure: Measure
    recent: float
    low: float
    usual: float
    high: float
    #: Days that each of the two stands on.
    recent_days: int
    days: int

    @property
    def outside(self) -> bool:
        """Whether the last days lie outside the usual band."""
        return not self.low <= self.recent <= self.high

    @property
    def distance(self) -> float:
        """How far outside, in widths of the band."""
        beyond = max(self.low - self.recent, self.recent - self.high, 0.0)
        return beyond / max(self.high - self.low, abs(self.usual) * 0.1, 1e-9)


def compared(days: Days, measure: Measure) -> Change | None:
    """Compare the last seven days with those before; None where too few are known."""
    values = daily(days, measure.key)
    recent = [one for one in values[-RECENT:] if one is not None]
    before = [one for one in values[:-RECENT] if one is not None]
    if len(recent) < FEWEST_RECENT or len(before) < FEWEST_BEFORE:
        return None
    low, usual, high = percentiles(before, BAND[0], 50.0, BAND[1])
    return Change(
        measure=measure,
        recent=percentiles(recent, 50.0)[0],
        low=low,
        usual=usual,
        high=high,
        recent_days=len(recent),
        days=len(before),
    )


def changes(days: Days) -> tuple[Change, ...] | None:
    """Return what lies outside the usual band, the farthest first; None where nothing can be compared."""
    found = [one for measure in TOLD if (one := compared(days, measure)) is not None]
    if not found:
        return None
    return tuple(sorted((one for one in found if one.outside), key=lambda one: -one.distance))


def profile(days: Days) -> list[tuple[float | None, float | None, float | None, float | None, int]]:
    """Return for each hour: median of the last days; low, median and high of those before; their number."""
    hours = hourly(days).T.tolist()
    found = []
    for of_hour in hours:
        recent, before = (
            [one for one in part if not math.isnan(one)]
            for part in (of_hour[-RECENT:], of_hour[:-RECENT])
        )
        band: list[float | None] = [None] * 3
        if len(before) >= FEWEST_BEFORE:
            band = [*percentiles(before, BAND[0], 50.0, BAND[1])]
        middle = percentiles(recent, 50.0)[0] if len(recent) >= FEWEST_RECENT else None
        found.append((middle, band[0], band[1], band[2], len(before)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Rhythm of seven days; all None where fewer than five are valid."""

    last: date
    valid_days: int
    values: dict[str, float | None]


def weeks(days: Days) -> tuple[Week, ...]:
    """Return the rhythm of each seven days, counted back from the end."""
    hours, dates = hourly(days), days.dates
    return tuple(
        _week(hours[end - 7 : end], dates[end - 1])
        for end in range(len(dates) - (len(dates) // 7 - 1) * 7, len(dates) + 1, 7)
    )


def _week(hours: Floats, last: date) -> Week:
    is_valid = valid(hours)
    x = np.where(is_valid[:, None], hours, np.nan).ravel()
    values: dict[str, float | None] = dict.fromkeys(("is", "iv", "ra", "l5", "l5_at", "m10"))
    if is_valid.sum() >= FEWEST_VALID:
        values |= {
            "is": _known(circadian.interdaily_stability(x)),
            "iv": _known(circadian.intradaily_variability(x)),
        }
        # an hour that was never seen is no calm hour
        if np.isfinite(circadian.daily_profile(x)).all():
            low, high = circadian.least_active(x), circadian.most_active(x)
            values |= {
                "ra": _known(circadian.relative_amplitude(x)),
                "l5": _known(low.mean),
                "l5_at": low.start_h,
                "m10": _known(high.mean),
            }
    return Week(last=last, valid_days=int(is_valid.sum()), values=values)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
