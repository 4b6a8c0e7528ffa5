"""A day of behaviour as sixteen numbers that can be compared with the same person's other days. Pure.

Counts and minutes are rates over the known time, at home and seen or out, and square roots of them, so that
a busy and a quiet home vary alike; a share is its logit, a duration its logarithm, a time of day stays in
hours (detection.md §5; why not over the time at home: docs/decisions/0126). What a home does not measure, or
a day did not show, is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analytics.features.hours import SEEN_SHARE, SettledDay, clock_text
from analytics.features.localtime import DAY_STARTS_H, HOUR_S
from analytics.features.open_day import ANY, HOURS, KINDS, hour_of_day
from core.model.circadian import amplitude, least_and_most
from core.model.home import RoomKind
from core.model.said import figure, percent, say
from core.model.words import marked

if TYPE_CHECKING:
    from analytics.features.plan import HomePlan

Floats = npt.NDArray[np.float64]
LEAST_KNOWN_H = 16.0
"""Hours at home and seen, or out, that a day must have (detection.md §4)."""
LEAST_HOME_H = 10.0
"""Hours at home and seen without which rates say nothing."""
LONGEST_GUEST_H = 4.0
"""Hours with a guest from which a day is not the resident's alone."""
NIGHT_FROM_H, NIGHT_UNTIL_H = 23.0, 6.0
SMALL_HOURS = frozenset({0.0, 1.0, 2.0, 3.0})
FEWEST_NIGHT_H = 2.0
_EDGE = 0.005


@dataclass(frozen=True, slots=True)
class Feature:
    """One number of a day."""

    name: str
    #: What it counts, in plain words. `marked`.
    words: str
    #: How a higher and a lower value are said.
    comparatives: tuple[str, str]
    #: Says a value of the natural scale.
    say: Callable[[float], str]
    #: Standard deviation of a person's days about their own mean, transformed: population prior.
    spread: float
    #: From the transformed to the natural scale.
    natural: Callable[[float], float]

    def told(self, value: float) -> str:
        """Say a transformed value in plain words.

        Examples
        --------
        >>> FEATURES[0].told(3.0), FEATURES[7].told(8.5)
        ('9 min', '08:30')
        """
        return say("not known") if math.isnan(value) else self.say(self.natural(value))


def _count(name: str, words: str, spread: float) -> Feature:
    return Feature(name, words, ("more", "fewer"), figure, spread, _square)


def _minutes(name: str, words: str, spread: float) -> Feature:
    return Feature(name, words, ("more", "less"), _say_minutes, spread, _square)


def _clock(name: str, words: str, spread: float) -> Feature:
    return Feature(name, words, ("later", "earlier"), clock_text, spread, float)


def _say_minutes(value: float) -> str:
    return say("%(minutes)s min", minutes=figure(value))


def _say_share(value: float) -> str:
    return percent(100.0 * value)


def _say_seconds(value: float) -> str:
    return say("%(seconds)s s", seconds=figure(value, 1))


def _square(value: float) -> float:
    return max(value, 0.0) ** 2


