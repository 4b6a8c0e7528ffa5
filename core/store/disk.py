"""What files of the database still hold of deleted rows: made to go, or named. For the database's owner.

Deleted rows stay in pages of tables, in statistics of columns, and in the log of changes, which PostgreSQL
keeps for a crash and otherwise uses again and again (docs/decisions/0211).
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, LiteralString

from psycopg import errors, sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg.errors import Diagnostic

    from core.store.pool import Connection

SMALL_BYTES = 64 << 20
"""A table up to this size, its indices with it, is written anew in about a second, for which it is locked."""
LOCK_WAIT: LiteralString = "5s"
READERS_WAIT_S, READERS_PAUSE_S = 5.0, 0.5
"""So long, for all tables together, it is waited for who began to read before; most read for milliseconds."""
_FIRST_NUMBER = re.compile(r"\d+")
MOST_SWITCHES = 200
"""Segments of the log are 16 MiB, and a gigabyte of them may wait to be used again."""

_PARTS: LiteralString = """
with recursive part as (
    select %s::regclass::oid as oid
    union all select i.inhrelid from pg_inherits i join part p on i.inhparent = p.oid
)
select p.oid from part p union all select x.indexrelid from pg_index x join part p on x.indrelid = p.oid
"""
"""A table with its chunks, and their indices: those on expressions have statistics of their own."""


async def is_superuser(connection: Connection) -> bool:
    """Tell whether this is a superuser, who alone may see to statistics and to the log of changes."""
    cursor = await connection.execute("select rolsuper from pg_roles where rolname = current_user")
    row = await cursor.fetchone()
    return bool(row and row[0])


async def clean(
    connection: Connection, tables: Iterable[str], emptied: Iterable[str], *, whole: bool = False
) -> tuple[str, ...]:
    """Write tables anew without what was deleted, and forget what was learned of their values.

    PostgreSQL keeps common values of each column for its planner, and goes on keeping them where a table
    became empty. The connection must be in autocommit mode.

    Parameters
    ----------
    tables
        Each is locked while it is written anew.
    emptied
        Those of them that rows were deleted from: of the others it is not said that they are as they were.
    whole
        Also those that are larger than `SMALL_BYTES`.

    Returns
    -------
    Tables that are still as they were, with the old versions of rows in their free space: too large to be
    locked without being asked for, in use all the time, or read by somebody who began before the rows went.
    """
    left, changed = [], set(emptied)
    waits_until = time.monotonic() + READERS_WAIT_S
    await connection.execute(sql.SQL("set lock_timeout = {}").format(LOCK_WAIT))
    for table in tables:
        await _forget_statistics(connection, table)
        # also where no row went just now: one may have gone before, by age or by hand
        done = await _write_anew(connection, table, waits_until, whole=whole)
        if not done and table in changed:
            left.append(table)
    if await is_superuser(connection):
        await connection.execute("vacuum full pg_statistic")
    await connection.execute("reset lock_timeout")
    return tuple(left)


async def _write_anew(
    connection: Connection, table: str, waits_until: float, *, whole: bool
) -> bool:
    name = sql.Identifier(table)
    cursor = await connection.execute(
        "select coalesce(sum(pg_total_relation_size(p.oid)), 0) from (" + _PARTS + ") p"
        " join pg_class c on c.oid = p.oid and c.relkind in ('r', 'p')",
        (table,),
    )
    (size,) = await cursor.fetchone() or (0,)
    if whole or size <= SMALL_BYTES:
        with suppress(errors.LockNotAvailable):
            return await _whole(connection, name, waits_until)
    await connection.execute(sql.SQL("vacuum (analyze) {}").format(name))
    return False


async def _whole(connection: Connection, name: sql.Identifier, waits_until: float) -> bool:
    """Write a table anew; False where it still holds what somebody who began to read before sees there.

    A backup or an archive under way reads the database as it was: PostgreSQL takes dead rows over for it.
    """
    while True:
        with _counting(connection) as kept:
            await connection.execute(sql.SQL("vacuum (full, analyze, verbose) {}").format(name))
        if not sum(kept) or time.monotonic() > waits_until:
            return not sum(kept)
        await asyncio.sleep(READERS_PAUSE_S)


@contextmanager
def _counting(connection: Connection) -> Iterator[list[int]]:
    """Collect how many dead rows each table that is written anew keeps: the first number of its detail."""
    kept: list[int] = []

    def hear(said: Diagnostic) -> None:
        number = _FIRST_NUMBER.search(said.message_detail or "")
        if number is not None:
            kept.append(int(number[0]))

    connection.add_notice_handler(hear)
    try:
        yield kept
    finally:
        connection.remove_notice_handler(hear)


async def _forget_statistics(connection: Connection, table: str) -> None:
    if await is_superuser(connection):
        await connection.execute(
            "delete from pg_statistic where starelid in (" + _PARTS + ")", (table,)
        )
        return
    with suppress(errors.UndefinedFunction):  # before PostgreSQL 18: gone with the next ANALYZE
        await connection.execute(
            "select pg_clear_attribute_stats(c.relnamespace::regnamespace::text, c.relname::text,"
            " a.attname::text, false) from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and c.oid in ("
            + _PARTS
            + ")",
            (table,),
        )


async def end_log(connection: Connection) -> str:
    """Let every file of the log of changes go that was written until now.

    A switch begins a new file, a checkpoint makes the older ones needless, and where ``wal_recycle`` is off
    they are then deleted and not renamed to be used again. Files that wait under such a name from before are
    used up first. The connection must be in autocommit mode.

    Returns
    -------
    Why it could not be done; empty when nothing is left.
    """
    if not await is_superuser(connection):
        return (
            "the owner of the database is no superuser: a superuser sets wal_recycle = off, then runs"
            " `select pg_switch_wal()` and `checkpoint`"
        )
    hindrances = await _hindrances(connection)
    if hindrances:
        return hindrances
    await connection.execute("checkpoint")
    before, _ = await _files(connection)
    for _ in range(MOST_SWITCHES):
        await connection.execute("select pg_logical_emit_message(false, 'wayhome', 'erased')")
        await connection.execute("select pg_switch_wal()")
        _, current = await _files(connection)
        if not any(one >= current for one in before):
            break
    await connection.execute("checkpoint")
    now, _ = await _files(connection)
    left = len(before & now)
    return f"{left} files of it could not be ended; run this again" if left else ""


async def _hindrances(connection: Connection) -> str:
    cursor = await connection.execute(
        "select name || ' = ' || setting from pg_settings where (name = 'wal_recycle' and setting = 'on')"
        " or (name = 'wal_keep_size' and setting <> '0') or (name = 'archive_mode' and setting <> 'off')"
        " union all select 'replication slot ' || slot_name from pg_replication_slots"
    )
    found = ", ".join(sorted(name for (name,) in await cursor.fetchall()))
    return f"the server keeps files of it ({found})" if found else ""


async def _files(connection: Connection) -> tuple[set[str], str]:
    """Return the files of the log, and the one that is written now."""
    cursor = await connection.execute(
        "select name, pg_walfile_name(pg_current_wal_insert_lsn()) from pg_ls_waldir()"
        " where name ~ '^[0-9A-F]{24}$'"
    )
    rows = await cursor.fetchall()
    return {name for name, _ in rows}, rows[0][1] if rows else ""
