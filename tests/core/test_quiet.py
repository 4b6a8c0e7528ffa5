"""Quiet hours: what is not urgent is held until the end of the window, and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.model.errors import Malformed
from core.model.finding import Severity
from core.model.quiet import LONGEST, QuietHours, check, from_json, held_until, to_json
from core.model.week import DAY_MIN, WeeklySpan
from tests.core.test_week import SPANS, moments_between

LONDON = ZoneInfo("Europe/London")
EVERY_DAY = tuple(range(7))
MOMENTS = moments_between(datetime(2026, 1, 1, tzinfo=UTC), days=365)
WINDOWS = st.lists(SPANS, max_size=4).map(tuple)
INSTANT = timedelta(microseconds=1)


def hours(*windows: WeeklySpan) -> QuietHours:
    return QuietHours(zone=LONDON, windows=windows)


NIGHT = WeeklySpan(days=EVERY_DAY, start=22 * 60, end=7 * 60)


@settings(deadline=None)
@given(WINDOWS, MOMENTS)
def test_nothing_urgent_is_ever_held(windows: tuple[WeeklySpan, ...], moment: datetime) -> None:
    assert held_until(hours(*windows), Severity.URGENT, moment, LONDON) is None


@settings(deadline=None)
@given(WINDOWS, MOMENTS, st.sampled_from([Severity.CHECK, Severity.NOTICE]))
def test_at_the_end_of_the_quiet_it_is_over_and_not_before(
    windows: tuple[WeeklySpan, ...], moment: datetime, severity: Severity
) -> None:
    kept = hours(*windows)
    until = held_until(kept, severity, moment, LONDON)
    if until is None:
        return
    assert until > moment
    assume(until - moment < timedelta(days=7))  # quiet for ever is refused, see below
    assert held_until(kept, severity, until, LONDON) is None
    before = moment + (until - moment) / 2
    assert held_until(kept, severity, before, LONDON) == until
    assert held_until(kept, severity, until - INSTANT, LONDON) == until


@settings(deadline=None)
@given(WINDOWS, MOMENTS)
def test_what_is_accepted_lets_everything_through_in_time(
    windows: tuple[WeeklySpan, ...], moment: datetime
) -> None:
    try:
        check(windows)
    except Malformed:
        return
    until = hours(*windows).until(moment)
    # the clock may add an hour on a night in autumn
    assert until is None or until - moment <= LONGEST + timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)),
        (datetime(2026, 1, 5, 0, tzinfo=UTC), datetime(2026, 1, 5, 7, tzinfo=UTC)),
        (datetime(2026, 1, 5, 21, 59, tzinfo=UTC), None),
    ],
)
def test_a_night_ends_at_seven_on_the_clock(moment: datetime, until: datetime | None) -> None:
    assert hours(NIGHT).until(moment) == until


def test_windows_that_meet_are_one_quiet() -> None:
    evening = WeeklySpan(days=EVERY_DAY, start=18 * 60, end=22 * 60)
    moment = datetime(2026, 1, 5, 19, tzinfo=UTC)
    assert hours(evening, NIGHT).until(moment) == datetime(2026, 1, 6, 7, tzinfo=UTC)


@settings(deadline=None, max_examples=60)
@given(WINDOWS, MOMENTS, st.integers(1, 300))
def test_a_time_meets_quiet_hours_where_one_of_its_minutes_is_quiet(
    windows: tuple[WeeklySpan, ...], moment: datetime, minutes: int
) -> None:
    start = moment.replace(second=0, microsecond=0)
    each = (start + timedelta(minutes=one) for one in range(minutes))
    quiet = QuietHours(zone=LONDON, windows=windows)
    expected = any(quiet.until(one) is not None for one in each)
    assert quiet.meet(start, start + timedelta(minutes=minutes)) == expected


def test_ten_quiet_minutes_within_a_shift_are_found() -> None:
    nap = WeeklySpan(days=(0,), start=13 * 60 + 10, end=13 * 60 + 20)
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert hours(nap).meet(noon, noon + timedelta(hours=6))
    assert not hours(nap).meet(noon, noon.replace(hour=13, minute=10))
    assert not hours(nap).meet(noon.replace(hour=13, minute=20), noon.replace(hour=18))


def test_a_notice_waits_for_the_morning_of_anybody() -> None:
    night = datetime(2026, 1, 5, 3, tzinfo=UTC)
    assert held_until(None, Severity.NOTICE, night, LONDON) == night.replace(hour=8)
    assert held_until(None, Severity.CHECK, night, LONDON) is None
    assert held_until(None, Severity.NOTICE, night.replace(hour=12), LONDON) is None


def test_quiet_for_ever_is_refused() -> None:
    whole = WeeklySpan(days=EVERY_DAY, start=0, end=0)
    with pytest.raises(Malformed, match="windows: expected a break between 08:00 and 21:00"):
        check([whole])
    with pytest.raises(Malformed, match="at most 8"):
        check([NIGHT] * 9)
    with pytest.raises(Malformed, match="between 08:00 and 21:00"):
        check([WeeklySpan(days=EVERY_DAY, start=8 * 60, end=21 * 60)])  # no notice would ever come
    check([WeeklySpan(days=(5, 6), start=0, end=0), NIGHT])


@settings(deadline=None)
@given(WINDOWS)
def test_windows_come_back_as_they_were(windows: tuple[WeeklySpan, ...]) -> None:
    assert from_json(to_json(windows)) == windows
    assert all(0 < one.minutes <= DAY_MIN for one in windows)
