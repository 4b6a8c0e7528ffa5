"""Whether a log was written by this very server: readers of logs go by its transaction numbers.

A dump that is restored into a new server brings numbers that this one has not reached. Whatever is written
then counts as read already, in silence (docs/how-to/deploy.md, restore).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection

_EPOCH_BITS = 32


async def fault(connection: Connection, tables: Sequence[str], *, reached: int = 0) -> str:
    """Say that logs hold larger transaction numbers than this server gives out; empty where they do not.

    Parameters
    ----------
    tables
        Tables with a column ``txid``.
    reached
        A transaction number that is known from elsewhere.
    """
    newest = sql.SQL(" union all ").join(
        sql.SQL("select max(txid) as txid from {}").format(sql.Identifier(one)) for one in tables
    )
    cursor = await connection.execute(
        sql.SQL(
            "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
            " max(txid)::text::bigint from ({}) t"
        ).format(newest)
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the statement returned no row")
    return said(row[0], max(row[1] or 0, reached))


def said(given_out: int, newest: int) -> str:
    """Say what to do where the newest number of a log is not below what a server gives out next.

    Examples
    --------
    >>> said(900, 899)
    ''
    >>> "`pg_resetwal --epoch=1`" in said(900, 5_000_000)
    True
    """
    if newest < given_out:
        return ""
    epoch = (max(newest, given_out) >> _EPOCH_BITS) + 1
    return (
        f"the log was restored from another database server: its transaction numbers reach {newest},"
        f" this server's only {given_out}, and what is new would count as read. Before anything goes on:"
        f" stop the server, run `pg_resetwal --epoch={epoch}` on its folder, and start it"
        " (docs/how-to/deploy.md, Restore)"
    )
