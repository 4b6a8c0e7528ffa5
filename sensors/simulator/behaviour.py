"""What a person does: a semi-Markov day of stays in rooms, with lognormal lengths. Knows no sensors.

Lengths and frequencies began as those of a woman living alone, measured on CASAS Aruba (detection.md §11);
they were fitted to people with dementia (docs/decisions/0269), with factors of her own for each simulated
person. Home time that nobody annotated is busy: here it is `Activity.POTTER`, short stays in one room after
the other, many of them no longer than it takes to fetch something.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from sensors.simulator.layouts import Layout
from sensors.simulator.people import Mood, Person

OUTSIDE = -1
"""Number of the room of somebody who is out."""
RISES_H = (3.5, 11.5)
EARLIEST_BED_H, LATEST_BED_H = 19.5, 26.0
ROUTINE_FROM_H = (9.0, 10.0)
ROUTINE_UNTIL_H = (13.0, 15.0)
"""A day centre: its bus comes in the morning and brings her home in the early afternoon."""


class Activity(IntEnum):
    """What somebody is doing."""

    SLEEP = 0
    TOILET = 1
    WASH = 2
    MEAL = 3
    EAT = 4
    RELAX = 5
    WORK = 6
    POTTER = 7
    OUT = 8
    DOZE = 9
    WALK = 10
    """Restless walking from room to room."""
    LIE = 11
    """On the floor."""
    SETTLE = 12
    """In bed and not asleep yet."""


class Stay(NamedTuple):
    """Some time in one room; times in seconds since 1970."""

    activity: Activity
    room: int
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One activity while awake: where, how long, how often at which hour."""

    #: Rooms that serve, the first that the home has.
    rooms: tuple[str, ...]
    #: Of the logarithm of the length in minutes.
    mean: float
    spread: float
    longest_min: float
    #: Relative frequency at 0, 3, 6 … 21 h; between them linear. Fitted to the hours of the TIHM
    #: population (docs/decisions/0269).
    weight: tuple[float, ...]


HABITS = {
    Activity.TOILET: Habit(
        rooms=("WC", "Bathroom"), mean=1.0, spread=0.47, longest_min=15,
        weight=(1.7, 2.6, 4.1, 2.4, 2.6, 2.5, 2.4, 4.5),
    ),
    Activity.WASH: Habit(
        rooms=("Bathroom",), mean=1.56, spread=0.91, longest_min=40,
        weight=(0.16, 0.16, 0.5, 0.3, 0.07, 0.07, 0.08, 0.4),
    ),
    Activity.MEAL: Habit(
        rooms=("Kitchen",), mean=1.55, spread=0.95, longest_min=75,
        weight=(4.3, 2.6, 4.0, 7.1, 5.7, 6.4, 5.1, 2.3),
    ),
    Activity.EAT: Habit(
        rooms=("Dining room", "Kitchen"), mean=1.9, spread=1.03, longest_min=60,
        weight=(0.1, 0.1, 0.5, 0.4, 0.5, 0.2, 0.9, 0.1),
    ),
    Activity.RELAX: Habit(
        rooms=("Lounge",), mean=2.45, spread=0.93, longest_min=150,
        weight=(2.4, 3.4, 14.0, 4.4, 3.1, 5.1, 2.3, 6.7),
    ),
    Activity.WORK: Habit(
        rooms=("Study", "Spare room", "Bedroom"), mean=2.27, spread=1.09, longest_min=120,
        weight=(0.5, 0.5, 0.9, 0.9, 0.6, 0.6, 0.6, 0.9),
    ),
    Activity.POTTER: Habit(
        rooms=(), mean=0.9, spread=0.8, longest_min=40,
        weight=(8.4, 9.5, 10.5, 28.4, 11.6, 6.6, 17.9, 12.6),
    ),
    Activity.OUT: Habit(
        rooms=(), mean=4.25, spread=0.8, longest_min=480,
        weight=(0.0, 0.0, 0.4, 0.6, 0.9, 0.4, 0.2, 0.07),
    ),
}  # fmt: skip
_AWAKE = tuple(HABITS)
_KNOTS_H = np.arange(0.0, 27.0, 3.0)
WEIGHTS = np.array(
    [
        np.interp(np.arange(24) + 0.5, _KNOTS_H, [*one.weight, one.weight[0]])
        for one in HABITS.values()
    ]
).T
"""Frequency by hour and activity, in the order of `HABITS`."""
SHORT_OUTING = (0.3, 2.4, 0.7)
"""Share, mean and spread of the logarithm of minutes: to the bin, the garden, a neighbour."""
SHORTEST_MIN = 0.4
DOZE = (3.5, 0.6, 150.0)
POTTER_MIN = (-1.05, 1.37)
SHORTEST_ERRAND_MIN, LONGEST_ERRAND_MIN = 0.03, 6.0
"""Of the logarithm of minutes in each room, beside the way there; and the least of it: a thing is fetched."""
ERRANDS = {"Kitchen": 2.8, "Hall": 1.35, "Bedroom": 0.85, "Bathroom": 0.53}
"""How often somebody who potters goes to a room, relative to the other rooms."""
UP_AT_NIGHT = (2.9, 0.6)
NIGHT_TOILET = (0.88, 0.6)
SETTLING = (1.54, 0.8)
"""Of the logarithm of minutes until she lies still."""
IN_BED = frozenset({Activity.SLEEP, Activity.SETTLE})
AGAIN_S = 300.0
"""Nobody gets up again so soon."""


