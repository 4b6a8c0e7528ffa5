"""The shipped Mosquitto configuration with installed secrets, on a real Mosquitto."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from core.model.errors import BrokerUnavailable
from core.model.identity import OWN, password_grant
from core.model.ids import HomeId
from core.runtime.broker import BrokerSettings, Publisher, Subscriber
from core.runtime.clock import SystemClock
from tests.deploy.shipped import Hub, ShippedMosquitto, compose
from tests.servers.availability import unavailable
from wayhome.identity.issuing import read_authority
from wayhome.identity.mosquitto_door import MosquittoDoor
from wayhome.identity.service import Admin, with_passwords
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

NOT_AUTHORISED = 0x87
BAD_PASSWORD = 0x86
DEADLINE_S = 20.0


@asynccontextmanager
async def listening(settings: BrokerSettings, topic: str = "homes/#") -> AsyncIterator[Subscriber]:
    async with Subscriber(settings, (topic,), capacity=4000) as subscriber:
        async with asyncio.timeout(DEADLINE_S):
            while not subscriber.connected:
                await asyncio.sleep(0.01)
        yield subscriber


async def topics(subscriber: Subscriber, last: str) -> list[str]:
    """Receive until ``last`` has come."""
    found: list[str] = []
    async with asyncio.timeout(DEADLINE_S):
        while last not in found:
            batch = await subscriber.batch(100, 0.01)
            found += [message.topic for message in batch]
            subscriber.acknowledge(batch)
    return found


def connack(port: int, settings: BrokerSettings, *, name: str | None, word: str | None) -> int:
    """Connect by hand over MQTT 5 and return the broker's reason code."""
    context = settings.tls_context()
    assert context is not None
    client_id, level = b"\x00\x01x", b"\x00\x04MQTT\x05"
    flags = 0x02 | (0x80 if name else 0) | (0x40 if word else 0)
    body = level + bytes([flags, 0, 30, 0]) + client_id
    for text in filter(None, (name, word)):
        body += len(text).to_bytes(2, "big") + text.encode()
    with (
        socket.create_connection(("localhost", port), timeout=DEADLINE_S) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as line,
    ):
        line.sendall(bytes([0x10, len(body)]) + body)
        return line.recv(64)[3]


@pytest.mark.parametrize("listener", ["hubs", "inside"])
@pytest.mark.parametrize(
    ("name", "word"), [(None, None), ("gateway", "gateway"), ("hub-7f3k", "x"), ("nobody", "x")]
)
async def test_strangers_are_refused(
    shipped: ShippedMosquitto, listener: str, name: str | None, word: str | None
) -> None:
    port = shipped.port if listener == "hubs" else shipped.inner_port
    reason = await asyncio.to_thread(connack, port, shipped.gateway(), name=name, word=word)
    assert reason in {NOT_AUTHORISED, BAD_PASSWORD}


async def test_each_may_do_the_same_at_each_listener(shipped: ShippedMosquitto) -> None:
    """Names count at all of them (0303), so whoever comes in by another door does no more than by its own."""
    hub = replace(shipped.hub("7f3k"), url=shipped.gateway().url)
    gateway = replace(shipped.gateway(), url=shipped.hub("7f3k").url)
    for who, topic in ((hub, "homes/9b2c/x"), (hub, "x"), (gateway, "homes/7f3k/x")):
        assert await asyncio.to_thread(puback, who, topic) == NOT_AUTHORISED
    for who in (hub, shipped.hub("7f3k")):
        for topic in ("#", "homes/#", "homes/7f3k/#", "$share/gateways/homes/#", "$SYS/#"):
            assert await asyncio.to_thread(suback, who, topic) == NOT_AUTHORISED, topic


