"""The shape of one walk through the home: direct, back and forth, in circles, or at random. Pure.

References
----------
Martino-Saltzman et al. 1991 (the four patterns); detection.md §2 (streaming form and hub correction).

Notes
-----
A room that comes again closes a cycle. A cycle that reads the same forwards and backwards (lounge, hall,
kitchen, hall, lounge) is the same way back: it counts for back and forth, however many rooms lie between.
Any other cycle is a circuit. A room that is only passed through (a hub) closes no cycle by the same way: in
a home whose rooms all open on one hall, the hall comes again on each errand. To and fro between two of them,
a hall and a landing, is no errand.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = 0
"""Stands in a walk for a room in between that no sensor saw."""
MOST_ROOMS = 32
ENOUGH = 3
"""Turns and returns by the same way, or circuits, that make a pattern (detection.md §2)."""
RANDOM_MOVES, RANDOM_ROOMS = 5, 3
REGULAR = 0.85
"""Share of rooms that must come again after a fixed number of others; with less order it is random."""


class Pattern(StrEnum):
    """Shape of a walk."""

    DIRECT = "direct"
    PACING = "pacing"
    LAPPING = "lapping"
    RANDOM = "random"


class Walk:
    """One walk from room to room, read room by room.

    Parameters
    ----------
    room
        Where it begins.
    at
        When that room was left, in seconds.
    passed
        Tells of a room whether people only pass through it.

    Examples
    --------
    >>> walk = Walk(1, 0.0)
    >>> for second, room in enumerate((2, 1, 2, 1, 2)):
    ...     walk.enter(room, 10.0 * second, 10.0)
    >>> walk.pattern
    <Pattern.PACING: 'pacing'>
    """

    __slots__ = (
        "_passed",
        "circuits",
        "last_at",
        "moves",
        "new",
        "returns",
        "reversals",
        "rooms",
        "start",
        "walked_s",
    )

    def __init__(self, room: int, at: float, passed: Callable[[int], bool] | None = None) -> None:
        self.start = at
        #: When the present room was entered.
        self.last_at = at
        #: The last rooms in order, `MOST_ROOMS` at most.
        self.rooms = [room]
        #: Room changes, those into rooms that are only passed through left out.
        self.moves = 0
        self.new = 0
        #: Returns to a room by the same way.
        self.returns = 0
        #: Returns by another way.
        self.circuits = 0
        #: Turns on the spot: back to the room before the present one.
        self.reversals = 0
        #: Seconds on the way, pauses in rooms left out.
        self.walked_s = 0.0
        self._passed = passed

    def enter(self, room: int, at: float, walked_s: float) -> None:
        """Take in the next room.

        Parameters
        ----------
        at
            When it was entered, in seconds.
        walked_s
            Seconds since the last room that count as walking.
        """
        rooms = self.rooms
        self.last_at = at
        self.walked_s += walked_s
        if len(rooms) > 1 and rooms[-2] == room:
            self.reversals += 1
        if room != UNKNOWN:
            through = self._is_passed(room)
            self.moves += not through
            if room in rooms:
                self._close(room, through=through)
            else:
                self.new += not through
        rooms.append(room)
        if len(rooms) > MOST_ROOMS:
            del rooms[0]

    def _close(self, room: int, *, through: bool) -> None:
        rooms = self.rooms
        last = len(rooms) - 1
        while rooms[last] != room:
            last -= 1
        between = rooms[last + 1 :]
        if between != between[::-1]:
            self.circuits += 1
        elif not through or all(one == UNKNOWN or self._is_passed(one) for one in between):
            self.returns += 1

    def _is_passed(self, room: int) -> bool:
        return self._passed is not None and self._passed(room)

    @property
    def distinct(self) -> int:
        """Number of different rooms among the last ones."""
        return len({room for room in self.rooms if room != UNKNOWN})

    @property
    def direct(self) -> bool:
        """Whether it has no pattern: from somewhere to somewhere, perhaps with its way back."""
        if self.returns >= ENOUGH and self.reversals >= ENOUGH:
            return False
        if self.circuits >= ENOUGH:
            return False
        return not (
            self.returns + self.circuits > 0
            and self.moves >= RANDOM_MOVES
            and self.reversals + self.circuits >= ENOUGH
            and self.distinct >= RANDOM_ROOMS
        )

    @property
    def pattern(self) -> Pattern:
        """Shape of the walk as far as it has come."""
        if self.direct:
            return Pattern.DIRECT
        if self._regular():
            return Pattern.PACING if self.returns >= self.circuits else Pattern.LAPPING
        return Pattern.RANDOM

    def _regular(self) -> bool:
        """Whether the last rooms repeat with some period, those on the way counted or not."""
        return max(_periodic(self.rooms), _periodic(self._ends())) >= REGULAR

    def _ends(self) -> list[int]:
        """Rooms of the walk without those that are passed through on the way to another one."""
        kept: list[int] = []
        rooms = [room for room in self.rooms if room != UNKNOWN]
        for index, room in enumerate(rooms):
            inside = 0 < index < len(rooms) - 1
            through = inside and rooms[index - 1] != rooms[index + 1]
            if not (through and self._is_passed(room)) and (not kept or kept[-1] != room):
                kept.append(room)
        return kept

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            self.start,
            self.last_at,
            self.rooms,
            [self.moves, self.new, self.returns, self.circuits, self.reversals],
            self.walked_s,
        ]

    @classmethod
    def restored(cls, state: list[Any], passed: Callable[[int], bool] | None) -> Walk:
        """Return the walk as `snapshot` saw it."""
        walk = cls(UNKNOWN, state[0], passed)
        walk.last_at, walk.rooms, walk.walked_s = state[1], list(state[2]), state[4]
        walk.moves, walk.new, walk.returns, walk.circuits, walk.reversals = state[3]
        return walk


def _periodic(rooms: list[int]) -> float:
    """Return the largest share of rooms that are the same as those some period before."""
    best = 0.0
    for period in range(2, len(rooms) // 2 + 1):
        same = sum(one == other for one, other in zip(rooms, rooms[period:], strict=False))
        best = max(best, same / (len(rooms) - period))
    return best
