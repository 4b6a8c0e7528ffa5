from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.features.door_habits import DoorHabits, Hour
from analytics.features.hours import opened
from analytics.features.localtime import LocalTime
from analytics.features.out_of_bed import Risen

LOCAL = LocalTime("Europe/London")
MIDNIGHT = datetime(2026, 1, 10, tzinfo=UTC)


def _history(days: int, hours: list[float], minutes: list[int]) -> DoorHabits:
    """Let the door open at the same hours each night, and people be up in the same minutes."""
    habits = DoorHabits()
    for back in range(days, 0, -1):
        start = MIDNIGHT - timedelta(days=back, hours=-12)
        for hour in hours:
            habits.see(LOCAL, (start + timedelta(hours=11 + hour)).timestamp())
        day = opened(start.timestamp(), LOCAL)
        for minute in minutes:
            day.see(minute, "")
        habits.close_day(LOCAL, (start + timedelta(hours=16)).timestamp(), blind=False)
        habits.learn(day)
    return habits


@given(
    days=st.integers(0, 40),
    hours=st.lists(st.floats(0, 6.9), max_size=6),
    minutes=st.lists(st.integers(0, 1439), max_size=300),
    asked=st.floats(0, 6.99),
)
def test_no_history_makes_a_night_an_ordinary_hour(
    days: int, hours: list[float], minutes: list[int], asked: float
) -> None:
    habits = _history(days, hours, minutes)
    at = (MIDNIGHT - timedelta(hours=1) + timedelta(hours=asked)).timestamp()
    today = opened(at, LOCAL)
    for minute in minutes:
        today.see(minute, "")
    found = habits.hour(LOCAL, at, today)
    assert found not in (Hour.ORDINARY, Hour.RARE)
    if 2.0 <= asked < 5.0:  # from 01 to 04
        assert found is not Hour.UP
    if days < 14:
        assert found is Hour.NIGHT


def test_a_door_that_opens_each_night_at_two_is_often_and_at_half_past_eleven_the_end_of_the_day() -> (
    None
):
    habits = _history(30, [0.5, 3.0], [])
    two, late = MIDNIGHT + timedelta(hours=2), MIDNIGHT - timedelta(minutes=30)
    today = opened(two.timestamp(), LOCAL)
    assert habits.hour(LOCAL, two.timestamp(), today) is Hour.OFTEN
    assert habits.hour(LOCAL, late.timestamp(), today) is Hour.UP
    other = MIDNIGHT + timedelta(hours=3, minutes=30)
    assert habits.hour(LOCAL, other.timestamp(), today) is Hour.NIGHT


def test_being_up_each_evening_counts_only_while_nobody_has_gone_to_bed() -> None:
    evening = [*range(16 * 60, 20 * 60, 5)]
    habits = _history(30, [], evening)
    at = (MIDNIGHT - timedelta(minutes=15)).timestamp()
    up, asleep = opened(at, LOCAL), opened(at, LOCAL)
    for minute in evening:
        up.see(minute, "")
        if not 17 * 60 <= minute < 19 * 60:
            asleep.see(minute, "")
    assert habits.hour(LOCAL, at, up) is Hour.UP
    assert habits.hour(LOCAL, at, asleep) is Hour.NIGHT


@given(
    days=st.integers(14, 40),
    hours=st.lists(st.floats(0, 6.9), max_size=6),
    minutes=st.lists(st.integers(0, 1439), max_size=300),
    asked=st.floats(0, 6.99),
)
def test_who_comes_from_bed_is_never_waited_for_longer(
    days: int, hours: list[float], minutes: list[int], asked: float
) -> None:
    """In the order of how long it takes until something is said."""
    waits = {Hour.NIGHT: 0, Hour.OFTEN: 0, Hour.AWAKE: 1, Hour.RISEN: 1, Hour.UP: 2}
    habits = _history(days, hours, minutes)
    at = (MIDNIGHT - timedelta(hours=1) + timedelta(hours=asked)).timestamp()
    today = opened(at, LOCAL)
    for minute in minutes:
        today.see(minute, "")
    no, perhaps, sure = (waits[habits.hour(LOCAL, at, today, one)] for one in Risen)
    assert no >= perhaps >= sure
    assert sure == 0


def test_a_restart_changes_nothing() -> None:
    habits = _history(20, [1.0], [0, 1, 2])
    again = DoorHabits()
    again.restore(habits.snapshot())
    assert again.snapshot() == habits.snapshot()
