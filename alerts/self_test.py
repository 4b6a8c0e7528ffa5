"""The weekly test of each carer by the way that alerts take: it is put into their outbox, as a delivery.

A push that works when somebody tries it may still fail in an emergency, because another path is taken then
(grafana/oncall#3206); so it is this path that is tried (docs/decisions/0156).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.rounds import Complaint, complain
from core.model.errors import StoreUnavailable
from core.model.playbook import PLAYBOOKS
from core.model.reach import WEEKS, badge
from core.model.said import say, say_each
from core.model.watching import may_wake
from core.store import self_test as self_test_table
from core.store.pool import heed_cancellation, transaction
from core.store.quiet import quiet_hours_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.channel import Channel
    from alerts.outbox import Desk
    from core.model.quiet import QuietHours
    from core.store.pool import Connection
    from core.store.self_test import Candidate

PART = "weekly tests"
EVERY_S = 60.0
WEEK = timedelta(days=7)
FIRST = timedelta(days=1)
"""The first test comes a day after a person was first seen."""
WAKING = range(10, 18)
"""Hours of the day at the person's home in which a test is asked."""


def is_due(candidate: Candidate, now: datetime, hours: QuietHours | None = None) -> bool:
    """Tell whether it is time to test this person: weekly, at an hour of their own of the waking day.

    Parameters
    ----------
    hours
        Quiet hours of this person, in their own zone: no test comes in them. Where these leave no such hour,
        it comes a day later outside of them.
    """
    if candidate.asked_at is None:
        return True
    pause = WEEK if candidate.had_messages or not candidate.channels else FIRST
    waited = now - candidate.asked_at - pause
    if waited < timedelta() or (hours is not None and not may_wake(hours, candidate.zone, now)):
        return False
    hour = now.astimezone(candidate.zone if hours is None else hours.zone).hour
    own = WAKING[candidate.carer_id % len(WAKING)]
    return own <= hour < WAKING.stop or (hours is not None and waited >= FIRST)


class SelfTests:
    """Asks the weekly tests; the workers of the outbox send them."""

    def __init__(self, desk: Desk, channels: Sequence[Channel]) -> None:
        self._desk = desk
        self._waking = {channel.name for channel in channels if channel.wakes}

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            await self._desk.clock.sleep(EVERY_S)
            await self.look_once()
            heed_cancellation()

    async def look_once(self) -> None:
        """Ask whoever is due."""
        try:
            async with transaction(self._desk.pool) as connection:
                await self._ask(connection)
        except StoreUnavailable as error:
            self._desk.health.set(PART, ok=False, text=str(error))
            return
        self._desk.health.set(PART, ok=True)

    async def _ask(self, connection: Connection) -> None:
        now = self._desk.clock.now()
        if not await self_test_table.alone(connection):
            return
        candidates = await self_test_table.candidates(connection)
        hours = await quiet_hours_of(connection, [one.carer_id for one in candidates])
        for candidate in candidates:
            if not is_due(candidate, now, hours.get(candidate.carer_id)):
                continue
            known = [name for name in candidate.channels if name in self._waking]
            first = candidate.asked_at is None
            await self_test_table.ask(connection, candidate.carer_id, () if first else known, now)
            if not first:
                await self._judge(connection, candidate, now)

    async def _judge(self, connection: Connection, candidate: Candidate, now: datetime) -> None:
        """Tell the operators of a person who has confirmed none for weeks."""
        tests = await self_test_table.tests_of(connection, candidate.carer_id)
        if badge(tests[1:], now).missed < WEEKS:
            return
        await complain(
            connection,
            Complaint(
                home_id=candidate.home_id,
                subject=f"weekly/{candidate.carer_id}",
                what=say_each(
                    "A carer has not confirmed the weekly test for %(n)s week.",
                    "A carer has not confirmed the weekly test for %(n)s weeks.",
                    WEEKS,
                ),
                advice=say(PLAYBOOKS["carer-not-reachable"].first),
            ),
            now,
        )
