"""Rotas, what changes them for once, and the secret addresses of calendars. Written by the dashboard."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.model.ids import CarerId, HomeId, OrganisationId
from core.model.rota import Cover, CoverState, Rota, Shift
from core.model.week import WeeklySpan
from core.store.account import CarerRole, Visitor
from core.store.pool import named_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCover:
    """A change to a rota that waits for an answer."""

    rota_id: int
    cover: Cover
    asked_name: str
    carer_name: str
    #: Name of the home; empty for the rota of the organisation.
    home: str
    #: On whose clock the hours are.
    zone: ZoneInfo


# That of a home is by the clock of the home as it is now: a zone that is put right counts at once.
_ROTA: LiteralString = (
    "select rota_id, home_id, coalesce((select h.zone from home h where h.home_id = rota.home_id), zone)"
    " as zone from rota where "
)
_GOES_BY: LiteralString = (
    "select w.home_id as asked_for, x.* from home w cross join lateral ("
    + _ROTA
    + "home_id = w.home_id and (exists (select 1 from rota_shift s where s.rota_id = rota.rota_id)"
    "  or exists (select 1 from rota_cover v where v.rota_id = rota.rota_id and v.state = 'agreed'"
    "   and v.starts_at <= %(now)s and v.ends_at > %(now)s))"
    " or home_id is null and organisation_id = w.organisation_id"
    " order by home_id is null limit 1) x where w.home_id = any(%(homes)s)"
)
_SHIFTS: LiteralString = (
    "select rota_id, carer_id, days, start_min, end_min from rota_shift where rota_id = any(%(rotas)s)"
    " order by start_min, days, shift_id"
)
_COVERS: LiteralString = (
    "select * from rota_cover where rota_id = any(%(rotas)s) and state = 'agreed' and ends_at > %(since)s"
    " order by decided_at, cover_id"
)


async def rota_for(connection: Connection, home_id: HomeId, now: datetime) -> Rota | None:
    """Return the rota that a home goes by: its own, else its organisation's; None without any.

    One without shifts is none, but while somebody stands in by it: nobody is on call by it before and after.

    Parameters
    ----------
    now
        Covers that have ended are left out.
    """
    return (await rotas_for(connection, [home_id], now)).get(home_id)


async def rotas_for(
    connection: Connection, homes: Sequence[HomeId], now: datetime
) -> dict[HomeId, Rota]:
    """Return the rota that each of these homes goes by; one without any is left out."""
    rows = await named_rows(connection, _GOES_BY, {"homes": list(homes), "now": now})
    whole = await _whole(connection, rows, now)
    return {HomeId(row["asked_for"]): one for row, one in zip(rows, whole, strict=True)}


async def reserve_rota(connection: Connection, home_id: HomeId, since: datetime) -> Rota | None:
    """Return the rota of a home's organisation; None without one."""
    return await _rota(
        connection,
        _ROTA + "home_id is null and organisation_id ="
        " (select organisation_id from home where home_id = %(home)s)",
        {"home": home_id},
        since,
    )


async def rota_count(
    connection: Connection, organisation_id: OrganisationId, *, whole: bool = True
) -> int:
    """Count the rotas that may be seen, without that of the organisation where it is not ``whole``."""
    cursor = await connection.execute(
        "select count(*) from rota where organisation_id = %s and (home_id is not null or %s)",
        (organisation_id, whole),
    )
    ((count,),) = await cursor.fetchall()
    return int(count)


async def rotas_of(
    connection: Connection,
    organisation_id: OrganisationId,
    since: datetime,
    *,
    limit: int | None = None,
    offset: int = 0,
    whole: bool = True,
) -> tuple[Rota, ...]:
    """Return the rotas that may be seen, that of the organisation first; so many, or all.

    Parameters
    ----------
    whole
        Also that of the organisation.
    """
    rows = await named_rows(
        connection,
        _ROTA + "organisation_id = %(organisation)s and (home_id is not null or %(whole)s)"
        " order by home_id nulls first limit %(limit)s offset %(offset)s",
        {"organisation": organisation_id, "whole": whole, "limit": limit, "offset": offset},
    )
    return await _whole(connection, rows, since)


async def rotas_with(
    connection: Connection, organisation_id: OrganisationId, carer_id: CarerId, since: datetime
) -> tuple[Rota, ...]:
    """Return the rotas that may be seen and by which this person is on call, or was since then."""
    rows = await named_rows(
        connection,
        _ROTA
        + "organisation_id = %(organisation)s and rota_id = any(array(select s.rota_id from rota_shift s"
        "  where s.carer_id = %(carer)s union select v.rota_id from rota_cover v"
        "  where v.carer_id = %(carer)s and v.state = 'agreed' and v.ends_at > %(since)s))"
        " order by home_id nulls first",
        {"organisation": organisation_id, "carer": carer_id, "since": since},
    )
    return await _whole(connection, rows, since)


