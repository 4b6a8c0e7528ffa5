"""The embedded broker: who may do what, what survives its death, TLS, ports."""

from __future__ import annotations

import asyncio
import re
import resource
import socket
import stat
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.model.errors import BrokerUnavailable
from core.runtime.broker import BrokerSettings, Publisher, Subscriber
from tests.embedded import parents, raw_client
from tests.servers.ports import free_port
from wayhome import certificates
from wayhome.embedded import broker as broker_file
from wayhome.embedded.broker import Account, Certificate, EmbeddedBroker
from wayhome.embedded.process import running_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

GATEWAY = Account(username="gateway", password="word-of-gateway", subscribe=("homes/#",))
HUB = Account(username="hub-7f3k", password="word-of-hub", publish=("homes/7f3k/#",))
OTHER = Account(username="hub-9", password="word-of-other", publish=("homes/9/#",))


@pytest.fixture
def closed_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """Give a running broker with accounts."""
    broker = EmbeddedBroker(tmp_path / "broker", accounts=(GATEWAY, HUB))
    broker.start()
    yield broker
    broker.stop()


def address(broker: EmbeddedBroker, account: Account | None, client_id: str = "") -> BrokerSettings:
    return BrokerSettings(
        url=broker.url,
        client_id=client_id or (account.username if account else "nobody"),
        username=account.username if account else "",
        password=account.password if account else "",
    )


@asynccontextmanager
async def reading(settings: BrokerSettings) -> AsyncIterator[Subscriber]:
    """Subscribe to all homes, and wait until the broker has agreed."""
    async with Subscriber(settings, ("homes/#",), capacity=2000) as reader:
        async with asyncio.timeout(10):
            while not reader.connected:
                await asyncio.sleep(0.01)
        yield reader


async def received(reader: Subscriber, count: int) -> list[bytes]:
    payloads: list[bytes] = []
    async with asyncio.timeout(20):
        while len(payloads) < count:
            messages = await reader.batch(count, 0.05)
            payloads += [message.payload for message in messages]
            reader.acknowledge(messages)
    return payloads


def test_strangers_are_refused(closed_broker: EmbeddedBroker) -> None:
    port = closed_broker.port
    assert raw_client.is_let_in(port, HUB.username, HUB.password)
    assert not raw_client.is_let_in(port)
    assert not raw_client.is_let_in(port, HUB.username, "wrong")
    assert not raw_client.is_let_in(port, "stranger", HUB.password)


