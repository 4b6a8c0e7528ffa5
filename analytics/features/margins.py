"""How far carers' answers have moved each detector's limit in this home. Pure and bounded.

A margin is a factor by which a detector multiplies its learned limit, for one three-hour bin of the
local day. It stays within [`LOWEST`, `HIGHEST`] and fades back to 1 (detection.md §10 Feedback). A
detector keeps its own caps and floors whatever the margin is, and safety rules have none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.model.learning import Margin

LOWEST, HIGHEST = 0.8, 1.6
HALF_LIFE_S = 30 * 86400.0
"""After so long without an answer half of what was learned has faded."""
MOST_CONTEXTS = 64
"""Contexts kept for a home; beyond that the oldest is forgotten."""

ONCE_A_DAY = {"late_rise": 1}
"""Detectors that judge a day once: all their answers count in one context."""


def within(factor: float) -> float:
    """Return a factor within the bounds that no answer may cross.

    Examples
    --------
    >>> within(0.5), within(1.07), within(3.0)
    (0.8, 1.07, 1.6)
    """
    return min(max(factor, LOWEST), HIGHEST)


def faded(factor: float, seconds: float) -> float:
    """Return what is left of a margin after so many seconds.

    Examples
    --------
    >>> faded(1.4, HALF_LIFE_S)
    1.2
    """
    return 1.0 + (within(factor) - 1.0) * math.exp2(-max(seconds, 0.0) / HALF_LIFE_S)


def context(detector: str, hour_bin: int) -> int:
    """Return the bin in which a detector's answers count.

    Examples
    --------
    >>> context("inactivity", 3), context("late_rise", 3)
    (3, 1)
    """
    return ONCE_A_DAY.get(detector, hour_bin)


class Margins:
    """Margins of one home; 1 until somebody answers.

    Examples
    --------
    >>> Margins().factor("inactivity", 3, 0.0)
    1.0
    """

    __slots__ = ("_set",)

    def __init__(self) -> None:
        #: By detector and bin: the factor, and the moment in seconds from which it fades.
        self._set: dict[tuple[str, int], tuple[float, float]] = {}

    def factor(self, detector: str, hour_bin: int, now: float) -> float:
        """Return the factor of a detector in a context at a moment, 0.8 to 1.6.

        Parameters
        ----------
        detector
            Name of the detector.
        hour_bin
            Three-hour bin of the local clock, 0 to 7.
        now
            Moment in seconds.
        """
        if not self._set:
            return 1.0
        found = self._set.get((detector, context(detector, hour_bin)))
        return 1.0 if found is None else faded(found[0], now - found[1])

    def take(self, margins: Iterable[Margin]) -> None:
        """Take in margins as they stand now; the others stay."""
        for margin in margins:
            key = (margin.detector, margin.hour_bin)
            self._set.pop(key, None)
            self._set[key] = (within(margin.factor), margin.at)
        for key in list(self._set)[: max(len(self._set) - MOST_CONTEXTS, 0)]:
            del self._set[key]

    def holds(self, margin: Margin) -> bool:
        """Tell whether this very margin was taken in."""
        found = self._set.get((margin.detector, margin.hour_bin))
        return found == (within(margin.factor), margin.at)

    def snapshot(self) -> Any:
        """Return all of it as plain values."""
        return [[*key, *value] for key, value in self._set.items()]

    @classmethod
    def restored(cls, state: Any) -> Margins:
        """Return the margins as `snapshot` saw them."""
        margins = cls()
        margins._set = {
            (name, hour_bin): (factor, at) for name, hour_bin, factor, at in state or ()
        }
        return margins
