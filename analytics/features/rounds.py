"""When somebody is expected to come to a home, by its clock. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.model.expected_visit import ExpectedVisit

EARLY_S, LATE_S = 1800.0, 1800.0
"""Home care counts a round as on time within half an hour (docs/decisions/0309)."""
_DAY_S, _DAYS, _THURSDAY = 86400.0, 7, 3
_FIRST_OF_1970 = 719163
"""As Python counts days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A visit that is expected, by the clock of the home."""

    #: Days of the week on which it begins, 0 for Monday.
    days: tuple[int, ...]
    #: Seconds after midnight at which it begins, and how long it lasts.
    start_s: float
    length_s: float
    #: Its first and its last day, counted from 1970.
    first: int | None = None
    last: int | None = None

    def ends(self, wall: float) -> float:
        """Return until when somebody may be there who comes at a time; -inf where none is expected then.

        Parameters
        ----------
        wall
            Seconds since 1970 by the clock of the home.

        Examples
        --------
        >>> monday = 4 * 86400.0  # 1970-01-05
        >>> morning = Round(days=(0,), start_s=8 * 3600.0, length_s=3600.0)
        >>> (morning.ends(monday + 7.6 * 3600.0) - monday) / 3600.0
        9.5
        >>> morning.ends(monday + 9.2 * 3600.0)
        -inf
        """
        latest = -math.inf
        today = int(wall // _DAY_S)
        for day in (today - 1, today, today + 1):
            start = day * _DAY_S + self.start_s
            if self._on(day) and start - EARLY_S <= wall <= start + self.length_s:
                latest = max(latest, start + self.length_s + LATE_S)
        return latest

    def _on(self, day: int) -> bool:
        within = (self.first is None or self.first <= day) and (
            self.last is None or day <= self.last
        )
        return within and (day + _THURSDAY) % _DAYS in self.days

    def saved(self) -> list[Any]:
        """Return what a snapshot holds."""
        return [list(self.days), self.start_s, self.length_s, self.first, self.last]

    @classmethod
    def restored(cls, state: list[Any]) -> Round:
        """Return it as `saved` left it."""
        days, start, length, first, last = state
        return cls(days=tuple(days), start_s=start, length_s=length, first=first, last=last)


def round_of(visit: ExpectedVisit) -> Round:
    """Reduce an expected visit to what detection needs."""
    span = visit.span
    return Round(
        days=span.days,
        start_s=60.0 * span.start,
        length_s=60.0 * span.minutes,
        first=visit.first.toordinal() - _FIRST_OF_1970 if visit.first else None,
        last=visit.last.toordinal() - _FIRST_OF_1970 if visit.last else None,
    )
