"""What a sensor sees of somebody who comes, goes and fetches things, and what one study saw of its homes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.quantity import Quantity
from sensors.simulator import homes, study
from sensors.simulator.behaviour import Activity, Stay
from sensors.simulator.faults import PLAIN
from sensors.simulator.homes import SimulatedHome
from sensors.simulator.layouts import STANDARD
from sensors.simulator.recording import Recording
from sensors.simulator.rows import NUMBER, Rows, together
from sensors.simulator.sensing import closings, passing
from sensors.simulator.walking import Movements, walking

START = datetime(2026, 9, 7, 11, tzinfo=UTC)
WEEK = (START, START + timedelta(days=7))
SEEDS = range(500, 540)


def rows_of(home: SimulatedHome, span: tuple[datetime, datetime]) -> Rows:
    return together(list(Recording(home=home, span=span, circumstances=PLAIN).batches()))


def test_who_leaves_a_room_is_seen_getting_up_in_it() -> None:
    lounge, kitchen = STANDARD.index["Lounge"], STANDARD.index["Kitchen"]
    sits = Stay(Activity.RELAX, lounge, 0.0, 3600.0)
    cooks = Stay(Activity.MEAL, kitchen, 3600.0, 4000.0)
    seen, _ = walking([sits, cooks], STANDARD, 0.75, np.random.default_rng(1))
    in_order = np.argsort(seen.at)
    rooms = [STANDARD.rooms[room] for room in seen.room[in_order]]
    assert rooms == ["Lounge", "Hall", "Kitchen"]
    assert 3600.0 <= seen.at.min() < 3601.0


def test_a_sensor_sees_its_share_of_those_who_pass() -> None:
    walked = Movements(at=np.arange(4000.0), room=np.tile([0, 1], 2000))
    seen = passing(walked, (0.9, 0.25), np.random.default_rng(2))
    shares = np.bincount(seen.room) / 2000
    assert shares == pytest.approx([0.9, 0.25], abs=0.03)
    assert passing(walked, (), np.random.default_rng(2)) is walked


@given(
    gaps=st.lists(st.floats(0.01, 1e5), min_size=1, max_size=30),
    lasts=st.floats(0.1, 1e4),
)
def test_a_door_is_shut_after_it_was_opened_and_before_it_is_opened_again(
    gaps: list[float], lasts: float
) -> None:
    opened = np.cumsum(gaps)
    shut = closings(opened, np.full(len(opened), lasts))
    assert (shut > opened).all()
    assert (shut[:-1] < opened[1:]).all()
    assert shut[-1] == pytest.approx(opened[-1] + lasts)


@pytest.mark.parametrize("device", [homes.DOOR, homes.FRIDGE])
def test_doors_say_in_turn_that_they_are_open_and_shut(device: str) -> None:
    home = study.home(SEEDS[0])
    said = rows_of(home, WEEK)
    mine = said.only(said.device == home.equipment.index[device])
    mine = mine.only(mine.quantity == NUMBER[Quantity.CONTACT])
    values = mine.value[np.argsort(mine.observed, kind="stable")]
    assert len(values) > 20
    assert (np.diff(values) != 0).mean() > 0.99  # but for those who meet at the door


def test_somebody_fetches_things_and_is_gone_again_within_seconds() -> None:
    record = Recording(home=SimulatedHome.drawn(SEEDS[0]), span=WEEK)
    errands = [
        one.end - one.start
        for number in range(5)
        for one in record.stays(START.date() + timedelta(days=number))
        if one.activity is Activity.POTTER
    ]
    assert 0.2 < np.mean(np.array(errands) < 24.0) < 0.9


def test_homes_of_the_study_are_not_all_fitted_out_alike() -> None:
    put_up = [study.fitted(seed) for seed in SEEDS]
    missing = 1.0 - np.mean([len(one) for one in put_up]) / len(study.DEVICES)
    assert missing == pytest.approx(study.MISSING, abs=0.05)
    assert put_up == [study.fitted(seed) for seed in SEEDS]
    for seed in SEEDS:
        home = study.home(seed)
        rooms = range(len(home.equipment.layout.rooms))
        assert all((one, other) in home.equipment.layout.paths for one in rooms for other in rooms)
        assert all(0.0 <= share <= 1.0 for share in (*home.sight, *home.passing))
        assert set(study.fitted(seed)) <= set(home.equipment.devices)


def test_a_sensor_of_the_study_is_silent_for_days_at_times() -> None:
    span = (START, START + timedelta(days=60))
    found = [one for seed in SEEDS for one in study.silent(seed, span)]
    assert found == [one for seed in SEEDS for one in study.silent(seed, span)]
    assert 0.02 < len(found) / (len(SEEDS) * len(study.DEVICES)) < 0.2
    low, high = (timedelta(days=one) for one in study.SILENT_DAYS)
    assert all(low <= one.lasts <= high for one in found)


@pytest.mark.parametrize("seed", [500, 501])
def test_a_day_of_the_study_is_the_same_whenever_a_record_begins(seed: int) -> None:
    later = (START + timedelta(days=3), WEEK[1])
    for home in (study.home(seed), replace(SimulatedHome.drawn(seed), visits_per_week=3.0)):
        whole, part = rows_of(home, WEEK), rows_of(home, later)
        whole = whole.only(whole.received >= later[0].timestamp())
        assert np.array_equal(whole.received, part.received)
        assert np.array_equal(whole.device, part.device)
        assert np.array_equal(whole.value, part.value)
