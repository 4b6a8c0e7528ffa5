"""That nobody is at home for a time: said, ended and read on the pages, and ended by the alerting service.

What the pages do runs inside `core.store.account.acting`; the database looks at who is acting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg import errors

from core.model.away import Away, Rest
from core.model.errors import Malformed, WayhomeError
from core.model.ids import CarerId, HomeId
from core.model.words import marked
from core.store.alert import StoredAlert, stored_alert
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDS_SOON = timedelta(days=4)
"""Nobody keeps quiet hours for longer than three days on end, and who does is asked before them."""
_OPEN = marked("none that is open: answer it first, and say how it ended")


async def rests_of(connection: Connection, homes: Iterable[HomeId]) -> dict[HomeId, Rest]:
    """Return of which of these homes a carer has said that nobody is there, and until when."""
    rows = await named_rows(connection, _RESTS, {"homes": list(homes)})
    return {HomeId(row["home_id"]): _rest(row) for row in rows}


async def paused_of(connection: Connection, homes: Iterable[HomeId]) -> dict[HomeId, datetime]:
    """Return which of these homes a technician has paused, and since when."""
    rows = await named_rows(connection, _PAUSED, {"homes": list(homes)})
    return {HomeId(row["home_id"]): row["at"] for row in rows}


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


class Otherwise(WayhomeError):  # noqa: N818 (reads as the answer to "may this be said?")
    """It stands otherwise than who said something of a rest had read."""


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


async def check_before(connection: Connection, home_id: HomeId, step: int, read: str) -> None:
    """Compare how a home stood before a step with what who took it had read, behind the lock of the step.

    Parameters
    ----------
    read
        Since when it rested, in ISO 8601; ``live`` where it did not.

    Raises
    ------
    Otherwise
        If somebody has said, changed or ended a rest meanwhile: what was said is to be undone.
    """
    rows = await named_rows(connection, _BEFORE, {"home": home_id, "step": step})
    stood = rows[0]["at"].isoformat() if rows and rows[0]["away"] else "live"
    if stood != read:
        raise Otherwise


async def watch_again(connection: Connection, home_id: HomeId, now: datetime) -> int | None:
    """Watch a home again; None where who is acting may not, or it has ended meanwhile."""
    return await _number(connection, "select watch_again(%s, %s)", (home_id, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlived:
    """Parts of a span that tell nothing of anybody's days, each from when to when."""

    #: Nobody was at home, as a carer had said.
    away: tuple[tuple[datetime, datetime], ...] = ()
    #: A technician had paused the home: who was there, if anybody, is not known.
    paused: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def all(self) -> tuple[tuple[datetime, datetime], ...]:
        """Both."""
        return (*self.away, *self.paused)


NONE_UNLIVED = Unlived()


async def unlived(
    connection: Connection, home_id: HomeId, start: datetime, end: datetime
) -> Unlived:
    """Return the parts of a span in which nobody was watched, because a home rested or was paused."""
    rows = await named_rows(connection, _SPANS, {"home": home_id, "start": start, "end": end})
    spans = [(row["by_carer"], (row["since"], row["until"])) for row in rows]
    return Unlived(
        away=tuple(span for by_carer, span in spans if by_carer),
        paused=tuple(span for by_carer, span in spans if not by_carer),
    )


async def end_due(connection: Connection, now: datetime) -> tuple[HomeId, ...]:
    """Watch the homes again of which it was said that nobody is there until now; return which."""
    cursor = await connection.execute("select end_rests(%s)", (now,))
    return tuple(HomeId(home) for (home,) in await cursor.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """One of a circle who was not asked yet whether the end of a rest still holds."""

    home_id: HomeId
    carer_id: CarerId
    zone: ZoneInfo
    #: When this person was told that it rests.
    told_at: datetime
    until: datetime
    #: Number of the change of watching that this rest is.
    number: int


async def to_be_asked(connection: Connection, now: datetime) -> tuple[Unasked, ...]:
    """Return of each rest that ends within days whom of the circle nobody has asked about that."""
    rows = await named_rows(connection, _UNASKED, {"before": now + ENDS_SOON, "now": now})
    return tuple(
        Unasked(
            home_id=HomeId(row["home_id"]),
            carer_id=CarerId(row["carer_id"]),
            zone=ZoneInfo(row["zone"]),
            told_at=row["asked_at"],
            until=row["until"],
            number=row["number"],
        )
        for row in rows
    )


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


_BEFORE: LiteralString = (
    "select at, stage = 'paused' and away <> '' as away from home_step"
    " where home_id = %(home)s and step_id < %(step)s order by step_id desc limit 1"
)
_RESTS: LiteralString = (
    "select s.home_id, s.away, s.at, s.until, coalesce(c.name, '') as carer from (select distinct on"
    " (home_id) * from home_step where home_id = any(%(homes)s) order by home_id, step_id desc) s"
    " left join carer c using (carer_id) where s.stage = 'paused' and s.away <> ''"
)
# Since the first step of those by which it was paused and paused for longer.
_PAUSED: LiteralString = (
    "select h.home_id, min(p.at) as at from unnest(%(homes)s::text[]) as h(home_id)"
    " cross join lateral (select coalesce(max(step_id), 0) as step_id from home_step o"
    "  where o.home_id = h.home_id and (o.stage <> 'paused' or o.away <> '')) b"
    " join home_step p on p.home_id = h.home_id and p.step_id > b.step_id group by h.home_id"
)
_SPANS: LiteralString = (
    "select away <> '' as by_carer, greatest(at, %(start)s) as since,"
    " least(coalesce(next, %(end)s), %(end)s) as until"
    " from (select at, lead(at) over (order by step_id) as next, stage, away from home_step"
    "  where home_id = %(home)s) s where stage = 'paused' and at < %(end)s"
    " and coalesce(next, %(end)s) > %(start)s order by since"
)
_UNASKED: LiteralString = (
    "select h.home_id, k.carer_id, h.zone, r.asked_at, s.until, w.number from home h cross join lateral"
    " (select * from home_step x where x.home_id = h.home_id order by x.step_id desc limit 1) s"
    " cross join lateral (select * from watch_change c where c.home_id = h.home_id"
    "  order by c.number desc limit 1) w join care k on k.home_id = h.home_id"
    " join carer c on c.carer_id = k.carer_id join watch_notice r on r.home_id = h.home_id"
    "  and r.carer_id = k.carer_id and r.kind = 'watch_rests' and r.about = w.number"
    " where h.away and w.state = 'resting' and w.step_id = s.step_id and r.asked_at is not null"
    " and s.until > %(now)s"
    " and s.until <= %(before)s and c.disabled_at is null and c.role in ('family_carer', 'care_worker')"
    " and not exists (select 1 from watch_notice n where n.home_id = h.home_id and n.carer_id = k.carer_id"
    "  and n.kind = 'watch_rest_ends' and n.about = w.number) order by h.home_id, k.carer_id"
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
