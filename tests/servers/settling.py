"""Wait until a log shows all that was committed: the server's own housekeeping holds readers back too.

A reader of a log goes no further than the oldest running transaction of the whole server
(docs/decisions/0002). Autovacuum and TimescaleDB's jobs run transactions of their own whenever they like.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from core.store.pool import Connection

DEADLINE_S = 60.0


async def settled(connection: Connection) -> Connection:
    """Return ``connection`` once every transaction that runs now has ended; its own is none of them."""
    cursor = await connection.execute("select pg_snapshot_xmax(pg_current_snapshot())")
    (now,) = await cursor.fetchone() or (None,)
    deadline = time.monotonic() + DEADLINE_S
    while True:
        cursor = await connection.execute(
            "select pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8", (now,)
        )
        if await cursor.fetchone() == (True,):
            return connection
        assert time.monotonic() < deadline, f"a transaction is held open for {DEADLINE_S} s"
        await asyncio.sleep(0.005)


async def until_blocked(url: str) -> None:
    """Wait until a transaction of this database waits for another one."""
    query = (
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    async with (
        asyncio.timeout(10),
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
    ):
        while True:
            row = await (await connection.execute(query)).fetchone()
            if row and row[0]:
                return
            await asyncio.sleep(0.01)
