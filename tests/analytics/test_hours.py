from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analytics.features.coverage import Coverage
from analytics.features.hours import Hours, SettledDay, opened
from analytics.features.localtime import DAY_S, HOUR_S, LocalTime
from analytics.features.open_day import ANY, OpenDay
from analytics.features.plan import DevicePlan, plan
from analytics.features.view import HomeView
from analytics.features.walks import Walks
from analytics.sample_days import BATH_MOTION, HOUSEHOLD, KITCHEN_MOTION, LOUNGE_MOTION, said
from core.model.ids import DeviceId
from core.model.quantity import Quantity

LONDON = LocalTime("Europe/London")
HOME = plan(HOUSEHOLD)
KITCHEN: DevicePlan = HOME.by_id[KITCHEN_MOTION]
LOUNGE: DevicePlan = HOME.by_id[LOUNGE_MOTION]
#: 04:00 on a Tuesday in winter.
DAWN = datetime(2026, 1, 13, 4, tzinfo=UTC).timestamp()


def seen(hours: Hours, at: float, device: DevicePlan = KITCHEN, *, fresh: bool = True) -> None:
    hours.show(at, device, Walks(), fresh=fresh)


def settled(hours: Hours, until: float, coverage: Coverage | None = None) -> list[SettledDay]:
    found = []
    while hours.due <= until:
        hours.advance(hours.due, LONDON, coverage or Coverage(DAWN))
        if hours.settled is not None:
            found.append(hours.settled)
    return found


def lived(hours: Hours, days: int, *, silent: range = range(0)) -> list[SettledDay]:
    """Live some days: up from 08 to 20, in the kitchen for 20 minutes of each hour."""
    found = []
    for day in range(days):
        for hour in range(4, 16):
            if hour not in silent:
                for minute in range(20):
                    at = DAWN + day * DAY_S + hour * HOUR_S + minute * 60
                    found += settled(hours, at)
                    seen(hours, at)
    return found


@settings(max_examples=50, deadline=None)
@given(some.lists(some.integers(0, 1439), max_size=60), some.randoms())
def test_what_comes_twice_or_late_counts_once(minutes: list[int], chance: object) -> None:
    there, here = (Hours(DAWN, LONDON) for _ in range(2))
    for minute in sorted(minutes):
        seen(there, DAWN + 60 * minute)
    shuffled = minutes * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for minute in shuffled:
        seen(here, DAWN + 60 * minute, fresh=False)
    assert here.today.minutes(ANY).tolist() == there.today.minutes(ANY).tolist()
    assert int(here.today.active("kitchen").sum()) == len(set(minutes))


def test_a_day_waits_until_ten_for_what_comes_late() -> None:
    hours = Hours(DAWN, LONDON)
    assert settled(hours, DAWN + DAY_S + 5 * HOUR_S) == []
    seen(hours, DAWN + HOUR_S, fresh=False)
    (day,) = settled(hours, DAWN + DAY_S + 6 * HOUR_S)
    assert day.day.active("kitchen")[1] == 1
    assert hours.due == DAWN + 2 * DAY_S
    seen(hours, DAWN + HOUR_S, fresh=False)


def test_only_time_at_home_that_could_be_seen_is_valid() -> None:
    hours, coverage = Hours(DAWN, LONDON), Coverage(DAWN)
    lived(hours, 1)
    hours.note(DAWN + 10 * HOUR_S, home=False, guest=False)
    hours.note(DAWN + 12.5 * HOUR_S, home=True, guest=False)
    hours.note(DAWN + 14 * HOUR_S, home=True, guest=True)
    hours.note(DAWN + 15 * HOUR_S, home=True, guest=False)
    coverage.spans = [(DAWN + 16 * HOUR_S, DAWN + 16.5 * HOUR_S)]
    (day,) = settled(hours, DAWN + 1.5 * DAY_S, coverage)
    assert day.valid[[9, 10, 11, 12, 13, 14, 15, 16, 17]].tolist() == [
        60, 0, 0, 30, 60, 0, 60, 30, 60,
    ]  # fmt: skip
    assert day.known[[10, 12, 14]].tolist() == [60, 60, 0]
    assert day.day.guest_s == HOUR_S


