"""Motion sensors that report and see nobody: a curtain, a cupboard, a turned bracket. Pure and bounded.

How often people go from room to room between two stays in front of a sensor is learned for each sensor: that
is its usual pause, counted in room changes rather than in hours, so that sleep and absences count nothing. A
sensor that has seen nobody for so many changes that it would have missed them by chance once in a thousand
times, and for far more than it ever missed before, is obstructed (detection.md (a) D0).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container

BY_CHANCE = 1e-3
"""detection.md (a) D0: (1 - p)^N below it is no chance any more."""
MISSES = -math.log(BY_CHANCE)
MOST_FACTOR = 2.5
"""Days differ: no pause counts that is not so many times the longest known one."""
FEWEST_CHANGES = 45
"""A shorter pause, in room changes, says nothing of any sensor: with 30, an hour and a half of pacing between
two rooms hid the third (docs/decisions/0115)."""
LEARNED_PAUSES = 40
"""Pauses of a sensor after which its usual ones are known."""
APART_S = 120.0
"""Who paces changes rooms four times a minute, past the same sensors: one change in two minutes counts."""
_LESSON = 1.0 / LEARNED_PAUSES
_LEAK = 0.002
MOST_DEVICES = 64


class Pauses(NamedTuple):
    """What one sensor missed, in room changes."""

    #: Room changes in the home when it last saw somebody.
    seen_at: int
    #: Pauses learned from, up to `LEARNED_PAUSES`.
    learned: int
    mean: float
    #: Leaking maximum.
    longest: float

    @property
    def limit(self) -> float:
        """Room changes without a sign after which it is obstructed; infinite before it is known."""
        if self.learned < LEARNED_PAUSES:
            return math.inf
        return max(float(FEWEST_CHANGES), MISSES * self.mean, MOST_FACTOR * self.longest)

    def seen(self, changes: int) -> Pauses:
        """Return it after it saw somebody."""
        missed = float(changes - self.seen_at)
        if missed > FEWEST_CHANGES:  # no limit is lower
            missed = min(missed, self.limit)
        lesson = _LESSON if self.learned >= LEARNED_PAUSES else 1.0 / (self.learned + 1)
        longest = max(missed, self.longest + (missed - self.longest) * _LEAK)
        mean = self.mean + (missed - self.mean) * lesson
        return Pauses(changes, min(self.learned + 1, LEARNED_PAUSES), mean, longest)


class Obstruction:
    """The motion sensors of one home."""

    __slots__ = ("_changed_at", "_devices", "changes")

    def __init__(self) -> None:
        self._devices: dict[int, Pauses] = {}
        #: Room changes that counted, and when the last one was.
        self.changes = 0
        self._changed_at = -math.inf

    def change(self, at: float) -> None:
        """Take in that somebody entered another room."""
        if at - self._changed_at >= APART_S:
            self.changes, self._changed_at = self.changes + 1, at

    def see(self, device_id: int) -> None:
        """Take in that a sensor saw somebody."""
        known, changes = self._devices.get(device_id), self.changes
        if known is None:
            if len(self._devices) < MOST_DEVICES:
                self._devices[device_id] = Pauses(changes, 0, 1.0, 1.0)
        elif known.seen_at != changes:
            self._devices[device_id] = known.seen(changes)

    def missed(self, device_id: int) -> int:
        """Return the room changes since a sensor saw somebody; 0 for one that never did."""
        known = self._devices.get(device_id)
        return 0 if known is None else self.changes - known.seen_at

    def obstructed(self, device_id: int) -> bool:
        """Whether a sensor has missed too many room changes for chance."""
        known = self._devices.get(device_id)
        return known is not None and self.changes - known.seen_at > known.limit

    @property
    def next_at(self) -> float:
        """Beyond so many room changes a further sensor may be obstructed; perhaps too few."""
        ends = (one.seen_at + one.limit for one in self._devices.values())
        return min((end for end in ends if end >= self.changes), default=math.inf)

    def keep(self, devices: Container[int]) -> None:
        """Forget all other devices."""
        self._devices = {key: one for key, one in self._devices.items() if key in devices}

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        devices = [[key, *known] for key, known in self._devices.items()]
        return [self.changes, self._changed_at, devices]

    @classmethod
    def restored(cls, state: list[Any]) -> Obstruction:
        """Return it as `snapshot` saw it."""
        found = cls()
        found.changes, found._changed_at = state[:2]
        found._devices = {key: Pauses(*known) for key, *known in state[2]}
        return found
