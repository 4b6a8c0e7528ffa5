from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.detector import DetectorSpec, discover
from analytics.features.fixes import Gate, Plane
from analytics.features.pauses import Pauses
from analytics.features.plan import plan
from analytics.features.tracks import Track
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import (
    AT_HOME,
    BED_MOTION,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    METRES_PER_DEGREE,
    MONDAY,
    TRACKER,
)
from analytics.trial import with_each_tick
from core.model.finding import Finding, Phase, Severity
from core.model.home import Placement
from core.model.quantity import Quantity
from core.model.search_rings import Terrain, rings
from tests.analytics.outdoor_story import SHOP, Outside, walk
from tests.analytics.story import FOREVER, Story

FAR = (0.0, 8000.0)
TWELVE = 24 * 12.0


def track(outside: Outside) -> Track:
    view = outside.story.home.view
    assert view is not None
    return view.outdoors.tracks[int(TRACKER)]


def test_home_is_learned_where_fixes_gather_while_somebody_moves() -> None:
    outside = Outside().at_home(0, fixes=2)
    view = outside.story.home.view
    assert view is not None
    assert list(view.outdoors.ground.anchors()) == []
    outside.at_home(2, fixes=3)
    assert math.hypot(*next(view.outdoors.ground.anchors())) < 20


def test_going_out_takes_two_fixes_a_minute_apart_and_coming_back_two() -> None:
    outside = Outside().known(4).at(100).leave()
    assert track(outside).left_at is None
    outside.go([(0.0, 200.0)])
    assert track(outside).left_at is None
    outside.go([(0.0, 260.0)])
    assert track(outside).left_at is not None
    outside.go([(0.0, 20.0)])
    assert track(outside).left_at is not None
    outside.go([(0.0, 10.0)])
    assert track(outside).left_at is None


def test_drift_indoors_is_no_exit() -> None:
    outside = Outside(radius=60.0).at_home(0)
    chance = random.Random(4)
    for minute in range(600):
        outside.at(10, minute)
        if minute % 3 == 0:
            outside.story.hear(KITCHEN_MOTION)
        sigma = 60.0 / 1.51
        outside.fix((chance.gauss(0.0, sigma), chance.gauss(0.0, sigma)))
        assert track(outside).left_at is None
    assert outside.story.of("geofence") == []


def test_two_jumps_while_somebody_moves_inside_are_no_exit_but_three_are() -> None:
    outside = Outside().at_home(0)
    for count, expected in ((2, False), (3, True)):
        outside.later(600)
        for _ in range(count):
            outside.later(60).story.hear(KITCHEN_MOTION)
            outside.fix((300.0, 0.0))
        assert (track(outside).left_at is not None) is expected
        outside.later(60).fix((0.0, 0.0)).later(60).fix((0.0, 0.0))


def test_contact_lost_outside_gives_rings() -> None:
    outside = Outside().known().at(TWELVE + 9).leave().go(walk((0.0, 0.0), (0.0, 500.0)))
    gone = outside.story.now
    outside.later(1800)
    (told,) = outside.story.of("geofence")
    assert told.severity is Severity.CHECK
    assert timedelta(minutes=15) < told.noticed_at - gone <= timedelta(minutes=16)
    assert "last 500 m north of home, walking north" in told.what
    texts = " ".join(fact.text for fact in told.evidence)
    assert "within 1.1 km" in texts
    assert "95 of 100 within 13 km" in texts
    outside.fix((0.0, 700.0))
    assert outside.story.of("geofence")[-1].phase is Phase.CLEARED


def test_contact_lost_is_not_told_when_she_moves_at_home_or_stays_somewhere() -> None:
    outside = Outside().known().at(TWELVE + 9).leave().go(walk((0.0, 0.0), (0.0, 200.0)))
    outside.later(60).story.hear(KITCHEN_MOTION)
    outside.later(3600)
    assert outside.story.of("geofence") == []
    outside.to_the_shop().leave().go(walk((0.0, 0.0), SHOP)).go([SHOP] * 12).later(2400)
    assert outside.story.of("geofence") == []
    outside.later(1800)
    assert len(outside.story.of("geofence")) == 1


