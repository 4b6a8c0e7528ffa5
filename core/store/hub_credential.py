"""Certificates of hubs and devices: the desired state of the brokers. Written by the identity service.

The pages ask, end and take through functions of the database that look at who is acting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import dict_row

from core.model.identity import HOME_STATE, Grant, hub_of
from core.model.ids import HomeId
from core.store.listen import notify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.one_time_code import Code
    from core.model.renewal import Renewal
    from core.store.pool import Connection

CHANNEL: LiteralString = "identity"
"""Notified when the desired state changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A credential that somebody asks for."""

    home_id: HomeId
    grant: Grant
    #: What it is for (`core.model.identity.about_of`): one takes the place of those before it for the same.
    about: str
    asked_at: datetime
    code_ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCredential:
    """A credential as it stands."""

    credential_id: int
    home_id: HomeId
    client: str
    about: str
    topics: tuple[str, ...]
    asked_at: datetime
    #: To which its bundle is sealed; None for a renewal.
    code_key: bytes | None
    code_ends_at: datetime | None
    #: The certificate whose key asked for this one, and its request (PEM); None for a bundle.
    renews: int | None
    request: str | None
    taken_at: datetime | None
    serial: str | None
    issued_at: datetime | None
    ends_at: datetime | None
    #: Since when, and from when on no longer, the broker lets it in.
    live_at: datetime | None
    revoked_at: datetime | None
    dead_at: datetime | None
    #: When a later one for the same was taken.
    replaced_at: datetime | None

    @property
    def grant(self) -> Grant:
        """What it may do."""
        is_hub = hub_of(self.about) is not None
        reads = (f"{HOME_STATE}/{self.home_id}/#",) if is_hub else ()
        return Grant(client=self.client, topics=self.topics, reads=reads)

    def is_wanted(self, now: datetime) -> bool:
        """Whether a broker shall let it in."""
        return self.revoked_at is None and self.ends_at is not None and self.ends_at > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What is kept of a certificate: enough to know it again and to revoke it."""

    serial: str
    fingerprint: bytes
    ends_at: datetime
    #: SHA-256 of the certificate of the authority that signed; 32 bytes.
    authority: bytes
    #: The bundle, sealed to its receiver's code; None for a renewal.
    sealed: bytes | None = None
    #: Of a renewal: certificate and authorities to trust (PEM); nothing secret.
    parcel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorState:
    """How far a broker was brought to the desired state."""

    door: str
    looked_at: datetime
    fault: str
    fault_since: datetime | None = None
    clients: int = 0


_COLUMNS: LiteralString = (
    "credential_id, home_id, client, about, topics, asked_at, code_key, code_ends_at, renews, request,"
    " taken_at, serial,"
    " issued_at, ends_at, live_at, revoked_at, dead_at, replaced_at"
)


async def ask_on_page(connection: Connection, wish: Wish, code: Code) -> int | None:
    """Ask on behalf of the acting person; None where that person may not, or too many were asked for."""
    cursor = await connection.execute(
        "select ask_hub_credential(%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            wish.home_id,
            wish.grant.client,
            wish.about,
            list(wish.grant.topics),
            code.hash,
            code.public_key,
            wish.asked_at,
            wish.code_ends_at,
        ),
    )
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


async def end_on_page(connection: Connection, credential_id: int, now: datetime) -> bool:
    """Revoke on behalf of the acting person; False where there is nothing to revoke."""
    cursor = await connection.execute("select end_hub_credential(%s, %s)", (credential_id, now))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def take(connection: Connection, code: Code, now: datetime) -> tuple[str, bytes] | None:
    """Take the sealed bundle of a code: name of the client and parcel; None when there is none any more."""
    cursor = await connection.execute(
        "select client, sealed from take_hub_bundle(%s, %s)", (code.hash, now)
    )
    row = await cursor.fetchone()
    return None if row is None else (str(row[0]), bytes(row[1]))


async def renew(
    connection: Connection, renewal: Renewal, word: str, now: datetime
) -> tuple[str, str | None] | None:
    """Ask for the next certificate of a hub, or fetch what was made for the same request before.

    Parameters
    ----------
    word
        A few random letters for the name of the next certificate.

    Returns
    -------
    tuple or None
        Name of the next certificate, and it with the authorities to trust (PEM), None until it is made.
        None where the present one does not count any more, or asked too often.
    """
    cursor = await connection.execute(
        "select client, parcel from renew_hub_credential(%s, %s, %s, %s, %s)",
        (renewal.fingerprint, word, renewal.request, renewal.request_hash, now),
    )
    row = await cursor.fetchone()
    return None if row is None else (str(row[0]), row[1])


async def ask(connection: Connection, wish: Wish, code: Code) -> int:
    """Ask as the identity service; return the number of the credential."""
    cursor = await connection.execute(
        "insert into hub_credential (home_id, client, about, topics, asked_at, code_hash, code_key,"
        " code_ends_at) values (%s, %s, %s, %s, %s, %s, %s, %s) returning credential_id",
        (
            wish.home_id,
            wish.grant.client,
            wish.about,
            list(wish.grant.topics),
            wish.asked_at,
            code.hash,
            code.public_key,
            wish.code_ends_at,
        ),
    )
    row = await cursor.fetchone()
    await notify(connection, CHANNEL, wish.home_id)
    return int(row[0]) if row else 0


