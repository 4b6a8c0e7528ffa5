"""A stove that is on is told of when nobody is near; where no sensor could tell, that is said."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.features.plan import plan
from analytics.home_engine import Inputs
from analytics.sample_days import (
    BED,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE,
    LOUNGE_MOTION,
    MONDAY,
    STOVE,
)
from core.model.finding import Severity
from core.model.home import Resident
from core.model.ids import ResidentId
from core.model.quantity import Quantity
from tests.analytics.story import Story


def _switched_on(kitchen_heard_at: float) -> Story:
    story = Story().at(kitchen_heard_at).hear(KITCHEN_MOTION)
    story.at(kitchen_heard_at, 1).hear(KITCHEN_MOTION, value=0.0)
    for minute in range(0, 300, 20):
        story.at(kitchen_heard_at, 2 + minute).hear(LOUNGE_MOTION)
        story.at(kitchen_heard_at, 3 + minute).hear(LOUNGE_MOTION, value=0.0)
    return story.at(17).hear(STOVE, Quantity.POWER, 1500.0)


def _minutes(story: Story) -> list[tuple[float, Severity]]:
    on = MONDAY + timedelta(hours=17)
    return [
        ((one.noticed_at - on).total_seconds() / 60, one.severity) for one in story.of("appliance")
    ]


def test_a_stove_with_nobody_near_is_told_after_twenty_minutes() -> None:
    story = _switched_on(11.9).hear(KITCHEN_MOTION).at(18)
    assert _minutes(story) == [(20, Severity.CHECK), (40, Severity.URGENT)]
    first = story.of("appliance")[0]
    assert "nobody in the kitchen for 20 min" in first.what
    assert first.ruled_out == ("The sensors of the kitchen live",)


def test_where_no_sensor_of_the_room_lives_an_hour_is_waited_and_that_is_said() -> None:
    """Who cooks there is not seen: each meal would be told of."""
    story = _switched_on(9).at(18, 30)
    assert _minutes(story) == [(60, Severity.CHECK), (80, Severity.URGENT)]
    first = story.of("appliance")[0]
    assert first.what.endswith("no sensor tells who is in the kitchen")
    assert first.ruled_out == ("No sensor of the kitchen lives",)


def _about_the_lounge(story: Story, until: float, every: float) -> Story:
    """Somebody shows in the lounge every so many minutes, until so many minutes after 17:00."""
    minute = 0.0
    while (minute := minute + every) < until:
        story.at(17, minute).hear(LOUNGE_MOTION).at(17, minute, 30).hear(LOUNGE_MOTION, value=0.0)
    return story.at(17, until)


@pytest.mark.parametrize(("every", "between"), [(4.0, (20, 30)), (7.0, (20, 35)), (9.0, (60, 65))])
def test_who_shows_elsewhere_all_the_time_is_not_in_a_room_that_is_not_seen(
    every: float, between: tuple[float, float]
) -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(9, 1).hear(KITCHEN_MOTION, value=0.0)
    for minute in range(2, 482, 8):
        story.at(9, minute).hear(LOUNGE_MOTION).at(9, minute, 30).hear(LOUNGE_MOTION, value=0.0)
    story.at(17).hear(STOVE, Quantity.POWER, 1500.0)
    minutes, severity = _minutes(_about_the_lounge(story, 75.0, every))[0]
    assert severity is Severity.CHECK
    assert between[0] <= minutes <= between[1]
    said = story.of("appliance")[0].ruled_out
    assert ("movement in other rooms" in said[0]) == (every < 9.0)


def test_who_has_cooked_unseen_and_then_shows_elsewhere_is_asked_after_before_it_is_urgent() -> (
    None
):
    """Nobody knows who was at the stove until half past: alone it is since then."""
    story = Story().at(9).hear(KITCHEN_MOTION).at(9, 1).hear(KITCHEN_MOTION, value=0.0)
    for minute in range(2, 482, 8):
        story.at(9, minute).hear(LOUNGE_MOTION).at(9, minute, 30).hear(LOUNGE_MOTION, value=0.0)
    story.at(17).hear(STOVE, Quantity.POWER, 1500.0)
    for minute in range(30, 90, 4):
        story.at(17, minute).hear(LOUNGE_MOTION).at(17, minute, 30).hear(LOUNGE_MOTION, value=0.0)
    (asked, check), (raised, urgent) = _minutes(story.at(18, 30))
    assert (check, urgent) == (Severity.CHECK, Severity.URGENT)
    assert 50 <= asked <= 55
    assert 70 <= raised <= 75
    first = story.of("appliance")[0]
    assert first.ruled_out == (
        "Since 18:30 there was movement in other rooms, without a long break",
    )
    assert first.onset == MONDAY + timedelta(hours=17, minutes=30)


def test_where_two_live_one_who_shows_elsewhere_says_nothing_of_the_other() -> None:
    other = Resident(resident_id=ResidentId(2), home_id=HOUSEHOLD.home.home_id, name="Ann")
    two = replace(HOUSEHOLD, residents=(*HOUSEHOLD.residents, other))
    story = Story(household=two).at(9).hear(KITCHEN_MOTION).at(9, 1).hear(KITCHEN_MOTION, value=0.0)
    for minute in range(2, 482, 8):
        story.at(9, minute).hear(LOUNGE_MOTION).at(9, minute, 30).hear(LOUNGE_MOTION, value=0.0)
    story.at(17).hear(STOVE, Quantity.POWER, 1500.0)
    assert _minutes(_about_the_lounge(story, 75.0, 4.0))[0][0] >= 60


def test_who_is_seen_to_be_in_bed_is_not_in_a_room_that_is_not_seen() -> None:
    story = (
        _switched_on(9).at(17, 10).hear(BED, Quantity.BED, 0.0).at(17, 32).hear(BED, Quantity.BED)
    )
    ((minutes, severity),) = _minutes(story.at(17, 38))
    assert severity is Severity.CHECK
    assert 32 < minutes <= 37


def test_a_restart_while_nobody_can_be_seen_near_it_changes_nothing() -> None:
    story = _switched_on(9).at(17, 22)
    again = deepcopy(story).restart()
    again.home.look(Inputs(heard_at=MONDAY + timedelta(days=400), heard_since=MONDAY))
    for one in (story, again):
        one.at(17, 23).hear(BED, Quantity.BED, 0.0).at(17, 23, 30).hear(BED, Quantity.BED).at(
            17, 40
        )
    assert _minutes(story) == _minutes(again) != []


def test_who_has_gone_out_is_told_of_whatever_lives() -> None:
    story = _switched_on(9).at(17, 5).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT)
    story.at(17, 5, 20).hear(DOOR, Quantity.CONTACT, 0.0).hear(HALL_MOTION, value=0.0).at(18)
    ((minutes, severity),) = _minutes(story)
    assert severity is Severity.URGENT
    assert minutes < 25
    assert story.of("appliance")[0].ruled_out == ("She has gone out",)


def test_who_looks_and_leaves_it_on_is_told_of_anew_after_twenty_minutes() -> None:
    """Its plug says only what changes: nothing more comes from it."""
    story = _switched_on(11.9).hear(KITCHEN_MOTION).at(17, 0, 20).hear(KITCHEN_MOTION, value=0.0)
    story.at(17, 50).hear(KITCHEN_MOTION).at(17, 51).hear(KITCHEN_MOTION, value=0.0).at(
        17, 52
    ).hear(LOUNGE_MOTION).at(19)
    assert _minutes(story) == [
        (20, Severity.CHECK),
        (40, Severity.URGENT),
        (50, Severity.URGENT),  # the word that somebody was there
        (70, Severity.CHECK),
        (90, Severity.URGENT),
    ]


def test_a_plug_that_was_carried_to_another_room_is_watched_there() -> None:
    story = _switched_on(11.9).hear(STOVE, Quantity.POWER, 0.0).at(17, 10)
    devices = [
        replace(one, room=LOUNGE) if one.device_id == STOVE else one for one in HOUSEHOLD.devices
    ]
    story.home = story.home.replan(plan(replace(HOUSEHOLD, devices=tuple(devices))))
    story.at(17, 11).hear(STOVE, Quantity.POWER, 1500.0)
    for minute in range(12, 100, 10):
        story.at(17, minute).hear(LOUNGE_MOTION).at(17, minute + 1).hear(LOUNGE_MOTION, value=0.0)
    assert _minutes(story) == []
