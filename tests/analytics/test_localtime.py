"""The wall clock over clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.features.localtime import DAY_S, HOUR_S, LocalTime

ZONES = (
    "Europe/London",
    "Europe/Athens",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Antarctica/Troll",
)
MOMENTS = st.floats(1.0e9, 1.9e9)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), MOMENTS, st.lists(st.floats(0, 3 * HOUR_S), max_size=30))
def test_what_is_remembered_is_what_the_zone_says(
    zone: str, start: float, steps: list[float]
) -> None:
    local, now = LocalTime(zone), start
    for step in steps:
        now += step
        expected = local.at(now).utcoffset()
        assert expected is not None
        assert local.offset(now) == expected.total_seconds()
        assert local.is_waking(now) is (7 <= local.at(now).hour < 22)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), MOMENTS)
def test_the_next_day_is_the_first_moment_of_another_day(zone: str, now: float) -> None:
    local = LocalTime(zone)
    ends = local.next_day(now)
    assert now < ends <= now + DAY_S + 3 * HOUR_S
    assert local.day(ends) == local.day(now) + 1
    assert local.day(ends - 1) == local.day(now)


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2026, 7, 1), 15.0), ((2026, 3, 28), 15.0), ((2026, 10, 24), 15.0)],
)
def test_a_whole_day_has_fifteen_waking_hours(day: tuple[int, int, int], hours: float) -> None:
    local = LocalTime("Europe/London")
    noon = datetime(*day, 12, tzinfo=UTC).timestamp()
    ends = local.next_day(noon)
    starts = local.next_day(noon - DAY_S)
    assert local.waking_s(starts, ends) == hours * HOUR_S


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), MOMENTS, st.floats(0, 3 * DAY_S), st.floats(0, 1))
def test_waking_seconds_add_up(zone: str, start: float, length: float, share: float) -> None:
    local, middle, end = LocalTime(zone), start + share * length, start + length
    parts = local.waking_s(start, middle) + local.waking_s(middle, end)
    assert parts == pytest.approx(local.waking_s(start, end), abs=1e-3)
    assert 0 <= parts <= length + 1e-3


def test_waking_hours_are_those_of_the_wall_clock() -> None:
    local = LocalTime("Europe/London")
    six = datetime(2026, 7, 1, 5, tzinfo=UTC)  # 06:00 in London
    assert local.waking_s(six.timestamp(), (six + timedelta(hours=2)).timestamp()) == HOUR_S
