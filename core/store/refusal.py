"""Counts of messages that were not stored as observations and not kept whole, by day and source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.rows import class_row

from core.model.intake import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from core.store.pool import Connection


async def count(connection: Connection, refusals: Sequence[Refusal]) -> None:
    """Add to the counts."""
    if not refusals:
        return
    await connection.cursor().executemany(
        "insert into refusal as r (day, home_id, source, reason, messages, last_at)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (day, home_id, source, reason) do update set"
        " messages = r.messages + excluded.messages, last_at = greatest(r.last_at, excluded.last_at)",
        [
            (one.day, one.home_id, one.source, one.reason, one.messages, one.last_at)
            for one in sorted(refusals, key=lambda one: (one.home_id, one.source, one.reason))
        ],
    )


async def refusals(connection: Connection, day: date) -> tuple[Refusal, ...]:
    """Return the counts of a day, the largest first."""
    cursor = connection.cursor(row_factory=class_row(Refusal))
    await cursor.execute(
        "select day, home_id, source, reason, messages, last_at from refusal where day = %s"
        " order by messages desc, home_id, source, reason",
        (day,),
    )
    return tuple(await cursor.fetchall())
