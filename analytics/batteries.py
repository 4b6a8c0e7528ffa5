"""When batteries will be low: computed in the background, beside the steps of detection."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
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
            while await forecast_some(pool, clock.now()):
                await clock.sleep(0.05)
        except StoreUnavailable as error:
            log.warning("batteries: %s", error, extra={"action": "batteries_waiting"})
        await clock.sleep(LOOK_EVERY_S)


async def forecast_some(pool: Pool, now: datetime) -> bool:
    """Compute the forecasts of some devices; return whether there may be more.

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (today - timedelta(days=WINDOW_DAYS)).date()
    async with transaction(pool) as connection:
        due = await battery.to_forecast(connection, since, today, AT_ONCE)
        found = [(history, forecast(history.days, today.date())) for history in due]
        await battery.put_forecasts(connection, found, now)
    return len(due) == AT_ONCE
