from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analytics.features.coverage import Coverage
from analytics.features.day_channels import CHANNELS
from analytics.features.day_features import COUNT, FEATURES, NAMES, day_vector
from analytics.features.hours import SettledDay, valid_minutes
from analytics.features.localtime import DAY_S, HOUR_S
from analytics.features.open_day import HOURS, OpenDay
from analytics.features.plan import plan
from analytics.features.unusual_days import unusual_parts
from analytics.sample_days import HOUSEHOLD
from core.model.home import Placement

HOME = plan(HOUSEHOLD)


def a_day(*, out_h: float = 0.0, length: float = DAY_S) -> OpenDay:
    """Up at 07, in the kitchen at 08, to the bathroom at 10, 14 and 01; out from noon on."""
    day = OpenDay(20_000, 0.0, length)
    day.stay(0.0, 8 * HOUR_S, home=True)
    day.stay(8 * HOUR_S, (8 + out_h) * HOUR_S, home=False)
    day.stay((8 + out_h) * HOUR_S, DAY_S, home=True)
    for hour in range(3, 18):
        if not 8 <= hour < 8 + out_h:
            for minute in range(0, 60, 6):
                day.see(60 * hour + minute, "hall")
            day.move(60 * hour)
    day.see(240, "kitchen")
    for minute in (360, 363, 600, 1260):
        day.see(minute, "bathroom")
    for minute in (360, 600, 1260):
        day.visit(minute)
    return day


def vector(day: OpenDay, **more: float) -> dict[str, float]:
    valid = valid_minutes(day, Coverage(0.0))
    known = np.minimum(valid + np.array(day.out_s) / 60.0, 60.0)
    found = day_vector(SettledDay(day=day, valid=valid, known=known), HOME, **more)
    assert found is not None
    return dict(zip(NAMES, found.tolist(), strict=True))


def test_a_day_in_numbers() -> None:
    found = vector(a_day(), bed_exits=4.0)
    assert found["hall"] == pytest.approx(math.sqrt(150))
    assert found["moves"] == pytest.approx(math.sqrt(15))
    assert found["first_kitchen"] == 8.0
    assert (found["first"], found["last"]) == (7.0, 25.0)
    assert found["bathroom_day"] == pytest.approx(math.sqrt(2))
    assert found["bathroom_night"] == pytest.approx(1.0)
    assert found["bed_exits"] == 2.0
    assert found["night"] == pytest.approx(1.0)
    assert math.isnan(found["way"])
    assert (found["out"], found["outings"]) == (0.0, 0.0)


def test_what_was_not_seen_is_made_up_for_and_time_out_is_known() -> None:
    half = a_day()
    half.home_s[20:24] = [0.0] * 4
    assert vector(half)["hall"] == pytest.approx(math.sqrt(150 * 24 / 20))
    away = vector(a_day(out_h=4.0))
    assert away["hall"] == pytest.approx(math.sqrt(110))
    assert away["out"] == pytest.approx(math.sqrt(240))


@pytest.mark.parametrize("change", ["clock", "guest", "unseen", "away"])
def test_days_that_say_nothing_are_left_out(change: str) -> None:
    day = a_day(length=DAY_S - HOUR_S if change == "clock" else DAY_S)
    if change == "guest":
        day.guest_s = 6 * HOUR_S
    if change == "unseen":
        day.home_s[4:16] = [0.0] * 12
    if change == "away":
        day.home_s, day.out_s = [0.0] * HOURS, [HOUR_S] * 24 + [0.0]
    valid = valid_minutes(day, Coverage(0.0))
    known = np.minimum(valid + np.array(day.out_s) / 60.0, 60.0)
    assert day_vector(SettledDay(day=day, valid=valid, known=known), HOME) is None


def test_what_a_home_does_not_measure_is_not_known() -> None:
    devices = tuple(
        one
        for one in HOUSEHOLD.devices
        if one.placement is Placement.ROOM and one.name == "Hall motion"
    )
    bare = plan(replace(HOUSEHOLD, devices=devices))
    day = a_day()
    valid = valid_minutes(day, Coverage(0.0))
    found = day_vector(SettledDay(day=day, valid=valid, known=valid), bare)
    assert found is not None
    known = dict(zip(NAMES, found.tolist(), strict=True))
    for name in ("kitchen", "bathroom_day", "out", "outings", "bed_exits"):
        assert math.isnan(known[name]), name
    assert known["hall"] > 0


def test_each_feature_is_said_in_plain_words() -> None:
    assert len(FEATURES) == COUNT == 16
    said = [feature.told(2.0) for feature in FEATURES]
    assert said[:2] == ["4 min", "4 min"]
    assert said[NAMES.index("first")] == "02:00"
    assert said[NAMES.index("amplitude")] == "88%"
    assert FEATURES[0].told(math.nan) == "not known"


def test_channels_name_features_and_lead_with_what_grows() -> None:
    for channel in CHANNELS:
        assert set(channel.signs) <= set(NAMES)
        assert channel.leads
    bathroom = CHANNELS[1]
    assert {NAMES[place] for place in bathroom.leads} == {"bathroom_day", "bathroom_night"}


def test_a_second_opinion_names_what_made_the_day_unusual_and_is_the_same_again() -> None:
    days = np.random.default_rng(1).normal(size=(80, 5))
    days[:, 4] = np.nan
    day = np.array([0.0, 6.0, -3.0, 0.0, 1.0])
    found = unusual_parts(days, day)
    assert found is not None
    assert found[0] < 0.05
    assert found[1][0] == 1
    assert unusual_parts(days, day) == found
    assert unusual_parts(days[:40], day) is None
    assert unusual_parts(np.full((70, 2), np.nan), np.ones(2)) is None
