"""A closer look: spans of days by dates, and the weeks of a picture. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from dashboard.clinician.annotating import EARLIEST, day_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHORTEST, LONGEST = 7, 366
"""Days that the page shows at least and at most."""
CLOSE_UPS = 13
LONG = 14


def close_up(dates: Sequence[date]) -> tuple[tuple[date, date], ...]:
    """Return the weeks of a stretch, the last first; none where it is hardly longer than a week.

    Examples
    --------
    >>> days = [date(2026, 1, 1) + timedelta(days=n) for n in range(28)]
    >>> [first.day for first, _ in close_up(days)]
    [22, 15, 8, 1]
    """
    if len(dates) <= LONG:
        return ()
    ends = range(len(dates) - 1, SHORTEST - 2, -SHORTEST)
    return tuple((dates[n - SHORTEST + 1], dates[n]) for n in ends)[:CLOSE_UPS]


def span_in(form: Mapping[str, str], yesterday: date) -> tuple[date, date]:
    """Read from when to when somebody wants to look.

    Raises
    ------
    Malformed
        Naming the field, and from when to when it may be.
    """
    first = day_in(form, "first", EARLIEST, yesterday - timedelta(days=SHORTEST - 1))
    longest = min(yesterday, first + timedelta(days=LONGEST - 1))
    return first, day_in(form, "last", first + timedelta(days=SHORTEST - 1), longest)
