"""The alerting service: reads findings and answers, escalates, sends. Several may run side by side."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from alerts import answers, channel_settings, intake, looking, metrics
from alerts.auditor import Auditor
from alerts.channel import discover
from alerts.dead_man import DeadMan
from alerts.offers import offers
from alerts.outbox import Desk, Outbox
from alerts.receipts import receiving
from alerts.self_test import SelfTests
from alerts.watch_notices import WatchNotices
from core.model.errors import StoreUnavailable
from core.model.ids import AlertId
from core.runtime import schema
from core.runtime.fence import fenced
from core.runtime.language import languages
from core.store import alert as alert_table
from core.store import contact as contact_table
from core.store import delivery as delivery_table
from core.store import lineage
from core.store.duty import unheard_organisations
from core.store.listen import wakeups
from core.store.pool import heed_cancellation, open_pool, transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from core.runtime.service import Context
    from core.runtime.settings import AlertsSettings
    from core.store.pool import Pool

log = logging.getLogger("wayhome.alerts")

CONNECTIONS = 8
AUDIT_S = 60.0
"""How often every open alert is looked at, whatever its own clock says."""
COUNT_S = 5.0
REST_S = 1.0
"""Rest after the database did not answer, or a finding or an answer broke us."""
BROKEN = {"finding": "a finding is broken", "answer": "an answer is broken"}
TRIES = 3
"""A finding or an answer that breaks us as often goes aside: others wait behind it."""


class Alerting:
    """The loops of one process."""

    def __init__(
        self, context: Context[AlertsSettings], pool: Pool, outboxes: list[Outbox]
    ) -> None:
        self._context = context
        self.pool = pool
        self.health = context.health
        self._outboxes = outboxes
        self._poll_s = context.settings.poll_ms / 1000
        self._offers = offers(channel_settings.of(context.settings))

    async def findings(self) -> None:
        """Turn findings into alerts as they come."""
        url = self._context.settings.database_url
        async for _ in wakeups(url, "finding", poll_s=self._poll_s):
            await self._guarded("findings", lambda: self._read("finding", intake.take_findings))

    async def answers(self) -> None:
        """Give answers their effect as they come."""
        url = self._context.settings.database_url
        async for _ in wakeups(url, "response", poll_s=self._poll_s):
            await self._guarded("answers", lambda: self._read("answer", answers.take_answers))

    async def tests(self) -> None:
        """Send the test messages that carers ask for."""
        url = self._context.settings.database_url
        async for _ in wakeups(url, contact_table.WAKEUP, poll_s=self._poll_s):
            await self._guarded("tests", self.tests_once)

    async def tests_once(self) -> None:
        """Put what was asked for into the outbox."""
        async with transaction(self.pool) as connection:
            made = await contact_table.take_tests(connection, self._context.clock.now())
        if made:
            self.wake()

    async def escalation(self) -> None:
        """Make the deliveries whose time has come."""
        while True:
            await self._guarded("escalation", self.escalate_once)
            await self._context.clock.sleep(self._poll_s)

    async def audit(self) -> None:
        """Look at everything that is open, in case something was missed, and at who can be told."""
        while True:
            await self._guarded("offer", self.offer)
            await self._guarded("audit", self.audit_once)
            await self._context.clock.sleep(AUDIT_S)

    async def counting(self) -> None:
        """Keep the figures up to date."""
        while True:
            await self._guarded("counting", self._count)
            await self._context.clock.sleep(COUNT_S)

    async def escalate_once(self) -> None:
        """Make what is due now, and cancel what nobody needs any more."""
        now = self._context.clock.now()
        made = 0
        while True:
            looked = await looking.look_at_some(self.pool, now)
            made += looked.made
            if looked.last is None:
                break
        async with transaction(self.pool) as connection:
            await delivery_table.cancel_unwanted(connection, now)
        if made:
            self.wake()

    async def audit_once(self) -> None:
        """Look at every open alert now."""
        now = self._context.clock.now()
        await looking.look_at_outages(self.pool, now)
        beyond: AlertId | None = AlertId(0)
        missed = untold = broken = 0
        while beyond is not None:
            looked = await looking.look_at_some(self.pool, now, beyond)
            missed, untold = missed + looked.made, untold + looked.untold
            broken += looked.broken
            beyond = looked.last
        text = f"{broken} open alerts break us: nobody more is told of them; see the log"
        self.health.set("open alerts", ok=not broken, text=text if broken else "", outside=True)
        if missed:
            log.info("audit made up", extra={"action": "audit", "deliveries": missed})
            self.wake()
        await self._judge_reach(untold)

    async def offer(self) -> None:
        """Let the pages know by which channels people can be told."""
        async with transaction(self.pool) as connection:
            await contact_table.publish_offers(connection, self._offers, self._context.clock.now())

    async def _read(self, what: str, take: Callable[..., Awaitable[int]]) -> None:
        """Take in all that a log holds; what breaks us goes aside."""
        try:
            while await take(self.pool, self._context.clock):
                self.wake()
        except StoreUnavailable:
            raise
        except Exception:
            log.exception(BROKEN[what], extra={"action": f"{what}_broken"})
            await self._one_by_one(what, take)

    async def _one_by_one(self, what: str, take: Callable[..., Awaitable[int]]) -> None:
        """Take in what stands before the one that breaks us; that one goes aside, and the rest goes on."""
        for _ in range(TRIES):
            try:
                while await take(self.pool, self._context.clock, at_once=1):
                    self.wake()
            except StoreUnavailable:
                raise
            except Exception:
                log.exception(BROKEN[what], extra={"action": f"{what}_broken"})
                await self._context.clock.sleep(REST_S)
            else:
                return
        aside = {"finding": intake.set_aside, "answer": answers.set_aside}[what]
        await aside(self.pool, self._context.clock)
        self.wake()

    async def _guarded(self, part: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except StoreUnavailable as error:
            self.health.set(part, ok=False, text=str(error))
            log.warning("%s: %s", part, error, extra={"action": "store_unavailable"})
            await self._context.clock.sleep(REST_S)
        else:
            self.health.set(part, ok=True)
        heed_cancellation()

    async def _judge_reach(self, untold: int) -> None:
        async with transaction(self.pool) as connection:
            fault = await lineage.fault(connection, ("finding", "response", "alert_cursor"))
            self.health.set("lineage", ok=not fault, text=fault)
            homes = await alert_table.homes_without_carers(connection)
            unheard = len(await unheard_organisations(connection))
            unknown = await delivery_table.unknown_channels(connection, list(discover()))
            idle = await delivery_table.unknown_channels(
                connection, [one.channel for one in self._offers if not one.lacks]
            )
        idle = [name for name in idle if name not in unknown]
        faults = [
            f"{untold} open alerts have nobody to tell" if untold else "",
            f"{homes} watched homes have no carer: assign one" if homes else "",
            f"{unheard} organisations have no technician or administrator who can be woken"
            if unheard
            else "",
            f"unknown channels in contacts: {', '.join(unknown)}" if unknown else "",
            f"channels in contacts that are not set up: {', '.join(idle)}" if idle else "",
        ]
        text = "; ".join(filter(None, faults))
        self.health.set("reach", ok=not text, text=text, outside=True)

    async def _count(self) -> None:
        now = self._context.clock.now()
        async with transaction(self.pool) as connection:
            alerts = await alert_table.open_counts(connection)
            waiting = await delivery_table.waiting(connection, now)
        metrics.OPEN.clear()
        for labels, count in alerts.items():
            metrics.OPEN.labels(*labels).set(count)
        for name in discover():
            count, overdue_s = waiting.get(name, (0, 0.0))
            metrics.WAITING.labels(name).set(count)
            metrics.OVERDUE.labels(name).set(overdue_s)

    def wake(self) -> None:
        """Let every channel look at once whether something is due."""
        for outbox in self._outboxes:
            outbox.wake()


async def main(context: Context[AlertsSettings]) -> None:
    """Run until cancelled."""
    settings = context.settings
    to_channels = channel_settings.of(settings)
    languages()  # read before the first message waits for it
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            open_pool(settings.database_url, most=CONNECTIONS, name="wayhome alerts")
        )
        desk = Desk(
            pool=pool,
            clock=context.clock,
            health=context.health,
            holder=context.instance,
            lease_s=settings.lease_s,
            send_timeout_s=settings.send_timeout_s,
            poll_s=settings.poll_ms / 1000,
            public_url=settings.public_url,
            reply_key=settings.webhook_secret if settings.receipts_url else "",
        )
        channels = [make(to_channels) for make in discover().values()]
        for channel in channels:
            stack.push_async_callback(channel.close)
        outboxes = [Outbox(desk, channel) for channel in channels]
        alerting = Alerting(context, pool, outboxes)
        await stack.enter_async_context(receiving(context, pool, to_channels))
        switch = DeadMan(settings.dead_man_url)
        stack.push_async_callback(switch.close)
        auditor = Auditor(
            pool,
            context.clock,
            context.health,
            switch,
            lease_s=settings.lease_s,
            disk_folder=settings.disk_folder,
        )
        auditor.wake = alerting.wake
        waking = [channel.name for channel in channels if channel.wakes]
        watches = WatchNotices(
            pool, context.clock, context.health, url=settings.database_url, waking=waking
        )
        watches.wake = alerting.wake
        await schema.reached(pool, context.clock, context.health)
        async with asyncio.TaskGroup() as group:
            for loop in (
                alerting.findings,
                alerting.answers,
                alerting.tests,
                alerting.escalation,
                alerting.audit,
                alerting.counting,
                auditor.run,
                watches.listen,
                watches.run,
                SelfTests(desk, channels).run,
                *(outbox.run for outbox in outboxes),
            ):
                name = loop.__qualname__
                group.create_task(fenced(name, loop, context.clock, context.health), name=name)
