"""SmartThings in and readings out. Messages as recorded by pySmartThings (``tests/fixtures``)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.model.errors import Malformed, Unsupported
from sensors.driver import Decoded, discover

DRIVER = discover()["smartthings"]
EVENT: dict[str, Any] = {
    "eventTime": 1739480496560,
    "eventType": "DEVICE_EVENT",
    "deviceEvent": {
        "eventId": "b66aab69-ea4d-11ef-ad0f-bb2d43a06ec6",
        "deviceId": "440063de-a200-40b5-8a6b-f3399eaa0370",
        "componentId": "main",
        "capability": "switch",
        "attribute": "switch",
        "value": "on",
    },
}


def decode(fields: object, topic: str = "440063de") -> Decoded:
    return DRIVER.decode(topic, json.dumps(fields).encode())


def values(decoded: Decoded) -> dict[tuple[str, str], float]:
    return {(one.quantity.value, one.discriminator): one.value for one in decoded.readings}


def event(capability: str, attribute: str, value: object, **more: object) -> Decoded:
    said = {"capability": capability, "attribute": attribute, "value": value, **more}
    return decode({**EVENT, "deviceEvent": {**EVENT["deviceEvent"], **said}})


def status(**capabilities: object) -> dict[str, Any]:
    return {"components": {"main": capabilities}}


def test_an_event_with_its_time() -> None:
    (reading,) = decode(EVENT).readings
    assert (reading.quantity.value, reading.value) == ("switch", 1.0)
    assert reading.observed_at == datetime(2025, 2, 13, 21, 1, 36, 560000, UTC)


@pytest.mark.parametrize(
    ("capability", "attribute", "value", "expected"),
    [
        ("motionSensor", "motion", "active", {("motion", ""): 1.0}),
        ("contactSensor", "contact", "closed", {("contact", ""): 0.0}),
        ("presenceSensor", "presence", "not present", {("presence", ""): 0.0}),
        ("occupancySensor", "occupancy", "occupied", {("presence", ""): 1.0}),
        ("accelerationSensor", "acceleration", "active", {("vibration", ""): 1.0}),
        ("waterSensor", "water", "wet", {("water_leak", ""): 1.0}),
        ("smokeDetector", "smoke", "detected", {("smoke", ""): 1.0}),
        ("smokeDetector", "smoke", "tested", {}),
        ("carbonMonoxideDetector", "carbonMonoxide", "clear", {("carbon_monoxide", ""): 0.0}),
        ("tamperAlert", "tamper", "detected", {("tamper", ""): 1.0}),
        ("panicAlarm", "panicAlarm", "panic", {("sos", ""): 1.0}),
        ("button", "button", "double", {("button", "double"): 1.0}),
        ("battery", "battery", 50, {("battery", ""): 50.0}),
        ("batteryLevel", "battery", "critical", {("battery_low", ""): 1.0}),
        ("powerMeter", "power", 3.5, {("power", ""): 3.5}),
        ("relativeHumidityMeasurement", "humidity", 41, {("humidity", ""): 41.0}),
        ("voltageMeasurement", "voltage", 3.1, {("voltage", ""): 3100.0}),
        ("signalStrength", "rssi", -60, {("signal", ""): -60.0}),
        ("sleepSensor", "sleeping", "sleeping", {}),
        ("motionSensor", "motion", None, {}),
    ],
)
def test_capabilities(
    capability: str, attribute: str, value: object, expected: dict[tuple[str, str], float]
) -> None:
    assert values(event(capability, attribute, value)) == pytest.approx(expected)


def test_temperatures_come_in_the_unit_of_the_house() -> None:
    warm = event("temperatureMeasurement", "temperature", 59.0, unit="F")
    assert values(warm) == pytest.approx({("temperature", ""): 15.0})
    assert values(event("temperatureMeasurement", "temperature", 15.0, unit="C")) == values(warm)


def test_an_oven_and_a_missing_probe_are_no_air() -> None:
    # a thermostat with an unconnected second probe, home-assistant/core, fixtures generic_ef00_v1.json
    probe = {"temperatureMeasurement": {"temperature": {"value": 200.0, "unit": "C"}}}
    strength = {"signalStrength": {"rssi": {"value": -84, "unit": "dBm"}, "lqi": {"value": 255}}}
    decoded = decode({"components": {"main02": probe, "main": strength}})
    assert values(decoded) == {("signal", ""): -84.0, ("link_quality", ""): 255.0}
    with pytest.raises(Malformed, match="temperature"):
        event("temperatureMeasurement", "temperature", 20_000, unit="C")


def test_each_attribute_of_a_status_has_its_own_time() -> None:
    decoded = decode(
        status(
            contactSensor={"contact": {"value": "closed", "timestamp": "2025-02-09T17:16:42.674Z"}},
            battery={
                "quantity": {"value": None},
                "battery": {"value": 100, "unit": "%", "timestamp": "2025-02-09T13:23:50.726Z"},
            },
            healthCheck={"DeviceWatch-DeviceStatus": {"value": "online"}},
            refresh={},
        )
    )
    assert values(decoded) == {("contact", ""): 0.0, ("battery", ""): 100.0}
    assert decoded.online is True
    assert decoded.readings[1].observed_at == datetime(2025, 2, 9, 13, 23, 50, 726000, UTC)


def test_buttons_of_one_remote_are_told_apart() -> None:
    pressed = {"button": {"button": {"value": "pushed", "timestamp": "2025-02-09T13:23:50Z"}}}
    decoded = decode({"components": {"main": pressed, "button2": pressed}})
    assert values(decoded) == {("button", "pushed"): 1.0, ("button", "button2 pushed"): 1.0}


def test_a_place_is_made_of_its_attributes() -> None:
    at = "2023-05-25T10:05:45.139Z"
    place = {
        "latitude": {"value": "53.8", "timestamp": at},
        "longitude": {"value": "-1.55", "timestamp": at},
        "accuracy": {"value": "20"},
    }
    (reading,) = decode(status(geolocation=place)).readings
    assert reading.position is not None
    assert (reading.value, reading.position.latitude) == (20.0, 53.8)


def test_health() -> None:
    told = {"eventType": "DEVICE_HEALTH_EVENT", "deviceHealthEvent": {"status": "OFFLINE"}}
    assert decode(told).online is False
    assert decode({"deviceId": "a", "state": "ONLINE"}).online is True


def test_of_a_webhook_only_the_device_of_the_topic_is_read() -> None:
    other = {**EVENT, "deviceEvent": {**EVENT["deviceEvent"], "deviceId": "other", "value": "off"}}
    hook = {"lifecycle": "EVENT", "eventData": {"events": [EVENT, other]}}
    assert values(decode(hook, EVENT["deviceEvent"]["deviceId"])) == {("switch", ""): 1.0}
    with pytest.raises(Unsupported):
        decode(hook, "third")


@pytest.mark.parametrize(
    "fields",
    [
        {"eventType": "DEVICE_LIFECYCLE_EVENT", "deviceLifecycleEvent": {"lifecycle": "CREATE"}},
        {"lifecycle": "PING"},
        {},
    ],
)
def test_what_is_none_of_our_business(fields: object) -> None:
    with pytest.raises(Unsupported):
        decode(fields)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (("contactSensor", "contact", "ajar"), "contact"),
        (("battery", "battery", 250), "battery"),
        (("battery", "battery", "full"), "battery"),
        (("button", "button", 3), "button"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(
    said: tuple[str, str, object], named: str
) -> None:
    with pytest.raises(Malformed) as refused:
        event(*said)
    assert refused.value.field == named


def test_a_unit_of_something_else_is_refused() -> None:
    with pytest.raises(Malformed, match="temperature"):
        event("temperatureMeasurement", "temperature", 20, unit="V")
    with pytest.raises(Malformed, match="state"):
        decode({"deviceId": "a", "state": "MAYBE"})
    with pytest.raises(Malformed, match="components"):
        decode({"components": 3})
    with pytest.raises(Malformed, match="payload"):
        decode([])
