"""What each day comes to: counted in the background, beside the steps of detection."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from core.model.day_count import as_they_stood, bounds, count_day, joined, silent_after
from core.model.errors import StoreUnavailable
from core.model.home import HomeMode
from core.store import day_count as table
from core.store import registry, timeline
from core.store.away import unlived
from core.store.pool import transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from core.runtime.clock import Clock
    from core.store.day_count import DueDay
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.analytics")

LOOK_EVERY_S = 900.0
AT_ONCE = 5000
"""Days of one look: which are due is asked of all homes at once, a second for ten thousand of them. Each day
has a transaction of its own, so that no step of detection waits for it."""
UNTIL_REST, REST_S = 20, 0.05
"""After so many days the processor is left to detection for a moment."""


async def keep_counting(pool: Pool, clock: Clock) -> None:
    """Count what is due again and again, for ever."""
    while True:
        try:
            rest = partial(clock.sleep, REST_S)
            while await count_some(pool, clock.now(), rest=rest):
                await rest()
        except StoreUnavailable as error:
            log.warning("days: %s", error, extra={"action": "days_waiting"})
        await clock.sleep(LOOK_EVERY_S)


async def count_some(
    pool: Pool,
    now: datetime,
    at_once: int = AT_ONCE,
    *,
    rest: Callable[[], Awaitable[None]] | None = None,
) -> int:
    """Count some of the days that are due; return how many. None are left when it returns 0.

    Parameters
    ----------
    rest
        Waits a moment, after each `UNTIL_REST` days.

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    """
    async with transaction(pool) as connection:
        due = await table.due_days(connection, now, at_once)
    counted = 0
    for number, one in enumerate(due):
        if rest is not None and number and number % UNTIL_REST == 0:
            await rest()
        async with transaction(pool) as connection:
            counted += await _count(connection, one, now)
    return counted


async def _count(connection: Connection, due: DueDay, now: datetime) -> bool:
    household = await registry.household_of(connection, due.home_id)
    if household is None:
        return False
    zone = household.home.zone
    start, end = bounds(due.day, zone)
    # what is taken away later, as the kit of an assessment is, told of the day all the same
    devices = await registry.devices_at(connection, due.home_id, start)
    lasting = await registry.devices_at(connection, due.home_id, end)
    ids = [one.device_id for one in devices]
    first, last = start - timedelta(hours=12), end + timedelta(hours=table.SETTLE_H)
    former = await table.former_places(connection, due.home_id, first)
    rows = await table.signs(connection, ids, first, last)
    away = (await unlived(connection, due.home_id, first, last)).all
    lived = [row for row in rows if not any(since <= row[0] < until for since, until in away)]
    unseen = [
        *away,
        *await timeline.silences(connection, ids, first, last, silent_after(lasting or devices)),
        *await timeline.blind_spans(connection, due.home_id, first, last),
    ]
    stood, signs = as_they_stood(devices, former, lived, (start, end))
    count = count_day(due.day, zone, stood, signs, joined(unseen))
    archived = household.home.mode is HomeMode.ARCHIVE
    settled = archived or now - end >= timedelta(hours=table.AGAIN_H)
    await table.put_day(connection, due.home_id, count, now, settled=settled)
    return True
