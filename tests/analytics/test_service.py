from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from analytics import detectors, service
from analytics.recovery import recover, shard_of
from analytics.sample_days import HOME, HOUSEHOLD, KITCHEN_MOTION, said
from analytics.service import Watch, main
from core.model.errors import Misconfigured
from core.model.home import HomeMode
from core.model.ids import DeviceId, HomeId
from core.model.quantity import Quantity
from core.runtime.clock import ManualClock, SystemClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AnalyticsSettings
from core.store.migrate import migrate
from core.store.pool import open_pool
from tests.analytics.journal import (
    brought_back,
    keep_every_step,
    recorded,
    saved_states,
    uninterrupted,
)
from tests.analytics.log_rows import beat, furnish, write
from tests.health import well
from tests.servers.databases import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from core.model.home import Household
    from core.model.observation import Observation
    from wayhome.embedded.postgres import EmbeddedPostgres

DEADLINE_S = 40.0


def context(database: Database, **more: Any) -> Context[AnalyticsSettings]:
    clock = SystemClock()
    settings = AnalyticsSettings(
        database_url=database.url_as("wayhome_analytics"), poll_ms=100, tick_s=1.0, **more
    )
    return Context(
        settings=settings, clock=clock, health=Health("analytics", clock), instance="analytics"
    )


@asynccontextmanager
async def running(given: Context[AnalyticsSettings]) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(main(given))
        try:
            yield task
        finally:
            task.cancel()


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


def found(database: Database, detector: str) -> list[tuple[Any, ...]]:
    return [row for row in recorded(database) if row[2] == detector]


def call(household: Household, second: float = 0.0) -> Observation:
    button = next(device for device in household.devices if device.name == "Button")
    at = datetime.now(UTC) + timedelta(seconds=second)
    return replace(said(button.device_id, Quantity.SOS, 1, at), home_id=household.home.home_id)


def alone(home_id: HomeId) -> Household:
    """Return an empty home."""
    home = replace(HOUSEHOLD.home, home_id=home_id)
    return replace(HOUSEHOLD, home=home, rooms=(), residents=(), devices=())


def saved_at(database: Database) -> dict[str, datetime]:
    with psycopg.connect(database.url, autocommit=True) as owner:
        rows = owner.execute("select home_id, taken_at from engine_snapshot").fetchall()
    return dict(rows)


def put(database: Database, *rows: Observation) -> None:
    with psycopg.connect(database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        now = datetime.now(UTC)
        beat(gateway, now, now - timedelta(hours=1))
        write(gateway, rows)


async def test_a_call_for_help_is_a_finding_within_a_second(database: Database) -> None:
    household = await furnish(database, HOUSEHOLD)
    given = context(database)
    async with running(given):
        await until(lambda: "database" in given.health.report()["parts"])
        put(database, call(household))
        started = time.monotonic()
        await until(lambda: bool(found(database, "sos")))
        assert time.monotonic() - started < 5
        parts = given.health.report()["parts"]
        assert parts["log"]["ok"]
        assert parts["detectors"]["ok"]
    assert set(saved_states(database)) == {HOME}


async def test_a_home_that_is_registered_while_it_runs_is_watched_from_its_first_row(
    plain_database: Database,
) -> None:
    database = plain_database
    given = context(database)
    async with running(given):
        await until(lambda: "database" in given.health.report()["parts"])
        put(database, call(await furnish(database, HOUSEHOLD)))
        await until(lambda: bool(found(database, "sos")))


async def test_homes_in_test_mode_tell_the_operators_and_archives_nobody(
    plain_database: Database,
) -> None:
    database = plain_database
    homes = {
        mode: replace(
            HOUSEHOLD,
            home=replace(HOUSEHOLD.home, home_id=HomeId(mode.value), mode=mode),
            rooms=tuple(replace(room, home_id=HomeId(mode.value)) for room in HOUSEHOLD.rooms),
            residents=(),
            devices=tuple(
                replace(device, home_id=HomeId(mode.value), room=None, resident_id=None)
                for device in HOUSEHOLD.devices
            ),
        )
        for mode in HomeMode
    }
    for mode, household in homes.items():
        homes[mode] = await furnish(database, household)
    put(database, *(call(homes[mode]) for mode in (HomeMode.ARCHIVE, HomeMode.TEST, HomeMode.LIVE)))
    async with running(context(database)):
        await until(lambda: len(found(database, "sos")) == 2)
    assert {row[0]: row[5] for row in found(database, "sos")} == {
        "test": "operators",
        "live": "carers",
    }


async def test_where_a_carer_says_that_nobody_is_there_what_is_noticed_is_of_the_carers(
    plain_database: Database,
) -> None:
    database = plain_database
    household = await furnish(
        database, replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, mode=HomeMode.TEST))
    )
    with psycopg.connect(database.url) as connection:
        connection.execute("update home set away = true")
    put(database, call(household))
    async with running(context(database)):
        await until(lambda: len(found(database, "sos")) == 1)
    assert [row[5] for row in found(database, "sos")] == ["carers"]


