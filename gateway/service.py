"""The gateway: takes messages from the broker, commits them, and only then acknowledges them."""

from __future__ import annotations

import asyncio
import gc
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured, StoreUnavailable
from core.runtime import schema
from core.runtime.broker import BrokerSettings, Subscriber
from core.runtime.broker_certificate import Shown
from core.store import presence
from core.store.pool import open_pool, transaction
from gateway import figures
from gateway.admission import Admission, Outcome
from gateway.batch import Intake
from gateway.directory import Directory, Limits
from gateway.presence import PresenceBook
from gateway.quota import DiscoveredQuota, QuarantineQuota
from gateway.receipts import Ring
from gateway.registry import Registry, keep_names, left_behind
from gateway.standstill import Standstill
from gateway.writer import Writer
from sensors.driver import discover

if TYPE_CHECKING:
    from datetime import datetime

    from core.runtime.broker import IncomingMessage
    from core.runtime.service import Context
    from core.runtime.settings import GatewaySettings
    from core.store.pool import Pool
    from gateway.admission import Admitted
    from gateway.batch import Batch
    from gateway.registry import LeftBehind

log = logging.getLogger("wayhome.gateway")

HEARTBEAT_S = 5.0
LOOK_S = 0.1
"""How often the connection to the broker is looked at."""
IDLE_S = 1.0
"""How often presence that waits is looked at when no message comes."""
RETRY_S = 0.5
OTHERS_WITHIN = timedelta(seconds=30)
QUIET_S = 3.0
"""Who gives up its share and is sent nothing for so long has all of it."""
SLICE = 250
"""Messages taken in between two looks at the database, which else would wait while a commit is under way."""
LATE_S = 60.0
"""A standstill of so long makes the gateway unwell."""
ALL_HOMES = "homes/#"


async def main(context: Context[GatewaySettings], *, leaving: bool = False) -> None:
    """Run until cancelled; where it is ``leaving``, until it has stored all that it was sent."""
    settings = context.settings
    discover()  # a driver that is broken ends us at once, whether or not the database answers
    async with open_pool(settings.database_url, most=4, name=f"wayhome-{context.instance}") as pool:
        await schema.reached(pool, context.clock, context.health)
        gateway = Gateway(context, pool)
        await gateway.begin()
        async with (
            Subscriber(
                _broker(context),
                (_topics(settings.shared_group),),
                capacity=settings.buffer_messages,
            ) as subscriber,
            asyncio.TaskGroup() as group,
        ):
            tasks = [
                group.create_task(gateway.take_in(subscriber), name="intake"),
                group.create_task(gateway.write(subscriber), name="writer"),
                group.create_task(gateway.registry.follow(settings.database_url), name="registry"),
                group.create_task(gateway.beat(subscriber), name="heartbeat"),
                group.create_task(
                    gateway.certificate.follow(_broker(context), context.clock), name="certificate"
                ),
                group.create_task(
                    keep_names(pool, gateway.discovered, context.clock), name="names"
                ),
            ]
            if leaving:
                await gateway.leave(subscriber)
                for task in tasks:
                    task.cancel()
        if leaving:
            async with transaction(pool) as connection:
                await presence.forget_gateway(connection, context.instance)


def _topics(shared_group: str) -> str:
    return f"$share/{shared_group}/{ALL_HOMES}" if shared_group else ALL_HOMES


def _broker(context: Context[GatewaySettings]) -> BrokerSettings:
    settings = context.settings
    return BrokerSettings(
        url=settings.mqtt_url,
        client_id=settings.mqtt_client_id or f"wayhome-{context.instance}",
        username=settings.mqtt_username,
        password=settings.mqtt_password,
        ca_file=settings.mqtt_ca_file,
        certificate_file=settings.mqtt_certificate_file,
        key_file=settings.mqtt_key_file,
        protocol=settings.mqtt_protocol,
    )


