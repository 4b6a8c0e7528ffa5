"""How rest and activity are broken into bouts: kRA and kAR. Pure, float64.

A bout is a run of equal states; the hazard of length t is the share of bouts of t slots or more that end
with their t-th slot. The hazard of rest ending is steady over a range of lengths; its mean there says how
broken rest is (kRA), the same of activity how broken activity is (kAR).

References
----------
Lim et al. 2011, Sleep 34:1569 (definition, population of 1,115 older people); Cleveland 1979, JASA 74:829
(LOWESS). The steady range is found as pyActigraphy 1.2.2 finds it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FRACTION = 0.3
_FEWEST_WEIGHTS = 2
_NO_WEIGHT = 1e-12
_NO_SPREAD = 1e-12


def bouts(states: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the length of each run of equal states in slots, and whether it is active.

    A slot whose state is not known (NaN) ends a run and is itself a bout of rest of length 0: so
    pyActigraphy counts it, and with it where a hazard may be read from length 0 on.

    Examples
    --------
    >>> lengths, active = bouts([0, 0, 1, 1, 1, 0])
    >>> lengths.tolist(), active.tolist()
    ([2, 3, 1], [False, True, False])
    """
    values = np.asarray(states, dtype=np.float64)
    if not len(values):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
    with_break = np.append(True, np.diff(values) != 0)  # a difference to NaN is no 0
    run = np.cumsum(with_break) - 1
    lengths = np.bincount(run, weights=np.isfinite(values)).astype(np.int64)
    return lengths, np.nan_to_num(values[with_break], nan=0.0) > 0


def hazard(lengths: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return lengths t, the hazard that a bout ends at t, and the weight of each estimate.

    ``(N_t − N_t′)/N_t/(t′ − t)`` with N_t bouts of t and more and t′ the next length seen; the weight is
    ``√(N_t + N_t′)``. The longest length has no next one and is left out.

    Examples
    --------
    >>> [part.round(3).tolist() for part in hazard([1, 1, 2, 4])]
    [[1.0, 2.0], [0.5, 0.25], [2.449, 1.732]]
    """
    seen, counts = np.unique(np.asarray(lengths, dtype=np.int64), return_counts=True)
    alive = np.cumsum(counts[::-1])[::-1].astype(np.float64)
    now, then = alive[:-1], alive[1:]
    at = seen.astype(np.float64)
    return at[:-1], (now - then) / now / np.diff(at), np.sqrt(now + then)


def smooth(x: npt.ArrayLike, y: npt.ArrayLike, fraction: float = FRACTION) -> Floats:
    """Smooth y over x by locally weighted lines (LOWESS without robust weights).

    Parameters
    ----------
    x
        Increasing, shape (n,).
    fraction
        Share of the points, at least two, that each line is fitted to; weights are tricubic.

    Examples
    --------
    >>> smooth([1, 2, 3, 4], [2, 4, 6, 8], 1.0).round(6).tolist()
    [2.0, 4.0, 6.0, 8.0]
    """
    at, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    count = len(at)
    near = min(max(int(fraction * count + 1e-10), 2), count)
    fitted = np.empty(count)
    left = 0
    for number, middle in enumerate(at):
        while left + near < count and middle > (at[left] + at[left + near]) / 2.0:
            left += 1
        some = slice(left, left + near)
        fitted[number] = _line(at[some], values[some], middle, values[number])
    return fitted


def _line(x: Floats, y: Floats, middle: float, fallback: float) -> float:
    radius = max(middle - x[0], x[-1] - middle)
    if radius <= 0.0:
        return fallback
    weights = (1.0 - (np.abs(x - middle) / radius) ** 3) ** 3
    if np.count_nonzero(weights > _NO_WEIGHT) < _FEWEST_WEIGHTS:
        return fallback
    weights = weights / weights.sum()
    centre = float(weights @ x)
    spread = max(float(weights @ (x - centre) ** 2), _NO_SPREAD)
    slopes = 1.0 + (middle - centre) * (x - centre) / spread
    return float((weights * slopes) @ y)


def sustained(lengths: npt.ArrayLike, fraction: float = FRACTION) -> float:
    """Return the mean hazard where it is steady: kRA for bouts of rest, kAR for bouts of activity.

    Steady is the longest stretch within one standard deviation of the smoothed hazard, the first of
    equally long ones. NaN where there is none, as in a record whose bouts have fewer than three lengths.
    """
    at, chance, weight = hazard(lengths)
    if len(at) < 2:  # noqa: PLR2004 (no spread of one value)
        return float("nan")
    near = np.abs(chance - smooth(at, chance, fraction)) < np.std(chance, ddof=1)
    runs, steady = bouts(near.astype(np.float64))
    if not steady.any():
        return float("nan")
    longest = int(np.argmax(np.where(steady, runs, 0)))
    start = int(runs[:longest].sum())
    some = slice(start, start + int(runs[longest]))
    return float(np.average(chance[some], weights=weight[some]))


def rest_to_activity(states: npt.ArrayLike) -> float:
    """Return kRA of states (0 rest, 1 active, NaN not known): how broken rest is, a slot."""
    lengths, active = bouts(states)
    return sustained(lengths[~active])


def activity_to_rest(states: npt.ArrayLike) -> float:
    """Return kAR of states (0 rest, 1 active, NaN not known): how broken activity is, a slot."""
    lengths, active = bouts(states)
    return sustained(lengths[active])
