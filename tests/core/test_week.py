"""Weekly hours on a clock that jumps twice a year."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.week import DAY_MIN, WeeklySpan, instant, occurrences

LONDON = ZoneInfo("Europe/London")
ZONES = st.sampled_from(
    [LONDON, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Tokyo")]
)
DATES = st.dates(date(2024, 1, 1), date(2028, 12, 31))
SPANS = st.builds(
    lambda days, start, end: WeeklySpan(days=tuple(sorted(days)), start=start, end=end),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, DAY_MIN - 1),
    st.integers(0, DAY_MIN - 1),
)


def moments_between(start: datetime, *, days: int) -> st.SearchStrategy[datetime]:
    """Give moments to the second."""
    return st.integers(0, days * 86_400).map(lambda seconds: start + timedelta(seconds=seconds))


@settings(deadline=None)
@given(DATES, st.lists(st.integers(0, 2 * DAY_MIN), min_size=2), ZONES)
def test_a_later_time_on_the_clock_is_never_an_earlier_moment(
    day: date, minutes: list[int], zone: ZoneInfo
) -> None:
    moments = [instant(day, minute, zone) for minute in sorted(minutes)]
    assert moments == sorted(moments)


@settings(deadline=None)
@given(DATES, st.integers(0, DAY_MIN - 1), ZONES)
def test_a_time_that_is_there_is_shown_by_the_clock(day: date, minute: int, zone: ZoneInfo) -> None:
    local = instant(day, minute, zone).astimezone(zone)
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    assert local.replace(tzinfo=None, fold=0) >= wall
    if local.replace(tzinfo=None) != wall:
        before = instant(day, minute, zone) - timedelta(seconds=1)
        assert before.astimezone(zone).utcoffset() != local.utcoffset()


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 8), (date(2026, 10, 24), 10), (date(2026, 6, 6), 9)]
)
def test_a_night_over_the_change_of_the_clock_is_an_hour_shorter_or_longer(
    day: date, hours: int
) -> None:
    night = WeeklySpan(days=(day.weekday(),), start=22 * 60, end=7 * 60)
    start = instant(day, 0, LONDON)
    ((begins, ends),) = occurrences(night, LONDON, start, start + timedelta(days=2))
    assert ends - begins == timedelta(hours=hours)
    assert ends.astimezone(LONDON).hour == 7


@settings(deadline=None)
@given(SPANS, DATES, ZONES)
def test_a_whole_week_has_each_day_of_a_span_once(
    span: WeeklySpan, day: date, zone: ZoneInfo
) -> None:
    start, end = instant(day, 0, zone), instant(day + timedelta(days=7), 0, zone)
    begun = [begins for begins, _ in occurrences(span, zone, start, end) if begins >= start]
    there = {begins.astimezone(zone).weekday() for begins in begun}
    # a span within the hour that spring skips is no time at all on that day
    assert len(begun) >= len(span.days) - 1
    assert there <= set(span.days)


@pytest.mark.parametrize(
    ("days", "start", "end"),
    [((), 0, 0), ((7,), 0, 0), ((1, 0), 0, 0), ((0,), -1, 0), ((0,), 0, 1440)],
)
def test_what_is_no_time_of_a_week_is_refused(days: tuple[int, ...], start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"span has days|time of day"):
        WeeklySpan(days=days, start=start, end=end)


def test_a_span_that_ends_when_it_begins_is_a_day() -> None:
    assert WeeklySpan(days=(0,), start=480, end=480).minutes == DAY_MIN
    midnight = datetime(2026, 1, 5, tzinfo=UTC)
    span = WeeklySpan(days=(0,), start=0, end=0)
    assert list(occurrences(span, LONDON, midnight, midnight + timedelta(days=1))) == [
        (midnight, midnight + timedelta(days=1))
    ]
