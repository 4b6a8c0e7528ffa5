from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from analytics.features.bouts import activity_to_rest, bouts, hazard, rest_to_activity, smooth
from core.model.circadian import (
    Convention,
    cosinor,
    daily_profile,
    in_slots,
    interdaily_stability,
    intradaily_variability,
    least_active,
    most_active,
    regularity,
    relative_amplitude,
)

PY = Convention.PYACTIGRAPHY
WEEKS = (
    some.integers(2, 12)
    .flatmap(
        lambda days: arrays.arrays(np.float64, 24 * days, elements=some.integers(0, 60).map(float))
    )
    .filter(lambda x: float(np.ptp(x)) > 0)
)
QUICK = settings(max_examples=60, deadline=None)


@QUICK
@given(WEEKS)
def test_the_two_conventions_differ_by_the_exact_factor(x: np.ndarray) -> None:
    count = len(x)
    stability = interdaily_stability(x) * 24 / 23 * (count - 1) / count
    assert interdaily_stability(x, 24, PY) == pytest.approx(stability)
    variability = intradaily_variability(x) * (count - 1) / count
    assert intradaily_variability(x, PY) == pytest.approx(variability)


@QUICK
@given(WEEKS, some.floats(0.01, 1000.0))
def test_scale_does_not_matter(x: np.ndarray, factor: float) -> None:
    scaled = x * factor
    assert interdaily_stability(scaled) == pytest.approx(interdaily_stability(x))
    assert intradaily_variability(scaled) == pytest.approx(intradaily_variability(x))
    assert relative_amplitude(scaled) == pytest.approx(relative_amplitude(x))
    assert cosinor(scaled).explained == pytest.approx(cosinor(x).explained, abs=1e-9)


@QUICK
@given(WEEKS)
def test_all_lie_in_their_ranges(x: np.ndarray) -> None:
    assert -1e-12 <= interdaily_stability(x) <= 1 + 1e-12
    assert intradaily_variability(x) >= 0
    assert -1e-12 <= relative_amplitude(x) <= 1 + 1e-12
    assert least_active(x).mean <= most_active(x).mean + 1e-9
    assert -1e-9 <= cosinor(x).explained <= 1 + 1e-9


@QUICK
@given(arrays.arrays(np.float64, 24, elements=some.integers(0, 60).map(float)), some.integers(2, 9))
def test_days_that_repeat_each_other_are_perfectly_stable(day: np.ndarray, days: int) -> None:
    if np.ptp(day) > 0:
        assert interdaily_stability(np.tile(day, days)) == pytest.approx(1.0)


@QUICK
@given(WEEKS, some.integers(0, 23))
def test_where_the_record_begins_does_not_matter(x: np.ndarray, hours: int) -> None:
    turned = np.roll(x, hours)
    assert relative_amplitude(turned) == pytest.approx(relative_amplitude(x))
    assert interdaily_stability(turned) == pytest.approx(interdaily_stability(x))


def test_noise_is_not_stable_and_a_sine_hardly_varies() -> None:
    noise = np.random.default_rng(1).normal(size=24 * 400)
    assert interdaily_stability(noise) < 0.02
    assert intradaily_variability(noise) == pytest.approx(2.0, abs=0.05)
    sine = np.sin(2 * np.pi * np.arange(24 * 40) / 24)
    assert intradaily_variability(sine) < 0.1


def test_what_is_not_known_is_left_out() -> None:
    x = np.tile(np.arange(24.0), 4)
    x[30] = np.nan
    assert interdaily_stability(x) == pytest.approx(1.0, abs=0.02)
    assert daily_profile(x).tolist() == list(range(24))
    nothing = np.full(48, np.nan)
    assert np.isnan(interdaily_stability(nothing))
    assert np.isnan(intradaily_variability(nothing))
    assert np.isnan(cosinor(nothing).mesor)


def test_the_calmest_hours_may_lie_across_midnight() -> None:
    day = np.full(24, 10.0)
    day[[22, 23, 0, 1, 2]] = 1.0
    window = least_active(np.tile(day, 3))
    assert (window.start_h, window.mean) == (22.0, 1.0)


def test_regularity_is_the_same_in_both_conventions_for_whole_days() -> None:
    asleep = np.random.default_rng(2).integers(0, 2, 24 * 9)
    assert regularity(asleep, 24) == pytest.approx(regularity(asleep, 24, PY))


def test_slots_hold_the_sum_and_gaps_count_nothing() -> None:
    assert in_slots([np.nan] * 3 + [1.0], 3).tolist() == [0.0, 1.0]


# Bouts


@QUICK
@given(arrays.arrays(np.int8, some.integers(1, 300), elements=some.integers(0, 1)))
def test_bouts_put_together_are_the_record(states: np.ndarray) -> None:
    lengths, active = bouts(states)
    assert np.repeat(active, lengths).astype(int).tolist() == states.tolist()


def test_an_unknown_minute_is_a_bout_of_rest_without_length() -> None:
    lengths, active = bouts([1.0, np.nan, np.nan, 1.0])
    assert lengths.tolist() == [1, 0, 0, 1]
    assert active.tolist() == [True, False, False, True]


def test_a_steady_hazard_is_found() -> None:
    rng = np.random.default_rng(3)
    states = np.repeat(
        np.tile([0, 1], 20_000),
        np.column_stack([rng.geometric(0.1, 20_000), rng.geometric(0.3, 20_000)]).ravel(),
    )
    assert rest_to_activity(states) == pytest.approx(0.1, abs=0.01)
    assert activity_to_rest(states) == pytest.approx(0.3, abs=0.03)


def test_too_few_bouts_have_no_hazard() -> None:
    assert np.isnan(rest_to_activity([0, 1, 0, 1]))
    assert np.isnan(rest_to_activity([]))


def test_a_line_stays_a_line() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0, 9.0, 15.0, 20.0])
    assert smooth(x, 3 * x - 1, 0.6) == pytest.approx(3 * x - 1)


@QUICK
@given(some.lists(some.integers(0, 50), min_size=2, max_size=80))
def test_a_hazard_is_a_probability(lengths: list[int]) -> None:
    at, chance, weight = hazard(lengths)
    assert len(at) == len(chance) == len(weight) == len(set(lengths)) - 1
    assert np.all((chance > 0) & (chance <= 1))
