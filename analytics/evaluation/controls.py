"""What any detector must beat: alarms at random, by the clock, by a fixed silence. Pure.

Each is run at the same rate of alarms, or by its own fixed number, and stands in every table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
FIXED_H = (2.0, 4.0, 6.0, 12.0)


def at_random(start: float, end: float, per_s: float, seed: int) -> Floats:
    """Return alarm times of a Poisson process, ascending, in seconds.

    Examples
    --------
    >>> len(at_random(0.0, 1e6, 1e-4, seed=1)) in range(60, 140)
    True
    """
    rng = np.random.default_rng(seed)
    return np.sort(rng.uniform(start, end, rng.poisson(per_s * (end - start))))


def periodic(start: float, end: float, per_s: float) -> Floats:
    """Return alarm times at equal distances, the first one distance after ``start``.

    Examples
    --------
    >>> periodic(0.0, 10.0, 0.25)
    array([4., 8.])
    """
    if per_s <= 0:
        return np.empty(0)
    return np.arange(start + 1.0 / per_s, end, 1.0 / per_s)


def fixed_silence(events: npt.ArrayLike, end: float, limit_s: float) -> Floats:
    """Return when a silence first lasts longer than ``limit_s``, once a silence.

    Parameters
    ----------
    events
        Times of activity, ascending, shape (n,), in seconds.
    end
        End of the record.

    Examples
    --------
    >>> fixed_silence([0.0, 10.0, 100.0], 200.0, 50.0)
    array([ 60., 150.])
    """
    at = np.append(np.asarray(events, dtype=float), end)
    began = at[:-1][np.diff(at) > limit_s]
    return began + limit_s


def past_maximum(
    events: npt.ArrayLike, hours: Sequence[int], end: float, *, buffer: float = 1.25
) -> Floats:
    """Return when a silence outlasts the longest so far that began in the same hour, with a buffer.

    After Cuddihy et al. 2007: an alert line by time of day, the longest inactivity seen plus a buffer.
    Nothing is said of an hour before it has been seen for the first time.

    Parameters
    ----------
    events
        Times of activity, ascending, shape (n,), in seconds.
    hours
        Hour of the local day of each event, 0 … 23.

    Examples
    --------
    >>> past_maximum([0.0, 10.0, 20.0, 100.0], [8, 8, 8, 8], 101.0)
    array([32.5])
    """
    at = np.append(np.asarray(events, dtype=float), end)
    longest: dict[int, float] = {}
    told = []
    for began, gap, hour in zip(at[:-1], np.diff(at), hours, strict=True):
        limit = longest.get(hour)
        if limit is not None and gap > buffer * limit:
            told.append(began + buffer * limit)
        longest[hour] = max(gap, limit or 0.0)
    return np.array(told)
