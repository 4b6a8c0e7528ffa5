"""Until when watching may rest: whatever is typed is an end within the bound, or is refused with words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.away import ASKED_AHEAD, LONGEST, is_asked, rests_until
from core.model.errors import Malformed
from core.model.finding import Severity
from core.model.quiet import QuietHours, held_until
from core.model.week import WeeklySpan

ZONES = st.sampled_from(
    [
        "Europe/London",
        "America/Los_Angeles",
        "Pacific/Kiritimati",
        "Asia/Dhaka",
        "Australia/Lord_Howe",
    ]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TYPED = st.one_of(
    st.text(max_size=20),
    st.dates().map(date.isoformat),
    st.times().map(time.isoformat),
    st.sampled_from(
        ["", "24:00", "9999-12-31", "0001-01-01", "00:00", "23:59:59.999999", "2026-W01-1"]
    ),
)


@given(day=TYPED, clock=TYPED, zone=ZONES, now=MOMENTS)
def test_any_text_is_an_end_within_the_bound_or_refused(
    day: str, clock: str, zone: ZoneInfo, now: datetime
) -> None:
    try:
        until = rests_until(day, clock, zone, now)
    except Malformed:
        return
    assert timedelta(0) < until - now <= LONGEST


@given(
    ahead=st.timedeltas(timedelta(hours=2), LONGEST - timedelta(hours=2)), zone=ZONES, now=MOMENTS
)
def test_what_is_typed_is_by_the_clock_of_the_home(
    ahead: timedelta, zone: ZoneInfo, now: datetime
) -> None:
    local = (now + ahead).astimezone(zone).replace(second=0, microsecond=0)
    until = rests_until(local.date().isoformat(), local.strftime("%H:%M"), zone, now)
    assert until.astimezone(zone).replace(fold=0) == local.replace(fold=0)


EVENINGS = (WeeklySpan(days=tuple(range(7)), start=18 * 60, end=9 * 60),)


@given(until=MOMENTS, zone=ZONES, windows=st.sampled_from([(), EVENINGS]))
def test_who_was_told_days_ago_is_asked_in_good_time_and_never_when_asleep(
    until: datetime, zone: ZoneInfo, windows: tuple[WeeklySpan, ...]
) -> None:
    hours = QuietHours(zone=zone, windows=windows)
    quarters = [until - timedelta(minutes=15 * number) for number in range(4 * 24, -1, -1)]
    told_at = until - timedelta(days=2)
    asked = [at for at in quarters if is_asked(told_at, until, hours, zone, at)]
    assert asked
    assert asked[0] <= until - ASKED_AHEAD + timedelta(minutes=15)
    for at in asked:
        assert held_until(hours, Severity.NOTICE, at, zone) is None
        assert until - timedelta(hours=19) <= at < until


def test_an_hour_that_the_clock_leaves_out_is_taken_all_the_same() -> None:
    london, now = ZoneInfo("Europe/London"), datetime(2026, 3, 27, tzinfo=UTC)
    assert rests_until("2026-03-29", "01:30", london, now) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("days", [0, 14.0001])
def test_the_bound(days: float) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    end = now + timedelta(days=days)
    with pytest.raises(Malformed):
        rests_until(end.date().isoformat(), end.time().isoformat(), ZoneInfo("UTC"), now)
