from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.detectors.not_back import GRID, NotBack, _share_below
from analytics.sample_days import DOOR, HALL_MOTION, KITCHEN_MOTION, MONDAY
from core.model.finding import Phase, Severity
from core.model.quantity import Quantity
from tests.analytics.story import Story


def leave(story: Story, hours: float) -> Story:
    story.at(hours, -0.5).hear(HALL_MOTION)
    story.at(hours).hear(DOOR, Quantity.CONTACT, 1)
    return story.at(hours, 0, 10).hear(DOOR, Quantity.CONTACT, 0)


def test_an_outing_that_is_too_long_is_told_and_ends_with_the_return() -> None:
    story = leave(Story(), 6).at(20)
    opened, raised = story.of("not_back")
    assert (opened.severity, raised.severity) == (Severity.CHECK, Severity.URGENT)
    assert opened.onset == MONDAY + timedelta(hours=6)
    assert timedelta(hours=5) < opened.noticed_at - opened.onset <= timedelta(hours=9)
    assert opened.what.startswith("Left at 07:00; not back after ")
    assert "not known yet" in opened.unusual
    story.hear(DOOR, Quantity.CONTACT, 1).at(20, 2).hear(KITCHEN_MOTION)
    assert story.of("not_back")[-1].what == "Back: movement at 21:02 (kitchen)"


def test_late_in_the_evening_four_hours_are_too_long() -> None:
    story = leave(Story(), 21).at(26)
    assert story.of("not_back")[0].noticed_at - MONDAY <= timedelta(hours=25, minutes=1)


def test_however_long_somebody_is_used_to_be_out_there_is_a_last_moment() -> None:
    story = Story()
    for day in range(12):
        leave(story, 24 * day + 6).at(24 * day + 20).hear(DOOR, Quantity.CONTACT, 1)
        story.at(24 * day + 20, 1).hear(DOOR, Quantity.CONTACT, 0).hear(KITCHEN_MOTION)
    leave(story, 24 * 12 + 6).at(24 * 12 + 17)
    told = story.of("not_back")[-1]
    assert told.phase is Phase.OPENED
    assert told.noticed_at - told.onset <= timedelta(hours=10, minutes=1)


def test_short_outings_make_it_sooner() -> None:
    story = Story()
    for day in range(20):
        leave(story, 24 * day + 9).at(24 * day + 9, 39).hear(DOOR, Quantity.CONTACT, 1)
        story.at(24 * day + 9, 40).hear(DOOR, Quantity.CONTACT, 0).hear(KITCHEN_MOTION)
    leave(story, 24 * 20 + 9).at(24 * 20 + 19)
    opened = story.of("not_back")[0]
    assert opened.noticed_at - opened.onset < timedelta(hours=6)
    assert opened.unusual.startswith("Usually back within ")
    assert [one.phase for one in story.of("not_back")] == [Phase.OPENED, Phase.RAISED]


def test_a_usual_outing_says_nothing() -> None:
    story = leave(Story(), 9).at(11).hear(DOOR, Quantity.CONTACT, 1).at(11, 2).hear(KITCHEN_MOTION)
    assert story.of("not_back") == []


def test_a_door_alone_while_away_does_not_start_the_clock_again() -> None:
    story = leave(Story(), 9).at(12).hear(DOOR, Quantity.CONTACT, 1).at(20)
    opened = story.of("not_back")[0]
    assert opened.onset == MONDAY + timedelta(hours=9)
    assert opened.evidence[-1].text == "The outer door last moved"


@pytest.mark.parametrize(
    ("minutes", "share"), [(5, 0), (92, 0.5), (165, 0.75), (258, 0.95), (369, 0.99)]
)
def test_the_population_curve_has_the_published_quantiles(minutes: float, share: float) -> None:
    assert _share_below(60.0 * minutes) == pytest.approx(share)


def test_before_anything_is_learned_the_population_counts() -> None:
    usual = NotBack().usual_s(3)
    assert 258 * 60 < usual < 400 * 60
    assert usual in GRID.edges


def test_where_somebody_moved_inside_and_was_not_believed_it_is_not_said_that_the_door_did() -> (
    None
):
    story = leave(Story(), 6).at(8)
    view = story.home.view
    assert view is not None
    moved = view.now - 600.0
    view.occupancy.left_at, view.occupancy.perhaps_home = moved, True
    opened = story.at(20).of("not_back")[0]
    assert opened.what.startswith(
        "Out by the door at 07:00, or inside and not seen since 08:50, 10 h"
    )
    texts = {one.text for one in opened.evidence if one.at == opened.onset}
    assert texts == {"Movement inside, perhaps of somebody"}
