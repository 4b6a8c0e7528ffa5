"""Look at the alerts that are open, some at a time; one that breaks us holds up no other.

A look is one transaction for some alerts. When it breaks, each of them is looked at alone; the one that
broke us rests, and the operators of its home are told (docs/decisions/0256).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import metrics
from alerts.outage import WITHIN
from alerts.people import People
from alerts.rounds import BATCH, REACHABILITY, Complaint, complain, look, tell_of_many
from core.model.errors import StoreUnavailable
from core.model.finding import AlertState
from core.model.playbook import PLAYBOOKS
from core.model.said import say
from core.store import alert as alert_table
from core.store import open_alert as open_table
from core.store import outage as outage_table
from core.store.pool import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.model.ids import AlertId
    from core.store.alert import StoredAlert
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.alerts")

REST = timedelta(minutes=1)
"""After so long an alert that broke us is looked at again."""


async def look_at_outages(pool: Pool, now: datetime) -> None:
    """Say how many homes cannot be seen by now, where one alert stands for them; end it for a few."""
    async with transaction(pool) as connection:
        for organisation_id in await outage_table.told_of(connection):
            blind = await outage_table.blind_homes(connection, organisation_id, now, WITHIN)
            await tell_of_many(connection, blind, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of a look at some alerts."""

    #: Deliveries that were called for.
    made: int = 0
    #: Alerts of which there is nobody to tell; counted where all are looked at.
    untold: int = 0
    #: Alerts that broke us.
    broken: int = 0
    #: The last one; None where there are no more.
    last: AlertId | None = None


async def look_at_some(pool: Pool, now: datetime, beyond: AlertId | None = None) -> Looked:
    """Look at the next alerts.

    Parameters
    ----------
    beyond
        With an id: at all that are not resolved, after this one; None for those whose time has come.
    """
    try:
        async with transaction(pool) as connection:
            found = await alert_table.alerts_to_look_at(connection, now, BATCH, beyond=beyond)
            made, untold = await look_at(connection, found, now, everybody=beyond is not None)
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("an alert is broken", extra={"action": "alert_broken"})
        return await _one_by_one(pool, now, beyond)
    last = found[-1].alert.alert_id if len(found) == BATCH else None
    return Looked(made=made, untold=untold, last=last)


async def look_at(
    connection: Connection, found: Sequence[StoredAlert], now: datetime, *, everybody: bool
) -> tuple[int, int]:
    """Look at these alerts; return how many deliveries that called for, and how many have nobody to tell."""
    made, untold = await look(People(connection, found), found, now)
    return made, untold if everybody else 0


async def _one_by_one(pool: Pool, now: datetime, beyond: AlertId | None) -> Looked:
    async with transaction(pool) as connection:
        numbers = await open_table.numbers_to_look_at(connection, now, BATCH, beyond=beyond)
    made = untold = broken = 0
    for number in numbers:
        try:
            async with transaction(pool) as connection:
                stored = await alert_table.alert_with(connection, number)
                found = [] if stored is None or _over(stored) else [stored]
                some = await look_at(connection, found, now, everybody=beyond is not None)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("an alert is broken", extra={"action": "alert_broken", "alert": number})
            await _rest(pool, number, now)
            broken += 1
        else:
            made, untold = made + some[0], untold + some[1]
    last = numbers[-1] if len(numbers) == BATCH else None
    return Looked(made=made, untold=untold, broken=broken, last=last)


def _over(stored: StoredAlert) -> bool:
    return stored.alert.state is AlertState.RESOLVED


async def _rest(pool: Pool, alert_id: AlertId, now: datetime) -> None:
    """Leave an alert that broke us alone for a while, and tell the operators of its home."""
    metrics.BROKEN.inc()
    async with transaction(pool) as connection:
        await open_table.put_off(connection, alert_id, now + REST)
    try:
        async with transaction(pool) as connection:
            await _tell_of(connection, alert_id, now)
    except StoreUnavailable:
        raise
    except Exception:  # health says it
        log.exception("a complaint is broken", extra={"action": "alert_broken", "alert": alert_id})


async def _tell_of(connection: Connection, alert_id: AlertId, now: datetime) -> None:
    stored = await alert_table.alert_with(connection, alert_id)
    if stored is None or stored.alert.detector == REACHABILITY:
        return  # a complaint of a complaint would be the next to break
    await complain(
        connection,
        Complaint(
            home_id=stored.alert.home_id,
            subject=f"alert/{alert_id}",
            what=say(
                "Alert %(number)s is open and cannot be told on: it breaks the alerts service.",
                number=alert_id,
            ),
            advice=say(PLAYBOOKS["alert-broken"].first),
        ),
        now,
    )
