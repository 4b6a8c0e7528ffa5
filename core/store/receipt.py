"""The ring of last commits of a gateway: what tells a redelivery from a new, equal message."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.pool import Connection

# The same statement wakes the readers of the log: one round trip less in every commit.
_PUT: LiteralString = (
    "with put as (insert into receipt (gateway, slot, receipts, committed_at)"
    " values (%s, %s, %s, %s) on conflict (gateway, slot) do update"
    " set receipts = excluded.receipts, committed_at = excluded.committed_at)"
    " select pg_notify('observation', '')"
)


async def put(
    connection: Connection, gateway: str, slot: int, receipts: bytes, at: datetime
) -> None:
    """Put ``receipts`` into a slot of the ring, and wake the readers of the log with the commit."""
    await connection.execute(_PUT, (gateway, slot, receipts, at), binary=True)


async def ring(connection: Connection, gateway: str) -> tuple[bytes, ...]:
    """Return what stands in the slots of a gateway's ring, in no order."""
    cursor = await connection.execute(
        "select receipts from receipt where gateway = %s", (gateway,), binary=True
    )
    return tuple([row[0] for row in await cursor.fetchall()])


async def stands(connection: Connection, gateway: str, slot: int, receipts: bytes) -> bool:
    """Tell whether exactly these ``receipts`` stand in a slot: whether that commit came through."""
    cursor = await connection.execute(
        "select receipts = %s from receipt where gateway = %s and slot = %s",
        (receipts, gateway, slot),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])
