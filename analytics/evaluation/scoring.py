"""How results are counted: rates with exact intervals, episodes, delays, areas under curves. Pure.

Alerts are scored by episode (detection.md §9). Point-adjusted scores are not offered: with them a random
detector looks excellent (Kim et al. 2022, AAAI).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Floats = npt.NDArray[np.float64]
LEVEL = 0.95
MERGE_S = 1800.0
"""Alerts within half an hour of each other are one (detection.md §9)."""
REPLICATES = 2000


class Interval(NamedTuple):
    """Lower and upper bound."""

    low: float
    high: float


def poisson_interval(count: int, exposure: float, level: float = LEVEL) -> Interval:
    """Return the exact interval of a rate: events a unit of exposure (Garwood 1936).

    Parameters
    ----------
    count
        Events seen.
    exposure
        Time watched, above 0, e.g. in person-weeks.

    Examples
    --------
    No event in 150 days: the rate is below 0.02 a day (the rule of three, one-sided).

    >>> round(poisson_interval(0, 150, level=0.90).high, 3)
    0.02
    >>> [round(bound, 2) for bound in poisson_interval(10, 10)]
    [0.48, 1.84]
    """
    tail = (1.0 - level) / 2.0
    low = stats.chi2.ppf(tail, 2 * count) / 2.0 if count else 0.0
    high = stats.chi2.ppf(1.0 - tail, 2 * count + 2) / 2.0
    return Interval(float(low) / exposure, float(high) / exposure)


def share_interval(hits: int, trials: int, level: float = LEVEL) -> Interval:
    """Return the exact interval of a share (Clopper & Pearson 1934); (0, 1) without a trial.

    Examples
    --------
    >>> [round(bound, 3) for bound in share_interval(20, 20)]
    [0.832, 1.0]
    """
    tail = (1.0 - level) / 2.0
    low = stats.beta.ppf(tail, hits, trials - hits + 1) if hits else 0.0
    high = stats.beta.ppf(1.0 - tail, hits + 1, trials - hits) if hits < trials else 1.0
    return Interval(float(low), float(high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One episode that is to be noticed, in seconds."""

    onset: float
    #: An alert counts up to here.
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What became of episodes and alerts."""

    #: Seconds from onset to the first alert of each episode; None for a miss.
    delays: tuple[float | None, ...]
    #: Further alerts inside episodes.
    duplicates: int
    #: When the false ones were told, merged within half an hour.
    false: tuple[float, ...]

    @property
    def recall(self) -> float:
        """Share of the episodes that were noticed; NaN without an episode."""
        if not self.delays:
            return float("nan")
        return sum(delay is not None for delay in self.delays) / len(self.delays)

    @property
    def precision(self) -> float:
        """Share of true ones among the merged alerts; NaN without an alert."""
        hits = sum(delay is not None for delay in self.delays)
        return hits / (hits + len(self.false)) if hits or self.false else float("nan")


def score(truths: Sequence[Truth], alerts: Iterable[float], merge_s: float = MERGE_S) -> Scored:
    """Match alerts to episodes: an episode is noticed if an alert lies in [onset, until].

    An alert inside several episodes serves each of them.

    Examples
    --------
    >>> lie = Truth(onset=0.0, until=3600.0)
    >>> score([lie], [900.0, 1800.0, 9000.0, 9100.0])
    Scored(delays=(900.0,), duplicates=1, false=(9000.0,))
    """
    delays: list[float | None] = [None] * len(truths)
    false: list[float] = []
    duplicates = 0
    latest = -np.inf
    for at in sorted(alerts):
        inside = [number for number, one in enumerate(truths) if one.onset <= at <= one.until]
        fresh = [number for number in inside if delays[number] is None]
        for number in fresh:
            delays[number] = at - truths[number].onset
        duplicates += bool(inside) and not fresh
        if not inside:
            if at - latest > merge_s:
                false.append(at)
            latest = at
    return Scored(delays=tuple(delays), duplicates=duplicates, false=tuple(false))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Delays with the misses counted as lasting to the end of the window."""

    mean: float
    #: Infinite when the quantile lies among the misses.
    median: float
    p90: float


def delay(found: Sequence[float | None], window: float) -> Delay:
    """Summarise delays; a miss is censored at ``window``, so the mean is the restricted mean.

    All are censored at the same moment, so the Kaplan–Meier quantiles are the plain ones.

    Examples
    --------
    >>> delay([1.0, 2.0, 3.0, None], 12.0)
    Delay(mean=4.5, median=2.0, p90=inf)
    """
    if not found:
        return Delay(mean=float("nan"), median=float("nan"), p90=float("nan"))
    seen = sorted(np.inf if one is None or one > window else one for one in found)
    mean = float(np.mean([min(one, window) for one in seen]))
    return Delay(mean=mean, median=_quantile(seen, 0.5), p90=_quantile(seen, 0.9))


def _quantile(ordered: Sequence[float], share: float) -> float:
    return float(ordered[max(int(np.ceil(share * len(ordered))) - 1, 0)])


def bootstrap(
    homes: int,
    statistic: Callable[[npt.NDArray[np.int64]], float],
    *,
    seed: int = 0,
    replicates: int = REPLICATES,
    level: float = LEVEL,
) -> Interval:
    """Return the percentile interval of a statistic under resampling of whole homes.

    Parameters
    ----------
    homes
        How many there are.
    statistic
        Takes numbers of homes, shape (homes,), with repeats; a NaN is left out.

    Examples
    --------
    >>> rates = np.array([1.0, 2.0, 3.0, 4.0])
    >>> bootstrap(4, lambda drawn: float(rates[drawn].mean())).low < 2.5
    True
    """
    rng = np.random.default_rng(seed)
    drawn = [statistic(rng.integers(0, homes, homes)) for _ in range(replicates)]
    values = np.array([one for one in drawn if np.isfinite(one)])
    if not len(values):
        return Interval(float("nan"), float("nan"))
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(values, [tail, 100.0 - tail])
    return Interval(float(low), float(high))


def auc(scores: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the area under the ROC curve; NaN when one class is missing.

    It is the share of (positive, negative) pairs in the right order, ties half (Mann–Whitney).

    Examples
    --------
    >>> auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    values, positive = np.asarray(scores, dtype=float), np.asarray(labels, dtype=bool)
    hits, misses = int(positive.sum()), int((~positive).sum())
    if not hits or not misses:
        return float("nan")
    ranks = stats.rankdata(values)
    return float((ranks[positive].sum() - hits * (hits + 1) / 2.0) / (hits * misses))


def auc_within(scores: npt.ArrayLike, labels: npt.ArrayLike, people: npt.ArrayLike) -> float:
    """Return the AUC over pairs of days of the same person: what a person's habits can not explain.

    Each (positive, negative) pair within a person counts once, so people with more labels weigh more.

    Examples
    --------
    >>> auc_within([1, 2, 30, 40], [0, 1, 0, 1], ["a", "a", "b", "b"])
    1.0
    """
    values, positive = np.asarray(scores, dtype=float), np.asarray(labels, dtype=bool)
    person = np.asarray(people)
    right = pairs = 0.0
    for one in np.unique(person):
        mine = person == one
        count = float(positive[mine].sum()) * float((~positive[mine]).sum())
        if count:
            right += auc(values[mine], positive[mine]) * count
            pairs += count
    return right / pairs if pairs else float("nan")
