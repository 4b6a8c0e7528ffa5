"""Which limit of stillness is worth its false alarms, from what a home has shown so far. Pure.

Numbers only; `analytics.features.pauses` keeps what goes in. Computed when somebody has been still for
longer than the floor, some ten times a day, never for each event.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
HALF_LIFE_DAYS = 28.0
WIDTH_H = 0.7
"""Pauses that began so many hours earlier or later in the day count 0.6 (a Gaussian)."""
ELSEWHERE = 0.1
"""Weight of pauses that began in another room."""
SMOOTH = 0.15
"""Each pause stands for lengths of about so much more or less, as a share."""
PRIOR_H = 1.0
"""Hours at home, in a context like this one, that the population weighs."""
_HOURS_A_DAY = WIDTH_H * math.sqrt(2.0 * math.pi)
_LOW_H, _HIGH_H, _BINS = 1.0 / 3.0, 16.0, 96
_STEP = math.log(_HIGH_H / _LOW_H) / _BINS
EDGES: Floats = np.array([_LOW_H * math.exp(_STEP * place) for place in range(_BINS)])
"""Lengths in hours among which a limit is chosen."""
_SLOPE = 1.7 * _STEP / SMOOTH
#: Share of a pause in bin b that outlasts edge e, by b − e, from −(bins − 1) on.
_OUTLASTS: Floats = np.array(
    [1.0 / (1.0 + math.exp(-_SLOPE * (apart + 0.5))) for apart in range(1 - _BINS, _BINS)]
)
_MIDDAYS: Floats = np.linspace(0.5, 23.5, 24)


@dataclass(frozen=True, slots=True)
class Prior:
    """What is expected of a home before it has shown its habits."""

    #: Pauses of any length an hour at home.
    per_h: float
    #: Their median in minutes and the standard deviation of its logarithm.
    median_min: float
    sigma: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a home has shown, and the context that is asked about."""

    #: Day and local hour of the last movement, and number of its room; beyond all for a new one.
    day: int
    hour: float
    context: int
    #: Of each long pause: day, local hour, length in hours (below 0: at least so long), context.
    days: array[int]
    hours: array[float]
    lengths: array[float]
    contexts: array[int]
    #: Weighted hours at home, context by hour of the day.
    exposure: array[float]


def best_limit_s(
    evidence: Evidence, prior: Prior, night: float, price: float, bounds: tuple[float, float]
) -> float:
    """Return the limit in seconds, within ``bounds``, whose delay and false alarms cost least.

    Parameters
    ----------
    night
        What an hour of delay counts at this hour, 0 to 1.
    price
        Hours of delay in each hour at home that one false alarm an hour is worth.
    bounds
        Floor and cap in seconds.
    """
    low, high = (bound / 3600.0 for bound in bounds)
    outlasting = _outlasting(evidence) + PRIOR_H * _population(prior)
    cost = price * outlasting / (_at_home(evidence) + PRIOR_H * night) + EDGES
    cost[(low > EDGES) | (high < EDGES)] = np.inf
    best = int(np.argmin(cost))
    if not np.isfinite(cost[best]):
        return bounds[1]
    return float(min(max(EDGES[best], low), high)) * 3600.0


def exceedance(evidence: Evidence, prior: Prior, days: float, still_s: float) -> float:
    """Return how many pauses a day of contexts like this one outlast ``still_s`` seconds."""
    place = min(max(math.log(max(still_s, 1.0) / 3600.0 / _LOW_H) / _STEP, 0.0), _BINS - 1.0)
    outlasting = _outlasting(evidence) + PRIOR_H * _population(prior)
    # between two edges, on the scale of logarithms
    rate = np.exp(np.interp(place, np.arange(_BINS), np.log(outlasting + 1e-9)))
    return float(rate) / (days + PRIOR_H / _HOURS_A_DAY)


def _near(hours: Floats, hour: float) -> Floats:
    apart = np.abs(hours - hour)
    near: Floats = np.exp(-0.5 * (np.minimum(apart, 24.0 - apart) / WIDTH_H) ** 2)
    return near


def _outlasting(evidence: Evidence) -> Floats:
    """Weighted number of pauses like this one that outlast each edge."""
    lengths = np.frombuffer(evidence.lengths, np.float32).astype(float)
    if not len(lengths):
        return np.zeros(_BINS)
    age = evidence.day - np.frombuffer(evidence.days, np.uint16).astype(float)
    weight = np.exp2(-age / HALF_LIFE_DAYS)
    weight *= _near(np.frombuffer(evidence.hours, np.float32).astype(float), evidence.hour)
    there = np.frombuffer(evidence.contexts, np.uint8) == evidence.context
    weight *= np.where(there, 1.0, ELSEWHERE)
    bins = np.log(np.abs(lengths) / _LOW_H) / _STEP
    bins = np.clip(bins.astype(int), 0, _BINS - 1)
    counts = _counted(bins, weight)
    cut = lengths < 0
    if cut.any():
        counts = _spread(counts, _counted(bins[cut], weight[cut]))
    # sum over bins b of counts[b] · share that outlasts edge e
    return np.convolve(counts[::-1], _OUTLASTS)[_BINS - 1 : 2 * _BINS - 1][::-1]


def _counted(bins: npt.NDArray[np.int64], weight: Floats) -> Floats:
    return np.bincount(bins, weights=weight, minlength=_BINS).astype(float)


def _spread(counts: Floats, cut: Floats) -> Floats:
    """Spread pauses of which only a lower bound is known over the longer ones (Efron 1967)."""
    counts = counts - cut
    for place in np.flatnonzero(cut):
        longer = counts[place:].sum()
        if longer > 0:
            counts[place:] *= 1.0 + cut[place] / longer
        else:
            counts[-1] += cut[place]
    return counts


def _at_home(evidence: Evidence) -> float:
    """Weighted hours at home in contexts like this one."""
    table = np.frombuffer(evidence.exposure, np.float32).astype(float).reshape(-1, 24)
    near = _near(_MIDDAYS, evidence.hour)
    everywhere = float((table * near).sum())
    there = float((table[evidence.context] * near).sum()) if evidence.context < len(table) else 0.0
    return ELSEWHERE * everywhere + (1.0 - ELSEWHERE) * there


@lru_cache(maxsize=64)
def _population(prior: Prior) -> Floats:
    """Pauses an hour at home that outlast each edge, of the population."""
    logs = (np.log(EDGES * 60.0 / prior.median_min) / prior.sigma).tolist()
    return np.array([prior.per_h * 0.5 * math.erfc(one / math.sqrt(2.0)) for one in logs])