def _share(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


FEATURES = (
    _minutes("hall", marked("movement in the hall"), 1.0),
    _minutes("kitchen", marked("movement in the kitchen"), 1.2),
    _minutes("bedroom", marked("movement in the bedroom"), 0.8),
    _count("moves", marked("changes from room to room"), 1.5),
    _minutes("night", marked("movement outside the bedroom from 00 to 04"), 0.8),
    _count("bathroom_day", marked("bathroom visits by day"), 0.5),
    _count("bathroom_night", marked("bathroom visits at night"), 0.5),
    _clock("first_kitchen", marked("first use of the kitchen"), 1.0),
    _minutes("out", marked("time out"), 5.0),
    _count("outings", marked("outings"), 0.6),
    _count("bed_exits", marked("times out of bed at night"), 0.5),
    _clock("first", marked("first movement after 04:00"), 0.9),
    _clock("last", marked("last movement before 04:00"), 0.9),
    _minutes("most", marked("movement in the busiest hours"), 0.4),
    Feature(
        "amplitude", marked("contrast of day and night"), ("more", "less"), _say_share, 0.7, _share
    ),
    Feature(
        "way", marked("time from room to room"), ("more", "less"), _say_seconds, 0.12, math.exp
    ),
)
"""All of them; the spreads are our judgement (docs/decisions/0126)."""
NAMES = tuple(one.name for one in FEATURES)
COUNT = len(FEATURES)


def day_vector(settled: SettledDay, plan: HomePlan, bed_exits: float = math.nan) -> Floats | None:
    """Return the transformed features of a settled day, shape (COUNT,); None for a day without them.

    A day is left out when the clock was set, when too little of it could be seen, when a guest stayed for
    long, or when it holds a part of an absence of a day and more.

    Parameters
    ----------
    bed_exits
        How often the resident left bed in the night that ended on this day; NaN when not known.
    """
    day, known = settled.day, settled.known
    home_h, known_h = float(settled.valid.sum()) / 60.0, float(known.sum()) / 60.0
    if not day.usual_length or day.absent or day.guest_s > LONGEST_GUEST_H * HOUR_S:
        return None
    if home_h < LEAST_HOME_H or known_h < LEAST_KNOWN_H:
        return None
    active = {kind: np.where(known > 0.0, day.active(kind), 0.0) for kind in KINDS}
    per_day = 24.0 / known_h
    kinds = {device.room for device in plan.devices if device.interior}
    door = any(device.exterior_door for device in plan.devices)
    toilet = _visits(settled) if RoomKind.BATHROOM in kinds else (math.nan, math.nan)
    rhythm = _rhythm(active[ANY], known)
    kitchen = day.minutes(RoomKind.KITCHEN.value)
    values = (
        *(
            _root(float(active[kind].sum()) * per_day) if kind in kinds else math.nan
            for kind in (RoomKind.HALL.value, RoomKind.KITCHEN.value, RoomKind.BEDROOM.value)
        ),
        _root(sum(day.moves[hour] for hour in range(HOURS) if known[hour] > 0.0) * per_day),
        _night(active, known),
        *toilet,
        _edge(kitchen, first=True),
        _root(sum(day.out_s) / 60.0) if door else math.nan,
        _root(float(day.outings)) if door else math.nan,
        _root(bed_exits),
        _edge(day.minutes(ANY), first=True),
        _edge(day.minutes(ANY), first=False),
        *rhythm,
        _log(day.step_s()),
    )
    return np.array(values, dtype=np.float64)


def _visits(settled: SettledDay) -> tuple[float, float]:
    """Return bathroom visits by day and at night, as rates of a whole day and night."""
    counts = {True: 0.0, False: 0.0}
    known = {True: 0.0, False: 0.0}
    for hour in range(HOURS):
        night = not NIGHT_UNTIL_H <= hour_of_day(hour) < NIGHT_FROM_H
        known[night] += settled.known[hour] / 60.0
        if settled.known[hour] > 0.0:
            counts[night] += settled.day.visits[hour]
    length = {True: 7.0, False: 17.0}
    by = {
        night: _root(counts[night] * length[night] / known[night])
        if known[night] >= FEWEST_NIGHT_H
        else math.nan
        for night in counts
    }
    return by[False], by[True]


def _night(active: dict[str, Floats], known: Floats) -> float:
    small = [hour for hour in range(24) if hour_of_day(hour) in SMALL_HOURS]
    known_h = float(known[small].sum()) / 60.0
    if known_h < FEWEST_NIGHT_H:
        return math.nan
    elsewhere = active[ANY][small].sum() - active[RoomKind.BEDROOM.value][small].sum()
    return _root(max(float(elsewhere), 0.0) * len(small) / known_h)


def _rhythm(active: Floats, known: Floats) -> tuple[float, float]:
    """Return the ten busiest hours and the contrast of one day, transformed."""
    counted = known[:24] >= SEEN_SHARE * 60.0
    if counted.sum() < LEAST_KNOWN_H:
        return math.nan, math.nan
    hours = np.where(counted, active[:24] * 60.0 / np.maximum(known[:24], 1.0), 0.0)
    hours = np.where(counted, hours, hours.sum() / counted.sum())
    least, most = least_and_most(hours)
    share = amplitude(least, most)
    if not math.isfinite(share):
        return math.nan, math.nan
    share = min(max(share, _EDGE), 1.0 - _EDGE)
    return _root(most.mean), math.log(share / (1.0 - share))


def _edge(minutes: npt.NDArray[np.bool_], *, first: bool) -> float:
    """Return the time of the first or last movement in hours, 04 to 28; NaN without one."""
    seen = np.flatnonzero(minutes)
    if not len(seen):
        return math.nan
    return DAY_STARTS_H + float(seen[0] if first else seen[-1]) / 60.0


def _root(value: float) -> float:
    return math.sqrt(value) if value >= 0.0 else math.nan


def _log(value: float) -> float:
    return math.log(value) if value > 0.0 else math.nan
