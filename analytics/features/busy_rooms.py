"""How many rooms somebody keeps busy at night, beside what nights of this home are like. Pure and bounded.

A sensor that is blind for minutes after each movement sees few of the ways, but for as long a room is *busy*:
from a sign on until somebody who is still about would be seen there again. Who goes to the bathroom and back
keeps three rooms busy for a few minutes; who walks from room to room, in whatever order, keeps most of the
home busy for as long as that lasts. What counts is room-minutes: how long each room was busy within the last
20 minutes, all rooms together (docs/decisions/0294).
"""

from __future__ import annotations

from typing import Any

from analytics.features.negative_binomial import Moments

WINDOW_MIN = 20
PRIOR_MEAN, PRIOR_VARIANCE = 14.0, 64.0
"""Of the most room-minutes in an hour of the night in which somebody is seen."""
PRIOR_HOURS = 21.0
"""Hours of each bin that the population stands for: seven nights of three hours."""
LEAST_SPREAD = 4.0
"""Room-minutes: no home's nights are more alike than that."""
MOST_SPREADS = 4.0
"""An hour beyond so many is learned as one of so many: a single walk must not hide the next."""
NIGHT_BINS = (7, 0, 1)
"""Three-hour bins of the local day that hold hours of the night."""


class BusyRooms:
    """The rooms that were busy of late, and how busy the nights of a home are.

    Examples
    --------
    >>> busy = BusyRooms()
    >>> for turn in range(60):
    ...     busy.show(20.0 * turn, 1 + turn % 4, hold_s=90.0)
    >>> round(busy.minutes, 1), round(busy.strength(1), 1)
    (80.7, 8.3)
    """

    __slots__ = ("_bins", "_minute", "_peak", "_seconds", "_until")

    def __init__(self) -> None:
        #: Number of the minute of the last sign since 1970.
        self._minute = 0
        #: Seconds for which the signs of each of the last minutes made rooms busy, by number of the minute.
        self._seconds: dict[int, float] = {}
        #: Until when each room is busy.
        self._until: dict[int, float] = {}
        #: Most room-minutes in the hour under way.
        self._peak = 0.0
        self._bins = {
            number: Moments(PRIOR_MEAN, PRIOR_VARIANCE, PRIOR_HOURS) for number in NIGHT_BINS
        }

    def show(self, at: float, room: int, hold_s: float) -> None:
        """Take in a sign from a room at night, later than before.

        Parameters
        ----------
        hold_s
            Seconds within which somebody who is about is seen again.
        """
        minute = int(at // 60.0)
        if minute != self._minute:
            self._pass(minute)
        before, until = max(self._until.get(room, at), at), at + hold_s
        self._until[room] = max(before, until)
        self._seconds[minute] = self._seconds.get(minute, 0.0) + max(until - before, 0.0)
        self._peak = max(self._peak, self.minutes)

    def _pass(self, minute: int) -> None:
        if minute - self._minute >= WINDOW_MIN:
            self._until.clear()
        self._minute = minute
        since = minute - WINDOW_MIN
        self._seconds = {one: busy for one, busy in self._seconds.items() if one > since}

    @property
    def minutes(self) -> float:
        """Room-minutes within the 20 minutes up to the last sign."""
        return sum(self._seconds.values()) / 60.0

    def strength(self, number: int, margin: float = 1.0) -> float:
        """Return by how many spreads the room-minutes exceed what the busiest 20 min of an hour usually have.

        Parameters
        ----------
        number
            Three-hour bin of the local day; by day nothing is known, and nothing exceeds it.
        margin
            The room-minutes are divided by it.
        """
        moments = self._bins.get(number)
        if moments is None:
            return 0.0
        mean, spread = _usual(moments)
        return (self.minutes / margin - mean) / spread

    # Learning

    def close_hour(self, number: int | None) -> None:
        """End an hour: learn it as one of a bin; None for not at all."""
        peak, self._peak = self._peak, 0.0
        moments = None if number is None else self._bins.get(number)
        if moments is not None and peak > 0.0:
            mean, spread = _usual(moments)
            moments.add(min(peak, mean + MOST_SPREADS * spread))

    def decay(self, keep: float) -> None:
        """Let old nights fade."""
        for one in self._bins.values():
            one.decay(keep)

    def snapshot(self) -> list[Any] | None:
        """Return all of it as plain values; None before a sign was seen at night."""
        if not self._minute:
            return None
        return [
            [self._minute, self._peak],
            list(self._seconds.items()),
            list(self._until.items()),
            [one.snapshot() for one in self._bins.values()],
        ]

    @classmethod
    def restored(cls, state: list[Any] | None) -> BusyRooms:
        """Return it as `snapshot` saw it; None for nothing seen."""
        busy = cls()
        if state is None:
            return busy
        busy._minute, busy._peak = state[0]
        busy._seconds = dict(state[1])
        busy._until = dict(state[2])
        for one, seen in zip(busy._bins.values(), state[3], strict=True):
            one.restore(seen)
        return busy


def _usual(moments: Moments) -> tuple[float, float]:
    mean, variance = moments.blended()
    return mean, float(max(variance**0.5, LEAST_SPREAD))
