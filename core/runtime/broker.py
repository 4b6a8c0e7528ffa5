"""The door to the MQTT broker: a subscriber that acknowledges by hand, a publisher that knows its PUBACKs.

The `Subscriber` is ours (core/runtime/subscriber.py): it acknowledges each message only when told to, on
the connection it came on, and stops reading its socket while too much is unacknowledged, so its memory is
bounded whatever the broker does. The `Publisher` is paho-mqtt behind a few lines; no other file of the
project knows that library (docs/decisions/0003).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Self

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from core.model.errors import BrokerUnavailable
from core.runtime.delays import LONGEST_DELAY_S, reconnect_delay
from core.runtime.mqtt import IncomingMessage
from core.runtime.subscriber import CONNECT_TIMEOUT_S, BrokerSettings, Subscriber

__all__ = [
    "BrokerSettings",
    "IncomingMessage",
    "Publisher",
    "Subscriber",
    "Will",
    "reconnect_delay",
    "retained_topics",
]

_PROTOCOLS = {"5": mqtt.MQTTv5, "3.1.1": mqtt.MQTTv311}
_SESSION_EXPIRY_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker publishes when the client vanishes."""

    topic: str
    payload: bytes
    retain: bool = True


def _client(settings: BrokerSettings, protocol: str) -> mqtt.Client:
    version = _PROTOCOLS[protocol]
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=None if version == mqtt.MQTTv5 else False,
        protocol=version,
    )
    if settings.username:
        client.username_pw_set(settings.username, settings.password)
    context = settings.tls_context()
    if context is not None:
        client.tls_set_context(context)
    return client


def _connect(client: mqtt.Client, settings: BrokerSettings) -> None:
    host, port = settings.address
    client.connect_timeout = CONNECT_TIMEOUT_S
    if client.protocol == mqtt.MQTTv5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        client.connect(host, port, settings.keepalive_s, clean_start=False, properties=properties)
    else:
        client.connect(host, port, settings.keepalive_s)


def _end(client: mqtt.Client) -> None:
    client.disconnect()
    client.loop_stop()
    sock = client.socket()
    if sock is not None:
        sock.close()  # paho leaves it open, e.g. when the other's certificate is not trusted


class Publisher:
    """Publishes at QoS 1 and knows what the broker has taken.

    Parameters
    ----------
    settings
        Where and who.
    will
        Published by the broker when this client vanishes.
    inflight
        Messages under way at most.
    """

    def __init__(
        self, settings: BrokerSettings, *, will: Will | None = None, inflight: int = 100
    ) -> None:
        _ = settings.address
        self.settings = settings
        self._will = will
        self._free = asyncio.Semaphore(inflight)
        self._inflight = inflight
        self._pending: dict[int, asyncio.Future[None]] = {}
        self._early: set[int] = set()
        self._client: mqtt.Client | None = None
        #: The end of clients that were not let in.
        self._ending: list[asyncio.Future[None]] = []
        #: ``5`` or ``3.1.1``: what the broker accepted.
        self.protocol = ""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        versions = self.settings.versions
        for protocol in versions:
            self._connected, self._refused = asyncio.Event(), asyncio.Event()
            if await self._open(protocol, last=protocol == versions[-1]):
                self.protocol = protocol
                return self
        await self._end_refused()
        raise BrokerUnavailable("the broker does not accept the connection")

    async def __aexit__(self, *error: object) -> None:
        if self._client is not None:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)
        await self._end_refused()

    async def _end_refused(self) -> None:
        await asyncio.gather(*self._ending)
        self._ending.clear()

    async def _open(self, protocol: str, *, last: bool) -> bool:
        """Connect; the first refusal counts, but with the ``last`` version some seconds of trying."""
        client = _client(self.settings, protocol)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, 1, self._will.retain)
        client.max_inflight_messages_set(self._inflight)
        # an attempt that may be refused must not sleep on it: it could not be ended meanwhile
        client.reconnect_delay_set(1 if last else 0, int(LONGEST_DELAY_S))
        client.on_publish = self._published
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        try:
            await asyncio.to_thread(_connect, client, self.settings)
            client.loop_start()
            await self._let_in(patient=last)
        except (OSError, ValueError, TimeoutError):
            self._ending.append(asyncio.ensure_future(asyncio.to_thread(_end, client)))
            return False
        client.reconnect_delay_set(1, int(LONGEST_DELAY_S))
        self._client = client
        return True

    async def _let_in(self, *, patient: bool) -> None:
        """Wait until we are let in.

        Raises
        ------
        TimeoutError
            If we are not, or at the first refusal where we are not ``patient``.
        """
        answers = [asyncio.ensure_future(self._connected.wait())]
        if not patient:
            answers.append(asyncio.ensure_future(self._refused.wait()))
        await asyncio.wait(
            answers, timeout=CONNECT_TIMEOUT_S / 4, return_when=asyncio.FIRST_COMPLETED
        )
        for answer in answers:
            answer.cancel()
        if not self._connected.is_set():
            raise TimeoutError

    def _on_connect(self, _c: mqtt.Client, _d: object, _f: object, reason: Any, _p: object) -> None:
        self._note(self._refused if reason.is_failure else self._connected)

    def _on_disconnect(
        self, _c: mqtt.Client, _d: object, _f: object, _reason: object, _p: object
    ) -> None:
        self._note(self._refused)

    def _note(self, event: asyncio.Event) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closing
            self._loop.call_soon_threadsafe(event.set)

    def _published(self, _c: mqtt.Client, _d: object, mid: int, _r: object, _p: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closing
            self._loop.call_soon_threadsafe(self._settle, mid)

    def _settle(self, mid: int) -> None:
        future = self._pending.pop(mid, None)
        if future is None:
            self._early.add(mid)
        elif not future.done():
            future.set_result(None)

    async def enqueue(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> asyncio.Future[None]:
        """Send as soon as the window has room; the future ends with the broker's PUBACK."""
        if self._client is None:
            raise BrokerUnavailable("not connected")
        await self._free.acquire()
        info = self._client.publish(topic, payload, qos, retain)
        future: asyncio.Future[None] = self._loop.create_future()
        future.add_done_callback(lambda _: self._free.release())
        if info.mid in self._early:
            self._early.discard(info.mid)
            future.set_result(None)
        else:
            self._pending[info.mid] = future
        return future

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        timeout_s: float = 30.0,
    ) -> None:
        """Send and wait for the broker's PUBACK.

        Raises
        ------
        BrokerUnavailable
            If none comes within ``timeout_s`` seconds; the message may still arrive later.
        """
        future = await self.enqueue(topic, payload, qos=qos, retain=retain)
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError as error:
            raise BrokerUnavailable("no acknowledgement from the broker") from error

    async def flush(self, timeout_s: float = 60.0) -> None:
        """Wait until the broker has taken all that was sent.

        Raises
        ------
        BrokerUnavailable
            If it has not within ``timeout_s`` seconds.
        """
        waiting = tuple(self._pending.values())
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=timeout_s)
            if late:
                raise BrokerUnavailable(f"{len(late)} messages were not acknowledged")


