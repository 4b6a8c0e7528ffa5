from __future__ import annotations

import pickle
from dataclasses import fields, replace

import msgspec

from analytics.features.plan import DevicePlan, HomePlan, plan
from analytics.sample_days import HOUSEHOLD
from core.model.home import Animal

HOME = plan(replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, animal=Animal.LARGE)))


def test_each_field_comes_back_from_a_snapshot() -> None:
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(HOME))
    assert saved.keys() == {one.name for one in fields(HomePlan)}
    assert saved["devices"][0].keys() == {one.name for one in fields(DevicePlan)}
    assert HomePlan.restored(saved) == HOME


def test_it_goes_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(HOME)) == HOME  # noqa: S301 (our own)
    assert pickle.loads(pickle.dumps(HOME.devices[0])) == HOME.devices[0]  # noqa: S301
