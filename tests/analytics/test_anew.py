"""A home whose state can not be used any more goes on from its record; the others are left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

from analytics import recovery
from analytics.anew import retold, still_open
from analytics.engine import STUMBLES, Engine
from analytics.features.plan import plan
from analytics.features.view import HomeView
from analytics.home_engine import HomeEngine, Inputs
from analytics.recovery import recover
from analytics.sample_days import (
    DOOR,
    HOME,
    HOUSEHOLD,
    KITCHEN_MOTION,
    MONDAY,
    eventful,
    ordinary,
    said,
)
from analytics.service import Watch
from core.model.errors import Malformed
from core.model.finding import Audience
from core.model.ids import HomeId
from core.model.quantity import Quantity
from core.runtime.clock import ManualClock
from core.store.pool import open_pool
from tests.analytics.journal import recorded, saved_states
from tests.analytics.log_rows import beat, furnish, write
from tests.analytics.story import Story
from tests.analytics.test_service import context

if TYPE_CHECKING:
    from core.model.home import Household
    from core.model.observation import Observation
    from tests.servers.databases import Database

OTHER = HomeId("other")
START = datetime(2026, 5, 4, 12, tzinfo=UTC)


def spoiled(state: bytes, part: str, value: Any) -> bytes:
    saved = msgspec.msgpack.decode(state, strict=False)
    saved[part] = value
    return msgspec.msgpack.encode(saved)


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode([1, 2]),
        msgspec.msgpack.encode({"format": 99}),
        spoiled(Story().home.snapshot(), "view", {"now": 1.0}),
        spoiled(Story().home.snapshot(), "plan", {}),
        spoiled(Story().home.snapshot(), "keys", [[], b"\0", b"\0"]),
        Story().home.snapshot()[:-9],
    ],
)
def test_whatever_is_wrong_with_a_snapshot_it_is_said_in_one_way(state: bytes) -> None:
    with pytest.raises(Malformed):
        HomeEngine.restored(state)


def test_a_detector_whose_state_can_not_be_read_begins_anew_and_the_others_know_what_they_knew() -> (
    None
):
    story = Story()
    for row in eventful(3).observations:
        story.home.feed(row)
    saved = msgspec.msgpack.decode(story.home.snapshot(), strict=False)
    before = saved["detectors"]["exit"]
    saved["detectors"]["sos"][1] = 17
    home = HomeEngine.restored(msgspec.msgpack.encode(saved))
    assert [one.detector for one in home.unread] == ["sos"]
    after = msgspec.msgpack.decode(home.snapshot(), strict=False)["detectors"]
    assert after["exit"] == before
    # it listens as before
    noticed = home.feed(
        said(HOUSEHOLD.devices[6].device_id, Quantity.SOS, 1, MONDAY + timedelta(9))
    )
    assert noticed is not None
    assert [one.detector for one in noticed.findings if one.detector == "sos"]


def test_what_nobody_can_take_in_is_told_once_and_the_home_begins_anew_after_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine()
    engine.register([HOUSEHOLD], 0)
    engine.homes[HOME].tick(MONDAY)

    def broken(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(HomeView, "observe", broken)
    told = []
    for number in range(1, STUMBLES + 1):
        assert not engine.lost
        at = MONDAY + timedelta(seconds=number)
        noticed = engine.step(number, Inputs(), [said(DOOR, Quantity.CONTACT, 1, at)], None)
        told += noticed.findings
        assert [one.detector for one in noticed.failures] == ["context"]
        if number == STUMBLES // 2:  # also over a restart
            saved, engine = engine.homes[HOME].snapshot(), Engine()
            engine.restore([saved])
    assert set(engine.lost) == {HOME}
    assert engine.homes[HOME].view is None
    (one,) = told
    assert one.audience is Audience.OPERATORS
    assert "secret" not in str(one)


def test_a_single_word_that_can_not_be_taken_in_costs_nothing_but_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine()
    engine.register([HOUSEHOLD], 0)
    engine.homes[HOME].tick(MONDAY)
    observe = HomeView.observe

    def choosy(view: HomeView, observation: Observation, *more: Any) -> None:
        if observation.device_id == DOOR:
            raise KeyError("secret")
        observe(view, observation, *more)

    monkeypatch.setattr(HomeView, "observe", choosy)
    for number in range(1, 3 * STUMBLES):
        at = MONDAY + timedelta(seconds=number)
        rows = [
            said(DOOR, Quantity.CONTACT, 1, at),
            said(KITCHEN_MOTION, Quantity.MOTION, 1, at),
        ]
        engine.step(number, Inputs(), rows, None)
    assert not engine.lost


def test_a_home_that_is_told_its_record_knows_what_it_knew() -> None:
    days = ordinary(20)
    home, other = HomeEngine(plan(HOUSEHOLD)), HomeEngine(plan(HOUSEHOLD))
    home.tick(days.start)
    home.look(Inputs(heard_at=days.end, heard_since=MONDAY - timedelta(hours=1)))
    for row in days.observations:
        home.feed(row)
    home.tick(days.end)
    retold(other, days.observations, days.end)
    for one in ("pauses", "activity", "walks", "occupancy"):
        assert getattr(other.view, one).snapshot() == getattr(home.view, one).snapshot()


def test_what_still_holds_after_the_record_was_told_is_told() -> None:
    days = ordinary(3)
    home = HomeEngine(plan(HOUSEHOLD))
    until = days.end + timedelta(hours=13)
    found = still_open(
        retold(home, days.observations, until)[1].findings, until - timedelta(days=1)
    )
    assert "inactivity" in {one.detector for one in found}
    assert all(one.noticed_at >= until - timedelta(days=1) for one in found)


def second(household: Household) -> Household:
    return replace(
        household,
        home=replace(household.home, home_id=OTHER),
        rooms=tuple(replace(room, home_id=OTHER) for room in household.rooms),
        residents=(),
        devices=tuple(
            replace(device, home_id=OTHER, room=None, resident_id=None)
            for device in household.devices
        ),
    )


async def lived_in(database: Database) -> Household:
    """Let two homes be watched for two days, the first with movement until the last evening."""
    household = await furnish(database, HOUSEHOLD)
    other = await furnish(database, second(HOUSEHOLD))
    kitchen, bed = household.devices[2].device_id, other.devices[1].device_id
    with psycopg.connect(database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        beat(gateway, START + timedelta(days=40), START - timedelta(hours=1))
        for quarter in range(160):
            at = START + timedelta(minutes=15 * quarter)
            rows = [said(kitchen, Quantity.MOTION, value, at) for value in (1, 0)]
            rows[1] = replace(rows[1], observed_at=at + timedelta(seconds=20))
            write(gateway, rows)
            write(gateway, [replace(said(bed, Quantity.MOTION, 1, at), home_id=OTHER)])
    clock = ManualClock(START + timedelta(hours=40))
    given = replace(context(database), clock=clock)
    async with open_pool(given.settings.database_url) as pool:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
        while await watch.advance():
            pass
        await watch.save()
    return household


async def test_one_home_that_can_not_be_read_goes_on_from_its_record_and_the_other_is_left_alone(
    plain_database: Database,
) -> None:
    household = await lived_in(plain_database)
    before = saved_states(plain_database)
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        for lost in (b"\xc1", spoiled(before[HOME], "view", {"now": 1.0})):
            owner.execute("update engine_snapshot set state = %s where home_id = %s", (lost, HOME))
            async with open_pool(plain_database.url_as("wayhome_analytics")) as pool:
                found = (await recover(pool, 0, 1, tick_s=1.0)).engine.homes
            assert found[OTHER].snapshot() == before[OTHER]
            view = found[HOME].view
            assert view is not None
            assert view.activity.last_at == (START + timedelta(minutes=15 * 159)).timestamp()
            assert view.days_watched > 1.5
    told = [row for row in recorded(plain_database) if row[3] == "state"]
    assert {(row[0], row[5]) for row in told} == {(HOME, "operators")}
    assert "goes on from the last 2 days of its record" in told[0][9]
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        rows = owner.execute("select home_id, detector, trace from detector_error").fetchall()
    assert {row[:2] for row in rows} == {(HOME, "snapshot")}
    assert household.home.home_id == HOME


async def test_a_home_in_another_time_zone_learns_its_hours_anew_from_its_record(
    plain_database: Database,
) -> None:
    """It had been registered in the wrong one: what stood as noon was seven in the morning."""
    await lived_in(plain_database)
    clock = ManualClock(START + timedelta(hours=41))
    given = replace(context(plain_database), clock=clock)
    async with open_pool(given.settings.database_url) as pool:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
        with psycopg.connect(plain_database.url, autocommit=True) as owner:
            owner.execute("update home set zone = 'America/New_York' where home_id = %s", (HOME,))
        watch.registry_changed()
        await watch.advance()
        home = watch._state.engine.homes[HOME]
        assert home.plan.zone == "America/New_York"
        assert home.view is not None
        assert home.view.days_watched > 1.5
        assert home.view.activity.last_at == (START + timedelta(minutes=15 * 159)).timestamp()
        others = watch._state.engine.homes[OTHER]
        assert others.plan.zone == "Europe/London"
    (told,) = [row for row in recorded(plain_database) if row[3] == "state"]
    assert told[9].startswith("The time zone of this home was changed: detection goes on from the")
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        assert owner.execute("select count(*) from detector_error").fetchone() == (0,)


async def test_a_home_whose_state_can_not_be_written_goes_on_from_its_record(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived_in(plain_database)
    before = saved_states(plain_database)
    clock = ManualClock(START + timedelta(hours=40, seconds=40))
    given = replace(context(plain_database), clock=clock)
    async with open_pool(given.settings.database_url) as pool:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=1.0))
        broken = watch._state.engine.homes[HOME]
        monkeypatch.setattr(type(broken), "snapshot", _unless(broken))
        while await watch.advance():
            pass
        await watch.save()
        assert saved_states(plain_database)[HOME] == before[HOME]
        clock.advance(5)
        while await watch.advance():
            pass
        mended = watch._state.engine.homes[HOME]
        assert mended is not broken
        assert mended.view is not None
        assert mended.view.activity.last_at is not None
    assert [row[0] for row in recorded(plain_database) if row[3] == "state"] == [HOME]


def _unless(broken: HomeEngine) -> Any:
    whole = HomeEngine.snapshot

    def snapshot(home: HomeEngine) -> bytes:
        if home is broken:
            raise ValueError("secret")
        return whole(home)

    return snapshot


async def test_a_shard_without_a_readable_home_does_not_run_its_journal_over_the_whole_log(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived_in(plain_database)
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute("update engine_snapshot set state = 'x'")
        row = owner.execute("select max(step) from engine_step").fetchone()
    monkeypatch.setattr(recovery, "replay_step", None)
    async with open_pool(plain_database.url_as("wayhome_analytics")) as pool:
        recovered = await recover(pool, 0, 1, tick_s=1.0)
    assert row is not None
    assert {home.step for home in recovered.engine.homes.values()} == {recovered.step} == {row[0]}