async def test_what_is_said_while_the_gateway_is_away_waits_for_it(
    shipped: ShippedMosquitto,
) -> None:
    """A gateway is away at each update. Mosquitto threw all of it away, and said that it had it."""
    async with listening(shipped.gateway()):
        pass
    for number in range(3):
        async with Publisher(shipped.hub("7f3k")) as hub:
            await hub.publish(f"homes/7f3k/{number}", b"x")
        if number == 1:
            shipped.restart()
    async with listening(shipped.gateway()) as gateway:
        assert await topics(gateway, "homes/7f3k/2") == [f"homes/7f3k/{n}" for n in range(3)]


async def test_without_tls_nobody_is_heard(shipped: ShippedMosquitto) -> None:
    plain = BrokerSettings(url=f"mqtt://127.0.0.1:{shipped.port}", client_id="x", protocol="3.1.1")
    with pytest.raises(BrokerUnavailable):
        async with Publisher(plain):
            pass


async def test_another_authority_is_not_trusted(shipped: ShippedMosquitto, tmp_path: Path) -> None:
    install(Wanted(folder=tmp_path / "other"), datetime.now(UTC))
    ca_file = str(tmp_path / "other" / "broker" / "ca.crt")
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.to_thread(
            connack, shipped.port, shipped.hub("7f3k", ca_file=ca_file), name=None, word=None
        )


@pytest.mark.parametrize("topic", ["homes/#", "$share/gateways/homes/#"])
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_the_gateway_hears_a_hub_and_only_below_its_own_home(
    shipped: ShippedMosquitto, topic: str, protocol: str
) -> None:
    async with (
        listening(shipped.gateway(), topic) as gateway,
        Publisher(shipped.hub("7f3k", protocol=protocol)) as hub,
    ):
        await hub.publish("homes/9b2c/wayhome/door/1", b"stolen")
        await hub.publish("homes/7f3k/wayhome/door/1", b"own")
        await hub.publish("homes/7f3k", b"own too")
        await hub.publish("other", b"nowhere")
        await hub.publish("homes/7f3k/last", b"")
        heard = await topics(gateway, "homes/7f3k/last")
    assert heard == ["homes/7f3k/wayhome/door/1", "homes/7f3k", "homes/7f3k/last"]


async def test_a_refused_publish_says_so_over_mqtt_5(shipped: ShippedMosquitto) -> None:
    own = await asyncio.to_thread(puback, shipped.hub("7f3k"), "homes/7f3k/x")
    other = await asyncio.to_thread(puback, shipped.hub("7f3k"), "homes/9b2c/x")
    assert own < 0x80
    assert other == NOT_AUTHORISED


