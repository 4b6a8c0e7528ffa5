from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.checks import STATE_LIMIT_BYTES
from analytics.detector import EACH_TICK, DetectorSpec, discover
from analytics.engine import Engine
from analytics.features.plan import plan
from analytics.home_engine import REMEMBERED_KEYS, HomeEngine, Inputs, Noticed
from analytics.sample_days import (
    AT_HOME,
    DOOR,
    HOME,
    HOUSEHOLD,
    KITCHEN_MOTION,
    MONDAY,
    STOVE,
    TRACKER,
    WATCH,
    eventful,
    said,
)
from core.model.errors import Malformed
from core.model.finding import Audience, Finding
from core.model.home import HomeMode
from core.model.ids import DeviceId, HomeId, ResidentId
from core.model.observation import Observation
from core.model.quantity import Quantity
from tests.analytics.story import Story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView

DAYS = 8
END = MONDAY + timedelta(days=DAYS)
SEE = Inputs(heard_at=END, heard_since=MONDAY - timedelta(hours=1))
ROWS = eventful(DAYS).observations
LEARNS_LONGER = {
    "day_change",
    "hazard",
    "late_rise",
    "lost",
    "mobility",
    "night",
    "rhythm",
    "tracker",
    "wrist_stillness",
}
"""What knows too little after these days, or has no reason to speak; each does in its own tests."""


class Broken:
    """A detector that can not count to two."""

    due = EACH_TICK

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del view
        if observation.quantity is Quantity.SOS:
            raise ZeroDivisionError("the value was 17")
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        del view
        return ()

    def snapshot(self) -> Any:
        return None

    def restore(self, state: Any) -> None:
        del state


def broken_spec() -> DetectorSpec:
    return replace(discover()["sos"], name="broken", create=Broken)


def steps(cuts: Sequence[int], restarts: Sequence[bool]) -> tuple[list[Finding], bytes]:
    """Run the sample rows in steps that end at ``cuts``, with restarts after some of them."""
    engine = Engine()
    engine.register([HOUSEHOLD], 0)
    engine.homes[HOME].tick(MONDAY)
    found: list[Finding] = []
    before = 0
    edges = [*sorted(set(cuts)), len(ROWS)]
    for number, (cut, restart) in enumerate(
        zip(edges, [*restarts, *([False] * len(edges))], strict=False), 1
    ):
        noticed = engine.step(number, SEE, ROWS[before:cut], END if cut == len(ROWS) else None)
        assert not noticed.failures
        found += noticed.findings
        before = cut
        if restart:
            saved = engine.homes[HOME].snapshot()
            engine = Engine()
            engine.restore([saved])
    engine.homes[HOME].step = 0
    return found, engine.homes[HOME].snapshot()


WHOLE = steps([], [])


def test_the_sample_days_make_every_detector_speak() -> None:
    assert {one.detector for one in WHOLE[0]} == set(discover()) - LEARNS_LONGER


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1, len(ROWS) - 1), max_size=12),
    st.lists(st.booleans(), max_size=12),
)
def test_however_the_log_is_cut_and_restarted_nothing_changes(
    cuts: list[int], restarts: list[bool]
) -> None:
    assert steps(cuts, restarts) == WHOLE


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(ROWS) - 1), st.integers(1, 100)), max_size=100))
def test_redelivered_rows_change_nothing(again: list[tuple[int, int]]) -> None:
    places = [(place, min(place + behind, len(ROWS) - 1)) for place, behind in again]
    copies = [
        (later, replace(ROWS[place], received_at=ROWS[later].received_at))
        for place, later in places
    ]
    rows = list(ROWS)
    for place, copy in sorted(copies, key=lambda entry: -entry[0]):
        rows.insert(place + 1, copy)
    engine = Engine()
    engine.register([HOUSEHOLD], 0)
    engine.homes[HOME].tick(MONDAY)
    assert engine.step(1, SEE, rows, END).findings == WHOLE[0]


