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
from alerts.answer_code import code_of
from alerts.channel import Busy, Gone, Receipt, traits
from alerts.channel_settings import ChannelSettings
from alerts.provider import kept
from alerts.rounds import Complaint, complain
from alerts.wording import outgoing
from core.model.errors import Permanent, StoreUnavailable, Temporary
from core.model.finding import DeliveryState
from core.model.quiet import held_until
from core.model.said import say
from core.runtime.language import ENGLISH, of_reader
from core.store import alert as alert_table
from core.store import contact as contact_table
from core.store import delivery as delivery_table
from core.store import held as held_table
from core.store.delivery import Claim, ClaimedDelivery, Ending
from core.store.pool import heed_cancellation, transaction
from core.store.quiet import quiet_hours_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.channel import Channel
    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.store.delivery import Contact
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.alerts")

PARALLEL = 32
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
    #: Key of the codes that replies by text must hold; empty where nothing takes replies.
    reply_key: str = ""


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


async def _hold(connection: Connection, channel: str, now: datetime) -> None:
    """Let wait what would come in somebody's quiet hours: they began after it was asked for (0142)."""
    due = await held_table.may_wait(connection, channel, now)
    if not due:
        return
    hours = await quiet_hours_of(connection, {one.carer_id for one in due})
    ends = {
        one.delivery_id: held_until(hours.get(one.carer_id), one.severity, now, one.zone)
        for one in due
    }
    until = {number: end for number, end in ends.items() if end is not None}
    if until:
        await held_table.hold(connection, until, now)


