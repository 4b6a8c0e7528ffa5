"""Of gateways that divide the messages, one that is away keeps its share: the other does not vouch for it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.runtime.broker import BrokerSettings, Subscriber
from core.runtime.settings import child_environment
from core.runtime.subscriber import NOT_SHARED
from core.store.engine import pipeline_report
from core.store.pool import connect
from tests.faults.test_gateway_kill import process
from tests.gateway.running import HOME, Table, device, publisher, register, running_gateway, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from core.store.engine import PipelineReport
    from tests.faults.test_gateway_kill import Process
    from tests.servers.databases import Database
    from tests.servers.mosquitto import Mosquitto
    from wayhome.embedded.broker import EmbeddedBroker

MESSAGES = 40
SHARED: dict[str, object] = {"shared_group": "gateways"}
BOTH = "select count(*) from gateway_heartbeat where counters ->> 'stored_until' is not null"


async def report(database: Database) -> PipelineReport:
    async with connect(database.url_as("wayhome_analytics")) as connection:
        return await pipeline_report(connection, datetime.now(UTC) + timedelta(minutes=1))


@asynccontextmanager
async def two_of_a_group(
    database: Database, mosquitto: Mosquitto, folder: Path, table: Table
) -> AsyncIterator[Process]:
    """Two gateways that divide what a door says; yields the second."""
    await register(database.url, [device("door")])
    with (
        process(database, mosquitto, folder, "gateway-1", **SHARED),
        process(database, mosquitto, folder, "gateway-2", **SHARED) as second,
    ):
        await until(lambda: table.one(BOTH) == 2)
        yield second


async def leave(
    database: Database, mosquitto: Mosquitto, options: dict[str, object]
) -> tuple[int | None, str]:
    """Take the second gateway away for good: the command's exit code and what it says."""
    url = database.url_as("wayhome_gateway")
    terms = {"instance": "gateway-2", "health_port": 0, "mqtt_url": mosquitto.url, **options}
    leaving = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "wayhome", "gateway", "--leave"),
        env=child_environment({"database_url": url, **terms}),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await leaving.communicate()
    return leaving.returncode, said.decode()


async def speak(mosquitto: Mosquitto, first: int) -> None:
    async with publisher(mosquitto) as hub:
        for number in range(first, first + MESSAGES):
            said = {"v": number, "t": 1_790_000_000 + number}
            topic = f"homes/{HOME}/wayhome/door/temperature"
            await hub.publish(topic, json.dumps(said | {"v": number % 30}).encode())


async def test_homes_are_not_seen_while_one_of_two_gateways_is_away_and_nothing_is_lost(
    plain_database: Database, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """Half of what each home said went to the dead one, for days, and the homes seemed still."""
    table = Table(plain_database.url)
    async with two_of_a_group(plain_database, mosquitto, tmp_path, table) as second:
        second.kill()
        killed = datetime.now(UTC)
        await speak(mosquitto, 0)
        lives = "select at > %s from gateway_heartbeat where gateway = 'gateway-1'"
        await until(lambda: table.one(lives, killed + timedelta(seconds=1)))
        assert table.observations() < MESSAGES
        heard = (await report(plain_database)).heard_at
        assert heard is not None
        assert heard <= killed
        second.start()
        await until(lambda: table.observations() == MESSAGES, what="its share was kept")
        back = "select (counters ->> 'connected_since')::timestamptz > %s from gateway_heartbeat"
        back += " where gateway = 'gateway-2'"
        await until(lambda: table.one(back, killed) is True)
        again = await report(plain_database)
        assert again.heard_since is not None
        assert again.heard_since > killed


async def test_a_gateway_that_is_taken_away_for_good_gives_up_its_share(
    plain_database: Database, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    table = Table(plain_database.url)
    async with two_of_a_group(plain_database, mosquitto, tmp_path, table) as second:
        second.kill()
        await speak(mosquitto, 0)
        code, said = await leave(plain_database, mosquitto, SHARED)
        assert code == 0, said
        await until(lambda: table.observations() == MESSAGES, what="what it was sent is stored")
        assert table.rows("select gateway from gateway_heartbeat") == [("gateway-1",)]
        await speak(mosquitto, MESSAGES)
        await until(lambda: table.observations() == 2 * MESSAGES, what="the other has all of it")


@pytest.mark.parametrize("options", [{}, SHARED])
async def test_the_last_gateway_gives_nothing_up(
    plain_database: Database, mosquitto: Mosquitto, options: dict[str, object]
) -> None:
    """What is said then would be nobody's."""
    await register(plain_database.url, [device("door")])
    url = plain_database.url_as("wayhome_gateway")
    async with running_gateway(url, mosquitto.url, instance="gateway-2", **options):
        pass
    await speak(mosquitto, 0)
    code, said = await leave(plain_database, mosquitto, options)
    assert code == 1
    assert "would be nobody's" in said
    async with running_gateway(url, mosquitto.url, instance="gateway-2", **options):
        table = Table(plain_database.url)
        await until(lambda: table.observations() == MESSAGES)


async def test_a_broker_that_divides_nothing_is_not_taken_for_silent_homes(
    nats_broker: EmbeddedBroker,
) -> None:
    """The embedded broker let such a gateway subscribe and sent it nothing, under a green light."""
    settings = BrokerSettings(url=nats_broker.url, client_id="gateway")
    async with Subscriber(settings, ("$share/gateways/homes/#",), capacity=10) as subscriber:
        await until(lambda: subscriber.last_error == NOT_SHARED)
        assert not subscriber.connected
