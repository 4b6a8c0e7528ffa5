"""Weeks beside a reference that does not move: what changes too slowly for a baseline that learns. Pure.

References
----------
Roberts 1959, Technometrics 1:239 (EWMA); detection.md (a) D10. That the mean of the reference is itself an
estimate widens the limit: Jones, Champ & Rigdon 2001, Technometrics 43:156.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float64]
SMOOTHING = 0.3
"""λ of the EWMA over weeks."""
LIMIT = 3.5
"""L (detection.md (a) D10)."""
PROVISIONAL = 0.5
"""Added to L until the reference is whole."""
FIRST_WEEKS, REFERENCE_WEEKS = 6, 13
"""Weeks of reference before it speaks, and until the reference is frozen: 90 days."""
PRIOR_WEEKS = 6.0
"""Weight of the population's spread, in weeks."""
KEPT_WEEKS = 8
_MOST_Z = 5.0


class Trend:
    """Weekly values of one person.

    Parameters
    ----------
    spread
        Population's standard deviation of each value about a person's own mean, shape (p,).
    """

    __slots__ = ("_age", "_counts", "_smooth", "_spread", "_squares", "_sums", "recent", "weeks")

    def __init__(self, spread: Sequence[float]) -> None:
        self._spread = np.array(spread, dtype=np.float64)
        width = len(self._spread)
        #: Weeks in the reference.
        self.weeks = 0
        self._counts, self._sums, self._squares = (np.zeros(width) for _ in range(3))
        self._smooth, self._age = np.zeros(width), np.zeros(width)
        #: The last weeks, the latest last, shape (p,) each.
        self.recent: list[Floats] = []

    @property
    def mean(self) -> Floats:
        """Mean of the reference; NaN where nothing is known."""
        return np.where(self._counts > 0, self._sums / np.maximum(self._counts, 1.0), np.nan)

    @property
    def deviation(self) -> Floats:
        """Standard deviation of the reference, with the population's."""
        mean = np.nan_to_num(self.mean, nan=0.0)
        squares = np.maximum(self._squares - self._counts * mean**2, 0.0)
        return np.sqrt((squares + PRIOR_WEEKS * self._spread**2) / (self._counts + PRIOR_WEEKS))

    @property
    def frozen(self) -> bool:
        """Whether the reference is whole."""
        return self.weeks >= REFERENCE_WEEKS

    @property
    def limit(self) -> float:
        """What the smoothed deviations must exceed."""
        return LIMIT if self.frozen else LIMIT + PROVISIONAL

    def add(self, week: Floats) -> Floats | None:
        """Take in a week, shape (p,), NaN where not known; return its smoothed deviations.

        In their own standard deviations; NaN where not known; None while the reference is young. A week
        is judged by the weeks before it, and not learned when it stands out.
        """
        self.recent = [*self.recent, np.array(week, dtype=np.float64)][-KEPT_WEEKS:]
        judged = self._judge(week) if self.weeks >= FIRST_WEEKS else None
        calm = judged is None or not np.any(np.abs(np.nan_to_num(judged)) > self.limit)
        if not self.frozen and calm:
            known = np.isfinite(week)
            self.weeks += 1
            self._counts = self._counts + known
            self._sums = self._sums + np.where(known, week, 0.0)
            self._squares = self._squares + np.where(known, week, 0.0) ** 2
        return judged

    def _judge(self, week: Floats) -> Floats:
        z = np.clip((week - self.mean) / self.deviation, -_MOST_Z, _MOST_Z)
        known = np.isfinite(z)
        fresh = SMOOTHING * np.nan_to_num(z, nan=0.0) + (1.0 - SMOOTHING) * self._smooth
        self._smooth = np.where(known, fresh, self._smooth)
        self._age = self._age + known
        own = SMOOTHING / (2.0 - SMOOTHING) * (1.0 - (1.0 - SMOOTHING) ** (2.0 * self._age))
        estimate = 1.0 / np.maximum(self._counts, 1.0)
        return np.where(
            self._age > 0, self._smooth / np.sqrt(np.maximum(own, 1e-12) + estimate), np.nan
        )

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        parts = (self._counts, self._sums, self._squares, self._smooth, self._age)
        return {
            "weeks": self.weeks,
            "state": np.stack(parts).astype("<f8").tobytes(),
            "recent": np.array(self.recent).reshape(-1, len(self._spread)).astype("<f8").tobytes(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `snapshot` saw."""
        width = len(self._spread)
        self.weeks = state["weeks"]
        parts = np.frombuffer(state["state"], dtype="<f8").reshape(5, width)
        self._counts, self._sums, self._squares, self._smooth, self._age = (
            part.copy() for part in parts
        )
        rows = np.frombuffer(state["recent"], dtype="<f8").reshape(-1, width)
        self.recent = [row.copy() for row in rows]
