"""The door to the database: pools and transactions, with errors in our own words."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from core.model.errors import Misconfigured, StoreUnavailable
from core.store.why import why

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

CONNECT_TIMEOUT_S = 5.0
RECONNECT_S = 2.0
"""After so long an attempt to connect gives way to a new one: the pool doubles its pauses without end, and
a database that was away for an hour would be waited for an hour more."""
_OURS = "-c timezone=UTC -c jit=off"
"""Times are in UTC, and nothing is compiled for a query: what takes milliseconds is asked thousands of times,
and what the planner thinks dear would be compiled each time anew. PostgreSQL comes with that on."""
_LOST = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.ReadOnlySqlTransaction,  # a standby, until the failover is over
    PoolTimeout,
    PoolClosed,
)

Connection = psycopg.AsyncConnection[Any]
Pool = AsyncConnectionPool[Connection]


def check_url(url: str) -> None:
    """Refuse what is no address of a database.

    Raises
    ------
    Misconfigured
        Without the text of the address: a misplaced sign makes part of a password look like something else.
    """
    try:
        conninfo_to_dict(url)
        well_formed = url.startswith(("postgresql://", "postgres://"))
    except psycopg.ProgrammingError:
        well_formed = False
    if not well_formed:
        raise Misconfigured(
            "database_url: expected a libpq URI, with %XX for signs that have a meaning in one"
        )


@asynccontextmanager
async def open_pool(url: str, *, most: int = 4, name: str = "wayhome") -> AsyncIterator[Pool]:
    """Open a pool of at most ``most`` connections; it need not reach the database yet.

    Statements end after 30 s and idle transactions after 15 s, so that a stuck process can not
    hold back the readers of the log for longer (docs/decisions/0002).

    Raises
    ------
    Misconfigured
        If ``url`` is none.
    """
    check_url(url)
    options = f"-c statement_timeout=30000 -c idle_in_transaction_session_timeout=15000 {_OURS}"
    pool: Pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=most,
        timeout=CONNECT_TIMEOUT_S,
        reconnect_timeout=RECONNECT_S,
        name=name,
        open=False,
        check=AsyncConnectionPool.check_connection,
        kwargs={"options": options, "application_name": name, "connect_timeout": 5},
    )
    await pool.open(wait=False)
    try:
        yield pool
    finally:
        await pool.close(timeout=2)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Run one transaction: committed at the end, rolled back on any error.

    Raises
    ------
    StoreUnavailable
        If the database does not answer or ends the connection.
    """
    try:
        async with pool.connection() as connection, connection.transaction():
            yield connection
    except _LOST as error:
        raise StoreUnavailable(f"the database does not answer: {why(error)}") from error
    heed_cancellation()


def was_ended(error: StoreUnavailable) -> bool:
    """Tell whether the database answers, and ended a statement because it took too long."""
    return isinstance(error.__cause__, psycopg.errors.QueryCanceled)


def heed_cancellation() -> None:
    """Raise the cancellation that this task was asked for and that got lost on the way.

    ``asyncio.wait_for`` of Python 3.11, through which psycopg waits, may drop a cancellation that comes in
    the moment its result does (python/cpython#86296); a loop would then go on for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@asynccontextmanager
async def connect(url: str, *, autocommit: bool = False) -> AsyncIterator[Connection]:
    """Open a single connection; commits at the end unless an error comes out of the block.

    Raises
    ------
    StoreUnavailable
        If the database does not answer or ends the connection.
    Misconfigured
        If ``url`` is none.
    """
    check_url(url)
    try:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=autocommit, connect_timeout=5, options=_OURS
        ) as connection:
            yield connection
    except _LOST as error:
        raise StoreUnavailable(f"the database does not answer: {why(error)}") from error


async def named_rows(
    connection: Connection, query: LiteralString, values: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """Return what a query finds, each row by the names of its columns."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, values)
    return await cursor.fetchall()
