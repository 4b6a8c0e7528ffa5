"""Who is on the pages: log-ins, sessions, attempts, and the record of who looked. Written by the dashboard.

Every transaction that reads a home's rows goes through `acting`, which names the person to the database;
the row-level policies of the schema do the filtering (docs/decisions/0061).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from core.model.ids import CarerId, HomeId, OrganisationId
from core.store.pool import transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from core.store.pool import Connection, Pool


class CarerRole(StrEnum):
    """What a person with a log-in is there for."""

    FAMILY_CARER = "family_carer"
    CARE_WORKER = "care_worker"
    CLINICIAN = "clinician"
    TECHNICIAN = "technician"
    ORGANISATION_ADMIN = "organisation_admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A log-in, as the entrance needs it."""

    carer_id: CarerId
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A log-in that lasts; only a hash of its cookie is kept."""

    token_hash: bytes
    carer_id: CarerId
    #: Must come back with every form.
    csrf: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The person behind a request."""

    carer_id: CarerId
    organisation_id: OrganisationId
    organisation: str
    #: Personal: never in logs.
    name: str
    role: CarerRole
    csrf: str
    created_at: datetime
    expires_at: datetime

    @property
    def scope(self) -> str:
        """``circle``: the homes this person cares for; ``organisation``: all of them."""
        return "circle" if self.role is CarerRole.FAMILY_CARER else "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failed attempts to log in, of late."""

    of_login: int
    of_all: int


@asynccontextmanager
async def acting(pool: Pool, visitor: Visitor) -> AsyncIterator[Connection]:
    """Run one transaction that sees what ``visitor`` may see, and nothing else.

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    """
    async with transaction(pool) as connection:
        await connection.execute(
            "select set_config('wayhome.organisation', %s, true),"
            " set_config('wayhome.carer', %s, true), set_config('wayhome.scope', %s, true)",
            (visitor.organisation_id, str(visitor.carer_id), visitor.scope),
        )
        yield connection


async def account_for(connection: Connection, login: str) -> Account | None:
    """Return the account of a log-in that is in use."""
    cursor = await connection.execute(
        "select carer_id, password_hash from carer_for_login(%s)", (login,)
    )
    row = await cursor.fetchone()
    return None if row is None else Account(carer_id=CarerId(row[0]), password_hash=row[1])


async def note_attempt(
    connection: Connection, login: str, at: datetime, since: datetime
) -> Failures:
    """Note an attempt as failed, for now, and count the failures since then, this one included.

    It is noted before the password is looked at, so that guesses made side by side count too. What
    failed before the last success of a log-in does not count against it.
    """
    await connection.execute(
        "insert into login_attempt (login, at, succeeded) values (%s, %s, false)", (login, at)
    )
    cursor = await connection.execute(
        "select count(*) filter (where login = %(login)s and at > coalesce((select max(at)"
        "  from login_attempt where login = %(login)s and succeeded), '-infinity')), count(*)"
        " from login_attempt where at > %(since)s and not succeeded",
        {"login": login, "since": since},
    )
    row = await cursor.fetchone()
    of_login, of_all = row or (0, 0)
    return Failures(of_login=of_login, of_all=of_all)


async def note_success(connection: Connection, login: str, at: datetime) -> None:
    """Turn the attempt noted at ``at`` into a success."""
    await connection.execute(
        "update login_attempt set succeeded = true where login = %s and at = %s", (login, at)
    )


async def open_session(connection: Connection, session: Session) -> None:
    """Let a log-in begin."""
    await connection.execute(
        "insert into login_session (token_hash, carer_id, csrf, created_at, expires_at)"
        " values (%s, %s, %s, %s, %s)",
        (
            session.token_hash,
            session.carer_id,
            session.csrf,
            session.created_at,
            session.expires_at,
        ),
    )


async def visitor_of(connection: Connection, token_hash: bytes, now: datetime) -> Visitor | None:
    """Return the person behind a cookie; None when it is unknown, expired or the person is disabled."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("select * from carer_for_session(%s, %s)", (token_hash, now))
    row = await cursor.fetchone()
    return None if row is None else Visitor(**(row | {"role": CarerRole(row["role"])}))


async def extend_session(connection: Connection, token_hash: bytes, until: datetime) -> None:
    """Let a session last longer."""
    await connection.execute(
        "update login_session set expires_at = %s where token_hash = %s", (until, token_hash)
    )


async def end_session(connection: Connection, token_hash: bytes) -> None:
    """Log out."""
    await connection.execute("delete from login_session where token_hash = %s", (token_hash,))


async def sweep(connection: Connection, now: datetime, attempts_before: datetime) -> int:
    """Forget expired sessions and old attempts; return how many sessions."""
    await connection.execute("delete from login_attempt where at < %s", (attempts_before,))
    cursor = await connection.execute("delete from login_session where expires_at <= %s", (now,))
    return cursor.rowcount


async def record_access(
    connection: Connection,
    visitor: Visitor,
    homes: Sequence[HomeId],
    page: str,
    at: datetime,
    *,
    unless_since: datetime | None = None,
) -> None:
    """Note that a person looked at these homes.

    Parameters
    ----------
    page
        Which page, e.g. ``timeline``.
    unless_since
        Leave out homes that the person has looked at on this page since then: a page that refreshes
        itself is one view.
    """
    await connection.execute(
        "insert into access_record (at, carer_id, home_id, page)"
        " select %(at)s, %(carer)s, home_id, %(page)s from unnest(%(homes)s::text[]) as h(home_id)"
        " where not exists (select 1 from access_record a where a.home_id = h.home_id"
        "  and a.carer_id = %(carer)s and a.page = %(page)s and a.at > %(since)s::timestamptz)",
        {
            "at": at,
            "carer": visitor.carer_id,
            "page": page,
            "homes": list(homes),
            "since": unless_since,
        },
    )