def test_a_long_silence_by_day_is_not_valid_but_a_night_is() -> None:
    hours = Hours(DAWN, LONDON)
    lived(hours, 1, silent=range(6, 13))
    (day,) = settled(hours, DAWN + 1.5 * DAY_S)
    assert day.valid[[5, 6, 12, 13]].tolist() == [60, 0, 0, 60]
    assert day.valid[16:24].tolist() == [60] * 8


def test_equal_days_have_a_perfect_rhythm() -> None:
    hours = Hours(DAWN, LONDON)
    lived(hours, 5)
    assert hours.rhythm() is None
    lived(hours, 9)
    settled(hours, DAWN + 9.5 * DAY_S)
    rhythm = hours.rhythm()
    assert rhythm is not None
    assert rhythm.days == 7
    assert rhythm.stability == pytest.approx(1.0)
    assert rhythm.amplitude == pytest.approx(1.0)
    assert (rhythm.most, rhythm.least) == (20.0, 0.0)


def test_days_on_which_the_clock_was_set_do_not_count() -> None:
    march = datetime(2026, 3, 28, 10, tzinfo=UTC).timestamp()
    hours = Hours(march, LONDON)
    assert not hours.today.usual_length
    found = settled(hours, march + 3 * DAY_S)
    assert [one.day.usual_length for one in found] == [False, True, True]
    activity, valid = hours.table(3)
    assert np.isnan(activity).all()
    assert not valid[:48].any()


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        datetime(2026, 7, 1, 12, tzinfo=UTC),
    ],
)
def test_a_day_begins_and_ends_at_four_whatever_the_clock_does(at: datetime) -> None:
    day = opened(at.timestamp(), LONDON)
    for moment in (day.start, day.end):
        assert LONDON.hour(moment) == 4.0
    assert day.start <= at.timestamp() < day.end
    assert LONDON.day(day.start) == day.number == LONDON.day(day.end - 1)


def test_a_restart_changes_nothing_and_the_state_is_small() -> None:
    hours = Hours(DAWN, LONDON)
    lived(hours, 20)
    saved = msgspec.msgpack.encode(hours.snapshot())
    again = Hours.restored(msgspec.msgpack.decode(saved), LONDON)
    assert msgspec.msgpack.encode(again.snapshot()) == saved
    assert len(saved) < 5000
    for one in (hours, again):
        settled(one, DAWN + 21 * DAY_S)
    assert again.snapshot() == hours.snapshot()
    assert again.rhythm() == hours.rhythm()


def test_the_view_gives_hours_what_happens() -> None:
    start = datetime(2026, 5, 4, 8, tzinfo=UTC)
    view = HomeView(HOME, start.timestamp())
    for number, device in enumerate((KITCHEN_MOTION, LOUNGE_MOTION, KITCHEN_MOTION)):
        at = start + timedelta(minutes=number)
        view.now = at.timestamp()
        row = said(DeviceId(device), Quantity.MOTION, 1, at)
        view.observe(row, HOME.by_id[device], at.timestamp())
    assert sum(view.hours.today.moves) == 2
    assert int(view.hours.today.active(ANY).sum()) == 3


def test_a_bathroom_is_visited_by_who_stays_there_for_more_than_a_moment() -> None:
    hours, bathroom = Hours(DAWN, LONDON), HOME.by_id[BATH_MOTION]
    for seconds, device in ((0, bathroom), (70, KITCHEN), (100, bathroom), (130, bathroom)):
        seen(hours, DAWN + seconds, device)
    assert sum(hours.today.visits) == 0
    seen(hours, DAWN + 180, KITCHEN)
    assert sum(hours.today.visits) == 1


def test_the_median_way_is_found_to_a_few_percent() -> None:
    day = OpenDay(0, 0.0, DAY_S)
    assert np.isnan(day.step_s())
    for seconds in (3.0, 4.0, 5.0, 6.0, 7.0):
        day.step(seconds)
    assert day.step_s() == pytest.approx(5.0, rel=0.12)
