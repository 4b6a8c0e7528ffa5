"""Ends what a carer said of nobody being at home when its end has come, and tells what goes on in silence.

The end is told as each change of watching is (`alerts.watch_notices`); docs/decisions/0295.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts import policy
from alerts.duty import plan_for
from alerts.episode import Episode
from alerts.rounds import recall, settle
from alerts.unwatched import BACK
from core.model.away import NOT_BACK_AFTER
from core.model.finding import Audience
from core.model.playbook import UNWATCHED
from core.store import away
from core.store import incident as incident_table

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.alert import StoredAlert
    from core.store.pool import Connection

log = logging.getLogger("wayhome.alerts")


async def end_due(connection: Connection, now: datetime) -> int:
    """Watch again where the end has come; return in how many homes."""
    ended = await away.end_due(connection, now)
    for home_id in ended:
        log.info("watched again", extra={"action": "rest_ended", "home": home_id})
    return len(ended)


async def look(connection: Connection, now: datetime) -> int:
    """Tell of silences that go on and were told to nobody; what asks about a rest that is over is cleared.

    Returns
    -------
    int
        How many are told of.
    """
    for stored in await away.answered_by_end(connection, UNWATCHED, BACK):
        before, told = await recall(connection, stored)
        after = replace(
            before,
            alert=replace(before.alert, cleared_at=now),
            run=replace(before.run, asked=None),
        )
        await settle(connection, stored, after, told, now)
    silences = await away.gone_on(connection, now - NOT_BACK_AFTER)
    for stored in silences:
        await _tell(connection, stored, now)
    return len(silences)


async def _tell(connection: Connection, stored: StoredAlert, now: datetime) -> None:
    """Let a silent alert count from now on."""
    told = replace(stored.alert, audience=Audience.CARERS, opened_at=now)
    awake = await incident_table.wake(connection, told)
    alert = awake.alert
    plan = await plan_for(connection, alert)
    run = policy.start(alert.severity, alert.audience, now, plan=plan)
    await settle(connection, awake, Episode(alert=alert, run=run), (), now)
    log.info("silent alert told", extra={"action": "alert_woken", "alert": alert.alert_id})
