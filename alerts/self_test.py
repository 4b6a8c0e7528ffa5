"""The weekly test of each carer by the way that alerts take: the same channels, addresses and settings.

A push that works when somebody tries it may still fail in an emergency, because another path is taken then
(grafana/oncall#3206); so it is this path that is tried (docs/decisions/0156).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.channel import Outgoing
from alerts.outbox import retry_delay_s
from alerts.rounds import complain
from core.model.errors import Permanent, StoreUnavailable
from core.model.finding import Severity
from core.model.ids import AlertId, DeliveryId
from core.model.playbook import PLAYBOOKS
from core.model.reach import WEEKS, badge
from core.store import self_test as self_test_table
from core.store.pool import heed_cancellation, transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.channel import Channel
    from alerts.outbox import Desk
    from core.store.pool import Connection
    from core.store.self_test import Candidate, TestMessage

log = logging.getLogger("wayhome.alerts")

PART = "weekly tests"
EVERY_S = 60.0
WEEK = timedelta(days=7)
FIRST = timedelta(days=1)
"""The first test comes a day after a person was first seen."""
WAKING = range(10, 18)
"""Hours of the day at the person's home in which a test may ring."""
BATCH = 16
GIVE_UP = 6
"""Attempts; with the pauses between them some minutes."""
TITLE = "Wayhome: weekly test"
TEXT = "This is a test. Open Wayhome and tap that it reached you."


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutgoing(Outgoing):
    """A message of a test; its key is never that of a message about an alert."""

    __test__ = False

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of a message."""
        return f"wayhome-self-test-{self.delivery_id}"


def is_due(candidate: Candidate, now: datetime) -> bool:
    """Tell whether it is time to test this person: weekly, at an hour of their own of the waking day."""
    if candidate.asked_at is None:
        return True
    pause = WEEK if candidate.had_messages or not candidate.channels else FIRST
    hour = now.astimezone(candidate.zone).hour
    own = WAKING[candidate.carer_id % len(WAKING)]
    return now - candidate.asked_at >= pause and own <= hour < WAKING.stop


class SelfTests:
    """Asks and sends the weekly tests."""

    def __init__(self, desk: Desk, channels: Sequence[Channel]) -> None:
        self._desk = desk
        self._channels = {channel.name: channel for channel in channels if channel.wakes}

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            await self._desk.clock.sleep(EVERY_S)
            await self.look_once()
            heed_cancellation()

    async def look_once(self) -> None:
        """Ask whoever is due, and send what waits."""
        try:
            async with transaction(self._desk.pool) as connection:
                await self._ask(connection)
        except StoreUnavailable as error:
            self._desk.health.set(PART, ok=False, text=str(error))
            return
        self._desk.health.set(PART, ok=True)
        async with asyncio.TaskGroup() as group:  # one that hangs delays no other
            for channel in self._channels.values():
                group.create_task(self._send(channel), name=f"weekly tests by {channel.name}")

    async def _ask(self, connection: Connection) -> None:
        now = self._desk.clock.now()
        if not await self_test_table.alone(connection):
            return
        for candidate in await self_test_table.candidates(connection):
            if not is_due(candidate, now):
                continue
            known = [name for name in candidate.channels if name in self._channels]
            first = candidate.asked_at is None
            await self_test_table.ask(connection, candidate.carer_id, () if first else known, now)
            if not first:
                await self._judge(connection, candidate, now)

    async def _judge(self, connection: Connection, candidate: Candidate, now: datetime) -> None:
        """Tell the operators of a person who has not tapped for weeks."""
        tests = await self_test_table.tests_of(connection, candidate.carer_id)
        if badge(tests[1:], now).missed < WEEKS:
            return
        await complain(
            connection,
            candidate.home_id,
            f"weekly/{candidate.carer_id}",
            what=f"A carer has not confirmed the weekly test for {WEEKS} weeks.",
            advice=PLAYBOOKS["carer-not-reachable"].first,
            now=now,
        )

    async def _send(self, channel: Channel) -> None:
        now = self._desk.clock.now()
        # one after the other, so each may have to wait for all before it
        lease = timedelta(seconds=1.5 * BATCH * self._desk.send_timeout_s)
        try:
            async with transaction(self._desk.pool) as connection:
                batch = await self_test_table.claim(
                    connection, channel.name, now, now + lease, BATCH
                )
            for message in batch:
                await self._send_one(channel, message)
        except StoreUnavailable as error:  # what was claimed is sent again when its lease ends
            self._desk.health.set(PART, ok=False, text=str(error))

    async def _send_one(self, channel: Channel, message: TestMessage) -> None:
        state, error = await self._attempt(channel, message)
        if state == "pending" and message.attempt >= GIVE_UP:
            state = "failed"
        now = self._desk.clock.now()
        again = now + timedelta(seconds=retry_delay_s(message.attempt, 1.0))
        async with transaction(self._desk.pool) as connection:
            await self_test_table.finish(
                connection, message, state, now, error=error, next_try_at=again
            )
        extra = {"action": "self_test", "channel": channel.name, "state": state}
        log.info("weekly test", extra=extra)

    async def _attempt(self, channel: Channel, message: TestMessage) -> tuple[str, str]:
        """Send once; return the state of the message then, and the error."""
        if message.address is None:
            return "failed", "there is no address any more"
        try:
            async with asyncio.timeout(self._desk.send_timeout_s):
                await channel.send(replace(self._outgoing(message), address=message.address))
        except Permanent as error:
            return "failed", str(error)
        except Exception as error:  # noqa: BLE001 (the fence around a plugin, as in the outbox)
            return "pending", type(error).__name__
        return "sent", ""

    def _outgoing(self, message: TestMessage) -> TestOutgoing:
        base = self._desk.public_url.rstrip("/")
        return TestOutgoing(
            delivery_id=DeliveryId(message.self_test_id),
            alert_id=AlertId(0),
            address="",
            severity=Severity.CHECK,
            step=0,
            title=TITLE,
            text=TEXT,
            link=f"{base}/reachable" if base else "",
        )