def test_its_secrets_are_for_its_owner(closed_broker: EmbeddedBroker) -> None:
    assert stat.S_IMODE(closed_broker.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((closed_broker.folder / "nats.conf").stat().st_mode) == 0o600
    (pid,) = running_in(closed_broker.folder, "nats-server")
    assert "word-of" not in Path(f"/proc/{pid}/cmdline").read_text()
    assert "word-of" not in (closed_broker.folder / "log").read_text()


def test_an_account_of_ours_speaks_mqtt_only(closed_broker: EmbeddedBroker) -> None:
    log = (closed_broker.folder / "log").read_text()
    found = re.search(r"Listening for client connections on 127\.0\.0\.1:(\d+)", log)
    assert found is not None
    with socket.create_connection(("127.0.0.1", int(found[1])), 5) as line:
        line.sendall(
            b'CONNECT {"user":"gateway","pass":"word-of-gateway","verbose":true}\r\nPING\r\n'
        )
        answer = b""
        while b"-ERR" not in answer and b"PONG" not in answer:
            answer += line.recv(4096)
    assert b"Authorization Violation" in answer


def test_an_account_reads_what_it_may_and_nothing_else(closed_broker: EmbeddedBroker) -> None:
    def may_read(account: Account, topic: str) -> bool:
        return raw_client.granted(closed_broker.port, topic, account.username, account.password)

    assert may_read(GATEWAY, "homes/#")
    assert may_read(GATEWAY, "homes/7f3k/zigbee2mqtt/hall_motion")
    # the broker's own deliveries to others, although QoS 1 needs a right to them inside
    for topic in ("#", "$MQTT/#", "$MQTT/sub/#", "other/#"):
        assert not may_read(GATEWAY, topic)
    for topic in ("homes/#", "homes/7f3k/#"):
        assert not may_read(HUB, topic)


async def test_a_new_account_comes_in_and_nobody_is_disturbed(
    closed_broker: EmbeddedBroker,
) -> None:
    async with (
        reading(address(closed_broker, GATEWAY)) as reader,
        Publisher(address(closed_broker, HUB)) as hub,
    ):
        closed_broker.let_in((GATEWAY, HUB, OTHER))
        async with asyncio.timeout(10):
            while not raw_client.is_let_in(closed_broker.port, OTHER.username, OTHER.password):
                await asyncio.sleep(0.05)
        await hub.publish("homes/7f3k/wayhome/a/motion", b"still here")
        async with Publisher(address(closed_broker, OTHER)) as other:
            await other.publish("homes/7f3k/wayhome/a/motion", b"forged")
            await other.publish("homes/9/wayhome/a/motion", b"new")
        assert sorted(await received(reader, 2)) == [b"new", b"still here"]
        assert reader.reconnects == 0


async def test_a_megabyte_reaches_the_reader(closed_broker: EmbeddedBroker) -> None:
    async with (
        reading(address(closed_broker, GATEWAY)) as reader,
        Publisher(address(closed_broker, HUB)) as hub,
    ):
        await hub.publish("homes/7f3k/wayhome/a/motion", b"x" * (1 << 20))
        (payload,) = await received(reader, 1)
    assert len(payload) == 1 << 20


@pytest.mark.faults
async def test_killed_it_keeps_what_it_has_acknowledged(closed_broker: EmbeddedBroker) -> None:
    settings = address(closed_broker, GATEWAY)
    async with reading(settings):
        pass  # a session that now is away
    async with Publisher(address(closed_broker, HUB)) as hub:
        for number in range(300):
            await hub.enqueue("homes/7f3k/wayhome/a/motion", str(number).encode())
        await hub.flush()
        closed_broker.kill()
    closed_broker.start()
    async with reading(settings) as reader:
        payloads = await received(reader, 300)
    assert {int(payload) for payload in payloads} == set(range(300))


@pytest.mark.faults
async def test_a_full_queue_keeps_the_publisher_waiting_and_lets_the_reader_in(
    tmp_path: Path,
) -> None:
    broker = EmbeddedBroker(
        tmp_path / "broker", accounts=(GATEWAY, HUB), queue_limit_bytes=1_000_000
    )
    broker.start()
    settings = address(broker, GATEWAY)
    async with reading(settings):
        pass  # a session that now is away
    topic, payload = "homes/7f3k/wayhome/a/motion", b"x" * 90_000
    async with Publisher(address(broker, HUB)) as hub:
        for _ in range(10):
            await hub.publish(topic, payload)
        late = [await hub.enqueue(topic, payload) for _ in range(3)]
        _, waiting = await asyncio.wait(late, timeout=1.5)
        assert waiting  # no PUBACK: the hub keeps its message
        async with reading(settings) as reader:
            assert len(await received(reader, 13)) == 13
            await hub.flush(20)
    broker.stop()


@pytest.mark.faults
async def test_it_ends_with_its_parent_and_starts_at_once_under_the_next(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(3):
        parent, url = parents.start(parents.BROKER, tmp_path / "broker", port)
        assert url == f"mqtt://127.0.0.1:{port}"
        parents.kill(parent)
    broker = EmbeddedBroker(tmp_path / "broker", port=port)
    broker.start()
    broker.stop()
    assert running_in(broker.folder, "nats-server") == ()


def test_a_wanted_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        broker = EmbeddedBroker(tmp_path / "broker", port=port)
        with pytest.raises(BrokerUnavailable, match="address already in use"):
            broker.start()
        assert not broker.alive()


def test_a_chosen_port_that_was_taken_meanwhile_is_chosen_anew(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "broker")
    before = broker.port
    with socket.create_server(("127.0.0.1", before)):
        broker.start()
    assert broker.port != before
    broker.stop()


async def test_with_a_certificate_it_speaks_tls_only(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = certificates.new_authority(now)
    server = certificates.new_server(authority, ("localhost", "127.0.0.1"), now)
    for name, text in (
        ("ca.crt", authority.certificate),
        ("server.crt", server.certificate),
        ("server.key", server.key),
    ):
        (tmp_path / name).write_text(text)
    certificate = Certificate(certificate=tmp_path / "server.crt", key=tmp_path / "server.key")
    broker = EmbeddedBroker(
        tmp_path / "broker", accounts=(GATEWAY, HUB), host="", certificate=certificate
    )
    broker.start()
    try:
        trusting = BrokerSettings(
            url=broker.url,
            client_id="hub",
            username=HUB.username,
            password=HUB.password,
            ca_file=str(tmp_path / "ca.crt"),
        )
        async with Publisher(trusting) as hub:
            await hub.publish("homes/7f3k/wayhome/a/motion", b"1")
        word = (HUB.username, HUB.password)
        assert raw_client.is_let_in(broker.port, *word, ca_file=str(tmp_path / "ca.crt"))
        assert not raw_client.is_let_in(broker.port, *word)
    finally:
        broker.stop()


async def takes(hub: BrokerSettings, payload: bytes) -> bool:
    """Tell whether a message is acknowledged within two seconds."""
    try:
        async with asyncio.timeout(2), Publisher(hub) as publisher:
            await publisher.publish("homes/7f3k/lost", payload)
    except TimeoutError:
        return False
    return True


async def test_after_a_full_disk_it_takes_messages_again(
    closed_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nats-server takes none for ever, and runs; nobody but its log knew, and homes seemed still."""
    own, hub = address(closed_broker, GATEWAY), address(closed_broker, HUB)
    async with reading(own):
        pass
    async with Publisher(hub) as publisher:
        await publisher.publish("homes/7f3k/before", b"before")
    most = 1 << 16  # a file may be no longer: as a disk that is full, for this process alone
    assert closed_broker._process is not None
    limit = partial(resource.prlimit, closed_broker._process.pid, resource.RLIMIT_FSIZE)
    soft, hard = limit()
    limit((most, hard))
    assert not await takes(hub, b"x" * most)
    limit((soft, hard))
    assert not await takes(hub, b"there is room"), "nats-server has mended itself: take this away"
    assert not closed_broker.alive(), "so that who keeps it running starts it anew"
    monkeypatch.setattr(broker_file, "ROOM_BYTES", 1 << 60)
    with pytest.raises(BrokerUnavailable, match="is full: make room"):
        closed_broker.start()
    monkeypatch.undo()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", closed_broker.port), 1)
    closed_broker.start()
    assert closed_broker.alive()
    async with Publisher(hub) as publisher:
        await publisher.publish("homes/7f3k/after", b"after")
    async with reading(own) as reader:
        assert set(await received(reader, 2)) == {b"before", b"after"}
