"""Whether so long a time without movement is usual at this hour, by the same hour of earlier days. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

DAYS = 28
LOOK_BACK = timedelta(hours=24)
"""A day without any movement within so long a time before the hour says nothing: away, or not seen."""
LEAST_DAYS = 7
"""With fewer days we do not say what is usual."""
RARE = 0.1
"""Usual is what happens on at least so large a share of the days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """How the time since the last movement compares with earlier days at this hour."""

    #: Earlier days of which we know.
    days: int
    #: On how many of them it had been as long, or longer.
    as_long: int

    @property
    def known(self) -> bool:
        """True when there are days enough to speak."""
        return self.days >= LEAST_DAYS

    @property
    def is_usual(self) -> bool:
        """True when so long a time without movement is nothing special at this hour."""
        return self.as_long >= RARE * self.days


def same_hour(now: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return the same time by the home's clock on the days before, the latest first.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> now = datetime(2026, 3, 29, 8, tzinfo=UTC)  # the day after the clocks went forward at night
    >>> same_hour(now, ZoneInfo("Europe/London"))[0].isoformat()
    '2026-03-28T09:00:00+00:00'
    """
    local = now.astimezone(zone)
    return tuple((local - timedelta(days=back)).astimezone(UTC) for back in range(1, DAYS + 1))


def compare(
    moved_at: datetime,
    now: datetime,
    before: Sequence[tuple[datetime, datetime | None]],
    blind: Sequence[tuple[datetime, datetime]],
) -> Usual:
    """Compare the time since the last movement with that of earlier days.

    Parameters
    ----------
    before
        For each earlier day the moment, and the last movement before it; None for none.
    blind
        When the home could not be seen: such a day is left out.
    """
    waited = [
        at - last
        for at, last in before
        if last is not None and not any(start <= at and last < end for start, end in blind)
    ]
    gap = now - moved_at
    return Usual(days=len(waited), as_long=sum(one >= gap for one in waited))
