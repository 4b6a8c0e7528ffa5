"""Who is on call: exactly one answer for each moment, or a gap that is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.errors import Malformed
from core.model.ids import CarerId
from core.model.rota import (
    Cover,
    Rota,
    Shift,
    check_cover,
    check_shifts,
    gaps,
    on_call,
    stretches,
)
from core.model.week import DAY_MIN, WeeklySpan
from tests.core.test_week import moments_between

LONDON = ZoneInfo("Europe/London")
RUTH, SAM, ANN = CarerId(1), CarerId(2), CarerId(3)
EVERY_DAY = tuple(range(7))
MOMENTS = st.one_of(
    moments_between(datetime(2026, 1, 1, tzinfo=UTC), days=365),
    # the two nights on which the clock changes
    moments_between(datetime(2026, 3, 28, 20, tzinfo=UTC), days=1),
    moments_between(datetime(2026, 10, 24, 20, tzinfo=UTC), days=1),
)


def shift(carer: CarerId, start: int, end: int, *days: int) -> Shift:
    hours = WeeklySpan(days=days or EVERY_DAY, start=start * 60, end=end * 60 % DAY_MIN)
    return Shift(hours=hours, carer_id=carer)


@st.composite
def round_the_clock(draw: st.DrawFn) -> Rota:
    """Cut every day at the same times and give each piece to somebody."""
    cuts = sorted(draw(st.sets(st.integers(0, DAY_MIN - 1), min_size=1, max_size=6)))
    shifts = tuple(
        Shift(
            hours=WeeklySpan(days=(day,), start=start, end=end),
            carer_id=draw(st.sampled_from([RUTH, SAM, ANN])),
        )
        for start, end in zip(cuts, [*cuts[1:], cuts[0]], strict=True)
        for day in EVERY_DAY
    )
    return Rota(zone=LONDON, shifts=shifts)


@settings(deadline=None)
@given(round_the_clock(), MOMENTS)
def test_a_rota_round_the_clock_has_exactly_one_answer_for_every_moment(
    rota: Rota, moment: datetime
) -> None:
    check_shifts(rota.shifts, {RUTH, SAM, ANN})
    answers = [one for one in rota.shifts if on_call(Rota(zone=LONDON, shifts=(one,)), moment)]
    assert len(answers) == 1
    assert on_call(rota, moment) == answers[0].carer_id
    assert gaps(rota, moment, moment + timedelta(days=2)) == ()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(1, 24)), max_size=6),
    MOMENTS,
)
def test_stretches_cover_every_moment_once_and_say_what_on_call_says(
    pieces: list[tuple[int, int, int]], moment: datetime
) -> None:
    shifts = tuple(
        shift(CarerId(number + 1), start, start + length, day)
        for number, (day, start, length) in enumerate(pieces)
    )
    rota = Rota(zone=LONDON, shifts=shifts)
    end = moment + timedelta(days=3)
    found = stretches(rota, moment, end)
    assert (found[0].start, found[-1].end) == (moment, end)
    assert all(one.end == next_.start for one, next_ in pairwise(found))
    for one in found:
        middle = one.start + (one.end - one.start) / 2
        for at in (one.start, middle, one.end - timedelta(microseconds=1)):
            assert on_call(rota, at) == one.carer_id
    assert {one.start for one in gaps(rota, moment, end)} == {
        one.start for one in found if one.carer_id is None
    }


def test_a_night_shift_belongs_to_the_evening_it_begins() -> None:
    rota = Rota(zone=LONDON, shifts=(shift(SAM, 22, 7, 6),))  # the night to Monday
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    seen = [on_call(rota, monday + timedelta(hours=hour)) for hour in (-3, -2, 0, 6, 7)]
    assert seen == [None, SAM, SAM, SAM, None]


def test_on_the_day_the_clock_goes_back_nobody_hands_over_twice() -> None:
    rota = Rota(zone=LONDON, shifts=(shift(RUTH, 7, 1), shift(SAM, 1, 7)))
    night = datetime(2026, 10, 24, 23, tzinfo=UTC)  # midnight; 01:00 comes at 00:00 and 01:00 UTC
    found = stretches(rota, night, night + timedelta(hours=9))
    assert [(one.carer_id, one.start.hour) for one in found] == [(RUTH, 23), (SAM, 0), (RUTH, 7)]


def test_on_the_day_the_clock_jumps_there_is_no_gap() -> None:
    rota = Rota(zone=LONDON, shifts=(shift(RUTH, 7, 1), shift(SAM, 1, 7)))
    assert gaps(rota, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)) == ()
    half = WeeklySpan(days=EVERY_DAY, start=7 * 60, end=90)
    rest = WeeklySpan(days=EVERY_DAY, start=90, end=7 * 60)  # 01:30 is not there that day
    rota = Rota(
        zone=LONDON, shifts=(Shift(hours=half, carer_id=RUTH), Shift(hours=rest, carer_id=SAM))
    )
    assert gaps(rota, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)) == ()
    assert on_call(rota, datetime(2026, 3, 29, 1, tzinfo=UTC)) == SAM


def test_the_latest_cover_counts_and_only_while_it_lasts() -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    first = Cover(
        cover_id=1, starts_at=noon, ends_at=noon + timedelta(hours=4), carer_id=SAM, asked_by=RUTH
    )
    second = Cover(
        cover_id=2,
        starts_at=noon + timedelta(hours=2),
        ends_at=noon + timedelta(hours=3),
        carer_id=ANN,
        asked_by=RUTH,
    )
    rota = Rota(zone=LONDON, shifts=(shift(RUTH, 0, 0),), covers=(first, second))
    found = stretches(rota, noon - timedelta(hours=1), noon + timedelta(hours=5))
    assert [(one.carer_id, one.cover_id) for one in found] == [
        (RUTH, None),
        (SAM, 1),
        (ANN, 2),
        (SAM, 1),
        (RUTH, None),
    ]


def test_two_at_once_and_people_who_are_not_here_are_refused_by_number() -> None:
    with pytest.raises(Malformed, match="shift 2: expected hours that shift 1 does not have"):
        check_shifts([shift(RUTH, 20, 8, 6), shift(SAM, 7, 12, 0)], {RUTH, SAM})
    with pytest.raises(Malformed, match="shift 1: expected somebody who works here"):
        check_shifts([shift(ANN, 20, 8, 6)], {RUTH, SAM})
    check_shifts([shift(RUTH, 20, 8, 6), shift(SAM, 8, 12, 0)], {RUTH, SAM})


@pytest.mark.parametrize(
    ("carer", "starts_h", "ends_h", "field"),
    [
        (ANN, 1, 2, "carer"),
        (SAM, 2, 2, "ends"),
        (SAM, -3, -1, "ends"),
        (SAM, 0, 24 * 40, "ends"),
        (SAM, 9000, 9001, "ends"),
    ],
)
def test_a_cover_that_makes_no_sense_names_its_field(
    carer: CarerId, starts_h: int, ends_h: int, field: str
) -> None:
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    cover = Cover(
        starts_at=now + timedelta(hours=starts_h),
        ends_at=now + timedelta(hours=ends_h),
        carer_id=carer,
        asked_by=RUTH,
    )
    with pytest.raises(Malformed) as refused:
        check_cover(cover, {RUTH, SAM}, now)
    assert refused.value.field == field
