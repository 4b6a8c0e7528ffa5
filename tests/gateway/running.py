"""A registered home and a running gateway, for tests on real servers."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg

from core.model.home import Device, Home, HomeMode, Household, Placement
from core.model.ids import DeviceId, HomeId, OrganisationId
from core.runtime.broker import BrokerSettings, Publisher
from core.runtime.clock import SystemClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import GatewaySettings
from core.store.pool import connect
from core.store.registry import register_household, register_organisation
from gateway.service import main

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tests.servers.broker_fixtures import Broker

HOME = HomeId("7f3k")


def device(name: str, family: str = "wayhome", home: str = HOME) -> Device:
    return Device(
        device_id=DeviceId(0),
        home_id=HomeId(home),
        family=family,
        external_id=name,
        name=name,
        placement=Placement.OBJECT,
    )


async def register(
    url: str,
    devices: Sequence[Device],
    *,
    home: str = HOME,
    mode: HomeMode = HomeMode.LIVE,
) -> dict[str, DeviceId]:
    """Register a home with these devices; return their ids by name."""
    async with connect(url) as connection:
        await register_organisation(connection, OrganisationId("care"), "Care")
        found = await register_household(
            connection,
            Household(
                home=Home(
                    home_id=HomeId(home),
                    organisation_id=OrganisationId("care"),
                    name="A home",
                    zone=ZoneInfo("Europe/London"),
                    mode=mode,
                ),
                devices=tuple(devices),
            ),
        )
    return {one.external_id: one.device_id for one in found.devices}


async def until(check: Callable[[], Any], *, within_s: float = 40.0, what: str = "") -> None:
    """Wait for ``check`` to be true."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if check():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {within_s:g} s: {what or check}")


@dataclass
class Table:
    """Looks into a database as its owner."""

    url: str

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def run(self, statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statements.encode())

    def one(self, query: str, *values: object) -> Any:
        return self.rows(query, *values)[0][0]

    def observations(self) -> int:
        return int(
            self.one("select (select count(*) from observation) + (select count(*) from position)")
        )


@asynccontextmanager
async def running_gateway(
    database_url: str, mqtt_url: str, *, instance: str = "gateway-1", **overrides: Any
) -> AsyncIterator[Context[GatewaySettings]]:
    """Run a gateway in this process until the block ends; it is subscribed when the block begins."""
    settings = GatewaySettings(
        database_url=database_url, mqtt_url=mqtt_url, instance=instance, **overrides
    )
    clock = SystemClock()
    context = Context(
        settings=settings, clock=clock, health=Health("gateway", clock), instance=instance
    )
    context.health.set("started", ok=True)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(main(context))
        try:
            await until(lambda: task.done() or _is_connected(context), what="gateway connects")
            yield context
        finally:
            task.cancel()


def _is_connected(context: Context[GatewaySettings]) -> bool:
    part = context.health.report()["parts"].get("broker")
    return bool(part and part["ok"])


@asynccontextmanager
async def publisher(broker: Broker, client_id: str = "hub") -> AsyncIterator[Publisher]:
    settings = BrokerSettings(url=broker.url, client_id=client_id, protocol="3.1.1")
    async with Publisher(settings, inflight=1000) as open_publisher:
        yield open_publisher
