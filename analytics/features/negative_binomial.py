"""How often a count is exceeded that varies more than chance alone: the negative binomial. Pure.

References
----------
Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, ch. 5: mean μ and variance v > μ give
``r = μ² / (v − μ)`` and ``p = μ / v``; the probabilities follow by recurrence.
"""

from __future__ import annotations

import math

LEAST_EXCESS = 1.02
"""Smallest variance in units of the mean: counts of people are never less scattered than chance."""
_MOST = 4000


def tail(count: int, mean: float, variance: float, enough: float = 1.0) -> float:
    """Return the probability of ``count`` and more.

    Parameters
    ----------
    mean
        Expected count, above 0.
    variance
        Its variance; below ``1.02 mean`` that is taken.
    enough
        It is no rarer than this that matters: then what is returned may be too little, never below it.

    Examples
    --------
    >>> tail(0, 1.0, 3.0)
    1.0
    >>> round(tail(2, 1.0, 3.0), 4)
    0.2302
    """
    if count <= 0:
        return 1.0
    variance = max(variance, LEAST_EXCESS * mean)
    share = mean / variance
    size = mean * share / (1.0 - share)
    # from `count` on upwards: near 1 nothing is lost by a difference
    log_first = (
        math.lgamma(size + count)
        - math.lgamma(size)
        - math.lgamma(count + 1)
        + size * math.log(share)
        + count * math.log1p(-share)
    )
    term = total = math.exp(log_first)
    for index in range(count, count + _MOST):
        term *= (1.0 - share) * (index + size) / (index + 1)
        total += term
        if term <= 1e-12 * total or total >= enough:
            break
    return min(total, 1.0)


class Moments:
    """Decayed mean and variance of a count, blended with those of a population.

    Parameters
    ----------
    mean, variance
        Of the population.
    weight
        Observations that the population stands for.
    """

    __slots__ = ("_mean", "_squares", "_sum", "_variance", "_weight", "seen")

    def __init__(self, mean: float, variance: float, weight: float) -> None:
        self._mean, self._variance, self._weight = mean, variance, weight
        #: Observations, decayed.
        self.seen = 0.0
        self._sum = self._squares = 0.0

    def add(self, value: float) -> None:
        """Take in one observation."""
        self.seen += 1.0
        self._sum += value
        self._squares += value * value

    def decay(self, keep: float) -> None:
        """Multiply all that was seen by ``keep``."""
        self.seen, self._sum, self._squares = (
            keep * one for one in (self.seen, self._sum, self._squares)
        )

    def blended(self) -> tuple[float, float]:
        """Return mean and variance."""
        weight = self._weight + self.seen
        mean = (self._weight * self._mean + self._sum) / weight
        squares = self._weight * (self._variance + self._mean**2) + self._squares
        return mean, max(squares / weight - mean * mean, LEAST_EXCESS * mean)

    def snapshot(self) -> list[float]:
        """Return all of it as plain values."""
        return [self.seen, self._sum, self._squares]

    def restore(self, state: list[float]) -> None:
        """Become what `snapshot` saw."""
        self.seen, self._sum, self._squares = state