class Clock:
    """The wall clock of a home: local moments to seconds since 1970 and back."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def at(self, day: date, hour: float) -> float:
        """Return the moment at which the wall says ``hour`` of ``day``; beyond 24 is the next day."""
        wall = datetime.combine(day, time()) + timedelta(hours=hour)
        return wall.replace(tzinfo=self._zone).timestamp()

    def day(self, seconds: float) -> date:
        """Return the date on the wall."""
        return datetime.fromtimestamp(seconds, self._zone).date()

    def offset(self, seconds: float) -> float:
        """Seconds that the wall is ahead of UTC."""
        delta = datetime.fromtimestamp(seconds, self._zone).utcoffset()
        return 0.0 if delta is None else delta.total_seconds()


def rising(person: Person, clock: Clock, day: date, seed: int) -> float:
    """Return when she gets up on ``day``, in seconds since 1970."""
    rng = np.random.default_rng((seed, 33, day.toordinal()))
    hour = person.rise_h + person.irregular_h * float(rng.normal())
    return clock.at(day, min(max(hour, RISES_H[0]), RISES_H[1]))


class Day:
    """One day of one person, from one getting up to the next, drawn from its own random numbers."""

    def __init__(
        self, person: Person, layout: Layout, clock: Clock, feels: Mood, rng: np.random.Generator
    ) -> None:
        self._person = person
        self._layout = layout
        self._clock = clock
        self._feels = feels
        self._rng = rng
        self._stays: list[Stay] = []
        self._uniform: Iterator[float] = iter(())
        self._normal: Iterator[float] = iter(())
        weights = WEIGHTS.copy()
        for column, factor in (
            (_AWAKE.index(Activity.TOILET), feels.bathroom),
            (_AWAKE.index(Activity.MEAL), feels.kitchen),
            (_AWAKE.index(Activity.OUT), person.outgoing * feels.outgoing),
            (_AWAKE.index(Activity.POTTER), feels.lively),
        ):
            weights[:, column] *= factor
        for column, activity in enumerate(_AWAKE):
            weights[:, column] *= person.leanings[activity] if person.leanings else 1.0
        self._choices = (weights.cumsum(axis=1) / weights.sum(axis=1, keepdims=True)).tolist()
        self._rooms = {
            activity: [layout.index[room] for room in habit.rooms if room in layout.index]
            for activity, habit in HABITS.items()
        }
        haunts = np.array([person.haunts.get(room, 1.0) for room in layout.rooms])
        errands = np.cumsum(haunts * [ERRANDS.get(room, 1.0) for room in layout.rooms])
        self._speed, self._pace = person.speed_m_s * feels.speed, person.pace
        self._errands = (errands / errands[-1]).tolist()
        self.bedroom = layout.index["Bedroom"]
        self._bathroom = layout.index["Bathroom"]
        self._lounge = layout.index["Lounge"]

    def stays(self, day: date, rise: float, next_rise: float) -> list[Stay]:
        """Return contiguous stays from getting up on ``day`` to getting up on the next."""
        person = self._person
        bedtime_h = person.bedtime_h + person.irregular_h * float(self._rng.normal())
        bedtime = self._clock.at(day, min(max(bedtime_h, EARLIEST_BED_H), LATEST_BED_H))
        self._offset = self._clock.offset(rise)
        goes = self._clock.at(day, float(self._rng.uniform(*ROUTINE_FROM_H)))
        if day.weekday() in person.routine_days and goes > rise:
            self._awake(rise, goes)
            home = self._clock.at(day, float(self._rng.uniform(*ROUTINE_UNTIL_H)))
            rise = self._stay(Activity.OUT, OUTSIDE, max(goes, self._now(rise)), home)
        self._asleep(max(self._awake(rise, bedtime), bedtime), next_rise)
        return self._stays

    def _now(self, start: float) -> float:
        return self._stays[-1].end if self._stays else start

    def _stay(self, activity: Activity, room: int, start: float, end: float) -> float:
        if end > start:
            self._stays.append(Stay(activity, room, start, end))
        return max(start, end)

    def _draw(self) -> float:
        for value in self._uniform:
            return value
        self._uniform = iter(self._rng.random(256).tolist())
        return next(self._uniform)

    def _gauss(self) -> float:
        for value in self._normal:
            return value
        self._normal = iter(self._rng.normal(size=256).tolist())
        return next(self._normal)

    def _length_s(self, mean: float, spread: float, longest_min: float) -> float:
        minutes = math.exp(mean + spread * self._gauss()) * self._pace
        return 60.0 * min(max(minutes, SHORTEST_MIN), longest_min)

    def _awake(self, now: float, end: float) -> float:
        while now < end:
            hour = int((now + self._offset) % 86400.0 // 3600.0)
            activity = _AWAKE[bisect(self._choices[hour], self._draw())]
            habit = HABITS[activity]
            if activity is Activity.POTTER:
                now = self._potter(
                    now, min(end, now + self._length_s(habit.mean, habit.spread, 40))
                )
            elif activity is Activity.OUT and self._stays and self._stays[-1].room == OUTSIDE:
                continue  # who has just come home does something there first
            elif activity is Activity.OUT:
                now = self._stay(activity, OUTSIDE, now, min(end, now + self._outing_s(habit)))
            else:
                now = self._settled(activity, habit, now, end)
        return now

    def _settled(self, activity: Activity, habit: Habit, now: float, end: float) -> float:
        rooms = self._rooms[activity]
        room = rooms[0] if len(rooms) == 1 or self._draw() < 0.6 else rooms[-1]  # noqa: PLR2004
        length = self._length_s(habit.mean, habit.spread, habit.longest_min)
        if activity is Activity.RELAX and self._draw() < self._person.dozes:
            awake = now + 0.4 * length
            now = self._stay(activity, room, now, min(end, awake))
            return self._stay(Activity.DOZE, room, now, min(end, now + self._length_s(*DOZE)))
        return self._stay(activity, room, now, min(end, now + length))

    def _outing_s(self, habit: Habit) -> float:
        share, mean, spread = SHORT_OUTING
        if self._draw() < share:
            return self._length_s(mean, spread, 60.0)
        return self._length_s(habit.mean, habit.spread, habit.longest_min)

    def _potter(self, now: float, end: float) -> float:
        stays, errands, speed = self._stays, self._errands, self._speed
        (mean, spread), metres = POTTER_MIN, self._layout.metres
        here = stays[-1].room if stays else OUTSIDE
        while now < end:
            room = bisect(errands, self._draw())
            minutes = math.exp(mean + spread * self._gauss()) * self._pace
            there = 60.0 * min(max(minutes, SHORTEST_ERRAND_MIN), LONGEST_ERRAND_MIN)
            walks = 0.0 if here == OUTSIDE else metres[here][room] / speed
            until = min(end, now + walks + there)
            stays.append(Stay(Activity.POTTER, room, now, until))
            now, here = until, room
        return now

    def _asleep(self, start: float, end: float) -> None:
        trips = int(self._rng.poisson(self._person.night_trips * self._feels.night_trips))
        now = start
        for share in sorted(self._rng.uniform(0.08, 0.95, trips).tolist()):
            leave = start + share * (end - start)
            if leave > now + AGAIN_S:
                now = self._in_bed(now, leave)
                now = self._up(now, end)
        self._in_bed(now, end)

    def _up(self, now: float, end: float) -> float:
        """Go to the bathroom; some nights stay up for a while."""
        back = now + self._length_s(*NIGHT_TOILET, 12.0)
        now = self._stay(Activity.TOILET, self._bathroom, now, min(end, back))
        if self._draw() >= self._person.up_at_night * self._feels.up_at_night:
            return now
        until = min(end, now + self._length_s(*UP_AT_NIGHT, 60.0))
        now = self._potter(now, now + 0.4 * (until - now))
        return self._stay(Activity.RELAX, self._lounge, now, until)

    def _in_bed(self, start: float, end: float) -> float:
        still = min(end, start + self._length_s(*SETTLING, 30.0))
        now = self._stay(Activity.SETTLE, self.bedroom, start, still)
        return self._stay(Activity.SLEEP, self.bedroom, now, end)
