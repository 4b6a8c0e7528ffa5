from __future__ import annotations

import pickle
import tomllib
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import msgspec

from analytics.features.plan import DevicePlan, HomePlan, plan
from analytics.sample_days import HOUSEHOLD
from core.model.expected_visit import ExpectedVisit, VisitBy
from core.model.home import Animal
from core.model.week import WeeklySpan

MORNING = WeeklySpan(days=(0, 1), start=480, end=540)
VISIT = ExpectedVisit(visit_id=1, by=VisitBy.CARE, span=MORNING, first=date(2026, 5, 4))
HOME = replace(
    plan(replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, animal=Animal.LARGE, visits=(VISIT,)))),
    away=True,
)


def test_each_field_comes_back_from_a_snapshot() -> None:
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(HOME.saved()))
    assert saved.keys() == {one.name for one in fields(HomePlan) if one.init}
    assert saved["devices"][0].keys() == {one.name for one in fields(DevicePlan) if one.init}
    again = HomePlan.restored(saved)
    assert again == HOME
    assert [getattr(again, one.name) for one in fields(HomePlan)] == [
        getattr(HOME, one.name) for one in fields(HomePlan)
    ]


def test_the_release_before_can_read_a_home_in_which_somebody_is_and_nobody_is_expected() -> None:
    at_home = replace(HOME, away=False, rounds=())
    assert HOME.saved().keys() - at_home.saved().keys() == {"away", "rounds"}
    assert HomePlan.restored(at_home.saved()) == at_home


def test_what_follows_is_worked_out_once_in_the_compiled_program_too() -> None:
    root = Path(__file__).parents[2]
    patterns = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    hooks = patterns["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
    compiled = [file for pattern in hooks["modules"] for file in root.glob(pattern)]
    assert compiled
    cached = [file.name for file in compiled if "import cached_property" in file.read_text("utf-8")]
    assert not cached, "mypyc works a cached property out at each access: make it a field"


def test_it_goes_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(HOME)) == HOME  # noqa: S301 (our own)
    assert pickle.loads(pickle.dumps(HOME.devices[0])) == HOME.devices[0]  # noqa: S301
