"""That nobody is at home for a time: said, ended and read on the pages, and ended by the alerting service.

What the pages do runs inside `core.store.account.acting`; the database looks at who is acting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import errors

from core.model.away import Away, Rest
from core.model.errors import Malformed
from core.model.ids import HomeId
from core.model.words import marked
from core.store.alert import StoredAlert, stored_alert
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_OPEN = marked("none that is open: answer it first, and say how it ended")


async def rests_of(connection: Connection, homes: Iterable[HomeId]) -> dict[HomeId, Rest]:
    """Return of which of these homes a carer has said that nobody is there, and until when."""
    rows = await named_rows(connection, _RESTS, {"homes": list(homes)})
    return {HomeId(row["home_id"]): _rest(row) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class MayRest:
    """What who is acting may do about the watching of a home."""

    #: Say that nobody is at home.
    say: bool
    #: Watch again.
    end: bool


async def may_rest(connection: Connection, home_id: HomeId) -> MayRest:
    """Tell what who is acting may do."""
    cursor = await connection.execute(
        "select says_away(%(home)s, false), says_away(%(home)s, true)", {"home": home_id}
    )
    ((say, end),) = await cursor.fetchall()
    return MayRest(say=say, end=end)


async def say(
    connection: Connection, home_id: HomeId, where: Away, until: datetime, now: datetime
) -> int | None:
    """Let watching rest until then; return the number of the step.

    Returns
    -------
    int or None
        None where who is acting may not, or the home is paused or tested by a technician.

    Raises
    ------
    Malformed
        If an alert is open of which carers are being told.
    """
    try:
        return await _number(
            connection, "select rest_watch(%s, %s, %s, %s)", (home_id, where.value, until, now)
        )
    except errors.ObjectNotInPrerequisiteState as error:
        raise Malformed(marked("alert"), _OPEN) from error


async def watch_again(connection: Connection, home_id: HomeId, now: datetime) -> int | None:
    """Watch a home again; None where who is acting may not, or it has ended meanwhile."""
    return await _number(connection, "select watch_again(%s, %s)", (home_id, now))


async def spans_of(
    connection: Connection, home_id: HomeId, start: datetime, end: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the parts of a span in which nobody was at home, as a carer had said: of no one's habits."""
    rows = await named_rows(connection, _SPANS, {"home": home_id, "start": start, "end": end})
    return tuple((row["since"], row["until"]) for row in rows)


async def end_due(connection: Connection, now: datetime) -> tuple[HomeId, ...]:
    """Watch the homes again of which it was said that nobody is there until now; return which."""
    cursor = await connection.execute("select end_rests(%s)", (now,))
    return tuple(HomeId(home) for (home,) in await cursor.fetchall())


async def left_silent(connection: Connection, before: datetime) -> tuple[StoredAlert, ...]:
    """Return what was noticed while watching rested, was told to nobody and is not over; locked.

    Parameters
    ----------
    before
        Only of homes that are watched again since then or longer.
    """
    rows = await named_rows(connection, _LEFT_SILENT, {"before": before})
    return tuple(stored_alert(row) for row in rows)


async def answered_by_end(
    connection: Connection, detector: str, subject: str
) -> tuple[StoredAlert, ...]:
    """Return the alerts that ask whether somebody is back, and whose rest is over; locked."""
    rows = await named_rows(connection, _OVER, {"detector": detector, "subject": subject})
    return tuple(stored_alert(row) for row in rows)


_RESTS: LiteralString = (
    "select s.home_id, s.away, s.at, s.until, coalesce(c.name, '') as carer from (select distinct on"
    " (home_id) * from home_step where home_id = any(%(homes)s) order by home_id, step_id desc) s"
    " left join carer c using (carer_id) where s.stage = 'paused' and s.away <> ''"
)
_SPANS: LiteralString = (
    "select greatest(at, %(start)s) as since, least(coalesce(next, %(end)s), %(end)s) as until"
    " from (select at, lead(at) over (order by step_id) as next, stage, away from home_step"
    "  where home_id = %(home)s) s where stage = 'paused' and away <> '' and at < %(end)s"
    " and coalesce(next, %(end)s) > %(start)s order by 1"
)
_LEFT_SILENT: LiteralString = (
    "select a.* from alert a join home h using (home_id) cross join lateral (select s.step_id, s.stage,"
    "  s.away, s.at from home_step s where s.home_id = h.home_id order by s.step_id desc limit 1) l"
    " where h.mode = 'live' and l.stage = 'live' and l.away <> '' and l.at <= %(before)s"
    " and a.silent and a.state <> 'resolved' and a.opened_at <= l.at"
    " and a.opened_at >= coalesce((select min(p.at) from home_step p where p.home_id = h.home_id"
    "  and p.away <> '' and p.stage = 'paused' and p.step_id > coalesce((select max(v.step_id)"
    "   from home_step v where v.home_id = h.home_id and v.stage = 'live' and v.step_id < l.step_id), 0)),"
    "  'infinity') order by a.alert_id for no key update of a skip locked"
)
_OVER: LiteralString = (
    "select a.* from alert a where a.detector = %(detector)s and a.state <> 'resolved'"
    " and a.cleared_at is null and a.subject like %(subject)s || '%%'"
    " and a.subject <> %(subject)s || (select max(s.step_id) from home_step s where s.home_id = a.home_id)"
    " order by a.alert_id for no key update of a skip locked"
)


async def _number(
    connection: Connection, query: LiteralString, values: tuple[object, ...]
) -> int | None:
    cursor = await connection.execute(query, values)
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _rest(row: dict[str, Any]) -> Rest:
    return Rest(
        home_id=HomeId(row["home_id"]),
        where=Away(row["away"]),
        since=row["at"],
        until=row["until"],
        carer=row["carer"],
    )
