"""Links that open one pack for the police: the hash of the code, who opened what, and who guessed.

`link_for` and the attempts know no organisation yet; everything else runs inside `core.store.account.acting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import dict_row

from core.model.ids import CarerId, HomeId, OrganisationId, ResidentId
from core.model.missing import LinkId, LinkOpening, PackId, PoliceLink
from core.store.account import CarerRole, Visitor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.store.pool import Connection

_LINK: LiteralString = (
    "select k.*, e.at as ended_at, e.carer_id as ended_by from police_link k"
    " left join police_link_end e using (link_id)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whoever holds a code that opens something: sees what the maker of the link may see."""

    link_id: LinkId
    maker: Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Codes that opened nothing, of late."""

    from_here: int
    of_all: int


async def link_for(connection: Connection, token_hash: bytes, now: datetime) -> Holder | None:
    """Return what a code opens; None when it is unknown, over, or its maker has left."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("select * from carer_for_link(%s, %s)", (token_hash, now))
    row = await cursor.fetchone()
    if row is None:
        return None
    return Holder(
        link_id=LinkId(row["link_id"]),
        maker=Visitor(
            carer_id=CarerId(row["carer_id"]),
            organisation_id=OrganisationId(row["organisation_id"]),
            organisation=row["organisation"],
            name=row["name"],
            role=CarerRole(row["role"]),
            csrf="",
            created_at=now,
            expires_at=row["ends_at"],
        ),
    )


async def guesses(connection: Connection, place: str, since: datetime) -> Guesses:
    """Count the codes that opened nothing since then, from one network and from all."""
    cursor = await connection.execute(
        "select count(*) filter (where place = %s), count(*) from link_attempt where at > %s",
        (place, since),
    )
    row = await cursor.fetchone()
    from_here, of_all = row or (0, 0)
    return Guesses(from_here=from_here, of_all=of_all)


async def note_guess(connection: Connection, place: str, at: datetime) -> None:
    """Note that a code opened nothing."""
    await connection.execute("insert into link_attempt (place, at) values (%s, %s)", (place, at))


async def sweep(connection: Connection, now: datetime, attempts_before: datetime) -> int:
    """Forget codes that are over and old attempts; return how many codes."""
    await connection.execute("delete from link_attempt where at < %s", (attempts_before,))
    cursor = await connection.execute("delete from police_token where ends_at <= %s", (now,))
    return cursor.rowcount


async def make_link(connection: Connection, link: PoliceLink, token_hash: bytes) -> LinkId:
    """Keep a link; ``link.link_id`` is not read. Return its number."""
    cursor = await connection.execute(
        "insert into police_link (home_id, resident_id, pack_id, carer_id, made_at, ends_at,"
        " share_position) values (%s, %s, %s, %s, %s, %s, %s) returning link_id",
        (
            link.home_id,
            link.resident_id,
            link.pack_id,
            link.carer_id,
            link.made_at,
            link.ends_at,
            link.share_position,
        ),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the statement returned no row")
    await connection.execute(
        "insert into police_token (token_hash, link_id, carer_id, ends_at) values (%s, %s, %s, %s)",
        (token_hash, row[0], link.carer_id, link.ends_at),
    )
    return LinkId(row[0])


async def end_link(connection: Connection, link: PoliceLink, by: CarerId, at: datetime) -> None:
    """End a link now; it opens nothing from the commit on. Ending it twice changes nothing."""
    await connection.execute(
        "insert into police_link_end (link_id, home_id, carer_id, at) values (%s, %s, %s, %s)"
        " on conflict (link_id) do nothing",
        (link.link_id, link.home_id, by, at),
    )
    await connection.execute("delete from police_token where link_id = %s", (link.link_id,))


async def link_with(connection: Connection, link_id: LinkId) -> PoliceLink | None:
    """Return one link; None when there is none that may be seen."""
    found = await _links(connection, " where k.link_id = %(one)s", {"one": link_id})
    return found[0] if found else None


async def links_of_pack(connection: Connection, pack_id: PackId) -> list[PoliceLink]:
    """Return the links to a pack, the latest first."""
    return await _links(
        connection, " where k.pack_id = %(one)s order by k.link_id desc", {"one": pack_id}
    )


async def open_links(
    connection: Connection, resident_id: ResidentId, now: datetime
) -> list[PoliceLink]:
    """Return the links that still open something of a resident, the latest first."""
    return await _links(
        connection,
        " where k.resident_id = %(one)s and k.ends_at > %(now)s and e.at is null"
        " order by k.link_id desc",
        {"one": resident_id, "now": now},
    )


async def note_opening(connection: Connection, home_id: HomeId, opening: LinkOpening) -> None:
    """Write down that a page was opened by a link."""
    await connection.execute(
        "insert into link_opening (link_id, home_id, at, page, place) values (%s, %s, %s, %s, %s)",
        (opening.link_id, home_id, opening.at, opening.page, opening.place),
    )


async def openings(connection: Connection, pack_id: PackId, limit: int) -> list[LinkOpening]:
    """Return what was opened of a pack, the latest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select o.link_id, o.at, o.page, o.place from link_opening o join police_link k"
        " using (link_id) where k.pack_id = %s order by o.opening_id desc limit %s",
        (pack_id, limit),
    )
    return [LinkOpening(**row) for row in await cursor.fetchall()]


async def _links(
    connection: Connection, condition: LiteralString, values: Mapping[str, Any]
) -> list[PoliceLink]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_LINK + condition, values)
    return [PoliceLink(**row) for row in await cursor.fetchall()]
