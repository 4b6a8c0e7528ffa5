from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.battery import LOW_PERCENT, forecast

START = date(2026, 3, 1)


def days(charges: list[float]) -> list[tuple[date, float]]:
    return [(START + timedelta(number), charge) for number, charge in enumerate(charges)]


@pytest.mark.parametrize("a_day", [0.2, 0.7, 2.0])
def test_a_steady_fall_is_met_to_the_day(a_day: float) -> None:
    told = days([90 - a_day * number for number in range(30)])
    today = told[-1][0]
    found = forecast(told, today)
    assert found is not None
    due = today + timedelta(round((told[-1][1] - LOW_PERCENT) / a_day))
    assert abs((found.low_on - due).days) <= 1
    assert found.earliest <= found.low_on <= found.latest


def test_steps_cold_nights_and_lost_days_do_not_move_it_by_much() -> None:
    rng = np.random.default_rng(5)
    true = 85 - 0.5 * np.arange(60)
    told = np.round((true + rng.normal(0, 1.0, 60)) / 2) * 2
    told[rng.random(60) < 0.15] -= 8
    kept = [day for day in days(told.tolist()) if rng.random() > 0.3]
    found = forecast(kept, START + timedelta(59))
    assert found is not None
    due = START + timedelta(round((85 - LOW_PERCENT) / 0.5))
    assert abs((found.low_on - due).days) <= 12
    assert found.earliest <= due <= found.latest + timedelta(12)


def test_a_new_cell_begins_anew() -> None:
    told = days([40 - number for number in range(20)] + [100 - number / 10 for number in range(20)])
    assert forecast(told, told[-1][0]) is None, "too little to say of the new one"


def test_what_does_not_fall_is_not_told() -> None:
    assert forecast(days([100.0] * 40), START + timedelta(40)) is None
    assert forecast(days([80 + number / 4 for number in range(40)]), START + timedelta(40)) is None
    assert forecast([], START) is None


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=80),
    st.integers(0, 400),
)
def test_whatever_is_told_the_range_is_in_order_and_not_in_the_past(
    charges: list[float], waited: int
) -> None:
    told = days(charges)
    today = told[-1][0] + timedelta(waited)
    found = forecast(told, today)
    if charges[-1] < LOW_PERCENT:
        assert found is not None
        assert found.low_on == today
    if found is not None:
        assert today <= found.earliest <= found.low_on <= found.latest
