"""Whose state is saved now: each home once in a span, in turn. Pure.

To save 10,000 homes at once takes 20 s, in which nobody is judged and a call for help waits
(docs/decisions/0307).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.model.ids import HomeId


class InTurn:
    """The order in which homes are saved."""

    def __init__(self) -> None:
        self._waiting: deque[HomeId] = deque()

    def due(self, homes: Collection[HomeId], passed_s: float, span_s: float) -> set[HomeId] | None:
        """Return the homes whose share of the time has passed; None for all of them.

        Parameters
        ----------
        passed_s
            Seconds since it was last asked and was not empty.
        span_s
            Within so many each home is saved.

        Examples
        --------
        >>> turn, homes = InTurn(), ["a", "b", "c"]
        >>> found = [turn.due(homes, passed_s, 30.0) for passed_s in (9, 10, 21, -1, 30)]
        >>> [one and sorted(one) for one in found]
        [set(), ['a'], ['b', 'c'], None, None]
        """
        if not 0 <= passed_s < span_s:  # also when the clock was set back
            return None
        share = int(len(homes) * passed_s / span_s)
        while len(self._waiting) < share:
            self._waiting += sorted(homes)
        return {self._waiting.popleft() for _ in range(share)}
