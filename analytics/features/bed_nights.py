"""Time in bed, night by night: from noon to noon, the main block of what a bed sensor says. Pure.

A bed counts as occupied for bouts of ten minutes and more; who is out for less than 45 s only turned over;
the night is the longest block whose breaks are no longer than an hour (detection.md §4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

SHORTEST_S = 600.0
"""Who sits on the bed for less has not gone to bed (detection.md §4)."""
TURNED_S = 45.0
"""Who is out of bed for less has turned over (detection.md §4)."""
BREAK_S = 3600.0
"""Longest break within the main block (detection.md §4)."""
NIGHT_S = 86400.0
SHORTEST_NIGHT_S = 3 * 3600.0
"""A shorter main block is no night: she slept elsewhere, or the sensor lost her (docs/decisions/0221)."""
_MOST = 64
"""Bouts that are kept; of more, those with the shortest break between them become one."""


@dataclass(frozen=True, slots=True)
class Bout:
    """From when until when the bed was occupied, in seconds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Night:
    """The main block of a night, and how often the bed was left within it."""

    block: Bout
    exits: int


def night(bouts: Sequence[Bout]) -> Night | None:
    """Return the night that is in the bouts of one noon to the next; None for less than three hours.

    Examples
    --------
    >>> night([Bout(0, 3600), Bout(3630, 9000), Bout(9300, 20000), Bout(40000, 41000)])
    Night(block=Bout(start=0, end=20000), exits=1)
    """
    block = main_block(bouts)
    if block is None or block.seconds < SHORTEST_NIGHT_S:
        return None
    lain = [one for one in joined(bouts, TURNED_S) if one.seconds >= SHORTEST_S]
    return Night(block, sum(block.start < one.start < block.end for one in lain))


def main_block(bouts: Sequence[Bout]) -> Bout | None:
    """Return the longest block of time in bed; None without a bout of ten minutes.

    Parameters
    ----------
    bouts
        In order of time, of one noon to the next.

    Examples
    --------
    >>> main_block([Bout(0, 3600), Bout(3630, 9000), Bout(9300, 20000), Bout(40000, 41000)])
    Bout(start=0, end=20000)
    """
    bouts = [one for one in joined(bouts, TURNED_S) if one.seconds >= SHORTEST_S]
    blocks = joined(bouts, BREAK_S)
    return max(blocks, key=lambda one: one.seconds, default=None)


def joined(bouts: Sequence[Bout], within_s: float) -> list[Bout]:
    """Return the bouts with breaks of at most ``within_s`` filled."""
    found: list[Bout] = []
    for one in bouts:
        if found and one.start - found[-1].end <= within_s:
            found[-1] = Bout(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


def nearest_joined(bouts: Sequence[Bout]) -> list[Bout]:
    """Return the bouts with the shortest of their breaks filled: one fewer. Two are needed.

    Examples
    --------
    >>> nearest_joined([Bout(0, 10), Bout(50, 60), Bout(65, 80)])
    [Bout(start=0, end=10), Bout(start=50, end=80)]
    """
    found = sorted(bouts, key=lambda one: (one.start, one.end))
    place = min(range(1, len(found)), key=lambda at: found[at].start - found[at - 1].end)
    first, other = found[place - 1 : place + 1]
    return [*found[: place - 1], Bout(first.start, max(first.end, other.end)), *found[place + 1 :]]


class BedNights:
    """Bouts in bed since yesterday noon, of all beds of one home together.

    Parameters
    ----------
    noon
        A local noon before the first moment, in seconds; nights follow each other by a day of 24 h.
    """

    __slots__ = ("_bouts", "_noon", "_since", "nights")

    def __init__(self, noon: float = -math.inf) -> None:
        self._noon = noon
        self._since: dict[int, float] = {}
        self._bouts: list[Bout] = []
        #: Main blocks of past nights that were not taken yet, the latest last.
        self.nights: list[Bout] = []

    def keep(self, devices: Container[int]) -> None:
        """Forget that anybody lies in a bed whose sensor is gone."""
        self._since = {bed: since for bed, since in self._since.items() if bed in devices}

    def hear(self, at: float, device_id: int, noon: float, *, occupied: bool) -> None:
        """Take in that a bed was occupied or left.

        Parameters
        ----------
        noon
            The last local noon before ``at``, in seconds.
        """
        start = None if occupied else self._since.pop(device_id, None)
        if start is None and not occupied:
            return  # nobody was known to lie there: it ends no night of who lies in another bed
        if start is not None and at > start:
            self._bouts.append(Bout(start, at))
            if len(self._bouts) > _MOST:
                self._bouts = nearest_joined(self._bouts)
        self.advance(noon)
        if occupied:
            self._since.setdefault(device_id, at)

    def night(self, noon: float, now: float) -> Night | None:
        """Return the night that began after a noon, as far as it is known now; None without one.

        Parameters
        ----------
        noon
            Its local noon, in seconds, not before the last one that was heard of.
        """
        lying = [Bout(since, now) for since in self._since.values()]
        bouts = [one for one in (*self._bouts, *lying) if noon <= one.start < noon + NIGHT_S]
        return night(sorted(bouts, key=lambda one: (one.start, one.end)))

    def advance(self, noon: float) -> None:
        """Close the night that ended at a noon; who is still in bed then closes it by getting up."""
        if noon <= self._noon:
            return
        self._noon = noon
        over = sorted((one for one in self._bouts if one.start < noon), key=lambda one: one.start)
        block = main_block(over)
        if block is not None:
            self.nights = [*self.nights[-6:], block]
        self._bouts = [one for one in self._bouts if one.start >= noon]

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            self._noon,
            sorted(self._since.items()),
            [[one.start, one.end] for one in self._bouts],
            [[one.start, one.end] for one in self.nights],
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> BedNights:
        """Return the nights as `snapshot` saw them."""
        nights = cls(state[0])
        nights._since = {int(key): since for key, since in state[1]}
        nights._bouts = [Bout(start, end) for start, end in state[2]]
        nights.nights = [Bout(start, end) for start, end in state[3]]
        return nights
