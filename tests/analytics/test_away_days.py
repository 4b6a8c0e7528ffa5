"""Days in which nobody is at home are no habit, whether or not anybody saw them leave."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.detector import discover
from analytics.features.plan import HomePlan, plan
from analytics.fencing import as_told
from analytics.sample_days import HOUSEHOLD, MONDAY, ordinary
from core.model.finding import Audience
from core.model.home import HomeMode
from core.model.quantity import DEFINITIONS, Role
from tests.alerts.builders import a_finding
from tests.analytics.story import Story

PERSON = {quantity for quantity, row in DEFINITIONS.items() if row.role is Role.PERSON}
DAYS = ordinary(12)
NIGHT_H = 10.5
"""Longer than any pause of the sample: a night in bed."""


def longest_pause_h(*, gone_from_h: float, days: int) -> float:
    gone = MONDAY + timedelta(days=6, hours=gone_from_h)
    story = Story()
    for row in DAYS.observations:
        there = not gone <= row.received_at < gone + timedelta(days=days)
        if there or row.quantity not in PERSON:
            story.home.feed(row)
    view = story.home.view
    assert view is not None
    lengths = array("f", view.pauses.snapshot()[1][3])
    return max(map(abs, lengths), default=0.0)


@pytest.mark.parametrize("hour", [3.2, 10.5, 22.5])
def test_an_absence_that_no_door_told_of_is_not_learned(hour: float) -> None:
    lived = longest_pause_h(gone_from_h=hour, days=0)
    assert 0 < longest_pause_h(gone_from_h=hour, days=3) <= max(lived, NIGHT_H)


def test_that_nobody_is_there_outlives_a_restart_and_a_release_before_reads_all_other_homes() -> (
    None
):
    away = replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, mode=HomeMode.TEST, away=True))
    assert HomePlan.restored(plan(away).saved()) == plan(away)
    assert "away" not in plan(HOUSEHOLD).saved()


@pytest.mark.parametrize(
    ("away", "to_carers"), [(False, set()), (True, {"sos", "impact", "hazard", "appliance"})]
)
def test_where_nobody_is_there_only_calls_and_hazards_are_of_the_carers(
    away: bool, to_carers: set[str]
) -> None:
    home = plan(replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, mode=HomeMode.TEST, away=away)))
    said = [a_finding(detector=name, subject=name) for name in discover() if name != "liveness"]
    told = as_told(said, home)
    assert {one.detector for one in told if one.audience is Audience.CARERS} == to_carers
    assert len(told) == len(said)
