from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.detectors.mobility import DAYS_IN_A_ROW, DETECTOR, FIRST_DAYS
from analytics.features.paces import MOST_PAIRS, Paces
from analytics.features.plan import plan
from analytics.features.walks import Step
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import (
    BATH_MOTION,
    BED_MOTION,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    movement,
)
from core.model.finding import Finding, Phase, Severity
from core.model.ids import DeviceId
from core.model.observation import Observation

ROUND = (KITCHEN_MOTION, LOUNGE_MOTION, BATH_MOTION, BED_MOTION, HALL_MOTION)
DAYS, CHANGED = 110, 60
Pace = Callable[[int, DeviceId, DeviceId], float]


def a_day(day: int, pace: Pace) -> list[Observation]:
    """Four rounds through the rooms by day; ``pace`` says how many times 6 s or so each way takes."""
    rows: list[Observation] = []
    for number in range(4):
        at = MONDAY + timedelta(days=day, hours=8 + 3 * number)
        before = ROUND[-1]
        for place, room in enumerate(ROUND):
            usual = 5.0 + (day * 7 + number * 3 + place * 5) % 4
            at += timedelta(seconds=usual * pace(day, before, room))
            rows += movement(room, at)
            before = room
    return rows


@cache
def told(pace: Pace, days: int = DAYS) -> tuple[list[Finding], int]:
    home = HomeEngine(plan(HOUSEHOLD), {DETECTOR.name: DETECTOR})
    home.tick(MONDAY)
    home.look(Inputs(heard_at=MONDAY + timedelta(days=400), heard_since=MONDAY))
    found: list[Finding] = []
    for day in range(days):
        for row in sorted(a_day(day, pace), key=lambda one: one.received_at):
            noticed = home.feed(row)
            if noticed is not None:
                assert not noticed.failures
                found += noticed.findings
    return found, len(msgspec.msgpack.encode(home.detectors[DETECTOR.name].snapshot()))


def steady(day: int, start: DeviceId, end: DeviceId) -> float:
    del day, start, end
    return 1.0


def slower(day: int, start: DeviceId, end: DeviceId) -> float:
    del start, end
    return 1.0 + 0.35 * min(max(day - CHANGED, 0) / 28.0, 1.0)


def for_a_week(day: int, start: DeviceId, end: DeviceId) -> float:
    del start, end
    return 1.4 if CHANGED <= day < CHANGED + 7 else 1.0


def sensor_moved(day: int, start: DeviceId, end: DeviceId) -> float:
    return 2.2 if day >= CHANGED and LOUNGE_MOTION in (start, end) else 1.0


def faster(day: int, start: DeviceId, end: DeviceId) -> float:
    return 1.0 / slower(day, start, end)


def test_ways_that_take_longer_for_weeks_are_told_once_in_the_morning() -> None:
    found, size = told(slower)
    (one,) = found
    assert (one.phase, one.severity) == (Phase.OPENED, Severity.NOTICE)
    # ten in London's summer is nine in UTC
    assert one.noticed_at.hour == 9
    day = (one.noticed_at - MONDAY).days
    assert CHANGED + DAYS_IN_A_ROW <= day <= CHANGED + 45
    assert one.what.startswith("Ways from room to room take about ")
    assert any("From kitchen to living room: " in fact.text for fact in one.evidence)
    assert size < 6000


@pytest.mark.parametrize("pace", [steady, for_a_week, sensor_moved, faster])
def test_what_is_no_slow_change_says_nothing(pace: Pace) -> None:
    assert told(pace)[0] == []


def test_nothing_is_said_before_it_is_known_how_somebody_walks() -> None:
    found, _ = told(slower_from_the_first_weeks, FIRST_DAYS + DAYS_IN_A_ROW - 2)
    assert found == []


def slower_from_the_first_weeks(day: int, start: DeviceId, end: DeviceId) -> float:
    del start, end
    return 1.0 if day < 25 else 1.6


def test_a_pace_as_before_ends_it() -> None:
    def passing(day: int, start: DeviceId, end: DeviceId) -> float:
        return slower(day, start, end) if day < 100 else 1.0

    found, _ = told(passing, 150)
    assert [one.phase for one in found] == [Phase.OPENED, Phase.CLEARED]


def test_a_restart_changes_nothing() -> None:
    whole, halves = Paces(), Paces()
    for number in range(400):
        step = Step(number % 5, (number + 1) % 5, 1.0 + number % 13)
        whole.add(step)
        halves.add(step)
        if number % 40 == 0:
            whole.close_day(whole.change())
            halves.close_day(halves.change())
            halves = Paces.restored(halves.snapshot())
    assert halves.snapshot() == whole.snapshot()
    assert halves.change() == whole.change()


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), st.floats(0.0, 100.0)), max_size=200)
)
def test_pairs_are_bounded(steps: list[tuple[int, int, float]]) -> None:
    paces = Paces()
    for start, end, seconds in steps:
        paces.add(Step(start, end, seconds))
    assert len(paces.snapshot()["pairs"]) <= MOST_PAIRS


def _walk_round(paces: Paces, seconds: float) -> None:
    for number in range(200):
        for pair in ((1, 2), (2, 3), (3, 4), (4, 1)):
            paces.add(Step(*pair, seconds * (0.8 + 0.4 * (number % 21) / 20)))


@given(st.floats(1.2, 1.8))
def test_the_change_is_the_ratio_of_the_lengths(ratio: float) -> None:
    paces = Paces()
    _walk_round(paces, 4.0)
    for _ in range(120):
        paces.close_day(None)
    assert paces.frozen
    _walk_round(paces, 4.0 * ratio)
    change = paces.change()
    assert change is not None
    # but for the width of the bins
    assert abs(change.change - math.log(ratio)) < 0.07
