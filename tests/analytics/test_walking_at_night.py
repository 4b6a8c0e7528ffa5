"""Who is out of bed and walks from room to room is told while it lasts; who goes to the bathroom never is."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.detectors.walking import DETECTOR, Walking
from analytics.features.busy_rooms import PRIOR_MEAN, WINDOW_MIN, BusyRooms
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import (
    BATH_MOTION,
    BED,
    BED_MOTION,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    ordinary,
    said,
)
from core.model.finding import Finding, Phase, Severity
from core.model.ids import DeviceId
from core.model.observation import Observation
from core.model.quantity import Quantity

NIGHTS = 20
UP = MONDAY + timedelta(days=NIGHTS, hours=1)
"""02:00 on the clock on the wall."""
ROOMS = (HALL_MOTION, LOUNGE_MOTION, KITCHEN_MOTION, BATH_MOTION, BED_MOTION)


def sign(room: DeviceId, at: datetime) -> tuple[Observation, Observation]:
    off = at + timedelta(seconds=8)
    return said(room, Quantity.MOTION, 1, at), said(room, Quantity.MOTION, 0, off)


def at_random(minutes: float, *, every_s: float = 25.0, seed: int = 1) -> list[Observation]:
    """Leave the bed, go from room to room in no order, and lie down again."""
    chance = random.Random(seed)
    room, at, end = BED_MOTION, UP, UP + timedelta(minutes=minutes)
    rows = [said(BED, Quantity.BED, 0, UP)]
    while at < end:
        room = chance.choice([one for one in ROOMS if one != room])
        at += timedelta(seconds=every_s * chance.uniform(0.6, 1.4))
        rows += sign(room, at)
    return [*rows, said(BED, Quantity.BED, 1, end + timedelta(minutes=1))]


def to_the_bathroom(minutes: float) -> list[Observation]:
    rows = [said(BED, Quantity.BED, 0, UP)]
    for room, share in ((BED_MOTION, 0.02), (HALL_MOTION, 0.06), (BATH_MOTION, 0.1)):
        rows += sign(room, UP + timedelta(minutes=share * minutes))
    for room, share in ((BATH_MOTION, 0.8), (HALL_MOTION, 0.9), (BED_MOTION, 0.95)):
        rows += sign(room, UP + timedelta(minutes=share * minutes))
    return [*rows, said(BED, Quantity.BED, 1, UP + timedelta(minutes=minutes))]


def stream(night: list[Observation]) -> list[Observation]:
    rows = list(ordinary(NIGHTS + 1).observations)
    start, end = UP - timedelta(minutes=15), UP + timedelta(hours=3)
    kept = [row for row in rows if not start <= row.received_at < end]
    return sorted([*kept, *night], key=lambda row: row.received_at)


def watched(night: list[Observation], restart_at: datetime | None = None) -> list[Finding]:
    """Return what is said from the beginning of the night on."""
    specs = {DETECTOR.name: DETECTOR}
    home = HomeEngine(plan(HOUSEHOLD), specs)
    home.tick(MONDAY)
    home.look(Inputs(heard_at=MONDAY + timedelta(days=60), heard_since=MONDAY))
    found: list[Finding] = []
    for row in stream(night):
        if restart_at is not None and row.received_at >= restart_at:
            home, restart_at = HomeEngine.restored(home.snapshot(), specs), None
        noticed = home.feed(row)
        if noticed is not None:
            assert not noticed.failures
            found += noticed.findings
    return [one for one in found if one.noticed_at >= UP]


@pytest.mark.parametrize("seed", range(4))
def test_who_walks_at_random_at_night_is_told_while_it_lasts(seed: int) -> None:
    first = watched(at_random(30, seed=seed))[0]
    assert first.severity is Severity.CHECK
    assert first.onset == UP
    assert UP + timedelta(minutes=5) < first.noticed_at <= UP + timedelta(minutes=25)


@pytest.mark.parametrize("minutes", [4, 10, 25])
def test_who_goes_to_the_bathroom_is_not(minutes: float) -> None:
    assert watched(to_the_bathroom(minutes)) == []


def test_who_paces_for_a_moment_and_then_sits_up_for_long_is_not() -> None:
    night = [said(BED, Quantity.BED, 0, UP)]
    for turn in range(7):
        room = (KITCHEN_MOTION, LOUNGE_MOTION)[turn % 2]
        night += sign(room, UP + timedelta(seconds=50 * turn + 60))
    for minute in range(10, 60, 5):
        night += sign(KITCHEN_MOTION, UP + timedelta(minutes=minute))
    assert watched([*night, said(BED, Quantity.BED, 1, UP + timedelta(hours=1))]) == []


def test_it_is_told_once_and_over_when_she_lies_again() -> None:
    said_of = watched(at_random(75))
    assert [one.phase for one in said_of] == [Phase.OPENED, Phase.CLEARED]
    assert said_of[-1].noticed_at >= UP + timedelta(minutes=75)


def test_a_restart_in_the_middle_of_the_night_changes_nothing() -> None:
    night = at_random(30)
    before = watched(night)
    for minutes in (2, 9, 14, 40):
        assert watched(night, UP + timedelta(minutes=minutes)) == before


def test_what_is_not_known_yet_is_not_written() -> None:
    new = Walking()
    assert "busy" not in new.snapshot()
    assert len(new.snapshot()["nights"][0]) == 3
    old = Walking()
    old.restore(new.snapshot())
    assert old.snapshot() == new.snapshot()


# Busy rooms

SIGNS = st.lists(
    st.tuples(st.floats(0.0, 900.0), st.integers(1, 6), st.floats(60.0, 330.0)),
    min_size=1,
    max_size=80,
)


def shown(signs: list[tuple[float, int, float]]) -> BusyRooms:
    busy, at = BusyRooms(), 1.8e9
    for pause, room, hold_s in signs:
        at += pause
        busy.show(at, room, hold_s)
    return busy


@given(SIGNS)
def test_each_room_is_busy_no_longer_than_there_is_time(
    signs: list[tuple[float, int, float]],
) -> None:
    busy, rooms = shown(signs), len({room for _, room, _ in signs})
    assert 1.0 <= busy.minutes <= rooms * (WINDOW_MIN + 330.0 / 60.0)


@given(SIGNS, SIGNS)
def test_what_was_saved_goes_on_as_if_nothing_had_been(
    before: list[tuple[float, int, float]], after: list[tuple[float, int, float]]
) -> None:
    busy = shown(before)
    busy.close_hour(1)
    saved = msgspec.msgpack.encode(busy.snapshot())
    other = BusyRooms.restored(msgspec.msgpack.decode(saved, strict=False))
    at = 1.8e9 + sum(pause for pause, *_ in before)
    for pause, room, hold_s in after:
        at += pause
        for one in (busy, other):
            one.show(at, room, hold_s)
    assert other.snapshot() == busy.snapshot()
    assert len(saved) < 2048


def test_a_silence_of_the_window_empties_it() -> None:
    busy = BusyRooms()
    busy.show(0.0, 1, 60.0)
    busy.show(3600.0, 2, 60.0)
    assert busy.minutes == 1.0


def test_busy_nights_are_learned_and_a_single_one_hardly_counts() -> None:
    busy, at = BusyRooms(), 1.8e9
    alone = []
    for _ in range(40):
        for turn in range(60):
            busy.show(at + 20.0 * turn, 1 + turn % 4, 90.0)
        alone.append(busy.strength(1))
        busy.close_hour(1)
        at += 86400.0
    assert alone[0] > 8.0
    assert alone[1] > 5.0
    assert all(later < earlier for earlier, later in pairwise(alone[10:]))
    assert alone[-1] < 1.0


@given(SIGNS, st.floats(0.8, 1.6), st.floats(0.8, 1.6))
def test_answers_that_raise_the_limit_make_less_of_it(
    signs: list[tuple[float, int, float]], one: float, other: float
) -> None:
    busy = shown(signs)
    assert busy.strength(1, max(one, other)) <= busy.strength(1, min(one, other))


def test_by_day_and_in_silent_hours_nothing_is_learned() -> None:
    busy = BusyRooms()
    busy.show(0.0, 1, 60.0)
    before = busy.strength(1)
    busy.close_hour(None)
    busy.close_hour(1)
    busy.show(1.0, 1, 60.0)
    busy.close_hour(3)
    assert busy.strength(3) == 0.0
    assert busy.strength(1) == pytest.approx(before, abs=0.01)
    assert before < 0 < PRIOR_MEAN
