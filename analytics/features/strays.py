"""How often each device fires while nobody is home: heaters, curtains, animals, mats. Pure and bounded.

Learned from absences that a door began and a door ended, so that nobody can have been there. A device that
fires in them as often as it does when somebody is home says nothing about presence: its word weighs nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from core.model.home import Placement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.plan import DevicePlan

HOUR_S = 3600.0
PRIOR_H = 10.0
"""Hours of absence that the prior stands for."""
PRIOR_PER_H = {Placement.ROOM: 0.05, Placement.BED: 0.02, Placement.CHAIR: 0.02}
"""Firings an hour without a person; 0.05 for a motion sensor (detection.md §11, simulation)."""
PRIOR_OBJECT_PER_H = 0.005
"""A cupboard, a tap or an inner door seldom moves by itself."""
HALF_LIFE_DAYS = 28.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
LEAST_WEIGHT = 0.7
MOST_WEIGHT = 4.0
"""One word alone never outweighs more: odds of 1 to 55."""
MOST_NOW = 3
"""Firings of one device in the present absence that speak against it, at most."""
EMPTY_SHARE, EMPTY_FEW = 0.25, 2
"""Nothing is learned from an absence with more firings than this share of what somebody at home makes: then
somebody was at home."""
ALONE_FEWEST, ALONE_PER_H, ALONE_FACTOR = 10.0, 0.2, 4.0
"""A device fires alone from so many firings in empty hours, so many an hour, and so many times those of the
home's other devices: an animal walks past all of them (docs/decisions/0210)."""
ALONE_NO_MORE = 0.5
"""It does so no more below this share of that rate."""
MOVES_WITHIN_H, MOVES_FEWEST, MOVES_PER_H, MOVES_EACH_PER_H = 12.0, 20.0, 0.8, 0.12
"""Something walks through an empty home: known from so many empty hours, so many firings in all and an hour,
and so many an hour of the middling sensor (docs/decisions/0229)."""
_MOST_DEVICES = 128
_NOTHING = 0.01


class Strays:
    """Firings in the certain absences of one home."""

    __slots__ = ("_counts", "_hours", "_open")

    def __init__(self) -> None:
        self._hours = 0.0
        self._counts: dict[int, float] = {}
        #: Firings since the present absence began, by device.
        self._open: dict[int, int] = {}

    def begin(self) -> None:
        """Begin an absence."""
        self._open = {}

    def note(self, device_id: int) -> None:
        """Take in that a device fired while somebody may be out."""
        if device_id in self._open or len(self._open) < _MOST_DEVICES:
            self._open[device_id] = self._open.get(device_id, 0) + 1

    def learn(self, absent_s: float, present_per_h: float) -> None:
        """Learn from an absence that a door has ended, unless somebody seems to have been there.

        Parameters
        ----------
        present_per_h
            Minutes with activity an hour while somebody is home.
        """
        hours = absent_s / HOUR_S
        if hours <= 0 or sum(self._open.values()) > EMPTY_SHARE * present_per_h * hours + EMPTY_FEW:
            return
        keep = _KEEP ** (hours / 24.0)
        known = {key: count * keep for key, count in self._counts.items() if count > _NOTHING}
        for key, count in self._open.items():
            known[key] = known.get(key, 0.0) + count
        self._counts, self._hours, self._open = known, self._hours * keep + hours, {}

    def per_hour(self, device: DevicePlan) -> float:
        """Return how often a device fires an hour while nobody is home, as far as known.

        What it did in the present absence counts: a sensor that goes on alone soon says little.
        """
        prior = PRIOR_PER_H.get(device.placement, PRIOR_OBJECT_PER_H)
        now = min(self._open.get(device.device_id, 0), MOST_NOW)
        seen = self._counts.get(device.device_id, 0.0) + now
        return (prior * PRIOR_H + seen) / (PRIOR_H + self._hours)

    @property
    def hours(self) -> float:
        """Hours, decayed, in which certainly nobody was home."""
        return self._hours

    def count(self, device_id: int) -> float:
        """Return how often a device fired in them."""
        return self._counts.get(device_id, 0.0)

    def fires_alone(self, device_id: int, others: Sequence[int], *, known: bool) -> bool:
        """Tell whether a device fires while nobody is home, far more often than others do.

        Parameters
        ----------
        others
            The other devices of the home that sense people inside.
        known
            Whether it was found to fire alone before: then it takes less.
        """
        own = self.count(device_id)
        if known:
            return own >= ALONE_NO_MORE * ALONE_PER_H * self._hours
        if own < ALONE_FEWEST or own < ALONE_PER_H * self._hours:
            return False
        return own * len(others) >= ALONE_FACTOR * sum(map(self.count, others))

    def moves_everywhere(self, sensors: Sequence[int], *, known: bool) -> bool:
        """Tell whether something walks past the sensors of an empty home, as an animal does.

        Parameters
        ----------
        sensors
            What senses rooms.
        known
            Whether it was found before: then it takes less.
        """
        counts = sorted(map(self.count, sensors))
        if known:
            return sum(counts) >= ALONE_NO_MORE * MOVES_PER_H * self._hours
        if self._hours < MOVES_WITHIN_H or sum(counts) < MOVES_FEWEST:
            return False
        middling = counts[(len(counts) - 1) // 2]
        return (
            sum(counts) >= MOVES_PER_H * self._hours and middling >= MOVES_EACH_PER_H * self._hours
        )

    def weight(self, device: DevicePlan, present_per_h: float) -> float:
        """Return what one firing adds to the log-odds that somebody is home.

        Never nothing: whatever was learned, a person who goes on moving is believed.
        """
        weight = math.log(present_per_h / self.per_hour(device))
        return min(max(weight, LEAST_WEIGHT), MOST_WEIGHT)

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            self._hours,
            sorted(self._counts.items()),
            sorted(self._open.items()),
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> Strays:
        """Return the counts as `snapshot` saw them."""
        strays = cls()
        strays._hours = state[0]
        strays._counts = {int(key): count for key, count in state[1]}
        strays._open = {int(key): count for key, count in state[2]}
        return strays