async def known_rota(
    connection: Connection, organisation_id: OrganisationId, rota_id: int, since: datetime
) -> Rota | None:
    """Return a rota by its number; None where there is none that may be seen."""
    values: dict[str, object] = {"organisation": organisation_id, "rota": rota_id}
    wanted: LiteralString = "organisation_id = %(organisation)s and rota_id = %(rota)s"
    return await _rota(connection, _ROTA + wanted, values, since)


async def own_rota(connection: Connection, home_id: HomeId, since: datetime) -> Rota | None:
    """Return the rota that a home has of its own, also where it goes by another one now."""
    return await _rota(connection, _ROTA + "home_id = %(home)s", {"home": home_id}, since)


async def held_rota(
    connection: Connection,
    organisation_id: OrganisationId,
    home_id: HomeId | None,
    zone: ZoneInfo,
    since: datetime,
) -> Rota:
    """Return the rota of a home or of an organisation, begun if there is none, for this transaction alone.

    Who changes its shifts holds it from reading them to writing them, or one of two changes is lost.
    """
    rota_id = await _begun(connection, organisation_id, home_id, zone)
    found = await _rota(connection, _ROTA + "rota_id = %(rota)s", {"rota": rota_id}, since)
    return found or Rota(rota_id=rota_id, home_id=home_id, zone=zone)


