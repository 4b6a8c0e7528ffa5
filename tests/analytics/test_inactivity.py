from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.detectors.inactivity import Inactivity
from analytics.features.limits import Evidence, Prior, exceedance
from analytics.features.localtime import HOUR_S
from analytics.features.plan import Zone
from analytics.features.stillness import (
    SPARSE_NIGHT_CAP_S,
    bearable_s,
    cap_s,
    floor_s,
)
from analytics.home_engine import Inputs
from analytics.sample_days import (
    BATH_MOTION,
    BED,
    BED_MOTION,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    WATCH,
)
from core.model.finding import Audience, Phase, Severity
from core.model.forecast import Forecast
from core.model.home import HomeMode
from core.model.quantity import Quantity
from tests.analytics.story import Story

PHASES = [Phase.OPENED, Phase.RAISED, Phase.CLEARED]


def test_silence_by_day_is_told_and_then_raised() -> None:
    story = Story().at(9).move(KITCHEN_MOTION, every=5, until=10).at(22)
    first, second = story.of("inactivity")
    assert (first.phase, first.severity) == (Phase.OPENED, Severity.CHECK)
    assert (second.phase, second.severity) == (Phase.RAISED, Severity.URGENT)
    assert first.onset == second.onset == MONDAY + timedelta(hours=9, minutes=55)
    assert first.noticed_at - first.onset < timedelta(hours=8, minutes=1)
    assert first.what.startswith("No movement since 10:55 (kitchen), ")
    assert "(learning, day 1 of 14)" in first.unusual
    assert first.ruled_out[0] == "No door to the outside has moved since the watch began"
    assert first.resident_id == 1
    assert first.audience is Audience.CARERS


def test_movement_ends_the_episode() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(22).hear(LOUNGE_MOTION)
    assert [one.phase for one in story.of("inactivity")] == PHASES
    assert story.of("inactivity")[-1].what == "Movement again at 23:00 (living room)"
    assert story.of("inactivity")[-1].severity is Severity.URGENT


def test_late_data_inside_an_episode_end_it_with_that_reason() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(13)
    assert [one.phase for one in story.of("inactivity")] == [Phase.OPENED]
    story.hear(BATH_MOTION, late=timedelta(hours=1))
    ended = story.of("inactivity")[-1]
    assert ended.phase is Phase.CLEARED
    assert ended.what == "Late data: movement at 13:00 (bathroom) reached us only at 14:00"


def test_data_older_than_the_last_movement_end_nothing() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(13).hear(BATH_MOTION, late=timedelta(hours=5))
    assert [one.phase for one in story.of("inactivity")] == [Phase.OPENED]


def test_a_time_in_the_future_does_not_stop_the_clock() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION, late=timedelta(days=-2)).at(22)
    assert story.of("inactivity")[0].onset == MONDAY + timedelta(hours=9)


def test_state_reports_are_no_movement() -> None:
    story = Story().at(9).hear(DOOR, Quantity.CONTACT, 0).hear(KITCHEN_MOTION)
    for hour in range(10, 22):
        story.at(hour).hear(DOOR, Quantity.CONTACT, 0).hear(KITCHEN_MOTION, Quantity.BATTERY, 80)
    assert story.of("inactivity")[0].onset == MONDAY + timedelta(hours=9)


def test_going_out_is_not_stillness() -> None:
    story = Story().at(9).hear(HALL_MOTION).at(9, 1).hear(DOOR, Quantity.CONTACT, 1)
    story.at(9, 1, 10).hear(DOOR, Quantity.CONTACT, 0).at(14)
    assert story.of("inactivity") == []


def test_a_blind_home_is_never_still() -> None:
    story = Story(seen=False)
    story.home.look(Inputs(heard_at=MONDAY + timedelta(hours=9), heard_since=MONDAY))
    story.at(9).hear(KITCHEN_MOTION).at(22)
    assert story.of("inactivity") == []
    blind = next(one for one in story.of("liveness") if one.subject == "home")
    assert blind.what.startswith("This home can not be seen since 10:00")


def test_the_clock_goes_on_where_it_stood_when_the_home_is_seen_again() -> None:
    story = Story(seen=False)
    story.home.look(Inputs(heard_at=MONDAY + timedelta(hours=10), heard_since=MONDAY))
    story.at(9).hear(KITCHEN_MOTION).at(14)
    back = MONDAY + timedelta(hours=14)
    story.home.look(Inputs(heard_at=back + timedelta(days=3), heard_since=back))
    story.at(15, 45)  # 2 h 45 min of stillness that we saw
    assert story.of("inactivity") == []
    story.at(17)
    assert story.of("inactivity")[0].what.startswith("No movement since 10:00 (kitchen), 3 h ")


