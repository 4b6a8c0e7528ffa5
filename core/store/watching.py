"""When homes stopped being watched, and who is told of it. Written by the alerting service."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from core.model.commissioning import Stage
from core.model.home import HomeMode
from core.model.ids import CarerId, HomeId
from core.model.watching import KIND_OF, HomeNow, NoticeKind, WatchState, WhyNot
from core.store import basis as basis_table
from core.store.basis import stopped
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.model.basis import Basis
    from core.model.watching import Watching

FORETOLD: LiteralString = "interval '2 days'"
"""A basis that ended was foretold to a person where they were told of its end within so long before."""

NEWEST: LiteralString = (
    "(left(d.kind, 5) <> 'watch' or not exists (select 1 from watch_message m"
    " join watch_notice n using (notice_id) join watch_change w on w.home_id = n.home_id"
    " and w.number > n.about where m.delivery_id = d.delivery_id"
    " and n.kind not in ('watch_ends', 'watch_renew')))"
)
"""Whether a delivery ``d`` still says how it stands: what has changed again since is not said any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedHome:
    """A home with what decides whether it is watched, and what was written down of it last."""

    home_id: HomeId
    zone: ZoneInfo
    now: HomeNow
    #: None for a home that was never watched so far.
    last: WatchState | None
    #: Number of the last change; 0 before the first.
    number: int
    #: Of a rest: the step that said so.
    said: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """One of a circle for whom there is no notice of the last change, told something else before."""

    home_id: HomeId
    carer_id: CarerId
    zone: ZoneInfo
    #: The change.
    number: int
    state: WatchState
    why: WhyNot
    #: What this person was told last; None for nothing.
    told: WatchState | None
    foretold: bool
    #: Whether watching rested since then, without a word to this person.
    missed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """That somebody is to be told something."""

    home_id: HomeId
    carer_id: CarerId
    kind: NoticeKind
    #: Number of the change, also of one that ends soon, or of the basis that does.
    about: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNotice:
    """A notice whose messages go out now."""

    notice_id: int
    notice: Notice
    #: Channels with an address of theirs.
    channels: tuple[str, ...]


_LOCK = 0x57415443


async def alone(connection: Connection) -> bool:
    """Take the turn to look until this transaction ends; False while another process has it."""
    cursor = await connection.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,))
    return await cursor.fetchone() == (True,)


async def homes_to_judge(connection: Connection, now: datetime) -> tuple[WatchedHome, ...]:
    """Return the homes that may stand otherwise than was written down last."""
    return await _homes(connection, _TO_JUDGE, {"now": now})


async def homes_ending(
    connection: Connection, now: datetime, ahead: timedelta
) -> tuple[WatchedHome, ...]:
    """Return the homes, watched or at rest, in which a basis of watching ends within ``ahead``."""
    return await _homes(connection, _ENDING, {"now": now, "until": now + ahead})


async def note_change(
    connection: Connection, home: WatchedHome, watch: Watching, now: datetime
) -> bool:
    """Write down how a home stands; False when another process has written this number."""
    said = home.now.away if watch.state is WatchState.RESTING else None
    cursor = await connection.execute(
        "insert into watch_change (home_id, number, state, why, at, step_id)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        (home.home_id, home.number + 1, watch.state.value, watch.why.value, now, said),
    )
    return cursor.rowcount == 1


async def cancel_older(connection: Connection, home_id: HomeId) -> None:
    """Take back what waits in the outbox about how a home stood before."""
    await connection.execute(
        "update delivery d set state = 'cancelled' from watch_message m join watch_notice n"
        " using (notice_id) where m.delivery_id = d.delivery_id and d.state = 'pending'"
        " and n.home_id = %(home)s and n.kind <> 'watch_renew' and (n.kind = 'watch_ends'"
        " or n.about < (select max(number) from watch_change where home_id = %(home)s))",
        {"home": home_id},
    )


async def untold(connection: Connection) -> tuple[Untold, ...]:
    """Return everybody of a circle who was told something else than how their home stands now."""
    rows = await named_rows(connection, _UNTOLD, {"kinds": _OF_CHANGES})
    return tuple(
        Untold(
            home_id=HomeId(row["home_id"]),
            carer_id=CarerId(row["carer_id"]),
            zone=ZoneInfo(row["zone"]),
            number=row["number"],
            state=WatchState(row["state"]),
            why=WhyNot(row["why"]),
            told=None if row["told"] is None else WatchState(row["told"]),
            foretold=row["foretold"],
            missed=row["missed"],
        )
        for row in rows
    )