QUANTITIES = st.sampled_from(sorted(Quantity))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 12),
            QUANTITIES,
            st.sampled_from([0.0, 1.0, 12.0, 99.0, 1e5, -1e5]),
            st.integers(-200_000, 200_000),
            st.integers(-3_000, 90_000),
        ),
        max_size=60,
    )
)
def test_whatever_comes_is_survived_and_restored(
    reports: list[tuple[int, Quantity, float, int, int]],
) -> None:
    home, received = HomeEngine(plan(HOUSEHOLD)), MONDAY
    for device, quantity, value, off, later in reports:
        received = max(MONDAY, received + timedelta(seconds=later))
        happened = received + timedelta(seconds=off)
        noticed = home.feed(said(DeviceId(device), quantity, value, happened, received))
        assert noticed is None or not noticed.failures
    saved = home.snapshot()
    assert len(saved) < STATE_LIMIT_BYTES
    assert HomeEngine.restored(saved).snapshot() == saved


def test_a_broken_detector_is_fenced_and_the_others_go_on() -> None:
    specs = {**discover(), "broken": broken_spec()}
    home = HomeEngine(plan(HOUSEHOLD), specs)
    noticed = home.feed(said(DeviceId(7), Quantity.SOS, 1, MONDAY)) or Noticed()
    assert {one.detector for one in noticed.findings} == {"sos", "broken"}
    (failure,) = noticed.failures
    assert (failure.home_id, failure.detector) == (HOME, "broken")
    assert failure.error.startswith("ZeroDivisionError at test_home_engine.py:")
    assert "17" not in failure.error
    told = next(one for one in noticed.findings if one.detector == "broken")
    assert told.audience is Audience.OPERATORS
    again = (
        home.feed(said(DeviceId(7), Quantity.SOS, 1, MONDAY + timedelta(minutes=5))) or Noticed()
    )
    assert len(again.failures) == 1
    assert {one.detector for one in again.findings} == {"sos", "liveness"}


def test_a_broken_home_does_not_stop_the_others() -> None:
    engine = Engine()
    other = replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, home_id=HomeId("other")))
    engine.register([HOUSEHOLD, other], 0)
    engine.homes[HOME].feed = None  # type: ignore[method-assign,assignment]
    row = said(DeviceId(7), Quantity.SOS, 1, MONDAY)
    noticed = engine.step(1, SEE, [row, replace(row, home_id=HomeId("other"))], None)
    assert [one.home_id for one in noticed.findings] == ["other"]
    assert [(one.home_id, one.detector) for one in noticed.failures] == [(HOME, "context")]


def test_where_two_live_no_detector_names_one_of_them() -> None:
    (one,) = HOUSEHOLD.residents
    engine = Engine()
    other = replace(one, resident_id=ResidentId(2), name="Joe", pronoun="he")
    engine.register([replace(HOUSEHOLD, residents=(one, other))], 0)
    found = engine.step(1, SEE, ROWS, END).findings
    assert {told.detector for told in found} >= {"sos", "exit", "impact", "appliance", "walking"}
    assert [told for told in found if told.resident_id is not None] == []
    assert [told.what for told in found if {"She", "He"} & set(told.what.split())] == []


def test_the_memory_of_keys_is_bounded() -> None:
    home = HomeEngine(plan(HOUSEHOLD))
    for number in range(3 * REMEMBERED_KEYS):
        home.feed(said(KITCHEN_MOTION, Quantity.MOTION, 1, MONDAY + timedelta(seconds=number)))
    sources, numbers, times = msgspec.msgpack.decode(home.snapshot())["keys"]
    assert (len(sources), len(numbers), len(times)) == (1, 2 * REMEMBERED_KEYS, 8 * REMEMBERED_KEYS)


def test_a_home_in_archive_is_not_watched() -> None:
    engine = Engine()
    archive = replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, mode=HomeMode.ARCHIVE))
    assert engine.register([archive], 0) == set()
    assert engine.step(1, SEE, ROWS[:100], END) == Noticed()
    assert engine.register([HOUSEHOLD], 1) == {HOME}
    assert engine.register([archive], 1) == {HOME}
    assert engine.homes == {}


def test_a_changed_registry_keeps_what_was_learned() -> None:
    engine = Engine()
    engine.register([HOUSEHOLD], 0)
    engine.step(1, SEE, ROWS, END)
    before = engine.homes[HOME]
    assert engine.register([HOUSEHOLD], 1) == set()
    fewer = replace(HOUSEHOLD, devices=HOUSEHOLD.devices[:-1])
    assert engine.register([fewer], 1) == {HOME}
    after = engine.homes[HOME]
    assert after.plan != before.plan
    assert after._detectors["inactivity"].snapshot() == before._detectors["inactivity"].snapshot()
    assert after.view is not None
    assert set(after.view.coverage.devices) <= set(after.plan.by_id)


