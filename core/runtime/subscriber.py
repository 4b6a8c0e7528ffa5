"""A persistent QoS 1 subscription, read in batches and acknowledged by hand."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import urlsplit

from core.model.errors import Malformed, Misconfigured
from core.runtime import mqtt
from core.runtime.delays import reconnect_delay
from core.runtime.mqtt import IncomingMessage

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logging.getLogger("wayhome.broker")

CONNECT_TIMEOUT_S = 10.0
NOT_SHARED = "the broker speaks no MQTT 5, and without it divides no messages: run one gateway"
HELD_BYTES = 64 << 20
"""Payloads held at most, in bytes, however few messages they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """How to reach the broker."""

    #: ``mqtt://host:port``, or ``mqtts://`` for TLS.
    url: str
    #: Name of the session; keep it across restarts, or what is queued is lost.
    client_id: str
    username: str = ""
    password: str = ""
    #: PEM file with the authorities to trust; the system's when empty.
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    #: ``5``, ``3.1.1``, or ``auto``: 5 where the broker offers it.
    protocol: str = "auto"
    keepalive_s: int = 30

    @property
    def address(self) -> tuple[str, int]:
        """Host and port.

        Raises
        ------
        Misconfigured
            If the URL is none of MQTT.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise Misconfigured("mqtt_url: expected mqtt://host:port or mqtts://host:port")
        return parts.hostname, parts.port or (8883 if self.tls else 1883)

    @property
    def tls(self) -> bool:
        """True for ``mqtts://``."""
        return urlsplit(self.url).scheme == "mqtts"

    def tls_context(self) -> ssl.SSLContext | None:
        """Return what TLS needs; None without it.

        Raises
        ------
        Misconfigured
            If a certificate file can not be read.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
            if self.certificate_file:
                context.load_cert_chain(self.certificate_file, self.key_file or None)
        except OSError as error:
            raise Misconfigured(
                f"mqtt_ca_file, mqtt_certificate_file or mqtt_key_file: {error}"
            ) from error
        return context

    @property
    def versions(self) -> tuple[mqtt.Version, ...]:
        """Protocol versions to try, the preferred one first.

        Raises
        ------
        Misconfigured
            If ``protocol`` is none.
        """
        if self.protocol == "auto":
            return ("5", "3.1.1")
        if self.protocol not in {"5", "3.1.1"}:
            raise Misconfigured("mqtt_protocol: expected 5, 3.1.1 or auto")
        return (cast("mqtt.Version", self.protocol),)


class _Connection(asyncio.Protocol):
    """One connection to the broker."""

    def __init__(self, owner: Subscriber, version: mqtt.Version, epoch: int) -> None:
        loop = asyncio.get_running_loop()
        self.owner = owner
        self.version = version
        self.reader = mqtt.Reader(version, epoch)
        self.transport: asyncio.Transport | None = None
        self.accepted: asyncio.Future[mqtt.Packet] = loop.create_future()
        self.subscribed: asyncio.Future[mqtt.Packet] = loop.create_future()
        self.ended: asyncio.Future[str] = loop.create_future()
        self.heard_at = loop.time()
        self.paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who we are."""
        self.transport = cast("asyncio.Transport", transport)
        settings = self.owner.settings
        connect = mqtt.Connect(
            client_id=settings.client_id,
            username=settings.username,
            password=settings.password,
            keepalive_s=settings.keepalive_s,
            receive_maximum=self.owner.capacity,
            session_expiry_s=mqtt.SHARE_KEPT_S if self.owner.shared else mqtt.SESSION_KEPT_S,
        )
        self.transport.write(connect.encode(self.version))

    def data_received(self, data: bytes) -> None:
        """Take what the broker sent."""
        self.heard_at = asyncio.get_running_loop().time()
        try:
            packets = self.reader.feed(data)
        except Malformed as error:
            self.end(str(error))
            return
        messages = [packet for packet in packets if isinstance(packet, IncomingMessage)]
        if len(messages) < len(packets):
            for packet in packets:
                self._control(packet)
        if messages:
            self.owner.take(messages)

    def _control(self, packet: mqtt.Packet) -> None:
        match packet:
            case mqtt.Accepted():
                if not self.accepted.done():
                    self.accepted.set_result(packet)
            case mqtt.Subscribed():
                if not self.subscribed.done():
                    self.subscribed.set_result(packet)
            case mqtt.Refused():
                self.end(packet.why)

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection is over."""
        self.end("the broker closed the connection" if error is None else type(error).__name__)

    def write(self, block: bytes) -> None:
        """Send, unless it is over."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(block)

    def pause(self) -> None:
        """Stop reading; the broker's data waits in the sockets' buffers, then at the broker."""
        if self.transport is not None and not self.paused and not self.transport.is_closing():
            self.transport.pause_reading()
            self.paused = True

    def resume(self) -> None:
        """Read on."""
        if self.transport is not None and self.paused and not self.transport.is_closing():
            self.transport.resume_reading()
            self.heard_at = asyncio.get_running_loop().time()
            self.paused = False

    async def either(self, answer: asyncio.Future[mqtt.Packet]) -> None:
        """Wait for ``answer`` or the end; a broker that sends other things meanwhile may take its time.

        Raises
        ------
        TimeoutError
            If it says nothing at all, although we read.
        """
        loop = asyncio.get_running_loop()
        self.heard_at = loop.time()
        while not (answer.done() or self.ended.done()):
            await asyncio.wait((answer, self.ended), timeout=1.0, return_when="FIRST_COMPLETED")
            if not self.paused and loop.time() - self.heard_at > CONNECT_TIMEOUT_S:
                raise TimeoutError("the broker does not answer")

    def end(self, why: str) -> None:
        """Close at once; what is not acknowledged comes again."""
        if not self.ended.done():
            self.ended.set_result(why)
        if self.transport is not None:
            self.transport.abort()


