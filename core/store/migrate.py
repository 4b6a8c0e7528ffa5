"""Bring a database to the present schema: roles, numbered plain SQL (run by yoyo), hypertables."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
import yoyo
from psycopg import sql

from core.model.errors import Misconfigured, StoreUnavailable
from core.store import timescale
from core.store.pool import check_url
from core.store.why import why

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER = Path(__file__).parent / "migrations"
COPIERS = frozenset({"wayhome_gateway"})
"""Roles that write by COPY. The walls let services see every row of what they are granted anyway."""
LOCK = 0x57415948
"""Advisory lock of a running migration."""
ATTEMPTS, PAUSE_S = 50, 0.05
ROLES: Sequence[LiteralString] = (
    "wayhome_gateway",
    "wayhome_analytics",
    "wayhome_alerts",
    "wayhome_dashboard",
    "wayhome_registrar",
    "wayhome_identity",
    "wayhome_sharing",
    "wayhome_operator",
)
"""One role per service, the registrar (who registers homes, people, devices), the identity service (who may
speak at the broker), the sender to other records and a reading operator."""
PROGRAM: LiteralString = "wayhome_program"
"""What the dashboard becomes for a transaction in which it reads for a program; nobody logs in as it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """What a migration run did."""

    #: Ids of the migrations applied just now, in order.
    applied: tuple[str, ...]
    #: Number of the migrations known to this version.
    known: int
    #: ``none``, ``apache`` or ``timescale``.
    timescale: str


def migrate(url: str, *, passwords: Mapping[str, str] | None = None) -> MigrationReport:
    """Bring the database at ``url`` to the present schema; doing it twice changes nothing.

    Parameters
    ----------
    url
        libpq URI of a role that may create roles and tables.
    passwords
        New log-in password per role of `ROLES`; roles not named keep theirs, and a new one can not log in.

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    Misconfigured
        If ``url`` is none, or its role may not do it.
    """
    check_url(url)
    logging.getLogger("yoyo").setLevel(logging.WARNING)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            # One migration at a time; the lock ends with the connection.
            connection.execute("select pg_advisory_lock(%s)", (LOCK,))
            _ensure_roles(connection, passwords or {})
            applied, known = _apply(url)
            _say_which(connection)
            edition = timescale.install(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Misconfigured(
            "database_url: expected a role that may create roles and tables"
        ) from error
    except psycopg.OperationalError as error:
        raise StoreUnavailable(
            f"cannot migrate, the database does not answer: {why(error)}"
        ) from error
    return MigrationReport(applied=applied, known=known, timescale=edition)


def _say_which(connection: psycopg.Connection[Any]) -> None:
    """Write the newest migration where every role may read it; an older program leaves a newer one."""
    row = connection.execute("select max(migration_id) from _yoyo_migration").fetchone()
    connection.execute(
        sql.SQL("comment on table _yoyo_migration is {}").format(sql.Literal(row and row[0]))
    )


def pending(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Ids of the migrations that this database lacks, in order."""
    known = sorted(path.stem for path in FOLDER.glob("*.sql"))
    table = connection.execute("select to_regclass('_yoyo_migration')").fetchone()
    if table is None or table[0] is None:
        return tuple(known)
    rows = connection.execute("select migration_id from _yoyo_migration").fetchall()
    return tuple(sorted(set(known) - {row[0] for row in rows}))


def _apply(url: str) -> tuple[tuple[str, ...], int]:
    backend = yoyo.get_backend(_with_scheme(url, "postgresql+psycopg"))
    try:
        migrations = yoyo.read_migrations(str(FOLDER))
        # ours is held: a row of yoyo's is left over from a run that was killed, and nobody would take it away
        backend.break_lock()
        with backend.lock(timeout=60):
            todo = backend.to_apply(migrations)
            backend.apply_migrations(todo)
        return tuple(migration.id for migration in todo), len(migrations)
    finally:
        backend.connection.close()


def _with_scheme(url: str, scheme: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme=scheme))


def _ensure_roles(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    for role in (PROGRAM, *ROLES):
        for _ in range(ATTEMPTS):
            try:
                _ensure_role(connection, role, passwords.get(role))
                if role == "wayhome_dashboard" and not _may_become_program(connection):
                    _let_become_program(connection)
                break
            except psycopg.errors.InsufficientPrivilege as error:
                told = _not_ours(connection)
                if told is None:
                    raise
                raise told from error
            except psycopg.errors.InternalError_:
                # "tuple concurrently updated": roles belong to the whole cluster, our lock to one database
                time.sleep(PAUSE_S)
        else:
            raise StoreUnavailable(f"cannot migrate: role {role} is being changed by others")


def _not_ours(connection: psycopg.Connection[Any]) -> Misconfigured | None:
    """Return what to run where the roles are there and another role made them; None where they are not."""
    names = [PROGRAM, *ROLES]
    (there,) = connection.execute(
        "select count(*) from pg_roles where rolname = any(%s)", (names,)
    ).fetchone() or (0,)
    if there < len(names):
        return None
    (owner,) = connection.execute("select quote_ident(current_user)").fetchone() or ("",)
    return Misconfigured(
        "database_url: expected a role that may change Wayhome's roles. They are there, made by another role:"
        f" as that one or as a superuser run “grant {', '.join(names)} to {owner} with admin option;”"
    )


def _may_become_program(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether the dashboard may take the role already: then nobody need have a right over roles."""
    how = "m.set_option and not m.inherit_option"
    if connection.info.server_version < 160000:  # noqa: PLR2004
        how = "not (select rolinherit from pg_roles where oid = m.member)"
    row = connection.execute(
        "select 1 from pg_auth_members m where m.roleid = %s::regrole"
        f" and m.member = 'wayhome_dashboard'::regrole and {how}".encode(),
        (PROGRAM,),
    ).fetchone()
    return row is not None


def _let_become_program(connection: psycopg.Connection[Any]) -> None:
    """Let the dashboard take the role, without having its rights and walls before it does."""
    if connection.info.server_version < 160000:  # noqa: PLR2004
        connection.execute("alter role wayhome_dashboard noinherit")
        connection.execute("grant wayhome_program to wayhome_dashboard")
        return
    connection.execute("grant wayhome_program to wayhome_dashboard with inherit false, set true")


def _ensure_role(connection: psycopg.Connection[Any], role: str, password: str | None) -> None:
    name = sql.Identifier(role)
    if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
        # Another migration on this cluster may be quicker.
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            connection.execute(sql.SQL("create role {} nosuperuser nocreatedb").format(name))
    if role in COPIERS:
        # COPY is refused to a role that row-level security binds; a server that does not let us say so
        # costs speed only: the gateway then inserts (docs/decisions/0031).
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute(sql.SQL("alter role {} bypassrls").format(name))
    if password is not None:
        # Hashed here, so that it stands in no log of the server.
        hashed = connection.pgconn.encrypt_password(
            password.encode(), role.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL("alter role {} login password {}").format(name, sql.Literal(hashed.decode()))
        )
