from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

import msgspec

from analytics.checks import FORBIDDEN
from analytics.detectors.day_change import DETECTOR, DayChange
from analytics.features.day_channels import CHANNELS, DISTANCE
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import (
    BATH_MOTION,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    MONDAY,
    movement,
    ordinary,
)
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.ids import DeviceId
from core.model.observation import Observation

DAYS, CHANGED = 52, 40
WINTER = datetime(2026, 1, 12, tzinfo=UTC)


def more(
    device: DeviceId, other: DeviceId, a_day: int, first: int, last: int, stay_s: float = 40
) -> list[Observation]:
    """Between two rooms, so many times a day between 8 and 20 UTC."""
    chance = random.Random(5)
    found: list[Observation] = []
    for day in range(first, last):
        for _ in range(a_day):
            at = MONDAY + timedelta(days=day, hours=8, seconds=chance.uniform(0, 12 * 3600))
            found += [*movement(device, at), *movement(other, at + timedelta(seconds=stay_s))]
    return found


@cache
def quiet(days: int = DAYS) -> tuple[Observation, ...]:
    return ordinary(days).observations


def told(rows: Iterable[Observation], until: int = DAYS) -> tuple[list[Finding], HomeEngine]:
    home = HomeEngine(plan(HOUSEHOLD), {DETECTOR.name: DETECTOR})
    home.tick(MONDAY)
    home.look(Inputs(heard_at=MONDAY + timedelta(days=400), heard_since=MONDAY))
    found: list[Finding] = []
    for row in sorted(rows, key=lambda one: (one.received_at, one.device_id)):
        noticed = home.feed(row)
        found += noticed.findings if noticed is not None else []
    noticed = home.tick(MONDAY + timedelta(days=until, hours=12))
    found += noticed.findings if noticed is not None else []
    return found, home


def test_ordinary_weeks_say_nothing() -> None:
    found, home = told(quiet())
    assert found == []
    assert len(msgspec.msgpack.encode(home.detectors[DETECTOR.name].snapshot())) < 10_000


def test_more_movement_is_told_at_ten_and_is_over_when_it_is_over() -> None:
    rows = [*quiet(64), *more(HALL_MOTION, KITCHEN_MOTION, 60, CHANGED, CHANGED + 6)]
    found, _ = told(rows, 64)
    opened = next(one for one in found if one.subject == "movement")
    assert (opened.severity, opened.audience) == (Severity.NOTICE, Audience.CARERS)
    # ten in London's summer is nine in UTC
    assert opened.noticed_at.hour == 9
    assert opened.noticed_at.minute == 0
    assert CHANGED + 2 <= (opened.noticed_at - MONDAY).days <= CHANGED + 5
    assert opened.what.startswith("More movement about the home than usual: more ")
    assert "usually" in opened.what
    assert "once in" in opened.unusual
    cleared = [one for one in found if one.phase is Phase.CLEARED and one.subject == "movement"]
    assert [one.onset for one in cleared] == [opened.onset]


def test_more_bathroom_visits_are_told_as_such() -> None:
    rows = [*quiet(), *more(BATH_MOTION, HALL_MOTION, 30, CHANGED, DAYS, 100)]
    found, _ = told(rows)
    subjects = {one.subject for one in found}
    assert "bathroom" in subjects
    one = next(one for one in found if one.subject == "bathroom")
    assert "bathroom visits" in one.what
    assert "cause" in one.advice


def test_no_more_than_one_episode_opens_a_day_and_nothing_judges() -> None:
    rows = [*quiet(), *more(BATH_MOTION, KITCHEN_MOTION, 200, CHANGED, DAYS)]
    found, _ = told(rows)
    opened = [one for one in found if one.phase is Phase.OPENED]
    assert len({one.noticed_at for one in opened}) == len(opened) > 0
    for one in found:
        text = " ".join((one.what, one.unusual, one.advice, *(fact.text for fact in one.evidence)))
        assert not FORBIDDEN.search(text)
        assert "nan" not in text


def test_a_holiday_says_nothing_and_is_not_learned() -> None:
    first, last = MONDAY + timedelta(days=40, hours=10), MONDAY + timedelta(days=46, hours=15)
    rows = [row for row in quiet() if not first <= row.observed_at < last]
    found, home = told(rows)
    assert found == []
    detector = home.detectors[DETECTOR.name]
    assert isinstance(detector, DayChange)
    assert detector.snapshot()["chart"]["count"][0] < DAYS - 5


def test_channels_and_the_distance_have_names_of_their_own() -> None:
    names = [channel.name for channel in (*CHANNELS, DISTANCE)]
    assert len(set(names)) == len(names)
