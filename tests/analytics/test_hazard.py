"""What a sensor of smoke, gas or water says reaches a carer at once, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.sample_days import BED_MOTION, BUTTON, KITCHEN_MOTION
from core.model.finding import Audience, Phase, Severity
from core.model.quantity import Quantity
from tests.analytics.story import Story


@pytest.mark.parametrize(
    ("quantity", "severity", "word"),
    [
        (Quantity.SMOKE, Severity.URGENT, "Smoke"),
        (Quantity.GAS, Severity.URGENT, "Gas"),
        (Quantity.CARBON_MONOXIDE, Severity.URGENT, "Carbon monoxide"),
        (Quantity.WATER_LEAK, Severity.CHECK, "Water where it should not be"),
    ],
)
def test_it_is_told_at_once_from_the_first_minute(
    quantity: Quantity, severity: Severity, word: str
) -> None:
    story = Story().at(2).hear(BED_MOTION).at(2, 10).hear(KITCHEN_MOTION, quantity, 1.0)
    (told,) = story.of("hazard")
    assert (told.severity, told.audience, told.phase) == (severity, Audience.CARERS, Phase.OPENED)
    assert told.what == f"{word} at 03:10, says Kitchen motion (kitchen)"
    assert told.evidence[0].text == "Last movement before: bedroom"
    assert told.noticed_at == story.now


def test_what_repeats_itself_is_one_alarm_and_another_one_is_told() -> None:
    story = Story().at(2)
    for minute in range(0, 200, 40):
        story.at(2, minute).hear(KITCHEN_MOTION, Quantity.SMOKE, 1.0).restart()
    assert len(story.of("hazard")) == 1
    story.at(6).hear(KITCHEN_MOTION, Quantity.SMOKE, 0.0)
    story.at(6, 1).hear(KITCHEN_MOTION, Quantity.SMOKE, 1.0)
    assert len(story.of("hazard")) == 2
    story.at(6, 2).hear(BED_MOTION, Quantity.SMOKE, 1.0)
    story.at(6, 3).hear(KITCHEN_MOTION, Quantity.CARBON_MONOXIDE, 1.0)
    assert len(story.of("hazard")) == 4


def test_a_sensor_that_never_says_that_it_is_over_is_told_of_again_later() -> None:
    story = Story().at(2).hear(KITCHEN_MOTION, Quantity.SMOKE, 1.0)
    story.at(8).hear(KITCHEN_MOTION, Quantity.SMOKE, 1.0)
    assert len(story.of("hazard")) == 2


def test_smoke_is_ended_by_a_human_and_water_by_the_sensor() -> None:
    story = Story().at(2)
    for quantity in (Quantity.SMOKE, Quantity.WATER_LEAK):
        story.hear(KITCHEN_MOTION, quantity, 1.0)
    story.at(3)
    for quantity in (Quantity.SMOKE, Quantity.WATER_LEAK):
        story.hear(KITCHEN_MOTION, quantity, 0.0)
    (over,) = story.restart().of("hazard", Phase.CLEARED)
    assert (over.what, over.severity) == ("Dry again at 04:00", Severity.CHECK)


def test_what_comes_late_is_told_with_both_times() -> None:
    story = Story().at(4).hear(KITCHEN_MOTION, Quantity.SMOKE, 1.0, late=timedelta(hours=1))
    (told,) = story.of("hazard")
    assert told.what.endswith(
        "Smoke at 04:00, says Kitchen motion (kitchen); it reached us only at 05:00"
    )


def test_a_sensor_without_a_room_and_a_home_without_movement_are_told_of_too() -> None:
    (told,) = Story().at(1).hear(BUTTON, Quantity.GAS, 1.0).of("hazard")
    assert told.what == "Gas at 02:00, says Button"
    assert told.evidence == ()
