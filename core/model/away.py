"""That nobody is at home for a time, said by who cares: how long watching may rest, what never does. Pure.

It is a pause of the home like that of a technician (`core.model.commissioning`), with a reason out of few, an
end at which it ends by itself, and less that it silences (docs/decisions/0295).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.model.errors import Malformed
from core.model.finding import Severity
from core.model.quiet import held_until
from core.model.words import marked

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from core.model.ids import HomeId
    from core.model.quiet import QuietHours

LONGEST = timedelta(days=14)
"""For so long at most, counted from when it is said; it may be said again."""
KEPT = frozenset({"sos", "impact", "hazard", "appliance", "liveness"})
"""Detectors whose findings are told all the same: they mean something whoever is, or is not, at home."""
NOT_BACK_AFTER = timedelta(hours=1)
"""Who comes home a little late is no alarm: so long after the end, what goes on in silence is told."""

ASKED_AHEAD = timedelta(hours=3)
"""So long before the end who cares is asked whether it still holds: time to fetch her, or to say it again."""
IN_MIND = 2 * ASKED_AHEAD
"""A rest that is shorter than this is in everybody's mind: nobody is asked."""
HOUR = timedelta(hours=1)


class Away(StrEnum):
    """Where somebody is who is not at home."""

    WITH_US = "with_us"
    HOSPITAL = "hospital"
    HOLIDAY = "holiday"


_UNTIL = marked("until when")
_AS_IN = marked("a day and a time, such as 2026-12-06 and 18:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Watching of a home rests because nobody is there, as somebody who cares has said."""

    home_id: HomeId
    where: Away
    #: When this was said; what is said anew begins anew.
    since: datetime
    #: When it ends by itself.
    until: datetime
    #: Who said it; empty for somebody who has left. Personal: never in logs.
    carer: str


def is_asked(
    told_at: datetime, until: datetime, hours: QuietHours | None, zone: ZoneInfo, now: datetime
) -> bool:
    """Tell whether a person may be asked now whether the end of a rest still holds.

    `ASKED_AHEAD` of the end, or in the last hour before the night or quiet hours of this person in which that
    would lie; never in them, and not just after this person heard of it.

    Parameters
    ----------
    told_at
        When this person was told that it rests until then.
    hours
        Quiet hours of this person; None when they keep none.
    zone
        Zone of the home, whose night counts for a person who keeps none.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> home = ZoneInfo("Europe/London")
    >>> friday, until = datetime(2026, 12, 4, 10, tzinfo=UTC), datetime(2026, 12, 6, 9, tzinfo=UTC)
    >>> saturday = [datetime(2026, 12, 5, hour, tzinfo=UTC) for hour in range(24)]
    >>> [at.hour for at in saturday if is_asked(friday, until, None, home, at)]
    [20]
    """
    latest = until - ASKED_AHEAD
    if until - told_at < IN_MIND or not told_at + ASKED_AHEAD <= now < until:
        return False
    if held_until(hours, Severity.NOTICE, now, zone) is not None:
        return False
    soon = held_until(hours, Severity.NOTICE, now + HOUR, zone)
    return now >= latest or (soon is not None and soon > latest)


def rests_until(day: str, clock: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the end that somebody typed, in UTC.

    Parameters
    ----------
    day, clock
        ISO 8601, as a browser sends them: ``2026-12-06`` and ``18:00``, by the clock of the home.

    Raises
    ------
    Malformed
        If it is no date or time, has passed, or is further away than `LONGEST`.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> friday = datetime(2026, 12, 4, 10, tzinfo=UTC)
    >>> rests_until("2026-12-06", "18:00", ZoneInfo("Europe/Berlin"), friday).isoformat()
    '2026-12-06T17:00:00+00:00'
    >>> rests_until("2026-12-03", "18:00", ZoneInfo("Europe/Berlin"), friday)
    Traceback (most recent call last):
    core.model.errors.Malformed: until when: expected a time that is still to come
    """
    return bounded(_typed(day, clock, zone), now)


def bounded(until: datetime, now: datetime) -> datetime:
    """Return the end, if it may be one.

    Raises
    ------
    Malformed
        If it has passed or is further away than `LONGEST`.
    """
    if until <= now:
        raise Malformed(_UNTIL, marked("a time that is still to come"))
    if until > now + LONGEST:
        raise Malformed(_UNTIL, marked("at most %(n)s days from now"), n=LONGEST.days)
    return until.astimezone(UTC)


def _typed(day: str, clock: str, zone: ZoneInfo) -> datetime:
    try:
        on = date.fromisoformat(day.strip())
        at = time.fromisoformat(clock.strip())
    except ValueError as error:
        raise Malformed(_UNTIL, _AS_IN) from error
    if at.tzinfo is not None:
        raise Malformed(_UNTIL, _AS_IN)
    return datetime.combine(on, at, zone)
