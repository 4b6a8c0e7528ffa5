from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.finding import Severity
from core.model.forecast import Forecast
from core.model.ids import HomeId, ResidentId
from core.model.said import facts, say
from core.store import forecast as table
from core.store.pool import Connection, connect
from tests.alerts.houses import furnish

if TYPE_CHECKING:
    from tests.servers.databases import Database

NINE = datetime(2026, 5, 4, 9, tzinfo=UTC)
HOME = HomeId("7f3k")
NEXT = Forecast(
    home_id=HOME,
    resident_id=ResidentId(1),
    detector="inactivity",
    speaks_at=NINE + timedelta(minutes=40),
    severity=Severity.CHECK,
    what=say("If nothing moves by %(time)s, the first carer is told", time="09:40"),
)
LATER = replace(NEXT, detector="not_back", resident_id=None, speaks_at=NINE + timedelta(hours=3))


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    await furnish(database)
    async with connect(database.url_as("wayhome_analytics"), autocommit=True) as connection:
        yield connection


async def shown(connection: Connection, minutes: float = 0) -> list[Forecast]:
    at = NINE + timedelta(minutes=minutes)
    return [one.forecast for one in await table.forecasts_of(connection, HOME, at)]


async def test_the_next_comes_first_and_what_has_passed_is_not_shown(
    connection: Connection,
) -> None:
    await table.replace_forecasts(connection, {HOME: [LATER, NEXT]}, NINE)
    assert await shown(connection) == [NEXT, LATER]
    assert await shown(connection, 41) == [LATER]
    (first, _) = await table.forecasts_of(connection, HOME, NINE)
    assert first.made_at == NINE


async def test_what_no_longer_stands_goes_and_other_homes_stay(connection: Connection) -> None:
    await table.replace_forecasts(connection, {HOME: [LATER, NEXT]}, NINE)
    await table.replace_forecasts(connection, {HomeId("none"): [replace(NEXT, home_id="none")]}, NINE)  # type: ignore[arg-type]  # fmt: skip
    assert await shown(connection) == [NEXT, LATER]
    await table.replace_forecasts(connection, {HOME: [LATER]}, NINE)
    assert await shown(connection) == [LATER]
    await table.replace_forecasts(connection, {HOME: []}, NINE)
    assert await shown(connection) == []


async def test_only_analytics_writes_forecasts(database: Database, connection: Connection) -> None:
    await table.replace_forecasts(connection, {HOME: [NEXT]}, NINE)
    async with connect(database.url_as("wayhome_dashboard"), autocommit=True) as stranger:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await table.replace_forecasts(stranger, {HOME: []}, NINE)


async def test_a_forecast_keeps_what_its_sentence_says(connection: Connection) -> None:
    alone = replace(LATER, what="Text of a detector of a hospital")
    await table.replace_forecasts(connection, {HOME: [NEXT, alone]}, NINE)
    first, second = await table.forecasts_of(connection, HOME, NINE)
    assert facts(first.forecast.what) == facts(NEXT.what) is not None
    assert facts(second.forecast.what) is None
    await connection.execute("update forecast set what = 'If nothing moves, somebody is told'")
    stale = await table.forecasts_of(connection, HOME, NINE)
    assert [facts(one.forecast.what) for one in stale] == [None, None], "the text counts"
