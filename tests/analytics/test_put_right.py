"""Sensors that hung elsewhere than was thought: it is learned anew, by where they hung."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.types.json import Jsonb

from analytics.anew import former_plans, retold
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from analytics.recovery import recover
from analytics.sample_days import (
    BATH_MOTION,
    BATHROOM,
    DOOR,
    HOME,
    HOUSEHOLD,
    KITCHEN,
    KITCHEN_MOTION,
    MONDAY,
    ordinary,
    said,
)
from analytics.service import Watch
from core.model.day_count import Former
from core.model.home import Placement
from core.model.ids import DeviceId
from core.model.quantity import Quantity
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AnalyticsSettings
from core.store.pool import open_pool
from tests.analytics.journal import recorded
from tests.analytics.log_rows import beat, furnish, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.home import Device, Household
    from core.model.observation import Observation
    from tests.servers.databases import Database

DAYS = ordinary(20)
HOUR_S = 3600.0
FRIDGE_DOOR = DeviceId(77)


def given_at(database: Database, clock: ManualClock) -> Context[AnalyticsSettings]:
    url = database.url_as("wayhome_analytics")
    settings = AnalyticsSettings(database_url=url, tick_s=HOUR_S, batch_rows=20000)
    health = Health("analytics", clock)
    return Context(settings=settings, clock=clock, health=health, instance="analytics")


def placed(household: Household, **changed: Device) -> Household:
    known = {one.name: one for one in household.devices} | {
        one.name: one for one in changed.values()
    }
    return replace(household, devices=tuple(known.values()))


def device(number: DeviceId) -> Device:
    return next(one for one in HOUSEHOLD.devices if one.device_id == number)


EXCHANGED = placed(
    HOUSEHOLD,
    kitchen=replace(device(KITCHEN_MOTION), room=BATHROOM),
    bathroom=replace(device(BATH_MOTION), room=KITCHEN),
)
FRIDGE = placed(HOUSEHOLD, door=replace(device(DOOR), placement=Placement.OBJECT, room=KITCHEN))
"""Its front door's sensor is taken for that of the fridge."""


def lived(
    household: Household,
    rows: Sequence[Observation] = DAYS.observations,
    end: datetime = DAYS.end,
) -> HomeEngine:
    home = HomeEngine(plan(household))
    home.tick(DAYS.start)
    home.look(Inputs(heard_at=end, heard_since=MONDAY - timedelta(hours=1)))
    for row in rows:
        home.feed(row)
    home.tick(end)
    return home


def learned(home: HomeEngine) -> object:
    assert home.view is not None
    return (
        home.view.pauses.snapshot(),
        home.view.walks.snapshot(),
        home.detectors["exit"].snapshot(),
    )


@pytest.mark.parametrize("wrong", [EXCHANGED, FRIDGE])
def test_what_was_learned_by_wrong_places_stays_where_devices_are_only_moved(
    wrong: Household,
) -> None:
    """So a move that was none has to be said: a fridge at night would be an outer door for months."""
    right = lived(HOUSEHOLD)
    assert learned(lived(wrong).replan(plan(HOUSEHOLD))) != learned(right)


def test_a_record_is_told_anew_by_where_devices_hung_at_each_time() -> None:
    """From the tenth day to the fifteenth two were exchanged."""
    first, last = MONDAY + timedelta(days=10), MONDAY + timedelta(days=15)
    moves = [
        (last, KITCHEN_MOTION, BATHROOM),
        (first, KITCHEN_MOTION, KITCHEN),
        (last, BATH_MOTION, KITCHEN),
        (first, BATH_MOTION, BATHROOM),
    ]
    former = [
        Former(device_id=number, until=at, placement=Placement.ROOM, room=room)
        for at, number, room in moves
    ]
    stood = former_plans(HOUSEHOLD, former)
    assert [at for at, _ in stood] == [first, first, last, last]
    home, other = HomeEngine(plan(HOUSEHOLD)), HomeEngine(plan(HOUSEHOLD))
    home, _ = retold(home, DAYS.observations, DAYS.end, stood)
    back = {KITCHEN_MOTION: BATH_MOTION, BATH_MOTION: KITCHEN_MOTION}
    rows = [
        replace(row, device_id=back.get(row.device_id, row.device_id))
        if first <= row.received_at < last
        else row
        for row in DAYS.observations
    ]
    other, _ = retold(other, rows, DAYS.end)
    assert home.plan == plan(HOUSEHOLD)
    assert home.view is not None
    assert other.view is not None
    for one in ("_length", "_room"):
        assert getattr(home.view.pauses, one) == getattr(other.view.pauses, one)


async def corrected(database: Database, household: Household, since: datetime | None) -> None:
    """Say as a technician that the sensor of the fridge is that of the front door."""
    number = next(one.device_id for one in household.devices if one.name == device(DOOR).name)
    hall = next(one.room_id for one in household.rooms if one.name == "Hall")
    with psycopg.connect(database.url) as owner:
        owner.execute(
            "insert into carer (organisation_id, login, name, role, password_hash) values"
            " ('sample', 'tess', 'Tess', 'technician', 'x') on conflict do nothing"
        )
        owner.execute(
            "select set_config('wayhome.organisation', 'sample', true),"
            " set_config('wayhome.carer', carer_id::text, true) from carer where login = 'tess'"
        )
        terms = {"placement": "entrance", "room_id": hall}
        made = owner.execute(
            "select correct_device(%s, %s, %s, now())", (number, Jsonb(terms), since)
        ).fetchone()
    assert made is not None
    assert made[0] is not None


