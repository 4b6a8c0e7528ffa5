"""Any JSON and plain values in, readings out: by the names of fields."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.errors import Malformed, Unsupported
from core.model.quantity import definition
from sensors import names
from sensors.driver import Decoded, discover

DRIVER = discover()["generic"]


def decode(fields: object, topic: str = "box") -> Decoded:
    return DRIVER.decode(topic, json.dumps(fields).encode())


def values(decoded: Decoded) -> dict[tuple[str, str], float]:
    return {(one.quantity.value, one.discriminator): one.value for one in decoded.readings}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"motion": True, "battery": 87}, {("motion", ""): 1.0, ("battery", ""): 87.0}),
        ({"door": "open", "rssi": -60}, {("contact", ""): 1.0}),
        ({"air": {"temperature": {"value": 70, "unit": "°F"}}}, {("temperature", ""): 190 / 9}),
        ({"NumericValues": {"Power": {"Val": 5, "Unit": "W"}}}, {("power", ""): 5.0}),
        ({"temperature": 20, "room": {"temperature": 21}}, {
            ("temperature", ""): 20.0, ("temperature", "room.temperature"): 21.0,
        }),
        ({"data": {"report": {"temperature": {"value": 21}}}}, {("temperature", ""): 21.0}),
        ({"lat": 53.8, "lon": -1.5, "accuracy": 10}, {("position", ""): 10.0}),
        ({"lat": 0, "lon": 0}, {}),
        ({"voltage": 3.1, "batv": 3000}, {("voltage", ""): 3100.0, ("voltage", "batv"): 3000.0}),
        ({"sos": 1}, {("sos", ""): 1.0}),
        ({"hello": "world"}, {}),
    ],
)  # fmt: skip
def test_json_by_names(fields: dict[str, Any], expected: dict[tuple[str, str], float]) -> None:
    assert values(decode(fields)) == pytest.approx(expected)


def test_plain_values_and_presence() -> None:
    assert values(DRIVER.decode("box/temperature", b"21.5")) == {("temperature", ""): 21.5}
    assert values(DRIVER.decode("box/door", b"closed")) == {("contact", ""): 0.0}
    assert DRIVER.decode("box/status", b"offline").online is False
    assert DRIVER.decode("box/availability", b"online").online is True


def test_the_time_is_read_where_it_has_a_usual_form() -> None:
    (reading,) = decode({"motion": 1, "timestamp": "2026-11-23T10:00:00Z"}).readings
    assert reading.observed_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    (reading,) = decode({"motion": 1, "Time": "2026-11-23T10:00:00"}).readings
    assert reading.observed_at is None


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"battery": 250}, "battery"),
        ({"battery": -1}, "battery"),
        ({"humidity": 130}, "humidity"),
        ({"motion": "perhaps"}, "motion"),
        ({"contact": True}, "contact"),
        ({"lat": 95, "lon": 0.1}, "latitude"),
        ({"temperature": {"value": 900, "unit": "C"}}, "temperature"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(fields: object, named: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode(fields)
    assert refused.value.field == named


def test_what_is_no_object_is_not_read() -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode("box", b"[1, 2]")
    with pytest.raises(Malformed):
        DRIVER.decode("box", b"{")
    with pytest.raises(Malformed, match="payload"):
        DRIVER.decode("box/temperature", b"1" * 300)


def test_every_name_belongs_to_one_quantity_only() -> None:
    counted = [name for told in names._NAMES.values() for name in told.split()]
    assert len(counted) == len(set(counted))
    assert all(name == names.plain(name) for name in counted)


@given(
    name=st.sampled_from(sorted(names.MEANINGS)),
    value=st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.none(),
)
def test_any_value_is_read_or_refused(name: str, value: object) -> None:
    try:
        found = names.named(name, value)
    except Malformed:
        return
    for one in found:
        definition(one.quantity).check(one.value)
