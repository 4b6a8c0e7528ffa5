from __future__ import annotations

from datetime import timedelta
from functools import cache

import msgspec

from analytics.detectors.rhythm import DETECTOR
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import (
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    movement,
)
from core.model.finding import Finding, Phase, Severity
from core.model.observation import Observation

ROOMS = (KITCHEN_MOTION, LOUNGE_MOTION, HALL_MOTION)
WEEKS, CHANGED = 22, 14


def a_week(week: int, *, nights: int = 0) -> list[Observation]:
    """Up from 07 to 21 UTC, four times an hour; ``nights`` times an hour at night."""
    found: list[Observation] = []
    for hour in range(7 * 24):
        awake = 7 <= hour % 24 < 21
        times = 4 + (hour * 7 + week) % 3 if awake else nights
        for number in range(times):
            at = MONDAY + timedelta(weeks=week, hours=hour, minutes=3 + 55 * number / times)
            found += movement(ROOMS[(hour + number) % 3], at)
    return found


@cache
def told(*, changed: bool) -> tuple[list[Finding], int]:
    home = HomeEngine(plan(HOUSEHOLD), {DETECTOR.name: DETECTOR})
    home.tick(MONDAY)
    home.look(Inputs(heard_at=MONDAY + timedelta(days=400), heard_since=MONDAY))
    found: list[Finding] = []
    for week in range(WEEKS):
        for row in a_week(week, nights=2 if changed and week >= CHANGED else 0):
            noticed = home.feed(row)
            found += noticed.findings if noticed is not None else []
    return found, len(msgspec.msgpack.encode(home.detectors[DETECTOR.name].snapshot()))


def test_months_that_are_alike_say_nothing() -> None:
    found, size = told(changed=False)
    assert found == []
    assert size < 2000


def test_restless_nights_are_told_on_a_monday_at_ten_once() -> None:
    found, _ = told(changed=True)
    opened = [one for one in found if one.phase is Phase.OPENED]
    assert len(opened) == 1
    one = opened[0]
    assert one.severity is Severity.NOTICE
    # ten in London's summer is nine in UTC
    assert (one.noticed_at.weekday(), one.noticed_at.hour) == (0, 9)
    assert CHANGED + 1 <= (one.noticed_at - MONDAY).days // 7 <= CHANGED + 4
    assert one.what.startswith("Days and nights have changed over the last weeks: ")
    said = " ".join(fact.text for fact in one.evidence)
    assert "calmest five hours" in said
    assert "contrast of day and night" in said
