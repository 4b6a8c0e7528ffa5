"""A second opinion on an unusual day: an isolation forest. It explains and never alarms. Pure.

Nothing of it is kept: the same days give the same forest again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
FEWEST_DAYS = 60
SEED = 20_260_101
MOST_PARTS = 3
UNUSUAL_SHARE = 0.1
_LEAST_PART = 0.005


def unusual_parts(days: npt.ArrayLike, day: npt.ArrayLike) -> tuple[float, Sequence[int]] | None:
    """Return the share of earlier days that were at least as unusual, and what made this one so.

    Parameters
    ----------
    days
        Earlier days, shape (n, p), NaN where not known.
    day
        The day in question, shape (p,).

    Returns
    -------
    tuple or None
        Share from 0 to 1, and up to three places of features, the strongest first: those whose usual
        value would make the day more ordinary. None with fewer than `FEWEST_DAYS` days.

    References
    ----------
    Liu, Ting & Zhou 2008, ICDM, p. 413.
    """
    rows, last = np.asarray(days, dtype=np.float64), np.asarray(day, dtype=np.float64)
    if len(rows) < FEWEST_DAYS:
        return None
    known = np.isfinite(rows).mean(axis=0) > 1.0 - UNUSUAL_SHARE
    known &= np.isfinite(last)
    places = np.flatnonzero(known)
    if not len(places):
        return None
    from sklearn.ensemble import IsolationForest  # noqa: PLC0415 (a second; only when it is asked)

    middle = np.nanmedian(rows[:, places], axis=0)
    before = np.where(np.isfinite(rows[:, places]), rows[:, places], middle)
    forest = IsolationForest(n_estimators=100, random_state=SEED).fit(before)
    here = last[places]
    mended = np.repeat(here[None, :], len(places), axis=0)
    np.fill_diagonal(mended, middle)
    scores = forest.score_samples(np.vstack([before, here[None, :], mended]))
    own, gains = scores[len(before)], scores[len(before) + 1 :] - scores[len(before)]
    share = float(np.mean(scores[: len(before)] <= own))
    order = [int(one) for one in np.argsort(-gains, kind="stable") if gains[one] > _LEAST_PART]
    return share, [int(places[one]) for one in order[:MOST_PARTS]]
