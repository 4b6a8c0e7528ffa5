"""Rhythm of rest and activity over days: IS, IV, L5, M10, RA, cosinor, SRI. Pure, float64.

``x`` is activity in equal slots, shape (n,), any unit; NaN where it is not known. ``per_day`` slots make
a day (24 for hours); slot ``i`` has the time of day ``i % per_day``, so that what does not begin at
midnight only turns the profile round.

Two conventions are in use and differ by an exact factor (detection.md §4). With whole days and nothing
missing, N slots in all and p a day: ``IS_py = IS · p/(p−1) · (N−1)/N`` and ``IV_py = IV · (N−1)/N``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PER_DAY = 24
L_HOURS, M_HOURS = 5.0, 10.0
DAY_H = 24.0


class Convention(StrEnum):
    """How a variance is counted."""

    TEXTBOOK = "textbook"
    """Sums over n, as the papers print it."""
    PYACTIGRAPHY = "pyactigraphy"
    """Sums over n − 1, as pyActigraphy 1.2.2 computes it."""


class Window(NamedTuple):
    """A stretch of the average day."""

    #: Hours after the beginning of the profile.
    start_h: float
    #: Mean activity in it, a slot.
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosinor:
    """The cosine of 24 h nearest to the activity: ``M + A·cos(2π·(t − acrophase)/24)``."""

    #: Mean level M, in the unit of the activity.
    mesor: float
    #: Half the swing A, at least 0.
    amplitude: float
    #: Hours after the first slot's middle at which it peaks, 0 to below 24.
    acrophase_h: float
    #: Share of the variance that it explains, 0 to 1.
    explained: float


def daily_profile(x: npt.ArrayLike, per_day: int = PER_DAY) -> Floats:
    """Return the mean of each slot over the days, shape (per_day,); NaN where nothing is known.

    Examples
    --------
    >>> daily_profile([1, 2, 3, 5, np.nan, 8], per_day=2)
    array([2., 5.])
    """
    values = np.asarray(x, dtype=np.float64)
    known = np.isfinite(values)
    if len(values) == per_day:
        return np.where(known, values, np.nan)
    slot = np.arange(len(values)) % per_day
    counts = np.bincount(slot[known], minlength=per_day)
    sums = np.bincount(slot[known], weights=values[known], minlength=per_day)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def interdaily_stability(
    x: npt.ArrayLike, per_day: int = PER_DAY, convention: Convention = Convention.TEXTBOOK
) -> float:
    """Return how alike the days are, IS: 0 for noise, 1 for days that repeat each other.

    ``N Σ_h (x̄_h − x̄)² / (p Σ_i (x_i − x̄)²)``; NaN when all activity is equal or nothing is known.

    References
    ----------
    Witting et al. 1990, Biol Psychiatry 27:563; Van Someren et al. 1999, Chronobiol Int 16:505.

    Examples
    --------
    >>> interdaily_stability([0, 1, 2, 1] * 5, per_day=4)
    1.0
    >>> round(interdaily_stability([0, 1, 2, 1] * 5, 4, Convention.PYACTIGRAPHY), 4)
    1.2667
    """
    values = _known(x)
    profile = _known(daily_profile(x, per_day))
    if convention is Convention.PYACTIGRAPHY:
        return _ratio(_spread(profile, profile, 1), _spread(values, values, 1))
    return _ratio(_spread(profile, values, 0), _spread(values, values, 0))


def intradaily_variability(x: npt.ArrayLike, convention: Convention = Convention.TEXTBOOK) -> float:
    """Return how often rest and activity change place, IV: 0 for a slow wave, about 2 for noise.

    ``N Σ_i (x_i − x_{i−1})² / ((N−1) Σ_i (x_i − x̄)²)``, over neighbours that are both known. It depends
    strongly on the length of a slot: say it.

    References
    ----------
    Witting et al. 1990, Biol Psychiatry 27:563.

    Examples
    --------
    >>> round(intradaily_variability([0, 1, 0, 1, 0, 1]), 3)
    4.0
    """
    values = np.asarray(x, dtype=np.float64)
    steps = _known(np.diff(values))
    known = _known(values)
    ddof = 1 if convention is Convention.PYACTIGRAPHY else 0
    if not len(steps):
        return float("nan")
    return _ratio(float(np.mean(steps**2)), _spread(known, known, ddof))


def least_active(x: npt.ArrayLike, per_day: int = PER_DAY, hours: float = L_HOURS) -> Window:
    """Return the ``hours`` (5) of the average day with the least activity, across midnight too.

    Examples
    --------
    >>> least_active([9, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9] * 2 * 7)
    Window(start_h=1.0, mean=1.0)
    """
    sums, slots = _window_sums(_running(daily_profile(x, per_day)), hours)
    return _window(int(np.argmin(sums)), sums, slots)


def most_active(x: npt.ArrayLike, per_day: int = PER_DAY, hours: float = M_HOURS) -> Window:
    """Return the ``hours`` (10) of the average day with the most activity, across midnight too."""
    sums, slots = _window_sums(_running(daily_profile(x, per_day)), hours)
    return _window(int(np.argmax(sums)), sums, slots)


def least_and_most(x: npt.ArrayLike, per_day: int = PER_DAY) -> tuple[Window, Window]:
    """Return what `least_active` and `most_active` do, at less than the price of both."""
    running = _running(daily_profile(x, per_day))
    low, few = _window_sums(running, L_HOURS)
    high, many = _window_sums(running, M_HOURS)
    return _window(int(np.argmin(low)), low, few), _window(int(np.argmax(high)), high, many)


def relative_amplitude(x: npt.ArrayLike, per_day: int = PER_DAY) -> float:
    """Return (M10 − L5)/(M10 + L5), 0 to 1; NaN without any activity.

    References
    ----------
    Van Someren et al. 1999, Chronobiol Int 16:505. In 100 people with mild to moderate Alzheimer's
    disease the median was 0.88 (quartiles 0.84 and 0.92; Alz Res Ther 2021, 13:163, table 2, wrist).

    Examples
    --------
    >>> relative_amplitude([0] * 12 + [5] * 12)
    1.0
    """
    return amplitude(*least_and_most(x, per_day))


def amplitude(least: Window, most: Window) -> float:
    """Return the relative amplitude of two stretches; NaN without activity."""
    return _ratio(most.mean - least.mean, most.mean + least.mean)


def cosinor(x: npt.ArrayLike, per_day: int = PER_DAY) -> Cosinor:
    """Fit a cosine with a period of 24 h by least squares.

    All is NaN when fewer than three slots are known.

    References
    ----------
    Nelson et al. 1979, Chronobiologia 6:305 (single cosinor; the period is fixed, not fitted).

    Examples
    --------
    >>> hours = np.arange(72)
    >>> fit = cosinor(3 + 2 * np.cos(2 * np.pi * (hours - 15) / 24))
    >>> round(fit.mesor, 6), round(fit.amplitude, 6), round(fit.acrophase_h, 6)
    (3.0, 2.0, 15.0)
    """
    values = np.asarray(x, dtype=np.float64)
    known = np.isfinite(values)
    if known.sum() < 3:  # noqa: PLR2004 (as many as unknowns)
        nothing = float("nan")
        return Cosinor(mesor=nothing, amplitude=nothing, acrophase_h=nothing, explained=nothing)
    angle = 2.0 * np.pi * np.arange(len(values))[known] / per_day
    waves = np.column_stack([np.ones_like(angle), np.cos(angle), np.sin(angle)])
    (mesor, beta, gamma), *_ = np.linalg.lstsq(waves, values[known], rcond=None)
    rest = values[known] - waves @ np.array([mesor, beta, gamma])
    total = _spread(values[known], values[known], 0)
    return Cosinor(
        mesor=float(mesor),
        amplitude=float(np.hypot(beta, gamma)),
        acrophase_h=float(np.arctan2(gamma, beta) / (2.0 * np.pi) * DAY_H % DAY_H),
        explained=1.0 - _ratio(float(np.mean(rest**2)), total),
    )


def regularity(
    asleep: npt.ArrayLike, per_day: int, convention: Convention = Convention.TEXTBOOK
) -> float:
    """Return the sleep regularity index, −100 to 100: how often the state is that of 24 h before.

    Parameters
    ----------
    asleep
        0 or 1 a slot, shape (n,); NaN where not known.
    convention
        pyActigraphy averages over the times of day, the textbook over all pairs; the same for whole days.

    References
    ----------
    Phillips et al. 2017, Sci Rep 7:3216.

    Examples
    --------
    >>> regularity([1, 0, 0, 1, 0, 0], per_day=3), regularity([1, 0, 0, 1], per_day=2)
    (100.0, -100.0)
    """
    values = np.asarray(asleep, dtype=np.float64)
    same = 1.0 - np.abs(values[per_day:] - values[:-per_day])
    if convention is Convention.PYACTIGRAPHY:
        same = daily_profile(same, per_day)
    same = _known(same)
    return float(200.0 * np.mean(same) - 100.0) if len(same) else float("nan")


def in_slots(x: npt.ArrayLike, width: int) -> Floats:
    """Sum ``width`` slots to one; what is not known counts 0, a last broken slot counts too.

    Examples
    --------
    >>> in_slots([1, 2, np.nan, 4, 5], 2)
    array([3., 4., 5.])
    """
    values = np.nan_to_num(np.asarray(x, dtype=np.float64), nan=0.0)
    padded = np.concatenate([values, np.zeros(-len(values) % width)])
    return np.asarray(padded.reshape(-1, width).sum(axis=1), dtype=np.float64)


def above(x: npt.ArrayLike, threshold: float) -> Floats:
    """Return 1 where activity exceeds ``threshold``, 0 elsewhere, NaN where it is not known."""
    values = np.asarray(x, dtype=np.float64)
    return np.where(np.isfinite(values), (values > threshold).astype(np.float64), np.nan)


def _known(x: npt.ArrayLike) -> Floats:
    values = np.asarray(x, dtype=np.float64)
    return values[np.isfinite(values)]


def _spread(x: Floats, around: Floats, ddof: int) -> float:
    """Mean square of ``x`` about the mean of ``around``, over len(x) − ddof."""
    if len(x) <= ddof:
        return float("nan")
    return float(np.sum((x - np.mean(around)) ** 2) / (len(x) - ddof))


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")


def _running(profile: Floats) -> Floats:
    """Return the running sum of two days alike, from 0 on."""
    day = np.nan_to_num(profile, nan=0.0)
    return np.concatenate([[0.0], np.cumsum(np.concatenate([day, day]))])


def _window_sums(running: Floats, hours: float) -> tuple[Floats, int]:
    length = len(running) // 2
    slots = int(hours * length / DAY_H)
    return running[slots : slots + length] - running[:length], slots


def _window(start: int, sums: Floats, slots: int) -> Window:
    return Window(start * DAY_H / len(sums), float(sums[start] / slots))
