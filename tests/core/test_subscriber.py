"""The subscriber on real brokers: acknowledged by hand, bounded, always back."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from core.model.errors import BrokerUnavailable, Misconfigured
from core.runtime import mqtt
from core.runtime.broker import BrokerSettings, IncomingMessage, Publisher, Subscriber, Will
from tests.servers.broker_fixtures import Broker
from tests.servers.mosquitto import Mosquitto

TOPICS = ("homes/#",)


def who(broker: Broker, name: str, **more: object) -> BrokerSettings:
    return BrokerSettings(url=broker.url, client_id=name, **more)  # type: ignore[arg-type]


async def until(check: Callable[[], object], within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while not check():
            await asyncio.sleep(0.01)


async def take(subscriber: Subscriber, count: int, within_s: float = 30.0) -> list[IncomingMessage]:
    taken: list[IncomingMessage] = []
    async with asyncio.timeout(within_s):
        while len(taken) < count:
            taken += await subscriber.batch(1000, 0.0)
    return taken


async def heard_by_broker(reader: Subscriber) -> None:
    """Wait until the broker has taken all that the reader sent: it answers a ping after what came before."""
    connection = reader._connection
    assert connection is not None
    before = connection.heard_at
    connection.write(mqtt.PING)
    await until(lambda: connection.heard_at > before)


async def publish(broker: Broker, payloads: list[bytes], **options: bool) -> None:
    async with Publisher(who(broker, "publisher"), inflight=200) as publisher:
        for payload in payloads:
            await publisher.enqueue("homes/a/b", payload, **options)
        await publisher.flush()


async def test_it_speaks_what_the_broker_speaks(broker: Broker) -> None:
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=10) as reader:
        await until(lambda: reader.connected)
        assert reader.protocol == ("5" if isinstance(broker, Mosquitto) else "3.1.1")


async def test_nothing_is_waited_for_while_the_window_is_full(broker: Broker) -> None:
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=3) as reader:
        await until(lambda: reader.connected)
        await publish(broker, [b"0", b"1", b"2", b"3", b"4"])
        await until(lambda: reader.held >= 3)
        async with asyncio.timeout(30):
            assert len(await reader.batch(1000, 600.0)) >= 3


async def test_what_is_not_acknowledged_comes_again_and_the_rest_does_not(broker: Broker) -> None:
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=100) as reader:
        await until(lambda: reader.connected)
        await publish(broker, [b"0", b"1", b"2", b"3"])
        first = await take(reader, 4)
        assert not any(message.duplicate for message in first)
        assert reader.acknowledge(first[:2]) == 2
        assert reader.held == 2
        await heard_by_broker(reader)
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=100) as reader:
        again = await take(reader, 2)
        assert [message.payload for message in again] == [b"2", b"3"]
        assert all(message.duplicate for message in again)
        assert reader.acknowledge(again) == 2


async def test_an_old_connection_s_message_is_not_acknowledged_on_the_new_one(
    broker: Broker,
) -> None:
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=100) as reader:
        await until(lambda: reader.connected)
        await publish(broker, [b"x"])
        (old,) = await take(reader, 1)
        broker.kill()
        await until(lambda: not reader.connected)
        broker.start()
        await until(lambda: reader.connected)
        assert reader.reconnects == 1
        assert reader.acknowledge([old]) == 0
        await publish(broker, [b"y"])
        async with asyncio.timeout(30):
            while (found := await take(reader, 1)) and found[-1].payload != b"y":
                reader.acknowledge(found)


async def test_memory_is_bounded_and_all_arrive(broker: Broker) -> None:
    sent = [b"%d" % number for number in range(20_000)]
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=500) as reader:
        await until(lambda: reader.connected)
    await publish(broker, sent)
    seen: set[bytes] = set()
    most = 0
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=500) as reader:
        await asyncio.sleep(0.5)  # nothing is acknowledged meanwhile: it must stop reading
        async with asyncio.timeout(60):
            while len(seen) < len(sent):
                messages = await reader.batch(200, 0.0)
                most = max(most, reader.held)
                seen |= {message.payload for message in messages}
                reader.acknowledge(messages)
    assert seen == set(sent)
    assert most <= 500 + 256 * 1024 // 20  # one read of the socket more


async def test_reading_may_pause_for_longer_than_the_keepalive(broker: Broker) -> None:
    # a broker hangs up after one and a half of it; on a busy machine a ping may be a second late
    settings = who(broker, "reader", keepalive_s=2)
    async with Subscriber(settings, TOPICS, capacity=3) as reader:
        await until(lambda: reader.connected)
        await publish(broker, [b"%d" % number for number in range(50)])
        held = await take(reader, 3)
        await asyncio.sleep(5.0)
        assert reader.connected
        assert reader.reconnects == 0
        seen = {message.payload for message in held}
        reader.acknowledge(held)
        async with asyncio.timeout(30):
            while len(seen) < 50:
                messages = await reader.batch(10, 0.0)
                seen |= {message.payload for message in messages}
                reader.acknowledge(messages)


async def test_retained_and_big_messages(broker: Broker) -> None:
    await publish(broker, [b"kept"], retain=True)
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=10) as reader:
        (state,) = await take(reader, 1)
        assert (state.payload, state.retained) == (b"kept", True)
        reader.acknowledge([state])
        await publish(broker, [b"x" * 1_000_000])
        (big,) = await take(reader, 1)
        assert (len(big.payload), big.retained) == (1_000_000, False)


async def test_a_will_is_published_when_the_client_vanishes(broker: Broker) -> None:
    async with Subscriber(who(broker, "reader"), TOPICS, capacity=10) as reader:
        await until(lambda: reader.connected)
        will = Will(topic="homes/a/wayhome/x/status", payload=b'{"online": false}')
        async with Publisher(who(broker, "sensor", keepalive_s=1), will=will) as publisher:
            await publisher.publish("homes/a/wayhome/x/motion", b"1")
            broker_side = publisher._client
            assert broker_side is not None
            sock = broker_side.socket()
            assert sock is not None
            broker_side.disable_logger()
            sock.close()
            messages = await take(reader, 2)
        assert b'{"online": false}' in [message.payload for message in messages]


async def test_a_wrong_password_is_said_and_tried_with_patience(
    make_mosquitto: Callable[..., Mosquitto],
) -> None:
    broker = make_mosquitto(users={"gateway": "right"})
    async with Subscriber(
        who(broker, "r", username="gateway", password="no"), TOPICS, capacity=5
    ) as r:
        await until(lambda: "authoris" in r.last_error or "password" in r.last_error)
        assert not r.connected
    async with Subscriber(
        who(broker, "r", username="gateway", password="right"), TOPICS, capacity=5
    ) as r:
        await until(lambda: r.connected)
    with pytest.raises(BrokerUnavailable):
        async with Publisher(who(broker, "p", username="gateway", password="no")):
            pass


async def test_a_publisher_says_when_nothing_is_acknowledged(mosquitto: Mosquitto) -> None:
    async with Publisher(who(mosquitto, "p")) as publisher:
        await publisher.publish("homes/a", b"1")
        mosquitto.kill()
        with pytest.raises(BrokerUnavailable):
            await publisher.publish("homes/a", b"2", timeout_s=0.3)
    with pytest.raises(BrokerUnavailable):
        async with Publisher(who(mosquitto, "p")):
            pass


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": "http://x"}, "mqtt_url"),
        ({"protocol": "4"}, "mqtt_protocol"),
        ({"url": "mqtts://x", "ca_file": "/nowhere.pem"}, "mqtt_ca_file"),
    ],
)
def test_wrong_settings_are_named(change: dict[str, str], named: str, tmp_path: Path) -> None:
    values = {"url": "mqtt://127.0.0.1:1", "client_id": str(tmp_path.name)} | change
    with pytest.raises(Misconfigured, match=named):
        Subscriber(BrokerSettings(**values), TOPICS, capacity=1)  # type: ignore[arg-type]


def test_plain_settings_need_no_tls() -> None:
    assert BrokerSettings(url="mqtt://h", client_id="a").tls_context() is None
    assert isinstance(BrokerSettings(url="mqtts://h", client_id="a").tls_context(), ssl.SSLContext)
    assert BrokerSettings(url="mqtts://h", client_id="a").address == ("h", 8883)