class Outbox:
    """Sends the deliveries of one channel."""

    def __init__(self, desk: Desk, channel: Channel) -> None:
        self._desk = desk
        self._channel = channel
        self._wake = asyncio.Event()
        self._part = f"channel {channel.name}"
        described = traits(type(channel), ChannelSettings())
        self._most_in_quarter = described.most_in_quarter
        self._says = described.says
        self._under_way = 0
        self._ended_now: list[tuple[ClaimedDelivery, Ending]] = []
        self._to_mark = asyncio.Event()

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due until cancelled."""
        self._under_way, self._ended_now = (
            0,
            [],
        )  # what an earlier run left goes out again after its lease
        async with asyncio.TaskGroup() as group:
            group.create_task(self._marking(), name=f"marks of {self._part}")
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
            await self._mark([(claimed, await self._send(claimed)) for claimed in batch])
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
            most_in_quarter=self._most_in_quarter,
        )
        try:
            async with transaction(self._desk.pool) as connection:
                if self._channel.wakes:
                    await _hold(connection, self._channel.name, now)
                return await delivery_table.claim(connection, wanted)
        except StoreUnavailable as error:
            log.warning("cannot claim: %s", error, extra={"action": "claim_failed"})
            return []

    async def _deliver(self, claimed: ClaimedDelivery) -> None:
        ending = await self._send(claimed)
        self._ended_now.append((claimed, ending))  # not before: the list is another one by now
        self._to_mark.set()

    async def _marking(self) -> None:
        """Mark what has ended, all of it in one transaction: a commit waits for the disk."""
        while True:
            await self._to_mark.wait()
            self._to_mark.clear()
            ended, self._ended_now = self._ended_now, []
            await self._mark(ended)
            self._under_way -= len(ended)
            if self._under_way <= PARALLEL // 2:
                self._wake.set()  # a claim looks at the whole queue: not one for each that ended

    async def _send(self, claimed: ClaimedDelivery) -> Ending:
        """Hand it over to every address of the person; it is out when one of them took it."""
        if not claimed.contacts and self._channel.wakes:
            return self._ended(DeliveryState.FAILED, "permanent", "there is no address any more")
        # one that was registered and that its owner added, too, is one phone: the first of them counts
        known = {contact.address: contact for contact in reversed(claimed.contacts)}
        contacts: Sequence[Contact | None] = [*known.values()] if self._channel.wakes else [None]
        found = await asyncio.gather(*(self._hand_over(claimed, to) for to in contacts))
        await self._forget(claimed, found, contacts)
        for receipt in found:
            if isinstance(receipt, Receipt):
                self._desk.health.set(self._part, ok=True)
                return self._ended(DeliveryState.SENT, "sent", reference=receipt.reference)
        for error in found:
            if isinstance(error, Temporary):
                return self._later(claimed, error)
        return self._ended(DeliveryState.FAILED, "permanent", str(found[0]))

    async def _hand_over(
        self, claimed: ClaimedDelivery, contact: Contact | None
    ) -> Receipt | Permanent | Temporary:
        try:
            code = code_of(self._desk.reply_key, claimed.delivery_id)
            language = of_reader(claimed.language, claimed.heard)
            language = language if self._says(language) else ENGLISH
            message = outgoing(claimed, self._desk.public_url, contact, code, language)
            async with asyncio.timeout(self._desk.send_timeout_s):
                return await self._channel.send(message)
        except (Permanent, Temporary) as error:
            return error
        except TimeoutError:
            return Temporary("took too long")
        except Exception as error:
            # the fence around a plugin: its bug must not silence the other channels
            log.exception("channel is broken", extra={"action": "channel_broken"})
            return Temporary(f"broken: {type(error).__name__}")

    async def _forget(
        self,
        claimed: ClaimedDelivery,
        found: Sequence[Receipt | Permanent | Temporary],
        contacts: Sequence[Contact | None],
    ) -> None:
        """Take addresses that have ended out of use; their owner and the operators hear of it."""
        for error, contact in zip(found, contacts, strict=True):
            if isinstance(error, Gone) and contact is not None and contact.contact_id is not None:
                with contextlib.suppress(StoreUnavailable):  # then the next message finds it gone
                    await self._lose(claimed, contact.contact_id, str(error))

    async def _lose(self, claimed: ClaimedDelivery, contact_id: int, reason: str) -> None:
        now = self._desk.clock.now()
        async with transaction(self._desk.pool) as connection:
            new = await contact_table.lose_contact(connection, contact_id, reason, now)
            if new and claimed.home_id is not None:
                await complain(
                    connection,
                    Complaint(
                        home_id=claimed.home_id,
                        subject=f"{claimed.channel}/{claimed.carer_id}",
                        what=say(
                            "A way to a carer has ended: %(channel)s, %(reason)s.",
                            channel=say(self._channel.title),
                            reason=reason,
                        ),
                        advice=say(
                            "Ask the carer to add it again under How you are told and try it."
                        ),
                    ),
                    now,
                )
        log.info("contact lost", extra={"action": "contact_lost", "contact": contact_id})

    def _later(self, claimed: ClaimedDelivery, error: Temporary) -> Ending:
        now = self._desk.clock.now()
        if now - claimed.created_at >= SILENT:
            text = "does not answer; retrying, later steps and other channels go on"
            self._desk.health.set(self._part, ok=False, text=text, outside=True)
        if now - claimed.created_at >= GIVE_UP:
            return self._ended(DeliveryState.FAILED, "temporary", str(error))
        wait_s = retry_delay_s(claimed.attempt, random.random())  # noqa: S311 (jitter)
        if isinstance(error, Busy):
            wait_s = max(wait_s, error.retry_after_s)
        return Ending(
            state=DeliveryState.PENDING,
            at=now,
            result="temporary",
            error=kept(str(error)),
            next_try_at=now + timedelta(seconds=wait_s),
        )

    def _ended(
        self, state: DeliveryState, result: str, error: str = "", reference: str = ""
    ) -> Ending:
        now = self._desk.clock.now()
        return Ending(
            state=state, at=now, result=result, error=kept(error), reference=kept(reference)
        )

    async def _mark(self, ended: list[tuple[ClaimedDelivery, Ending]]) -> None:
        while ended:
            try:
                async with transaction(self._desk.pool) as connection:
                    await delivery_table.finish(connection, ended)
                for claimed, ending in ended:
                    if ending.state is not DeliveryState.SENT:
                        async with transaction(self._desk.pool) as connection:
                            await self._trouble(connection, claimed, ending)
                break
            except StoreUnavailable as error:
                log.warning("cannot mark: %s", error, extra={"action": "mark_failed"})
                await self._desk.clock.sleep(MARK_RETRY_S)
            heed_cancellation()
            now = self._desk.clock.now()  # another worker has what is past its lease
            ended = [(claimed, ending) for claimed, ending in ended if now < claimed.lease_until]
        for claimed, ending in ended:
            self._count(claimed, ending)

    async def _trouble(
        self, connection: Connection, claimed: ClaimedDelivery, ending: Ending
    ) -> None:
        """Let the next in line be told at once, and the operators know."""
        if claimed.home_id is None:
            return  # whoever asked for a test sees on the page how it ended
        if ending.state is DeliveryState.FAILED:
            if claimed.alert_id is not None:
                await alert_table.look_again(connection, claimed.alert_id)
            if await contact_table.has_left(connection, claimed.carer_id):
                return  # no new address is wanted of them
            await complain(
                connection,
                Complaint(
                    home_id=claimed.home_id,
                    subject=f"{claimed.channel}/{claimed.carer_id}",
                    what=say(
                        "A carer cannot be told by %(channel)s: %(reason)s.",
                        channel=say(self._channel.title),
                        reason=ending.error,
                    ),
                    advice=say("Ask the carer for a new address, and try it."),
                ),
                ending.at,
            )
        elif ending.at - claimed.created_at >= SILENT:
            await complain(
                connection,
                Complaint(
                    home_id=claimed.home_id,
                    subject=claimed.channel,
                    what=say(
                        "%(channel)s has not taken a message for minutes: %(reason)s.",
                        channel=say(self._channel.title),
                        reason=ending.error,
                    ),
                    advice=say(
                        "Find out why the service does not answer; other channels go on meanwhile."
                    ),
                ),
                ending.at,
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