async def retained_topics(
    settings: BrokerSettings, topic_filter: str, quiet_s: float = 1.0
) -> tuple[str, ...]:
    """Return the topics of a filter under which the broker keeps a message, in order.

    Parameters
    ----------
    quiet_s
        They have all come when none came for so long; a broker sends them right behind its SUBACK.

    Raises
    ------
    BrokerUnavailable
        If it does not let us in or refuses to tell.
    """
    look = _Look(settings, topic_filter)
    try:
        await asyncio.to_thread(_connect, look.client, settings)
        look.client.loop_start()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            allowed = await look.told.get()
        while allowed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(quiet_s):
                    await look.told.get()
                    continue
            return tuple(sorted(look.topics))
        raise BrokerUnavailable("the broker does not let us read")
    except (OSError, ValueError) as error:
        raise BrokerUnavailable(f"the broker does not answer: {type(error).__name__}") from error
    finally:
        look.client.disconnect()
        await asyncio.to_thread(look.client.loop_stop)


class _Look:
    """One look at what is retained; leaves no session behind."""

    def __init__(self, settings: BrokerSettings, topic_filter: str) -> None:
        self.topics: set[str] = set()
        #: First whether we may read, then a mark for each message.
        self.told: asyncio.Queue[bool] = asyncio.Queue()
        self._filter = topic_filter
        self._loop = asyncio.get_running_loop()
        # the older protocol: every broker speaks it, and a clean session ends with its connection
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            settings.client_id,
            clean_session=True,
            protocol=mqtt.MQTTv311,
        )
        if settings.username:
            self.client.username_pw_set(settings.username, settings.password)
        context = settings.tls_context()
        if context is not None:
            self.client.tls_set_context(context)
        self.client.on_connect = self._connected
        self.client.on_subscribe = self._subscribed
        self.client.on_message = self._message

    def _connected(self, _c: mqtt.Client, _d: object, _f: object, reason: Any, _p: object) -> None:
        if reason.is_failure:
            self._tell(allowed=False)
        else:
            self.client.subscribe(self._filter, 1)

    def _subscribed(self, _c: mqtt.Client, _d: object, _m: int, reasons: Any, _p: object) -> None:
        self._tell(allowed=not reasons[0].is_failure)

    def _message(self, _c: mqtt.Client, _d: object, message: mqtt.MQTTMessage) -> None:
        if message.retain:
            self.topics.add(message.topic)
            self._tell(allowed=True)

    def _tell(self, *, allowed: bool) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closing
            self._loop.call_soon_threadsafe(self.told.put_nowait, allowed)