def test_silence_after_a_fix_at_home_is_no_lost_contact() -> None:
    outside = Outside().known(4).at(100).leave().go(walk((0.0, 0.0), (0.0, 400.0)))
    outside.go([(0.0, 30.0)]).later(3600)
    assert outside.story.of("geofence") == []


def test_movement_at_home_ends_a_lost_contact() -> None:
    outside = Outside().known().at(TWELVE + 9).leave().go(walk((0.0, 0.0), (0.0, 400.0)))
    outside.later(1200).story.hear(BED_MOTION)
    outside.later(60)
    assert [one.phase for one in outside.story.of("geofence")] == [Phase.OPENED, Phase.CLEARED]


def test_ticks_are_not_asked_for_too_late() -> None:
    def told(spec: DetectorSpec) -> list[tuple[object, ...]]:
        story = Story()
        story.home = HomeEngine(plan(HOUSEHOLD), {"geofence": spec})
        story.home.tick(story.now)
        story.home.look(Inputs(heard_at=FOREVER, heard_since=MONDAY))
        outside = Outside(story).known(4).at(100).leave().go(walk((0.0, 0.0), (0.0, 500.0)))
        outside.later(5000).fix((0.0, 600.0)).later(4000)
        return [(one.noticed_at, one.phase, one.what) for one in story.of("geofence")]

    spec = discover()["geofence"]
    assert told(with_each_tick(spec)) == told(spec)
    assert len(told(spec)) == 3


def test_a_bus_ride_is_a_notice_once_it_is_unusual() -> None:
    outside = Outside().known().at(TWELVE + 9).leave().go(walk((0.0, 0.0), (0.0, 200.0)))
    outside.go(walk((0.0, 200.0), FAR, speed_m_s=12.0))
    (told,) = outside.story.of("geofence")
    assert told.severity is Severity.NOTICE
    assert "travelling by vehicle" in told.what
    assert outside.story.of("lost") == []
    outside.go(walk(FAR, (0.0, 0.0), speed_m_s=12.0)).come_in()
    assert outside.story.of("geofence")[-1].phase is Phase.CLEARED


def test_a_ride_on_the_first_days_says_nothing() -> None:
    outside = Outside().known(3).at(24 * 3 + 9).leave()
    outside.go(walk((0.0, 0.0), FAR, speed_m_s=12.0))
    assert outside.story.of("geofence") == []


@pytest.mark.parametrize(("hours", "told"), [(24 * 4 + 1.0, True), (24 * 4 + 10.0, False)])
def test_without_a_door_sensor_going_out_at_night_is_told(hours: float, told: bool) -> None:
    devices = tuple(one for one in HOUSEHOLD.devices if one.placement is not Placement.ENTRANCE)
    outside = Outside(Story(replace(HOUSEHOLD, devices=devices))).at_home(0).at_home(24)
    outside.at(hours).go(walk((0.0, 0.0), (0.0, 400.0)))
    found = outside.story.of("geofence")
    assert [one.severity for one in found] == ([Severity.CHECK] if told else [])


def test_a_vague_or_impossible_fix_changes_nothing() -> None:
    outside = Outside().at_home(0)
    before = track(outside).fix
    outside.radius = 400.0
    outside.later(60).fix((2000.0, 0.0))
    assert track(outside).fix == before
    outside.radius = 10.0
    outside.later(1).fix((9000.0, 0.0))
    assert track(outside).fix == before


def test_rings_grow_with_time_to_what_the_tables_say() -> None:
    soon, late = rings(60.0, 10.0), rings(86400.0, 10.0)
    assert soon.half_m == soon.nearly_all_m == pytest.approx(82.0)
    assert late.half_m == pytest.approx(10.0 + 1126.5, abs=1.0)
    assert late.nearly_all_m == pytest.approx(10.0 + 12553.0, abs=1.0)
    for terrain in Terrain:
        assert rings(1e6, 0.0, terrain).half_m < rings(1e6, 0.0, terrain).nearly_all_m


def test_tracker_left_at_home() -> None:
    outside = Outside().known(4).at(24 * 4 + 9).leave()
    for minute in range(1, 40):
        outside.later(60)
        if minute % 10 == 0:
            outside.fix((2.0, 2.0))
    (told,) = outside.story.of("tracker")
    assert told.severity is Severity.NOTICE
    assert "the tracker is still at home" in told.what
    outside.come_in()
    assert outside.story.of("tracker")[-1].phase is Phase.CLEARED