async def _begun(
    connection: Connection,
    organisation_id: OrganisationId,
    home_id: HomeId | None,
    zone: ZoneInfo,
) -> int:
    cursor = await connection.execute(
        "insert into rota (organisation_id, home_id, zone) values (%s, %s, %s)"
        # hours that stand mean the clock they were agreed by, also when another home is the first
        " on conflict (organisation_id, home_id) do update set zone = case when exists (select 1"
        "  from rota_shift s where s.rota_id = rota.rota_id) then rota.zone else excluded.zone end"
        " returning rota_id",
        (organisation_id, home_id, zone.key),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def write_shifts(
    connection: Connection,
    organisation_id: OrganisationId,
    home_id: HomeId | None,
    zone: ZoneInfo,
    shifts: Sequence[Shift],
) -> int:
    """Write the shifts of a rota down, in place of those it has; return its id."""
    rota_id = await _begun(connection, organisation_id, home_id, zone)
    await connection.execute("delete from rota_shift where rota_id = %s", (rota_id,))
    for shift in shifts:
        hours = shift.hours
        await connection.execute(
            "insert into rota_shift (rota_id, carer_id, days, start_min, end_min)"
            " values (%s, %s, %s, %s, %s)",
            (rota_id, shift.carer_id, list(hours.days), hours.start, hours.end),
        )
    return rota_id


async def add_cover(connection: Connection, rota_id: int, cover: Cover, at: datetime) -> int:
    """Write down that somebody stands in, or is asked to; return its id."""
    cursor = await connection.execute(
        "insert into rota_cover (rota_id, starts_at, ends_at, carer_id, asked_by, asked_at, state,"
        " decided_at) values (%s, %s, %s, %s, %s, %s, %s, %s) returning cover_id",
        (
            rota_id,
            cover.starts_at,
            cover.ends_at,
            cover.carer_id,
            cover.asked_by,
            at,
            cover.state.value,
            at if cover.state is CoverState.AGREED else None,
        ),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def decide_cover(
    connection: Connection, cover_id: int, carer_id: CarerId, state: CoverState, at: datetime
) -> bool:
    """Take what the person asked says, or that the asking is withdrawn; False when it is too late.

    Parameters
    ----------
    carer_id
        Who says it: the one who was asked agrees or declines, the one who asked withdraws.
    """
    whose = "asked_by" if state is CoverState.WITHDRAWN else "carer_id"
    cursor = await connection.execute(
        f"update rota_cover set state = %s, decided_at = %s where cover_id = %s and {whose} = %s"
        " and state = 'asked' and ends_at > %s".encode(),
        (state.value, at, cover_id, carer_id, at),
    )
    return cursor.rowcount == 1


async def decided(
    connection: Connection, cover_id: int, carer_id: CarerId, state: CoverState
) -> CoverState | None:
    """Return how a cover stands that this person could have given that answer to; None for no such cover."""
    whose = "asked_by" if state is CoverState.WITHDRAWN else "carer_id"
    cursor = await connection.execute(
        f"select state from rota_cover where cover_id = %s and {whose} = %s".encode(),
        (cover_id, carer_id),
    )
    row = await cursor.fetchone()
    return CoverState(row[0]) if row else None


async def end_cover(connection: Connection, rota_id: int, cover_id: int, at: datetime) -> bool:
    """Let a cover that counts not count any more; False when there is none such."""
    cursor = await connection.execute(
        "update rota_cover set state = 'withdrawn', decided_at = %s"
        " where cover_id = %s and rota_id = %s and state = 'agreed' and ends_at > %s",
        (at, cover_id, rota_id, at),
    )
    return cursor.rowcount == 1


async def asked_covers(
    connection: Connection, carer_id: CarerId, now: datetime
) -> tuple[AskedCover, ...]:
    """Return what waits for this person's answer, and what this person asked of others."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select v.*, a.name as asked_name, c.name as carer_name, coalesce(h.zone, r.zone) as zone,"
        " coalesce(h.name, '') as home"
        " from rota_cover v join rota r using (rota_id) left join home h using (home_id)"
        " join carer a on a.carer_id = v.asked_by join carer c on c.carer_id = v.carer_id"
        " where state = 'asked' and ends_at > %(now)s"
        " and %(carer)s in (v.carer_id, v.asked_by) order by starts_at, cover_id",
        {"now": now, "carer": carer_id},
    )
    return tuple(
        AskedCover(
            rota_id=row["rota_id"],
            cover=_cover(row),
            asked_name=row["asked_name"],
            carer_name=row["carer_name"],
            home=row["home"],
            zone=ZoneInfo(row["zone"]),
        )
        for row in await cursor.fetchall()
    )


async def open_feed(
    connection: Connection, carer_id: CarerId, token_hash: bytes, at: datetime
) -> None:
    """Give a carer's calendar a secret address; the one it had shows nothing any more."""
    await revoke_feeds(connection, carer_id, at)
    await connection.execute(
        "insert into rota_feed (token_hash, carer_id, created_at) values (%s, %s, %s)",
        (token_hash, carer_id, at),
    )


async def revoke_feeds(connection: Connection, carer_id: CarerId, at: datetime) -> int:
    """Let the secret addresses of a carer's calendar show nothing any more; return how many did."""
    cursor = await connection.execute(
        "update rota_feed set revoked_at = %s where carer_id = %s and revoked_at is null",
        (at, carer_id),
    )
    return cursor.rowcount


async def has_feed(connection: Connection, carer_id: CarerId) -> bool:
    """Tell whether a carer's calendar has a secret address."""
    cursor = await connection.execute(
        "select 1 from rota_feed where carer_id = %s and revoked_at is null limit 1", (carer_id,)
    )
    return await cursor.fetchone() is not None


async def visitor_for_feed(
    connection: Connection, token_hash: bytes, now: datetime
) -> Visitor | None:
    """Return whose calendar a secret address shows; None when it is unknown or revoked."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("select * from carer_for_feed(%s)", (token_hash,))
    row = await cursor.fetchone()
    if row is None:
        return None
    role = CarerRole(row["role"])
    return Visitor(**(row | {"role": role}), csrf="", created_at=now, expires_at=now)


async def _rota(
    connection: Connection, query: LiteralString, values: dict[str, object], since: datetime
) -> Rota | None:
    found = await _whole(connection, await named_rows(connection, query, values), since)
    return found[0] if found else None


async def _whole(
    connection: Connection, rows: Sequence[dict[str, Any]], since: datetime
) -> tuple[Rota, ...]:
    """Return rotas with their shifts and covers, which are read for all of them at once."""
    if not rows:
        return ()
    values = {"rotas": [row["rota_id"] for row in rows], "since": since}
    shifts: dict[int, list[Shift]] = defaultdict(list)
    for one in await named_rows(connection, _SHIFTS, values):
        hours = WeeklySpan(days=tuple(one["days"]), start=one["start_min"], end=one["end_min"])
        shifts[one["rota_id"]].append(Shift(carer_id=CarerId(one["carer_id"]), hours=hours))
    covers: dict[int, list[Cover]] = defaultdict(list)
    for one in await named_rows(connection, _COVERS, values):
        covers[one["rota_id"]].append(_cover(one))
    return tuple(
        Rota(
            rota_id=row["rota_id"],
            home_id=None if row["home_id"] is None else HomeId(row["home_id"]),
            zone=ZoneInfo(row["zone"]),
            shifts=tuple(shifts[row["rota_id"]]),
            covers=tuple(covers[row["rota_id"]]),
        )
        for row in rows
    )


def _cover(row: dict[str, Any]) -> Cover:
    return Cover(
        cover_id=row["cover_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        carer_id=CarerId(row["carer_id"]),
        asked_by=CarerId(row["asked_by"]),
        state=CoverState(row["state"]),
    )
