"""How one simulated person differs from another, and one of her days from the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np

AUTOCORRELATION = 0.2
"""Of what a day has more or less of, from day to day (CASAS Aruba: 0.03 to 0.30, detection.md §11)."""
BEDTIME_H = (23.16, 1.01)
RISE_H = (7.38, 1.3)
"""Mean and spread between persons, in local hours; within:"""
BED_WITHIN_H = (20.0, 24.3)
RISE_WITHIN_H = (4.5, 8.4)
"""Some go to bed at eight and some are up at five; hardly anybody stays in bed after half past eight."""
IRREGULAR = -0.6
"""Mean over persons of the logarithm of the hours by which both vary."""
LEANING = 0.42
"""Spread between persons of the logarithm of how often they choose an activity."""
ROOMS = ("Hall", "Bedroom", "Bathroom", "Kitchen", "Lounge")
HAUNT = 0.35
"""The same of how often they go to each of these rooms on an errand."""
DOOR_HABIT = 0.6
"""The same of how often they open each door that leads out and stay."""
OUTGOING = 0.8
"""The same of how often they go out."""
LIVELY = 0.12
"""The same of how much they move while they stay in a room."""
NIGHT_TRIPS = 2.5
"""Trips out of bed a night, the mean over persons."""
UP_AT_NIGHT = 0.37
"""Share of the trips out of bed after which she stays up for a while, the mean over persons."""
SLOW_SPREAD = 0.25
"""Of the logarithm of liveliness from week to week: weather, health, visits."""
_MEMORY_DAYS = 8
_WEEKDAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Habits of one person; the spread between persons is our judgement (detection.md §11)."""

    #: Local hours.
    bedtime_h: float = 23.2
    rise_h: float = 7.0
    #: Standard deviation of both from day to day, in hours.
    irregular_h: float = 0.5
    #: Factor on the lengths of all stays.
    pace: float = 1.0
    #: Factor on how often she goes out.
    outgoing: float = 1.0
    #: Factor on how much a sensor sees of her while she stays in a room.
    lively: float = 1.0
    #: The same in bed.
    lively_in_bed: float = 1.0
    #: Trips out of bed a night.
    night_trips: float = 0.8
    #: Share of the trips out of bed after which she stays up for a while.
    up_at_night: float = 0.15
    #: Share of stays in the armchair that become a doze.
    dozes: float = 0.25
    speed_m_s: float = 0.75
    #: Factors on how often she chooses each activity, by its number; missing ones are 1.
    leanings: tuple[float, ...] = ()
    #: Factors on how often she goes to a room on an errand, by its name; missing ones are 1.
    haunts: dict[str, float] = field(default_factory=dict)
    #: Factors on how often she opens each door that leads out and stays; missing ones are 1.
    doors: tuple[float, ...] = ()
    #: Weekdays (Monday 0) with a fixed outing around noon, e.g. a day centre.
    routine_days: tuple[int, ...] = ()
    #: Standard deviation of the logarithm of a day's liveliness.
    day_spread: float = 0.12

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Person:
        """Draw a person."""
        more = rng.spawn(1)[0]
        routine = rng.choice(_WEEKDAYS, size=2, replace=False) if rng.random() < 0.25 else ()  # noqa: PLR2004
        return cls(
            bedtime_h=float(np.clip(rng.normal(*BEDTIME_H), *BED_WITHIN_H)),
            rise_h=float(np.clip(rng.normal(*RISE_H), *RISE_WITHIN_H)),
            irregular_h=float(np.clip(rng.lognormal(IRREGULAR, 0.35), 0.25, 1.2)),
            pace=float(np.exp(rng.normal(0.0, 0.15))),
            outgoing=float(np.exp(rng.normal(0.0, OUTGOING))),
            lively=float(np.exp(rng.normal(0.0, LIVELY))),
            lively_in_bed=float(np.exp(rng.normal(0.0, 0.45))),
            night_trips=float(np.clip(rng.gamma(2.0, NIGHT_TRIPS / 2.0), 0.2, 4.0)),
            up_at_night=float(np.clip(rng.gamma(1.5, UP_AT_NIGHT / 1.5), 0.0, 1.0)),
            dozes=float(np.clip(rng.normal(0.25, 0.1), 0.05, 0.5)),
            speed_m_s=float(np.clip(rng.normal(0.75, 0.14), 0.4, 1.1)),
            leanings=tuple(np.exp(rng.normal(0.0, LEANING, 9)).tolist()),
            haunts={room: float(np.exp(more.normal(0.0, HAUNT))) for room in ROOMS},
            doors=tuple(np.exp(more.normal(0.0, DOOR_HABIT, 2)).tolist()),
            routine_days=tuple(sorted(int(day) for day in routine)),
            day_spread=float(np.clip(rng.normal(0.12, 0.03), 0.05, 0.2)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """What one day has more or less of than the others: factors, 1 for an ordinary day."""

    lively: float = 1.0
    outgoing: float = 1.0
    bathroom: float = 1.0
    kitchen: float = 1.0
    speed: float = 1.0
    night_trips: float = 1.0
    up_at_night: float = 1.0

    def times(self, other: Mood) -> Mood:
        """Return both together."""
        return Mood(**{name: getattr(self, name) * getattr(other, name) for name in _FACTORS})


_FACTORS = tuple(Mood.__dataclass_fields__)


def mood(person: Person, day: date, seed: int) -> Mood:
    """Return the day's mood: autocorrelated from day to day, the same whenever it is asked for."""
    ordinal = day.toordinal()
    lively, out, bath, kitchen = _latent(seed, ordinal)
    spread = person.day_spread
    weekend = 0.7 if day.weekday() >= _WEEKDAYS else 1.0
    return Mood(
        lively=float(np.exp(spread * lively + _slow(ordinal, seed))),
        outgoing=float(np.exp(2.5 * spread * out)) * weekend,
        bathroom=float(np.exp(spread * bath)),
        kitchen=float(np.exp(spread * kitchen)),
    )


@lru_cache(maxsize=_MEMORY_DAYS)
def _latent(seed: int, ordinal: int) -> tuple[float, ...]:
    """Return what a day has more or less of, in spreads."""
    noise = [np.array(_noise(seed, ordinal - back)) for back in range(_MEMORY_DAYS)]
    summed = sum(AUTOCORRELATION**back * one for back, one in enumerate(noise))
    return tuple((np.sqrt(1.0 - AUTOCORRELATION**2) * summed).tolist())


@lru_cache(maxsize=4 * _MEMORY_DAYS)
def _noise(seed: int, ordinal: int) -> tuple[float, ...]:
    """Return what is new on one day; kept, since the days that follow remember it."""
    return tuple(np.random.default_rng((seed, 2, ordinal)).normal(size=4).tolist())


@lru_cache(maxsize=_MEMORY_DAYS)
def _week(seed: int, week: int) -> float:
    return float(np.random.default_rng((seed, 34, week)).normal())


def _slow(ordinal: int, seed: int) -> float:
    """Return what changes from week to week, without steps between the days."""
    week, day = divmod(ordinal, 7)
    ends = [_week(seed, week + one) for one in (0, 1)]
    return SLOW_SPREAD * (ends[0] + (ends[1] - ends[0]) * day / 7)
