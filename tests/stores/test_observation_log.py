from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from analytics.sample_days import HOUSEHOLD, said
from core.model.errors import Misconfigured
from core.model.ids import DeviceId
from core.model.observation import LogPosition
from core.model.quantity import Quantity
from core.store import observation_log as table
from core.store.pool import Connection, connect
from tests.analytics.log_rows import Sync, furnish, write
from tests.servers.settling import settled

if TYPE_CHECKING:
    from core.model.observation import Observation
    from tests.servers.databases import Database

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
START = LogPosition()


@pytest.fixture
async def home(database: Database) -> DeviceId:
    household = await furnish(database, HOUSEHOLD)
    return household.devices[0].device_id


@pytest.fixture
def gateway(database: Database, home: DeviceId) -> Iterator[Sync]:  # noqa: ARG001
    with psycopg.connect(database.url_as("wayhome_gateway"), autocommit=True) as connection:
        yield connection


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[Connection]:
    async with connect(database.url_as("wayhome_analytics"), autocommit=True) as connection:
        yield connection


def row(device: DeviceId, second: float) -> Observation:
    return said(device, Quantity.MOTION, 1, NOON + timedelta(seconds=second))


async def everything(reader: Connection, limit: int = 3) -> list[Observation]:
    found: list[Observation] = []
    after = START
    await settled(reader)
    while (page := await table.read_page(reader, after, limit)).end != after:
        found += [logged.observation for logged in page.rows]
        after = page.end
    return found


