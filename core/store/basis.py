"""The ledger of bases: what may be done with what is known about a person. Written by the dashboard.

Every part that gives something to somebody asks `may_share` first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import class_row, dict_row

from core.model.basis import (
    Article6,
    Article9,
    Basis,
    Decided,
    Kind,
    Purpose,
    Standing,
    recipient_key,
    standing,
)
from core.model.ids import CarerId, HomeId, OrganisationId, ResidentId
from core.store.listen import notify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from core.store.pool import Connection

_SELECT: LiteralString = (
    "select b.basis_id, b.resident_id, b.kind, b.purpose, b.recipient, b.article6, b.article9, b.decided,"
    " b.said_by, b.note, b.valid_from, b.valid_until, b.at, coalesce(c.name, '') as carer"
    " from purpose_basis b left join carer c using (carer_id)"
)
# Without names of who wrote: services may not read carers.
_BARE: LiteralString = (
    "select b.basis_id, b.resident_id, b.kind, b.purpose, b.recipient, b.article6, b.article9, b.decided,"
    " b.said_by, b.note, b.valid_from, b.valid_until, b.at from purpose_basis b"
)
_LIVES: LiteralString = (
    "not exists (select 1 from resident l where l.resident_id = b.resident_id"
    " and l.left_at is not null)"
)


async def may_share(
    connection: Connection,
    organisation_id: OrganisationId,
    resident_id: ResidentId,
    purpose: Purpose,
    recipient: str,
    at: datetime,
) -> Standing:
    """Tell whether something about a resident of this organisation may go to ``recipient``, and why.

    The answer is true or false by itself: ``if await may_share(...)``. No for a resident of another
    organisation, or of none.
    """
    cursor = await connection.execute(
        "select 1 from resident r join home h using (home_id)"
        " where r.resident_id = %s and h.organisation_id = %s",
        (resident_id, organisation_id),
    )
    if await cursor.fetchone() is None:
        return Standing(allowed=False, reason="nobody of this organisation")
    return standing(await entries(connection, resident_id), purpose, recipient, at)


async def entries(connection: Connection, resident_id: ResidentId) -> tuple[Basis, ...]:
    """Return every entry about a resident, the oldest first; without the names of who wrote them."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_BARE + " where b.resident_id = %s order by b.basis_id", (resident_id,))
    return tuple(_basis(row) for row in await cursor.fetchall())


