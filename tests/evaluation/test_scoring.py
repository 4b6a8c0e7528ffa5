"""Counting: exact intervals, episodes, delays, areas; and what any detector must beat."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from analytics.evaluation import controls
from analytics.evaluation.scoring import (
    Truth,
    auc,
    auc_within,
    bootstrap,
    delay,
    poisson_interval,
    score,
    share_interval,
)

times = st.floats(0.0, 1e6).map(lambda value: round(value, 1))
scores = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60)


@given(st.integers(0, 300), st.floats(0.1, 1e4))
def test_a_rate_lies_in_its_interval_and_the_interval_has_its_tails(
    count: int, exposure: float
) -> None:
    low, high = poisson_interval(count, exposure)
    assert 0.0 <= low <= count / exposure <= high
    assert stats.poisson.cdf(count, high * exposure) == pytest.approx(0.025, abs=1e-6)
    if count:
        assert stats.poisson.sf(count - 1, low * exposure) == pytest.approx(0.025, abs=1e-6)


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_share_lies_in_its_interval(hits: int, more: int) -> None:
    low, high = share_interval(hits, hits + more)
    assert 0.0 <= low <= high <= 1.0
    if hits + more:
        assert low <= hits / (hits + more) <= high
        assert (
            stats.binom.cdf(hits, hits + more, high) == pytest.approx(0.025, abs=1e-6) or not more
        )


@settings(deadline=None)
@given(st.lists(times, max_size=20), st.lists(times, max_size=40), st.floats(1.0, 1e5))
def test_each_alert_is_a_first_a_duplicate_or_false(
    onsets: list[float], alerts: list[float], window: float
) -> None:
    truths = [Truth(onset=one, until=one + window) for one in onsets]
    found = score(truths, alerts)
    assert len(found.delays) == len(truths)
    assert all(one is None or 0.0 <= one <= window + 1e-6 for one in found.delays)
    for truth, one in zip(truths, found.delays, strict=True):
        inside = [at for at in alerts if truth.onset <= at <= truth.until]
        assert (one is None) == (not inside)
    apart = np.diff(found.false)
    assert (apart > 0).all()
    assert found == score(truths, alerts[::-1])


def test_alarms_that_follow_each_other_closely_are_one_however_long_they_go_on() -> None:
    found = score([], [600.0 * number for number in range(50)])
    assert found.false == (0.0,)


def test_a_miss_lasts_to_the_end_of_the_window() -> None:
    found = delay([1.0, None, 3.0, None], 10.0)
    assert found.mean == pytest.approx(6.0)
    assert (found.median, found.p90) == (3.0, math.inf)
    late = delay([20.0], 10.0)
    assert (late.mean, late.median) == (10.0, math.inf)
    assert math.isnan(delay([], 10.0).mean)


@given(scores)
def test_the_area_is_that_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    values, labels = [one for one, _ in rows], [label for _, label in rows]
    if len(set(labels)) < 2:
        assert math.isnan(auc(values, labels))
    else:
        assert auc(values, labels) == pytest.approx(roc_auc_score(labels, values))
        turned = auc([-one for one in values], labels)
        assert auc(values, labels) + turned == pytest.approx(1.0)


@given(scores, st.lists(st.integers(-100, 100), min_size=3, max_size=3))
def test_habits_of_a_person_do_not_matter_within_a_person(
    rows: list[tuple[int, bool]], habits: list[int]
) -> None:
    people = [number % 3 for number in range(len(rows))]
    labels = [label for _, label in rows]
    plain = auc_within([one for one, _ in rows], labels, people)
    shifted = [one + habits[who] for (one, _), who in zip(rows, people, strict=True)]
    assert auc_within(shifted, labels, people) == pytest.approx(plain, nan_ok=True)


def test_whole_homes_are_drawn_and_the_same_each_time() -> None:
    rates = np.array([0.0, 0.0, 0.0, 8.0])

    def mean(drawn: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        return float(rates[drawn].mean())

    found = bootstrap(4, mean, seed=1)
    assert found == bootstrap(4, mean, seed=1)
    assert found.low == 0.0
    assert found.high >= 4.0
    assert math.isnan(bootstrap(3, lambda _: math.nan).low)


@given(st.lists(times, min_size=1, max_size=50, unique=True), st.floats(10.0, 1e5))
def test_a_fixed_silence_speaks_once_a_silence(events: list[float], limit: float) -> None:
    at = np.sort(events)
    end = float(at[-1]) + 1e5
    told = controls.fixed_silence(at, end, limit)
    gaps = np.diff(np.append(at, end))
    assert len(told) == (gaps > limit).sum()
    assert np.isin(np.round(told - limit, 6), np.round(at, 6)).all()


def test_controls_keep_their_rate() -> None:
    week = 7 * 86400.0
    told = controls.at_random(0.0, 1000 * week, 2.0 / week, seed=3)
    assert len(told) == pytest.approx(2000, rel=0.1)
    assert (np.diff(told) >= 0).all()
    assert len(controls.periodic(0.0, 1000 * week, 2.0 / week)) == pytest.approx(2000, abs=2)
    assert len(controls.periodic(0.0, week, 0.0)) == 0


def test_the_longest_silence_so_far_is_kept_by_hour_and_needs_a_first_one() -> None:
    events = [0.0, 100.0, 200.0, 400.0, 500.0]
    assert controls.past_maximum(events, [8, 9, 8, 9, 8], 1000.0).tolist() == [325.0, 750.0]
