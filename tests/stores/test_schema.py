"""A program on a database that nobody has migrated yet waits, and says for what."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.runtime import schema
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.store.migrate import ROLES, migrate
from core.store.pool import connect, open_pool
from core.store.schema import lacks
from tests.alerts.builders import NINE

if TYPE_CHECKING:
    from tests.servers.databases import Database


@pytest.mark.parametrize("role", [role for role in ROLES if role != "wayhome_sharing"])
async def test_every_service_sees_whether_it_is_new_enough(
    plain_database: Database, role: str
) -> None:
    async with connect(plain_database.url_as(role)) as connection:
        assert await lacks(connection) == ""


@pytest.mark.parametrize("comment", ["null", "'0039_growth'"])
async def test_a_service_waits_for_the_migration(plain_database: Database, comment: str) -> None:
    clock = ManualClock(NINE)
    health = Health("alerts", clock)
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute(f"comment on table _yoyo_migration is {comment}".encode())
    async with open_pool(plain_database.url_as("wayhome_alerts"), most=1) as pool:
        waiting = asyncio.ensure_future(schema.reached(pool, clock, health))
        while "schema" not in health.report()["parts"]:
            await asyncio.sleep(0.01)
        assert "run `wayhome migrate`" in health.report()["parts"]["schema"]["text"]
        assert not health.works
        await asyncio.to_thread(migrate, plain_database.url)
        while not waiting.done():
            clock.advance(schema.PAUSE_S)
            await asyncio.sleep(0.01)
        assert health.report()["parts"]["schema"]["ok"]


async def test_an_older_program_works_on_a_newer_database(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute("comment on table _yoyo_migration is '9999_to_come'")
    async with connect(plain_database.url_as("wayhome_alerts")) as connection:
        assert await lacks(connection) == ""


async def test_a_database_that_does_not_answer_is_left_to_who_asks_next() -> None:
    clock = ManualClock(NINE)
    health = Health("alerts", clock)
    async with open_pool("postgresql://x:y@127.0.0.1:9/x", most=1) as pool:
        waiting = asyncio.ensure_future(schema.reached(pool, clock, health))
        await asyncio.wait_for(waiting, 60)
    assert schema.PART not in health.report()["parts"]
