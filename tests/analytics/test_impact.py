from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.detectors.impact import DETECTOR
from analytics.features.aftermath import Knock, Outcome
from analytics.sample_days import (
    BED,
    BED_MOTION,
    CHAIR,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    WATCH,
)
from core.model.finding import Finding, Phase, Severity
from core.model.ids import ResidentId
from core.model.quantity import Quantity
from tests.analytics.story import Story

STILL, WALKING = 0.01, 0.15


def struck(
    story: Story | None = None,
    *,
    peak: float = 5.2,
    tilt: float | None = 80.0,
    stillness: float | None = 0.05,
    late: timedelta = timedelta(0),
) -> Story:
    """She walks into the hall and at 09:00 there is a hard knock, told 4 s later."""
    story = story or Story().at(8, 59, 40).hear(KITCHEN_MOTION).at(8, 59, 58).hear(HALL_MOTION)
    story = story.at(9, 0, 4 + late.total_seconds())
    since = timedelta(seconds=4) + late
    story.hear(WATCH, Quantity.IMPACT, peak, late=since)
    if tilt is not None:
        story.hear(WATCH, Quantity.TILT, tilt, late=since)
    if stillness is not None:
        story.hear(WATCH, Quantity.STILLNESS, stillness, late=since)
    return story


def moving(story: Story, *movement: float) -> Story:
    """Reports of the watch every 30 s."""
    for number, one in enumerate(movement, 1):
        story.at(9, 0, 30 * number).hear(WATCH, Quantity.MOVEMENT, one)
    return story


def said(story: Story) -> list[tuple[Severity, Phase]]:
    return [(one.severity, one.phase) for one in story.of("impact")]


def only(story: Story) -> Finding:
    (found,) = story.of("impact")
    return found


def test_a_knock_and_then_an_arm_at_rest_is_urgent_within_two_minutes() -> None:
    found = only(moving(struck(), 0.4, STILL, STILL, STILL))
    assert (found.severity, found.phase) == (Severity.URGENT, Phase.OPENED)
    assert found.onset == MONDAY + timedelta(hours=9)
    assert found.noticed_at == MONDAY + timedelta(hours=9, seconds=90)
    assert found.what == "A hard knock at the wrist at 10:00, then no movement for 60 s"
    assert found.ruled_out[0] == "She is at home, and nobody has gone to another room"
    assert found.subject == f"device:{WATCH}"


def test_it_says_so_from_the_first_minute_and_after_a_restart() -> None:
    story = moving(struck(), 0.4, STILL).restart()
    assert said(story.at(9, 2)) == [(Severity.URGENT, Phase.OPENED)]


def test_who_walks_on_is_told_of_when_it_happens_three_times_in_a_week() -> None:
    story = moving(struck(), 0.4, WALKING, WALKING)
    struck(story.at(9, 30), late=timedelta(0))
    assert said(story.at(9, 40)) == []
    for hours in (30, 55, 300):
        story.at(hours).hear(WATCH, Quantity.IMPACT, 5.0)
        story.at(hours, 1).hear(WATCH, Quantity.MOVEMENT, WALKING).at(hours, 10)
    found = only(story)
    assert found.severity is Severity.NOTICE
    assert found.what == "3 hard knocks at the wrist within a week, each time up and about after it"
    assert found.evidence[0].at == MONDAY + timedelta(hours=9)


@pytest.mark.parametrize(
    "weaker",
    [{"peak": 3.2}, {"tilt": 20.0}, {"stillness": 0.6}],
    ids=["soft", "unturned", "moving"],
)
def test_a_lesser_knock_says_nothing(weaker: dict[str, float]) -> None:
    assert not said(moving(struck(None, **weaker), 0.4, STILL, STILL).at(9, 5))  # type: ignore[arg-type]


def test_going_to_another_room_is_walking_though_the_watch_says_nothing() -> None:
    story = struck().at(9, 0, 40).hear(KITCHEN_MOTION).at(9, 2)
    assert said(story) == []


def test_the_room_in_which_it_happened_is_no_other_room() -> None:
    story = moving(struck().at(9, 0, 20).hear(HALL_MOTION), 0.4, STILL, STILL).at(9, 2)
    assert said(story) == [(Severity.URGENT, Phase.OPENED)]


def test_news_from_before_the_knock_that_come_after_it_are_from_before() -> None:
    story = struck().at(9, 0, 20).hear(KITCHEN_MOTION, late=timedelta(seconds=40))
    assert said(moving(story, 0.4, STILL, STILL).at(9, 2)) == [(Severity.URGENT, Phase.OPENED)]


@pytest.mark.parametrize(("seat", "quantity"), [(BED, Quantity.BED), (CHAIR, Quantity.CHAIR)])
@pytest.mark.parametrize("after", [-6.0, 6.0])
def test_dropping_into_a_bed_or_chair_explains_a_knock(
    seat: int, quantity: Quantity, after: float
) -> None:
    story = Story().at(8, 59, 54)
    if after < 0:
        story.hear(seat, quantity)  # type: ignore[arg-type]
    struck(story)
    if after > 0:
        story.at(9, 0, after).hear(seat, quantity)  # type: ignore[arg-type]
    assert not said(moving(story, 0.4, STILL, STILL).at(9, 5))


