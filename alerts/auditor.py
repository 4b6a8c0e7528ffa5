"""The auditor: every minute it derives anew what should have happened, and tells the outside if all is well.

What it finds becomes an alert of the operators with a playbook of its own; it never says that all is well
when it could not look (docs/decisions/0154).
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import episode as episodes
from alerts import watch
from alerts.flood import Floods, Places
from alerts.promises import Terms, violations
from alerts.rounds import open_episode, recall, settle
from alerts.watch import Room
from core.model.errors import StoreUnavailable, Temporary
from core.model.finding import Audience, Finding, Phase
from core.model.playbook import AUDIT, playbook_for
from core.model.said import say
from core.store import alert_audit as audit_table
from core.store.ledger import read_ledger, snapshot
from core.store.pool import heed_cancellation, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from alerts.dead_man import DeadMan
    from alerts.watch import Fault
    from core.model.ids import HomeId
    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.store.alert import StoredAlert
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.alerts")

EVERY_S = 60.0
LOOKS_BACK = timedelta(hours=2)
"""Alerts that were opened or resolved since, and all that are open, are judged."""
PART = "auditor"
SWITCH = "dead-man switch"


class Auditor:
    """Looks at everything, over and over."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        health: Health,
        switch: DeadMan,
        *,
        lease_s: float,
        disk_folder: str = "",
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._health = health
        self._switch = switch
        self._lease = timedelta(seconds=lease_s)
        self._disk_folder = disk_folder
        self._short = False
        self._floods = Floods()
        #: Called when there is something to send.
        self.wake: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            await self._clock.sleep(EVERY_S)
            await self.look_once()
            heed_cancellation()

    async def look_once(self) -> tuple[Fault, ...] | None:
        """Look now and say what was found; None when it could not look, or another process does."""
        try:
            found = await self._look()
        except StoreUnavailable as error:
            self._health.set(PART, ok=False, text=f"could not look: {error}")
            log.warning("auditor could not look: %s", error, extra={"action": "audit_failed"})
            return None
        if found is None:
            return None
        text = "; ".join(sorted({_kind(fault) for fault in found}))
        self._health.set(PART, ok=not found, text=text, outside=True)
        await self._tell_outside(well=not found)
        return found

    async def _look(self) -> tuple[Fault, ...] | None:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await snapshot(connection)
            signs = await audit_table.signs(connection, now, watch.SILENT_AFTER)
            ledger = await read_ledger(connection, now - LOOKS_BACK, now)
        # in a thread: judging a whole district must not hold up a message
        broken = await asyncio.to_thread(violations, ledger, Terms(now=now, lease=self._lease))
        alerts = {one.alert.alert_id: one.alert for one in ledger.alerts}
        found = watch.faults(signs, broken, alerts, now, self._short_of_room())
        of_many = {ledger.organisations[home]: home for home in signs.homes}
        places = Places(organisations=ledger.organisations, of_many=of_many)
        async with transaction(self._pool) as connection:
            if not await audit_table.alone(connection):
                return None
            await self._keep(connection, found, places, now)
        self.wake()
        return found

    def _short_of_room(self) -> Room | None:
        if not self._disk_folder:
            return None
        try:
            usage = shutil.disk_usage(self._disk_folder)
        except OSError:
            return None
        room = Room(free=usage.free, total=usage.total)
        self._short = room.is_short(already=self._short)
        return room if self._short else None

    async def _keep(
        self,
        connection: Connection,
        found: Sequence[Fault],
        where: Places,
        now: datetime,
    ) -> None:
        """Open an alert for what is new, and clear that of what is over."""
        known = await audit_table.alerts_of(connection, AUDIT, since=now - 2 * LOOKS_BACK)
        places = {(stored.alert.home_id, stored.alert.subject): stored for stored in known}
        homes = tuple(where.of_many.values())
        wanted = {
            (home, fault.subject): fault
            for fault in self._floods.gather(found, where, places, now)
            for home in ((fault.home_id,) if fault.home_id else homes)
        }
        for place, fault in wanted.items():
            await _raise(connection, place[0], fault, places.get(place), now)
        for place, stored in places.items():
            over = stored.alert.cleared_at or stored.alert.resolved_at
            if place not in wanted and not place[1].startswith(watch.PROMISE) and not over:
                await _hear(connection, stored, _finding(stored, Phase.CLEARED, now), now)

    async def _tell_outside(self, *, well: bool) -> None:
        try:
            await self._switch.ping(well=well)
        except Temporary as error:
            text = f"nobody outside hears that we live: {error}"
            self._health.set(SWITCH, ok=False, text=text, outside=True)
            log.warning("dead-man switch: %s", error, extra={"action": "switch_failed"})
        else:
            if self._switch.url:
                self._health.set(SWITCH, ok=True)


async def _raise(
    connection: Connection,
    home_id: HomeId,
    fault: Fault,
    known: StoredAlert | None,
    now: datetime,
) -> None:
    book = playbook_for(AUDIT, fault.subject)
    finding = Finding(
        home_id=home_id,
        resident_id=None,
        detector=AUDIT,
        subject=fault.subject,
        severity=fault.severity,
        audience=Audience.OPERATORS,
        onset=now,
        noticed_at=now,
        what=fault.what,
        advice="" if book is None else say(book.first),
    )
    if known is None or (
        known.alert.resolved_at is not None and not fault.subject.startswith(watch.PROMISE)
    ):
        alert_id = await open_episode(connection, finding, now, silent=False)
        extra = {"action": "audit_fault", "alert": alert_id, "kind": _kind(fault)}
        log.error("the auditor found a fault", extra=extra)
    elif known.alert.resolved_at is None and known.alert.cleared_at is not None:
        await _hear(connection, known, _finding(known, Phase.RAISED, now), now)


async def _hear(connection: Connection, stored: StoredAlert, news: Finding, now: datetime) -> None:
    before, told = await recall(connection, stored)
    after = episodes.heard(before, news, now)
    if after != before:
        await settle(connection, stored, after, told, now)


def _finding(stored: StoredAlert, phase: Phase, now: datetime) -> Finding:
    alert = stored.alert
    return Finding(
        home_id=alert.home_id,
        resident_id=None,
        detector=alert.detector,
        subject=alert.subject,
        severity=alert.severity,
        audience=alert.audience,
        phase=phase,
        onset=alert.onset,
        noticed_at=now,
        what=alert.what,
    )


def _kind(fault: Fault) -> str:
    book = playbook_for(AUDIT, fault.subject)
    return fault.subject.partition("/")[0] if book is None else book.title
