"""Whether a person's days have changed: a robust baseline, smoothed deviations, signed channels. Pure.

Each day is a vector; its deviations from the person's own baseline are smoothed (EWMA) and looked at in two
ways: along *channels*, directions with a meaning, and as one distance (MEWMA). Days that stand out are not
learned, so that a change is not taken for a habit while it is told (detection.md §5).

References
----------
Lowry et al. 1992, Technometrics 34:46 (MEWMA); Roberts 1959, Technometrics 1:239 (EWMA). Limits: detection.md
§5 and docs/decisions/0127, 0138, 0299.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
SMOOTHING = 0.2
"""λ of the EWMA."""
QUICK_SMOOTHING, QUICK_Z = 0.5, 2.0
"""The same for changes that are over in days, and the most that one day counts then (docs/decisions/0299)."""
FIRST_DAYS, BASELINE_DAYS, KEPT_DAYS = 14, 28, 90
"""Days before it speaks, until the baseline only drifts, and kept."""
DRIFT = 1.0 / 56.0
"""Share of a day that is not flagged in the baseline from then on."""
PRIOR_DAYS = 10.0
"""Weight of the population's spread, in days."""
MOST_Z = 5.0
LEARNED_Z = 3.0
"""Deviations beyond are not learned."""
SHRINK = 0.3
"""Share of the diagonal in the covariance."""
CHANNEL_LIMIT = 3.0
"""L: smoothed deviation along a channel, in its own standard deviations."""
DISTANCE_LIMIT = 45.0
"""h for `DISTANCE_FEATURES` features; for others the same quantile of chi-square."""
DISTANCE_FEATURES = 10
PROVISIONAL = 0.5
"""Added to L while the baseline is younger than `BASELINE_DAYS`."""
NEW_HABIT_DAYS = 28
"""Days in a row that stand out after which they are the baseline."""
_TAIL = float(stats.chi2.sf(DISTANCE_LIMIT, DISTANCE_FEATURES))
_MAD = 1.4826
_LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one day shows."""

    #: Deviations of the day itself, in standard deviations; NaN where not known; shape (p,).
    z: Floats
    #: The same, smoothed over the days; 0 where nothing is known.
    smooth: Floats
    #: Smoothed deviation along each channel, in its standard deviations; NaN for a channel without features.
    channels: Floats
    #: Deviations smoothed over few days, each day bounded, and along each channel, likewise.
    quick: Floats
    quick_channels: Floats
    distance: float
    #: Limits that hold today.
    channel_limit: float
    distance_limit: float

    @property
    def over(self) -> Bools:
        """Whether each channel is beyond its limit."""
        return self.channels > self.channel_limit  # never where it is NaN

    @property
    def far(self) -> bool:
        """Whether the distance is beyond its limit."""
        return self.distance > self.distance_limit


class Chart:
    """The days of one person.

    Parameters
    ----------
    spread
        Population's standard deviation of each feature about a person's own mean, shape (p,).
    channels
        Name → (feature's place → weight).
    """

    __slots__ = (
        "_age",
        "_flags",
        "_flat",
        "_mean",
        "_quick",
        "_rows",
        "_smooth",
        "_spread",
        "_variance",
        "count",
    )

    def __init__(
        self, spread: Sequence[float], channels: Mapping[str, Mapping[int, float]]
    ) -> None:
        self._spread = np.array(spread, dtype=np.float64)
        width = len(self._spread)
        self._flat = np.zeros((len(channels), width))
        for row, weights in enumerate(channels.values()):
            for place, weight in weights.items():
                self._flat[row, place] = weight
        #: Days taken in.
        self.count = 0
        #: Days since deviations are smoothed.
        self._age = 0
        self._mean = np.full(width, np.nan)
        self._variance = self._spread**2
        self._smooth = np.zeros(width)
        self._quick = np.zeros(width)
        #: The last days, float32, and whether each stood out.
        self._rows: list[npt.NDArray[np.float32]] = []
        self._flags: list[bool] = []

    @property
    def rows(self) -> npt.NDArray[np.float32]:
        """The last days, the latest last, shape (days, p)."""
        return np.array(self._rows, dtype=np.float32).reshape(-1, len(self._spread))

    @property
    def usual(self) -> npt.NDArray[np.float32]:
        """Those of them that did not stand out."""
        return self.rows[~np.array(self._flags, dtype=np.bool_)]

    @property
    def middle(self) -> Floats:
        """The baseline: a usual value of each feature, shape (p,); NaN where not known."""
        return self._mean

    @property
    def provisional(self) -> bool:
        """Whether the baseline is still young."""
        return self.count < BASELINE_DAYS

    def add(self, day: Floats) -> Judged | None:
        """Take in a day, shape (p,), NaN where not known; return what it shows, None while learning.

        A day is judged by the days before it alone.
        """
        judged = self._judge(day) if self.count >= FIRST_DAYS else None
        flagged = judged is not None and bool(judged.over.any() or judged.far)
        self._rows = [*self._rows, day.astype(np.float32)][-KEPT_DAYS:]
        self._flags = [*self._flags, flagged][-KEPT_DAYS:]
        self.count += 1
        if self.count <= BASELINE_DAYS:
            self._settle(self.rows)
        elif judged is not None and not flagged:
            self._drift(day, judged.z)
        if len(self._flags) >= NEW_HABIT_DAYS and all(self._flags[-NEW_HABIT_DAYS:]):
            self._begin_anew()
        return judged

    def _settle(self, rows: npt.NDArray[np.float32]) -> None:
        """Take the baseline from whole days: median, and spread with the population's."""
        rows = rows.astype(np.float64)
        known = np.isfinite(rows).sum(axis=0)
        enough = known >= max(1.0, _LEAST_SHARE * len(rows))
        filled = np.where(enough, rows, 0.0)
        mean = np.nanmedian(filled, axis=0)
        scale = _MAD * np.nanmedian(np.abs(filled - mean), axis=0)
        self._mean = np.where(enough, mean, np.nan)
        self._variance = (known * scale**2 + PRIOR_DAYS * self._spread**2) / (known + PRIOR_DAYS)

    def _drift(self, day: Floats, z: Floats) -> None:
        learn = np.abs(np.nan_to_num(z, nan=np.inf)) < LEARNED_Z
        away = np.where(learn, day - self._mean, 0.0)
        self._mean = self._mean + DRIFT * away
        widened = self._variance + DRIFT * (away**2 - self._variance)
        floor = (0.5 * self._spread) ** 2
        self._variance = np.where(learn, np.maximum(widened, floor), self._variance)

    def _begin_anew(self) -> None:
        """Take the last days, all of which stood out, as the new usual."""
        self._settle(self.rows[-NEW_HABIT_DAYS:])
        self._flags[-NEW_HABIT_DAYS:] = [False] * NEW_HABIT_DAYS
        self._smooth, self._age = np.zeros_like(self._smooth), 0
        self._quick = np.zeros_like(self._quick)

    def deviations(self, rows: npt.ArrayLike) -> Floats:
        """Return deviations of days from the baseline, clipped; NaN where not known."""
        values = np.asarray(rows, dtype=np.float64)
        z = (values - self._mean) / np.sqrt(self._variance)
        return np.asarray(np.clip(z, -MOST_Z, MOST_Z), dtype=np.float64)

    def _judge(self, day: Floats) -> Judged:
        z = self.deviations(day)
        known = np.isfinite(self._mean)
        self._smooth = np.where(known, _smoothed(self._smooth, z, SMOOTHING), 0.0)
        bounded = np.clip(z, -QUICK_Z, QUICK_Z)
        self._quick = np.where(known, _smoothed(self._quick, bounded, QUICK_SMOOTHING), 0.0)
        self._age += 1
        scale = _variance(SMOOTHING, self._age)
        quick_scale = _variance(QUICK_SMOOTHING, self._age)
        covariance = self._covariance(known)
        size = int(known.sum())
        limit = _distance_limit(size)
        return Judged(
            z=z,
            smooth=self._smooth,
            channels=self._along(self._smooth, known, covariance, scale),
            quick=self._quick,
            quick_channels=self._along(self._quick, known, covariance, quick_scale),
            distance=self._distance(known, covariance) / scale,
            channel_limit=CHANNEL_LIMIT + (PROVISIONAL if self.provisional else 0.0),
            distance_limit=limit
            + (PROVISIONAL * limit / CHANNEL_LIMIT if self.provisional else 0.0),
        )

    def _covariance(self, known: Bools) -> Floats:
        z = self.deviations(self.usual)
        z[np.isnan(z)] = 0.0
        found = np.cov(z, rowvar=False)
        diagonal = np.diag(np.maximum(np.diag(found), _LEAST_SHARE))
        covariance = (1.0 - SHRINK) * found + SHRINK * diagonal
        # what is not known varies for itself and deviates by nothing
        covariance[~known, :], covariance[:, ~known] = 0.0, 0.0
        covariance[~known, ~known] = 1.0
        return np.asarray(covariance, dtype=np.float64)

    def _along(self, smooth: Floats, known: Bools, covariance: Floats, scale: float) -> Floats:
        weights = np.where(known, self._flat, 0.0)
        variance = np.einsum("ij,jk,ik->i", weights, covariance, weights) * scale
        moved = weights @ smooth
        return np.where(variance > 0.0, moved / np.sqrt(np.maximum(variance, 1e-12)), np.nan)

    def _distance(self, known: Bools, covariance: Floats) -> float:
        if not known.any():
            return 0.0
        return float(self._smooth @ np.linalg.solve(covariance, self._smooth))

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        # states before 0299 do not know of it
        quick = {"quick": self._quick.astype("<f8").tobytes()} if self._quick.any() else {}
        return {
            "count": [self.count, self._age],
            "state": np.stack([self._mean, self._variance, self._smooth]).astype("<f8").tobytes(),
            "rows": self.rows.astype("<f4").tobytes(),
            "flags": bytes(self._flags),
            **quick,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `snapshot` saw."""
        width = len(self._spread)
        self.count, self._age = state["count"]
        saved = np.frombuffer(state["state"], dtype="<f8").reshape(3, width)
        self._mean, self._variance, self._smooth = (row.copy() for row in saved)
        if "quick" in state:
            self._quick = np.frombuffer(state["quick"], dtype="<f8").copy()
        rows = np.frombuffer(state["rows"], dtype="<f4").reshape(-1, width)
        self._rows = [row.astype(np.float32) for row in rows]
        self._flags = [bool(flag) for flag in state["flags"]]


def _smoothed(before: Floats, z: Floats, weight: float) -> Floats:
    """Return the deviations with those of a day taken in; what is not known of it stays as it was."""
    return np.where(np.isfinite(z), weight * z + (1.0 - weight) * before, before)


def _variance(weight: float, days: int) -> float:
    """Return the variance of deviations so smoothed, in those of a day."""
    return weight / (2.0 - weight) * (1.0 - (1.0 - weight) ** (2 * days))


@cache
def _distance_limit(size: int) -> float:
    """Return the limit of the distance over so many features."""
    return float(stats.chi2.isf(_TAIL, size)) if size else math.inf