def test_who_lies_in_bed_all_the_time_is_in_bed() -> None:
    story = Story().at(6).hear(BED_MOTION).hear(BED, Quantity.BED)
    assert not said(moving(struck(story), 0.4, STILL, STILL).at(9, 5))


def test_a_knock_on_the_way_out_of_bed_is_told() -> None:
    story = Story().at(6).hear(BED, Quantity.BED).at(8, 59, 58).hear(BED, Quantity.BED, 0.0)
    assert said(moving(struck(story), 0.4, STILL, STILL).at(9, 5))


def test_a_watch_that_is_taken_off_is_still_for_another_reason() -> None:
    taken_off = struck().at(9, 0, 5).hear(WATCH, Quantity.WORN, 0.0)
    assert not said(moving(taken_off, 0.0, 0.0, 0.0).at(9, 5))
    lies_there = Story().at(7).hear(WATCH, Quantity.WORN, 0.0)
    assert not said(moving(struck(lies_there), 0.0, 0.0, 0.0).at(9, 5))
    no_sense_of_it = moving(struck(Story().at(8)), 0.0, 0.0, 0.0).at(9, 5)
    assert not said(no_sense_of_it)
    heart_beats = Story().at(8, 50).hear(WATCH, Quantity.HEART_RATE, 70)
    assert said(moving(struck(heart_beats), 0.0, 0.0, 0.0).at(9, 5))


def test_without_reports_of_movement_it_is_no_more_than_a_check() -> None:
    found = only(struck().at(9, 5))
    assert found.severity is Severity.CHECK
    assert found.what.endswith("then nothing has moved at home for 90 s")
    stirring = struck().at(9, 0, 50).hear(HALL_MOTION).at(9, 5)
    assert not said(stirring)


def test_out_of_the_home_the_wrist_is_believed() -> None:
    story = Story().at(7, 59, 50).hear(HALL_MOTION).at(8).hear(DOOR, Quantity.CONTACT)
    story.hear(DOOR, Quantity.CONTACT, 0.0)
    assert only(moving(struck(story.at(8, 30)), 0.4, STILL, STILL).at(9, 5)).ruled_out[0] == (
        "Not into a bed or chair with a sensor"
    )
    unseen = Story().at(7, 59, 50).hear(HALL_MOTION).at(8).hear(DOOR, Quantity.CONTACT)
    assert only(struck(unseen.at(8, 30)).at(9, 5)).severity is Severity.CHECK


def test_with_others_in_the_home_their_movement_does_not_make_her_walk() -> None:
    other = replace(HOUSEHOLD.residents[0], resident_id=ResidentId(2))
    couple = replace(HOUSEHOLD, residents=(*HOUSEHOLD.residents, other))
    story = struck(Story(couple).at(8, 59, 58).hear(HALL_MOTION))
    story.at(9, 0, 40).hear(LOUNGE_MOTION)
    assert said(moving(story, 0.4, STILL, STILL).at(9, 2)) == [(Severity.URGENT, Phase.OPENED)]


def test_a_knock_that_comes_late_waits_for_what_came_with_it() -> None:
    story = struck(Story().at(8), late=timedelta(minutes=20))
    story.hear(WATCH, Quantity.MOVEMENT, STILL, late=timedelta(minutes=19, seconds=4))
    assert said(story.at(9, 20, 10)) == []
    found = only(story.at(9, 21))
    assert found.severity is Severity.URGENT
    assert found.what.endswith("; it reached us only at 10:20")


def test_only_the_wrist_ends_it_and_only_by_walking() -> None:
    story = moving(struck(), 0.4, STILL, STILL, STILL)
    story.at(9, 5).hear(KITCHEN_MOTION).at(9, 6).hear(WATCH, Quantity.MOVEMENT, 0.06)
    assert not story.of("impact", Phase.CLEARED)
    story.at(9, 7).hear(WATCH, Quantity.MOVEMENT, WALKING)
    (cleared,) = story.of("impact", Phase.CLEARED)
    assert cleared.what == "Walking again at 10:07, says what is worn at the wrist"


def test_the_same_knock_told_again_is_one() -> None:
    story = moving(struck(), 0.4, STILL, STILL).at(9, 2)
    struck(story, late=timedelta(minutes=30)).at(10)
    assert len(story.of("impact")) == 1


def test_nothing_is_due_until_something_knocks() -> None:
    detector = DETECTOR.create()
    assert detector.due == float("inf")
    story = struck(peak=3.0)
    assert story.home.detectors["impact"].due == float("inf")
    story = struck()
    at = (MONDAY + timedelta(hours=9, seconds=90)).timestamp()
    assert story.home.detectors["impact"].due == at


def test_what_is_remembered_stays_small() -> None:
    story = struck()
    for minute in range(1, 60):
        story.at(9, minute).hear(HALL_MOTION)
    assert len(story.home.detectors["impact"].snapshot()["signs"]) <= 12


@pytest.mark.parametrize(
    ("movement", "outcome"),
    [(0.01, Outcome.STILL), (0.06, Outcome.RESTLESS), (0.2, Outcome.WALKED)],
)
def test_what_an_arm_tells(movement: float, outcome: Outcome) -> None:
    knock = Knock(0.0, 4.0, peak=5.0)
    knock.move(30.0, 0.5)
    knock.move(60.0, movement)
    assert knock.outcome(seen=True, alone=True, beats=True) is outcome
