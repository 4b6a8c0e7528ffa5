"""The control topic of Mosquitto's dynamic security: commands in, answers out, over one TLS connection.

Mosquitto answers on a topic, to the client that asked; each batch of commands carries a number that comes
back. Nothing is told twice: a batch without an answer means that the connection is of no use any more.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, Self

import msgspec

from core.model.errors import BrokerUnavailable, Malformed
from core.runtime import mqtt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.runtime.subscriber import BrokerSettings

TOPIC = "$CONTROL/dynamic-security/v1"
ANSWERS = f"{TOPIC}/response"
CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 10.0
KEEPALIVE_S = 600
"""Not 0, "without a limit": with ``max_keepalive`` later Mosquittos refuse that over MQTT 3.1.1 (0303).
Whoever gives commands looks at the broker each minute, so this never runs out."""


class _Answers(msgspec.Struct):
    responses: list[dict[str, Any]]


class DynamicSecurity:
    """An open connection of somebody who may give commands.

    Parameters
    ----------
    settings
        Where and who; the certificate in them must be one that may use the control topic.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        self._settings = settings
        self._numbers = itertools.count(1)
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._open()
        except (OSError, TimeoutError, Malformed, EOFError) as error:
            raise BrokerUnavailable(
                f"the broker does not answer: {type(error).__name__}"
            ) from error
        return self

    async def __aexit__(self, *error: object) -> None:
        self._writer.close()

    async def _open(self) -> None:
        host, port = self._settings.address
        context = self._settings.tls_context()
        self._reader, self._writer = await asyncio.open_connection(host, port, ssl=context)
        self._packets = mqtt.Reader("3.1.1", 0)
        self._waiting: list[mqtt.Packet] = []
        hello = mqtt.Connect(client_id=self._settings.client_id, keepalive_s=KEEPALIVE_S)
        await self._say(hello.encode("3.1.1"))
        if not isinstance(await self._next(mqtt.Accepted, mqtt.Refused), mqtt.Accepted):
            raise BrokerUnavailable("the broker does not let us in")
        await self._say(mqtt.subscribe((ANSWERS,), "3.1.1"))
        if not isinstance(await self._next(mqtt.Subscribed, mqtt.Refused), mqtt.Subscribed):
            raise BrokerUnavailable("the broker does not let us give commands")

    async def call(self, commands: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Give ``commands`` and return their answers, in order; an answer may have an ``error``.

        Raises
        ------
        BrokerUnavailable
            If the broker is gone or does not answer in time; whether it has done anything is unknown.
        """
        number = str(next(self._numbers))
        numbered = [command | {"correlationData": number} for command in commands]
        request = msgspec.json.encode({"commands": numbered})
        async with self._lock:
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await self._say(mqtt.publish(TOPIC, request))
                    return await self._answer(number)
            except (OSError, TimeoutError, Malformed, EOFError, msgspec.MsgspecError) as error:
                self._writer.close()
                raise BrokerUnavailable(
                    f"the broker does not answer: {type(error).__name__}"
                ) from error

    async def _answer(self, number: str) -> list[dict[str, Any]]:
        while True:
            packet = await self._next(mqtt.IncomingMessage)
            assert isinstance(packet, mqtt.IncomingMessage)  # noqa: S101 (for mypy: it was asked for)
            found = msgspec.json.decode(packet.payload, type=_Answers).responses
            if packet.qos:
                await self._say(mqtt.puback(packet.packet_id))
            if found and found[0].get("correlationData") == number:
                return found

    async def _next(self, *kinds: type) -> mqtt.Packet:
        while True:
            while self._waiting:
                packet = self._waiting.pop(0)
                if isinstance(packet, kinds):
                    return packet
            chunk = await self._reader.read(65536)
            if not chunk:
                raise EOFError
            self._waiting += self._packets.feed(chunk)

    async def _say(self, packet: bytes) -> None:
        self._writer.write(packet)
        await self._writer.drain()
