"""Circles and invitations: who cares for whom in which order, and who was asked to join.

Read and arranged by the dashboard inside `core.store.account.acting`. Circles are written by functions of
the schema that look once more whether the acting person may (docs/decisions/0147).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from core.model.ids import CarerId, HomeId, ResidentId
from core.store.account import CarerRole
from core.store.listen import notify

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody with a log-in."""

    carer_id: CarerId
    #: Personal: never in logs.
    name: str
    role: CarerRole
    #: Place in the order of telling of a circle, equal places are told together; 0 outside of one.
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Who cares for a home, in the order in which they are told."""

    home_id: HomeId
    name: str
    zone: ZoneInfo
    residents: tuple[tuple[ResidentId, str], ...]
    members: tuple[Member, ...]
    #: Whether the acting person may change it.
    arranged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """Who is asked to join, and for what."""

    token_hash: bytes
    name: str
    role: CarerRole
    home_id: HomeId | None
    resident_id: ResidentId | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation that has not been used, as those who arrange see it."""

    invitation_id: int
    name: str
    role: CarerRole
    home_id: HomeId | None
    inviter: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An invitation, as who holds its code sees it."""

    invitation_id: int
    organisation: str
    name: str
    role: CarerRole
    inviter: str
    residents: tuple[str, ...]
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


async def circles(
    connection: Connection, limit: int, offset: int = 0, only: HomeId | None = None
) -> tuple[Circle, ...]:
    """Return the circles that the acting person may see, by the home's name; or ``only`` one."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select home_id, name, zone, arranges(home_id) as arranged from home where mode <> 'archive'"
        " and (%(only)s::text is null or home_id = %(only)s)"
        " order by name, home_id limit %(limit)s offset %(offset)s",
        {"only": only, "limit": limit, "offset": offset},
    )
    homes = await cursor.fetchall()
    ids = [row["home_id"] for row in homes]
    members: dict[str, list[Member]] = defaultdict(list)
    await cursor.execute(
        "select k.home_id, c.carer_id, c.name, c.role, k.telling_order as turn"
        " from care k join carer c using (carer_id)"
        " where k.home_id = any(%s) and c.disabled_at is null order by k.telling_order, c.carer_id",
        (ids,),
    )
    for row in await cursor.fetchall():
        members[row.pop("home_id")].append(Member(**(row | {"role": CarerRole(row["role"])})))
    residents: dict[str, list[tuple[ResidentId, str]]] = defaultdict(list)
    await cursor.execute(
        "select home_id, resident_id, name from resident where home_id = any(%s) and left_at is null"
        " order by resident_id",
        (ids,),
    )
    for row in await cursor.fetchall():
        residents[row["home_id"]].append((ResidentId(row["resident_id"]), row["name"]))
    return tuple(
        Circle(
            **(row | {"zone": ZoneInfo(row["zone"])}),
            residents=tuple(residents[row["home_id"]]),
            members=tuple(members[row["home_id"]]),
        )
        for row in homes
    )


async def home_count(connection: Connection) -> int:
    """Count the homes whose circles the acting person may see."""
    cursor = await connection.execute("select count(*) from home where mode <> 'archive'")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def circle_of(connection: Connection, home_id: HomeId) -> Circle | None:
    """Return one circle; None when there is none that may be seen."""
    found = await circles(connection, 1, only=home_id)
    return found[0] if found else None


_FOUND: LiteralString = (
    " where disabled_at is null and role = any(%(roles)s)"
    " and (%(named)s::text = '' or strpos(lower(name), lower(%(named)s)) > 0)"
)


async def colleagues(
    connection: Connection,
    *,
    named: str = "",
    roles: Collection[CarerRole] = tuple(CarerRole),
    limit: int | None = None,
    offset: int = 0,
) -> tuple[Member, ...]:
    """Return those of the organisation who may log in, by name.

    Parameters
    ----------
    named
        Part of the name, large or small letters; everybody where it is empty.
    limit, offset
        So many of them, after so many; None for all.
    """
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select carer_id, name, role from carer"
        + _FOUND
        + " order by name, carer_id limit %(limit)s offset %(offset)s",
        {"named": named, "roles": list(roles), "limit": limit, "offset": offset},
    )
    return tuple(
        Member(**(row | {"role": CarerRole(row["role"])})) for row in await cursor.fetchall()
    )


async def colleague_count(
    connection: Connection, *, named: str = "", roles: Collection[CarerRole] = tuple(CarerRole)
) -> int:
    """Count those whom `colleagues` would return."""
    cursor = await connection.execute(
        "select count(*) from carer" + _FOUND, {"named": named, "roles": list(roles)}
    )
    ((count,),) = await cursor.fetchall()
    return int(count)


