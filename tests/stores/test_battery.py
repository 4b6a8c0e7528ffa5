from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from analytics.batteries import forecast_due
from core.model.ids import DeviceId, HomeId
from core.model.intake import PresenceChange
from core.runtime.clock import ManualClock
from core.store import battery
from core.store.pool import Pool, open_pool, transaction
from tests.gateway.running import HOME, device, register

if TYPE_CHECKING:
    from tests.servers.databases import Database

TODAY = datetime(2026, 5, 1, 9, tzinfo=UTC)


class Hurried(ManualClock):
    """Its time is over at once."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


@dataclass
class Store:
    gateway: Pool
    analytics: Pool
    url: str
    device: DeviceId

    async def record(self, day: date, percent: float) -> None:
        change = PresenceChange(device_id=self.device, home_id=HomeId(HOME), charge=(day, percent))
        async with transaction(self.gateway) as connection:
            await battery.record(connection, [change])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
async def store(plain_database: Database) -> AsyncIterator[Store]:
    await register(plain_database.url, devices=[device("door")])
    with psycopg.connect(plain_database.url) as connection:
        row = connection.execute("select device_id from device").fetchone()
    assert row is not None
    gateway, analytics = (
        plain_database.url_as(role) for role in ("wayhome_gateway", "wayhome_analytics")
    )
    async with open_pool(gateway, most=1) as first, open_pool(analytics, most=1) as second:
        yield Store(first, second, plain_database.url, DeviceId(row[0]))


async def test_of_a_day_the_lowest_stays_and_a_year_is_kept(store: Store) -> None:
    today = TODAY.date()
    for percent in (70.0, 68.0, 69.0):
        await store.record(today - timedelta(400), percent)
    assert store.rows("select percent from battery_record") == [(68.0,)]
    await store.record(today, 50.0)
    assert store.rows("select day, percent from battery_record") == [(today, 50.0)]


async def test_a_falling_battery_gets_its_day_and_a_new_cell_takes_it_away(store: Store) -> None:
    today = TODAY.date()
    for ago in range(30, -1, -1):
        await store.record(today - timedelta(ago), 40.0 + ago)
    assert await forecast_due(store.analytics, ManualClock(TODAY)) == 1
    ((low_on, earliest),) = store.rows("select low_on, earliest from battery_forecast")
    assert low_on == earliest == today + timedelta(25)
    before = store.rows("select computed_at from battery_forecast")
    await forecast_due(store.analytics, ManualClock(TODAY))
    assert store.rows("select computed_at from battery_forecast") == before, "nothing is new"
    with psycopg.connect(store.url) as connection:
        connection.execute("update battery_record set recorded_at = %s", (TODAY,))
    await store.record(today + timedelta(1), 100.0)
    await forecast_due(store.analytics, ManualClock(TODAY + timedelta(days=1)))
    assert store.rows("select low_on from battery_forecast") == [(None,)]


async def test_which_devices_are_due_is_asked_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a hundred thousand devices it takes a second: asked for each few of them, hours of the database."""
    asked = 0

    async def counting(*given: Any) -> tuple[DeviceId, ...]:
        nonlocal asked
        asked += 1
        return await to_forecast(*given)

    to_forecast = battery.to_forecast
    monkeypatch.setattr(battery, "to_forecast", counting)
    with psycopg.connect(store.url) as connection:
        connection.execute(
            "insert into device (home_id, family, external_id, name, placement, reporting_interval_s)"
            " select home_id, family, external_id || n, name, placement, reporting_interval_s"
            " from device, generate_series(1, 6) n"
        )
        connection.execute(
            "insert into battery_record (device_id, home_id, day, percent) select device_id, home_id, d, 50"
            " from device, generate_series(%s::date - 9, %s::date, interval '1 day') d",
            (TODAY, TODAY),
        )
    found = await forecast_due(store.analytics, Hurried(TODAY), 3)
    assert (found, asked) == (7, 1)
    assert store.rows("select count(*) from battery_forecast") == [(7,)]