class Subscriber:
    """A persistent QoS 1 subscription, read in batches and acknowledged by hand.

    Parameters
    ----------
    settings
        Where and who.
    topics
        Topic filters; a shared one (``$share/group/…``) lets several gateways divide the load.
    capacity
        Messages held at most (and one read of the socket more), read or unread, until acknowledged.

    Raises
    ------
    Misconfigured
        If the settings can not be used.
    """

    def __init__(self, settings: BrokerSettings, topics: tuple[str, ...], *, capacity: int) -> None:
        _ = settings.address
        self.settings = settings
        self.topics = topics
        self.capacity = capacity
        #: How often a standing subscription was lost.
        self.reconnects = 0
        #: Why the last connection ended; empty before.
        self.last_error = ""
        self._versions = deque(settings.versions)
        self._tls = settings.tls_context()
        self._waiting: deque[IncomingMessage] = deque()
        self._held = 0
        self._held_bytes = 0
        self._epoch = 0
        self._connection: _Connection | None = None
        self._subscribed = False
        self._let_in = False
        self._arrival = asyncio.Event()
        self._group = asyncio.TaskGroup()

    @property
    def connected(self) -> bool:
        """True while subscribed."""
        return self._subscribed

    @property
    def shared(self) -> bool:
        """Whether others take in a share of the messages."""
        return any(topic.startswith(mqtt.SHARED) for topic in self.topics)

    def give_up_share(self) -> None:
        """Have the broker send nothing more than what it sent; for who does not come back."""
        if self._connection is not None:
            self._connection.write(mqtt.unsubscribe(self.topics, self._connection.version))

    @property
    def protocol(self) -> mqtt.Version:
        """``5`` or ``3.1.1``: what the present or next connection speaks."""
        return self._versions[0]

    @property
    def held(self) -> int:
        """Messages in memory that are not acknowledged."""
        return self._held

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._task = self._group.create_task(self._stay_connected(), name="broker connection")
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        if self._connection is not None and self._connection.transport is not None:
            self._connection.write(mqtt.DISCONNECT)
            self._connection.transport.close()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._group.__aexit__(None, None, None)

    def take(self, messages: list[IncomingMessage]) -> None:
        """Hold incoming messages; called by the connection."""
        self._waiting.extend(messages)
        self._held += len(messages)
        self._held_bytes += sum([len(message.payload) for message in messages])
        self._arrival.set()
        if self._connection is not None and (
            self._held >= self.capacity or self._held_bytes >= HELD_BYTES
        ):
            self._connection.pause()

    async def batch(self, limit: int, linger_s: float) -> list[IncomingMessage]:
        """Wait for a message, then up to ``linger_s`` seconds for more; return at most ``limit``.

        Nothing more comes, and is waited for, while as many are held as may be.
        """
        while not self._waiting:
            self._arrival.clear()
            await self._arrival.wait()
        if len(self._waiting) < limit and linger_s > 0 and self._held < self.capacity:
            await asyncio.sleep(linger_s)
        waiting = self._waiting
        return [waiting.popleft() for _ in range(min(limit, len(waiting)))]

    def acknowledge(self, messages: Iterable[IncomingMessage]) -> int:
        """Send the PUBACKs of the messages that came on this connection; return how many.

        The others are held no longer: the broker sends them again by itself.
        """
        mine = [message for message in messages if message.epoch == self._epoch]
        self._held -= len(mine)
        self._held_bytes -= sum([len(message.payload) for message in mine])
        connection = self._connection
        if connection is None:
            return 0
        packet_ids = [message.packet_id for message in mine if message.qos]
        connection.write(b"".join([mqtt.puback(packet_id) for packet_id in packet_ids]))
        if self._held <= self.capacity * 3 // 4 and self._held_bytes <= HELD_BYTES * 3 // 4:
            connection.resume()
        return len(packet_ids)

    async def _stay_connected(self) -> None:
        attempt = 0
        while True:
            attempt += 1
            self.last_error = why = await self._connect_once()
            level = logging.WARNING
            if self._subscribed:
                self._subscribed, attempt = False, 0
                self.reconnects += 1
            elif len(self._versions) > 1 and not self._let_in:
                self._versions.rotate(-1)  # not let in: perhaps the broker speaks the other one
                level = logging.INFO if attempt == 1 else logging.WARNING
            log.log(level, "broker connection over", extra={"action": "broker_lost", "why": why})
            await asyncio.sleep(reconnect_delay(max(attempt, 1), random.random()))  # noqa: S311

    async def _connect_once(self) -> str:
        self._forget()
        self._let_in = False
        connection = _Connection(self, self.protocol, self._epoch)
        # Set before the subscription stands: a session's backlog comes right behind the CONNACK, and
        # what is not acknowledged fills the broker's window for ever.
        self._connection = connection
        host, port = self.settings.address
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, host, port, ssl=self._tls
                )
            keepalive_s = await self._introduce(connection)
            if keepalive_s is None:
                return connection.ended.result()
            self._subscribed = True
            log.info("subscribed", extra={"action": "subscribed", "protocol": self.protocol})
            return await self._keep_alive(connection, keepalive_s)
        except (OSError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            self._connection = None
            connection.end("closed")

    async def _introduce(self, connection: _Connection) -> int | None:
        """Wait for CONNACK and SUBACK; return the keep-alive in force, or None when refused."""
        await connection.either(connection.accepted)
        if connection.ended.done():
            return None
        accepted = connection.accepted.result()
        self._let_in = True
        if self.shared and connection.version == "3.1.1":
            connection.end(NOT_SHARED)  # nats-server lets in who asks, and sends nothing, ever
            return None
        connection.write(mqtt.subscribe(self.topics, connection.version))
        await connection.either(connection.subscribed)
        if connection.ended.done():
            return None
        asked = accepted.keepalive_s if isinstance(accepted, mqtt.Accepted) else None
        return self.settings.keepalive_s if asked is None else asked

    async def _keep_alive(self, connection: _Connection, keepalive_s: int) -> str:
        """Ping twice per keep-alive; end a connection that is read and yet silent for twice as long."""
        loop = asyncio.get_running_loop()
        every = keepalive_s / 2 if keepalive_s else 3600.0
        while not connection.ended.done():
            await asyncio.wait((connection.ended,), timeout=every)
            connection.write(mqtt.PING)
            silent_s = loop.time() - connection.heard_at
            if keepalive_s and not connection.paused and silent_s > 2 * keepalive_s:
                connection.end("the broker is silent")
        return connection.ended.result()

    def _forget(self) -> None:
        """Drop what came on the last connection and was not taken: it will be sent again."""
        self._epoch += 1
        self._waiting.clear()
        self._held = 0
        self._held_bytes = 0
