from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analytics.features.stays import Stays

LENGTHS = st.lists(st.floats(0.0, 20000.0), max_size=40)


def _learned(lengths: list[float], days: int = 10, cut: float | None = None) -> Stays:
    stays = Stays()
    for length in lengths:
        stays.enter(0.0, 4, night=False)
        stays.last = length
        stays.learn(cut)
    for _ in range(days):
        stays.close_day()
    return stays


def test_long_stays_of_this_person_move_the_limit_by_day_only() -> None:
    brief, long = _learned([300.0] * 60), _learned([300.0] * 55 + [2700.0] * 5)
    assert brief.limit_s(night=False) < long.limit_s(night=False)
    assert long.limit_s(night=False) > 2700.0
    assert brief.limit_s(night=True) == long.limit_s(night=True)


def test_a_stay_that_was_cut_counts_as_longer() -> None:
    seen = [300.0] * 30 + [2000.0] * 3
    cut = _learned(seen, 0)
    for _ in range(5):
        cut.enter(0.0, 4, night=False)
        cut.learn(900.0)
    known = _learned([*seen, *[900.0] * 5], 0)
    assert cut.once_in_days(1800.0) < known.once_in_days(1800.0)


def test_nobody_there_is_no_stay() -> None:
    stays = Stays()
    stays.learn()
    assert (stays.seen_s(), stays.since) == (0.0, None)


@given(LENGTHS)
def test_longer_stays_are_rarer_and_a_restart_changes_nothing(lengths: list[float]) -> None:
    stays = _learned(lengths)
    stays.enter(100.0, 4, night=False)
    rare = [stays.once_in_days(length) for length in (300.0, 1500.0, 3000.0, 5400.0)]
    assert rare == sorted(rare)
    again = Stays.restored(stays.snapshot())
    assert again.snapshot() == stays.snapshot()
    assert again.limit_s(night=False) == stays.limit_s(night=False)