def test_a_learned_habit_is_told_sooner_than_the_cap() -> None:
    story = Story()
    for day in range(21):
        story.at(24 * day + 6).move(LOUNGE_MOTION, every=3, until=24 * day + 21)
        story.move(BED_MOTION, every=12, until=24 * day + 30)
    assert story.of("inactivity") == []
    story.at(24 * 21 + 6).move(LOUNGE_MOTION, every=3, until=24 * 21 + 10)
    story.at(24 * 22)
    first = story.of("inactivity")[0]
    assert first.noticed_at - first.onset < timedelta(hours=2)
    assert "learning" not in first.unusual
    assert first.once_in_days is not None
    assert first.once_in_days > 28


def test_outages_are_not_learned_as_pauses() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION)
    view = story.home.view
    assert view is not None
    view.coverage.spans = [
        ((MONDAY + timedelta(hours=9.5)).timestamp(), (MONDAY + timedelta(hours=12)).timestamp())
    ]
    story.at(12).hear(KITCHEN_MOTION).at(12, 30).hear(KITCHEN_MOTION)
    lengths = array("f", view.pauses.snapshot()[1][3])
    assert list(lengths) == [-0.5]  # at least half an hour


def test_a_pause_of_which_a_part_was_seen_counts_for_longer_ones() -> None:
    """Efron's rule: a pause cut short is spread over the longer ones."""

    def once_in(lengths: list[float]) -> float:
        many = len(lengths)
        evidence = Evidence(
            day=20_000,
            hour=10.0,
            context=0,
            days=array("H", [20_000] * many),
            hours=array("f", [10.0] * many),
            lengths=array("f", lengths),
            contexts=array("B", [0] * many),
            exposure=array("f", [0.0] * 24),
        )
        return 1.0 / exceedance(evidence, Prior(0.1, 3.0, 0.5), 28.0, 2 * HOUR_S)

    assert once_in([0.5, 3.0, -0.5]) < once_in([0.5, 3.0])
    assert once_in([0.5, 3.0, 3.0]) < once_in([0.5, 3.0, -0.5])


def test_a_forecast_comes_true_and_then_tells_when_it_becomes_urgent() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(9, 5)
    first = _forecast(story)
    assert first is not None
    assert first.what.startswith("If nothing moves by ")
    story.now = first.speaks_at + timedelta(minutes=1)
    story.at((story.now - MONDAY).total_seconds() / 3600)
    (opened,) = story.of("inactivity")
    assert abs(opened.noticed_at - first.speaks_at) <= timedelta(seconds=30)
    second = _forecast(story)
    assert second is not None
    assert second.severity is Severity.URGENT
    story.at(23)
    assert _forecast(story) is None


def test_an_occupied_bed_is_the_place_whatever_fires_elsewhere() -> None:
    story = Story().at(21).hear(BED, Quantity.BED, 1).at(22).hear(BATH_MOTION)
    assert _zone(story) is Zone.BED
    story.at(23).hear(BED, Quantity.BED, 0).at(23, 1).hear(BATH_MOTION)
    assert _zone(story) is Zone.BATHROOM


def test_a_price_moves_the_limit_within_floor_and_cap() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(9, 5)
    view = story.home.view
    assert view is not None
    plainly = bearable_s(view, "inactivity")
    assert floor_s(view, Zone.OTHER) <= plainly <= cap_s(view, view.now, Zone.OTHER)
    assert bearable_s(view, "inactivity", 0.1) <= plainly <= bearable_s(view, "inactivity", 10)


def _zone(story: Story) -> Zone:
    view = story.home.view
    assert view is not None
    return view.pauses.zone


def _forecast(story: Story) -> Forecast | None:
    view, detector = story.home.view, story.home.detectors["inactivity"]
    assert view is not None
    assert isinstance(detector, Inactivity)
    return detector.forecast(view)


@pytest.mark.parametrize("night", [True, False])
def test_it_is_told_by_a_published_limit_whatever_was_learned(*, night: bool) -> None:
    start = 22 if night else 8
    story = Story()
    for day in range(10):
        story.at(24 * day + start).hear(BED_MOTION).at(24 * day + start, 60 * 11).hear(BED_MOTION)
    story.said.clear()
    story.at(24 * 10 + start).hear(BED_MOTION).at(24 * 11 + start)
    first = story.of("inactivity")[0]
    assert (first.noticed_at - first.onset).total_seconds() <= SPARSE_NIGHT_CAP_S + 60


