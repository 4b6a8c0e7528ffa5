"""Where an animal lives, a few movements alone are not taken for a person; elsewhere nothing changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.features.lone_signs import APART_S, SIGNS, SIGNS_OUT, LoneSigns, Sign
from analytics.features.occupancy import Place
from analytics.features.plan import plan
from analytics.sample_days import (
    BED,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
)
from core.model.finding import Phase
from core.model.home import Animal
from core.model.quantity import Quantity
from tests.analytics.story import Story

WITH_CAT = replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, animal=Animal.SMALL))
DEVICES = plan(WITH_CAT).by_id
STEPS = st.tuples(
    st.floats(0.0, 900.0),
    st.sampled_from([KITCHEN_MOTION, LOUNGE_MOTION, DOOR, BED]),
    st.booleans(),
)


def _sign(at: float, device: int = KITCHEN_MOTION) -> Sign:
    quantity = {DOOR: Quantity.CONTACT, BED: Quantity.BED}.get(device, Quantity.MOTION)  # type: ignore[call-overload]
    return Sign(at, device, quantity, 1.0)


def _take(
    signs: LoneSigns, at: float, device: int = KITCHEN_MOTION, *, out: bool = False
) -> list[Sign]:
    return signs.take(_sign(at, device), DEVICES[device], out=out) or []


@pytest.mark.parametrize(("out", "enough"), [(False, SIGNS), (True, SIGNS_OUT)])
def test_movement_that_goes_on_is_a_person_s_from_its_beginning(out: bool, enough: int) -> None:
    signs = LoneSigns()
    moments = [100.0 * step for step in range(enough)]
    for at in moments[:-1]:
        assert _take(signs, at, out=out) == []
    assert [one.at for one in _take(signs, moments[-1], out=out)] == moments
    assert signs.last is None
    assert len(_take(signs, moments[-1] + APART_S, out=out)) == 1
    assert _take(signs, moments[-1] + 2.5 * APART_S, LOUNGE_MOTION, out=out) == []


def test_where_she_was_seen_last_a_lone_movement_is_hers_and_vouches_for_no_other() -> None:
    signs = LoneSigns()
    assert len(_take(signs, 0.0, BED)) == 1
    room, elsewhere = DEVICES[BED].room_id, DEVICES[KITCHEN_MOTION].room_id
    in_room = next(one for one in DEVICES.values() if one.room_id == room and one.zone != "chair")
    assert room not in {0, elsewhere}
    for hours in (1, 2, 3):
        at = 3600.0 * hours
        sign = Sign(at, in_room.device_id, Quantity.MOTION, 1.0)
        assert signs.take(sign, in_room, out=False) == [sign]
        assert _take(signs, at + 60.0) == []
        assert signs.take(sign, in_room, out=True) is None


def test_movements_far_apart_never_vouch_for_each_other() -> None:
    signs = LoneSigns()
    assert not any(_take(signs, (APART_S + 1.0) * step) for step in range(20))
    assert signs.last is not None


def test_what_no_animal_does_vouches_for_the_movement_before_it_and_after_it() -> None:
    signs = LoneSigns()
    _take(signs, 0.0)
    assert [one.at for one in _take(signs, 60.0, BED)] == [0.0, 60.0]
    assert len(_take(signs, 120.0)) == 1
    _take(signs, 2000.0)
    assert [one.at for one in _take(signs, 4000.0, BED)] == [4000.0]


def test_by_a_door_she_may_have_gone_and_by_a_door_she_comes_back() -> None:
    signs = LoneSigns()
    _take(signs, 0.0, HALL_MOTION)
    assert len(_take(signs, 20.0, DOOR)) == 2
    assert _take(signs, 60.0, HALL_MOTION, out=True) == []
    _take(signs, 5000.0, DOOR, out=True)
    assert len(_take(signs, 5010.0, HALL_MOTION, out=True)) == 1


@given(st.lists(STEPS, max_size=40))
def test_no_sign_is_made_up_or_told_twice_and_a_copy_goes_on_alike(
    steps: list[tuple[float, int, bool]],
) -> None:
    signs, at = LoneSigns(), 0.0
    given_in: list[Sign] = []
    given_out: list[Sign] = []
    for pause, device, out in steps:
        at += pause
        copy = LoneSigns.restored(msgspec.msgpack.decode(msgspec.msgpack.encode(signs.snapshot())))
        found = _take(signs, at, device, out=out)
        assert _take(copy, at, device, out=out) == found
        assert copy.snapshot() == signs.snapshot()
        given_in.append(_sign(at, device))
        given_out += found
        assert [one.at for one in found] == sorted(one.at for one in found)
        assert len(signs.snapshot()[1]) < SIGNS_OUT
    assert Counter(given_out) <= Counter(given_in)


def test_what_is_hers_at_once_does_not_wait_for_what_was_held_before_it() -> None:
    signs = LoneSigns()
    assert len(_take(signs, 0.0, LOUNGE_MOTION)) == 0
    assert len(_take(signs, 10.0, BED)) == 2
    assert _take(signs, 1000.0) == []
    in_room = next(
        one
        for one in DEVICES.values()
        if one.room_id == DEVICES[BED].room_id and one.zone != "chair"
    )
    hers = Sign(1060.0, in_room.device_id, Quantity.MOTION, 1.0)
    assert signs.take(hers, in_room, out=False) == [hers]
    assert _take(signs, 1120.0) == []
    assert [one.at for one in _take(signs, 1180.0)] == [1000.0, 1120.0, 1180.0]


def _lies(household: object) -> Story:
    """Somebody is up until ten, then lies still; something passes a sensor once an hour."""
    story = Story(household).at(9).move(KITCHEN_MOTION, every=2, until=10)  # type: ignore[arg-type]
    for hour in range(11, 20):
        story.at(hour, 30).hear(HALL_MOTION).at(hour, 31).hear(HALL_MOTION, value=0.0)
        story.hear(LOUNGE_MOTION).at(hour, 32).hear(LOUNGE_MOTION, value=0.0)
    return story


def test_an_animal_that_passes_does_not_hide_who_lies_still() -> None:
    assert _lies(HOUSEHOLD).of("inactivity") == []
    first, *_ = _lies(WITH_CAT).of("inactivity")
    assert first.phase is Phase.OPENED
    assert first.what.startswith("No movement since 10:58 (kitchen)")
    (words,) = [one for one in first.ruled_out if "animal" in one]
    assert words.startswith(
        "An animal lives here: a few movements alone are not taken for a person"
    )
    assert "(the last at " in words


def test_who_moves_on_ends_the_silence_from_the_first_movement() -> None:
    story = _lies(WITH_CAT).at(21)
    for minute in range(3):
        story.at(21, minute).hear(LOUNGE_MOTION).at(21, minute, 30).hear(LOUNGE_MOTION, value=0.0)
    assert story.of("inactivity")[-1].what == "Movement again at 22:00 (living room)"
    assert story.home.view is not None
    assert story.home.view.activity.last_at == story.home.view.now - 30.0


def test_an_animal_ends_no_absence_and_a_door_does() -> None:
    story = Story(WITH_CAT).at(9).move(LOUNGE_MOTION, every=2, until=10)
    story.hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT).at(10, 0, 10)
    story.hear(DOOR, Quantity.CONTACT, 0.0).hear(HALL_MOTION, value=0.0).at(11)
    for minute in range(0, 180, 20):
        story.at(11, minute).hear(HALL_MOTION).at(11, minute + 1).hear(KITCHEN_MOTION)
        story.hear(HALL_MOTION, value=0.0).hear(KITCHEN_MOTION, value=0.0)
    view = story.home.view
    assert view is not None
    assert view.occupancy.place is Place.AWAY
    story.restart().at(15).hear(DOOR, Quantity.CONTACT).at(15, 0, 5).hear(HALL_MOTION)
    story.at(15, 0, 40).hear(HALL_MOTION, value=0.0).hear(LOUNGE_MOTION).at(15, 2)
    story.hear(LOUNGE_MOTION, value=0.0).hear(KITCHEN_MOTION).at(15, 3)
    view = story.home.view
    assert view is not None
    assert view.occupancy.home


def test_an_animal_that_is_told_of_later_keeps_what_was_learned() -> None:
    story = Story().at(9).move(KITCHEN_MOTION, every=2, until=10)
    before = story.home.view
    assert before is not None
    home = story.home.replan(plan(WITH_CAT))
    view = home.view
    assert view is not None
    assert view.lone is not None
    assert view.pauses.snapshot() == before.pauses.snapshot()
    back = home.replan(plan(HOUSEHOLD)).view
    assert back is not None
    assert back.lone is None
