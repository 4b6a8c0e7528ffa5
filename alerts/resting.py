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
from core.model.away import NOT_BACK_AFTER, is_asked
from core.model.finding import Alert, AlertState, Audience, Outcome, Severity
from core.model.incident import ONE_SILENCE
from core.model.playbook import UNWATCHED
from core.model.watching import NoticeKind
from core.store import alert as alert_table
from core.store import away
from core.store import incident as incident_table
from core.store import watching as watch_table
from core.store.quiet import quiet_hours_of
from core.store.watching import Notice

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.alert import StoredAlert
    from core.store.pool import Connection
    from core.store.watching import DueNotice

log = logging.getLogger("wayhome.alerts")


async def end_due(connection: Connection, now: datetime) -> int:
    """Watch again where the end has come; return in how many homes."""
    ended = await away.end_due(connection, now)
    for home_id in ended:
        log.info("watched again", extra={"action": "rest_ended", "home": home_id})
    return len(ended)


async def ask_before_end(connection: Connection, now: datetime) -> list[DueNotice]:
    """Promise each of a circle, once for each end that was set, the question whether it still holds."""
    waiting = await away.to_be_asked(connection, now)
    hours = await quiet_hours_of(connection, {one.carer_id for one in waiting})
    found = []
    for one in waiting:
        if is_asked(one.told_at, one.until, hours.get(one.carer_id), one.zone, now):
            notice = Notice(
                home_id=one.home_id,
                carer_id=one.carer_id,
                kind=NoticeKind.REST_ENDS,
                about=one.number,
            )
            found.append(await watch_table.promise(connection, notice, now, now))
    return [one for one in found if one is not None]


async def look(connection: Connection, now: datetime) -> int:
    """Tell of silences that go on and nobody was told of; end the rest, and what asks whether she is back.

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
    woken = 0
    for stored in await away.left_silent(connection, now - NOT_BACK_AFTER):
        if _goes_on(stored.alert):
            await _tell(connection, stored, now)
            woken += 1
        else:
            await _end(connection, stored, now)
    return woken


def _goes_on(alert: Alert) -> bool:
    waits = alert.detector in ONE_SILENCE or alert.detector == "not_back"
    return waits and alert.cleared_at is None and alert.severity is not Severity.NOTICE


async def _end(connection: Connection, stored: StoredAlert, now: datetime) -> None:
    """End what was of an empty home; a further finding of it would be told all the same."""
    ended = replace(
        stored.alert, state=AlertState.RESOLVED, resolved_at=now, outcome=Outcome.CLEARED
    )
    await alert_table.save_alert(connection, ended, stored.policy)


async def _tell(connection: Connection, stored: StoredAlert, now: datetime) -> None:
    """Let a silent alert count from now on."""
    told = replace(stored.alert, audience=Audience.CARERS, opened_at=now)
    awake = await incident_table.wake(connection, told)
    alert = awake.alert
    plan = await plan_for(connection, alert)
    run = policy.start(alert.severity, alert.audience, now, plan=plan)
    await settle(connection, awake, Episode(alert=alert, run=run), (), now)
    log.info("silent alert told", extra={"action": "alert_woken", "alert": alert.alert_id})
