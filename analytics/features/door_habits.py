"""At which hours the doors of a home open, and when its people are up. Pure and bounded.

Nights are from 23 to 06 local time. Learning only tells four kinds of night hours apart: those at the two
ends, never between 01 and 04, in which people are up, as on other days or not; those in which a door opens
once a week; and all others (docs/decisions/0132, 0220).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.features.localtime import (
    BINS,
    DAY_S,
    DAY_STARTS_H,
    HOUR_S,
    NIGHT_FROM_H,
    NIGHT_UNTIL_H,
)
from analytics.features.open_day import ANY
from analytics.features.out_of_bed import Risen

if TYPE_CHECKING:
    from analytics.features.localtime import LocalTime
    from analytics.features.open_day import OpenDay

RARE = 0.02
"""Probability of a day below which an opening in a three-hour bin is unusual (detection.md §2)."""
OFTEN = 1.0 / 7.0
"""Share of nights from which an opening in an hour of it is usual: once a week …"""
OFTEN_NIGHTS = 3.0
"""… and not before so many such nights."""
PRIOR_YES, PRIOR_NO = 0.5, 20.0
HALF_LIFE_DAYS = 56.0
LEARNING_DAYS = 14
CLOCK_CHANGE_DAYS = 3.0
EVENING_ENDS_H, MORNING_BEGINS_H = 1.0, 4.0
"""Between these hours it is night, whatever was learned."""
UP_MINUTES = 4
"""Minutes with movement in half an hour that make being up, as for the rise (docs/decisions/0112)."""
UP_S = 1800.0
UP_SHARE = 0.6
"""Share of days from which being up in a half-hour after midnight is usual."""
LATE_SHARE = 0.2
"""Share of days from which it is not unusual to be up still in a half-hour before it."""
ASLEEP_S = 5400.0
"""Who was still for so long since 20:00 may have gone to bed: the floor of a bed (detection.md §1)."""
_EVENING_FROM_H = 20.0
_UP_HALF_LIFE_DAYS = 28.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
_UP_KEEP = 2.0 ** (-1.0 / _UP_HALF_LIFE_DAYS)
_NIGHT_HOURS = 7
#: Local hours at which the half-hours begin that may be no night.
_ENDS = (NIGHT_FROM_H, 23.5, 0.0, 0.5, MORNING_BEGINS_H, 4.5, 5.0, 5.5)


class Hour(Enum):
    """What an opening at an hour is, in this home."""

    NIGHT = "night"
    """Night, and the door seldom opens."""
    OFTEN = "often"
    """The middle of the night, but a door opens in this hour once a week."""
    UP = "up"
    """An end of the night at which people are up as on other days, or a door opens once a week."""
    RISEN = "risen"
    """The same, by somebody who was nowhere but in the bedroom until just now."""
    AWAKE = "awake"
    """An end of the night at which people have been up for a while, on few other days as late or as early."""
    COMES = "comes"
    """Any of these, while somebody is expected who is not there yet."""
    GOES = "goes"
    """Any of these, while somebody who was expected is there."""
    RARE = "rare"
    """Day, and the door hardly ever opens at this time of day."""
    ORDINARY = "ordinary"
    """Nothing special."""


class DoorHabits:
    """When doors that lead out open in one home."""

    __slots__ = (
        "_days",
        "_hours",
        "_hours_today",
        "_night_today",
        "_opened",
        "_today",
        "_up",
        "_up_days",
        "days",
        "nights_with",
    )

    def __init__(self) -> None:
        #: Days with an opening by three-hour bin, and nights by hour from 23 on, decayed; of so many.
        self._opened = [0.0] * BINS
        self._hours = [0.0] * _NIGHT_HOURS
        self._days = 0.0
        self._today: list[int] = []
        self._hours_today: list[int] = []
        self._night_today = False
        #: Days on which people were up in each half-hour of `_ENDS`, decayed; of so many.
        self._up = [0.0] * len(_ENDS)
        self._up_days = 0.0
        #: Days of the calendar since the watch began, and nights of them with an opening.
        self.days = 0
        self.nights_with = 0

    def see(self, local: LocalTime, at: float) -> None:
        """Take in that a door opened."""
        row, hour = local.bin(at), _night_hour(local.hour(at))
        if row not in self._today:
            self._today.append(row)
        if hour < _NIGHT_HOURS:
            self._night_today = True
            if hour not in self._hours_today:
                self._hours_today.append(hour)

    def close_day(self, local: LocalTime, now: float, *, blind: bool) -> None:
        """Learn the day that is over; not in the days after a change of the clock."""
        self.days += 1
        self.nights_with += self._night_today
        shift = local.offset(now) - local.offset(now - CLOCK_CHANGE_DAYS * DAY_S)
        if shift == 0.0 and not blind:
            self._opened = _faded(self._opened, self._today)
            self._hours = _faded(self._hours, self._hours_today)
            self._days = self._days * _KEEP + 1.0
        self._today, self._hours_today, self._night_today = [], [], False

    def learn(self, day: OpenDay) -> None:
        """Take in a settled day: when its people were up."""
        if not day.usual_length or day.absent:
            return
        minutes = day.minutes(ANY)
        for place, hour in enumerate(_ENDS):
            start = int((hour - DAY_STARTS_H) % 24.0 * HOUR_S) // 60
            up = int(minutes[start : start + 30].sum()) >= UP_MINUTES
            self._up[place] = self._up[place] * _UP_KEEP + up
        self._up_days = self._up_days * _UP_KEEP + 1.0

    def hour(self, local: LocalTime, at: float, today: OpenDay, risen: Risen = Risen.NO) -> Hour:
        """Return what an opening at a moment of ``today`` is here.

        Parameters
        ----------
        risen
            Whether who is up has just come from bed: then they are not up as people are on other days at that
            hour, and nobody who has been awake for a while.
        """
        known, hour = self.days >= LEARNING_DAYS, local.hour(at)
        if not local.is_night(at):
            rare = known and self.by_day(local.bin(at)) < RARE
            return Hour.RARE if rare else Hour.ORDINARY
        if not known:
            return Hour.NIGHT
        often, deep = self._often(hour), EVENING_ENDS_H <= hour < MORNING_BEGINS_H
        outermost = hour >= NIGHT_UNTIL_H - 1.0
        up = not deep and is_up(at, hour, today)
        usual = (up and (often or self._as_usual(hour))) or (often and outermost)
        if usual and risen is not Risen.SURE:
            return Hour.UP if risen is Risen.NO else Hour.RISEN
        if often:
            return Hour.OFTEN
        return Hour.AWAKE if up and risen is Risen.NO else Hour.NIGHT

    def _often(self, hour: float) -> bool:
        """Whether a door opens in this hour of the night once a week."""
        return self._hours[_night_hour(hour)] >= max(OFTEN * self._days, OFTEN_NIGHTS)

    def by_day(self, row: int) -> float:
        """Return the probability that a door opens in a three-hour bin of a day."""
        return self._probability(self._opened[row])

    def _probability(self, count: float) -> float:
        return (PRIOR_YES + count) / (PRIOR_YES + PRIOR_NO + self._days)

    def _as_usual(self, hour: float) -> bool:
        """Whether it is usual to be up still, or already, in the half-hour of a local hour."""
        for place, start in enumerate(_ENDS):
            if start <= hour < start + UP_S / HOUR_S:
                share = LATE_SHARE if start >= NIGHT_FROM_H else UP_SHARE
                return self._up[place] >= share * max(self._up_days, LEARNING_DAYS / 2.0)
        return False

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            [self._opened, self._hours, self._days],
            [self._today, self._hours_today, self._night_today],
            [self._up, self._up_days],
            [self.days, self.nights_with],
        ]

    def restore(self, state: list[Any]) -> None:
        """Become what `snapshot` saw."""
        opened, hours, self._days = state[0]
        self._opened, self._hours = list(opened), list(hours)
        today, hours_today, self._night_today = state[1]
        self._today, self._hours_today = list(today), list(hours_today)
        self._up, self._up_days = list(state[2][0]), state[2][1]
        self.days, self.nights_with = state[3]


def _night_hour(hour: float) -> int:
    """Return how many whole hours of the clock a local hour lies behind 23."""
    return (int(hour) - int(NIGHT_FROM_H)) % 24


def is_up(at: float, hour: float, today: OpenDay) -> bool:
    """Whether people have been up just before a moment; in the evening, since before they went to bed."""
    minutes = today.minutes(ANY)
    now = int((at - today.start) // 60)
    if int(minutes[max(now - int(UP_S) // 60, 0) : max(now, 0)].sum()) < UP_MINUTES:
        return False
    if EVENING_ENDS_H <= hour < NIGHT_FROM_H:
        return True
    first = int((_EVENING_FROM_H - DAY_STARTS_H) * 60)
    moved = np.flatnonzero(minutes[first:now])
    longest = np.diff(moved, prepend=-1, append=now - first).max()
    return bool((longest - 1) * 60 < ASLEEP_S)


def _faded(counts: list[float], today: list[int]) -> list[float]:
    return [count * _KEEP + (row in today) for row, count in enumerate(counts)]
