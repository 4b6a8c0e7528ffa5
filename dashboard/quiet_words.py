"""When everybody who would be told keeps quiet hours: said on the plan, because a check then waits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.quiet import all_quiet
from core.store.quiet import quiet_hours_of
from dashboard import plan_words

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.store.pool import Connection
    from dashboard.planning import Scope

AHEAD = timedelta(days=7)


async def quiet_note(connection: Connection, scope: Scope, now: datetime) -> str:
    """Return a sentence about the next time in which nobody of the circle is awake for a check."""
    circle = [
        one.carer_id for one in scope.people if one.order is not None and one.disabled_at is None
    ]
    kept = await quiet_hours_of(connection, circle)
    if not circle or set(kept) != set(circle):
        return ""
    found = all_quiet(list(kept.values()), now, now + AHEAD)
    if not found:
        return ""
    start, end = found[0]
    return (
        f"From {day_and_time(start, scope.zone)} to {day_and_time(end, scope.zone)} everybody here keeps"
        " quiet hours. Urgent alerts wake everybody as ever. A check then goes to the organisation’s on-call,"
        " and waits for the end of the quiet hours if nobody there is awake."
    )


def day_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return the day of the week and the time.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> day_and_time(datetime(2026, 7, 3, 21, tzinfo=UTC), ZoneInfo("Europe/London"))
    'Fri 22:00'
    """
    local = moment.astimezone(zone)
    return f"{plan_words.SHORT[local.weekday()]} {local:%H:%M}"