def raw(settings: BrokerSettings) -> paho.Client:
    """Make an MQTT 5 client that tells reason codes."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=settings.client_id, protocol=paho.MQTTv5
    )
    client.username_pw_set(settings.username, settings.password)
    client.tls_set_context(settings.tls_context())
    return client


def puback(settings: BrokerSettings, topic: str) -> int:
    """Publish once over MQTT 5 and return the reason code of the PUBACK."""
    client = raw(settings)
    reasons: list[int] = []

    def connected(*_: object) -> None:
        client.publish(topic, b"x", 1)

    def published(_c: object, _d: object, _mid: int, reason: ReasonCode, _p: object) -> None:
        reasons.append(reason.value)
        client.disconnect()

    client.on_connect, client.on_publish = connected, published
    client.connect(*settings.address)
    client.loop_forever()
    return reasons[0]


def suback(settings: BrokerSettings, topic: str) -> int:
    """Subscribe once over MQTT 5 and return the reason code of the SUBACK."""
    client = raw(settings)
    reasons: list[int] = []

    def connected(*_: object) -> None:
        client.subscribe(topic, 1)

    def subscribed(_c: object, _d: object, _m: int, codes: list[ReasonCode], _p: object) -> None:
        reasons.append(codes[0].value)
        client.disconnect()

    client.on_connect, client.on_subscribe = connected, subscribed
    client.connect(*settings.address)
    client.loop_forever()
    return reasons[0]


def overheard(settings: BrokerSettings) -> list[str]:
    """Subscribe to everything, publish one message, and return the topics that came meanwhile."""
    client = raw(settings)
    heard: list[str] = []

    def connected(*_: object) -> None:
        client.subscribe("#", 1)

    def subscribed(*_: object) -> None:
        # retained messages follow the SUBACK at once, so before the answer to this
        client.publish("homes/7f3k/y", b"y", 1)

    def published(*_: object) -> None:
        client.disconnect()

    def came(_c: object, _d: object, message: paho.MQTTMessage) -> None:
        heard.append(message.topic)

    client.on_connect, client.on_subscribe = connected, subscribed
    client.on_publish, client.on_message = published, came
    client.connect(*settings.address)
    client.loop_forever()
    return heard


async def test_a_hub_reads_nothing(shipped: ShippedMosquitto) -> None:
    async with (
        Publisher(shipped.hub("9b2c")) as other,
        Publisher(shipped.hub("7f3k")) as own,
    ):
        await other.publish("homes/9b2c/x", b"x", retain=True)
        await own.publish("homes/7f3k/x", b"x", retain=True)
    assert await asyncio.to_thread(overheard, shipped.hub("7f3k")) == []


async def test_a_hub_can_not_take_the_gateways_session(shipped: ShippedMosquitto) -> None:
    async with (
        listening(shipped.gateway("wayhome-gateway")) as gateway,
        Publisher(shipped.hub("7f3k", client_id="wayhome-gateway")) as hub,
    ):
        await hub.publish("homes/7f3k/x", b"x")
        assert await topics(gateway, "homes/7f3k/x") == ["homes/7f3k/x"]
    assert "already connected" not in shipped.log()
    assert "as hub-7f3k" in shipped.log()


async def test_the_probe_of_the_health_check_is_answered(shipped: ShippedMosquitto) -> None:
    options = dict(line.split(" ", 1) for line in shipped.word("broker/mosquitto_sub").splitlines())
    settings = shipped.inside(options["-u"], options["-P"], "probe", ca_file=options["--cafile"])
    async with listening(settings, "$SYS/broker/uptime") as probe:
        assert await topics(probe, "$SYS/broker/uptime")


def test_the_health_check_of_the_container_is_answered_by_its_own_program(
    shipped: ShippedMosquitto,
) -> None:
    """It has no name of its own, so it was refused: the container never was healthy, and nothing started."""
    words = [
        one.replace("$$", "$") for one in compose()["services"]["mosquitto"]["healthcheck"]["test"]
    ]
    assert words[0] == "CMD"
    program = Path(shipped.program).parent.parent / "bin" / words[1]
    if not program.exists():
        unavailable("no mosquitto_sub: run scripts/test-servers")
    options = shipped.secrets / "broker" / "mosquitto_sub"
    options.write_text(options.read_text().replace("8884", str(shipped.inner_port)))

    def probe() -> int:
        return subprocess.run(
            [program, *words[2:]],
            check=False,
            env={"XDG_CONFIG_HOME": str(options.parent)},
            timeout=20,
        ).returncode

    assert probe() == 0
    assert probe() == 0, "each quarter of a minute"
    shipped.stop()
    assert probe() != 0


async def test_a_signal_brings_new_hubs_and_certificates(shipped: ShippedMosquitto) -> None:
    async with listening(shipped.gateway()) as gateway:
        (shipped.secrets / "broker" / "server.crt").unlink()
        install(Wanted(folder=shipped.secrets, homes=("new1",)), datetime.now(UTC))
        shipped.reload()
        async with asyncio.timeout(DEADLINE_S):
            while (await asyncio.to_thread(served, shipped)) != shipped.word("broker/server.crt"):
                await asyncio.sleep(0.05)
        # what it may do the identity service brings, from the list that was made for it
        with_it = with_passwords(shipped.secrets / "identity")
        assert {one.client for one in with_it} == {"hub-7f3k", "hub-9b2c", "hub-new1"}
        door = door_at(shipped)
        assert set(with_it) - set(await door.present()) == {password_grant(HomeId("new1"))}
        await door.admit([password_grant(HomeId("new1"))])
        await door.close()
        async with Publisher(shipped.hub("new1")) as hub:
            await hub.publish("homes/new1/x", b"x")
        assert await topics(gateway, "homes/new1/x") == ["homes/new1/x"]


def door_at(broker: ShippedMosquitto) -> MosquittoDoor:
    """Speak to a broker as the identity service does."""
    identity = broker.secrets / "identity"
    return MosquittoDoor(
        Admin(
            url=f"mqtts://localhost:{broker.certificates_port}",
            ca_file=str(identity / "ca.crt"),
            authority=read_authority(identity),
            folder=broker.folder / "admin",
            clock=SystemClock(),
        )
    )


async def test_a_broker_from_before_learns_of_our_own_services(shipped: ShippedMosquitto) -> None:
    """Its file of who may do what knew only those with certificates; the hubs in it stay."""
    shipped.stop()
    file = shipped.folder / "dynamic-security.json"
    known = json.loads(file.read_text())
    own = {one.client for one in OWN} - {"wayhome-home-state"}
    known["clients"] = [one for one in known["clients"] if one["username"] not in own]
    known["roles"] = [one for one in known["roles"] if one["rolename"] not in own]
    file.write_text(json.dumps(known, indent=1) + "\n")
    shipped.start()
    door = door_at(shipped)
    before = await door.present()
    await door.close()
    assert "hub-9b2c" in {one.client for one in before}
    async with listening(shipped.gateway()) as gateway, Publisher(shipped.hub("7f3k")) as hub:
        await hub.publish("homes/7f3k/x", b"x")
        assert await topics(gateway, "homes/7f3k/x") == ["homes/7f3k/x"]
    present = await door.present()
    await door.close()
    assert set(present) >= set(OWN)


def served(broker: ShippedMosquitto) -> str:
    """Return the certificate that the broker shows."""
    return ssl.get_server_certificate(("localhost", broker.port), timeout=DEADLINE_S)


async def test_what_waits_for_the_gateway_outlives_a_restart(shipped: ShippedMosquitto) -> None:
    async with listening(shipped.gateway()):
        pass
    async with Publisher(shipped.hub("7f3k")) as hub:
        for number in range(500):
            await hub.publish(f"homes/7f3k/{number}", b"x")
    shipped.restart()
    async with listening(shipped.gateway()) as gateway:
        assert await topics(gateway, "homes/7f3k/499") == [f"homes/7f3k/{n}" for n in range(500)]


@pytest.mark.faults
async def test_a_hub_keeps_what_it_could_not_send(
    shipped: ShippedMosquitto, make_hub: Callable[[str], Hub]
) -> None:
    async with listening(shipped.gateway()) as gateway:
        hub = make_hub("7f3k")
        async with Publisher(hub.settings) as devices:
            await devices.publish("homes/7f3k/first", b"x")
        await topics(gateway, "homes/7f3k/first")
    shipped.stop()
    async with Publisher(hub.settings) as devices:
        for number in range(50):
            await devices.publish(f"homes/7f3k/{number}", b"x")
    async with asyncio.timeout(DEADLINE_S):
        while not hub.has_saved("homes/7f3k/49"):
            await asyncio.sleep(0.01)
    hub.kill()
    shipped.start()
    hub.start()
    async with listening(shipped.gateway()) as gateway:
        heard = await topics(gateway, "homes/7f3k/49")
    assert set(heard) >= {f"homes/7f3k/{number}" for number in range(50)}


def test_the_log_holds_no_topic_and_no_payload(shipped: ShippedMosquitto) -> None:
    puback(shipped.hub("7f3k"), "homes/7f3k/wayhome/seen-nowhere")
    assert "hub-7f3k" in shipped.log()
    assert "seen-nowhere" not in shipped.log()
