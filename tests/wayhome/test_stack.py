"""The embedded system: who may publish where, one system a folder, nothing left behind."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from core.model.errors import BrokerUnavailable, Misconfigured
from core.runtime.broker import BrokerSettings, Publisher, Subscriber
from core.store.pool import connect
from tests.journeys.hubs import let_in
from tests.servers.postgres_fixtures import server_folder
from wayhome import roster, system
from wayhome.stack import Stack, StackSettings


def settings(folder: Path) -> StackSettings:
    return StackSettings(folder=folder, web_port=0, services=(), durable=False)


async def test_a_hub_writes_below_its_own_home_only() -> None:
    folder = server_folder()
    async with Stack(settings(folder)) as stack:
        async with (
            let_in(stack),
            connect(stack.system.database("wayhome_registrar")) as connection,
        ):
            await roster.register(connection, roster.read(Path("docs/how-to/register.toml")))
        password = (folder / "secrets" / "hub-7f3k").read_text()
        hub = BrokerSettings(
            url=stack.system.mqtt_url, client_id="hub", username="hub-7f3k", password=password
        )
        async with Subscriber(stack.system.broker("gateway"), ("homes/#",), capacity=10) as reader:
            async with asyncio.timeout(10):
                while not reader.connected:
                    await asyncio.sleep(0.02)
            async with Publisher(hub) as publisher:
                await publisher.publish("homes/other/wayhome/a/motion", b"forged")
                await publisher.publish("homes/7f3k/wayhome/a/motion", b"own")
            async with asyncio.timeout(10):
                (message,) = await reader.batch(10, 0.3)
            assert message.payload == b"own"
            reader.acknowledge([message])
        wrong = BrokerSettings(
            url=stack.system.mqtt_url, client_id="hub", username="hub-7f3k", password="wrong"
        )
        with pytest.raises(BrokerUnavailable):
            async with Publisher(wrong):
                pass
        for path in (folder / "secrets").iterdir():
            assert path.stat().st_mode & 0o077 == 0
    assert not (folder / system.CONNECTIONS).exists()


async def test_two_systems_do_not_share_a_folder() -> None:
    folder = server_folder()
    async with Stack(settings(folder)):
        with pytest.raises(Misconfigured, match="another system runs"):
            async with Stack(settings(folder)):
                pass


async def test_a_port_that_another_program_has_is_said_at_once() -> None:
    """Its pages would pass for ours, and ours would end and start anew for ever."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        wanted = settings(server_folder())
        pages = replace(wanted, services=("dashboard",), web_port=port)
        for taken, option in (
            (pages, "--web-port"),
            (replace(wanted, mqtt_port=port), "--mqtt-port"),
        ):
            with pytest.raises(Misconfigured, match=f"{option}.*{port}.*in use"):
                async with Stack(taken):
                    pass
            assert not (taken.folder / "postgres").exists(), "nothing was started before"


async def test_data_survives_a_restart() -> None:
    folder = server_folder()
    async with (
        Stack(settings(folder)) as stack,
        connect(stack.system.database("wayhome_registrar")) as connection,
    ):
        await connection.execute("insert into organisation values ('leeds', 'Leeds')")
    async with (
        Stack(settings(folder)) as stack,
        connect(stack.system.database("wayhome_operator")) as connection,
    ):
        rows = await (await connection.execute("select name from organisation")).fetchall()
    assert rows == [("Leeds",)]


async def test_a_home_without_carers_does_not_keep_the_system_from_starting() -> None:
    folder = server_folder()
    async with (
        Stack(settings(folder)) as stack,
        connect(stack.system.database("wayhome_registrar")) as connection,
    ):
        await connection.execute("insert into organisation values ('leeds', 'Leeds')")
        await connection.execute(
            "insert into home (home_id, organisation_id, name, mode) values ('ada', 'leeds', 'x', 'live')"
        )
    alone = replace(settings(folder), services=("alerts", "analytics"), start_timeout_s=20.0)
    async with Stack(alone) as stack:
        (alerts,) = (child for child in stack.children if child.name == "alerts")
        async with httpx.AsyncClient() as client, asyncio.timeout(20):
            while await alerts.healthy(client):
                await asyncio.sleep(0.2)
            assert await alerts.works(client)