def test_however_often_a_device_is_replaced_the_present_one_is_listened_to() -> None:
    """What is remembered is bounded: the watch or tracker of the fifth year is not the one too many."""
    home, newest = HomeEngine(plan(HOUSEHOLD)), 0
    others = [one for one in HOUSEHOLD.devices if one.device_id not in (STOVE, TRACKER, WATCH)]
    for year in range(12):
        newest = 100 + 10 * year
        new = [
            replace(one, device_id=DeviceId(newest + n), external_id=f"{newest + n}")
            for n, one in enumerate(one for one in HOUSEHOLD.devices if one not in others)
        ]
        home = home.replan(plan(replace(HOUSEHOLD, devices=(*others, *new))))
        at = MONDAY + timedelta(days=year)
        for n, quantity in enumerate((Quantity.POWER, Quantity.POSITION, Quantity.ACTIVITY)):
            row = said(DeviceId(newest + n), quantity, 1.0, at)
            home.feed(replace(row, position=AT_HOME if quantity is Quantity.POSITION else None))
        for quantity in (Quantity.STEPS, Quantity.IMPACT):
            home.feed(said(DeviceId(newest + 2), quantity, 9.0, at))
    assert home.view is not None
    assert newest + 1 in home.view.outdoors.tracks
    known = {name: msgspec.to_builtins(one.snapshot()) for name, one in home.detectors.items()}
    assert newest in [number for number, _ in known["appliance"]]
    assert newest + 2 in [number for number, _ in known["impact"]["worn"]]
    assert newest + 2 in [number for number, _ in known["wrist_stillness"][1]]
    assert newest + 2 in home.detectors["inactivity"]._worn  # type: ignore[attr-defined]


def test_names_of_people_are_not_in_a_snapshot() -> None:
    home = HomeEngine(plan(HOUSEHOLD))
    home.feed(ROWS[0])
    assert HOUSEHOLD.residents[0].name.encode() not in home.snapshot()


def test_a_gateway_with_a_wrong_clock_does_not_move_ours() -> None:
    story = Story()
    story.home.look(Inputs(now=MONDAY, heard_at=END, heard_since=MONDAY))
    story.home.feed(said(KITCHEN_MOTION, Quantity.MOTION, 1, END, END))
    assert story.home.view is not None
    assert story.home.view.now == (MONDAY + timedelta(seconds=60)).timestamp()


@pytest.mark.parametrize("state", [b"", b"\xc1", msgspec.msgpack.encode({"format": 0})])
def test_an_unreadable_snapshot_is_refused(state: bytes) -> None:
    with pytest.raises(Malformed):
        HomeEngine.restored(state)


def test_a_detector_with_a_new_state_version_starts_anew() -> None:
    story = Story().at(9).hear(DOOR, Quantity.CONTACT).at(12)
    version = discover()["exit"].state_version + 1
    newer = {**discover(), "exit": replace(discover()["exit"], state_version=version)}
    home = HomeEngine.restored(story.home.snapshot(), newer)
    assert story.home._detectors["exit"].snapshot() != discover()["exit"].create().snapshot()
    assert home._detectors["exit"].snapshot() == discover()["exit"].create().snapshot()
    assert home.view is not None


def test_ticks_fall_on_the_grid_whoever_moves_the_clock() -> None:
    driven, ticked = HomeEngine(plan(HOUSEHOLD)), HomeEngine(plan(HOUSEHOLD))
    late = datetime(2026, 5, 4, 3, 0, 17, tzinfo=MONDAY.tzinfo)
    for home in (driven, ticked):
        home.feed(said(KITCHEN_MOTION, Quantity.MOTION, 1, MONDAY))
        home.look(SEE)
    ticked.tick(late)
    row = said(KITCHEN_MOTION, Quantity.MOTION, 1, late)
    driven.feed(row)
    ticked.feed(row)
    assert driven.snapshot() == ticked.snapshot()
