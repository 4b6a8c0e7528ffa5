"""A stove that is on is told of when nobody is near; where no sensor could tell, that is said."""

from __future__ import annotations

from datetime import timedelta

from analytics.sample_days import DOOR, HALL_MOTION, KITCHEN_MOTION, LOUNGE_MOTION, MONDAY, STOVE
from core.model.finding import Severity
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


def test_where_no_sensor_of_the_room_lives_that_is_said() -> None:
    story = _switched_on(9).at(18)
    assert _minutes(story) == [(20, Severity.CHECK), (40, Severity.URGENT)]
    first = story.of("appliance")[0]
    assert first.what.endswith("no sensor tells who is in the kitchen")
    assert first.ruled_out == ("No sensor of the kitchen lives",)


def test_who_has_gone_out_is_told_of_whatever_lives() -> None:
    story = _switched_on(9).at(17, 5).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT)
    story.at(17, 5, 20).hear(DOOR, Quantity.CONTACT, 0.0).hear(HALL_MOTION, value=0.0).at(18)
    ((minutes, severity),) = _minutes(story)
    assert severity is Severity.URGENT
    assert minutes < 25
    assert story.of("appliance")[0].ruled_out == ("She has gone out",)
