"""Devices that come, go and are moved, people who move in: nothing stays wrong, silent or open for ever."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from analytics.features.pauses import ROOMS, Pauses
from analytics.features.plan import plan
from analytics.features.stillness import hidden
from analytics.home_engine import Inputs
from analytics.sample_days import (
    AT_HOME,
    BED,
    BED_MOTION,
    BUTTON,
    CHAIR,
    DOOR,
    HALL_MOTION,
    HOME,
    HOUSEHOLD,
    KITCHEN,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    STOVE,
    TRACKER,
    WATCH,
    ordinary,
    said,
)
from core.model.finding import Audience, Phase, Severity
from core.model.home import Resident
from core.model.ids import DeviceId, ResidentId
from core.model.quantity import Quantity
from tests.analytics.outdoor_story import Outside, walk
from tests.analytics.story import Story

if TYPE_CHECKING:
    from core.model.home import Device, Household

SON = Resident(resident_id=ResidentId(2), home_id=HOME, name="Somebody", pronoun="he")
DAYS = ordinary(20)


def without(*gone: DeviceId, household: Household = HOUSEHOLD) -> Household:
    left = tuple(one for one in household.devices if one.device_id not in gone)
    return replace(household, devices=left)


def further(*more: Device) -> Household:
    return replace(HOUSEHOLD, devices=(*HOUSEHOLD.devices, *more))


def known(device_id: DeviceId) -> Device:
    return next(one for one in HOUSEHOLD.devices if one.device_id == device_id)


def become(story: Story, household: Household) -> Story:
    story.home = story.home.replan(plan(household))
    story.home.look(Inputs(heard_at=MONDAY + timedelta(days=400), heard_since=MONDAY))
    return story


def opened(story: Story) -> set[tuple[object, ...]]:
    """Return the episodes that were told and never ended, by what alerting knows them by."""
    left: set[tuple[object, ...]] = set()
    for one in story.said:
        key = (one.resident_id, one.detector, one.subject, one.onset)
        (left.discard if one.phase is Phase.CLEARED else left.add)(key)
    return left


# Places that are not seen any more


@pytest.mark.parametrize("moved", [True, False])
def test_a_room_without_its_sensor_does_not_hide_anybody_for_ever(moved: bool) -> None:
    story, gone = Story(), {LOUNGE_MOTION, CHAIR}
    after = without(*gone)
    if moved:
        after = replace(
            after, devices=(*after.devices, *(replace(known(one), room=KITCHEN) for one in gone))
        )
    half = MONDAY + timedelta(days=10)
    for row in DAYS.observations:
        if row.received_at >= half and story.home.plan == plan(HOUSEHOLD):
            become(story, after)
        if row.received_at < half or row.device_id not in gone:
            story.home.feed(row)
    view = story.home.view
    assert view is not None
    assert not view.pauses.hidden
    assert not hidden(view)
    story.restart()
    assert story.home.view is not None
    assert not story.home.view.pauses.hidden


def test_a_sensor_that_is_replaced_leaves_its_room_as_known_as_it_was() -> None:
    story = Story()
    for row in DAYS.observations:
        story.home.feed(row)
    assert story.home.view is not None
    before = story.home.view.pauses.snapshot()
    new = replace(known(LOUNGE_MOTION), device_id=DeviceId(99), external_id="new")
    become(story, replace(without(LOUNGE_MOTION), devices=(*without(LOUNGE_MOTION).devices, new)))
    assert story.home.view is not None
    assert story.home.view.pauses.snapshot() == before


def test_new_rooms_take_the_place_of_those_that_are_gone_where_there_is_no_room_left() -> None:
    """After the fourth time that rooms were registered anew, two of them shared their habits for good."""
    home, pauses = plan(HOUSEHOLD), Pauses()
    pauses._contexts = [(100 + number, "other") for number in range(ROOMS)]
    pauses._numbers = {one: number for number, one in enumerate(pauses._contexts)}
    pauses._context = 3
    for number in range(ROOMS):
        for column in (pauses._day, pauses._hour, pauses._length, pauses._room):
            column.append(number)
    pauses._exposure = array("f", [1.0] * len(pauses._exposure))
    pauses.refit(home, home)
    assert {one.context for one in home.devices} <= set(pauses._contexts)
    assert len(pauses._contexts) == len(pauses._numbers) == ROOMS
    assert pauses._contexts[3] == (103, "other")  # that is where somebody was seen last
    new = {pauses._numbers[one.context] for one in home.devices}
    assert not new & set(pauses._room)
    assert len(pauses._room) == len(pauses._day) == len(pauses._hour) == len(pauses._length)
    assert sum(pauses._exposure) == 24 * (ROOMS - len(new))
    assert pauses.snapshot() == Pauses.restored(pauses.snapshot()).snapshot()


def in_bed(story: Story) -> bool:
    assert story.home.view is not None
    return story.home.view.pauses.in_bed


def test_a_bed_whose_sensor_has_died_is_not_occupied_for_ever() -> None:
    story = Story().at(22).hear(BED, Quantity.BED).at(31)
    story.move(KITCHEN_MOTION, every=30, until=35.5)
    assert in_bed(story)  # somebody else, or an animal, may move while she lies
    story.move(KITCHEN_MOTION, every=30, until=37)
    assert not in_bed(story)


def test_who_lies_in_bed_for_long_is_still_in_it() -> None:
    story = Story().at(22).hear(BED, Quantity.BED).move(BED_MOTION, every=50, until=60)
    assert in_bed(story)
    assert in_bed(story.restart())


def test_a_bed_whose_sensor_was_retired_is_not_occupied() -> None:
    story = Story().at(22).hear(BED, Quantity.BED).at(23)
    assert not in_bed(become(story, without(BED)))


def test_a_sensor_that_is_gone_says_no_more_for_how_long_sensors_are_blind() -> None:
    """One that was blind for four minutes made who was near the door in the last five leave by it."""
    story = Story().at(8).hear(HALL_MOTION)
    view = story.home.view
    assert view is not None
    view.occupancy.witnesses._eyes[int(HALL_MOTION)] = (view.now, 240.0)
    assert view.occupancy.witnesses.within_s > 120
    become(story, without(HALL_MOTION))
    assert story.home.view is not None
    assert story.home.view.occupancy.witnesses.within_s == 120


def test_nobody_rests_in_a_chair_whose_sensor_is_gone() -> None:
    story = Story().at(8).hear(CHAIR, Quantity.CHAIR).at(9)
    become(story, without(CHAIR))
    assert story.home.view is not None
    assert not story.home.view.occupancy.witnesses.rests(story.home.view.now)


# What a device told is over when it is retired


def test_what_a_tracker_told_is_over_when_it_is_retired() -> None:
    outside = Outside().known().at(24 * 12 + 9).leave().go(walk((0.0, 0.0), (0.0, 500.0)))
    story = outside.story.hear(TRACKER, Quantity.BATTERY, 8.0)
    outside.later(3600)
    spoken = {one.detector for one in story.said if one.phase is Phase.OPENED}
    assert {"geofence", "tracker"} <= spoken
    become(story, without(TRACKER))
    outside.later(60).later(7200)
    left = {key for key in opened(story) if key[1] in {"geofence", "tracker", "lost"}}
    assert left == set()


def test_silence_of_a_retired_tracker_is_told_to_nobody() -> None:
    outside = Outside().known(4).at(100).leave().go(walk((0.0, 0.0), (0.0, 500.0)))
    become(outside.story, without(TRACKER))
    outside.later(7200)
    assert outside.story.of("geofence") == []


def test_an_appliance_is_no_more_told_of_when_its_plug_is_retired() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(10).hear(STOVE, Quantity.POWER, 1500.0).at(11)
    assert story.of("appliance")
    become(story, without(STOVE)).at(12)
    assert [one.phase for one in story.of("appliance")][-1] is Phase.CLEARED
    assert not {key for key in opened(story) if key[1] == "appliance"}


def test_the_ways_of_who_carried_a_tracker_are_not_those_of_who_carries_the_next() -> None:
    """He died, his tracker went back; where he used to go is no known way of hers, and kept no longer."""
    outside = Outside().at_home(8)
    for day in (1, 2, 3):
        outside.at(24 * day + 8).go(walk((0.0, 0.0), (0.0, 800.0))).go(
            walk((0.0, 800.0), (0.0, 0.0))
        )
        outside.at_home(24 * day + 10, fixes=2)
    become(outside.story, without(TRACKER))

    def known_ways(day: int) -> tuple[float, bool]:
        view = outside.story.restart().at(24 * day).home.view
        assert view is not None
        return view.outdoors.outings, view.outdoors.plane is not None

    outings, placed = known_ways(6)
    assert outings > 1.0, "one that is replaced within days knows the ways of the one before"
    assert placed
    assert known_ways(12) == (0.0, False)
    assert "without" not in outside.story.home.view.outdoors.snapshot()  # type: ignore[union-attr]


# Homes in which nothing senses who moves about


@pytest.mark.parametrize(
    "kept",
    [{DOOR}, {BED}, {DOOR, BED, CHAIR}, {DOOR, WATCH}, {DOOR, WATCH, BUTTON, TRACKER}],
    ids=["door", "bed", "door, bed and chair", "door and watch", "door and what is worn"],
)
def test_a_home_without_eyes_in_its_rooms_alarms_nobody_day_after_day_and_says_what_it_lacks(
    kept: set[DeviceId],
) -> None:
    """Each day ended in an urgent alarm, hours after the last word of the door, the bed or the watch."""
    household = replace(
        HOUSEHOLD, devices=tuple(one for one in HOUSEHOLD.devices if one.device_id in kept)
    )
    story = Story(household=household)
    for row in DAYS.observations:
        if row.device_id in kept and (noticed := story.home.feed(row)) is not None:
            assert not noticed.failures
            story.said += noticed.findings
    story.at(20 * 24 + 12)
    assert [one for one in story.said if one.detector in {"inactivity", "wrist_stillness"}] == []
    (told,) = [one for one in story.of("liveness") if one.subject == "rooms"]
    assert (told.audience, told.severity) == (Audience.OPERATORS, Severity.NOTICE)
    story.restart()
    more = replace(household, devices=(*household.devices, known(LOUNGE_MOTION)))
    become(story, more).at(20 * 24 + 13).hear(LOUNGE_MOTION, Quantity.TEMPERATURE, 20.0).at(21 * 24)
    rooms = [one.phase for one in story.of("liveness") if one.subject == "rooms"]
    assert rooms == [Phase.OPENED], "a thermometer sees nobody"
    story.hear(LOUNGE_MOTION).at(22 * 24 + 1)
    assert [one.phase for one in story.of("liveness") if one.subject == "rooms"][
        -1
    ] is Phase.CLEARED


def test_who_lies_still_is_looked_for_no_more_once_the_last_eye_is_gone() -> None:
    kept = (LOUNGE_MOTION, DOOR)
    household = replace(HOUSEHOLD, devices=tuple(map(known, kept)))
    story = Story(household=household).at(8).move(LOUNGE_MOTION, every=5, until=10).at(20)
    assert opened(story) & {key for key in opened(story) if key[1] == "inactivity"}
    become(story, without(LOUNGE_MOTION, household=household)).at(21)
    assert not {key for key in opened(story) if key[1] == "inactivity"}
    assert story.of("inactivity")[-1].what == "Nothing here senses any more who moves in the rooms"


# More than can be followed


def test_a_tracker_that_is_not_followed_is_told_of_until_it_is() -> None:
    trackers = tuple(
        replace(
            known(TRACKER), device_id=DeviceId(number), external_id=f"t{number}", name=f"T{number}"
        )
        for number in (20, 21, 22)
    )
    story = Story(household=further(*trackers)).at(1)

    def placed() -> None:
        for number in (int(TRACKER), 20, 21, 22):
            row = said(DeviceId(number), Quantity.POSITION, 10.0, story.now)
            noticed = story.home.feed(replace(row, position=AT_HOME))
            assert noticed is None or not noticed.failures
            story.said += [] if noticed is None else noticed.findings

    placed()
    story.at(2)
    told = [one for one in story.of("liveness") if one.subject == "device:22:unfollowed"]
    assert [one.audience for one in told] == [Audience.OPERATORS]
    assert told[0].what == "Where T22 is counts for nothing: more than 3 trackers are in use"
    become(story, without(DeviceId(20), household=story.household)).at(3)
    placed()
    story.at(4)
    assert story.restart().at(5).of("liveness")[-1].what == "Where T22 is counts again"


@pytest.mark.parametrize(
    ("detector", "quantity", "most"),
    [
        ("impact", Quantity.IMPACT, 8),
        ("wrist_stillness", Quantity.ACTIVITY, 4),
        ("inactivity", Quantity.STEPS, 4),
    ],
)
def test_what_is_worn_and_not_listened_to_is_told_of_until_it_is(
    detector: str, quantity: Quantity, most: int
) -> None:
    """It is the newest watch, the one on the wrist, where the old ones were never retired."""
    watches = tuple(
        replace(
            known(TRACKER), device_id=DeviceId(number), external_id=f"w{number}", name=f"W{number}"
        )
        for number in range(20, 21 + most)
    )
    story = Story(household=further(*watches)).at(1)
    last = DeviceId(20 + most)
    for number in range(20, 21 + most):
        story.hear(DeviceId(number), quantity, 30.0).restart()
        story.home.look(Inputs(heard_at=MONDAY + timedelta(days=400), heard_since=MONDAY))
    story.hear(last, quantity, 31.0)
    (told,) = [one for one in story.said if one.subject == f"unwatched:{last}"]
    assert (told.detector, told.audience) == (detector, Audience.OPERATORS)
    assert f"W{last}" in told.what
    assert str(most) in told.what
    become(story.restart(), without(DeviceId(20), household=story.household)).at(2)
    (*_, over) = [one for one in story.said if one.subject == f"unwatched:{last}"]
    assert over.phase is Phase.CLEARED
    story.hear(last, quantity, 32.0)
    assert not {key for key in opened(story) if key[2] == f"unwatched:{last}"}


def test_an_appliance_too_many_is_told_of() -> None:
    plugs = tuple(
        replace(
            known(STOVE), device_id=DeviceId(number), external_id=f"p{number}", name=f"P{number}"
        )
        for number in range(20, 29)
    )
    story = Story(household=further(*plugs)).at(1)
    for number in range(20, 29):
        story.hear(DeviceId(number), Quantity.POWER, 5.0).restart()
        story.home.look(Inputs(heard_at=MONDAY + timedelta(days=400), heard_since=MONDAY))
    (told,) = story.at(2).of("appliance")
    assert told.what == "P28 is not watched: 8 other appliances of this home are"
    assert told.audience is Audience.OPERATORS
    story.household = without(DeviceId(21), household=story.household)
    become(story, story.household).at(3).hear(DeviceId(28), Quantity.POWER, 2000.0).at(4.5)
    assert [one.subject for one in story.of("appliance")][1:] == ["unwatched:28", "28", "28"]


# People


def test_what_began_with_one_resident_ends_as_what_it_was_with_two() -> None:
    story = Story().at(8).hear(KITCHEN_MOTION).at(20)
    assert story.of("inactivity", Phase.OPENED)[0].resident_id == 1
    become(story, replace(HOUSEHOLD, residents=(*HOUSEHOLD.residents, SON)))
    story.at(20, 5).hear(KITCHEN_MOTION, value=0.0).at(20, 6).hear(KITCHEN_MOTION)
    assert story.of("inactivity")[-1].phase is Phase.CLEARED
    assert not {key for key in opened(story) if key[1] == "inactivity"}


def test_nothing_is_said_of_who_does_not_live_there_any_more() -> None:
    story = Story().at(8).hear(KITCHEN_MOTION).at(20)
    become(story, replace(HOUSEHOLD, residents=()))
    story.at(20, 5).hear(KITCHEN_MOTION, value=0.0).at(20, 6).hear(KITCHEN_MOTION)
    assert story.of("inactivity")[-1].resident_id is None


# Homes that sense little


def test_each_night_is_told_of_where_nothing_senses_who_comes_back() -> None:
    """A door and a button: nobody is ever seen inside again."""
    few = without(
        *(one.device_id for one in HOUSEHOLD.devices if one.device_id not in {DOOR, BUTTON})
    )
    story = Story(household=few)
    for night in range(3):
        story.at(24 * night + 1).hear(DOOR, Quantity.CONTACT).at(24 * night + 1, 1)
        story.hear(DOOR, Quantity.CONTACT, 0.0).at(24 * night + 1, 5)
        # she comes back
        story.hear(DOOR, Quantity.CONTACT).at(24 * night + 1, 6).hear(DOOR, Quantity.CONTACT, 0.0)
        # and goes to the shop by day
        for hour in (10, 11):
            story.at(24 * night + hour).hear(DOOR, Quantity.CONTACT)
            story.at(24 * night + hour, 1).hear(DOOR, Quantity.CONTACT, 0.0)
    nights = {one.onset.date() for one in story.at(80).of("exit", Phase.OPENED)}
    assert len(nights) == 3
    assert len({key for key in opened(story) if key[1] == "exit"}) <= 1
