"""Two periods of one person side by side, measure by measure. Pure: numpy in, plain numbers out.

The rule is that of the review (docs/decisions/0196): a person is compared with the same person. What was
usual is where the middle 80 of 100 days of the first period lie; the second differs where its median lies
outside. Own ranges rather than those of a population: Harris 1974, Clin Chem 20:1535.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from dashboard.clinician.measures import BY_KEY, said
from dashboard.clinician.numbers import (
    BAND,
    FEWEST_BEFORE,
    FEWEST_RECENT,
    LEAST_SEEN_MIN,
    daily,
    weeks,
)
from dashboard.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.clinician.annotated import MarkedDays
    from dashboard.clinician.measures import Measure

BY_DAY = (
    "active", "night_active", "to_bed", "up", "in_bed", "exits", "absence", "moves", "pace", "ways",
    "outings", "out", "bathroom_day", "bathroom_night", "kitchen", "first_kitchen",
)  # fmt: skip
BY_WEEK = ("is", "iv", "ra", "l5", "m10")
FEWEST_WEEKS = 3
WEEK = 7
RULE = marked(
    "The usual range is where the middle 80 of 100 days of the first period lie: 10th to 90th percentile, of"
    " 14 days that count at least. Of weekly numbers it goes from the lowest to the highest of 3 weeks at"
    " least. The second period is outside where its median (of at least 4 days, or 1 week) is below or above"
    " it. This says that days differ, not why."
)
RULE_SOURCE = (
    "A person's own range: Harris 1974, Clin Chem 20:1535; `dashboard/clinician/comparing.py`,"
    " docs/decisions/0196"
)


class Verdict(StrEnum):
    """Where the second period lies."""

    ABOVE = "above"
    BELOW = "below"
    WITHIN = "within"
    UNKNOWN = "unknown"


VERDICTS = {
    Verdict.ABOVE: marked("Above the usual range"),
    Verdict.BELOW: marked("Below the usual range"),
    Verdict.WITHIN: marked("Within the usual range"),
    Verdict.UNKNOWN: marked("Cannot be said: too few days"),
}
EARLIER_LATER = {
    Verdict.ABOVE: marked("Later than the usual range"),
    Verdict.BELOW: marked("Earlier than the usual range"),
}
SIGNS = {Verdict.ABOVE: "▲", Verdict.BELOW: "▼", Verdict.WITHIN: "=", Verdict.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One measure in one period."""

    #: What is known, in order of time.
    values: tuple[float, ...]
    #: Days (or weeks) that are not known, and days that are left out.
    missing: int
    left_out: int

    @property
    def counted(self) -> int:
        """Days or weeks that count."""
        return len(self.values)

    @property
    def mean(self) -> float | None:
        """Arithmetic mean; None without any value."""
        return float(np.mean(self.values)) if self.values else None

    @property
    def median(self) -> float | None:
        """Median; None without any value."""
        return self._percentile(50.0)

    @property
    def quartiles(self) -> tuple[float | None, float | None]:
        """25th and 75th percentile: the spread."""
        return self._percentile(25.0), self._percentile(75.0)

    def _percentile(self, percent: float) -> float | None:
        return float(np.percentile(self.values, percent)) if self.values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One measure in both periods."""

    measure: Measure
    #: Its name, with the room where it is of a room.
    name: str
    #: True where each value is of seven days.
    weekly: bool
    first: Side
    second: Side

    @property
    def usual(self) -> tuple[float, float] | None:
        """The usual range; None where the first period is too short for one."""
        values = self.first.values
        if self.weekly:
            return (min(values), max(values)) if len(values) >= FEWEST_WEEKS else None
        if len(values) < FEWEST_BEFORE:
            return None
        low, high = np.percentile(values, BAND)
        return float(low), float(high)

    @property
    def verdict(self) -> Verdict:
        """Where the median of the second period lies."""
        usual, median = self.usual, self.second.median
        fewest = 1 if self.weekly else FEWEST_RECENT
        if usual is None or median is None or self.second.counted < fewest:
            return Verdict.UNKNOWN
        if median < usual[0]:
            return Verdict.BELOW
        return Verdict.ABOVE if median > usual[1] else Verdict.WITHIN

    @property
    def shown(self) -> str:
        """Its name in the language in use; the name of a room is its own."""
        if self.measure.key != "room":
            return _(self.name)
        return _("Movement: %(room)s") % {"room": self.name.removeprefix(of_room_words(""))}

    @property
    def verdict_words(self) -> str:
        """Say the verdict; times of day are earlier or later."""
        words = EARLIER_LATER if self.measure.unit == "hh:mm" else VERDICTS
        return _(words.get(self.verdict, VERDICTS[self.verdict]))

    @property
    def differences(self) -> tuple[float | None, float | None]:
        """Second less first: of the medians and of the means."""
        return (
            _less(self.second.median, self.first.median),
            _less(self.second.mean, self.first.mean),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure of one period."""

    measure: Measure
    name: str
    weekly: bool
    side: Side


