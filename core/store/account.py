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

    RESIDENT = "resident"
    FAMILY_CARER = "family_carer"
    CARE_WORKER = "care_worker"
    CLINICIAN = "clinician"
    TECHNICIAN = "technician"
    ORGANISATION_ADMIN = "organisation_admin"
    AUDITOR = "auditor"


_SCOPES = {
    CarerRole.RESIDENT: "circle",
    CarerRole.FAMILY_CARER: "circle",
    CarerRole.AUDITOR: "audit",
}


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
    #: True when more than a password opened it.
    strong: bool = False
    #: What the browser calls itself, e.g. ``Chrome on Android``.
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """One place where somebody is logged in, as that person sees it."""

    session_id: int
    device: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A program reads for a recipient: only of whom a basis for sharing with it stands at that moment."""

    #: As `core.model.basis.recipient_key` writes it.
    recipient_key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The person or program behind a request."""

    carer_id: CarerId
    organisation_id: OrganisationId
    organisation: str
    #: Personal: never in logs.
    name: str
    role: CarerRole
    csrf: str
    created_at: datetime
    expires_at: datetime
    session_id: int = 0
    seen_at: datetime | None = None
    #: True when more than a password opened the session.
    strong: bool = False
    #: True when the organisation lets nobody in with a password alone.
    second_factor: bool = False
    #: None for a person, who reads for the care of those they see.
    program: Reading | None = None

    @property
    def scope(self) -> str:
        """Say which homes this person sees.

        ``circle``: those this person cares for or lives in; ``organisation``: all of it; ``audit``: none.
        """
        return _SCOPES.get(self.role, "organisation")

    @property
    def must_prove_more(self) -> bool:
        """True when a password alone opened the session and the organisation wants more."""
        return self.second_factor and not self.strong


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failed attempts to log in, of late."""

    of_login: int
    of_address: int
    of_all: int


@asynccontextmanager
async def acting(pool: Pool, visitor: Visitor) -> AsyncIterator[Connection]:
    """Run one transaction that sees what ``visitor`` may see, and nothing else.

    For a program it has a role of its own, whose walls leave out of whom no basis for sharing stands
    (docs/decisions/0212).

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    """
    program = visitor.program
    reading = ("", "", "none")
    if program is not None:
        reading = (program.recipient_key, program.at.isoformat(), "wayhome_program")
    async with transaction(pool) as connection:
        await connection.execute(
            "select set_config('wayhome.organisation', %s, true),"
            " set_config('wayhome.carer', %s, true), set_config('wayhome.scope', %s, true),"
            " set_config('wayhome.recipient', %s, true), set_config('wayhome.moment', %s, true),"
            " set_config('role', %s, true)",
            (visitor.organisation_id, str(visitor.carer_id), visitor.scope, *reading),
        )
        yield connection


async def name_carer(connection: Connection, carer_id: CarerId) -> None:
    """Let the rest of this transaction see what is this person's own: sessions, passkeys, codes."""
    await connection.execute(
        "select set_config('wayhome.carer', %s, true), set_config('wayhome.scope', 'circle', true)",
        (str(carer_id),),
    )


async def account_for(connection: Connection, login: str) -> Account | None:
    """Return the account of a log-in that is in use."""
    cursor = await connection.execute(
        "select carer_id, password_hash from carer_for_login(%s)", (login,)
    )
    row = await cursor.fetchone()
    return None if row is None else Account(carer_id=CarerId(row[0]), password_hash=row[1])