async def test_a_second_process_stands_by_and_takes_over(plain_database: Database) -> None:
    database = plain_database
    household = await furnish(database, HOUSEHOLD)
    second = context(database)
    async with running(context(database)):
        put(database, call(household))
        await until(lambda: len(found(database, "sos")) == 1)
        async with running(second):
            await until(lambda: "database" in second.health.report()["parts"])
            assert second.health.report()["parts"]["database"]["text"].startswith("another process")
    async with running(second):
        put(database, call(household, 90))
        await until(lambda: len(found(database, "sos")) == 2)


async def test_a_lost_database_changes_nothing_but_the_time(own_postgres: EmbeddedPostgres) -> None:
    url = own_postgres.url("postgres")
    database = Database(url=url, kind="plain", _server=url)
    migrate(
        url, passwords={"wayhome_analytics": "a", "wayhome_gateway": "a", "wayhome_registrar": "a"}
    )
    database = PasswordDatabase(url=url, kind="plain", _server=url)
    household = await furnish(database, HOUSEHOLD)
    keep_every_step(database)
    given = context(database, batch_rows=1)
    async with running(given) as task:
        for number in range(2):
            await until(lambda: "log" in given.health.report()["parts"])
            put(database, *(call(household, -300 * (number * 4 + n)) for n in range(4)))
            own_postgres.kill()
            await until(lambda: well(given, "database") is False)
            own_postgres.start()
            await until(lambda n=number: len(found(database, "sos")) == 4 * n + 4)  # type: ignore[misc]
        assert not task.done()
    findings, states = await uninterrupted(database, 1.0)
    assert recorded(database) == findings
    assert await brought_back(database, 1.0) == states


class PasswordDatabase(Database):
    """A database whose roles all have the password ``a``."""

    def url_as(self, role: str) -> str:
        """Give the URL of a role."""
        return self.url.replace(self.url.split("//")[1].split("@")[0], f"{role}:a")


async def test_a_log_from_another_server_stops_the_start(plain_database: Database) -> None:
    household = await furnish(plain_database, HOUSEHOLD)
    put(plain_database, call(household))
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute("update observation set txid = '9000000000'::xid8")
    with pytest.raises(Misconfigured, match="another database server"):
        await main(context(plain_database))


async def test_another_number_of_shards_stops_the_start(plain_database: Database) -> None:
    await furnish(plain_database, HOUSEHOLD)
    url = plain_database.url_as("wayhome_analytics")
    mine = shard_of(HOME, 2)
    async with open_pool(url) as pool:
        await recover(pool, 1 - mine, 1, tick_s=30.0) if mine == 0 else None
        await recover(pool, 0, 1, tick_s=30.0) if mine == 1 else None
        with pytest.raises(Misconfigured, match="WAYHOME_SHARDS"):
            await recover(pool, mine, 2, tick_s=30.0)


