from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analytics.features.change import (
    BASELINE_DAYS,
    CHANNEL_LIMIT,
    FIRST_DAYS,
    KEPT_DAYS,
    NEW_HABIT_DAYS,
    PROVISIONAL,
    QUICK_Z,
    Chart,
    Judged,
)
from analytics.features.trend import FIRST_WEEKS, LIMIT, REFERENCE_WEEKS, Trend

Floats = npt.NDArray[np.float64]
WIDTH = 6
CHANNELS = {"up": {0: 1.0, 1: 1.0}, "down": {2: -1.0, 3: -1.0, 1: -1.0}}


def chart() -> Chart:
    return Chart([1.0] * WIDTH, CHANNELS)


def surrogate(days: int, seed: int, *, phi: float = 0.2, rho: float = 0.3) -> Floats:
    """Days that hang together: AR(1) in time, correlated between features (detection.md §5)."""
    rng = np.random.default_rng(seed)
    mixing = np.linalg.cholesky((1 - rho) * np.eye(WIDTH) + rho)
    noise = rng.normal(size=(days, WIDTH)) @ mixing.T
    found = noise.copy()
    for day in range(1, days):
        found[day] = phi * found[day - 1] + np.sqrt(1 - phi**2) * noise[day]
    return found


def told(found: list[Judged | None]) -> list[int]:
    """Return the days on which a channel has been over its limit for two days."""
    over = [one is not None and bool(one.over.any()) for one in found]
    return [day for day in range(1, len(over)) if over[day] and over[day - 1]]


def test_it_learns_for_two_weeks_and_is_careful_for_four() -> None:
    found = list(map(chart().add, surrogate(40, 1)))
    assert all(one is None for one in found[:FIRST_DAYS])
    limits = [one.channel_limit for one in found if one is not None]
    assert limits[0] == CHANNEL_LIMIT + PROVISIONAL
    assert limits[BASELINE_DAYS - FIRST_DAYS :] == [CHANNEL_LIMIT] * (40 - BASELINE_DAYS)


def test_false_alarms_are_rare_and_a_change_is_found_in_days() -> None:
    false, delays = 0, []
    for seed in range(40):
        days = surrogate(28 + 60 + 14, seed)
        days[88:, :2] += 1.5
        here = chart()
        alarms = told([here.add(day) for day in days])
        false += any(day < 88 for day in alarms)
        later = [day for day in alarms if day >= 88]
        delays.append(later[0] - 87 if later else 99)
    # 40 homes of 60 days: one in a hundred days and less, though each chart looks daily
    assert false <= 12
    assert np.median(delays) <= 6
    assert np.mean(np.array(delays) <= 14) >= 0.85


def test_the_other_direction_says_nothing_in_a_channel() -> None:
    days = surrogate(60, 3)
    days[40:, :2] -= 3.0
    here = chart()
    found = [here.add(day) for day in days]
    assert not any(one.over[0] for one in found if one is not None)
    assert any(one.far for one in found if one is not None)


def test_a_change_is_not_learned_while_it_is_told_and_is_usual_after_four_weeks() -> None:
    days = surrogate(120, 4)
    days[50:, :2] += 4.0
    here = chart()
    found = [here.add(day) for day in days]
    spoken = told(found)
    assert spoken[0] in range(51, 56)
    assert set(range(56, 50 + NEW_HABIT_DAYS)) <= set(spoken)
    assert not any(day > 51 + NEW_HABIT_DAYS + 2 for day in spoken)


def test_a_change_of_days_is_sooner_where_few_days_count() -> None:
    slow, quick = [], []
    for seed in range(60):
        days = surrogate(90, seed, phi=0.0, rho=0.0)
        days[88:, :2] += 1.2
        here = chart()
        last = [here.add(day) for day in days][-1]
        assert last is not None
        slow.append(last.channels[0])
        quick.append(last.quick_channels[0])
    assert np.mean(quick) > np.mean(slow)


def test_one_day_beyond_all_measure_counts_little_where_few_days_count() -> None:
    days = surrogate(60, 6, phi=0.0, rho=0.0)
    usual = chart()
    judged = [usual.add(day) for day in days[:50]][-1]
    assert judged is not None
    before = judged.quick
    days[50, :2] = 40.0
    after = usual.add(days[50])
    assert after is not None
    assert after.quick[:2] == pytest.approx(0.5 * QUICK_Z + 0.5 * before[:2])
    assert after.smooth[0] > 0.5


