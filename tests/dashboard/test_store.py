"""The dashboard's reads on both kinds of database, as its own role: the wall holds below the pages."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.finding import Audience, Response, ResponseKind
from core.model.home import HomeMode
from core.model.ids import AlertId, CarerId, DeviceId, HomeId, OrganisationId
from core.store import page, registry, system, timeline
from core.store.account import CarerRole, Visitor, acting, record_access
from core.store.page import Sight
from core.store.pool import Connection, open_pool
from tests.dashboard.town import NOW, Town, town_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.servers.databases import Database

ADA = HomeId("ada")
SIGHT = Sight(audiences=(Audience.CARERS,))


@pytest.fixture
def both(database: Database) -> Iterator[Town]:
    """Give a town on plain PostgreSQL and on TimescaleDB, where observations are a hypertable."""
    with town_in(database) as built:
        built.night("ada")
        built.night("eve")
        yield built


def somebody(town: Town, login: str) -> Visitor:
    ((number, organisation, role),) = town.execute(
        "select carer_id, organisation_id, role from carer where login = %s", login
    )
    return Visitor(
        carer_id=CarerId(number),
        organisation_id=OrganisationId(organisation),
        organisation=organisation,
        name=login,
        role=CarerRole(role),
        csrf="",
        created_at=NOW,
        expires_at=NOW,
    )


@asynccontextmanager
async def as_somebody(
    database: Database, town: Town, login: str = "ben"
) -> AsyncIterator[Connection]:
    url = database.url_as("wayhome_dashboard")
    async with open_pool(url) as pool, acting(pool, somebody(town, login)) as connection:
        yield connection


async def test_the_timeline_reads_the_own_home_only(database: Database, both: Town) -> None:
    devices = [DeviceId(number) for (number,) in both.execute("select device_id from device")]
    ((own,),) = both.execute("select array_agg(device_id) from device where home_id = 'ada'")
    day = (NOW - timedelta(hours=23), NOW)
    async with as_somebody(database, both) as connection:
        glance = await timeline.glance_of(connection, ADA)
        assert glance is not None
        assert glance.home.mode is HomeMode.LIVE
        assert (await timeline.first_zone(connection)).key == "Europe/London"
        moved = await timeline.last_movements(connection, [glance.home], NOW)
        assert moved[ADA].place == "Hall"
        assert moved[ADA].at == NOW - timedelta(minutes=12)
        seen = await timeline.sensed(connection, devices, *day)
        assert len(seen) > 50
        assert {one.device_id for one in seen} <= set(own)
        assert await timeline.last_record(connection, devices) == NOW - timedelta(minutes=10)
        gaps = await timeline.silences(connection, devices, *day, timedelta(hours=1))
        assert len(gaps) == 1
        assert await timeline.glance_of(connection, HomeId("eve")) is None
        assert await registry.household_of(connection, HomeId("eve")) is None
        assert await system.devices_of(connection, HomeId("eve")) == ()


@pytest.mark.parametrize(
    "table",
    [
        "alert", "care", "carer_names", "delivery", "delivery_attempt", "device", "discovered",
        "home", "observation", "organisation", "presence", "resident", "response", "room",
    ],
)  # fmt: skip
async def test_nothing_of_another_organisation_comes_out_of_any_table(
    database: Database, both: Town, table: str
) -> None:
    eve = both.alert("eve")
    both.deliver(eve, "stranger", "web")
    both.execute("insert into delivery_attempt values (1, 1, %s)", NOW)
    both.execute(
        "insert into response (alert_id, carer_id, kind, at) values (%s, %s, 'comment', %s)",
        eve,
        both.carers["stranger"],
        NOW,
    )
    both.execute("insert into care values ('eve', %s)", both.carers["stranger"])
    both.execute(
        "insert into discovered values ('eve', 'a', 'b', %s, %s, 1, 't', 'secret')", NOW, NOW
    )
    queries = {
        "carer_names": "select 1 from carer where organisation_id = 'york'",
        "organisation": "select 1 from organisation where organisation_id = 'york'",
        "care": "select 1 from care where home_id = 'eve'",
        "response": f"select 1 from response where alert_id = {eve}",
        "delivery": f"select 1 from delivery where alert_id = {eve}",
        "delivery_attempt": "select 1 from delivery_attempt",
    }
    query = queries.get(table, f"select 1 from {table} where home_id = 'eve'")
    assert both.execute(query.replace("carer_names", "carer")) != []
    async with as_somebody(database, both, "admin") as connection:
        cursor = await connection.execute(query.encode())
        assert await cursor.fetchall() == []


async def test_without_a_visitor_there_is_nothing(database: Database, both: Town) -> None:
    assert both.number("select count(*) from home") == 4
    async with (
        open_pool(database.url_as("wayhome_dashboard")) as pool,
        pool.connection() as connection,
    ):
        for table in ("home", "alert", "observation", "carer_id from carer"):
            query = f"select {table if ' ' in table else '* from ' + table}"
            cursor = await connection.execute(query.encode())
            assert await cursor.fetchall() == [], table


async def test_nobody_answers_or_looks_in_the_name_of_another(
    database: Database, both: Town
) -> None:
    ada, eve = AlertId(both.alert("ada")), AlertId(both.alert("eve"))

    def answer(alert_id: AlertId, login: str) -> Response:
        return Response(
            alert_id=alert_id,
            carer_id=CarerId(both.carers[login]),
            kind=ResponseKind.ACKNOWLEDGE,
            at=NOW,
        )

    for response in (answer(eve, "ben"), answer(ada, "mia")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with as_somebody(database, both) as connection:
                await page.respond(connection, response)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with as_somebody(database, both) as connection:
            await record_access(connection, somebody(both, "ben"), [HomeId("eve")], "x", NOW)
    async with as_somebody(database, both) as connection:
        assert await page.card_of(connection, SIGHT, eve) is None
        assert not await page.may_see(connection, SIGHT, eve)
        assert await page.may_see(connection, SIGHT, ada)
