"""What a carer says of expected visits reaches detection while it runs, and that they took it back too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
from psycopg.types.json import Jsonb

from analytics import service
from analytics.recovery import recover
from analytics.sample_days import HOME, HOUSEHOLD
from analytics.service import Watch
from core.model.expected_visit import ExpectedVisit, VisitBy
from core.model.week import WeeklySpan
from core.store import engine as engine_table
from core.store.pool import open_pool
from tests.analytics.log_rows import furnish
from tests.analytics.test_service import context, until

if TYPE_CHECKING:
    import pytest

    from tests.servers.databases import Database

TERMS = {"visitor": "nurse", "days": [1, 3], "start_min": 600, "end_min": 630}


def press(database: Database, query: str, *values: object) -> int:
    """Do as a carer of the home does on its page."""
    with psycopg.connect(database.url_as("wayhome_dashboard")) as connection:
        for name, value in (
            ("organisation", str(HOUSEHOLD.home.organisation_id)), ("carer", "7"), ("scope", "circle"),
        ):  # fmt: skip
            connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
        ((number,),) = connection.execute(query.encode(), values).fetchall()
    assert number is not None
    return int(number)


async def test_what_is_said_on_the_page_is_known_to_the_loop_that_runs(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "REGISTRY_POLL_S", 600)  # it is told, it does not come upon it
    database = plain_database
    await furnish(database, HOUSEHOLD)
    with psycopg.connect(database.url) as owner:
        owner.execute(
            "insert into carer (carer_id, organisation_id, login, name, role, password_hash) overriding"
            " system value select 7, organisation_id, 'ann', 'Ann', 'family_carer', '' from home"
        )
        owner.execute("insert into care (home_id, carer_id) select home_id, 7 from home")
    given = context(database)
    url = given.settings.database_url
    async with open_pool(url) as pool, engine_table.shard_lease(url, 0) as lease:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
        async with asyncio.TaskGroup() as group:
            loop = group.create_task(service._work(given, watch, lease))

            def visits() -> tuple[ExpectedVisit, ...]:
                (household,) = watch._state.households.values()
                return household.home.visits

            assert visits() == ()
            await until(lambda: "database" in given.health.report()["parts"])
            said = "select expect_visit(%s, %s, %s)"
            number = press(database, said, HOME, Jsonb(TERMS), datetime.now(UTC))
            await until(lambda: len(visits()) == 1)
            assert visits() == (
                ExpectedVisit(
                    visit_id=number,
                    by=VisitBy.NURSE,
                    span=WeeklySpan(days=(1, 3), start=600, end=630),
                ),
            )
            press(database, "select end_visit(%s, %s, %s)", HOME, number, datetime.now(UTC))
            await until(lambda: visits() == ())
            loop.cancel()