def test_days_of_a_release_that_counted_no_few_days_go_on() -> None:
    before, now = chart(), chart()
    days = surrogate(50, 7)
    for day in days[:40]:
        before.add(day)
    saved = before.snapshot()
    del saved["quick"]
    now.restore(saved)
    found = [(before.add(day), now.add(day)) for day in days[40:]]
    for one, other in found:
        assert one is not None
        assert other is not None
        assert one.channels.tobytes() == other.channels.tobytes()
    assert found[-1][1].quick == pytest.approx(found[-1][0].quick, abs=0.01)  # type: ignore[union-attr]


def test_what_is_never_known_is_left_out() -> None:
    days = surrogate(60, 5)
    days[:, 5] = np.nan
    days[30:40, 0] = np.nan
    here = chart()
    found = [here.add(day) for day in days]
    last = found[-1]
    assert last is not None
    assert np.isfinite(last.channels).all()
    assert np.isfinite(last.distance)
    assert last.smooth[5] == 0.0
    nothing = Chart([1.0] * 3, {"none": {0: 1.0}})
    silent = [nothing.add(np.full(3, np.nan)) for _ in range(30)][-1]
    assert silent is not None
    assert not silent.over.any()
    assert not silent.far


@settings(max_examples=15, deadline=None)
@given(some.integers(0, 10_000), some.integers(1, 119))
def test_a_restart_changes_nothing(seed: int, cut: int) -> None:
    days = surrogate(120, seed)
    days[60:, 0] += 2.0
    one = chart()
    for day in days[:cut]:
        one.add(day)
    other = chart()
    other.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(one.snapshot())))
    for day in days[cut:]:
        mine, theirs = one.add(day), other.add(day)
        assert (mine is None) == (theirs is None)
        if mine is not None and theirs is not None:
            assert mine.channels.tobytes() == theirs.channels.tobytes()
            assert mine.quick_channels.tobytes() == theirs.quick_channels.tobytes()
            assert mine.distance == theirs.distance
    assert one.snapshot() == other.snapshot()


def test_the_state_is_bounded() -> None:
    here = Chart([1.0] * 16, {"up": {0: 1.0}})
    for day in np.random.default_rng(1).normal(size=(400, 16)):
        here.add(day)
    assert len(here.rows) == KEPT_DAYS
    assert len(msgspec.msgpack.encode(here.snapshot())) < 7000


# Weeks


def weeks(count: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(size=(count, 3))


def test_the_reference_is_frozen_so_that_a_slow_decline_shows() -> None:
    values = weeks(60, 1)
    values[13:, 1] -= np.linspace(0.0, 6.0, 47)
    trend = Trend([1.0, 1.0, 1.0])
    found = [trend.add(week) for week in values]
    assert all(one is None for one in found[:FIRST_WEEKS])
    assert trend.weeks == REFERENCE_WEEKS
    assert trend.limit == LIMIT
    low = [week for week, one in enumerate(found) if one is not None and one[1] < -LIMIT]
    assert low[0] < 40
    assert found[-1] is not None
    assert abs(found[-1][0]) < LIMIT


def test_quiet_years_say_nothing() -> None:
    alarms = 0
    for seed in range(40):
        trend = Trend([1.0, 1.0, 1.0])
        found = [trend.add(week) for week in weeks(104, seed)]
        alarms += sum(one is not None and bool((abs(one) > trend.limit).any()) for one in found)
    assert alarms <= 40


def test_a_week_that_is_not_known_changes_nothing_of_it() -> None:
    trend = Trend([1.0, 1.0, 1.0])
    values = weeks(20, 2)
    values[:, 2] = np.nan
    found = [trend.add(week) for week in values][-1]
    assert found is not None
    assert np.isnan(found[2])
    again = Trend([1.0, 1.0, 1.0])
    again.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(trend.snapshot())))
    assert again.add(np.ones(3)) == pytest.approx(trend.add(np.ones(3)), nan_ok=True)
    assert again.snapshot() == trend.snapshot()
