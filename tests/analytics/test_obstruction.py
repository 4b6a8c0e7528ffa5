from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.features.obstruction import APART_S, FEWEST_CHANGES, LEARNED_PAUSES, Obstruction
from analytics.sample_days import BATH_MOTION, HALL_MOTION, KITCHEN_MOTION, LOUNGE_MOTION
from core.model.finding import Audience, Phase, Severity
from core.model.quantity import Quantity
from tests.analytics.story import Story


def passed(sights: Obstruction, times: int) -> Obstruction:
    for _ in range(times):
        sights.change(APART_S * (sights.changes + 1))
    return sights


def learned(pause: int = 3) -> Obstruction:
    sights = Obstruction()
    sights.see(1)
    for _ in range(LEARNED_PAUSES):
        passed(sights, pause).see(1)
    return sights


def test_a_sensor_that_misses_far_more_than_ever_is_obstructed_until_it_sees_somebody() -> None:
    sights = learned()
    assert not passed(sights, FEWEST_CHANGES).obstructed(1)
    assert passed(sights, 1).obstructed(1)
    assert sights.missed(1) == FEWEST_CHANGES + 1
    sights.see(1)
    assert not sights.obstructed(1)


def test_a_room_that_is_seldom_used_may_miss_more() -> None:
    assert not passed(learned(pause=30), 6 * 30).obstructed(1)
    assert passed(learned(pause=30), 7 * 30).obstructed(1)


def test_nothing_is_said_of_a_sensor_before_its_pauses_are_known() -> None:
    sights = Obstruction()
    sights.see(1)
    for _ in range(LEARNED_PAUSES - 1):
        passed(sights, 3).see(1)
    assert not passed(sights, 1000).obstructed(1)
    assert not sights.obstructed(2)


def test_pacing_past_two_sensors_counts_once_in_two_minutes() -> None:
    sights = Obstruction()
    for second in range(0, 3600, 10):
        sights.change(float(second))
    assert sights.changes == 3600 / APART_S


def test_what_was_obstructed_for_months_is_learned_and_no_fault_for_ever() -> None:
    sights = learned()
    for _ in range(4):
        passed(sights, 100).see(1)
    assert not passed(sights, 100).obstructed(1)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 60)), max_size=200))
def test_it_is_never_obstructed_before_it_may_be_and_survives_a_restart(
    steps: list[tuple[int, int]],
) -> None:
    sights = Obstruction()
    for device, times in steps:
        before, next_at = {one for one in range(1, 5) if sights.obstructed(one)}, sights.next_at
        for _ in range(times):
            passed(sights, 1)
            now = {one for one in range(1, 5) if sights.obstructed(one)}
            assert now == before or sights.changes > next_at
        sights.see(device)
    assert Obstruction.restored(sights.snapshot()).snapshot() == sights.snapshot()


def lived(story: Story, days: range, *, hidden: bool) -> Story:
    """Let somebody go from room to room, through the hall, which may be hidden."""
    chance = random.Random(1)
    for day in days:
        for minute in range(7 * 60, 21 * 60, 15):
            room = chance.choice([KITCHEN_MOTION, LOUNGE_MOTION, BATH_MOTION])
            story.at(24 * day, minute).hear(HALL_MOTION, Quantity.LINK_QUALITY, 100)
            if not hidden:
                story.at(24 * day, minute).hear(HALL_MOTION)
                story.at(24 * day, minute, 5).hear(HALL_MOTION, value=0)
            story.at(24 * day, minute, 10).hear(room).at(24 * day, minute, 20).hear(room, value=0)
    return story


def test_operators_are_told_of_a_hidden_sensor_once_and_when_it_sees_again() -> None:
    story = lived(Story(), range(4), hidden=False)
    assert [one for one in story.of("liveness") if one.subject.endswith("obstructed")] == []
    lived(story.restart(), range(4, 6), hidden=True)
    lived(story, range(6, 7), hidden=False)
    told = [one for one in story.of("liveness") if one.subject.endswith("obstructed")]
    assert [one.phase for one in told] == [Phase.OPENED, Phase.CLEARED]
    assert told[0].subject == f"device:{HALL_MOTION}:obstructed"
    assert (told[0].severity, told[0].audience) == (Severity.CHECK, Audience.OPERATORS)
    assert told[0].what.startswith("Hall motion reports, but has not seen anybody while people")
    assert told[1].noticed_at - told[0].noticed_at < timedelta(days=2)
