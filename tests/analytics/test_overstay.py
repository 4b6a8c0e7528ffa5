from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest

from analytics.detectors.overstay import Overstay
from analytics.sample_days import BATH_MOTION, HALL_MOTION, KITCHEN_MOTION, LOUNGE_MOTION, MONDAY
from core.model.finding import Phase, Severity
from core.model.incident import begun, belongs
from tests.analytics.story import Story


def test_a_long_stay_in_the_bathroom_is_told_once() -> None:
    story = Story().at(9).move(KITCHEN_MOTION, every=5, until=9.5).hear(BATH_MOTION).at(14)
    (told,) = story.of("overstay")
    assert (told.phase, told.severity) == (Phase.OPENED, Severity.CHECK)
    assert told.what.startswith("Last seen in the bathroom at 10:30, ")
    # sparsely sensed as it still is, the home has D2's limit (0111); 90 min are for a dense one
    assert timedelta(minutes=25) <= told.noticed_at - told.onset <= timedelta(minutes=95)


def test_movement_elsewhere_ends_it() -> None:
    story = Story().at(9).hear(BATH_MOTION).at(12).hear(HALL_MOTION)
    assert [one.phase for one in story.of("overstay")] == [Phase.OPENED, Phase.CLEARED]


def test_other_rooms_are_no_business_of_it() -> None:
    story = Story().at(9).hear(BATH_MOTION).at(9, 10).hear(LOUNGE_MOTION).at(22)
    assert story.of("overstay") == []
    assert story.of("inactivity") != []


def test_it_joins_the_incident_of_the_same_silence() -> None:
    story = Story().at(9).hear(BATH_MOTION).at(22)
    (own,) = story.of("overstay")
    general = story.of("inactivity")[0]
    assert own.onset == general.onset
    assert own.noticed_at <= general.noticed_at
    assert belongs(begun(own), general)


def test_a_habit_of_long_stays_moves_the_limit() -> None:
    def limit(habit_min: float) -> float:
        story = Story()
        for day in range(20):
            story.at(24 * day + 8).move(KITCHEN_MOTION, every=4, until=24 * day + 9)
            story.hear(BATH_MOTION).at(24 * day + 9, habit_min)
            story.move(LOUNGE_MOTION, every=4, until=24 * day + 20)
        story.at(24 * 20 + 9).hear(BATH_MOTION).at(24 * 20 + 9, 20)
        view, detector = story.home.view, story.home.detectors["overstay"]
        assert view is not None
        assert isinstance(detector, Overstay)
        return detector.limit_s(view)

    assert limit(5) < limit(50)


def test_a_restart_within_an_episode_changes_nothing() -> None:
    story = Story().at(9).hear(BATH_MOTION).at(12).restart().at(20)
    assert len(story.of("overstay")) == 1
    assert story.of("overstay")[0].onset == MONDAY + timedelta(hours=9)


DAYS = 22
EVENING = 24 * DAYS + 18


@pytest.fixture(scope="module")
def dense() -> Story:
    """Three weeks of a densely sensed home: every two minutes somewhere, ten minutes in the bathroom."""
    story = Story()
    for day in range(DAYS + 1):
        until = 24 * day + (18 if day == DAYS else 21)
        story.at(24 * day + 6).move(KITCHEN_MOTION, every=2, until=24 * day + 9)
        story.move(BATH_MOTION, every=2, until=24 * day + 9 + 10 / 60)
        story.move(LOUNGE_MOTION, every=2, until=until)
    assert story.of("overstay") == []
    return story


def test_who_stirs_in_the_bathroom_and_is_seen_nowhere_else_is_told(dense: Story) -> None:
    story = deepcopy(dense).move(BATH_MOTION, every=6, until=EVENING + 2)
    (told,) = story.of("overstay")
    assert (told.phase, told.severity) == (Phase.OPENED, Severity.CHECK)
    assert told.what.startswith("In the bathroom since 19:00, ")
    assert told.onset == MONDAY + timedelta(hours=EVENING)
    assert timedelta(minutes=25) <= told.noticed_at - told.onset <= timedelta(minutes=96)
    story.hear(HALL_MOTION)
    assert [one.phase for one in story.of("overstay")] == [Phase.OPENED, Phase.CLEARED]


def test_who_comes_and_goes_is_not_told(dense: Story) -> None:
    story = deepcopy(dense)
    for quarter in range(8):
        story.move(BATH_MOTION, every=2, until=EVENING + (quarter + 1) / 4)
        story.hear(HALL_MOTION)
    assert story.of("overstay") == []


def test_a_stay_as_usual_is_not_told(dense: Story) -> None:
    story = deepcopy(dense).move(BATH_MOTION, every=2, until=EVENING + 20 / 60)
    assert story.move(LOUNGE_MOTION, every=2, until=EVENING + 3).of("overstay") == []


def test_in_a_sparsely_sensed_home_movement_in_the_bathroom_begins_the_wait_anew() -> None:
    story = Story()
    for day in range(DAYS):
        story.at(24 * day + 8).move(LOUNGE_MOTION, every=20, until=24 * day + 20)
    story.at(EVENING).move(BATH_MOTION, every=6, until=EVENING + 2)
    assert story.of("overstay") == []


def test_a_restart_within_a_stay_changes_nothing(dense: Story) -> None:
    story = deepcopy(dense).move(BATH_MOTION, every=6, until=EVENING + 0.3)
    again = deepcopy(story).restart()
    first, second = (
        one.move(BATH_MOTION, every=6, until=EVENING + 2).of("overstay") for one in (story, again)
    )
    assert len(first) == 1
    assert first == second


def test_a_stay_beside_a_room_that_is_not_seen_is_told_later_and_never_not_at_all(
    dense: Story,
) -> None:
    morning = 24 * (DAYS + 1) + 7
    story = deepcopy(dense).at(morning)
    for turn in range(20):  # from the bathroom they used to go to the lounge, which is dead now
        story.move(KITCHEN_MOTION, every=3, until=morning + turn / 10 + 0.05)
        story.move(BATH_MOTION, every=3, until=morning + turn / 10 + 0.1)
    (told,) = story.move(BATH_MOTION, every=6, until=morning + 8).of("overstay")
    assert told.what.startswith("In the bathroom since ")
    assert timedelta(minutes=85) <= told.noticed_at - told.onset <= timedelta(minutes=276)
