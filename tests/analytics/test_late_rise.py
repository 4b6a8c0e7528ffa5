from __future__ import annotations

from datetime import timedelta

from analytics.sample_days import (
    BATH_MOTION,
    BED_MOTION,
    DOOR,
    HALL_MOTION,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
)
from core.model.finding import Phase, Severity
from core.model.quantity import Quantity
from tests.analytics.story import Story

DAYS = 20


def _habit(days: int = DAYS) -> Story:
    """Somebody who is up at 07:00 (08:00 in London), a few minutes more or less."""
    story = Story()
    for day in range(days):
        story.at(24 * day + 7, 5 * (day % 4)).move(KITCHEN_MOTION, every=5, until=24 * day + 8)
        story.move(LOUNGE_MOTION, every=20, until=24 * day + 21)
    return story


def test_who_is_not_up_is_noted_and_then_told() -> None:
    story = _habit().at(24 * DAYS + 4).hear(BED_MOTION).at(24 * DAYS + 15)
    first, second = story.of("late_rise")
    assert (first.phase, first.severity) == (Phase.OPENED, Severity.NOTICE)
    assert (second.phase, second.severity) == (Phase.RAISED, Severity.CHECK)
    hours = (first.noticed_at - MONDAY) - timedelta(days=DAYS)
    assert timedelta(hours=8) <= hours <= timedelta(hours=8, minutes=40)
    assert first.what == "Not up yet at 09:16" or first.what.startswith("Not up yet at 09:")
    assert first.unusual.startswith("Usually up by 08:")
    assert (second.noticed_at - MONDAY) - timedelta(days=DAYS) >= timedelta(hours=10)


def test_a_single_sign_of_life_is_no_rise() -> None:
    story = _habit().at(24 * DAYS + 7).hear(BED_MOTION).at(24 * DAYS + 9)
    assert [one.phase for one in story.of("late_rise")] == [Phase.OPENED]


def test_movement_that_lasts_ends_it() -> None:
    story = _habit().at(24 * DAYS + 9)
    story.move(KITCHEN_MOTION, every=5, until=24 * DAYS + 9.5)
    assert [one.phase for one in story.of("late_rise")] == [Phase.OPENED, Phase.CLEARED]
    assert story.of("late_rise")[-1].what == "Up: movement since 10:00"


def test_who_goes_out_early_is_up() -> None:
    story = _habit().at(24 * DAYS + 5).hear(HALL_MOTION).at(24 * DAYS + 5, 1)
    story.hear(DOOR, Quantity.CONTACT, 1).at(24 * DAYS + 20)
    assert story.of("late_rise") == []


def test_a_door_of_the_day_before_that_is_heard_after_its_end_is_no_rise() -> None:
    """She let the cat in just before four (in London); that reached us some seconds after four."""
    story = _habit().at(24 * DAYS + 3, 0, 5)
    story.hear(DOOR, Quantity.CONTACT, 1, late=timedelta(seconds=8)).at(24 * DAYS + 12)
    assert [one.phase for one in story.of("late_rise")] == [Phase.OPENED, Phase.RAISED]


def test_the_day_on_which_a_home_is_heard_again_is_not_judged() -> None:
    story = _habit()
    heard_again = MONDAY + timedelta(days=DAYS + 2, hours=12)
    story.at(24 * (DAYS + 2) + 12).hear(KITCHEN_MOTION).at(24 * (DAYS + 2) + 20)
    assert story.of("late_rise")[-1].noticed_at < heard_again


def test_nothing_is_said_before_two_weeks_are_known() -> None:
    story = _habit(10).at(24 * 10 + 20)
    assert story.of("late_rise") == []


def test_a_restart_changes_nothing() -> None:
    story = _habit().at(24 * DAYS + 9).restart().at(24 * DAYS + 15)
    assert [one.phase for one in story.of("late_rise")] == [Phase.OPENED, Phase.RAISED]


def test_who_is_restless_in_bed_and_goes_to_the_bathroom_is_not_up() -> None:
    story = _habit().at(24 * DAYS + 4)
    story.move(BED_MOTION, every=3, until=24 * DAYS + 4.5).move(
        BATH_MOTION, every=2, until=24 * DAYS + 5
    )
    story.move(BED_MOTION, every=10, until=24 * DAYS + 9)
    assert [one.phase for one in story.of("late_rise")] == [Phase.OPENED]


def test_one_late_morning_does_not_make_the_next_one_usual() -> None:
    """With few mornings known a quantile near the end is the latest of them, and hides the next."""
    story = _habit().at(24 * DAYS + 12).move(KITCHEN_MOTION, every=5, until=24 * DAYS + 13)
    story.move(LOUNGE_MOTION, every=20, until=24 * DAYS + 21)
    for day in range(DAYS + 1, DAYS + 4):
        story.at(24 * day + 7).move(KITCHEN_MOTION, every=5, until=24 * day + 8)
        story.move(LOUNGE_MOTION, every=20, until=24 * day + 21)
    story.at(24 * (DAYS + 4) + 4).hear(BED_MOTION).at(24 * (DAYS + 4) + 10)
    mornings = [one.onset for one in story.of("late_rise") if one.phase is Phase.OPENED]
    assert len(mornings) == 2
