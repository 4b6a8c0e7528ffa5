"""How links fare: the lowest value of each day, and whether it falls over weeks. Run by the gateway.

The trend of a device is worked out when a new day begins for it, once a day and device; then the work list
finds those that fall by an index.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.model.link import BEFORE_DAYS, LATELY_DAYS, LEAST_DAYS, is_falling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.model.intake import PresenceChange
    from core.store.pool import Connection

KEPT_DAYS = 60


async def record(connection: Connection, changes: Iterable[PresenceChange]) -> None:
    """Write the links among ``changes``; of a day the lowest stays."""
    told = [(one.device_id, one.home_id, *one.link) for one in changes if one.link is not None]
    if not told:
        return
    devices, homes, days, values = zip(*sorted(told), strict=True)
    cursor = await connection.execute(
        "insert into link_record as r (device_id, home_id, day, quality)"
        " select device_id, min(home_id), day, min(quality) from unnest(%s::bigint[], %s::text[],"
        " %s::date[], %s::real[]) as t(device_id, home_id, day, quality)"
        " group by device_id, day order by device_id, day"
        " on conflict (device_id, day) do update set quality = excluded.quality"
        " where excluded.quality < r.quality returning device_id, xmax = 0",
        (list(devices), list(homes), list(days), list(values)),
    )
    new = [device for device, inserted in await cursor.fetchall() if inserted]
    if new:
        await _follow(connection, new, max(days))


async def _follow(connection: Connection, devices: Sequence[int], today: date) -> None:
    """Work out the trend of devices for which a day begins."""
    await connection.execute(
        "delete from link_record where device_id = any(%s) and day < %s",
        (devices, today - timedelta(days=KEPT_DAYS)),
    )
    first, last = BEFORE_DAYS
    cursor = await connection.execute(
        "select device_id, min(home_id),"
        " percentile_cont(0.5) within group (order by quality) filter (where day <= %(end)s),"
        " count(*) filter (where day <= %(end)s),"
        " percentile_cont(0.5) within group (order by quality) filter (where day > %(lately)s),"
        " count(*) filter (where day > %(lately)s)"
        " from link_record where device_id = any(%(devices)s) and day >= %(start)s and day < %(today)s"
        " group by device_id order by device_id",
        {
            "devices": devices,
            "today": today,
            "lately": today - timedelta(days=LATELY_DAYS + 1),
            "start": today - timedelta(days=last),
            "end": today - timedelta(days=first),
        },
    )
    rows = []
    for device, home, before, days_before, lately, days_lately in await cursor.fetchall():
        earlier = before if days_before >= LEAST_DAYS else None
        now = lately if days_lately >= LEAST_DAYS else None
        rows.append((device, home, earlier, now, is_falling(earlier, now), today))
    async with connection.cursor() as writing:
        await writing.executemany(
            "insert into link_trend (device_id, home_id, earlier, lately, falling, day)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (device_id) do update set"
            " home_id = excluded.home_id, earlier = excluded.earlier, lately = excluded.lately,"
            " falling = excluded.falling, day = excluded.day",
            rows,
        )
