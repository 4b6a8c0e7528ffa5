from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.model.clock_skew import CORRECTED_S, TRUSTED_S, Skew, Trust
from tests.gateway.builders import NOON, after

DELAYS = st.floats(min_value=0, max_value=4, allow_nan=False)


def judged(skew: Skew, claimed_s: float, received_s: float) -> tuple[Trust, float]:
    judgement = skew.judge(after(claimed_s), after(received_s))
    return judgement.trust, (judgement.observed_at - NOON).total_seconds()


def test_a_good_clock_keeps_its_times() -> None:
    skew = Skew()
    assert judged(skew, 0, 0.4) == (Trust.TRUSTED, 0)
    assert judged(skew, 10, 11) == (Trust.TRUSTED, 10)


@pytest.mark.parametrize(
    ("error_s", "trust", "observed_s"),
    [
        (5.0, Trust.TRUSTED, 100.0),
        (5.1, Trust.CORRECTED, 105.1),
        (300.0, Trust.CORRECTED, 400.0),
        (300.1, Trust.DISTRUSTED, 400.1),
        (40 * 365 * 86_400.0, Trust.DISTRUSTED, 40 * 365 * 86_400.0 + 100),
        (-5.0, Trust.TRUSTED, 100.0),
        (-120.0, Trust.CORRECTED, -20.0),
        (-301.0, Trust.FUTURE, -201.0),
    ],
)
def test_bands(error_s: float, trust: Trust, observed_s: float) -> None:
    found, at = judged(Skew(), 100, 100 + error_s)
    assert found is trust
    assert at == pytest.approx(observed_s, abs=1e-5)


@pytest.mark.parametrize("year", [2031, 2061, 9999])
def test_a_clock_that_is_years_ahead_is_not_believed_and_moves_nothing(year: int) -> None:
    skew = Skew()
    judged(skew, 0, 0.5)
    for _ in range(10):
        found = skew.judge(datetime(year, 1, 1, tzinfo=UTC), NOON)
        assert (found.trust, found.observed_at) == (Trust.FUTURE, NOON)
    assert judged(skew, 100, 100.5) == (Trust.TRUSTED, 100)


def test_a_backlog_that_comes_days_late_keeps_its_times() -> None:
    skew = Skew()
    judged(skew, 0, 0.5)
    week_s = 7 * 86_400.0
    for minute in range(1, 60):
        assert judged(skew, minute * 60, week_s + minute) == (Trust.TRUSTED, minute * 60)


def test_the_envelope_leaks_a_second_an_hour() -> None:
    skew = Skew()
    judged(skew, 0, 0)
    for minute in range(1, 601):
        judged(skew, minute * 60, minute * 60 + 20)
    assert skew.envelope_s == pytest.approx(10.0, abs=0.01)


def test_a_drifting_clock_is_followed_down_at_once() -> None:
    skew = Skew(envelope_s=20.0, at=NOON)
    assert judged(skew, 100, 101) == (Trust.TRUSTED, 100)
    assert skew.envelope_s == 1


def test_one_leap_ahead_is_a_glitch_and_two_are_a_clock() -> None:
    skew = Skew()
    judged(skew, 0, 0.5)
    assert judged(skew, 150, 10) == (Trust.FUTURE, 10)
    assert judged(skew, 20, 20.5) == (Trust.TRUSTED, 20)
    assert judged(skew, 150, 30) == (Trust.FUTURE, 30)
    assert judged(skew, 161, 41)[0] is Trust.CORRECTED
    assert skew.envelope_s == pytest.approx(-120, abs=1)


@pytest.mark.parametrize("was_s", [-299.0, -120.0, -6.0])
def test_a_clock_that_was_ahead_is_believed_within_a_few_messages_once_it_is_right(
    was_s: float,
) -> None:
    """A door that opens five times a day: by the leak alone it took two months."""
    skew = Skew()
    judged(skew, -was_s, 0)
    assert judged(skew, 100 - was_s, 100)[0] is Trust.CORRECTED
    for number in range(1, 5):
        judged(skew, number * 18_000, number * 18_000 + 0.4)
    assert judged(skew, 90_000, 90_000.5) == (Trust.TRUSTED, 90_000)


@pytest.mark.parametrize("lost_s", [3600.0, 86_400.0, 1.7e9])
def test_a_clock_that_lost_its_time_is_not_believed_for_long(lost_s: float) -> None:
    """Its battery was changed: all that it says would be from long ago, and nobody would seem to move."""
    skew = Skew()
    judged(skew, 0, 0.4)
    found = [judged(skew, minute * 60 - lost_s, minute * 60 + 0.4) for minute in range(1, 90)][-1]
    assert found[0] is Trust.DISTRUSTED
    assert found[1] == pytest.approx(89 * 60 + 0.4)
    # and right again, it is believed at once
    assert judged(skew, 6000, 6000.4) == (Trust.TRUSTED, 6000)


@given(
    kept_s=st.floats(min_value=3600, max_value=7 * 86_400.0),
    every_s=st.floats(min_value=5, max_value=60),
    pace=st.floats(min_value=1.5, max_value=300),
)
def test_a_queue_keeps_its_times_however_slowly_it_is_delivered(
    kept_s: float, every_s: float, pace: float
) -> None:
    """Each message is nearer to the present than the one before it."""
    skew = Skew()
    judged(skew, 0, 0.5)
    claimed, received = 0.0, kept_s
    while claimed + every_s < received:
        claimed, received = claimed + every_s, received + every_s / pace
        if received - claimed > CORRECTED_S and received - kept_s < 6 * 3600:
            trust, at = judged(skew, claimed, received)
            assert trust is not Trust.DISTRUSTED
            assert abs(at - claimed) < 10  # what leaks in six hours
        if received - kept_s > 6 * 3600:
            return


@given(
    error_s=st.floats(min_value=-250, max_value=250),
    delays=st.lists(DELAYS, min_size=1, max_size=30),
)
def test_no_event_is_from_the_future_and_a_correction_is_bounded(
    error_s: float, delays: list[float]
) -> None:
    skew = Skew()
    for number, delay in enumerate(delays):
        claimed, received = after(number * 60 + error_s), after(number * 60 + delay)
        judgement = skew.judge(claimed, received)
        assert (judgement.observed_at - received).total_seconds() <= TRUSTED_S + 1e-6
        if judgement.trust is Trust.CORRECTED:
            assert abs((judgement.observed_at - claimed).total_seconds()) <= CORRECTED_S + 1e-6


@given(
    weeks=st.integers(min_value=-100, max_value=100),
    skews=st.lists(st.floats(min_value=-400, max_value=4000), max_size=20),
)
def test_shifting_all_times_by_weeks_shifts_the_result(weeks: int, skews: list[float]) -> None:
    shift = timedelta(weeks=weeks)
    here, there = Skew(), Skew()
    for number, skew_s in enumerate(skews):
        claimed, received = after(number * 30 - skew_s), after(number * 30)
        first = here.judge(claimed, received)
        second = there.judge(claimed + shift, received + shift)
        assert first == replace(second, observed_at=second.observed_at - shift)
