"""Whether so long a time without movement is usual at this hour: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.usual import compare

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def before(*minutes: int | None) -> list[tuple[datetime, datetime | None]]:
    return [
        (NOW - DAY * back, None if one is None else NOW - DAY * back - MINUTE * one)
        for back, one in enumerate(minutes, 1)
    ]


@pytest.mark.parametrize(
    ("gap", "known", "usual", "as_long"),
    [(5, True, True, 10), (35, True, True, 1), (45, True, False, 0)],
)
def test_the_same_hour_of_earlier_days_decides(
    gap: int, known: bool, usual: bool, as_long: int
) -> None:
    found = compare(NOW - MINUTE * gap, NOW, before(*([10] * 9), 40), ())
    assert (found.known, found.is_usual, found.as_long) == (known, usual, as_long)


def test_few_days_say_nothing() -> None:
    assert not compare(NOW - MINUTE, NOW, before(*[10] * 6), ()).known


def test_days_away_or_blind_are_left_out() -> None:
    days = before(*[10] * 10, None, None)
    dark = [(NOW - DAY * 2 - MINUTE * 5, NOW - DAY * 2 + MINUTE)]
    found = compare(NOW - MINUTE, NOW, days, dark)
    assert found.days == 9