async def note_attempt(
    connection: Connection,
    login: str,
    at: datetime,
    since: datetime,
    address: bytes = b"",
    *,
    most_of_address: int,
) -> Failures:
    """Note an attempt as failed, for now, and count the failures since then, this one included.

    It is noted before the password is looked at, so that guesses made side by side count too. What
    failed before the last success of a log-in does not count against it.

    Parameters
    ----------
    address
        Keyed hash of where it came from; empty when that is not known, and then nothing counts against it.
    most_of_address
        So many failures of one address count among those of all: one alone can not keep everybody out.
    """
    await connection.execute(
        "insert into login_attempt (login, at, succeeded, address) values (%s, %s, false, %s)",
        (login, at, address),
    )
    cursor = await connection.execute(
        "select coalesce(sum(of_login), 0)::bigint, coalesce(sum(failed) filter"
        " (where address = %(address)s and address <> ''), 0)::bigint, coalesce(sum(case when address = ''"
        " then failed else least(failed, %(most)s) end), 0)::bigint from (select address,"
        " count(*) as failed, count(*) filter (where login = %(login)s and at > coalesce((select max(at)"
        "  from login_attempt where login = %(login)s and succeeded), '-infinity')) as of_login"
        " from login_attempt where at > %(since)s and not succeeded group by address) a",
        {"login": login, "since": since, "address": address, "most": most_of_address},
    )
    row = await cursor.fetchone()
    of_login, of_address, of_all = row or (0, 0, 0)
    return Failures(of_login=of_login, of_address=of_address, of_all=of_all)


async def note_success(connection: Connection, login: str, at: datetime) -> None:
    """Turn the attempt noted at ``at`` into a success."""
    await connection.execute(
        "update login_attempt set succeeded = true where login = %s and at = %s", (login, at)
    )


async def open_session(connection: Connection, session: Session) -> None:
    """Let a log-in begin."""
    await name_carer(connection, session.carer_id)
    await connection.execute(
        "insert into login_session (token_hash, carer_id, csrf, created_at, expires_at, strong, device)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            session.token_hash,
            session.carer_id,
            session.csrf,
            session.created_at,
            session.expires_at,
            session.strong,
            session.device,
        ),
    )


async def visitor_of(connection: Connection, token_hash: bytes, now: datetime) -> Visitor | None:
    """Return the person behind a cookie; None when it is unknown, expired or the person is disabled."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("select * from carer_for_session(%s, %s)", (token_hash, now))
    row = await cursor.fetchone()
    return None if row is None else Visitor(**(row | {"role": CarerRole(row["role"])}))


async def keep_session(
    connection: Connection, token_hash: bytes, seen_at: datetime, until: datetime
) -> None:
    """Note that a session is in use, and let it last until then."""
    await _show_cookie(connection, token_hash)
    await connection.execute(
        "update login_session set seen_at = %s, expires_at = %s where token_hash = %s",
        (seen_at, until, token_hash),
    )


async def end_session(connection: Connection, token_hash: bytes) -> None:
    """Log out."""
    await _show_cookie(connection, token_hash)
    await connection.execute("delete from login_session where token_hash = %s", (token_hash,))


async def sessions_of(connection: Connection, now: datetime) -> tuple[OpenSession, ...]:
    """Return where the acting person is logged in, the latest used first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select session_id, device, created_at, coalesce(seen_at, created_at) as seen_at"
        " from login_session where expires_at > %s order by seen_at desc, session_id desc",
        (now,),
    )
    return tuple(OpenSession(**row) for row in await cursor.fetchall())


async def end_sessions(connection: Connection, only: int | None = None) -> int:
    """Log the acting person out, everywhere or of one session; return how many sessions ended."""
    cursor = await connection.execute(
        "delete from login_session where %(only)s::bigint is null or session_id = %(only)s",
        {"only": only},
    )
    return cursor.rowcount


async def sweep(connection: Connection, now: datetime, attempts_before: datetime) -> int:
    """Forget expired sessions, challenges and old attempts; return how many sessions."""
    await connection.execute("delete from login_attempt where at < %s", (attempts_before,))
    cursor = await connection.execute("select forget_expired(%s)", (now,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _show_cookie(connection: Connection, token_hash: bytes) -> None:
    await connection.execute("select set_config('wayhome.session', %s, true)", (token_hash.hex(),))


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
        "insert into access_record (at, carer_id, role, home_id, page)"
        " select %(at)s, %(carer)s, %(role)s, home_id, %(page)s"
        " from unnest(%(homes)s::text[]) as h(home_id)"
        " where not exists (select 1 from access_record a where a.home_id = h.home_id"
        "  and a.carer_id = %(carer)s and a.page = %(page)s and a.at > %(since)s::timestamptz)",
        {
            "at": at,
            "carer": visitor.carer_id,
            "role": visitor.role.value,
            "page": page,
            "homes": list(homes),
            "since": unless_since,
        },
    )