def test_a_home_in_test_mode_tells_only_the_operators() -> None:
    test_home = replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, mode=HomeMode.TEST))
    story = Story(test_home).at(9).hear(KITCHEN_MOTION).at(22)
    assert {one.audience for one in story.said} == {Audience.OPERATORS}
    assert "mode test" in story.of("inactivity")[0].evidence[-1].text


def test_several_residents_are_a_home_and_nobody_in_particular() -> None:
    both = (HOUSEHOLD.residents[0], replace(HOUSEHOLD.residents[0], pronoun="he"))
    story = Story(replace(HOUSEHOLD, residents=both)).at(9).hear(KITCHEN_MOTION).at(9, 1)
    story.hear(DOOR, Quantity.CONTACT, 1).at(9, 5).hear(LOUNGE_MOTION).at(22)
    assert story.of("inactivity")[0].resident_id is None
    assert story.of("inactivity")[0].ruled_out[0] == "They are not out (door last moved at 10:01)"


def test_movement_that_ended_with_the_door_is_not_called_home() -> None:
    story = Story().at(8).hear(KITCHEN_MOTION).at(9).hear(DOOR, Quantity.CONTACT, 1)
    story.at(9, 0, 30).hear(KITCHEN_MOTION).at(22)
    assert story.of("inactivity")[0].ruled_out[0].startswith("Going out is possible")


def walked(story: Story, *minutes: float, steps: float = 80.0) -> Story:
    """Let the watch count steps at those minutes after ten; the numbers go up and down, as of spans."""
    for turn, minute in enumerate(minutes):
        story.at(10, minute).hear(WATCH, Quantity.STEPS, steps + 30.0 * (turn % 2))
    return story


def test_steps_of_a_watch_are_a_sign_of_who_lives_alone() -> None:
    still = Story().at(8).move(KITCHEN_MOTION, every=5, until=10).at(22).of("inactivity")[0]
    story = walked(Story().at(8).move(KITCHEN_MOTION, every=5, until=10), *range(15, 330, 15))
    told = story.at(22).of("inactivity")[0]
    assert told.noticed_at > still.noticed_at
    assert told.onset == MONDAY + timedelta(hours=15)  # a quarter of an hour before the last report
    assert walked(story.at(22), 725).of("inactivity")[-1].phase is Phase.CLEARED
    assert story.of("inactivity")[-1].what.startswith("Steps, says what is worn, shortly before ")


def test_a_total_that_is_said_again_is_no_step() -> None:
    story = Story().at(8).move(KITCHEN_MOTION, every=5, until=10)
    for minute in range(15, 600, 15):
        story.at(10, minute).hear(WATCH, Quantity.STEPS, 3412.0)
    (first, *_) = story.of("inactivity")
    assert first.onset == MONDAY + timedelta(hours=9, minutes=55)


def test_steps_are_kept_over_a_restart_and_old_states_are_read() -> None:
    detector = Inactivity()
    detector.restore(None)
    assert detector.snapshot() is None
    story = walked(Story().at(8).move(KITCHEN_MOTION, every=5, until=10), *range(15, 330, 15))
    saved = story.home.detectors["inactivity"].snapshot()
    detector.restore(saved)
    assert detector.snapshot() == saved


def test_what_could_not_be_seen_is_named_where_the_clock_and_the_duration_differ() -> None:
    story = Story(seen=False)
    story.home.look(Inputs(heard_at=MONDAY + timedelta(hours=11), heard_since=MONDAY))
    story.at(9).hear(KITCHEN_MOTION).at(9, 1).hear(KITCHEN_MOTION, value=0.0).at(13)
    story.home.look(
        Inputs(heard_at=MONDAY + timedelta(hours=30), heard_since=MONDAY + timedelta(hours=13))
    )
    told = story.at(23).of("inactivity")[0]
    assert told.what.startswith("No movement since 10:00 (kitchen), ")
    assert "Of the time since, 2 h could not be seen and do not count" in {
        one.text for one in told.evidence
    }


def test_after_steps_it_is_not_said_that_the_last_movement_was_then() -> None:
    story = walked(Story().at(9).hear(KITCHEN_MOTION), *range(0, 240, 15)).at(23)
    told = story.of("inactivity")[0]
    assert told.what.startswith("No movement since 14:30 (steps, says what is worn), ")
    said = {one.text: one.at for one in told.evidence}
    assert said["Last movement: kitchen"] == MONDAY + timedelta(hours=9)
    assert said["Last steps, says what is worn"] == told.onset
