"""How long a battery lasts: a robust line through the lowest charge of each day. Pure.

Cells tell their charge in steps, stand still for weeks, sag in a cold night and recover. So the line is the
median of all slopes between two days (Theil 1950, Sen 1968), which a fifth of strange days does not move,
and the range comes from the quarter and three quarters of those slopes. A line is no promise: many lithium
cells tell 100 % for most of their life and fall at its end, which is why the early end of the range is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

LOW_PERCENT = 15.0
"""Below it a battery is low; as in the detection of device faults (detection.md (a) D0)."""
WINDOW_DAYS = 60
"""Older days say little about the present fall."""
REPLACED_POINTS = 20.0
"""A rise by so much from one day to the next is a new cell, not a warm room."""
FEWEST_DAYS = 14
FEWEST_POINTS = 3.0
"""Before it has fallen by so much since it was new, nothing can be said of the fall."""
LONGEST_DAYS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryForecast:
    """When a battery will be low."""

    #: Most likely day.
    low_on: date
    #: Early and late end of the range.
    earliest: date
    latest: date


def forecast(days: Sequence[tuple[date, float]], today: date) -> BatteryForecast | None:
    """Return when the charge falls below `LOW_PERCENT`; None while that can not be told.

    Parameters
    ----------
    days
        Lowest charge of each day in percent, in order of days; days may be missing.
    today
        Nothing is said of a day before it.

    Examples
    --------
    >>> start = date(2026, 9, 1)
    >>> falling = [(start + timedelta(n), 80.0 - n) for n in range(30)]
    >>> forecast(falling, date(2026, 9, 30)).low_on
    datetime.date(2026, 11, 5)
    >>> forecast(falling[:10], date(2026, 9, 10)) is None
    True
    """
    kept = since_replaced(days)
    if not kept:
        return None
    kept = [one for one in kept if (kept[-1][0] - one[0]).days < WINDOW_DAYS]
    at = np.array([(day - today).days for day, _ in kept], dtype=float)
    charge = np.array([percent for _, percent in kept], dtype=float)
    if charge[-1] < LOW_PERCENT:
        return BatteryForecast(low_on=today, earliest=today, latest=today)
    if at[-1] - at[0] + 1 < FEWEST_DAYS or charge.max() - charge[-1] < FEWEST_POINTS:
        return None
    first, second = np.triu_indices(len(at), 1)
    slopes = (charge[second] - charge[first]) / (at[second] - at[first])
    fast, usual, slow = np.quantile(slopes, (0.25, 0.5, 0.75))
    if usual >= 0:
        return None
    level = float(np.median(charge - usual * at))
    return BatteryForecast(
        low_on=_reached(level, float(usual), today),
        earliest=_reached(level, float(fast), today),
        latest=_reached(level, float(slow), today),
    )


def since_replaced(days: Sequence[tuple[date, float]]) -> list[tuple[date, float]]:
    """Return the days since the battery was last changed.

    Examples
    --------
    >>> one, two, three = date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)
    >>> len(since_replaced([(one, 20.0), (two, 100.0), (three, 99.0)]))
    2
    """
    begun = 0
    for number in range(1, len(days)):
        if days[number][1] - days[number - 1][1] >= REPLACED_POINTS:
            begun = number
    return list(days[begun:])


def _reached(level: float, slope: float, today: date) -> date:
    """Return the day on which the line from ``level`` today goes through `LOW_PERCENT`."""
    if slope >= 0:
        return today + timedelta(LONGEST_DAYS)
    left = (level - LOW_PERCENT) / -slope
    return today + timedelta(min(LONGEST_DAYS, max(0, round(left))))