@pytest.mark.parametrize("wrong_since", [None, timedelta(days=10), timedelta(days=19)])
async def test_detection_goes_on_from_the_record_of_a_home_that_was_put_right(
    plain_database: Database, wrong_since: timedelta | None
) -> None:
    household = await furnish(plain_database, FRIDGE)
    numbers = {one.name: one.device_id for one in household.devices}
    known = {one.device_id: numbers[one.name] for one in HOUSEHOLD.devices}
    rows = [
        replace(row, device_id=known[row.device_id])
        for row in DAYS.observations
        if row.device_id in known
    ]
    clock = ManualClock(DAYS.end)
    given = given_at(plain_database, clock)
    with psycopg.connect(plain_database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        beat(gateway, DAYS.end + timedelta(days=40), DAYS.start - timedelta(hours=1))
        write(gateway, rows)
    async with open_pool(given.settings.database_url) as pool:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=HOUR_S))
        while await watch.advance():
            pass
        await corrected(
            plain_database, household, None if wrong_since is None else MONDAY + wrong_since
        )
        for _ in range(2):  # once is enough
            watch.registry_changed()
            await watch.advance()
        home = watch._state.engine.homes[HOME]
        habits = home.detectors["exit"].snapshot()
    right = lived(HOUSEHOLD).detectors["exit"].snapshot()
    assert (habits[0] == right[0]) is (wrong_since is None)
    told = [row for row in recorded(plain_database) if row[3] == "state"]
    assert [row[9].startswith("It was put right where sensors") for row in told] == [True]


async def test_what_was_wrong_for_a_day_does_not_cost_months(plain_database: Database) -> None:
    household = await furnish(plain_database, FRIDGE)
    start = datetime(2026, 5, 4, 12, tzinfo=UTC)
    clock = ManualClock(start)
    given = given_at(plain_database, clock)
    kitchen = household.devices[2].device_id
    async with open_pool(given.settings.database_url) as pool:
        watch = Watch(given, pool, await recover(pool, 0, 1, tick_s=HOUR_S))
        with psycopg.connect(plain_database.url_as("wayhome_gateway"), autocommit=True) as gateway:
            write(gateway, [said(kitchen, Quantity.MOTION, 1, start)])
            await watch.advance()
            clock.advance(40 * 86400)
            write(gateway, [said(kitchen, Quantity.MOTION, 1, clock.now())])
        while await watch.advance():
            pass
        before = watch._state.engine.homes[HOME].view
        assert before is not None
        await corrected(plain_database, household, clock.now() - timedelta(days=1))
        watch.registry_changed()
        await watch.advance()
        after = watch._state.engine.homes[HOME].view
        assert after is not None
        assert after.started == before.started


def test_a_fridge_that_was_taken_for_the_front_door_does_not_make_a_door_at_night_usual() -> None:
    """Said at once and urgent after three minutes; it had become a notice, and urgent after ten."""
    fridge = replace(FRIDGE.devices[0], device_id=FRIDGE_DOOR, name="Fridge", room=KITCHEN)
    fridge = replace(fridge, external_id="fridge", placement=Placement.OBJECT)
    right = placed(HOUSEHOLD, fridge=fridge)
    wrong = placed(
        right,
        door=replace(device(DOOR), placement=Placement.OBJECT, room=KITCHEN),
        fridge=replace(fridge, placement=Placement.ENTRANCE, room=device(DOOR).room),
    )
    days = ordinary(28)
    rows = sorted([*days.observations, *_nights(28)], key=lambda row: row.received_at)
    moved = lived(wrong, rows, days.end).replan(plan(right))
    put_right, _ = retold(HomeEngine(plan(right)), rows, days.end)
    told = [_goes_out(home, days.end) for home in (lived(right, rows, days.end), put_right, moved)]
    assert told[0] == told[1] == ["check", "urgent"]
    assert told[2][0] == "notice"


def _nights(days: int) -> list[Observation]:
    """Every other night somebody takes something from the fridge."""
    rows = []
    for day in range(0, days, 2):
        at = MONDAY + timedelta(days=day, hours=1, minutes=35)
        rows += [
            said(FRIDGE_DOOR, Quantity.CONTACT, 1, at),
            said(KITCHEN_MOTION, Quantity.MOTION, 1, at + timedelta(seconds=2)),
            said(FRIDGE_DOOR, Quantity.CONTACT, 0, at + timedelta(seconds=20)),
            said(KITCHEN_MOTION, Quantity.MOTION, 0, at + timedelta(seconds=30)),
        ]
    return rows


def _goes_out(home: HomeEngine, midnight: datetime) -> list[str]:
    """Let the front door open at twenty to two and nobody be seen; return how loudly that is told."""
    at, told = midnight + timedelta(hours=1, minutes=40), []
    home.look(Inputs(heard_at=at + timedelta(hours=1), heard_since=MONDAY - timedelta(hours=1)))
    opened = home.feed(said(DOOR, Quantity.CONTACT, 1, at))
    later = [home.tick(at + timedelta(minutes=minute)) for minute in range(1, 6)]
    for noticed in (opened, *later):
        told += [] if noticed is None else noticed.findings
    return [one.severity.value for one in told if one.detector == "exit"]