async def take_own(connection: Connection, credential_id: int, now: datetime) -> bytes | None:
    """Take the sealed bundle of a credential that the identity service asked for itself."""
    cursor = await connection.execute(
        "select sealed from hub_credential where credential_id = %s and sealed is not null"
        " and taken_at is null for update",
        (credential_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    await connection.execute(
        "update hub_credential set taken_at = %s, sealed = null where credential_id = %s",
        (now, credential_id),
    )
    return bytes(row[0])


async def revoke(connection: Connection, credential_ids: Sequence[int], now: datetime) -> int:
    """Revoke; return how many were not revoked before."""
    cursor = await connection.execute(
        "update hub_credential set revoked_at = %s, sealed = null"
        " where credential_id = any(%s) and revoked_at is null",
        (now, list(credential_ids)),
    )
    await notify(connection, CHANNEL)
    return cursor.rowcount


async def of_home(connection: Connection, home_id: HomeId) -> tuple[HubCredential, ...]:
    """Return the credentials of a home, the latest first."""
    return await _many(
        connection, "where home_id = %s order by credential_id desc limit 100", home_id
    )


async def standing(connection: Connection) -> tuple[HubCredential, ...]:
    """Return every credential that is not over at the broker, in the order they were asked for."""
    return await _many(connection, "where dead_at is null order by credential_id")


async def of_older_authority(connection: Connection) -> tuple[str, ...]:
    """Return the names that are let in by certificates of another authority than the one that signs now."""
    cursor = await connection.execute(
        "select client from hub_credential where dead_at is null and revoked_at is null"
        " and issued_at is not null and (authority is null or authority is distinct from"
        " (select authority from credential_door order by looked_at desc limit 1)) order by client"
    )
    return tuple(str(row[0]) for row in await cursor.fetchall())


async def revoked_serials(
    connection: Connection, now: datetime
) -> tuple[tuple[str, datetime], ...]:
    """Return serial numbers and times of what ended before the end that stands in it, for a revocation list.

    That is what was revoked, and what was replaced and has come to the end of its overlap.
    """
    cursor = await connection.execute(
        "select serial, least(revoked_at, ends_at) from hub_credential where serial is not null"
        " and (revoked_at <= %(now)s or replaced_at is not null and ends_at <= %(now)s)"
        " order by credential_id",
        {"now": now},
    )
    return tuple((str(serial), at) for serial, at in await cursor.fetchall())


async def locked_out(connection: Connection, now: datetime) -> tuple[tuple[HomeId, str], ...]:
    """Return homes and hubs that count as there although the broker lets them in no more."""
    cursor = await connection.execute(
        "select home_id, hub from hubs_locked_out(%s) order by 1, 2", (now,)
    )
    return tuple((HomeId(home), str(hub)) for home, hub in await cursor.fetchall())


async def note_issued(
    connection: Connection,
    credential: HubCredential,
    issued: Issued,
    now: datetime,
    overlap: timedelta,
) -> None:
    """Keep what is known of a certificate; older ones for the same end ``overlap`` after it is taken."""
    await connection.execute(
        "update hub_credential set serial = %s, fingerprint = %s, ends_at = %s, sealed = %s, parcel = %s,"
        " authority = %s, issued_at = %s, overlap = %s where credential_id = %s",
        (
            issued.serial,
            issued.fingerprint,
            issued.ends_at,
            issued.sealed,
            issued.parcel,
            issued.authority,
            now,
            overlap,
            credential.credential_id,
        ),
    )


async def note_live(connection: Connection, clients: Sequence[str], now: datetime) -> None:
    """Write down that the broker lets these in."""
    await connection.execute(
        "update hub_credential set live_at = %s where client = any(%s) and live_at is null",
        (now, list(clients)),
    )


async def note_dead(connection: Connection, clients: Sequence[str], now: datetime) -> None:
    """Write down that the broker lets these in no longer."""
    await connection.execute(
        "update hub_credential set dead_at = %s, sealed = null where client = any(%s) and dead_at is null",
        (now, list(clients)),
    )


async def note_door(connection: Connection, standing: DoorState, authority: bytes) -> None:
    """Write down how the broker stands, and which authority signs; ``fault_since`` is not read."""
    await connection.execute(
        "insert into credential_door (door, looked_at, fault, fault_since, clients, authority)"
        " values (%(door)s, %(now)s, %(fault)s, case when %(fault)s <> '' then %(now)s end, %(clients)s,"
        "  %(authority)s)"
        " on conflict (door) do update set looked_at = %(now)s, fault = %(fault)s, authority = %(authority)s,"
        " clients = case when %(fault)s = '' then %(clients)s else credential_door.clients end,"
        " fault_since = case when %(fault)s <> '' then coalesce(credential_door.fault_since, %(now)s) end",
        {
            "door": standing.door,
            "now": standing.looked_at,
            "fault": standing.fault,
            "clients": standing.clients,
            "authority": authority,
        },
    )


async def doors(connection: Connection) -> tuple[DoorState, ...]:
    """Return how the brokers stand."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select door, looked_at, fault, fault_since, clients from credential_door order by door"
    )
    return tuple(DoorState(**row) for row in await cursor.fetchall())


async def _many(
    connection: Connection, which: LiteralString, *values: object
) -> tuple[HubCredential, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(f"select {_COLUMNS} from hub_credential {which}", values)
    return tuple(_credential(row) for row in await cursor.fetchall())


def _credential(row: dict[str, Any]) -> HubCredential:
    key = row["code_key"]
    return HubCredential(
        **(row | {"topics": tuple(row["topics"]), "code_key": None if key is None else bytes(key)})
    )
