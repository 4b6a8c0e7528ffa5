"""When everybody who would be told keeps quiet hours: said on the plan, because a check then waits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.quiet import all_quiet
from core.store.quiet import quiet_hours_of
from dashboard import plan_words, wording
from dashboard.language import _

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
    return _(
        "From %(start)s to %(end)s everybody here keeps quiet hours. What says “Act now” wakes everybody as"
        " ever. What says “Please check” goes to whoever is on call for the organisation; if nobody there is"
        " awake, it waits for the end of the quiet hours."
    ) % {"start": day_and_time(start, scope.zone), "end": day_and_time(end, scope.zone)}


def day_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return the day of the week and the time; in the hour that autumn repeats, with the zone's name.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> day_and_time(datetime(2026, 7, 3, 21, tzinfo=UTC), ZoneInfo("Europe/London"))
    'Fri 22:00'
    """
    day = moment.astimezone(zone).weekday()
    return f"{_(plan_words.SHORT[day])} {wording.clock(moment, zone)}"


def stretch(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return from when until when, with the day of the end only where that is another one.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> zone, evening = ZoneInfo("Europe/London"), datetime(2026, 7, 3, 21, tzinfo=UTC)
    >>> stretch(evening, datetime(2026, 7, 3, 22, 30, tzinfo=UTC), zone)
    'Fri 22:00 to 23:30'
    >>> stretch(evening, datetime(2026, 7, 4, 6, tzinfo=UTC), zone)
    'Fri 22:00 to Sat 07:00'
    """
    same_day = start.astimezone(zone).date() == end.astimezone(zone).date()
    last = wording.clock(end, zone) if same_day else day_and_time(end, zone)
    return _("%(first)s to %(last)s") % {"first": day_and_time(start, zone), "last": last}