def test_a_tracker_at_home_is_told_once_while_a_room_is_not_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who stays in that room counts as out each time that the door moves."""

    def told(*, hidden: bool) -> list[Finding]:
        monkeypatch.setattr(Pauses, "hidden", hidden)
        outside = Outside().known(4)
        for hour in (9, 12):
            outside.at(24 * 4 + hour).leave()
            for minute in range(1, 40):
                outside.later(60)
                if minute % 10 == 0:
                    outside.fix((2.0, 2.0))
            story = outside.come_in().story.hear(HALL_MOTION, value=0.0)
            for number, room in enumerate((KITCHEN_MOTION, HALL_MOTION, KITCHEN_MOTION)):
                story.move(room, every=2, until=24 * 4 + hour + 1 + number / 3)
        return [one for one in outside.story.of("tracker") if one.phase is Phase.OPENED]

    assert [one.advice for one in told(hidden=False)] == ["", ""]
    (once,) = told(hidden=True)
    assert "not watched for stillness" in once.advice


def test_battery_is_told_outside_only_and_again_when_nearly_empty() -> None:
    outside = Outside().known(4)
    outside.story.hear(TRACKER, Quantity.BATTERY, 18.0)
    assert outside.story.of("tracker") == []
    outside.at(24 * 4 + 9).leave().go(walk((0.0, 0.0), (0.0, 400.0)))
    for level in (40.0, 19.0, 17.0, 8.0):
        outside.later(30).story.hear(TRACKER, Quantity.BATTERY, level)
    assert [one.severity for one in outside.story.of("tracker")] == [
        Severity.NOTICE,
        Severity.CHECK,
    ]


def test_a_tracker_that_lies_still_while_she_is_up() -> None:
    outside = Outside().at_home(0, fixes=9)
    outside.story.hear(TRACKER, Quantity.STEPS, 30.0)
    for hour in range(9, 14):
        outside.at(hour).story.hear(KITCHEN_MOTION)
        outside.story.hear(TRACKER, Quantity.STEPS, 0.0)
    (told,) = outside.story.of("tracker")
    assert told.what == "The tracker has not moved for 3 h, though somebody moves at home"


@pytest.mark.parametrize("latitude", [0.0, 30.0, 90.0])
def test_a_first_fix_that_is_wrong_does_not_make_all_lengths_wrong_for_ever(
    latitude: float,
) -> None:
    """A tracker says 0° north, 0° east before it has a fix, or was tried out where it was made."""
    outside = Outside().at(0)
    north = (latitude - AT_HOME.latitude) * METRES_PER_DEGREE
    outside.fix((0.0, north)).at(0.5).known(12).at(TWELVE + 9).leave()
    outside.go(walk((0.0, 0.0), (600.0, 0.0)))
    view = outside.story.home.view
    assert view is not None
    assert view.outdoors.where(track(outside)) == "600 m east of home"


def test_ground_that_was_laid_out_in_the_wrong_place_is_learned_anew() -> None:
    outside = Outside().known(4)
    view = outside.story.home.view
    assert view is not None
    home = view.outdoors.ground.home
    assert home is not None
    view.outdoors.plane = Plane(0.0, -1.0)
    view.outdoors.ground.home = (home[0], home[1] + AT_HOME.latitude * METRES_PER_DEGREE)
    outside.at(24 * 4 + 5)
    assert list(view.outdoors.ground.anchors()) == []
    for day in range(5, 9):
        outside.at_home(24 * day)
    outside.at(24 * 9 + 9).leave().go(walk((0.0, 0.0), (600.0, 0.0)))
    assert view.outdoors.where(track(outside)) == "600 m east of home"


def test_no_fix_at_all_is_no_place() -> None:
    nowhere = replace(AT_HOME, latitude=0.0, longitude=0.0, accuracy_m=5.0)
    gate = Gate()
    assert [gate.take(nowhere, at, Plane(51.0, -1.0)) for at in (0.0, 60.0, 120.0, 180.0)] == [
        None
    ] * 4
