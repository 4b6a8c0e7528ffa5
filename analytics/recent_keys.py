"""Natural keys of the last observations of a home: what comes again is known. Pure and bounded."""

from __future__ import annotations

from array import array
from collections import deque
from typing import Any

Key = tuple[int, float, str, str]
"""(device, when observed in seconds, quantity, discriminator)."""


class RecentKeys:
    """The last keys, in the order in which they came.

    Parameters
    ----------
    most
        Number of keys that are remembered.

    Examples
    --------
    >>> keys = RecentKeys(2)
    >>> [keys.add((1, float(at), "motion", "")) for at in (0, 1, 1, 2, 0)]
    [True, True, False, True, True]
    """

    __slots__ = ("_known", "_most", "_order")

    def __init__(self, most: int) -> None:
        self._most = most
        self._order: deque[Key] = deque()
        self._known: set[Key] = set()

    def __len__(self) -> int:
        return len(self._order)

    def add(self, key: Key) -> bool:
        """Remember a key; return whether it is new."""
        known, order = self._known, self._order
        before = len(known)
        known.add(key)
        if len(known) == before:
            return False
        order.append(key)
        if len(order) > self._most:
            known.discard(order.popleft())
        return True

    def snapshot(self) -> list[Any]:
        """Return the keys in columns: sources, number of the source of each key, its time."""
        sources: dict[tuple[int, str, str], int] = {}
        numbers, times = array("H"), array("d")
        for device, at, quantity, discriminator in self._order:
            source = (device, quantity, discriminator)
            numbers.append(sources.setdefault(source, len(sources)))
            times.append(at)
        return [[list(source) for source in sources], numbers.tobytes(), times.tobytes()]

    @classmethod
    def restored(cls, most: int, state: list[Any]) -> RecentKeys:
        """Return the keys as `snapshot` saw them."""
        keys = cls(most)
        numbers, times = array("H", state[1]), array("d", state[2])
        for number, at in zip(numbers, times, strict=True):
            device, quantity, discriminator = state[0][number]
            keys.add((device, at, quantity, discriminator))
        return keys
