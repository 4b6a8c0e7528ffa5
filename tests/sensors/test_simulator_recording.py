"""A simulated record for the engine: deterministic, paired under stress, true to its episodes, cheap."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.model.quantity import Quantity
from sensors.simulator import homes, schedule
from sensors.simulator.behaviour import OUTSIDE, Activity
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.faults import PLAIN, REAL, Circumstances
from sensors.simulator.homes import SimulatedHome
from sensors.simulator.layouts import EYES_OF_TIHM, LAYOUTS, Layout
from sensors.simulator.recording import Recording, recorded
from sensors.simulator.rows import NUMBER, Rows, together
from sensors.simulator.sensing import EYES, Eye

START = datetime(2026, 9, 7, 11, tzinfo=UTC)
WEEK = (START, START + timedelta(days=7))
TUNING_SEED = 500


def a_home(wanted: str = "", seed: int = TUNING_SEED) -> SimulatedHome:
    """Return the first home from a seed on that has a device."""
    while wanted and not SimulatedHome.drawn(seed).equipment.has(wanted):
        seed += 1
    return SimulatedHome.drawn(seed)


def rows_of(
    home: SimulatedHome,
    circumstances: Circumstances = PLAIN,
    episodes: tuple[Episode, ...] = (),
    span: tuple[datetime, datetime] = WEEK,
) -> Rows:
    record = Recording(home=home, span=span, episodes=episodes, circumstances=circumstances)
    return together(list(record.batches()))


def moves(rows: Rows) -> Rows:
    return rows.only((rows.quantity == NUMBER[Quantity.MOTION]) & (rows.value > 0))


def test_the_same_seed_gives_the_same_observations_in_order_of_arrival() -> None:
    first, second = list(recorded(a_home(), WEEK)), list(recorded(a_home(), WEEK))
    assert first == second
    received = [one.received_at for one in first]
    assert received == sorted(received)
    assert WEEK[0] <= received[0]
    assert received[-1] < WEEK[1]
    known = {device.device_id for device in a_home().household.devices}
    assert {one.device_id for one in first} <= known


def test_a_day_is_made_of_stays_that_touch() -> None:
    record = Recording(home=a_home(), span=WEEK)
    day = START.date()
    whole = [*record.stays(day), *record.stays(day + timedelta(days=1))]
    assert all(before.end == after.start for before, after in pairwise(whole))
    assert {one.activity for one in whole} >= {Activity.SLEEP, Activity.MEAL, Activity.TOILET}


@pytest.mark.parametrize("layout", [*LAYOUTS, EYES_OF_TIHM], ids=lambda one: one.name)
def test_every_room_can_be_reached(layout: Layout) -> None:
    rooms = range(len(layout.rooms))
    assert all((one, other) in layout.paths for one in rooms for other in rooms)
    assert all(room in layout.rooms for _, room in layout.doors)


@pytest.mark.parametrize("eye", EYES, ids=lambda one: f"{one.blind_s:g}s")
def test_a_sensor_is_blind_after_it_has_seen_something(eye: Eye) -> None:
    times = np.sort(np.random.default_rng(1).uniform(0, 7200, 500))
    began, ended = eye.sees(times)
    assert (np.diff(began) >= eye.blind_s).all()
    assert (ended > began).all()


def test_what_is_not_stressed_stays_as_it_was() -> None:
    home = a_home()
    plain = rows_of(home)
    twice = rows_of(home, replace(PLAIN, duplicates=0.01))
    late = rows_of(home, replace(PLAIN, late=0.02))
    assert 1.005 < len(twice) / len(plain) < 1.015
    keys = set(zip(plain.observed.tolist(), plain.device.tolist(), strict=True))
    assert set(zip(twice.observed.tolist(), twice.device.tolist(), strict=True)) == keys
    assert ((late.received - late.observed) > 60).mean() == pytest.approx(0.02, abs=0.004)
    assert (late.received - late.observed).max() <= 7201.0
    visited = rows_of(replace(home, visits_per_week=5.0), replace(PLAIN, visitors=True))
    assert len(moves(visited)) > len(moves(plain))


def test_who_visits_comes_and_goes_by_a_door() -> None:
    home = replace(a_home(), visits_per_week=7.0)
    record = Recording(
        home=home,
        span=(START, START + timedelta(days=4)),
        circumstances=replace(PLAIN, visitors=True),
    )
    rows = together(list(record.batches()))
    moved = rows.observed[(rows.quantity == NUMBER[Quantity.CONTACT]) & (rows.value > 0)]
    days = [START.date() + timedelta(days=number) for number in range(1, 3)]
    visits = [one for day in days for one in record.visits(day)]
    assert visits
    for start, end in visits:
        assert np.abs(moved - start).min() < 60.0
        assert np.abs(moved - end).min() < 120.0


def test_clocks_are_wrong_by_what_was_asked() -> None:
    home = a_home()
    plain, wrong = rows_of(home), rows_of(home, replace(PLAIN, skew_s=300.0))
    devices = np.unique(wrong.device)
    earlier = [
        float(np.median((wrong.received - wrong.observed)[wrong.device == one])) for one in devices
    ]
    assert any(one > 290 for one in earlier)
    assert any(one < 10 for one in earlier)
    assert len(wrong) == pytest.approx(len(plain), rel=0.01)


def test_the_gateway_sets_slow_clocks_right_before_anything_is_watched() -> None:
    circumstances = replace(PLAIN, skew_s=295.0, late=0.02)
    record = Recording(home=a_home(), span=WEEK, circumstances=circumstances)
    claimed, stored = together(list(record.batches())), together(list(record.stored()))
    honest = rows_of(a_home(), replace(PLAIN, late=0.02))
    slow = claimed.received - claimed.observed > 290
    assert slow.mean() > 0.1
    order = np.lexsort((honest.quantity, honest.device, honest.received))
    again = np.lexsort((stored.quantity, stored.device, stored.received))
    errors = np.abs(stored.observed[again] - honest.observed[order])
    assert np.quantile(errors, 0.99) < 2.0
    assert (stored.observed <= stored.received + 1e-3).all()


def test_clocks_that_are_right_are_left_alone() -> None:
    record = Recording(home=a_home(), span=WEEK, circumstances=REAL)
    for batch, stored in zip(record.batches(), record.stored(), strict=True):
        assert np.array_equal(stored.observed, batch.observed)


def test_summer_time_ends_and_habits_stay_on_the_wall_clock() -> None:
    span = (datetime(2026, 10, 19, 11, tzinfo=UTC), datetime(2026, 11, 2, 11, tzinfo=UTC))
    home = replace(a_home(), zone=ZoneInfo("Europe/London"))
    record = Recording(home=home, span=span)
    rises = [
        datetime.fromtimestamp(record.stays(span[0].date() + timedelta(days=day))[0].start, UTC)
        for day in range(14)
    ]
    hours = [
        one.astimezone(home.zone).hour + one.astimezone(home.zone).minute / 60 for one in rises
    ]
    before, after = np.mean(hours[:6]), np.mean(hours[7:])
    assert abs(before - after) < 1.0
    lengths = [(b - a).total_seconds() for a, b in pairwise(rises)]
    assert max(lengths) < 30 * 3600


def test_a_lie_is_silent_and_ends() -> None:
    home = a_home()
    at = START + timedelta(days=3, hours=3)
    lie = Episode(kind=Kind.LONG_LIE, at=at, lasts=timedelta(hours=4), room="Kitchen")
    seen = moves(rows_of(home, replace(PLAIN, phantoms_per_hour=0.0), (lie,)))
    inside = (seen.observed > lie.start_s + 60) & (seen.observed < lie.end_s)
    assert not inside.any()
    assert (seen.observed > lie.end_s).any()


def test_restless_walking_is_seen_in_room_after_room() -> None:
    home = a_home()
    at = START + timedelta(days=3, hours=3)
    walk = Episode(kind=Kind.PACING, at=at, lasts=timedelta(minutes=40), how="random")
    seen = moves(rows_of(home, PLAIN, (walk,)))
    inside = (seen.observed >= walk.start_s) & (seen.observed < walk.end_s)
    devices = seen.device[inside]
    assert (np.diff(devices) != 0).sum() >= 10
    assert len(set(devices.tolist())) >= 3


def test_a_tracker_tells_of_outings_and_of_losing_the_way() -> None:
    home = a_home(homes.TRACKER)
    at = START + timedelta(days=2, hours=1)
    lost = Episode(kind=Kind.LOST, at=at, lasts=timedelta(hours=3))
    rows = rows_of(home, PLAIN, (lost,))
    fixes = rows.only(rows.place >= 0)
    inside = (fixes.observed > lost.start_s) & (fixes.observed < lost.end_s)
    assert inside.sum() > 100
    away = fixes.places[fixes.place[inside]][:, :2] - np.array(home.place)
    assert np.abs(away).max() * 111_195 > 100
    record = Recording(home=home, span=WEEK, episodes=(lost,))
    stays = record.stays(at.date())
    assert any(one.room == OUTSIDE and one.start == lost.start_s for one in stays)


@pytest.mark.parametrize("kind", [Kind.DEAD_SENSOR, Kind.OBSTRUCTED, Kind.STUCK, Kind.HUB_OUTAGE])
def test_a_device_that_fails_says_what_such_a_device_says(kind: Kind) -> None:
    home = a_home()
    device = "kitchen_motion"
    fault = Episode(kind=kind, at=START + timedelta(days=2), lasts=timedelta(days=2), device=device)
    rows = rows_of(home, PLAIN, (fault,))
    inside = (rows.observed >= fault.start_s) & (rows.observed < fault.end_s)
    mine = rows.device == home.equipment.index[device]
    said = Counter(rows.quantity[inside & mine].tolist())
    motion, link = said[NUMBER[Quantity.MOTION]], said[NUMBER[Quantity.LINK_QUALITY]]
    silent = kind in {Kind.DEAD_SENSOR, Kind.HUB_OUTAGE}
    assert motion == (1 if kind is Kind.STUCK else 0)
    assert (link == 0) == silent
    assert (inside & ~mine).any() == (kind is not Kind.HUB_OUTAGE)


def test_a_fall_is_a_knock_after_which_the_arm_lies_still() -> None:
    home = a_home(homes.WATCH)
    at = START + timedelta(days=2, hours=2)
    fall = Episode(kind=Kind.FALL, at=at, lasts=timedelta(minutes=20))
    rows = rows_of(home, PLAIN, (fall,))
    knocks = rows.only(rows.quantity == NUMBER[Quantity.IMPACT])
    assert fall.start_s in knocks.observed
    assert (np.diff(np.sort(knocks.observed)) > 0).all()
    after = (rows.observed > fall.start_s + 30) & (rows.observed < fall.start_s + 130)
    moved = rows.only(after & (rows.quantity == NUMBER[Quantity.MOVEMENT]))
    assert len(moved) >= 3
    assert float(np.median(moved.value)) < 0.05


def test_episodes_are_graded_and_leave_the_first_days_alone() -> None:
    span = (START, START + timedelta(days=90))
    found = [
        one
        for seed in range(TUNING_SEED, TUNING_SEED + 12)
        for one in schedule.drawn(SimulatedHome.drawn(seed), span, schedule.Asked())
    ]
    acute = [one for one in found if one.kind in schedule.ACUTE]
    assert {one.severity for one in acute} == {0, 1, 2, 3}
    planned = [one for one in found if one.kind is not Kind.HUB_OUTAGE]
    assert min(one.at for one in planned) >= START + timedelta(days=13)
    assert {one.kind for one in found} >= {Kind.LONG_LIE, Kind.BATHROOM_CHANGE, Kind.DECLINE}


def test_a_record_is_made_fast_and_within_bounds() -> None:
    home = a_home()
    span = (START, START + timedelta(days=20))
    started = time.process_time()
    rows = rows_of(home, REAL, span=span)
    spent = time.process_time() - started
    assert len(rows) / 20 < 8_000
    assert spent / len(rows) < 60e-6  # far from the usual 3 µs: a loaded machine is no defect
