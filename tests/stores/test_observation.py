from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from msgspec.structs import replace

from core.model.ids import DeviceId, HomeId
from core.model.intake import Arrival, Timing
from core.model.observation import LogPosition, Position
from core.model.quantity import Quantity
from core.store import observation
from core.store.observation import Duplicates, RowsRefused
from core.store.observation_log import read_page
from core.store.pool import Pool, open_pool, transaction
from tests.servers.settling import settled, until_blocked
from tests.stores.asked import listening, rows_read

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
PLACE = Position(latitude=53.8, longitude=-1.55, accuracy_m=12.0, speed_m_s=0.5)


def an_arrival(seconds: float = 0, **more: Any) -> Arrival:
    at = NOON + timedelta(seconds=seconds)
    plain = Arrival(
        home_id=HomeId("7f3k"),
        device_id=DeviceId(7),
        quantity=Quantity.CONTACT,
        value=1.0,
        observed_at=at,
        received_at=at,
        discriminator="",
        claimed_at=None,
        position=None,
        timing=Timing.DEVICE,
    )
    return replace(plain, **more)


def a_place(seconds: float = 0, **more: Any) -> Arrival:
    return an_arrival(seconds, quantity=Quantity.POSITION, value=12.0, position=PLACE, **more)


@dataclass
class Store:
    pool: Pool
    url: str

    async def stage(self, *arrivals: Arrival) -> int:
        async with transaction(self.pool) as connection:
            return await observation.stage(connection, arrivals)

    async def copy(self, *arrivals: Arrival) -> int:
        async with transaction(self.pool) as connection:
            return await observation.copy(connection, arrivals)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    async with open_pool(database.url_as("wayhome_gateway"), most=2) as pool:
        yield Store(pool, database.url)


@pytest.mark.parametrize("way", ["copy", "stage"])
async def test_what_goes_in_comes_out_of_the_log(store: Store, way: str) -> None:
    late = NOON + timedelta(seconds=70)
    arrivals = [
        an_arrival(0, discriminator="left é", value=-0.5),
        an_arrival(1, quantity=Quantity.SOS, received_at=late, claimed_at=NOON),
        a_place(2),
        a_place(3, claimed_at=NOON),
    ]
    assert await getattr(store, way)(*arrivals) == 4
    async with transaction(store.pool) as connection:
        page = await read_page(await settled(connection), LogPosition(), 10)
    found = [row.observation for row in page.rows]
    assert len(found) == 4
    for arrival, seen in zip(arrivals, found, strict=True):
        for name in seen.__slots__:
            assert getattr(arrival, name) == getattr(seen, name), name
    assert len({row.at.transaction for row in page.rows}) == 1
    assert len({row.at.sequence for row in page.rows}) == 4


async def test_copy_refuses_what_is_there_and_writes_nothing(store: Store) -> None:
    await store.copy(an_arrival(0), a_place(0))
    with pytest.raises(Duplicates):
        await store.copy(an_arrival(1), an_arrival(0))
    with pytest.raises(Duplicates):
        await store.copy(an_arrival(2), a_place(0))
    assert store.rows("select count(*) from observation") == [(1,)]


async def test_staging_writes_only_what_is_new(store: Store) -> None:
    await store.copy(an_arrival(0), a_place(0))
    assert await store.stage(an_arrival(0), an_arrival(1), a_place(0), a_place(1)) == 2
    assert await store.stage(an_arrival(0), an_arrival(1), a_place(0), a_place(1)) == 0
    assert await store.stage(an_arrival(0, discriminator="left")) == 1


async def test_the_same_claim_is_the_same_observation_whatever_the_correction(store: Store) -> None:
    claim = NOON
    adjusted = {"claimed_at": claim, "timing": Timing.ADJUSTED}
    for make in (an_arrival, a_place):
        assert await store.stage(make(7.5, **adjusted)) == 1
        assert await store.stage(make(6.25, **adjusted)) == 0, "corrected by less"
        assert await store.stage(make(0, timing=Timing.ADJUSTED)) == 0, "trusted by now"
        distrusted = make(3600, **adjusted)
        assert await store.stage(distrusted) == 0, "distrusted by now"
        assert await store.stage(make(8.5, claimed_at=claim + timedelta(seconds=1))) == 1


async def test_a_distrusted_claim_is_known_for_a_day(store: Store) -> None:
    claim = datetime(1999, 1, 1, tzinfo=UTC)
    adjusted = {"claimed_at": claim, "timing": Timing.ADJUSTED}
    assert await store.stage(an_arrival(0, **adjusted)) == 1
    assert await store.stage(an_arrival(80_000, **adjusted)) == 0
    assert await store.stage(an_arrival(200_000, **adjusted)) == 1, "next week's is another one"