async def test_the_clock_does_not_pass_rows_that_are_not_settled(plain_database: Database) -> None:
    await furnish(plain_database, HOUSEHOLD)
    start = datetime(2026, 5, 4, 12, tzinfo=UTC)
    clock = ManualClock(start + timedelta(seconds=2))
    given = replace(context(plain_database), clock=clock)
    async with open_pool(given.settings.database_url) as pool:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
        assert watch._due(clock.now(), None) == start
        assert await watch.advance() is False
        clock.advance(5)
        assert watch._due(clock.now(), None) == start + timedelta(seconds=5)
        assert watch._due(clock.now(), start + timedelta(seconds=3.5)) == start + timedelta(
            seconds=3
        )
        assert watch._due(clock.now(), start - timedelta(hours=1)) is None
        clock.advance(3600)
        assert watch._due(clock.now(), None) == start + timedelta(seconds=service.TICKS_PER_STEP)


async def test_the_state_of_many_homes_is_saved_in_turn_and_never_all_at_once(
    plain_database: Database,
) -> None:
    """Of 10,000 homes that was a transaction of 20 s in each five minutes, in which nobody was judged."""
    homes = [HomeId(f"home{number}") for number in range(10)]
    for one in homes:
        await furnish(plain_database, alone(one))
    start = datetime(2026, 5, 4, 12, tzinfo=UTC)
    clock = ManualClock(start)
    given = replace(context(plain_database, snapshot_s=100.0), clock=clock)
    saved: list[set[str]] = []
    async with open_pool(given.settings.database_url) as pool:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
        before = saved_at(plain_database)
        for _ in range(24):
            clock.advance(5)
            while await watch.advance():
                continue
            after = saved_at(plain_database)
            saved.append({home for home in homes if after[home] != before[home]})
            before = after
    assert max(map(len, saved)) == 1
    assert set().union(*saved[:21]) == set(homes), "each once in a span"
    states = {home: one.snapshot() for home, one in watch._state.engine.homes.items()}
    assert await brought_back(plain_database, 1.0) == states, "whatever was saved when"


async def test_a_clock_that_ran_ahead_is_told_of_also_after_a_restart(
    plain_database: Database,
) -> None:
    """No moment is passed twice: until then no silence is noticed, and somebody must know."""
    household = await furnish(plain_database, HOUSEHOLD)
    start = datetime(2026, 5, 4, 12, tzinfo=UTC)
    clock = ManualClock(start + timedelta(days=30))
    given = replace(context(plain_database), clock=clock)
    async with open_pool(given.settings.database_url) as pool:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
        await watch.advance()
        assert given.health.report()["parts"]["clock"]["ok"]
        for _ in range(2):
            given = replace(context(plain_database), clock=ManualClock(start))
            watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
            put(plain_database, call(household))
            await watch.advance()
            await watch.save()
            part = given.health.report()["parts"]["clock"]
            assert not part["ok"]
            assert "no silence is noticed" in part["text"]


async def test_a_fenced_detector_is_a_row_and_a_finding_and_shows_in_health(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(detectors.sos.Sos, "feed", broken)  # type: ignore[attr-defined]
    household = await furnish(plain_database, HOUSEHOLD)
    put(plain_database, call(household))
    given = context(plain_database)
    async with running(given):
        await until(lambda: bool(found(plain_database, "sos")))
        await until(lambda: well(given, "detectors") is False)
    (told,) = found(plain_database, "sos")
    assert (told[3], told[5]) == ("fenced", "operators")
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        rows = owner.execute(
            "select home_id, detector, error, times, trace from detector_error"
        ).fetchall()
    assert [row[:2] for row in rows] == [(HOME, "sos")]
    assert rows[0][2].startswith("KeyError at test_service.py:")
    assert "secret" not in str(rows)


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_homes_are_shared_out_the_same_on_every_machine(shards: int) -> None:
    shares = [shard_of(HomeId(f"home-{number}"), shards) for number in range(1000)]
    assert set(shares) == set(range(shards))
    assert [shard_of(HomeId("7f3k"), 4), shard_of(HomeId("a"), 5)] == [2, 2]


def test_the_sample_has_the_devices_of_the_tests() -> None:
    assert DeviceId(KITCHEN_MOTION) in {device.device_id for device in HOUSEHOLD.devices}