async def promise(
    connection: Connection, notice: Notice, now: datetime, due_at: datetime
) -> DueNotice | None:
    """Write down that somebody is to be told; None where that stands there already."""
    cursor = await connection.execute(
        "insert into watch_notice (home_id, carer_id, kind, about, at, due_at)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning notice_id",
        (notice.home_id, notice.carer_id, notice.kind.value, notice.about, now, due_at),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    (found,) = _due(
        await named_rows(
            connection, _NOTICE + " where n.notice_id = %(number)s", {"number": row[0]}
        )
    )
    return found


async def drop_unwanted(connection: Connection, now: datetime) -> None:
    """Note what waits and need not be said any more."""
    await connection.execute(
        "update watch_notice n set dropped_at = %(now)s where n.asked_at is null"
        " and n.dropped_at is null and not " + _STANDS,
        {"now": now},
    )


async def due(connection: Connection, now: datetime) -> tuple[DueNotice, ...]:
    """Return what is to be put into the outbox now, to people who may still be told."""
    return _due(await named_rows(connection, _DUE, {"now": now, "kinds": _OF_CHANGES}))


async def unheard(
    connection: Connection, now: datetime, *, pause: timedelta, most: timedelta
) -> tuple[DueNotice, ...]:
    """Return what no waking channel could hand over, and was tried neither lately nor for long.

    Parameters
    ----------
    pause
        Between one try and the next.
    most
        So long after the first try it is left to who was told that this person can not be.
    """
    values = {"now": now, "pause": pause, "most": most}
    return _due(await named_rows(connection, _UNHEARD, values))


async def ask(
    connection: Connection, some: Iterable[DueNotice], channels: Sequence[str], now: datetime
) -> None:
    """Put one message by each channel into the outbox, of all that one person is to be told in one word."""
    notices = tuple(some)
    for channel in channels:
        cursor = await connection.execute(
            "insert into delivery (kind, carer_id, channel, step, next_try_at, created_at)"
            " values (%s, %s, %s, 0, %s, %s) returning delivery_id",
            (notices[0].notice.kind.value, notices[0].notice.carer_id, channel, now, now),
        )
        ((number,),) = await cursor.fetchall()
        async with connection.cursor() as messages:
            await messages.executemany(
                "insert into watch_message (delivery_id, notice_id) values (%s, %s)",
                [(number, one.notice_id) for one in notices],
            )
    await connection.execute(
        "update watch_notice set asked_at = coalesce(asked_at, %s) where notice_id = any(%s)",
        (now, [one.notice_id for one in notices]),
    )


async def unreached(
    connection: Connection, now: datetime, most: timedelta
) -> tuple[DueNotice, ...]:
    """Return whom no way has reached, or can, of which the operators were not told since the last try.

    Parameters
    ----------
    most
        So long after the first try it is not looked for any more.
    """
    return _due(await named_rows(connection, _UNREACHED, {"now": now, "most": most}))


async def renewers(connection: Connection, home_id: HomeId, basis_id: int) -> tuple[CarerId, ...]:
    """Return who can renew a basis: who wrote it down, and the administrators of the organisation."""
    rows = await named_rows(connection, _RENEWERS, {"home": home_id, "basis": basis_id})
    return tuple(CarerId(row["carer_id"]) for row in rows)


_OF_CHANGES = [NoticeKind.RESTED.value, *(one.value for one in KIND_OF.values())]
_CIRCLE: LiteralString = (
    " from care k join carer c using (carer_id) where c.disabled_at is null"
    " and c.role in ('family_carer', 'care_worker')"
)
_HOME: LiteralString = (
    "select h.home_id, h.zone, h.mode, s.stage, s.at as stage_at, s.said as away, l.state,"
    " coalesce(l.number, 0) as number, l.step_id as said"
    " from home h left join (select distinct on (home_id) home_id, state, number, step_id"
    "  from watch_change order by home_id, number desc) l using (home_id)"
    " left join lateral (select stage, at,"
    "   case when stage = 'paused' and away <> '' then step_id end as said"
    "  from home_step where home_id = h.home_id"
    "  order by step_id desc limit 1) s on l.number is not null"
)
_AT: LiteralString = "%(now)s::timestamptz"
_TO_JUDGE: LiteralString = (
    "with unwatched as materialized ("
    + stopped("'care_monitoring'", at=_AT)
    + "), unlocated as materialized ("
    + stopped("'location'", at=_AT)
    + ") "
    + _HOME
    + " where (h.mode = 'live' or l.number is not null) and (l.state is distinct from (case"
    " when h.mode <> 'live' and s.said is null or h.home_id in (select home_id from unwatched)"
    "  then 'unwatched'"
    " when s.said is not null then 'resting'"
    " when h.home_id in (select home_id from unlocated) then 'unlocated' else 'watched' end)"
    " or l.state = 'resting' and s.said <> l.step_id)"
    " order by h.home_id"
)
_ENDING: LiteralString = (
    _HOME
    + " where (h.mode = 'live' or h.away) and h.home_id in (select b.home_id from purpose_basis b"
    " where b.kind = 'given' and b.recipient = '' and b.purpose in ('care_monitoring', 'location')"
    " and b.valid_until > %(now)s and b.valid_until <= %(until)s) order by h.home_id"
)
_UNTOLD: LiteralString = (
    "select l.home_id, l.number, l.state, l.why, h.zone, c.carer_id, t.state as told, exists (select 1"
    "  from watch_notice f where f.home_id = l.home_id and f.carer_id = c.carer_id and f.kind = 'watch_ends'"
    f"  and f.asked_at > l.at - {FORETOLD}) as foretold, exists (select 1 from watch_notice m"
    "  where m.home_id = l.home_id and m.carer_id = c.carer_id and m.kind = 'watch_rests'"
    "  and m.asked_at is null and m.about > coalesce(t.number, 0) and m.about < l.number) as missed"
    " from (select distinct on (home_id) * from watch_change order by home_id, number desc) l"
    " join home h using (home_id) join care k using (home_id) join carer c using (carer_id)"
    " left join lateral (select w.state, w.number from watch_notice n join watch_change w"
    "  on w.home_id = n.home_id and w.number = n.about where n.home_id = l.home_id"
    "  and n.carer_id = c.carer_id and n.kind = any(%(kinds)s) and n.asked_at is not null"
    "  order by n.about desc limit 1) t on true"
    " where (l.state <> 'watched' or l.number > 1) and c.disabled_at is null"
    " and c.role in ('family_carer', 'care_worker') and not exists (select 1 from watch_notice n"
    "  where n.home_id = l.home_id and n.carer_id = c.carer_id and n.about = l.number"
    "  and n.kind = any(%(kinds)s)) order by l.home_id, c.carer_id"
)
_NOTICE: LiteralString = (
    "select n.notice_id, n.home_id, n.carer_id, n.kind, n.about, coalesce((select array_agg(distinct"
    " p.channel order by p.channel) from live_contact p where p.carer_id = n.carer_id), '{}') as channels"
    " from watch_notice n"
)
_OF_KIND: LiteralString = " and n.kind = any(%(kinds)s)"
_STANDS: LiteralString = (
    "(n.about = (select max(l.number) from watch_change l where l.home_id = n.home_id)"
    " and exists (select 1" + _CIRCLE + " and k.home_id = n.home_id and k.carer_id = n.carer_id))"
)
_DUE: LiteralString = (
    _NOTICE
    + " where n.asked_at is null and n.dropped_at is null and n.due_at <= %(now)s"
    + _OF_KIND
    + " and "
    + _STANDS
    + " order by n.notice_id"
)
_UNHEARD_OF: LiteralString = (
    _NOTICE + " where n.asked_at > %(now)s::timestamptz - %(most)s::interval"
    " and n.kind in ('watch_ended', 'watch_places', 'watch_rests') and "
    + _STANDS
    + " and not exists (select 1"
    "  from watch_message m join delivery d using (delivery_id) where m.notice_id = n.notice_id"
    "  and d.channel <> 'web' and d.state in ('pending', 'sending', 'sent'))"
)
_LAST_TRY: LiteralString = (
    "(select max(d.created_at) from watch_message m join delivery d using (delivery_id)"
    " where m.notice_id = n.notice_id)"
)
_UNHEARD: LiteralString = (
    _UNHEARD_OF
    + " and exists (select 1 from live_contact p where p.carer_id = n.carer_id) and "
    + _LAST_TRY
    + " <= %(now)s::timestamptz - %(pause)s::interval order by n.notice_id"
)
_UNREACHED: LiteralString = (
    _UNHEARD_OF + " and not exists (select 1 from alert a where a.home_id = n.home_id"
    " and a.detector = 'reachability' and a.subject = 'watch/' || n.carer_id and a.opened_at >= "
    + _LAST_TRY
    + ") order by n.notice_id"
)
_RENEWERS: LiteralString = (
    "select c.carer_id from home h join carer c using (organisation_id) where h.home_id = %(home)s"
    " and c.disabled_at is null and (c.role = 'organisation_admin' or c.role = 'clinician'"
    "  and c.carer_id = (select b.carer_id from purpose_basis b where b.basis_id = %(basis)s))"
    " order by c.carer_id"
)


async def _homes(
    connection: Connection, query: LiteralString, values: Mapping[str, object]
) -> tuple[WatchedHome, ...]:
    rows = await named_rows(connection, query, values)
    ledgers: dict[HomeId, list[tuple[Basis, ...]]] = defaultdict(list)
    found = await basis_table.ledgers_of_homes(connection, [row["home_id"] for row in rows])
    for home_id, ledger in found:
        ledgers[home_id].append(ledger)
    return tuple(
        WatchedHome(
            home_id=HomeId(row["home_id"]),
            zone=ZoneInfo(row["zone"]),
            now=HomeNow(
                mode=HomeMode(row["mode"]),
                stage=None if row["stage"] is None else Stage(row["stage"]),
                stage_at=row["stage_at"],
                away=row["away"],
                ledgers=tuple(ledgers[HomeId(row["home_id"])]),
            ),
            last=None if row["state"] is None else WatchState(row["state"]),
            number=row["number"],
            said=row["said"],
        )
        for row in rows
    )


def _due(rows: Iterable[Mapping[str, Any]]) -> tuple[DueNotice, ...]:
    return tuple(
        DueNotice(
            notice_id=row["notice_id"],
            notice=Notice(
                home_id=HomeId(row["home_id"]),
                carer_id=CarerId(row["carer_id"]),
                kind=NoticeKind(row["kind"]),
                about=row["about"],
            ),
            channels=tuple(row["channels"]),
        )
        for row in rows
    )
