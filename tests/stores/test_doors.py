"""The doors to the database: pools, transactions, wake-ups and the registry."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import psycopg
import pytest

from core.model.errors import StoreUnavailable
from core.model.ids import HomeId, OrganisationId
from core.store import registry
from core.store.listen import notify, wakeups
from core.store.pool import Pool, connect, open_pool, transaction
from sensors.simulator import homes
from tests.servers.databases import Database
from wayhome.embedded.postgres import EmbeddedPostgres

NOWHERE = "postgresql://u:hunter2@127.0.0.1:9/none"


async def test_a_transaction_is_whole_or_not_at_all(plain_database: Database) -> None:
    async with open_pool(plain_database.url) as pool:
        with pytest.raises(ZeroDivisionError):
            await _fail_after_writing(pool)
        async with transaction(pool) as connection:
            await connection.execute("insert into organisation values ('y', 'Y')")
        async with transaction(pool) as connection:
            cursor = await connection.execute("select organisation_id from organisation")
            assert await cursor.fetchall() == [("y",)]
            for name, limit in (
                ("statement_timeout", "30s"),
                ("idle_in_transaction_session_timeout", "15s"),
                ("timezone", "UTC"),
            ):
                shown = await (await connection.execute(f"show {name}")).fetchone()
                assert shown == (limit,)


async def _fail_after_writing(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("insert into organisation values ('x', 'X')")
        raise ZeroDivisionError


async def test_a_lost_database_is_said_in_our_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.store.pool.CONNECT_TIMEOUT_S", 0.3)
    async with open_pool(NOWHERE) as pool:
        with pytest.raises(StoreUnavailable) as said:
            async with transaction(pool):
                pass
    assert "hunter2" not in str(said.value)
    with pytest.raises(StoreUnavailable):
        async with connect(NOWHERE):
            pass


async def test_a_notification_wakes_at_once(plain_database: Database) -> None:
    heard: list[str] = []

    async def listen() -> None:
        async with aclosing(wakeups(plain_database.url, "finding", poll_s=30)) as waking:
            async for payload in waking:
                heard.append(payload)
                if payload == "done":
                    return

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(listen())
        while len(heard) < 2:
            await asyncio.sleep(0.01)
        async with connect(plain_database.url) as connection:
            await notify(connection, "finding", "done")
    assert heard == ["", "", "done"]


async def test_without_a_database_it_wakes_by_polling(own_postgres: EmbeddedPostgres) -> None:
    waiting = wakeups(own_postgres.url(), "finding", poll_s=0.1)
    async with asyncio.timeout(60):
        for _ in range(3):
            assert await anext(waiting) == ""
        own_postgres.kill()
        for _ in range(3):
            assert await anext(waiting) == ""
        own_postgres.start()
        while True:
            await anext(waiting)
            with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
                connection.execute("select pg_notify('finding', 'back')")
            if await anext(waiting) == "back":
                break
    await waiting.aclose()


async def test_a_household_comes_back_as_it_was_registered(database: Database) -> None:
    wanted = homes.household(
        HomeId("7f3k"), organisation_id=OrganisationId("leeds"), name="Mill Lane", resident="Ada"
    )
    async with connect(database.url_as("wayhome_registrar")) as connection:
        await registry.register_organisation(connection, OrganisationId("leeds"), "Leeds")
        first = await registry.register_household(connection, wanted)
        again = await registry.register_household(connection, wanted)
        assert again == first
        assert await registry.households(connection) == (first,)
        assert {device.name for device in await registry.devices(connection)} == {
            device.name for device in wanted.devices
        }
        assert await registry.household_of(connection, HomeId("other")) is None
    assert [room.name for room in first.rooms] == [room.name for room in wanted.rooms]
    placed = {device.external_id: device.room.name for device in first.devices if device.room}
    assert placed == {
        device.external_id: device.room.name for device in wanted.devices if device.room
    }
    worn = [device for device in first.devices if device.resident_id]
    assert [device.resident_id for device in worn] == [first.residents[0].resident_id]
