"""Days with what is marked in them, read from the tables."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.store import annotation as annotations_table
from core.store import day_count as days_table
from dashboard.clinician.annotated import MarkedDays
from dashboard.clinician.numbers import stretch

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.pool import Connection
    from core.store.review import Lived


async def marked_days(connection: Connection, lived: Lived, first: date, last: date) -> MarkedDays:
    """Return the days of a resident from first to last, both in it."""
    counts = await days_table.days_of(connection, lived.home.home_id, first, last)
    notes = await annotations_table.annotations_of(
        connection, lived.resident.resident_id, first, last
    )
    length = (last - first).days + 1
    return MarkedDays(days=stretch(counts, first, length, lived.home.zone), annotations=notes)


def last_day_of(lived: Lived, now: datetime) -> date:
    """Return the last day that may be counted: that of the record, yesterday at the latest."""
    yesterday = now.astimezone(lived.home.zone).date() - timedelta(days=1)
    return min(lived.last_day or yesterday, yesterday)
