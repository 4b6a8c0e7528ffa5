from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.detectors.night import DETECTOR
from analytics.features.hours import SettledDay
from analytics.features.night_ways import FACTOR, LEAST_S
from analytics.features.nights import MOST_S, Nights, next_morning
from analytics.features.open_day import HOURS, OpenDay
from analytics.features.plan import plan
from analytics.features.view import HomeView
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import (
    BATH_MOTION,
    BED,
    BED_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    movement,
    said,
)
from core.model.finding import Finding, Phase, Severity
from core.model.home import Household, Placement
from core.model.ids import DeviceId
from core.model.observation import Observation
from core.model.quantity import Quantity

WITHOUT_BED = replace(
    HOUSEHOLD, devices=tuple(one for one in HOUSEHOLD.devices if one.placement is not Placement.BED)
)
HABIT = ((2.0, 5.0),)
"""Out of bed once a night, at 02:00 local time, for five minutes."""
QUIET = 20
Trips = tuple[tuple[float, float], ...]


@dataclass(slots=True)
class Home:
    """A home whose nights can be told; all times are local (London's summer: UTC + 1)."""

    household: Household = HOUSEHOLD
    #: Days for which the pipeline is known to work.
    seen: float = 200.0
    found: list[Finding] = field(default_factory=list)
    nights: int = 0
    home: HomeEngine = field(init=False)

    def __post_init__(self) -> None:
        self.home = HomeEngine(plan(self.household), {DETECTOR.name: DETECTOR})
        self.home.tick(MONDAY)
        seen_until = MONDAY + timedelta(days=self.seen)
        self.home.look(Inputs(heard_at=seen_until, heard_since=MONDAY))

    def live(self, times: int, trips: Trips, *, stays_up: bool = False) -> Home:
        """Let nights pass, each with times out of bed: (local hour, minutes) each."""
        for _ in range(times):
            rows = self._night(trips, stays_up=stays_up)
            for row in sorted(rows, key=lambda one: one.received_at):
                self._take(row)
            self.nights += 1
        return self

    def _take(self, row: Observation) -> None:
        if any(one.device_id == row.device_id for one in self.household.devices):
            noticed = self.home.feed(row)
            if noticed is not None:
                assert not noticed.failures
                self.found += noticed.findings

    def _night(self, trips: Trips, *, stays_up: bool) -> list[Observation]:
        noon = MONDAY + timedelta(days=self.nights, hours=11)
        rows: list[Observation] = []
        for turn in range(11):
            room = (KITCHEN_MOTION, LOUNGE_MOTION)[turn % 2]
            rows += movement(room, noon + timedelta(hours=turn))
        bed = noon + timedelta(hours=10.5)
        rows += self._lies(bed)
        for hour, lasts in trips:
            at = noon + timedelta(hours=(hour - 12.0) % 24.0)
            rows += self._up(at, lasts, comes_back=not stays_up)
        rows += [said(BED, Quantity.BED, 0, noon + timedelta(hours=19))]
        rows += movement(KITCHEN_MOTION, noon + timedelta(hours=19, minutes=1))
        return rows

    @staticmethod
    def _lies(at: datetime) -> list[Observation]:
        turn = movement(BED_MOTION, at + timedelta(minutes=6))
        return [said(BED, Quantity.BED, 1, at), *movement(BED_MOTION, at), *turn]

    def _up(self, at: datetime, minutes: float, *, comes_back: bool) -> list[Observation]:
        rows = [said(BED, Quantity.BED, 0, at)]
        passed = 0.5
        while passed < minutes:
            place: DeviceId = (BATH_MOTION, LOUNGE_MOTION)[int(passed) // 4 % 2]
            rows += movement(place, at + timedelta(minutes=passed))
            passed += 4.0
        return rows + (self._lies(at + timedelta(minutes=minutes)) if comes_back else [])

    def opened(self) -> list[Finding]:
        return [one for one in self.found if one.phase is Phase.OPENED]


@pytest.mark.parametrize("household", [HOUSEHOLD, WITHOUT_BED], ids=["bed sensor", "motion only"])
def test_a_long_time_out_of_bed_is_told_in_the_morning_once(household: Household) -> None:
    home = Home(household).live(QUIET, HABIT).live(1, ((1.0, 50.0),)).live(2, HABIT)
    (one,) = home.opened()
    assert one.severity is Severity.NOTICE
    # ten in London's summer is nine in UTC
    assert one.noticed_at == MONDAY + timedelta(days=QUIET + 1, hours=9)
    assert "Out of bed for" in one.what
    assert "from 01:0" in one.what
    assert "usually back within" in one.what
    assert ("at least" in one.what) is (household is WITHOUT_BED)
    assert [cleared.phase for cleared in home.found[1:]] == [Phase.CLEARED]


@pytest.mark.parametrize("household", [HOUSEHOLD, WITHOUT_BED], ids=["bed sensor", "motion only"])
def test_many_times_out_of_bed_are_counted(household: Household) -> None:
    often = tuple((float(hour), 15.0) for hour in range(5))
    home = Home(household).live(QUIET, HABIT).live(1, often).live(1, HABIT)
    (one,) = home.opened()
    assert one.what.startswith("Out of bed 5 times last night, usually 0 to 1; the longest ")
    assert len(one.evidence) == len(often)


@pytest.mark.parametrize("household", [HOUSEHOLD, WITHOUT_BED], ids=["bed sensor", "motion only"])
def test_nights_like_the_others_say_nothing(household: Household) -> None:
    home = Home(household).live(QUIET, HABIT)
    for lasts in (3.0, 12.0, 8.0, 18.0, 1.0, 15.0):
        home.live(1, ((1.5, lasts), (4.0, 5.0)))
    assert home.found == []


def test_who_sits_up_for_long_each_night_is_not_told_of() -> None:
    home = Home().live(QUIET, ((3.0, 45.0),)).live(5, ((3.0, 55.0),))
    assert home.found == []


def test_nothing_is_said_before_two_weeks_are_known() -> None:
    home = Home().live(10, HABIT).live(1, ((1.0, 90.0),)).live(1, HABIT)
    assert home.found == []


def test_who_rises_early_has_not_been_restless() -> None:
    home = Home().live(QUIET, HABIT).live(1, ((4.5, 120.0),), stays_up=True).live(1, HABIT)
    assert home.found == []


def test_who_is_up_from_two_on_is_told_of() -> None:
    home = Home().live(QUIET, HABIT).live(1, ((2.0, 200.0),), stays_up=True).live(1, HABIT)
    (one,) = home.opened()
    assert one.what.startswith("Out of bed for 3 h 16 last night, from 02:00")


def test_a_second_night_like_it_is_told_too() -> None:
    home = Home().live(QUIET, HABIT).live(1, ((1.0, 50.0),)).live(1, ((2.0, 70.0),)).live(2, HABIT)
    assert [one.phase for one in home.found] == [
        Phase.OPENED,
        Phase.CLEARED,
        Phase.OPENED,
        Phase.CLEARED,
    ]
    assert home.found[1].what == "Another night like it has followed"


def test_a_mat_that_loses_who_lies_on_it_tells_nothing() -> None:
    home = Home().live(QUIET, HABIT).live(1, ((1.0, 0.1),), stays_up=True).live(1, HABIT)
    assert home.found == []


def test_turning_over_is_no_time_out_of_bed() -> None:
    turns = tuple((hour / 2, 0.5) for hour in range(9))
    home = Home().live(QUIET, HABIT).live(1, turns).live(1, HABIT)
    assert home.found == []


def test_a_way_back_that_no_sensor_saw_does_not_make_it_long() -> None:
    # five minutes at one, five at three, and no sign of the bedroom in between
    home = Home(WITHOUT_BED).live(QUIET, HABIT)
    home.live(1, ((1.0, 5.0), (3.0, 5.0)), stays_up=True).live(1, HABIT)
    assert home.found == []


def test_what_lies_in_a_blind_span_is_not_told() -> None:
    # from the evening on, four minutes without a message may be the pipeline's
    home = Home(seen=QUIET + 0.8).live(QUIET, HABIT).live(1, ((1.0, 50.0),)).live(1, HABIT)
    assert home.found == []


@pytest.mark.parametrize(
    ("hours", "minutes_seen", "lain", "learned"),
    [
        (24, 60.0, True, True),
        (23, 60.0, True, False),
        (25, 60.0, True, False),
        (24, 40.0, True, False),
        (24, 60.0, False, False),
    ],
    ids=["whole", "clock set forward", "clock set back", "away, blind or a guest", "not in bed"],
)
def test_only_whole_nights_are_learned_from(
    hours: int, minutes_seen: float, *, lain: bool, learned: bool
) -> None:
    valid = np.full(HOURS, 60.0)
    valid[21] = minutes_seen
    day = OpenDay(20_000, 0.0, hours * 3600.0)
    nights = Nights.restored(Nights().snapshot() | {"now": [None, 0.0, 0.0, lain, 0]})
    assert nights.whole(SettledDay(day=day, valid=valid, known=valid)) is learned


def test_a_restart_changes_nothing_and_the_state_is_small() -> None:
    home = Home().live(QUIET, HABIT)
    home.home = HomeEngine.restored(home.home.snapshot(), {DETECTOR.name: DETECTOR})
    home.live(1, ((1.0, 50.0),)).live(1, HABIT)
    assert len(home.opened()) == 1
    assert len(msgspec.msgpack.encode(home.home.detectors[DETECTOR.name].snapshot())) < 1000


def test_it_is_ticked_a_few_times_a_day_only() -> None:
    home = Home().live(3, HABIT)
    view = home.home.view
    assert view is not None
    assert home.home.detectors[DETECTOR.name].due - view.now > 3600.0


@given(st.lists(st.floats(60.0, 30000.0), max_size=40), st.floats(0.8, 1.6))
def test_whatever_was_learned_the_limit_stays_within_its_bounds(
    lengths: list[float], margin: float
) -> None:
    nights = Nights()
    for lasted in lengths:
        nights.times = [(0.0, lasted)]
        nights.close(1.0)
    assert LEAST_S <= nights.limit_s(margin) <= MOST_S
    assert nights.limit_s(margin) <= nights.limit_s(1.6)
    assert FACTOR * LEAST_S < MOST_S


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (datetime(2026, 1, 10, 6, tzinfo=UTC), datetime(2026, 1, 11, 6, tzinfo=UTC)),
    ],
)
def test_a_night_ends_at_six_on_the_wall_also_where_the_clock_is_set(
    evening: datetime, morning: datetime
) -> None:
    view = HomeView(plan(HOUSEHOLD), evening.timestamp())
    assert next_morning(view) == morning.timestamp()
