"""What opens a log-in beside the password: passkeys, authenticator apps, recovery codes, challenges.

Written by the dashboard. What is somebody's own is seen after `core.store.account.name_carer` or inside
`core.store.account.acting` only; a challenge belongs to a browser, before anybody is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, LiteralString

from psycopg.rows import class_row, dict_row

from core.model.ids import CarerId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection


class ChallengeKind(StrEnum):
    """What a challenge is for."""

    LOGIN = "login"
    """Somebody wants to log in with a passkey."""
    PASSKEY = "passkey"
    """Somebody who is logged in adds a passkey."""
    JOIN = "join"
    """Somebody who was invited makes the first passkey."""
    CODE = "code"
    """The password was right; the code of the authenticator app is to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A random number that has to come back once; only its hash is kept."""

    challenge_hash: bytes
    kind: ChallengeKind
    #: Hash of the cookie of the browser that asked.
    bound_to: bytes
    address: bytes = b""
    carer_id: CarerId | None = None
    user_handle: bytes | None = None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A device's public key, as its owner sees it."""

    credential_id: bytes
    user_handle: bytes
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPasskey:
    """A device's public key, as the entrance needs it."""

    carer_id: CarerId
    user_handle: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """A device's public key that was just made."""

    credential_id: bytes
    user_handle: bytes
    public_key: bytes
    sign_count: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """The authenticator app of a person; its secret is encrypted."""

    sealed_secret: bytes
    created_at: datetime
    #: None until the person has shown that the app works.
    confirmed_at: datetime | None
    #: Time step of the last code that was taken.
    last_step: int


async def put_challenge(connection: Connection, challenge: Challenge) -> None:
    """Keep a challenge until it is answered or too old."""
    await connection.execute(
        "insert into login_challenge (challenge_hash, kind, bound_to, address, carer_id, user_handle,"
        " created_at, expires_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            challenge.challenge_hash,
            challenge.kind.value,
            challenge.bound_to,
            challenge.address,
            challenge.carer_id,
            challenge.user_handle,
            challenge.created_at,
            challenge.expires_at,
        ),
    )


async def challenges_since(connection: Connection, address: bytes, since: datetime) -> int:
    """Count the challenges that an address has asked for and not answered since then."""
    cursor = await connection.execute(
        "select count(*) from login_challenge where address = %s and address <> '' and created_at > %s",
        (address, since),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def take_challenge(
    connection: Connection,
    challenge_hash: bytes,
    kind: ChallengeKind,
    bound_to: bytes,
    now: datetime,
) -> Challenge | None:
    """Use up a challenge; None when there is none of this kind for this browser that still counts."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "delete from login_challenge where challenge_hash = %s and kind = %s and bound_to = %s"
        " and expires_at > %s returning *",
        (challenge_hash, kind.value, bound_to, now),
    )
    row = await cursor.fetchone()
    return None if row is None else _challenge(row)


async def challenge_of(
    connection: Connection, challenge_hash: bytes, kind: ChallengeKind, now: datetime
) -> Challenge | None:
    """Look at a challenge without using it up."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select * from login_challenge where challenge_hash = %s and kind = %s and expires_at > %s",
        (challenge_hash, kind.value, now),
    )
    row = await cursor.fetchone()
    return None if row is None else _challenge(row)


def _challenge(row: dict[str, object]) -> Challenge:
    return Challenge(**(row | {"kind": ChallengeKind(str(row["kind"]))}))  # type: ignore[arg-type]


async def passkeys(connection: Connection, *, held: bool = False) -> tuple[Passkey, ...]:
    """Return the acting person's passkeys, oldest first.

    Parameters
    ----------
    held
        For this transaction alone: who takes one away must know how many stay.
    """
    cursor = connection.cursor(row_factory=class_row(Passkey))
    query: LiteralString = (
        "select credential_id, user_handle, name, created_at, last_used_at from passkey"
        " order by created_at, credential_id"
    )
    await cursor.execute(query + " for update" if held else query)
    return tuple(await cursor.fetchall())


async def passkey_for(connection: Connection, credential_id: bytes) -> KnownPasskey | None:
    """Return a passkey of somebody who may log in."""
    cursor = connection.cursor(row_factory=class_row(KnownPasskey))
    await cursor.execute("select * from passkey_for(%s)", (credential_id,))
    return await cursor.fetchone()


