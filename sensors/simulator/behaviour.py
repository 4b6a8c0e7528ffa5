"""What a person does: a semi-Markov day of stays in rooms, with lognormal lengths. Knows no sensors.

Lengths and frequencies are those of a woman living alone, measured on CASAS Aruba (detection.md §11),
with a factor of her own for each simulated person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np


class Activity(StrEnum):
    """What somebody is doing."""

    SLEEP = "sleep"
    TOILET = "toilet"
    WASH = "wash"
    MEAL = "meal"
    EAT = "eat"
    RELAX = "relax"
    WORK = "work"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Some time in one room; room is empty while out of the home."""

    activity: Activity
    room: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One activity: where, how long, and how often it is chosen while awake."""

    room: str
    #: Of the logarithm of the length in minutes.
    mean: float
    spread: float
    #: Relative frequency by part of the day: 05–10, 10–15, 15–20, 20–05 hours.
    weight: tuple[float, float, float, float]


HABITS = {
    Activity.RELAX: Habit(room="Lounge", mean=3.09, spread=0.93, weight=(4, 6, 8, 10)),
    Activity.MEAL: Habit(room="Kitchen", mean=1.62, spread=0.95, weight=(6, 4, 4, 2)),
    Activity.EAT: Habit(room="Kitchen", mean=1.90, spread=1.03, weight=(2, 1, 1, 0.2)),
    Activity.WORK: Habit(room="Lounge", mean=2.27, spread=1.09, weight=(0.5, 1, 0.5, 0.2)),
    Activity.TOILET: Habit(room="Bathroom", mean=0.91, spread=0.47, weight=(2, 2, 2, 2)),
    Activity.WASH: Habit(room="Bathroom", mean=1.56, spread=0.91, weight=(1, 0.2, 0.1, 0.5)),
    Activity.OUT: Habit(room="", mean=3.9, spread=1.0, weight=(0.5, 0.9, 0.5, 0)),
}
_LONGEST_MIN = {Activity.OUT: 300.0}
_LONGEST_OTHER_MIN = 150.0
NIGHT_TRIPS = (0.4, 0.5, 0.08, 0.02)
"""Shares of nights with 0, 1, 2 and 3 trips to the bathroom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How one simulated person differs from the measured one."""

    #: Local hours.
    bedtime_h: float = 23.2
    rise_h: float = 7.0
    #: Factor on the lengths of all stays.
    pace: float = 1.0
    #: Factor on how often she goes out.
    outgoing: float = 1.0

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Person:
        """Draw a person."""
        return cls(
            bedtime_h=float(rng.normal(23.0, 0.7)),
            rise_h=float(rng.normal(7.0, 0.7)),
            pace=float(np.exp(rng.normal(0.0, 0.15))),
            outgoing=float(np.exp(rng.normal(0.0, 0.4))),
        )


def stays(person: Person, zone: ZoneInfo, start: datetime, seed: int) -> Iterator[Stay]:
    """Yield contiguous stays without end, the first one before ``start``.

    Each local day from noon to noon has random numbers of its own, so that the same seed gives the same
    day whenever the stream begins.
    """
    day = start.astimezone(zone).date() - timedelta(days=1)
    while True:
        rng = np.random.default_rng((seed, day.toordinal()))
        noon = _utc(datetime.combine(day, time(12)), zone)
        next_noon = _utc(datetime.combine(day + timedelta(days=1), time(12)), zone)
        bedtime = _clock(day, person.bedtime_h + float(rng.normal(0, 0.5)), zone)
        rise = _clock(day + timedelta(days=1), person.rise_h + float(rng.normal(0, 0.5)), zone)
        yield from _awake(person, rng, zone, noon, bedtime)
        yield from _asleep(rng, bedtime, rise)
        yield from _awake(person, rng, zone, rise, next_noon)
        day += timedelta(days=1)


def _utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _clock(day: object, hour: float, zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(day, time())  # type: ignore[arg-type]
    return _utc(midnight + timedelta(hours=hour), zone)


def _awake(
    person: Person, rng: np.random.Generator, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[Stay]:
    now = start
    while now < end:
        activity = _chosen(person, rng, now.astimezone(zone).hour)
        habit = HABITS[activity]
        minutes = float(rng.lognormal(habit.mean, habit.spread)) * person.pace
        longest = _LONGEST_MIN.get(activity, _LONGEST_OTHER_MIN)
        until = min(end, now + timedelta(minutes=min(max(minutes, 0.5), longest)))
        yield Stay(activity=activity, room=habit.room, start=now, end=until)
        now = until


def _chosen(person: Person, rng: np.random.Generator, hour: int) -> Activity:
    part = 3 if hour < 5 or hour >= 20 else (hour - 5) // 5  # noqa: PLR2004 (see Habit.weight)
    weights = np.array(
        [
            habit.weight[part] * (person.outgoing if activity is Activity.OUT else 1.0)
            for activity, habit in HABITS.items()
        ]
    )
    return list(HABITS)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _asleep(rng: np.random.Generator, start: datetime, end: datetime) -> Iterator[Stay]:
    trips = int(rng.choice(len(NIGHT_TRIPS), p=NIGHT_TRIPS))
    span = (end - start).total_seconds()
    now = start
    for share in sorted(rng.uniform(0.1, 0.9, trips)):
        leave = start + timedelta(seconds=float(share) * span)
        if leave <= now:
            continue
        back = leave + timedelta(minutes=min(float(rng.lognormal(0.91, 0.47)), 9.0))
        yield Stay(activity=Activity.SLEEP, room="Bedroom", start=now, end=leave)
        yield Stay(activity=Activity.TOILET, room="Bathroom", start=leave, end=back)
        now = back
    if now < end:
        yield Stay(activity=Activity.SLEEP, room="Bedroom", start=now, end=end)