class Gateway:
    """The tasks of a running gateway and what they share."""

    def __init__(self, context: Context[GatewaySettings], pool: Pool) -> None:
        self._context = context
        self._pool = pool
        settings = context.settings
        self._directory = Directory(
            Limits(
                payload_bytes=settings.payload_limit_bytes,
                rate_per_s=settings.device_rate_per_s,
                burst=settings.device_burst,
            )
        )
        self._book = PresenceBook()
        self._ring = Ring()
        self.discovered = DiscoveredQuota()
        self.certificate = Shown()
        self.registry = Registry(pool, self._directory, context.clock)
        self._writer = Writer(pool, context.instance, context.clock, context.health)
        #: One batch is taken in while the one before it is committed.
        self._queue: asyncio.Queue[Batch] = asyncio.Queue(1)
        self._received = 0
        self._connected_since: datetime | None = None
        #: The last moment at which it heard the broker and all that it had heard was stored.
        self._stored_until: datetime | None = None
        self._committing = False
        self._standstill = Standstill()

    async def begin(self) -> None:
        """Read the registry and what the last process left; waits for the database."""
        context = self._context
        today = context.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        left = await self._left_behind(today)
        context.health.set("database", ok=True)
        tracks = {int(track.device_id): track for track in self._directory.tracks.values()}
        for deferred in self._ring.restore(left.slots):
            if deferred[0] in tracks:
                self._book.resume(tracks[deferred[0]], deferred)
        self.discovered.replace(left.discovered)
        quota = QuarantineQuota()
        for one in left.used:
            home = one.home_id if one.home_id in self._directory.homes else None
            quota.note(home or "", today.date(), one.messages, one.payload_bytes)
        admission = Admission(
            context.instance,
            discover(),
            self._directory,
            self._ring,
            quota,
            self.discovered,
        )
        self._intake = Intake(admission, self._book, self._ring)
        gc.freeze()  # the registry stays: no collection need walk it again

    async def _left_behind(self, today: datetime) -> LeftBehind:
        while True:
            try:
                await self.registry.refresh()
                return await left_behind(self._pool, self._context.instance, today)
            except StoreUnavailable as error:
                self._context.health.set("database", ok=False, text=str(error))
                await self._context.clock.sleep(RETRY_S)

    async def take_in(self, subscriber: Subscriber) -> None:
        """Make batches of what the broker sends, for ever."""
        settings = self._context.settings
        linger_s = settings.batch_wait_ms / 1000.0
        while True:
            messages = await subscriber.batch(settings.batch_rows, linger_s)
            self._received += len(messages)
            figures.RECEIVED.inc(len(messages))
            figures.BUFFERED.set(subscriber.held)
            await self._queue.put(await self._batch(messages))

    async def _batch(self, messages: list[IncomingMessage]) -> Batch:
        intake, now = self._intake, self._context.clock.now()
        admitted: list[Admitted] = []
        for first in range(0, len(messages), SLICE):
            admitted += intake.admit(messages[first : first + SLICE], now)
            await asyncio.sleep(0)
        unknown = [one.message for one in admitted if one.unknown]
        if unknown and await self.registry.recheck():
            admitted = [one for one in admitted if not one.unknown] + intake.admit(unknown, now)
        _report_crashes(admitted)
        return intake.close(admitted, now)

    async def write(self, subscriber: Subscriber) -> None:
        """Commit batches and acknowledge their messages, for ever."""
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    batch = await self._queue.get()
            except TimeoutError:
                if self._queue.empty():
                    await self._write_idle()
                continue
            self._committing = True
            await self._writer.commit(batch)
            self._committing = False
            subscriber.acknowledge(batch.messages)
            self._note_stored()
            figures.BUFFERED.set(subscriber.held)

    async def _write_idle(self) -> None:
        """Write presence that has waited long enough while no message came."""
        now = self._context.clock.now()
        if self._book.is_due(now):
            await self._writer.commit(self._intake.close([], now))

    def _note_stored(self) -> None:
        """After a standstill we hear the broker anew: what came meanwhile waited for us."""
        now = self._context.clock.now()
        if self._standstill.stored(now) and self._connected_since is not None:
            self._connected_since = now

    async def beat(self, subscriber: Subscriber) -> None:
        """Write the proof of life, at once when the broker comes or goes, for ever.

        Its moment is the last at which all that was heard was stored: homes whose words wait for a
        database that takes nothing are not seen, and nobody in them is still.
        """
        clock = self._context.clock
        last: tuple[datetime, bool] | None = None
        while True:
            now, connected = clock.now(), subscriber.connected
            if not connected:
                self._connected_since = None
            elif self._connected_since is None:
                self._connected_since = now
            why = "" if connected else f"no broker: {subscriber.last_error or 'connecting'}"
            self._context.health.set("broker", ok=connected, text=why)
            since = self._standstill.look(now, waits=self._committing or subscriber.held > 0)
            if connected:
                self._stored_until = since or now
            self._judge_lag(now, since)
            if _speaks(last, now, connected=connected):
                last = now, connected
                await self._beat_once(subscriber, since or now)
            await clock.sleep(LOOK_S)

    async def leave(self, subscriber: Subscriber) -> None:
        """Give up its share of the messages, and wait until all that it was sent before is stored.

        Raises
        ------
        Misconfigured
            If no other gateway is there to take in what it gives up.
        """
        clock = self._context.clock
        await self._check_others()
        while not subscriber.connected:
            await clock.sleep(LOOK_S)
        subscriber.give_up_share()
        received, quiet_s = -1, 0.0
        while quiet_s < QUIET_S:
            busy = self._committing or subscriber.held > 0 or received != self._received
            quiet_s, received = 0.0 if busy else quiet_s + LOOK_S, self._received
            await clock.sleep(LOOK_S)

    async def _check_others(self) -> None:
        group, now = self._context.settings.shared_group, self._context.clock.now()
        async with transaction(self._pool) as connection:
            known = await presence.heartbeats(connection)
        if not group or not any(
            one.gateway != self._context.instance
            and one.broker_connected
            and one.counters.get("shared_group") == group
            and now - one.at < OTHERS_WITHIN
            for one in known
        ):
            raise Misconfigured(
                "--leave: expected another gateway of the same WAYHOME_SHARED_GROUP that runs;"
                " what this one gives up would be nobody's"
            )

    async def _beat_once(self, subscriber: Subscriber, at: datetime) -> None:
        heartbeat = presence.Heartbeat(
            gateway=self._context.instance,
            at=at,
            broker_connected=subscriber.connected,
            counters=self._counters(subscriber),
        )
        try:
            async with transaction(self._pool) as connection:
                await presence.beat(connection, heartbeat)
        except StoreUnavailable as error:
            self._context.health.set("database", ok=False, text=str(error))
        else:
            if (
                not self._committing
            ):  # a row that is there already says nothing of a commit that waits
                self._context.health.set("database", ok=True)

    def _judge_lag(self, now: datetime, since: datetime | None) -> None:
        late_s = 0.0 if since is None else (now - since).total_seconds()
        text = f"nothing was stored for {late_s:.0f} s" if late_s > LATE_S else ""
        self._context.health.set("lag", ok=late_s <= LATE_S, text=text)

    def _counters(self, subscriber: Subscriber) -> dict[str, float | str]:
        tally = self._writer.tally
        counters: dict[str, float | str] = {
            "received": self._received,
            "committed": tally.messages,
            "observations": tally.observations,
            "duplicates": tally.duplicates,
            "retries": tally.retries,
            "buffered": subscriber.held,
            "reconnects": subscriber.reconnects,
        }
        if self._connected_since is not None:
            # Analytics tells by it whether a pause of its own was also a pause of the homes.
            counters["connected_since"] = self._connected_since.isoformat()
        if self.certificate.ends is not None:
            counters[presence.CERTIFICATE] = self.certificate.ends
        if group := self._context.settings.shared_group:
            # what goes to the others of its group it does not hear: they prove together
            counters["shared_group"] = group
            if self._stored_until is not None:
                counters["stored_until"] = self._stored_until.isoformat()
        return counters | {outcome: float(n) for outcome, n in tally.outcomes.items()}


def _speaks(last: tuple[datetime, bool] | None, now: datetime, *, connected: bool) -> bool:
    """Tell whether the proof of life is due: also at once where the clock was set back."""
    if last is None or connected != last[1]:
        return True
    return not 0.0 <= (now - last[0]).total_seconds() < HEARTBEAT_S


def _report_crashes(admitted: list[Admitted]) -> None:
    """Log each driver that raised, once a batch: a defect of ours."""
    crashed = {
        (one.quarantine.field, one.quarantine.expected)
        for one in admitted
        if one.reason == "driver_failed" and one.quarantine and one.outcome is Outcome.QUARANTINED
    }
    for family, error in crashed:
        log.error(
            "driver failed", extra={"action": "driver_failed", "family": family, "error": error}
        )