async def test_rows_come_once_in_log_order_whatever_the_page(
    gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    rows = [row(home, second) for second in (5, 3, 9, 1, 7)]
    for one in rows:
        write(gateway, [one])
    assert await everything(reader, 2) == await everything(reader, 100) == rows


async def test_a_transaction_held_open_hides_what_is_behind_it_and_nothing_is_skipped(
    database: Database, gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    write(gateway, [row(home, 1)])
    first = await table.read_page(await settled(reader), START, 10)
    assert len(first.rows) == 1
    with psycopg.connect(database.url_as("wayhome_gateway")) as slow:
        write(slow, [row(home, 2)])
        write(gateway, [row(home, 3)])
        held = await table.read_page(reader, first.end, 10)
        assert (held.rows, held.end) == ((), first.end)
        assert await table.waiting_since(reader, first.end) == NOON + timedelta(seconds=3)
        slow.commit()
    rest = await table.read_page(await settled(reader), first.end, 10)
    assert [logged.observation for logged in rest.rows] == [row(home, 2), row(home, 3)]
    assert await table.waiting_since(reader, rest.end) is None


async def test_a_transaction_that_fails_holds_back_nobody(
    database: Database, gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    write(gateway, [row(home, 0)])  # TimescaleDB: whoever makes a new chunk holds up the others
    with psycopg.connect(database.url_as("wayhome_gateway")) as lost:
        write(lost, [row(home, 1)])
        write(gateway, [row(home, 2)])
        lost.rollback()
    assert await everything(reader) == [row(home, 0), row(home, 2)]


async def test_positions_are_part_of_the_same_log(
    gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    write(gateway, [row(home, 1)])
    gateway.execute(
        "insert into position (observed_at, device_id, latitude, longitude, accuracy_m, home_id,"
        " received_at) values (%s, %s, 53.8, -1.5, 12, 'sample', %s)",
        (NOON, home, NOON),
    )
    write(gateway, [row(home, 2)])
    found = await everything(reader, 1)
    assert [one.quantity for one in found] == ["motion", "position", "motion"]
    assert found[1].value == 12.0
    assert found[1].position is not None
    assert (found[1].position.latitude, found[1].position.speed_m_s) == (53.8, None)


async def test_the_clock_waits_for_a_position_as_for_any_other_row(
    database: Database, gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    """A tracker that is heard outside, and not read yet, is no lost contact."""
    write(gateway, [row(home, 1)])
    first = await table.read_page(await settled(reader), START, 10)
    with psycopg.connect(database.url_as("wayhome_gateway")) as slow:
        write(slow, [row(home, 9)])
        gateway.execute(
            "insert into position (observed_at, device_id, latitude, longitude, accuracy_m, home_id,"
            " received_at) values (%s, %s, 53.8, -1.5, 12, 'sample', %s)",
            (NOON, home, NOON + timedelta(seconds=5)),
        )
        write(gateway, [row(home, 7)])
        assert (await table.read_page(reader, first.end, 10)).rows == ()
        assert await table.waiting_since(reader, first.end) == NOON + timedelta(seconds=5)
        slow.rollback()
    rest = await table.read_page(await settled(reader), first.end, 10)
    assert [one.observation.quantity for one in rest.rows] == ["position", "motion"]
    assert await table.waiting_since(reader, rest.end) is None


async def test_big_holes_in_the_numbers_do_not_matter(
    database: Database, gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    write(gateway, [row(home, 1)])
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute("select setval('log_sequence', 5000000000)")
        for _ in range(50):
            owner.execute("select pg_current_xact_id()")
    write(gateway, [row(home, 2)])
    assert await everything(reader) == [row(home, 1), row(home, 2)]


async def test_a_page_ends_where_it_is_told(
    gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    for second in range(6):
        write(gateway, [row(home, second)])
    whole = await table.read_page(await settled(reader), START, 10)
    part = await table.read_page(reader, START, 10, until=whole.rows[3].at)
    assert part.rows == whole.rows[:4]
    assert part.end == whole.rows[3].at
    assert not part.full


async def test_a_quantity_of_a_later_version_is_passed_over(
    database: Database, gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    write(gateway, [row(home, 1)])
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute("update observation set quantity = 'telepathy'")
    page = await table.read_page(await settled(reader), START, 10)
    assert page.rows == ()
    assert page.end > START


async def test_the_index_is_used_on_a_large_log(
    database: Database, reader: Connection, home: DeviceId
) -> None:
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute(
            "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
            " select %s::timestamptz + n * interval '10 s', %s, 'motion', 1, 'sample', now()"
            " from generate_series(1, 200000) n",
            (NOON, home),
        )
        owner.execute("analyze observation")
    write_one = replace(row(home, -60), home_id=HOUSEHOLD.home.home_id)
    with psycopg.connect(database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        write(gateway, [write_one])
    after = await table.read_page(await settled(reader), START, 200_000)
    cursor = await reader.execute(
        "explain (analyze, format json) " + table.PAGE,
        {"transaction": str(after.end.transaction), "sequence": after.end.sequence, "limit": 500},
    )
    found = await cursor.fetchone()
    assert found is not None
    plan = found[0] if isinstance(found[0], list) else json.loads(found[0])
    scans = [node for node in nodes(plan[0]["Plan"]) if "Scan" in node["Node Type"]]
    read = [
        node
        for node in scans
        if node.get("Relation Name", "").startswith(("observation", "_hyper"))
    ]
    assert read
    assert {node["Node Type"] for node in read} <= {"Index Scan", "Index Only Scan"}
    assert sum(node.get("Rows Removed by Filter", 0) for node in read) == 0
    assert (await table.read_page(reader, after.end, 500)).rows[0].observation == write_one


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def test_a_log_from_another_server_is_refused(
    database: Database, gateway: Sync, reader: Connection, home: DeviceId
) -> None:
    write(gateway, [row(home, 1)])
    page = await table.read_page(await settled(reader), START, 10)
    await table.check_lineage(reader, page.end)
    ahead = LogPosition(transaction=page.end.transaction + 10**9, sequence=1)
    with pytest.raises(Misconfigured, match="restored from another database server"):
        await table.check_lineage(reader, ahead)
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute("update observation set txid = '9000000000'::xid8")
    with pytest.raises(Misconfigured, match=r"9000000000.*--epoch=3`"):
        await table.check_lineage(reader, START)
