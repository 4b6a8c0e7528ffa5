"""What moves the odds that somebody is home, and that nothing can mute a person who goes on moving."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.features.bed_nights import BedNights, Bout, main_block
from analytics.features.occupancy import Occupancy, Place
from analytics.features.plan import plan
from analytics.features.strays import LEAST_WEIGHT, MOST_WEIGHT, Strays
from analytics.features.witnesses import EXIT_WITHIN_S
from analytics.sample_days import (
    BED_MOTION,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    MONDAY,
    said,
)
from core.model.quantity import Quantity
from tests.analytics.story import Story

PLAN = plan(HOUSEHOLD)
KITCHEN = PLAN.by_id[KITCHEN_MOTION]


def _occupancy(story: Story) -> Occupancy:
    view = story.home.view
    assert view is not None
    return view.occupancy


def _out(hour: float = 9.0) -> Story:
    story = Story().at(hour).hear(HALL_MOTION).at(hour, 1).hear(DOOR, Quantity.CONTACT, 1)
    return story.at(hour, 1, 10).hear(DOOR, Quantity.CONTACT, 0).at(hour, 20)


def test_a_pair_of_phantoms_ends_no_outing() -> None:
    story = _out().at(11).hear(KITCHEN_MOTION).at(11, 25).hear(BED_MOTION)
    assert _occupancy(story.at(12)).place is Place.AWAY
    assert _occupancy(story).left_at is not None


def test_who_comes_home_by_the_door_and_is_seen_behind_it_is_home() -> None:
    story = _out().at(11).hear(DOOR, Quantity.CONTACT, 1).at(11, 0, 5).hear(HALL_MOTION)
    story.at(11, 0, 40).hear(KITCHEN_MOTION)
    assert _occupancy(story).left_at is None
    assert _occupancy(story.at(15)).place is Place.HOME


def test_a_door_that_opens_on_nobody_is_doubted_after_a_while() -> None:
    story = _out().at(11).hear(DOOR, Quantity.CONTACT, 1)
    assert _occupancy(story).place is Place.HOME
    assert _occupancy(story.at(12)).place is Place.AWAY
    assert _occupancy(story).left_at == (MONDAY + timedelta(hours=9, minutes=1)).timestamp()


def test_a_snapshot_in_the_middle_of_a_doubt_is_whole() -> None:
    story = _out().at(11).hear(KITCHEN_MOTION)
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(_occupancy(story).snapshot()))
    again = Occupancy.restored(saved)
    assert msgspec.msgpack.encode(again.snapshot()) == msgspec.msgpack.encode(saved)
    assert again.next_due() == _occupancy(story).next_due()


def test_a_sensor_that_fires_in_empty_homes_loses_its_weight_but_never_all() -> None:
    strays = Strays()
    fresh = strays.weight(KITCHEN, 5.0)
    for _ in range(30):
        strays.begin()
        for _ in range(10):
            strays.note(KITCHEN.device_id)
        strays.learn(8 * 3600.0, 20.0)
    assert LEAST_WEIGHT <= strays.weight(KITCHEN, 5.0) < fresh - 1.0
    assert fresh <= MOST_WEIGHT


def test_the_life_of_somebody_at_home_is_not_learned_as_phantoms() -> None:
    strays = Strays()
    before = strays.per_hour(KITCHEN)
    strays.begin()
    for _ in range(60):
        strays.note(KITCHEN.device_id)
    strays.learn(4 * 3600.0, 20.0)
    strays.begin()
    assert strays.per_hour(KITCHEN) == before


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1.0, 40_000.0), min_size=2, max_size=20, unique=True).map(sorted),
)
def test_the_main_block_lies_within_what_was_heard(times: list[float]) -> None:
    bouts = [
        Bout(start, end) for start, end in zip(times[::2], times[1::2], strict=False) if end > start
    ]
    block = main_block(bouts)
    if block is not None:
        assert bouts[0].start <= block.start < block.end <= bouts[-1].end
        assert block.seconds >= 600.0


def test_a_night_goes_from_noon_to_noon_and_a_turn_is_no_exit() -> None:
    hour, noon = 3600.0, 12 * 3600.0
    nights = BedNights()
    for at, occupied in ((23.0, True), (26.0, False), (26.01, True), (31.0, False), (38.0, True)):
        nights.hear(at * hour, 1, noon if at < 36 else noon + 24 * hour, occupied=occupied)
    assert nights.nights == [Bout(23.0 * hour, 31.0 * hour)]
    assert BedNights.restored(nights.snapshot()).snapshot() == nights.snapshot()


def test_a_bed_that_is_left_by_nobody_ends_no_night() -> None:
    hour = 3600.0
    nights = BedNights(12 * hour)
    nights.hear(23 * hour, 1, 12 * hour, occupied=True)
    nights.hear(36.1 * hour, 2, 36 * hour, occupied=False)  # past noon, she is still asleep
    nights.hear(36.5 * hour, 1, 36 * hour, occupied=False)
    assert nights.nights == [Bout(23 * hour, 36.5 * hour)]


def test_mats_that_lose_her_for_moments_all_night_end_no_night_early() -> None:
    """Two of them, for a minute after each eleven: 80 bouts in eight hours, more than are kept."""
    hour, noon = 3600.0, 12 * 3600.0
    nights = BedNights(noon)
    for at in range(int(23 * hour), int(31 * hour), 720):
        for mat in (1, 2):
            nights.hear(at + mat, mat, noon, occupied=True)
            nights.hear(at + 660.0 + mat, mat, noon, occupied=False)
    found = nights.night(noon, 32 * hour)
    assert found is not None
    assert found.block == Bout(23 * hour + 1, 31 * hour - 58)
    assert len(nights.snapshot()[2]) == 64


def _leaves_three_minutes_after_the_hall_saw_her(every_s: float) -> Story:
    """The sensor of the hall says something every so many seconds for two hours, and is silent then."""
    story = Story()
    for number in range(int(7200 / every_s)):
        story.at(7, 0, number * every_s).hear(HALL_MOTION).hear(HALL_MOTION, value=0.0)
    last = (int(7200 / every_s) - 1) * every_s
    story.at(7, 0, last + 180).hear(DOOR, Quantity.CONTACT, 1)
    return story.at(7, 3, last + 200)


def test_a_sensor_that_could_have_seen_her_did_not_so_she_stays() -> None:
    assert _occupancy(_leaves_three_minutes_after_the_hall_saw_her(60.0)).place is Place.HOME


def test_a_sensor_that_is_blind_for_minutes_could_not() -> None:
    story = _leaves_three_minutes_after_the_hall_saw_her(60.0)
    witnesses = _occupancy(story).witnesses
    assert witnesses.within_s == EXIT_WITHIN_S
    hall = PLAN.by_id[HALL_MOTION]
    for number in range(3000):
        at = MONDAY + timedelta(days=1, seconds=240.0 * number)
        seen = said(HALL_MOTION, Quantity.MOTION, 1.0, at, at)
        witnesses.hear(at.timestamp(), hall, seen, PLAN)
    assert 1.3 * 230.0 < witnesses.within_s < 1.3 * 241.0


@pytest.mark.parametrize(
    ("late", "meanwhile", "place"),
    [
        (timedelta(minutes=30), False, Place.AWAY),
        (timedelta(minutes=30), True, Place.HOME),
        (timedelta(minutes=45), False, Place.HOME),
    ],
)
def test_that_she_stood_at_the_door_may_be_heard_late(
    late: timedelta, meanwhile: bool, place: Place
) -> None:
    story = _leaves_three_minutes_after_the_hall_saw_her(60.0)
    at = 9 + 2.0 / 60  # the door moved then
    if meanwhile:
        story.at(at, 10).hear(KITCHEN_MOTION)
    story.at(at, 29).hear(HALL_MOTION, late=late)
    copy = Occupancy.restored(_occupancy(story).snapshot())
    assert copy.snapshot() == _occupancy(story).snapshot()
    story.at(at, 31)
    assert _occupancy(story).place is place
    if place is Place.AWAY:
        assert _occupancy(story).left_at == (MONDAY + timedelta(hours=at)).timestamp()


@pytest.mark.parametrize("comes_in", [False, True])
def test_a_door_that_stood_open_and_is_shut_lets_nobody_in_by_itself(comes_in: bool) -> None:
    story = Story().at(9).hear(HALL_MOTION).at(9, 1).hear(DOOR, Quantity.CONTACT, 1)
    story.at(9, 5).hear(DOOR, Quantity.CONTACT, 0)
    if comes_in:
        story.at(9, 5, 20).hear(HALL_MOTION).at(9, 6).hear(KITCHEN_MOTION)
    assert _occupancy(story.at(9, 10)).home is comes_in


def test_the_last_nights_exits_are_known_in_the_morning() -> None:
    hour, noon = 3600.0, 12 * 3600.0
    nights = BedNights()
    said = ((23.0, True), (26.0, False), (26.2, True), (29.0, False), (29.01, True))
    for at, occupied in said:
        nights.hear(at * hour, 1, noon, occupied=occupied)
    night = nights.night(noon, 34.0 * hour)
    assert night is not None
    assert (night.block, night.exits) == (Bout(23.0 * hour, 34.0 * hour), 1)
    assert nights.night(noon + 24 * hour, 34.0 * hour) is None
    nap = BedNights()
    nap.hear(14.0 * hour, 1, noon, occupied=True)
    assert nap.night(noon, 16.0 * hour) is None
