"""A gateway that hears and can not store proves nothing: the homes are not seen, and operators are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.store.engine import pipeline_report
from core.store.migrate import migrate
from core.store.pool import connect
from gateway import service, standstill
from tests.gateway.running import HOME, Table, device, publisher, register, running_gateway, until

if TYPE_CHECKING:
    from core.store.engine import PipelineReport
    from tests.servers.broker_fixtures import Broker
    from tests.servers.databases import Database
    from tests.servers.mosquitto import Mosquitto
    from wayhome.embedded.postgres import EmbeddedPostgres

SOON = timedelta(seconds=0.5)


async def report(database: Database) -> PipelineReport:
    """Read what detection reads."""
    async with connect(database.url_as("wayhome_analytics")) as connection:
        return await pipeline_report(connection, datetime.now(UTC) + timedelta(minutes=1))


async def test_a_sign_of_life_is_no_later_than_what_is_stored(
    plain_database: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody's session locks, or a full disk, is no silence of the homes."""
    monkeypatch.setattr(service, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(service, "LATE_S", 0.5)
    monkeypatch.setattr(standstill, "STANDS_AFTER", SOON)
    await register(plain_database.url, [device("door")])
    table, topic = Table(plain_database.url), f"homes/{HOME}/wayhome/door/contact"
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), broker.url) as context,
        publisher(broker) as hub,
    ):
        await hub.publish(topic, json.dumps({"v": 1}).encode())
        await until(lambda: table.observations() == 1)
        with psycopg.connect(plain_database.url) as somebody:
            somebody.execute("lock table observation in exclusive mode")
            locked = datetime.now(UTC)
            await hub.publish(topic, json.dumps({"v": 0}).encode())
            beats = "select (counters -> 'received')::int from gateway_heartbeat"
            await until(lambda: table.one(beats) == 2)
            await until(lambda: not context.health.report()["parts"]["lag"]["ok"])
            heard = (await report(plain_database)).heard_at
            assert heard is not None
            assert heard < locked + SOON, "it hears the broker, and what it hears is not in the log"
        await until(lambda: table.observations() == 2)
        freed = datetime.now(UTC)
        alive = "select at > %s from gateway_heartbeat"
        await until(lambda: table.one(alive, freed))
        again = await report(plain_database)
        assert again.heard_since is not None
        assert again.heard_since > locked + SOON, "detection counts the span as one not seen"
        await until(lambda: context.health.report()["parts"]["lag"]["ok"])


async def test_a_quiet_gateway_is_well_again_when_the_database_is(
    own_postgres: EmbeddedPostgres, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No message has to come for it: in a quiet night it was red until the morning."""
    monkeypatch.setattr(service, "HEARTBEAT_S", 0.1)
    migrate(own_postgres.url())
    async with running_gateway(own_postgres.url(), mosquitto.url) as context:

        def well() -> bool:
            return bool(context.health.report()["parts"]["database"]["ok"])

        own_postgres.stop()
        await until(lambda: not well())
        own_postgres.start()
        await until(well)
