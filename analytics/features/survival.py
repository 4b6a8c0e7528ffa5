"""How long pauses last in one home, learned as decayed histograms with a population prior. Pure.

References
----------
detection.md §1 (contextual gap survival with an explicit alarm budget) and §10 (half-lives, shrinkage).
Censored pauses are redistributed to the right (Efron 1967, the self-consistent form of Kaplan-Meier).
"""

from __future__ import annotations

import math
from array import array
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Grid:
    """Logarithmic bins of durations.

    Parameters
    ----------
    low_s
        Lower edge of the first bin, in seconds.
    high_s
        Upper edge of the last one, in seconds; what is longer falls into it.
    bins
        Number of bins.
    """

    __slots__ = ("_scale", "bins", "edges", "low_s", "middles")

    def __init__(self, low_s: float, high_s: float, bins: int) -> None:
        self.low_s = low_s
        self.bins = bins
        self._scale = bins / math.log(high_s / low_s)
        ratio = math.log(high_s / low_s) / bins
        #: Edges in seconds, one more than bins.
        self.edges = tuple(low_s * math.exp(ratio * index) for index in range(bins + 1))

        #: Geometric middle of each bin, in seconds.
        self.middles = tuple(math.sqrt(low * high) for low, high in pairwise(self.edges))

    def index(self, duration_s: float) -> int:
        """Bin of a duration of at least ``low_s`` seconds."""
        return min(int(math.log(duration_s / self.low_s) * self._scale), self.bins - 1)

    def lognormal(self, per_day: float, median_s: float, sigma: float) -> tuple[float, ...]:
        """Return the expected count of each bin for durations that are log-normal.

        Parameters
        ----------
        per_day
            Expected number of durations, those below ``low_s`` included.
        median_s, sigma
            Median in seconds and standard deviation of the logarithm.
        """
        below = [_normal(math.log(edge / median_s) / sigma) for edge in self.edges]
        below[-1] = 1.0
        return tuple(per_day * (after - before) for before, after in pairwise(below))


class Histograms:
    """Decayed counts of durations, one row per context.

    Parameters
    ----------
    grid
        Bins of durations.
    rows
        Number of contexts.
    """

    __slots__ = ("_counts", "grid", "rows")

    def __init__(self, grid: Grid, rows: int) -> None:
        self.grid = grid
        self.rows = rows
        self._counts = array("f", bytes(4 * rows * grid.bins))

    def add(self, row: int, duration_s: float) -> None:
        """Count one duration."""
        self._counts[row * self.grid.bins + self.grid.index(duration_s)] += 1.0

    def add_censored(self, row: int, duration_s: float, prior: Sequence[float]) -> None:
        """Count a duration of which only a lower bound is known: spread over what is longer.

        Parameters
        ----------
        prior
            Expected counts that join the row's own in saying how long it may have lasted.
        """
        first = self.grid.index(duration_s)
        start = row * self.grid.bins
        tail = [
            prior[index] + self._counts[start + index] for index in range(first, self.grid.bins)
        ]
        total = math.fsum(tail)
        for index, weight in enumerate(tail, first):
            self._counts[start + index] += weight / total if total > 0 else 0.0

    def decay(self, keep: float) -> None:
        """Multiply all counts by ``keep``."""
        self._counts = array("f", [count * keep for count in self._counts])

    def row(self, row: int) -> Sequence[float]:
        """Return the counts of one context."""
        return self._counts[row * self.grid.bins : (row + 1) * self.grid.bins]

    def total(self, row: int) -> float:
        """Sum of the counts of one context."""
        return math.fsum(self.row(row))

    def snapshot(self) -> list[list[int | float]]:
        """Return the counts that are not zero, as [indices], [counts]."""
        filled = [(index, count) for index, count in enumerate(self._counts) if count != 0.0]
        return [[index for index, _ in filled], [count for _, count in filled]]

    def restore(self, state: list[list[float]]) -> None:
        """Become what `snapshot` saw."""
        self._counts = array("f", bytes(4 * self.rows * self.grid.bins))
        for index, count in zip(*state, strict=True):
            self._counts[int(index)] = count


class Curve:
    """How often a pause of at least some length is expected a day, in one context.

    Parameters
    ----------
    grid
        Bins of durations.
    counts
        What this home has shown, decayed.
    days
        Effective days that the counts stand for.
    prior, prior_days
        Expected counts a day of the population, and how many days of evidence they weigh.

    Notes
    -----
    Below the 5-event point the curve is the blend ``R(g) = (m·R_pop(g) + Σ h) / (m + D)``; above it an
    exponential tail with the blend's mean excess (detection.md §1).
    """

    __slots__ = ("_beta", "_grid", "_knee", "_rate", "_tail")

    _KNEE_EVENTS = 5.0

    def __init__(
        self,
        grid: Grid,
        counts: Sequence[float],
        days: float,
        prior: Sequence[float],
        prior_days: float,
    ) -> None:
        self._grid = grid
        weight = days + prior_days
        rates = [
            (prior_days * expected + count) / weight
            for expected, count in zip(prior, counts, strict=True)
        ]
        tail = [0.0] * (grid.bins + 1)
        for index in range(grid.bins - 1, -1, -1):
            tail[index] = tail[index + 1] + rates[index]
        self._tail = tail
        knee = self._at_least(self._KNEE_EVENTS / weight)
        self._knee, self._rate = grid.edges[knee], tail[knee]
        self._beta = self._mean_excess(knee, rates)

    def _at_least(self, rate: float) -> int:
        """Return the last edge that is still exceeded with ``rate`` a day; 0 if none is."""
        index = 0
        while index + 1 < self._grid.bins and self._tail[index + 1] >= rate:
            index += 1
        return index

    def _mean_excess(self, knee: int, rates: Sequence[float]) -> float:
        edges = self._grid.edges
        mass = excess = 0.0
        for index in range(knee, self._grid.bins):
            middle = self._grid.middles[index]
            mass += rates[index]
            excess += rates[index] * (middle - edges[knee])
        return max(excess / mass, edges[0]) if mass > 0 else edges[0]

    def exceedance(self, duration_s: float) -> float:
        """Return the expected number of longer pauses a day."""
        if duration_s > self._knee:
            return self._rate * math.exp(-(duration_s - self._knee) / self._beta)
        if duration_s < self._grid.low_s:
            return self._tail[0]
        return self._tail[self._grid.index(duration_s)]

    def exceeded_with(self, rate: float) -> float:
        """Length in seconds that is exceeded ``rate`` times a day; 0 if even short ones are rarer."""
        if rate < self._rate:
            return self._knee + self._beta * math.log(self._rate / rate)
        if rate > self._tail[0]:
            return 0.0
        return self._grid.edges[self._at_least(rate)]

    def quantile(self, share: float) -> float:
        """Length in seconds that the ``share`` (0 to 1) of all pauses do not exceed."""
        return self.exceeded_with((1.0 - share) * self._tail[0])


def _normal(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
