"""A gateway that is killed under load loses nothing and stores nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.runtime.settings import child_environment
from tests.gateway.running import HOME, Table, device, publisher, register, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.runtime.broker import Publisher
    from tests.servers.broker_fixtures import Broker
    from tests.servers.databases import Database
    from tests.servers.mosquitto import Mosquitto

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
DEVICES = 20
KILLS = 5


@dataclass
class Process:
    """A gateway as a process of its own."""

    database_url: str
    mqtt_url: str
    log: Path
    instance: str = "gateway-1"
    more: dict[str, object] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = {
            "database_url": self.database_url,
            "mqtt_url": self.mqtt_url,
            "instance": self.instance,
            "device_burst": 100_000,
            **self.more,
        }
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "gateway"],
                cwd=ROOT,
                env=child_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        assert self.running is not None
        assert self.running.poll() is None, self.log.read_text()[-2000:]
        os.kill(self.running.pid, signal.SIGKILL)
        self.running.wait()


@pytest.fixture
def open_mosquitto(make_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    # by default Mosquitto drops what is beyond 1,000 queued messages and says Success to the publisher
    return make_mosquitto(lines=["max_queued_messages 0", "max_inflight_messages 1000"])


@pytest.fixture(params=["open_mosquitto", "nats_broker"])
def queueing_broker(request: pytest.FixtureRequest) -> Broker:
    found: Broker = request.getfixturevalue(request.param)
    return found


@contextmanager
def process(
    database: Database, broker: Broker, folder: Path, name: str, **more: object
) -> Iterator[Process]:
    found = Process(
        database_url=database.url_as("wayhome_gateway"),
        mqtt_url=broker.url,
        log=folder / f"{name}.log",
        instance=name,
        more=more,
    )
    found.start()
    yield found
    if found.running is not None and found.running.poll() is None:
        found.running.terminate()
        found.running.wait(20)


async def load(hub: Publisher, upto: int, pause_s: float, stop: asyncio.Event) -> int:
    """Publish until told to stop, at most ``upto`` messages; a third of them carry no time."""
    start = datetime.now(UTC) - timedelta(hours=1)
    pending = []
    for number in range(upto):
        if stop.is_set():
            break
        name = f"d{number % DEVICES}"
        message: dict[str, object] = {"v": number, "seq": number // DEVICES, "boot": "b"}
        if number % 3:
            message["t"] = (start + timedelta(milliseconds=number)).isoformat()
        topic = f"homes/{HOME}/wayhome/{name}/illuminance"
        pending.append(await hub.enqueue(topic, json.dumps(message).encode()))
        if number % 50 == 0:
            await asyncio.sleep(pause_s)
    await asyncio.gather(*pending)
    return len(pending)


def settled(table: Table, expected: int) -> bool:
    return int(table.one("select count(*) from observation")) >= expected


def no_gaps(table: Table) -> bool:
    """Tell whether nothing is missed; what waits in memory is written within seconds."""
    return table.rows("select count(*), max(missed) from presence") == [(DEVICES, 0)]


async def test_killed_five_times(
    plain_database: Database, queueing_broker: Broker, tmp_path: Path
) -> None:
    broker = queueing_broker
    await register(plain_database.url, [device(f"d{n}") for n in range(DEVICES)])
    table = Table(plain_database.url)
    stop = asyncio.Event()
    with process(plain_database, broker, tmp_path, "gateway-1") as gateway:
        await until(lambda: table.rows("select 1 from gateway_heartbeat where broker_connected"))
        async with publisher(broker) as hub, asyncio.TaskGroup() as group:
            publishing = group.create_task(load(hub, 200_000, 0.02, stop))
            for _ in range(KILLS):
                before = table.observations()
                await until(lambda: table.observations() > before + 300, what="load flows")  # noqa: B023
                gateway.kill()
                gateway.start()
            stop.set()
        published = publishing.result()
        assert published > KILLS * 300
        await until(lambda: settled(table, published), within_s=60, what="all is stored")
        await until(lambda: no_gaps(table), what="late numbers close their gaps")
        await asyncio.sleep(1.5)
    values = table.rows("select value, count(*) from observation group by value order by value")
    assert [int(value) for value, _ in values] == list(range(published))
    assert [times for _, times in values if times != 1] == []
    assert table.one("select count(*) from quarantine") == 0


async def test_two_gateways_share_the_load(
    plain_database: Database, open_mosquitto: Mosquitto, tmp_path: Path
) -> None:
    await register(plain_database.url, [device(f"d{n}") for n in range(DEVICES)])
    mosquitto = open_mosquitto
    table = Table(plain_database.url)
    stop = asyncio.Event()
    options = {"shared_group": "gateways"}
    with (
        process(plain_database, mosquitto, tmp_path, "gateway-1", **options),
        process(plain_database, mosquitto, tmp_path, "gateway-2", **options) as second,
    ):
        ready = "select count(*) from gateway_heartbeat where broker_connected"
        await until(lambda: table.one(ready) == 2)
        async with publisher(mosquitto) as hub, asyncio.TaskGroup() as group:
            publishing = group.create_task(load(hub, 200_000, 0.02, stop))
            await until(lambda: table.observations() > 1000, what="load flows")
            second.kill()
            second.start()
            before = table.observations()
            await until(lambda: table.observations() > before + 1000, what="load flows on")
            stop.set()
        published = publishing.result()
        await until(lambda: settled(table, published), within_s=60, what="all is stored")
        await until(lambda: no_gaps(table), what="the shares add up to no gap")
        await asyncio.sleep(1.5)
    values = table.rows("select value, count(*) from observation group by value order by value")
    assert [int(value) for value, _ in values] == list(range(published))
    assert [times for _, times in values if times != 1] == []
    assert table.one("select count(distinct gateway) from receipt where length(receipts) > 10") == 2
