from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from analytics.sample_days import HOME, HOUSEHOLD
from core.model.errors import StoreUnavailable
from core.model.ids import HomeId
from core.model.observation import LogPosition
from core.store import engine as table
from core.store.engine import EngineStep, Snapshot
from core.store.pool import Connection, connect, open_pool, transaction
from tests.analytics.log_rows import beat, furnish

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with connect(database.url_as("wayhome_analytics"), autocommit=True) as connection:
        yield connection


def step(number: int) -> EngineStep:
    return EngineStep(
        step=number,
        end=LogPosition(transaction=800 + number, sequence=number),
        tick_at=NOON if number % 2 else None,
        inputs={"now": NOON.isoformat(), "offline": {"sample": [1]}},
    )


async def test_the_journal_gives_back_what_it_was_given(connection: Connection) -> None:
    assert await table.last_step(connection, 0) is None
    for number in range(1, 6):
        assert await table.record_step(connection, 0, step(number))
    assert await table.last_step(connection, 0) == step(5)
    assert await table.last_step(connection, 1) is None
    assert await table.steps_between(connection, 0, 1, 4) == (step(2), step(3), step(4))


async def test_a_step_can_not_be_run_twice_in_two_ways(connection: Connection) -> None:
    assert await table.record_step(connection, 0, step(1))
    assert not await table.record_step(connection, 0, step(1))
    with pytest.raises(StoreUnavailable, match="another process has run step 1"):
        await table.record_step(connection, 0, replace(step(1), tick_at=None))


async def test_steps_that_no_snapshot_needs_are_forgotten(connection: Connection) -> None:
    for number in range(1, 8):
        await table.record_step(connection, 0, step(number))
    await table.record_step(connection, 1, step(1))
    assert await table.prune_steps(connection, 0) == 0
    old = Snapshot(home_id=HomeId("a"), shard=0, step=4, state=b"\x00a")
    new = Snapshot(home_id=HomeId("b"), shard=0, step=7, state=b"b")
    await table.save_snapshots(connection, [old, new])
    assert await table.snapshots(connection, 0) == (old, new)
    assert await table.prune_steps(connection, 0) == 3
    assert [one.step for one in await table.steps_between(connection, 0, 0, 9)] == [4, 5, 6, 7]
    await table.save_snapshots(connection, [replace(old, step=7)])
    assert await table.prune_steps(connection, 0) == 3
    assert await table.last_step(connection, 0) == step(7)
    assert await table.last_step(connection, 1) == step(1)
    await table.save_snapshots(connection, [replace(new, step=6, state=b"held up")])
    assert [one.state for one in await table.snapshots(connection, 0)] == [b"\x00a", b"b"]
    await table.drop_snapshots(connection, [HomeId("a")])
    assert await table.shards_of(connection, [HomeId("a"), HomeId("b")]) == {"b": 0}


async def test_the_last_tick_is_never_forgotten(connection: Connection) -> None:
    assert await table.last_tick(connection, 0) is None
    ticked = replace(step(1), tick_at=NOON + timedelta(days=1))
    for one in (ticked, *(replace(step(number), tick_at=None) for number in range(2, 6))):
        await table.record_step(connection, 0, one)
    await table.save_snapshots(
        connection, [Snapshot(home_id=HomeId("a"), shard=0, step=5, state=b"a")]
    )
    assert await table.prune_steps(connection, 0) == 3
    assert await table.last_tick(connection, 0) == ticked.tick_at
    assert await table.last_tick(connection, 1) is None


async def test_a_shard_has_one_holder(database: Database) -> None:
    url = database.url_as("wayhome_analytics")
    async with table.shard_lease(url, 0) as lease:
        await table.check_lease(lease)
        with pytest.raises(StoreUnavailable, match="another process runs shard 0"):
            async with table.shard_lease(url, 0):
                pass
        async with table.shard_lease(url, 1):
            pass
    async with table.shard_lease(url, 0):
        pass


async def lose(database: Database) -> None:
    """Hold the lease, have the server end its connection, and look."""
    async with table.shard_lease(database.url_as("wayhome_analytics"), 0) as lease:
        with psycopg.connect(database.url, autocommit=True) as owner:
            owner.execute("select pg_terminate_backend(%s, 5000)", (lease.info.backend_pid,))
        await table.check_lease(lease)


async def test_a_step_may_be_computed_for_longer_than_an_idle_transaction_lives(
    database: Database,
) -> None:
    async def limit(connection: Connection) -> str:
        cursor = await connection.execute("show idle_in_transaction_session_timeout")
        (shown,) = await cursor.fetchone() or ("",)
        return str(shown)

    async with open_pool(database.url_as("wayhome_analytics"), most=1) as pool:
        async with transaction(pool) as connection:
            async with table.computing(connection):
                assert await limit(connection) == "10min"
            assert await limit(connection) == "15s"
        async with transaction(pool) as connection:
            assert await limit(connection) == "15s"


async def test_a_lost_lease_is_noticed(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="lease"):
        await lose(database)


async def test_the_latest_gateway_that_hears_the_broker_speaks_for_the_pipeline(
    database: Database, connection: Connection
) -> None:
    assert (await table.pipeline_report(connection, NOON)).heard_at is None
    since = NOON - timedelta(hours=3)
    with psycopg.connect(database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        beat(gateway, NOON, since)
        assert await table.pipeline_report(connection, NOON) == table.PipelineReport(
            heard_at=NOON, heard_since=since
        )
        beat(gateway, NOON + timedelta(seconds=5), since, connected=False)
        assert (await table.pipeline_report(connection, NOON)).heard_at is None
        gateway.execute(
            "insert into gateway_heartbeat (gateway, at, broker_connected, counters)"
            " values ('old', %s, true, '{\"connected_since\": \"long ago\"}')",
            (NOON,),
        )
        assert await table.pipeline_report(connection, NOON) == table.PipelineReport(
            heard_at=NOON, heard_since=None
        )
        beat(gateway, NOON + timedelta(days=1), since)
        assert (await table.pipeline_report(connection, NOON)).heard_at == NOON, (
            "its clock is wrong"
        )


async def test_devices_are_gone_by_their_last_will_only(
    database: Database, connection: Connection
) -> None:
    household = await furnish(database, HOUSEHOLD)
    first, second, third = (device.device_id for device in household.devices[:3])
    with psycopg.connect(database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        for device, online in ((first, False), (second, True), (third, None)):
            gateway.execute(
                "insert into presence (device_id, home_id, online) values (%s, %s, %s)",
                (device, HOME, online),
            )
    assert await table.devices_gone(connection) == {HOME: (first,)}
