"""Homie in and readings out. Topics and values as in the convention (homieiot.github.io)."""

from __future__ import annotations

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.driver import discover
from sensors.drivers.homie import describe

DRIVER = discover()["homie"]


def values(topic: str, payload: str) -> dict[tuple[str, str], float]:
    readings = DRIVER.decode(topic, payload.encode()).readings
    return {(one.quantity.value, one.discriminator): one.value for one in readings}


@pytest.mark.parametrize("topic", ["5/hall/$state", "hall/$state"])
@pytest.mark.parametrize(
    ("state", "online"),
    [
        ("init", True),
        ("ready", True),
        ("sleeping", True),
        ("alert", True),
        ("disconnected", False),
        ("lost", False),
    ],
)
def test_the_life_of_a_device(topic: str, state: str, online: bool) -> None:
    decoded = DRIVER.decode(topic, state.encode())
    assert (decoded.external_id, decoded.online, decoded.readings) == ("hall", online, ())


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("5/hall/sensor/motion", "true", {("motion", "sensor"): 1.0}),
        ("5/hall/motion/motion", "false", {("motion", ""): 0.0}),
        ("5/hall/front-door/door", "true", {("contact", "front-door"): 1.0}),
        ("5/hall/front/contact", "open", {("contact", "front"): 1.0}),
        ("super-car/engine/temperature", "21.5", {("temperature", "engine"): 21.5}),
        ("hall/temperature/degrees", "21.5", {("temperature", "degrees"): 21.5}),
        ("hall/$stats/battery", "80", {("battery", ""): 80.0}),
        ("hall/$stats/supply", "3.1", {("voltage", ""): 3100.0}),
        ("hall/$stats/cputemp", "48", {("device_temperature", ""): 48.0}),
        ("5/pendant/alarm/sos", "true", {("sos", "alarm"): 1.0}),
        ("5/pendant/alarm/button", "long", {("button", "long"): 1.0}),
        ("hall/$stats/uptime", "120", {}),
        ("5/hall/lamp/colour", "rgb,1,2,3", {}),
        ("hall/engine/$name", "Engine", {}),
        ("hall/engine/temperature/$unit", "°C", {}),
    ],
)
def test_properties_by_their_names(
    topic: str, payload: str, expected: dict[tuple[str, str], float]
) -> None:
    assert values(topic, payload) == pytest.approx(expected)


def test_an_alert_and_a_description_show_only_that_the_device_is_there() -> None:
    text = b"Sensor xyz in livingroom hasn't reported updates for 3 hours"
    assert DRIVER.decode("5/hall/$alert/childlost", text).external_id == "hall"
    assert DRIVER.decode("5/hall/$description", b'{"homie": "5.0"}').readings == ()


def test_a_description_tells_what_to_expect() -> None:
    text = b"""{"homie": "5.0", "version": 7, "nodes": {"air": {"properties": {
        "temperature": {"datatype": "float", "unit": "\xc2\xb0C"}, "co2": {"datatype": "integer"}}},
        "power": {"properties": {"battery": {"datatype": "integer"}}}}}"""
    assert describe(text) == (Quantity.TEMPERATURE, Quantity.BATTERY)
    with pytest.raises(Malformed):
        describe(b"[]")


@pytest.mark.parametrize(
    "topic", ["5/hall/lamp/switch/set", "5/hall/lamp/switch/$target", "5/$broadcast/a"]
)
def test_what_is_none_of_our_business(topic: str) -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode(topic, b"true")


@pytest.mark.parametrize(
    ("topic", "payload", "named"),
    [
        ("5/hall/$state", b"dancing", "$state"),
        ("5/hall/sensor/contact", b"true", "contact"),
        ("5/hall/sensor/motion", b"perhaps", "motion"),
        ("5/hall/air/humidity", b"130", "humidity"),
        ("5/hall/air/humidity", b"\xff\xfe", "payload"),
        ("5/hall/air/humidity", b"1" * 300, "payload"),
        ("hall", b"true", "topic"),
        ("hall//motion", b"true", "topic"),
        ("", b"true", "topic"),
    ],
)  # fmt: skip
def test_what_is_impossible_is_refused_with_its_field(
    topic: str, payload: bytes, named: str
) -> None:
    with pytest.raises(Malformed) as refused:
        DRIVER.decode(topic, payload)
    assert refused.value.field == named
