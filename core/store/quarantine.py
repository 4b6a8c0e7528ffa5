"""Messages that could not be admitted: whole, with the reason, to be replayed after a fix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from core.model.intake import QuarantineRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.intake import Quarantined
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """How much a home has put into quarantine since some moment."""

    home_id: str | None
    messages: int
    payload_bytes: int


async def put(connection: Connection, messages: Sequence[Quarantined]) -> None:
    """Add messages."""
    if not messages:
        return
    await connection.cursor().executemany(
        "insert into quarantine (received_at, gateway, topic, payload, payload_bytes, home_id, reason,"
        " field, expected, retained) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (
                one.received_at,
                one.gateway,
                one.topic,
                one.payload,
                one.payload_bytes,
                one.home_id,
                one.reason,
                one.field,
                one.expected,
                one.retained,
            )
            for one in messages
        ],
    )


async def occupancy(connection: Connection, since: datetime) -> tuple[Occupancy, ...]:
    """Return how much each home has put in since ``since``."""
    cursor = connection.cursor(row_factory=class_row(Occupancy))
    await cursor.execute(
        "select home_id, count(*) as messages, sum(length(payload))::bigint as payload_bytes"
        " from quarantine where received_at >= %s group by home_id",
        (since,),
    )
    return tuple(await cursor.fetchall())


async def waiting(
    connection: Connection, after: int, limit: int, reason: str | None = None
) -> tuple[QuarantineRow, ...]:
    """Return messages not replayed yet, in order, that stand behind row ``after``."""
    cursor = connection.cursor(row_factory=class_row(QuarantineRow))
    await cursor.execute(
        "select quarantine_id, received_at, gateway, topic, payload, payload_bytes, home_id, reason,"
        " field, expected, retained from quarantine where replayed_at is null and quarantine_id > %(after)s"
        " and (%(reason)s::text is null or reason = %(reason)s) order by quarantine_id limit %(limit)s"
        " for update skip locked",
        {"after": after, "limit": limit, "reason": reason},
    )
    return tuple(await cursor.fetchall())


async def mark_replayed(connection: Connection, outcomes: dict[int, str], at: datetime) -> None:
    """Note what became of replayed messages; those that stay are tried again another time."""
    await connection.execute(
        "update quarantine q set replayed_at = %s, replay_outcome = u.outcome"
        " from unnest(%s::bigint[], %s::text[]) as u(id, outcome) where q.quarantine_id = u.id",
        (at, list(outcomes), list(outcomes.values())),
    )
