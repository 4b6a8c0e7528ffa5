from __future__ import annotations

from datetime import timedelta

from analytics.sample_days import BUTTON, KITCHEN_MOTION, MONDAY
from core.model.finding import Phase, Severity
from core.model.quantity import Quantity
from tests.analytics.story import Story


def test_a_call_is_urgent_at_once_and_no_movement_ends_it() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(9, 5).hear(BUTTON, Quantity.SOS)
    story.at(9, 10).move(KITCHEN_MOTION, every=5, until=20)
    (told,) = story.of("sos")
    assert (told.severity, told.phase) == (Severity.URGENT, Phase.OPENED)
    assert told.noticed_at == MONDAY + timedelta(hours=9, minutes=5)
    assert told.what == "Somebody called for help at 10:05 (Button)"
    assert told.evidence[0].text == "Last movement before: kitchen"


def test_a_bouncing_button_is_one_call_and_a_second_press_is_another() -> None:
    story = Story().at(9).hear(BUTTON, Quantity.SOS).at(9, 0, 5).hear(BUTTON, Quantity.SOS)
    story.hear(BUTTON, Quantity.SOS, 0).at(9, 10).hear(BUTTON, Quantity.SOS)
    assert len(story.of("sos")) == 2


def test_a_call_that_comes_late_still_calls_and_says_so() -> None:
    story = Story().at(9).hear(BUTTON, Quantity.SOS, late=timedelta(hours=2))
    (told,) = story.of("sos")
    assert told.what == "Somebody called for help at 08:00 (Button); it reached us only at 10:00"


def test_a_device_that_says_somebody_fell_is_believed_at_once() -> None:
    story = Story().at(9).hear(BUTTON, Quantity.FALL, 0).at(9, 5).hear(BUTTON, Quantity.FALL)
    (told,) = story.of("sos")
    assert told.severity is Severity.URGENT
    assert told.what == (
        "The device called for help by itself at 10:05, nobody pressed it (Button)"
    )