async def test_two_values_under_one_claim_are_two_observations(store: Store) -> None:
    """A clock in whole seconds, and a door that is opened and shut within one."""
    elsewhere = Position(latitude=53.9, longitude=-1.55)
    opened, shut = an_arrival(0, value=1.0), an_arrival(0, value=0.0)
    here, there = a_place(0), replace(a_place(0), position=elsewhere)
    with pytest.raises(Duplicates):
        await store.copy(opened, shut)
    assert await store.stage(opened, here) == 2
    assert await store.stage(shut, opened, there, here) == 2
    assert await store.stage(shut, opened, there, here) == 0, "redelivered"
    assert await store.stage(an_arrival(0, value=0.5, timing=Timing.ADJUSTED)) == 1
    found = store.rows(
        "select value, observed_at, coalesce(claimed_at, observed_at) from observation"
        " order by observed_at"
    )
    step = timedelta(microseconds=1)
    expected = [(1.0, NOON, NOON), (0.0, NOON + step, NOON), (0.5, NOON + 2 * step, NOON)]
    assert found == expected
    assert store.rows("select latitude from position order by observed_at") == [(53.8,), (53.9,)]


async def test_many_values_under_one_claim_hold_nobody_up(store: Store) -> None:
    """A device whose clock stands still: a second for each new value would stop everybody's messages."""
    said = [an_arrival(0, value=float(number)) for number in range(1000)]
    async with asyncio.timeout(60):
        assert await store.stage(*said[:500]) == 500
        assert await store.stage(*said) == 500
        assert await store.stage(*said) == 0
    (found,) = store.rows(
        "select count(*), count(distinct observed_at), max(observed_at) - min(observed_at),"
        " bool_and(value = 1e6 * extract(epoch from observed_at - coalesce(claimed_at, observed_at)))"
        " from observation"
    )
    assert found == (1000, 1000, timedelta(microseconds=999), True), (
        "in the order in which they came"
    )


async def test_the_backlog_of_a_busy_sensor_holds_nobody_up(store: Store) -> None:
    """A statement that takes 30 s is ended, and its batch would be tried again for ever."""
    with psycopg.connect(store.url) as connection:
        connection.execute(
            "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
            " select %(noon)s - interval '1 second' * second, 7, 'contact', 0.5, '7f3k', %(noon)s"
            " from generate_series(1, 80000) as s(second)",
            {"noon": NOON},
        )
    late = [
        an_arrival(-number, received_at=NOON, timing=Timing.ADJUSTED) for number in range(1, 1001)
    ]
    async with transaction(store.pool) as connection:
        await connection.execute("set local statement_timeout = 5000")
        assert await observation.stage(connection, late) == 1000


async def test_a_late_row_opens_the_weeks_it_may_stand_in_and_no_other(
    timescale_database: Database,
) -> None:
    """Each further week was planned four times over for a single late row in a batch."""
    weeks = [an_arrival(-7 * 86400 * n) for n in range(15)]
    late = an_arrival(-3600, claimed_at=NOON - timedelta(seconds=3700), timing=Timing.ADJUSTED)
    async with (
        open_pool(timescale_database.url_as("wayhome_gateway")) as pool,
        transaction(pool) as connection,
    ):
        assert await observation.copy(connection, weeks) == len(weeks)
        with listening(connection) as asked:
            assert await observation.stage(connection, [late]) == 1
        read = await rows_read(connection, asked)
    assert 0 < sum(name.startswith("_hyper") for name in read) <= 2


async def test_a_second_gateway_that_waits_for_the_first_stores_nothing_twice(store: Store) -> None:
    """Both were sent the same message, and the first has not committed yet."""
    both = (an_arrival(0, value=1.0), an_arrival(0, value=0.0))
    async with asyncio.TaskGroup() as group, transaction(store.pool) as first:
        assert await observation.stage(first, both) == 2
        second = group.create_task(store.stage(*both))
        await until_blocked(store.url)
    assert second.result() == 0
    assert store.rows("select count(*) from observation") == [(2,)]


async def test_without_a_device_time_equal_keys_are_two_observations(store: Store) -> None:
    for make in (an_arrival, a_place):
        await store.copy(make(0))
        assert await store.stage(make(0, timing=Timing.GATEWAY)) == 1
        assert await store.stage(make(0, timing=Timing.GATEWAY)) == 1
    times = [at for (at,) in store.rows("select observed_at from observation order by 1")]
    assert len(set(times)) == 3
    assert times[-1] - times[0] < timedelta(milliseconds=2)


async def test_two_stages_in_one_transaction_do_not_mix(store: Store) -> None:
    async with transaction(store.pool) as connection:
        assert await observation.stage(connection, [an_arrival(0), a_place(0)]) == 2
        assert await observation.stage(connection, [an_arrival(1), a_place(1)]) == 2


@pytest.mark.parametrize("way", ["copy", "stage"])
@pytest.mark.parametrize(
    "poison",
    [
        {"discriminator": "nul\x00"},
        {"discriminator": "\ud800"},
        {"device_id": 1 << 70},
        {"position": Position(latitude=95.0, longitude=0.0)},
    ],
)
async def test_what_can_not_be_held_is_refused(
    store: Store, way: str, poison: dict[str, object]
) -> None:
    with pytest.raises(RowsRefused):
        await getattr(store, way)(an_arrival(1), replace(an_arrival(2), **poison))
    assert store.rows("select count(*) from observation") == [(0,)]


def test_moments_are_exact_to_the_microsecond() -> None:
    for text in ("1999-12-31T23:59:59.999999+00:00", "2026-03-02T12:00:00.000001+01:00"):
        moment = datetime.fromisoformat(text)
        microseconds = observation._moment(moment)
        assert moment == datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
        assert len(struct.pack(">q", microseconds)) == 8
