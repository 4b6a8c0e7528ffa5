"""When batteries will be low: computed in the background, beside the steps of detection."""

from __future__ import annotations

import logging
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from core.model.battery import WINDOW_DAYS, forecast
from core.model.errors import StoreUnavailable
from core.store import battery
from core.store.pool import transaction

if TYPE_CHECKING:
    from core.runtime.clock import Clock
    from core.store.pool import Pool

log = logging.getLogger("wayhome.analytics")

LOOK_EVERY_S = 900.0
AT_ONCE = 200
"""Devices of one transaction: some tens of milliseconds, so that no step of detection waits for it."""


async def keep_forecasting(pool: Pool, clock: Clock) -> None:
    """Compute what is due again and again, for ever."""
    while True:
        try:
            await forecast_due(pool, clock)
        except StoreUnavailable as error:
            log.warning("batteries: %s", error, extra={"action": "batteries_waiting"})
        await clock.sleep(LOOK_EVERY_S)


async def forecast_due(pool: Pool, clock: Clock, at_once: int = AT_ONCE) -> int:
    """Compute the forecasts of all devices that are due, some in each transaction; return how many.

    Which are due is asked once: of a hundred thousand devices that takes a second.

    Raises
    ------
    StoreUnavailable
        If the database does not answer; what was computed before stays.
    """
    now = clock.now()
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (today - timedelta(days=WINDOW_DAYS)).date()
    async with transaction(pool) as connection:
        due = await battery.to_forecast(connection, since, today)
    for begin in range(0, len(due), at_once):
        if begin:
            await clock.sleep(0.05)
        async with transaction(pool) as connection:
            some = await battery.histories(connection, due[begin : begin + at_once], since)
            found = [(history, forecast(history.days, today.date())) for history in some]
            await battery.put_forecasts(connection, found, now)
    return len(due)
