"""A room that is not seen as usual hides who is in it; a bed that is seen to be empty is none."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from analytics.features.plan import Zone
from analytics.features.sightings import MISSED, Sightings
from analytics.features.stillness import HIDDEN_FACTOR, bearable_s, cap_s, hidden, zone_of
from analytics.sample_days import (
    BATH_MOTION,
    BED,
    BED_MOTION,
    HALL_MOTION,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
)
from core.model.quantity import Quantity
from tests.analytics.story import Story

if TYPE_CHECKING:
    from analytics.features.view import HomeView
    from core.model.ids import DeviceId

ROUND = (0, 1, 2, 1)


STEP_S = 150.0
LATER_S = 20_000.0


def seen(steps: int = 120) -> Sightings:
    sightings = Sightings(places=4)
    for step in range(steps):
        sightings.visit(STEP_S * step, ROUND[step % 4], 9.0)
    return sightings


def test_a_place_that_misses_its_visits_is_hidden_until_it_is_seen_again() -> None:
    sightings = seen()
    for changes in range(1, 100):
        sightings.visit(LATER_S + STEP_S * changes, (1, 2)[changes % 2], 9.0)
        if sightings.hidden:
            break
    assert 3 * MISSED < changes < 6 * MISSED
    sightings.visit(2 * LATER_S, 0, 9.0)
    assert not sightings.hidden


def test_a_place_never_visited_in_this_part_of_the_day_misses_nothing() -> None:
    sightings = seen()
    for step in range(200):
        sightings.visit(LATER_S + STEP_S * step, (1, 2)[step % 2], 15.0)
    assert not sightings.hidden


def test_pacing_between_two_rooms_hides_no_third() -> None:
    sightings = seen()
    for step in range(100):  # twenty-five minutes, four changes a minute
        sightings.visit(LATER_S + 15.0 * step, (1, 2)[step % 2], 9.0)
    assert not sightings.hidden


def test_sightings_go_on_where_they_were_saved() -> None:
    sightings = seen(130)
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(sightings.snapshot()))
    assert Sightings.restored(state).snapshot() == sightings.snapshot()


DAYS = 5


@pytest.fixture(scope="module")
def dense() -> Story:
    """Five days of a densely sensed home: from room to room every two minutes."""
    story = Story()
    for day in range(DAYS):
        for step in range(6 * 30, 21 * 30):
            room = (KITCHEN_MOTION, HALL_MOTION, LOUNGE_MOTION, BATH_MOTION)[step % 4]
            story.at(24 * day, 2 * step).hear(room)
    return story


def around(story: Story, *rooms: DeviceId, until: float) -> Story:
    step = 0
    while story.now < MONDAY + timedelta(hours=until):
        story.at(0, (story.now - MONDAY) / timedelta(minutes=1) + 2)
        story.hear(rooms[step % len(rooms)])
        step += 1
    return story


def test_where_a_room_is_not_seen_more_stillness_is_bearable(dense: Story) -> None:
    start = 24 * DAYS + 7
    rooms = (KITCHEN_MOTION, HALL_MOTION, LOUNGE_MOTION, BATH_MOTION)
    usual = last_in(BATH_MOTION, around(deepcopy(dense).at(start), *rooms, until=start + 3))
    dead = last_in(BATH_MOTION, around(deepcopy(dense).at(start), *rooms[1:], until=start + 3))
    assert hidden(dead)
    assert not hidden(usual)
    limit = bearable_s(usual, "inactivity")
    cap = cap_s(dead, dead.activity.last_at or 0.0, Zone.OTHER)
    assert bearable_s(dead, "inactivity") == pytest.approx(min(HIDDEN_FACTOR * limit, cap), rel=0.2)


def last_in(room: DeviceId, story: Story, quantity: Quantity = Quantity.MOTION) -> HomeView:
    story.at(0, (story.now - MONDAY) / timedelta(minutes=1) + 2)
    view = story.hear(room, quantity).home.view
    assert view is not None
    return view


def test_who_was_seen_where_nobody_gets_to_the_unseen_room_from_is_not_in_it(dense: Story) -> None:
    rooms, start = (HALL_MOTION, LOUNGE_MOTION, BATH_MOTION), 24 * DAYS + 7
    story = around(deepcopy(dense).at(start), *rooms, until=start + 3)
    # from the bathroom they go to the kitchen, which is dead; from the hall to the lounge
    assert hidden(last_in(BATH_MOTION, deepcopy(story)))
    assert not hidden(last_in(HALL_MOTION, story))


def test_what_was_saved_before_ways_were_kept_says_nothing_of_them() -> None:
    sightings = seen()
    for changes in range(60):
        sightings.visit(LATER_S + STEP_S * changes, (1, 2)[changes % 2], 9.0)
    assert sightings.hidden
    assert sightings.unseen(2) == {0: 0.0}
    assert Sightings.restored(sightings.snapshot()[:4]).unseen(2) is None


def test_where_its_motion_sensor_is_down_a_bed_alone_sees_less(dense: Story) -> None:
    def to_bed(story: Story) -> HomeView:
        story.hear(BED, Quantity.BED, 0.0)
        return last_in(BED, story, Quantity.BED)

    story = deepcopy(dense)
    assert not hidden(to_bed(story.hear(BED_MOTION, value=0.0)))
    assert hidden(
        to_bed(around(story, HALL_MOTION, until=24 * DAYS + 4))
    )  # it has promised a word an hour


def test_in_a_sparsely_sensed_home_an_unseen_room_says_nothing() -> None:
    story = Story()
    for day in range(DAYS):
        for hour in range(7, 21):
            story.at(24 * day + hour).hear(KITCHEN_MOTION)
            story.at(24 * day + hour, 20).hear(LOUNGE_MOTION)
    for hour in range(7, 21):
        story.at(24 * DAYS + hour).hear(BATH_MOTION).at(24 * DAYS + hour, 20).hear(LOUNGE_MOTION)
    view = story.home.view
    assert view is not None
    assert view.pauses.hidden
    assert not hidden(view)


def test_a_bedroom_is_no_bed_while_its_bed_is_seen_to_be_empty() -> None:
    story = Story().at(8).hear(BED, Quantity.BED, 1.0).at(9).hear(BED, Quantity.BED, 0.0)
    view = story.at(9, 1).hear(BED_MOTION).home.view
    assert view is not None
    assert zone_of(view) is Zone.OTHER
    assert zone_of(view) is not view.pauses.zone


def test_a_bed_of_which_nothing_is_heard_may_be_occupied() -> None:
    story = Story().at(1).hear(BED, Quantity.BED, 0.0)
    view = story.move(KITCHEN_MOTION, every=60, until=30).hear(BED_MOTION).home.view
    assert view is not None
    assert zone_of(view) is Zone.BED
