"""What compiled code would turn into a float is one before: or its snapshots would be other bytes (0226)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import timedelta

import msgspec
import pytest

from analytics import sample_days
from analytics.evaluation.simulated import Study, watch_of
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from core.model.observation import Observation, Position
from sensors.driver import discover
from tests.sensors.quoted import QUOTED


def simulated() -> Iterator[Observation]:
    yield from watch_of(Study(homes=1, days=16, seed=0), 3).record.observations()


@pytest.mark.parametrize("rows", [sample_days.eventful(6).observations, simulated()])
def test_values_and_places_of_observations_are_floats(rows: Iterable[Observation]) -> None:
    assert {type(row.value) for row in rows} == {float}
    places = [row.position for row in rows if row.position is not None]
    assert {type(getattr(one, part.name)) for one in places for part in fields(Position)} <= {
        float,
        type(None),
    }


def test_readings_of_every_family_are_floats() -> None:
    drivers = discover()
    read = [
        reading
        for one in QUOTED
        for reading in drivers[one.family].decode(one.topic, one.payload.encode()).readings
    ]
    assert {type(one.value) for one in read} == {float}
    places = [one.position for one in read if one.position is not None]
    assert {type(one.latitude) for one in places} | {type(one.longitude) for one in places} == {
        float
    }


def test_the_last_words_of_devices_are_kept_as_floats() -> None:
    days = sample_days.eventful(8)
    home = HomeEngine(plan(sample_days.HOUSEHOLD))
    home.tick(days.start)
    home.look(Inputs(heard_at=days.end, heard_since=days.start - timedelta(days=1)))
    for row in days.observations:
        home.feed(row)
    state = msgspec.msgpack.decode(home.snapshot(), strict=False)
    words = [
        word
        for device in state["view"]["coverage"]["devices"].values()
        for word in device[6].values()
    ]
    assert words
    assert {type(number) for word in words for number in word} == {float}
    assert type(state["detectors"]["liveness"][1][3]) is float
