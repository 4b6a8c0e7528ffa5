"""When somebody certainly walked, from the steps that something worn counts. Pure and bounded.

Some devices count the steps since their last report, others those of the day so far and say the same number
again while nobody walks: then only more of them are steps. Which it is shows in how often the number falls.
"""

from __future__ import annotations

from typing import Any

WALKED_STEPS = 20.0
"""An arm that is raised counts a few; these are a way through two rooms (docs/decisions/0231)."""
SPAN_S = 900.0
"""They were taken within so long before the report: the sign is as old as the oldest may be."""
_LEARNS = 0.1
_FALLS = 0.2
"""A number that falls more often counts spans; one of a day so far falls at midnight alone."""


class Steps:
    """The counter of one worn device.

    Examples
    --------
    >>> total = Steps()
    >>> [total.count(at, value) for at, value in ((0, 3000), (900, 3000), (1800, 3060))]
    [False, False, True]
    >>> spans = Steps()
    >>> [spans.count(900.0 * turn, 30 + 40 * (turn % 2)) for turn in range(7)][-2:]
    [True, True]
    """

    __slots__ = ("_at", "_falls", "_value")

    def __init__(self) -> None:
        self._at: float | None = None
        self._value = 0.0
        #: Decayed share of the changed reports that said less than the one before.
        self._falls = 0.0

    def count(self, at: float, value: float) -> bool:
        """Take in a report; return whether somebody walked for it."""
        if self._at is None:
            self._at, self._value = at, value
            return False
        if at <= self._at:
            return False
        more = value - self._value
        self._at, self._value = at, value
        if more:
            self._falls += ((more < 0) - self._falls) * _LEARNS
        return (value if self._falls > _FALLS else more) >= WALKED_STEPS

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        return [self._at, self._value, self._falls]

    @classmethod
    def restored(cls, state: list[Any]) -> Steps:
        """Return the counter as `snapshot` saw it."""
        steps = cls()
        steps._at, steps._value, steps._falls = state
        return steps
