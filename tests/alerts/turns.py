"""The alerting service one turn at a time, with time moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alerts.answers import take_answers
from alerts.channel import ChannelSettings, discover
from alerts.intake import take_findings
from alerts.outbox import Desk, Outbox
from alerts.service import Alerting
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AlertsSettings
from core.store.pool import open_pool
from tests.alerts.builders import at
from tests.servers.settling import settled


class Turns:
    """Lets the service do everything that is due at a moment."""

    def __init__(self, alerting: Alerting, outboxes: list[Outbox], clock: ManualClock) -> None:
        self.alerting = alerting
        self.outboxes = outboxes
        self.clock = clock

    async def until(self, minutes: float) -> None:
        """Move to a moment and take one turn."""
        self.clock.advance((at(minutes) - self.clock.now()).total_seconds())
        await self.turn()

    async def turn(self) -> None:
        """Read what came, look at what is due, send."""
        pool = self.alerting.pool
        async with pool.connection() as connection:
            await settled(connection)
        while await take_findings(pool, self.clock):
            pass
        while await take_answers(pool, self.clock):
            pass
        for _ in range(3):
            await self.alerting.escalate_once()
            sent = [await outbox.drain() for outbox in self.outboxes]
            if not any(sent):
                break


@asynccontextmanager
async def turning(url: str, minutes: float = 0) -> AsyncIterator[Turns]:
    clock = ManualClock(at(minutes))
    settings = AlertsSettings(database_url=url, instance="alerts-1")
    health = Health("alerts", clock)
    context = Context(settings=settings, clock=clock, health=health, instance="alerts-1")
    async with open_pool(url) as pool:
        desk = Desk(
            pool=pool,
            clock=clock,
            health=health,
            holder="alerts-1",
            lease_s=30,
            send_timeout_s=2,
            poll_s=0.1,
            public_url="",
        )
        channels = [make(ChannelSettings(timeout_s=2)) for make in discover().values()]
        outboxes = [Outbox(desk, channel) for channel in channels]
        yield Turns(Alerting(context, pool, outboxes), outboxes, clock)
        for channel in channels:
            await channel.close()