def measured(found: MarkedDays, rooms: Sequence[str]) -> tuple[Measured, ...]:
    """Return every measure of a period, also those of which nothing is known."""
    sides = [(key, BY_KEY[key].name, _of_days(found, daily(found.counted, key))) for key in BY_DAY]
    sides += [
        ("room", of_room_words(room), _of_days(found, of_room(found, room))) for room in rooms
    ]
    of_days = [
        Measured(measure=BY_KEY[key], name=name, weekly=False, side=side)
        for key, name, side in sides
    ]
    of_weeks = [
        Measured(
            measure=BY_KEY[key], name=BY_KEY[key].name, weekly=True, side=_of_weeks(found, key)
        )
        for key in BY_WEEK
    ]
    return (*of_days, *of_weeks)


def pairs(first: MarkedDays, second: MarkedDays) -> tuple[Pair, ...]:
    """Compare every measure of two periods."""
    rooms = sorted({*first.days.rooms(), *second.days.rooms()})
    both = zip(measured(first, rooms), measured(second, rooms), strict=True)
    return tuple(
        Pair(
            measure=one.measure, name=one.name, weekly=one.weekly, first=one.side, second=other.side
        )
        for one, other in both
    )


def of_room_words(room: str) -> str:
    """Say what is measured in a room, in English: files and reports say it too."""
    return f"Movement: {room}"


def of_room(found: MarkedDays, room: str) -> list[float | None]:
    """Return minutes with movement in a room, of days of which 16 h were seen."""
    days = found.counted
    seen, minutes = days.seen().sum(axis=1), days.of_room(room).sum(axis=1)
    there = [one is not None and room in one.rooms for one in days.counts]
    return [
        float(minutes[n]) if there[n] and seen[n] >= LEAST_SEEN_MIN else None
        for n in range(len(there))
    ]


def _of_days(found: MarkedDays, values: Sequence[float | None]) -> Side:
    known = tuple(one for one in values if one is not None)
    out = len(found.left_out)
    return Side(values=known, missing=len(values) - len(known) - out, left_out=out)


def _of_weeks(found: MarkedDays, key: str) -> Side:
    of_weeks = weeks(found.counted) if len(found.days.counts) >= WEEK else ()
    known = tuple(value for one in of_weeks if (value := one.values[key]) is not None)
    return Side(values=known, missing=len(of_weeks) - len(known), left_out=0)


def _less(second: float | None, first: float | None) -> float | None:
    return None if second is None or first is None else second - first


def said_difference(measure: Measure, value: float | None) -> str:
    """Say how much more or less; of times of day in minutes.

    Examples
    --------
    >>> said_difference(BY_KEY["up"], -0.5), said_difference(BY_KEY["exits"], 2.0)
    ('30 min earlier', '+2')
    >>> said_difference(BY_KEY["is"], -0.125), said_difference(BY_KEY["active"], None)
    ('−0.12', 'not known')
    """
    if value is None:
        return _("not known")
    if measure.unit == "hh:mm":
        minutes = round(abs(value) * 60)
        if not minutes:
            return _("same time")
        text = _("%(minutes)s min later") if value > 0 else _("%(minutes)s min earlier")
        return text % {"minutes": minutes}
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + said(measure, abs(value))
