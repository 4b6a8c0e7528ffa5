"""Keys of programs that read over FHIR: made by the registrar, asked for by the dashboard; kept as hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from psycopg.rows import class_row, dict_row

from core.model.basis import Purpose, recipient_key, standing
from core.model.errors import Malformed
from core.model.ids import CarerId, OrganisationId, ResidentId
from core.store import basis
from core.store.account import CarerRole, Reading, Visitor
from core.store.registry import register_carer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.model.basis import Basis
    from core.store.pool import Connection

LOGIN = "program:{organisation}:{name}"
"""Log-in name of a program's own account. Without a password nobody can log in with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A key to be kept."""

    token_hash: bytes
    organisation_id: OrganisationId
    #: What the people of the organisation call the program.
    name: str
    #: Who gets what it reads: as the ledger of bases names them.
    recipient: str
    scopes: tuple[str, ...]
    #: The only resident it may read about; None for all that its role sees.
    resident_id: ResidentId | None
    made_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A key, as those who made it see it."""

    token_id: int
    name: str
    #: Whom it acts as.
    acts_as: str
    role: str
    scopes: tuple[str, ...]
    resident_id: int | None
    recipient: str
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whoever holds a key: sees what the account behind it may see, within the key's scopes."""

    token_id: int
    visitor: Visitor
    scopes: tuple[str, ...]
    resident_id: ResidentId | None


async def bearer_of(connection: Connection, token_hash: bytes, now: datetime) -> Bearer | None:
    """Return who holds a key; None when it is unknown, over, revoked, or its account has left."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("select * from carer_for_token(%s, %s)", (token_hash, now))
    row = await cursor.fetchone()
    if row is None:
        return None
    resident = row["resident_id"]
    return Bearer(
        token_id=row["token_id"],
        visitor=Visitor(
            carer_id=CarerId(row["carer_id"]),
            organisation_id=OrganisationId(row["organisation_id"]),
            organisation=row["organisation"],
            name=row["name"],
            role=CarerRole(row["role"]),
            csrf="",
            created_at=row["made_at"],
            expires_at=row["ends_at"],
            strong=True,
            program=Reading(recipient_key=recipient_key(row["recipient"]), at=now),
        ),
        scopes=tuple(row["scopes"]),
        resident_id=None if resident is None else ResidentId(resident),
    )


async def program_account(
    connection: Connection, organisation_id: OrganisationId, name: str, role: CarerRole
) -> CarerId:
    """Return the account of a program, made when it is not there; it stands among the people of its
    organisation, and the record of looks names it.

    Raises
    ------
    Malformed
        If there is no such organisation, or this program's access was ended on the pages.
    """  # noqa: D205
    cursor = await connection.execute(
        "select 1 from organisation where organisation_id = %s", (organisation_id,)
    )
    if await cursor.fetchone() is None:
        raise Malformed("organisation", "the id of a registered organisation, e.g. leeds")
    login = LOGIN.format(organisation=organisation_id, name=name.lower())
    carer_id = await register_carer(
        connection,
        organisation_id,
        login,
        name=f"{name} (a program)",
        role=role.value,
        password_hash="",
    )
    cursor = await connection.execute(
        "select 1 from carer where carer_id = %s and disabled_at is null", (carer_id,)
    )
    if await cursor.fetchone() is None:
        raise Malformed("name", "another name: the access of this program was ended on the pages")
    return carer_id


async def person_account(
    connection: Connection, organisation_id: OrganisationId, login: str
) -> CarerId:
    """Return the account of a person of an organisation.

    Raises
    ------
    Malformed
        If there is none, or it is not in use any more.
    """
    cursor = await connection.execute(
        "select carer_id from carer where organisation_id = %s and login = %s and disabled_at is null",
        (organisation_id, login),
    )
    row = await cursor.fetchone()
    if row is None:
        raise Malformed("as", "the log-in name of somebody of this organisation")
    return CarerId(row[0])


async def check_resident(
    connection: Connection, organisation_id: OrganisationId, resident_id: ResidentId
) -> None:
    """Refuse a resident of another organisation.

    Raises
    ------
    Malformed
        If the organisation has no such resident.
    """
    cursor = await connection.execute(
        "select 1 from resident join home using (home_id) where resident_id = %s"
        " and organisation_id = %s",
        (resident_id, organisation_id),
    )
    if await cursor.fetchone() is None:
        raise Malformed("patient", "the number of a resident of this organisation")


async def make_token(connection: Connection, token: NewToken, carer_id: CarerId) -> int:
    """Keep a key that acts as this account; return its number."""
    cursor = await connection.execute(
        "insert into application_token (token_hash, organisation_id, carer_id, resident_id, name,"
        " recipient, scopes, made_at, ends_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " returning token_id",
        (
            token.token_hash,
            token.organisation_id,
            carer_id,
            token.resident_id,
            token.name,
            token.recipient,
            list(token.scopes),
            token.made_at,
            token.ends_at,
        ),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the statement returned no row")
    return int(row[0])


async def tokens_of(connection: Connection, organisation_id: OrganisationId) -> tuple[Token, ...]:
    """Return the keys of an organisation, the latest first."""
    cursor = connection.cursor(row_factory=class_row(Token))
    await cursor.execute(
        "select t.token_id, t.name, c.name as acts_as, c.role, t.scopes, t.resident_id,"
        " t.recipient, t.made_at, t.ends_at, t.revoked_at from application_token t"
        " join carer c using (carer_id) where t.organisation_id = %s order by t.token_id desc",
        (organisation_id,),
    )
    return tuple(await cursor.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Of whom a recipient of keys may be told."""

    recipient: str
    #: How many residents of the organisation a basis stands of.
    with_basis: int
    #: Numbers of the others.
    without: tuple[ResidentId, ...]


async def reach_of(
    connection: Connection, organisation_id: OrganisationId, now: datetime
) -> tuple[Reach, ...]:
    """Return of whom each recipient of the keys that work may be told now, by name."""
    cursor = await connection.execute(
        "select distinct recipient from application_token where organisation_id = %s"
        " and revoked_at is null and ends_at > %s order by 1",
        (organisation_id, now),
    )
    recipients = [name for (name,) in await cursor.fetchall()]
    cursor = await connection.execute(
        "select resident_id from resident join home using (home_id) where organisation_id = %s"
        " order by 1",
        (organisation_id,),
    )
    residents = [ResidentId(number) for (number,) in await cursor.fetchall()]
    known = await basis.ledgers(connection)
    return tuple(_reach(one, residents, known, now) for one in recipients)


def _reach(
    recipient: str,
    residents: list[ResidentId],
    known: Mapping[ResidentId, tuple[Basis, ...]],
    now: datetime,
) -> Reach:
    without = tuple(
        one
        for one in residents
        if not standing(known.get(one, ()), Purpose.RECORD_SHARING, recipient, now)
    )
    return Reach(recipient=recipient, with_basis=len(residents) - len(without), without=without)


async def revoke_token(
    connection: Connection, organisation_id: OrganisationId, token_id: int, at: datetime
) -> bool:
    """End a key now; return whether there was one that worked."""
    cursor = await connection.execute(
        "update application_token set revoked_at = %s where token_id = %s and organisation_id = %s"
        " and revoked_at is null and ends_at > %s",
        (at, token_id, organisation_id, at),
    )
    return bool(cursor.rowcount)
