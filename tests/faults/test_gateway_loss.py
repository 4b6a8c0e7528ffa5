"""The database goes away, the broker goes away: nothing is acknowledged too early, nothing is lost."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.store.migrate import migrate
from tests.gateway.running import (
    HOME,
    Table,
    device,
    publisher,
    register,
    running_gateway,
    until,
)
from tests.health import well

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.broker_fixtures import Broker
    from tests.servers.databases import Database
    from tests.servers.mosquitto import Mosquitto
    from wayhome.embedded.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.faults]

TOPIC = f"homes/{HOME}/wayhome/door/illuminance"


@pytest.fixture
def own_database(own_postgres: EmbeddedPostgres) -> str:
    url = own_postgres.url("wayhome")
    with psycopg.connect(own_postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("create database wayhome")
    migrate(url)
    return url


def message(number: int) -> bytes:
    return json.dumps({"v": number, "seq": number, "boot": "b"}).encode()


async def test_a_lost_database_loses_nothing(
    own_postgres: EmbeddedPostgres, own_database: str, broker: Broker
) -> None:
    await register(own_database, [device("door")])
    table = Table(own_database)
    async with running_gateway(own_database, broker.url, buffer_messages=200) as context:
        async with publisher(broker) as hub:
            await hub.publish(TOPIC, message(0))
            await until(lambda: table.observations() == 1)
            own_postgres.stop()
            sent = [await hub.enqueue(TOPIC, message(number)) for number in range(1, 901)]
            await asyncio.gather(*sent)
            await until(lambda: well(context, "database") is False)
            await asyncio.sleep(1.0)
            own_postgres.start()
            await until(lambda: table.observations() == 901, within_s=40)
        await until(lambda: context.health.ok, within_s=40)
        await asyncio.sleep(0.5)
    assert table.rows("select value from observation group by value having count(*) > 1") == []
    assert table.one("select missed from presence") == 0
    assert table.one("select count(*) from quarantine") == 0


async def test_what_is_not_committed_is_not_acknowledged(
    own_postgres: EmbeddedPostgres, own_database: str, mosquitto: Mosquitto
) -> None:
    await register(own_database, [device("door")])
    table = Table(own_database)
    async with running_gateway(own_database, mosquitto.url), publisher(mosquitto) as hub:
        own_postgres.stop()
        for number in range(10):
            await hub.publish(TOPIC, message(number))
        await asyncio.sleep(1.0)
    # the gateway ended without having committed: all must come again to the next one
    own_postgres.start()
    async with running_gateway(own_database, mosquitto.url):
        await until(lambda: table.observations() == 10)


async def test_a_killed_database_connection_is_one_retry(
    plain_database: Database, broker: Broker
) -> None:
    await register(plain_database.url, [device("door")])
    table = Table(plain_database.url)
    url = plain_database.url_as("wayhome_gateway")
    async with running_gateway(url, broker.url), publisher(broker) as hub:
        for number in range(200):
            await hub.publish(TOPIC, message(number))
            if number % 20 == 0:
                table.rows(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where usename = 'wayhome_gateway' and datname = current_database()"
                )
        await until(lambda: table.observations() == 200)
        await asyncio.sleep(0.3)
    assert table.observations() == 200


async def test_a_lost_broker_is_found_again(
    plain_database: Database, make_mosquitto: Callable[..., Mosquitto]
) -> None:
    broker = make_mosquitto(lines=["max_queued_messages 0"])
    await register(plain_database.url, [device("door")])
    table = Table(plain_database.url)
    url = plain_database.url_as("wayhome_gateway")
    async with running_gateway(url, broker.url) as context:
        for turn, end in enumerate((broker.stop, broker.kill)):
            end()
            await until(lambda: well(context, "broker") is False)
            await until(
                lambda: not table.one("select broker_connected from gateway_heartbeat"),
                what="the heartbeat says so",
            )
            broker.start()
            await until(lambda: well(context, "broker") is True, within_s=40)
            async with publisher(broker) as hub:
                await hub.publish(TOPIC, message(turn))
            await until(lambda: table.observations() == turn + 1)  # noqa: B023
    assert table.one("select (counters->>'reconnects')::int from gateway_heartbeat") == 2
