"""What the bed sensor tells of the night that a settled day ends with."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.features.day_gaps import bed_exits, bed_in_h
from analytics.features.plan import plan
from analytics.features.view import HomeView
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import BED, HALL_MOTION, HOUSEHOLD, MONDAY, said
from core.model.home import Household, Placement
from core.model.quantity import Quantity

WITHOUT_BED = replace(
    HOUSEHOLD, devices=tuple(one for one in HOUSEHOLD.devices if one.placement is not Placement.BED)
)
SETTLED = MONDAY + timedelta(days=2, hours=9)
"""Wednesday at ten by the clock of the home (London's summer: UTC + 1)."""


def _settled(
    household: Household, *, hours: tuple[tuple[float, float], ...], dark: bool
) -> HomeView:
    """Return the view on Wednesday morning; in and out of bed so many hours after Tuesday 00:00 UTC."""
    home = HomeEngine(plan(household), {})
    home.tick(MONDAY)
    heard = MONDAY + timedelta(days=2) if dark else SETTLED
    home.look(Inputs(heard_at=heard, heard_since=MONDAY))
    tuesday = MONDAY + timedelta(days=1)
    rows = [said(HALL_MOTION, Quantity.MOTION, 1, tuesday + timedelta(hours=8))]
    if household is HOUSEHOLD:
        rows += [
            said(BED, Quantity.BED, value, tuesday + timedelta(hours=hour)) for hour, value in hours
        ]
    for row in rows:
        home.feed(row)
    home.tick(SETTLED)
    assert home.view is not None
    assert home.view.hours.settled is not None
    return home.view


NIGHT = ((24.5, 1), (26.0, 0), (26.1, 1), (29.0, 0), (29.005, 1), (31.0, 0))
"""To bed at half past one, out once for six minutes, turned over once."""


def test_exits_and_the_hour_of_going_to_bed() -> None:
    view = _settled(HOUSEHOLD, hours=NIGHT, dark=False)
    assert bed_exits(view) == 1.0
    assert bed_in_h(view) == 25.5


def test_who_lies_still_in_the_morning_has_a_night_too() -> None:
    view = _settled(HOUSEHOLD, hours=((22.0, 1),), dark=False)
    assert (bed_exits(view), bed_in_h(view)) == (0.0, 23.0)


@pytest.mark.parametrize(
    ("household", "hours", "dark"),
    [
        (WITHOUT_BED, NIGHT, False),
        (HOUSEHOLD, ((22.0, 1), (23.0, 0)), False),
        (HOUSEHOLD, (), False),
        (HOUSEHOLD, ((22.0, 1),), True),
    ],
    ids=["no bed sensor", "an hour in bed", "elsewhere", "not seen"],
)
def test_a_night_that_is_not_known(
    household: Household, hours: tuple[tuple[float, float], ...], *, dark: bool
) -> None:
    view = _settled(household, hours=hours, dark=dark)
    assert math.isnan(bed_exits(view))
    assert math.isnan(bed_in_h(view))
