"""Quiet hours of carers. Each writes their own on the pages; the alerting service reads them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from core.model import quiet
from core.model.ids import CarerId
from core.model.quiet import QuietHours

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.store.pool import Connection

log = logging.getLogger("wayhome.store")


async def quiet_hours_of(
    connection: Connection, carers: Iterable[CarerId]
) -> dict[CarerId, QuietHours]:
    """Return the quiet hours of those who keep some; what can not be read counts as none."""
    cursor = await connection.execute(
        "select carer_id, zone, windows from quiet_hours where carer_id = any(%s)",
        (sorted(set(carers)),),
    )
    found = {}
    for carer_id, zone, windows in await cursor.fetchall():
        try:
            hours = QuietHours(zone=ZoneInfo(zone), windows=quiet.from_json(windows))
        except (ValueError, KeyError, TypeError):
            # better woken than not told
            log.exception("quiet", extra={"action": "quiet_hours_unread", "carer": carer_id})
            continue
        found[CarerId(carer_id)] = hours
    return found


async def write_quiet_hours(
    connection: Connection, carer_id: CarerId, hours: QuietHours, at: datetime
) -> None:
    """Write down when a person wants to be woken by urgent alerts only."""
    await connection.execute(
        "insert into quiet_hours (carer_id, zone, windows, changed_at) values (%s, %s, %s, %s)"
        " on conflict (carer_id) do update set zone = excluded.zone, windows = excluded.windows,"
        " changed_at = excluded.changed_at",
        (carer_id, hours.zone.key, Jsonb(quiet.to_json(hours.windows)), at),
    )
