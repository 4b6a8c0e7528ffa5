"""The pool: whole transactions, our own errors, limits on every session, and quickly back after an outage."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from core.model.errors import Misconfigured, StoreUnavailable
from core.store.pool import RECONNECT_S, Pool, connect, open_pool, transaction
from tests.servers.databases import Database
from wayhome.embedded.postgres import EmbeddedPostgres

DEADLINE_S = 30.0


async def answer(pool: Pool) -> object:
    async with transaction(pool) as connection:
        return await (await connection.execute("select 42")).fetchone()


async def run(pool: Pool, *statements: str) -> None:
    async with transaction(pool) as connection:
        for statement in statements:
            await connection.execute(statement.encode())


async def test_a_cancelled_transaction_leaves_nothing_and_the_pool_whole(
    plain_database: Database,
) -> None:
    async with open_pool(plain_database.url, most=1) as pool:
        written = asyncio.Event()

        async def write() -> None:
            async with transaction(pool) as connection:
                await connection.execute("insert into organisation values ('x', 'X')")
                written.set()
                await asyncio.Event().wait()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(write())
            await written.wait()
            task.cancel()
        async with transaction(pool) as connection:
            left = await (await connection.execute("select 1 from organisation")).fetchall()
        assert left == []


async def test_a_failed_statement_rolls_back_and_passes_as_it_is(plain_database: Database) -> None:
    async with open_pool(plain_database.url, most=1) as pool:
        with pytest.raises(psycopg.errors.CheckViolation):
            await run(
                pool,
                "insert into organisation values ('fine', 'X')",
                "insert into organisation values ('NOT FINE', 'X')",
            )
        async with transaction(pool) as connection:
            assert await (await connection.execute("select 1 from organisation")).fetchall() == []


@pytest.mark.parametrize(
    ("prepare", "break_it", "named"),
    [
        ("set statement_timeout = 50", "select pg_sleep(20)", "it ended a statement"),
        ("select 1", "select pg_terminate_backend(pg_backend_pid())", "AdminShutdown"),
        ("set transaction read only", "delete from organisation", "it takes no writes"),
    ],
)
async def test_what_another_attempt_may_cure_is_said_in_our_words(
    plain_database: Database, prepare: str, break_it: str, named: str
) -> None:
    async with open_pool(plain_database.url, most=1) as pool:
        with pytest.raises(StoreUnavailable, match=named):
            await run(pool, prepare, break_it)
        assert await answer(pool) == (42,)


@pytest.mark.parametrize(
    ("part", "broken", "said"),
    [
        ("password", "wrong-word", "wrong user name or password"),
        ("dbname", "nowhere", "no such database"),
        ("host", "/nowhere", "nothing listens at that socket"),
    ],
)
async def test_why_it_does_not_answer_is_said_without_the_address(
    plain_database: Database, part: str, broken: str, said: str
) -> None:
    parts = conninfo_to_dict(plain_database.url)
    name, database = "why_not_role", parts["dbname"]
    async with connect(plain_database.url) as connection:
        await connection.execute("drop role if exists why_not_role")
        await connection.execute("create role why_not_role login password 'right-word'")
    host, port = parts.get("host") or "127.0.0.1", parts.get("port") or "5432"
    now = {"host": host, "port": port, "dbname": database, "password": "right-word", part: broken}
    server = f"host={now['host']}&port={now['port']}"
    url = f"postgresql://{name}:{now['password']}@/{now['dbname']}?{server}"
    with pytest.raises(StoreUnavailable, match=said) as refused:
        async with connect(url):
            pass
    assert "-word" not in str(refused.value)


async def test_a_transaction_that_hangs_is_ended_by_the_server(plain_database: Database) -> None:
    async with open_pool(plain_database.url, most=1) as pool:
        with pytest.raises(StoreUnavailable):
            await hang(plain_database.url, pool)
        assert await answer(pool) == (42,)


async def hang(url: str, pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("set idle_in_transaction_session_timeout = 20")
        await until_gone(url, connection.info.backend_pid)
        await connection.execute("select 1")


async def until_gone(url: str, pid: int) -> None:
    async with asyncio.timeout(DEADLINE_S), connect(url, autocommit=True) as connection:
        query = "select 1 from pg_stat_activity where pid = %s"
        while await (await connection.execute(query, (pid,))).fetchone():
            await asyncio.sleep(0.01)


async def test_a_single_connection_speaks_utc_too(plain_database: Database) -> None:
    async with connect(plain_database.url) as connection:
        assert await (await connection.execute("show timezone")).fetchone() == ("UTC",)


async def test_nothing_is_compiled_for_a_query(plain_database: Database) -> None:
    """Servers come with ``jit`` on; ours and those of the tests have it off, so no figure would show it."""
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute(
            "do $$ begin execute format('alter database %I set jit = on', current_database()); end $$"
        )
    url = plain_database.url_as("wayhome_gateway")
    async with open_pool(url) as pool, transaction(pool) as pooled, connect(url) as single:
        for connection in (pooled, single):
            cursor = await connection.execute("show jit")
            assert await cursor.fetchone() == ("off",)


async def test_a_pool_comes_back_soon_after_a_long_outage(own_postgres: EmbeddedPostgres) -> None:
    async with open_pool(own_postgres.url(), most=3) as pool:
        assert await answer(pool) == (42,)
        own_postgres.kill()
        outage = time.monotonic() + 2.5 * RECONNECT_S
        refused = 0
        while time.monotonic() < outage:
            with pytest.raises(StoreUnavailable):
                await answer(pool)
            refused += 1
        await asyncio.to_thread(own_postgres.start)
        started = time.monotonic()
        while True:
            try:
                assert await answer(pool) == (42,)
                break
            except StoreUnavailable:
                assert time.monotonic() - started < DEADLINE_S
        assert refused
        assert pool.reconnect_timeout <= RECONNECT_S


@pytest.mark.parametrize("url", ["postgresql://u:hun%zzter@h/x", "host=h password=hunter2", ""])
async def test_what_is_no_address_is_said_at_once_without_its_text(url: str) -> None:
    for door in (open_pool, connect):
        with pytest.raises(Misconfigured, match="database_url") as said:
            async with door(url):
                pass
        assert "hunt" not in str(said.value)
