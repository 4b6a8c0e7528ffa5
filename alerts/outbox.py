"""Claim by lease, commit, send, then mark; each channel with workers of its own.

A worker may die at any line: before the claim nothing has happened, after it the lease ends and another
worker sends again, with the same idempotency key (docs/decisions/0052).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import metrics
from alerts.channel import Busy
from alerts.rounds import complain
from alerts.wording import outgoing
from core.model.errors import Permanent, StoreUnavailable, Temporary
from core.model.finding import DeliveryState
from core.store import alert as alert_table
from core.store import delivery as delivery_table
from core.store.delivery import Claim, ClaimedDelivery, Ending
from core.store.pool import heed_cancellation, transaction

if TYPE_CHECKING:
    from alerts.channel import Channel
    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.alerts")

PARALLEL = 16
"""Messages under way at once by one channel."""
FIRST_DELAY_S = 2.0
LONGEST_DELAY_S = 60.0
GIVE_UP = timedelta(hours=1)
"""After so long without success a delivery has failed; later steps have taken over long before."""
SILENT = timedelta(minutes=3)
"""After so long without success the operators are told that the channel does not answer."""
MARK_RETRY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the workers of all channels share."""

    pool: Pool
    clock: Clock
    health: Health
    #: Name of this process.
    holder: str
    lease_s: float
    send_timeout_s: float
    poll_s: float
    public_url: str


def retry_delay_s(attempt: int, chance: float) -> float:
    """Seconds to wait after failed attempt ``attempt`` (from 1), half of it jitter.

    Parameters
    ----------
    chance
        A uniform number in [0, 1).

    Examples
    --------
    >>> [retry_delay_s(n, 1.0) for n in (1, 2, 3, 30)]
    [2.0, 4.0, 8.0, 60.0]
    >>> retry_delay_s(1, 0.0)
    1.0
    """
    whole = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(attempt - 1, 16))
    return whole * (0.5 + 0.5 * chance)


