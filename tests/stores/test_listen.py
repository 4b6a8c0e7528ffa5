"""Wake-ups: quick by NOTIFY, sure by polling, ended by cancellation."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import psycopg
import pytest

from core.model.errors import Misconfigured
from core.store.listen import notify, wakeups
from core.store.pool import connect
from tests.servers.databases import Database
from wayhome.embedded.postgres import EmbeddedPostgres

POLL_S = 0.05


async def test_it_wakes_for_each_of_its_channels_and_for_no_other(plain_database: Database) -> None:
    heard: list[str] = []
    async with (
        asyncio.timeout(30),
        aclosing(wakeups(plain_database.url, "finding", "response", poll_s=60)) as waking,
    ):
        assert [await anext(waking), await anext(waking)] == ["", ""]
        async with connect(plain_database.url) as connection:
            for channel in ("observation", "finding", "response"):
                await notify(connection, channel, channel)
        heard += [await anext(waking), await anext(waking)]
    assert heard == ["finding", "response"]


async def test_a_rolled_back_notification_wakes_nobody(plain_database: Database) -> None:
    async with (
        asyncio.timeout(30),
        aclosing(wakeups(plain_database.url, "finding", poll_s=60)) as waking,
    ):
        assert [await anext(waking), await anext(waking)] == ["", ""]
        with pytest.raises(ZeroDivisionError):
            await _notify_and_fail(plain_database.url)
        async with connect(plain_database.url) as connection:
            await notify(connection, "finding", "kept")
        assert await anext(waking) == "kept"


async def _notify_and_fail(url: str) -> None:
    async with connect(url) as connection:
        await notify(connection, "finding", "never")
        raise ZeroDivisionError


async def test_a_notification_comes_through_in_milliseconds(plain_database: Database) -> None:
    took: list[float] = []
    async with (
        asyncio.timeout(60),
        aclosing(wakeups(plain_database.url, "finding", poll_s=60)) as waking,
        connect(plain_database.url, autocommit=True) as connection,
    ):
        assert [await anext(waking), await anext(waking)] == ["", ""]
        for number in range(20):
            started = time.monotonic()
            await notify(connection, "finding", str(number))
            assert await anext(waking) == str(number)
            took.append(time.monotonic() - started)
    assert sorted(took)[10] < 0.25  # polling alone would take a minute


async def test_what_came_between_two_looks_is_not_lost(plain_database: Database) -> None:
    async with (
        asyncio.timeout(30),
        aclosing(wakeups(plain_database.url, "finding", poll_s=60)) as waking,
    ):
        assert [await anext(waking), await anext(waking)] == ["", ""]
        async with connect(plain_database.url, autocommit=True) as connection:
            for number in range(50):
                await notify(connection, "finding", str(number))
        assert [await anext(waking) for _ in range(50)] == [str(number) for number in range(50)]


async def test_it_polls_in_time_while_the_database_is_away_and_hears_it_afterwards(
    own_postgres: EmbeddedPostgres,
) -> None:
    async with (
        asyncio.timeout(90),
        aclosing(wakeups(own_postgres.url(), "finding", poll_s=POLL_S)) as waking,
    ):
        assert await anext(waking) == ""
        for _ in range(2):  # twice: also the second loss is survived
            own_postgres.kill()
            for _ in range(5):
                assert await anext(waking) == ""
            await asyncio.to_thread(own_postgres.start)
            heard = ""
            while heard != "back":
                with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
                    connection.execute("select pg_notify('finding', 'back')")
                heard = await anext(waking)


async def test_a_server_that_ends_the_connection_is_asked_again(plain_database: Database) -> None:
    async with (
        asyncio.timeout(30),
        aclosing(wakeups(plain_database.url, "finding", poll_s=POLL_S)) as waking,
    ):
        assert [await anext(waking), await anext(waking)] == ["", ""]
        with psycopg.connect(plain_database.url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query ilike 'listen%'"
            )
        heard = ""
        while heard != "again":
            with psycopg.connect(plain_database.url, autocommit=True) as connection:
                connection.execute("select pg_notify('finding', 'again')")
            heard = await anext(waking)


async def test_a_loop_around_it_ends_when_it_is_cancelled(plain_database: Database) -> None:
    rounds = 0

    async def loop() -> None:
        nonlocal rounds
        async with aclosing(wakeups(plain_database.url, "finding", poll_s=0.001)) as waking:
            async for _ in waking:
                rounds += 1

    for _ in range(20):  # at any line of it
        rounds = 0
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            task = group.create_task(loop())
            while rounds < 5:
                await asyncio.sleep(0)
            task.cancel()
        assert task.cancelled()


async def test_what_is_no_address_ends_it_with_a_sentence() -> None:
    with pytest.raises(Misconfigured, match="database_url") as said:
        await anext(wakeups("postgresql://u:hun%zzter@h/x", "finding"))
    assert "hunt" not in str(said.value)