async def history(connection: Connection, resident_id: ResidentId) -> tuple[Basis, ...]:
    """Return every entry about a resident that may be seen, the latest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _SELECT + " where b.resident_id = %s order by b.basis_id desc", (resident_id,)
    )
    return tuple(_basis(row) for row in await cursor.fetchall())


# Given until a day before the moment, and not given anew for longer: of these people only something can end.
_ENDING: LiteralString = (
    "b.resident_id = any(array(select g.resident_id from purpose_basis g where g.kind = 'given'"
    "  and g.valid_until <= %(ends_by)s and not exists (select 1 from purpose_basis n"
    "   where n.resident_id = g.resident_id and n.purpose = g.purpose and n.basis_id > g.basis_id"
    "   and n.kind = 'given' and n.recipient = g.recipient and n.valid_from <= %(ends_by)s"
    "   and (n.valid_until is null or n.valid_until > %(ends_by)s))))"
)


async def ledgers(
    connection: Connection, *, living: bool = False, ends_by: datetime | None = None
) -> Mapping[ResidentId, tuple[Basis, ...]]:
    """Return the entries of everybody who may be seen, by resident.

    Parameters
    ----------
    living
        Only of those who live in their home still: nobody is asked to renew the others.
    ends_by
        Only of those of whom something may end by itself until then, or has (`core.model.basis.reviews`).
    """
    cursor = connection.cursor(row_factory=dict_row)
    wanted: list[LiteralString] = [_LIVES] if living else []
    wanted += [_ENDING] if ends_by else []
    where: LiteralString = " where " + " and ".join(wanted) if wanted else ""
    await cursor.execute(_BARE + where + " order by b.basis_id", {"ends_by": ends_by})
    found: dict[ResidentId, list[Basis]] = defaultdict(list)
    for row in await cursor.fetchall():
        entry = _basis(row)
        found[entry.resident_id].append(entry)
    return {resident: tuple(some) for resident, some in found.items()}


async def ledgers_of_homes(
    connection: Connection, homes: Sequence[HomeId]
) -> tuple[tuple[HomeId, tuple[Basis, ...]], ...]:
    """Return the home and the entries of everybody who lives in these homes and is written down."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _BARE.replace("select b.basis_id", "select b.home_id, b.basis_id")
        + " where b.home_id = any(%s) and "
        + _LIVES
        + " order by b.basis_id",
        (list(homes),),
    )
    found: dict[tuple[HomeId, ResidentId], list[Basis]] = defaultdict(list)
    for row in await cursor.fetchall():
        home_id = HomeId(row.pop("home_id"))
        entry = _basis(row)
        found[home_id, entry.resident_id].append(entry)
    return tuple((home, tuple(some)) for (home, _), some in found.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody whose bases are kept, as the list of them says it."""

    resident_id: ResidentId
    #: Personal, as is the home's name: never in logs.
    name: str
    home_id: HomeId
    home: str


_RESIDENTS: LiteralString = (
    "select r.resident_id, r.name, r.home_id, h.name as home"
    " from resident r join home h using (home_id)"
)


async def residents(connection: Connection, find: str, limit: int) -> tuple[Resident, ...]:
    """Return residents who may be seen and in whose name ``find`` stands, by name."""
    cursor = connection.cursor(row_factory=class_row(Resident))
    await cursor.execute(
        "select r.resident_id, r.name, r.home_id, h.name as home from (select * from resident"
        "  where position(lower(%s) in lower(name)) > 0 order by name, resident_id limit %s) r"
        " join home h using (home_id) order by r.name, r.resident_id",
        (find, limit),
    )
    return tuple(await cursor.fetchall())


async def residents_of(
    connection: Connection, wanted: Iterable[ResidentId]
) -> Mapping[ResidentId, Resident]:
    """Return residents by number, as far as they may be seen."""
    cursor = connection.cursor(row_factory=class_row(Resident))
    await cursor.execute(_RESIDENTS + " where r.resident_id = any(%s)", (list(wanted),))
    return {one.resident_id: one for one in await cursor.fetchall()}


async def unwritten(connection: Connection) -> int:
    """Count the residents who may be seen and of whom nothing is written down."""
    cursor = await connection.execute(
        # a list of all that is written, read once: asked for each person it goes through the wall for each
        "select count(*) from resident where resident_id not in (select resident_id from purpose_basis)"
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def write(connection: Connection, home_id: HomeId, entry: Basis, carer_id: CarerId) -> None:
    """Add an entry, in a transaction of who is acting; its number is given by the database.

    Gateways hear of it at once: what a withdrawal ends, ends with its commit.
    """
    await connection.execute(
        "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6, article9,"
        " decided, said_by, note, valid_from, valid_until, carer_id, at, recipient_key)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            home_id,
            entry.resident_id,
            entry.kind.value,
            entry.purpose.value,
            entry.recipient,
            entry.article6.value if entry.article6 else "",
            entry.article9.value if entry.article9 else "",
            entry.decided.value,
            entry.said_by,
            entry.note,
            entry.valid_from,
            entry.valid_until,
            carer_id,
            entry.at,
            recipient_key(entry.recipient),
        ),
    )
    await notify(connection, "registry", home_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Somebody who may write bases down, and the residents of their organisation with their homes."""

    carer_id: CarerId
    organisation_id: OrganisationId
    residents: Mapping[ResidentId, HomeId]


async def writer(connection: Connection, login: str) -> Writer | None:
    """Return the clinician or administrator of a log-in name; None where there is none in use."""
    cursor = await connection.execute(
        "select carer_id, organisation_id from carer where login = %s and disabled_at is null"
        " and role in ('clinician', 'organisation_admin')",
        (login,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    cursor = await connection.execute(
        "select r.resident_id, r.home_id from resident r join home h using (home_id)"
        " where h.organisation_id = %s order by 1",
        (row[1],),
    )
    found = {ResidentId(number): HomeId(home) for number, home in await cursor.fetchall()}
    return Writer(carer_id=CarerId(row[0]), organisation_id=OrganisationId(row[1]), residents=found)


async def write_all(connection: Connection, who: Writer, entries: Iterable[Basis]) -> None:
    """Add entries about residents of an organisation in the name of one of its people, in one transaction.

    For a connection of the dashboard's role: its walls say who may write about whom.
    """
    async with connection.transaction():
        await connection.execute(
            "select set_config('wayhome.organisation', %s, true), set_config('wayhome.carer', %s, true),"
            " set_config('wayhome.scope', 'organisation', true)",
            (who.organisation_id, str(who.carer_id)),
        )
        for entry in entries:
            await write(connection, who.residents[entry.resident_id], entry, who.carer_id)


STOPPED: LiteralString = """
select e.resident_id, e.home_id from (
    select distinct resident_id, home_id from purpose_basis
    where purpose = {purpose} and recipient = ''{among}
) e
where not exists (select 1 from resident l where l.resident_id = e.resident_id and l.left_at is not null)
and not exists (
    select 1 from purpose_basis g where g.resident_id = e.resident_id and g.purpose = {purpose}
        and g.kind = 'given' and g.recipient = '' and g.valid_from <= {at}
        and (g.valid_until is null or g.valid_until > {at})
        and not exists (
            select 1 from purpose_basis w where w.resident_id = g.resident_id and w.purpose = {purpose}
                and w.kind = 'withdrawn' and w.recipient = '' and w.basis_id > g.basis_id
                and w.valid_from <= {at}))
"""
"""Who must not be watched for a purpose within the organisation, in SQL: what `core.model.basis.standing`
says with an empty recipient, for a purpose that the consent of a home covers. A test holds them together.
Who lives there no more (`resident.left_at`) stops nothing for who does. ``{among}`` says of which homes."""


def stopped(
    purpose: LiteralString, homes: LiteralString = "", *, at: LiteralString = "now()"
) -> LiteralString:
    """Return `STOPPED` for a purpose, quoted as SQL quotes it, at a moment.

    Parameters
    ----------
    homes
        An array in SQL: only of these homes, whose entries are found by an index; empty for all.
    """
    among: LiteralString = f" and home_id = any({homes})" if homes else ""
    whole = STOPPED.replace("{purpose}", purpose).replace("{at}", at)
    return whole.replace("{among}", among)


def _basis(row: dict[str, Any]) -> Basis:
    return Basis(
        **row
        | {
            "kind": Kind(row["kind"]),
            "purpose": Purpose(row["purpose"]),
            "article6": Article6(row["article6"]) if row["article6"] else None,
            "article9": Article9(row["article9"]) if row["article9"] else None,
            "decided": Decided(row["decided"]),
            "resident_id": ResidentId(row["resident_id"]),
        }
    )