async def colleague(connection: Connection, carer_id: CarerId) -> Member | None:
    """Return one of them; None for somebody who has left, or of another organisation."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select carer_id, name, role from carer where disabled_at is null and carer_id = %s",
        (carer_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else Member(**(row | {"role": CarerRole(row["role"])}))


async def arrange(connection: Connection, home_id: HomeId, order: Sequence[CarerId]) -> bool:
    """Set in which order a circle is told.

    Returns
    -------
    False when the acting person may not, or when ``order`` does not name the circle as it is now.
    """
    return await _asked(
        connection, "select arrange_order(%s, %s::bigint[])", (home_id, list(order)), home_id
    )


async def join_care(connection: Connection, home_id: HomeId, carer_id: CarerId) -> bool:
    """Take somebody of the organisation into a circle, told last; False when that may not be."""
    return await _asked(connection, "select join_care(%s, %s)", (home_id, carer_id), home_id)


async def end_care(
    connection: Connection, home_id: HomeId, carer_id: CarerId, at: datetime
) -> bool:
    """Take somebody out of a circle; family that is in no other circle is shut out with it.

    Whom they asked to join it and who has not come yet does not come any more: it may be themselves.
    """
    done = await _asked(connection, "select end_care(%s, %s, %s)", (home_id, carer_id, at), home_id)
    if done:
        await connection.execute(
            "update invitation set revoked_at = %s where invited_by = %s and home_id = %s"
            " and used_at is null and revoked_at is null",
            (at, carer_id, home_id),
        )
    return done


async def end_carer(connection: Connection, carer_id: CarerId, at: datetime) -> bool:
    """Shut somebody out who has left: sessions, keys and addresses are deleted, the name stays."""
    return await _asked(connection, "select end_carer(%s, %s)", (carer_id, at))


async def demand_second_factor(connection: Connection, *, wanted: bool) -> bool:
    """Let nobody of the acting person's organisation in with a password alone, or let them again."""
    return await _asked(connection, "select demand_second_factor(%s)", (wanted,))


async def second_factor_demanded(connection: Connection) -> bool:
    """Tell whether the acting person's organisation lets nobody in with a password alone."""
    return await _asked(connection, "select bool_or(second_factor) from organisation", ())


async def invite(connection: Connection, invited_by: CarerId, invitation: NewInvitation) -> bool:
    """Keep an invitation; False when the acting person may not invite for this."""
    statement = (
        "insert into invitation (organisation_id, token_hash, name, role, home_id, resident_id,"
        " invited_by, created_at, expires_at) values"
        " (current_setting('wayhome.organisation'), %s, %s, %s, %s, %s, %s, %s, %s)"
    )
    values = (
        invitation.token_hash,
        invitation.name,
        invitation.role.value,
        invitation.home_id,
        invitation.resident_id,
        invited_by,
        invitation.created_at,
        invitation.expires_at,
    )
    try:
        async with connection.transaction():
            await connection.execute(statement, values)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError):
        return False
    return True


async def open_invitations(connection: Connection, now: datetime) -> tuple[Invitation, ...]:
    """Return what was not used, revoked or too old, among what the acting person arranges."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select i.invitation_id, i.name, i.role, i.home_id, c.name as inviter, i.expires_at"
        " from invitation i join carer c on c.carer_id = i.invited_by"
        " where i.used_at is null and i.revoked_at is null and i.expires_at > %s"
        " order by i.invitation_id desc limit 200",
        (now,),
    )
    return tuple(
        Invitation(**(row | {"role": CarerRole(row["role"])})) for row in await cursor.fetchall()
    )


async def revoke(connection: Connection, invitation_id: int, at: datetime) -> bool:
    """Let an invitation count no more; False when there is none that the acting person arranges."""
    cursor = await connection.execute(
        "update invitation set revoked_at = %s"
        " where invitation_id = %s and used_at is null and revoked_at is null",
        (at, invitation_id),
    )
    return cursor.rowcount == 1


async def offer_for(connection: Connection, token_hash: bytes) -> Offer | None:
    """Return the invitation of a code, also one that does not count any more."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("select * from invitation_for(%s)", (token_hash,))
    row = await cursor.fetchone()
    if row is None:
        return None
    return Offer(**(row | {"role": CarerRole(row["role"]), "residents": tuple(row["residents"])}))


async def accept(
    connection: Connection,
    token_hash: bytes,
    at: datetime,
    *,
    name: str,
    login: str,
    password_hash: str = "",
) -> CarerId | None:
    """Make the log-in that an invitation offers; None when it does not count any more.

    Raises
    ------
    LoginTaken
        If somebody has this log-in name.
    """
    try:
        async with connection.transaction():
            cursor = await connection.execute(
                "select accept_invitation(%s, %s, %s, %s, %s)",
                (token_hash, at, name, login, password_hash),
            )
            row = await cursor.fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise LoginTaken from error
    return None if row is None or row[0] is None else CarerId(row[0])


class LoginTaken(Exception):  # noqa: N818 (an answer, not a fault)
    """Somebody has this log-in name or passkey; another random one will do."""


async def _asked(
    connection: Connection,
    query: str,
    values: tuple[object, ...],
    home_id: HomeId | None = None,
) -> bool:
    cursor = await connection.execute(query.encode(), values)
    row = await cursor.fetchone()
    done = bool(row and row[0])
    if done and home_id is not None:
        await notify(connection, "registry", home_id)
    return done


async def arranges(connection: Connection, home_id: HomeId) -> bool:
    """Tell whether the acting person arranges the circle of a home."""
    cursor = await connection.execute("select arranges(%s)", (home_id,))
    return await cursor.fetchone() == (True,)