class Outbox:
    """Sends the deliveries of one channel."""

    def __init__(self, desk: Desk, channel: Channel) -> None:
        self._desk = desk
        self._channel = channel
        self._wake = asyncio.Event()
        self._part = f"channel {channel.name}"
        self._under_way = 0

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                batch = await self._claim()
                heed_cancellation()
                for claimed in batch:
                    self._under_way += 1
                    group.create_task(self._deliver(claimed), name=f"delivery by {self._part}")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._desk.poll_s):
                        await self._wake.wait()

    async def drain(self) -> int:
        """Send everything that is due now; return how many attempts that took."""
        attempts = 0
        while batch := await self._claim():
            for claimed in batch:
                self._under_way += 1
                await self._deliver(claimed)
            attempts += len(batch)
        return attempts

    async def _claim(self) -> list[ClaimedDelivery]:
        free = PARALLEL - self._under_way
        if free <= 0:
            return []
        now = self._desk.clock.now()
        # a lease outlives the longest attempt, or a slow one would be sent twice
        lease_s = max(self._desk.lease_s, 1.5 * self._desk.send_timeout_s)
        wanted = Claim(
            channel=self._channel.name,
            holder=self._desk.holder,
            limit=free,
            now=now,
            lease_until=now + timedelta(seconds=lease_s),
        )
        try:
            async with transaction(self._desk.pool) as connection:
                return await delivery_table.claim(connection, wanted)
        except StoreUnavailable as error:
            log.warning("cannot claim: %s", error, extra={"action": "claim_failed"})
            return []

    async def _deliver(self, claimed: ClaimedDelivery) -> None:
        try:
            ending = await self._send(claimed)
            await self._mark(claimed, ending)
        finally:
            self._under_way -= 1
            self._wake.set()

    async def _send(self, claimed: ClaimedDelivery) -> Ending:
        if claimed.address is None and self._channel.wakes:
            return self._ended(DeliveryState.FAILED, "permanent", "there is no address any more")
        try:
            async with asyncio.timeout(self._desk.send_timeout_s):
                receipt = await self._channel.send(outgoing(claimed, self._desk.public_url))
        except Permanent as error:
            return self._ended(DeliveryState.FAILED, "permanent", str(error))
        except TimeoutError:
            return self._later(claimed, Temporary("took too long"))
        except Temporary as error:
            return self._later(claimed, error)
        except Exception as error:
            # the fence around a plugin: its bug must not silence the other channels
            log.exception("channel is broken", extra={"action": "channel_broken"})
            return self._later(claimed, Temporary(f"broken: {type(error).__name__}"))
        self._desk.health.set(self._part, ok=True)
        return self._ended(DeliveryState.SENT, "sent", reference=receipt.reference)

    def _later(self, claimed: ClaimedDelivery, error: Temporary) -> Ending:
        now = self._desk.clock.now()
        if now - claimed.created_at >= SILENT:
            text = "does not answer; retrying, later steps and other channels go on"
            self._desk.health.set(self._part, ok=False, text=text)
        if now - claimed.created_at >= GIVE_UP:
            return self._ended(DeliveryState.FAILED, "temporary", str(error))
        wait_s = retry_delay_s(claimed.attempt, random.random())  # noqa: S311 (jitter)
        if isinstance(error, Busy):
            wait_s = max(wait_s, error.retry_after_s)
        return Ending(
            state=DeliveryState.PENDING,
            at=now,
            result="temporary",
            error=str(error),
            next_try_at=now + timedelta(seconds=wait_s),
        )

    def _ended(
        self, state: DeliveryState, result: str, error: str = "", reference: str = ""
    ) -> Ending:
        now = self._desk.clock.now()
        return Ending(state=state, at=now, result=result, error=error, reference=reference)

    async def _mark(self, claimed: ClaimedDelivery, ending: Ending) -> None:
        while True:
            try:
                async with transaction(self._desk.pool) as connection:
                    await delivery_table.finish(connection, claimed, ending)
                if ending.state is not DeliveryState.SENT:
                    async with transaction(self._desk.pool) as connection:
                        await self._trouble(connection, claimed, ending)
                break
            except StoreUnavailable as error:
                log.warning("cannot mark: %s", error, extra={"action": "mark_failed"})
                await self._desk.clock.sleep(MARK_RETRY_S)
            heed_cancellation()
            if self._desk.clock.now() >= claimed.lease_until:
                return  # another worker has it now
        self._count(claimed, ending)

    async def _trouble(
        self, connection: Connection, claimed: ClaimedDelivery, ending: Ending
    ) -> None:
        """Let the next in line be told at once, and the operators know."""
        if ending.state is DeliveryState.FAILED:
            await alert_table.look_again(connection, claimed.alert_id)
            await complain(
                connection,
                claimed.home_id,
                f"{claimed.channel}/{claimed.carer_id}",
                what=f"A carer cannot be told by {self._channel.title}: {ending.error}.",
                advice="Ask the carer for a new address, and try it.",
                now=ending.at,
            )
        elif ending.at - claimed.created_at >= SILENT:
            await complain(
                connection,
                claimed.home_id,
                claimed.channel,
                what=f"{self._channel.title} has not taken a message for minutes: {ending.error}.",
                advice="Find out why the service does not answer; other channels go on meanwhile.",
                now=ending.at,
            )

    def _count(self, claimed: ClaimedDelivery, ending: Ending) -> None:
        name = claimed.channel
        metrics.ATTEMPTS.labels(name, ending.result).inc()
        if ending.state is not DeliveryState.PENDING:
            metrics.DELIVERIES.labels(name, ending.state.value).inc()
        seconds = (ending.at - claimed.created_at).total_seconds()
        if ending.state is DeliveryState.SENT:
            metrics.SENT_SECONDS.labels(name).observe(seconds)
        log.info(
            "delivery attempt",
            extra={
                "action": "delivery",
                "delivery": claimed.delivery_id,
                "alert": claimed.alert_id,
                "channel": name,
                "attempt": claimed.attempt,
                "result": ending.result,
                "after_s": round(seconds, 3),
            },
        )
