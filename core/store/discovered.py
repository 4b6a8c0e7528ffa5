"""Devices that speak and are not registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.rows import class_row

from core.model.ids import HomeId
from core.model.intake import Discovered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection


async def note(connection: Connection, devices: Sequence[Discovered]) -> None:
    """Add to what is known of unregistered devices; ``messages`` is how many came since the last time."""
    if not devices:
        return
    await connection.cursor().executemany(
        "insert into discovered as d (home_id, family, external_id, first_seen, last_seen, messages,"
        " last_topic, last_payload) values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (home_id, family, external_id) do update set"
        " last_seen = greatest(d.last_seen, excluded.last_seen),"
        " messages = d.messages + excluded.messages,"
        " last_topic = excluded.last_topic, last_payload = excluded.last_payload",
        [
            (
                one.home_id,
                one.family,
                one.external_id,
                one.first_seen,
                one.last_seen,
                one.messages,
                one.last_topic,
                one.last_payload,
            )
            for one in sorted(devices, key=lambda one: (one.home_id, one.family, one.external_id))
        ],
    )


async def discovered(connection: Connection, home_id: HomeId) -> tuple[Discovered, ...]:
    """Return the unregistered devices of a home, the one last heard of first."""
    cursor = connection.cursor(row_factory=class_row(Discovered))
    await cursor.execute(
        "select home_id, family, external_id, first_seen, last_seen, messages, last_topic, last_payload"
        " from discovered where home_id = %s order by last_seen desc, external_id",
        (home_id,),
    )
    return tuple(await cursor.fetchall())


async def names(connection: Connection) -> tuple[tuple[HomeId, str, str], ...]:
    """Return home, family and external id of all unregistered devices that were noted."""
    cursor = await connection.execute("select home_id, family, external_id from discovered")
    return tuple(await cursor.fetchall())
