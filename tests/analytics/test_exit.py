from __future__ import annotations

from datetime import timedelta

from analytics.sample_days import BED_MOTION, DOOR, HALL_MOTION, KITCHEN_MOTION, MONDAY
from core.model.finding import Phase, Severity
from core.model.quantity import Quantity
from tests.analytics.story import Story

OPEN, CLOSED = 1.0, 0.0


def test_a_door_at_night_is_told_with_the_message_itself() -> None:
    story = Story().at(1).hear(BED_MOTION).at(1, 6).hear(DOOR, Quantity.CONTACT, OPEN)
    (told,) = story.of("exit")
    assert told.severity is Severity.CHECK
    assert told.noticed_at == told.onset == MONDAY + timedelta(hours=1, minutes=6)
    assert told.what == "The outer door opened at 02:06, 6 min after the last movement (bedroom)"


def test_nobody_inside_for_three_minutes_makes_it_urgent() -> None:
    story = Story().at(1).hear(HALL_MOTION).at(1, 1).hear(DOOR, Quantity.CONTACT, OPEN).at(1, 5)
    assert [one.severity for one in story.of("exit")] == [Severity.CHECK, Severity.URGENT]
    assert story.of("exit")[1].noticed_at == MONDAY + timedelta(hours=1, minutes=4)


def test_movement_inside_ends_it_but_not_on_the_doorstep() -> None:
    story = Story().at(1).hear(HALL_MOTION).at(1, 1).hear(DOOR, Quantity.CONTACT, OPEN)
    story.at(1, 1, 20).hear(HALL_MOTION)
    assert [one.phase for one in story.of("exit")] == [Phase.OPENED]
    story.at(1, 2, 30).hear(KITCHEN_MOTION)
    assert [one.phase for one in story.of("exit")] == [Phase.OPENED, Phase.CLEARED]
    assert story.of("exit")[-1].severity is Severity.CHECK


def test_coming_home_at_night_is_no_exit() -> None:
    story = Story().at(20).hear(HALL_MOTION).at(20, 1).hear(DOOR, Quantity.CONTACT, OPEN)
    story.hear(DOOR, Quantity.CONTACT, CLOSED).at(23).hear(DOOR, Quantity.CONTACT, OPEN)
    assert story.of("exit") == []


def test_by_day_it_says_nothing_until_the_hours_are_known() -> None:
    story = Story().at(13).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN).at(14)
    assert story.of("exit") == []


def test_a_door_at_an_hour_at_which_it_never_opens() -> None:
    story = Story()
    for day in range(20):
        story.at(24 * day + 10).hear(KITCHEN_MOTION)
    story.at(24 * 20 + 18).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN)
    (told,) = story.of("exit", Phase.OPENED)
    assert "of 100 days" in told.unusual


def test_the_night_rule_is_never_learned_away() -> None:
    story = Story()
    for day in range(30):
        night = 24 * day + 1
        story.at(night).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN).at(night, 2)
        story.hear(DOOR, Quantity.CONTACT, CLOSED).hear(KITCHEN_MOTION)
    assert len(story.of("exit", Phase.OPENED)) == 30
    assert story.of("exit")[-2].unusual == "She has opened it at night on 29 of 29 nights"


def test_a_door_that_was_seen_late_and_disproved_says_nothing() -> None:
    story = (
        Story()
        .at(2)
        .hear(KITCHEN_MOTION)
        .hear(DOOR, Quantity.CONTACT, OPEN, late=timedelta(minutes=30))
    )
    assert story.of("exit") == []


def test_a_late_door_says_that_it_is_late() -> None:
    story = (
        Story()
        .at(1)
        .hear(BED_MOTION)
        .at(2)
        .hear(DOOR, Quantity.CONTACT, OPEN, late=timedelta(minutes=30))
    )
    assert "(this reached us only at 03:00)" in story.of("exit")[0].what