async def add_passkey(
    connection: Connection, carer_id: CarerId, passkey: NewPasskey, at: datetime
) -> bool:
    """Keep a new passkey; False when it is known already."""
    cursor = await connection.execute(
        "insert into passkey (credential_id, carer_id, user_handle, public_key, sign_count, name,"
        " created_at) values (%s, %s, %s, %s, %s, %s, %s) on conflict (credential_id) do nothing",
        (
            passkey.credential_id,
            carer_id,
            passkey.user_handle,
            passkey.public_key,
            passkey.sign_count,
            passkey.name,
            at,
        ),
    )
    return cursor.rowcount == 1


async def use_passkey(
    connection: Connection, credential_id: bytes, before: int, after: int, at: datetime
) -> bool:
    """Move the counter of the acting person's passkey; False when somebody else has moved it."""
    cursor = await connection.execute(
        "update passkey set sign_count = %s, last_used_at = %s"
        " where credential_id = %s and sign_count = %s",
        (after, at, credential_id, before),
    )
    return cursor.rowcount == 1


async def remove_passkey(connection: Connection, credential_id: bytes) -> bool:
    """Forget a passkey of the acting person."""
    cursor = await connection.execute(
        "delete from passkey where credential_id = %s", (credential_id,)
    )
    return cursor.rowcount == 1


async def authenticator(connection: Connection) -> Authenticator | None:
    """Return the acting person's authenticator app, confirmed or not."""
    cursor = connection.cursor(row_factory=class_row(Authenticator))
    await cursor.execute(
        "select sealed_secret, created_at, confirmed_at, last_step from authenticator"
    )
    return await cursor.fetchone()


async def put_authenticator(
    connection: Connection, carer_id: CarerId, sealed_secret: bytes, at: datetime
) -> bool:
    """Keep the secret of a new app until it is confirmed; False when one is in use already."""
    cursor = await connection.execute(
        "insert into authenticator (carer_id, sealed_secret, created_at) values (%s, %s, %s)"
        " on conflict (carer_id) do update set sealed_secret = excluded.sealed_secret,"
        " created_at = excluded.created_at, last_step = 0 where authenticator.confirmed_at is null",
        (carer_id, sealed_secret, at),
    )
    return cursor.rowcount == 1


async def take_step(
    connection: Connection, step: int, confirmed_at: datetime | None = None
) -> bool:
    """Note the time step of a code of the acting person; False when it or a later one was taken before.

    Parameters
    ----------
    confirmed_at
        Given with the first code, which shows that the app works.
    """
    cursor = await connection.execute(
        "update authenticator set last_step = %s, confirmed_at = coalesce(confirmed_at, %s)"
        " where last_step < %s",
        (step, confirmed_at, step),
    )
    return cursor.rowcount == 1


async def remove_authenticator(connection: Connection) -> None:
    """Forget the acting person's authenticator app and the recovery codes that stood in for it."""
    await connection.execute("delete from authenticator")
    await connection.execute("delete from recovery_code")


async def put_recovery_codes(
    connection: Connection, carer_id: CarerId, hashes: Sequence[bytes]
) -> None:
    """Replace the acting person's recovery codes."""
    await connection.execute("delete from recovery_code")
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into recovery_code (carer_id, code_hash) values (%s, %s)",
            [(carer_id, code_hash) for code_hash in hashes],
        )


async def take_recovery_code(connection: Connection, code_hash: bytes, at: datetime) -> bool:
    """Use up a recovery code of the acting person; False when there is none such."""
    cursor = await connection.execute(
        "update recovery_code set used_at = %s where code_hash = %s and used_at is null",
        (at, code_hash),
    )
    return cursor.rowcount == 1


async def recovery_codes_left(connection: Connection) -> int:
    """Count the acting person's codes that were not used."""
    cursor = await connection.execute("select count(*) from recovery_code where used_at is null")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def own_login(connection: Connection) -> tuple[str, bool]:
    """Return the acting person's log-in name, and whether there is a password."""
    cursor = await connection.execute("select login, has_password from own_login()")
    row = await cursor.fetchone()
    return (str(row[0]), bool(row[1])) if row else ("", False)


async def change_password(connection: Connection, password_hash: str) -> None:
    """Give the acting person another password."""
    await connection.execute("select change_password(%s)", (password_hash,))
