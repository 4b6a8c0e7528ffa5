"""Sensors at fault do not keep anybody home, and none of them can keep a person out of her home."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from analytics.features.doorway import Doorway
from analytics.features.occupancy import Occupancy, Place
from analytics.features.rests import AT_MOST_S, Rests
from analytics.features.witnesses import Witnesses
from analytics.sample_days import (
    BED,
    BED_MOTION,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    MONDAY,
)
from core.model.home import Placement
from core.model.ids import DeviceId
from core.model.quantity import Quantity
from tests.analytics.story import Story

FRIDGE = DeviceId(40)
WITH_FRIDGE = replace(
    HOUSEHOLD,
    devices=(
        *HOUSEHOLD.devices,
        *(
            replace(one, device_id=FRIDGE, external_id="fridge", placement=Placement.OBJECT)
            for one in HOUSEHOLD.devices
            if one.device_id == KITCHEN_MOTION
        ),
    ),
)


def _occupancy(story: Story) -> Occupancy:
    assert story.home.view is not None
    return story.home.view.occupancy


def _walks(story: Story, hour: float) -> None:
    """She goes through the rooms of the home, but not past the door."""
    for minute, room in ((0.0, BED_MOTION), (2.0, KITCHEN_MOTION), (4.0, BED_MOTION)):
        story.at(hour, minute).hear(room).hear(room, value=0.0)


def _goes_out(story: Story, hour: float, back: float, *, seen: bool) -> None:
    for at in (hour, back):
        if seen:
            story.at(at, 0).hear(HALL_MOTION).hear(HALL_MOTION, value=0.0)
        story.at(at, 1).hear(DOOR, Quantity.CONTACT, 1).at(at, 1, 10)
        story.hear(DOOR, Quantity.CONTACT, 0)


def _week(*, hall_sees: bool, hall_fires: bool) -> Story:
    """A week of mornings in and afternoons out; the hall sees who passes, or fires by itself."""
    story = Story()
    for day in range(7):
        for hour in (7, 8, 9, 11, 12):
            _walks(story, 24 * day + hour)
            if hall_fires:
                story.at(24 * day + hour, 40).hear(HALL_MOTION).hear(HALL_MOTION, value=0.0)
        _goes_out(story, 24 * day + 13, 24 * day + 17, seen=hall_sees)
        for hour in (18, 19, 21):
            _walks(story, 24 * day + hour)
    return story


@pytest.mark.parametrize("hall_fires", [False, True])
def test_a_sensor_that_sees_nobody_at_the_door_is_no_witness(hall_fires: bool) -> None:
    story = _week(hall_sees=False, hall_fires=hall_fires)
    _walks(story, 7 * 24 + 12)
    story.hear(HALL_MOTION) if hall_fires else None
    story.at(7 * 24 + 13, 1).hear(DOOR, Quantity.CONTACT, 1).at(7 * 24 + 13, 1, 10)
    story.hear(DOOR, Quantity.CONTACT, 0)
    assert _occupancy(story.at(7 * 24 + 16)).place is Place.AWAY


def test_the_second_passage_that_nobody_saw_is_enough_to_doubt_the_sensor_behind_the_door() -> None:
    """It counted only once a third one followed: she was kept home for a whole outing more."""
    doorway = Doorway()
    for hour in (10, 11):
        doorway.passage(hour * 3600.0, seen=False)
    doorway.settle()
    assert not doorway.seen


def test_who_comes_home_and_sits_down_is_home() -> None:
    """A door that opens while nobody is home lets her in: an hour without a sign does not take it back."""
    story = _week(hall_sees=True, hall_fires=False)
    _walks(story, 7 * 24 + 12)
    _goes_out(story, 7 * 24 + 13, 7 * 24 + 17, seen=False)
    assert _occupancy(story.at(7 * 24 + 17, 30)).place is Place.HOME


def test_a_bed_that_loses_her_while_she_sleeps_is_no_stray() -> None:
    """Her bed says that it is empty for minutes, once an hour, all morning: that is one act, and hers."""
    story = Story()
    for day in range(5):
        _walks(story, 24 * day + 22)
        for hour in range(10):
            story.at(24 * day + 23 + hour, 20).hear(BED, Quantity.BED, 1)
            story.at(24 * day + 24 + hour, 15).hear(BED, Quantity.BED, 0)
        _walks(story, 24 * day + 33.5)
    witnesses = _occupancy(story).witnesses
    assert not witnesses.alone(BED)
    assert story.home.view is not None
    assert len(story.home.view.bed_nights.nights) >= 4


def test_a_sensor_that_sees_who_passes_vouches_for_who_stays() -> None:
    story = _week(hall_sees=True, hall_fires=False)
    _walks(story, 7 * 24 + 12)
    story.at(7 * 24 + 12, 50).hear(HALL_MOTION).hear(HALL_MOTION, value=0.0)
    story.at(7 * 24 + 13).hear(DOOR, Quantity.CONTACT, 1)  # nobody was near: the wind, or the post
    assert _occupancy(story.at(7 * 24 + 15)).place is Place.HOME


def test_a_door_that_moves_again_and_again_ends_no_absence() -> None:
    story = Story(WITH_FRIDGE).at(9).hear(HALL_MOTION).at(9, 1).hear(DOOR, Quantity.CONTACT, 1)
    story.at(9, 1, 10).hear(DOOR, Quantity.CONTACT, 0).at(11)
    for number in range(20):
        story.at(11 + number / 5).hear(FRIDGE, Quantity.CONTACT, number % 2)
    assert _occupancy(story).place is Place.AWAY
    story.at(15, 10).hear(KITCHEN_MOTION).at(15, 11).hear(BED_MOTION)
    story.at(15, 12).hear(KITCHEN_MOTION).at(15, 13).hear(HALL_MOTION)
    assert _occupancy(story).place is Place.HOME, "a person who goes on moving is believed"


def test_who_is_up_is_not_in_bed_whatever_the_bed_says() -> None:
    rests = Rests()
    rests.take(0.0, 1, occupied=True)
    for number in range(10):
        rests.elsewhere(1000.0 + number, 2)
    assert dict(rests.believed()) == {1: AT_MOST_S}, "one sensor alone may be the one at fault"
    rests.elsewhere(2000.0, 3)
    assert dict(rests.believed()) == {}
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(rests.snapshot()))
    assert Rests.restored(saved).snapshot() == rests.snapshot()
    rests.take(3000.0, 1, occupied=False)
    rests.take(4000.0, 1, occupied=True)
    assert dict(rests.believed()) == {1: 4000.0 + AT_MOST_S}


def test_a_sensor_that_was_turned_to_the_door_is_believed_again() -> None:
    doorway = Doorway()
    for number in range(100):
        doorway.passage(number * 3600.0, seen=False)
    seen = [doorway.seen]
    for number in range(100, 140):
        doorway.passage(number * 3600.0, seen=number % 2 == 0)
        doorway.sign(number * 3600.0 + 30.0, 60.0)
        seen.append(doorway.seen)
    assert seen == sorted(seen), "it stays believed"
    assert seen[-1]
    assert not any(seen[:5]), "a sign or two may be chance"


def _fires_alone(days: int) -> Story:
    """She walks about; a cupboard moves in between, when nobody is near anything."""
    story = Story(WITH_FRIDGE)
    for day in range(days):
        for hour in range(7, 22, 2):
            _walks(story, 24 * day + hour)
            story.at(24 * day + hour + 1).hear(FRIDGE, Quantity.CONTACT, hour // 2 % 2)
    return story


def test_a_stray_does_not_hide_that_somebody_lies_still() -> None:
    """It moves each hour: without a doubt of it, nobody would ever be told."""
    story = _fires_alone(10).at(24 * 10 + 9).hear(KITCHEN_MOTION)
    for hour in range(10, 24):
        story.at(24 * 10 + hour, 30).hear(FRIDGE, Quantity.CONTACT, hour % 2)
    assert story.of("inactivity"), "told though the cupboard moved again and again"
    assert story.home.view is not None
    assert story.home.view.activity.last_at == (MONDAY + timedelta(days=10, hours=9)).timestamp()


def test_what_a_stray_said_counts_once_another_vouches_for_it() -> None:
    story = _fires_alone(10).at(24 * 10 + 9).hear(FRIDGE, Quantity.CONTACT, 1)
    view = story.home.view
    assert view is not None
    before = view.activity.last_at
    story = story.at(24 * 10 + 9, 1)
    assert view.activity.last_at == before
    seen: list[tuple[float, str]] = []
    story.at(24 * 10 + 9, 5).hear(BED_MOTION)
    seen.append((view.activity.last_at or 0.0, view.activity.room))
    assert seen == [((MONDAY + timedelta(days=10, hours=9, minutes=5)).timestamp(), "bedroom")]
    assert view.previous_room == "kitchen", "the cupboard was taken in before"


def test_a_bed_at_fault_does_not_stay_occupied() -> None:
    """It is no sign of a person when it says so alone; that it is empty again is so all the same."""
    story = Story()
    for day in range(10):
        for hour in range(8, 22, 2):
            _walks(story, 24 * day + hour)
            story.at(24 * day + hour + 1).hear(BED, Quantity.BED, float(hour // 2 % 2))
    _walks(story, 24 * 10 + 9)
    story.hear(BED, Quantity.BED, 1.0)  # beside her: she lies down, as far as is known
    view = story.home.view
    assert view is not None
    moved = view.activity.last_at
    assert [bed for bed, _ in view.bed_nights.snapshot()[1]] == [BED]
    story.at(24 * 10 + 10).hear(BED, Quantity.BED, 0.0)
    assert view.activity.last_at == moved, "nobody, for the clock of stillness"
    assert view.bed_nights.snapshot()[1] == []
    assert view.occupancy.witnesses.snapshot()[0] == []
    story.at(24 * 10 + 12).hear(BED, Quantity.BED, 1.0)
    assert view.bed_nights.snapshot()[1] == [], "nor does it put anybody to bed alone"


def test_a_stray_waits_over_a_restart() -> None:
    story = _fires_alone(10).at(24 * 10 + 9).hear(FRIDGE, Quantity.CONTACT, 1)
    witnesses = _occupancy(story).witnesses
    assert witnesses.unheeded is not None
    again = Witnesses.restored(msgspec.msgpack.decode(msgspec.msgpack.encode(witnesses.snapshot())))
    assert again.unheeded == witnesses.unheeded
    assert again.vouched(witnesses.unheeded.at + 60.0) == [witnesses.unheeded]
    assert again.vouched(witnesses.unheeded.at + 60.0) == []


def test_what_is_known_of_witnesses_survives_a_restart() -> None:
    witnesses = _occupancy(_week(hall_sees=False, hall_fires=True)).witnesses
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(witnesses.snapshot()))
    assert Witnesses.restored(saved).snapshot() == witnesses.snapshot()
