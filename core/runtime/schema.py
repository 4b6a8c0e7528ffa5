"""A service that was upgraded before its database waits, and says for what."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from core.model.errors import StoreUnavailable
from core.store.pool import transaction
from core.store.schema import lacks

if TYPE_CHECKING:
    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.store.pool import Pool

log = logging.getLogger("wayhome.service")

PART = "schema"
PAUSE_S = 2.0


async def reached(pool: Pool, clock: Clock, health: Health) -> None:
    """Wait until the database is new enough; one that does not answer is left to who asks it next.

    Half a service is worse than none: after an upgrade without `wayhome migrate` the loops whose tables
    were there went on, and the others broke, each in words of its own.
    """
    told = False
    while True:
        try:
            async with transaction(pool) as connection:
                text = await lacks(connection)
        except StoreUnavailable:
            return
        if text or told:
            health.set(PART, ok=not text, text=text)
        if not text:
            return
        if not told:
            log.error("the service waits: %s", text, extra={"action": "schema_old"})
        told = True
        await clock.sleep(PAUSE_S)
