"""Home Assistant in and readings out.

States as its ``State.as_dict`` makes them, topics as ``mqtt_statestream`` publishes them, discovery as
Tasmota, Zigbee2MQTT and ESPHome send it (their documentation and that of "MQTT discovery").
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.driver import Decoded, discover
from sensors.homeassistant_discovery import describe

DRIVER = discover()["homeassistant"]


def state(entity: str, value: str, **attributes: object) -> dict[str, Any]:
    return {
        "entity_id": entity,
        "state": value,
        "attributes": attributes,
        "last_changed": "2026-11-23T10:00:00.000000+00:00",
        "last_updated": "2026-11-23T10:00:01.500000+00:00",
    }


def measured(device_class: str, unit: str) -> dict[str, Any]:
    return {"device_class": device_class, "unit_of_measurement": unit}


def decode(fields: object, topic: str = "any") -> Decoded:
    return DRIVER.decode(topic, json.dumps(fields).encode())


def values(decoded: Decoded) -> dict[tuple[str, str], float]:
    return {(one.quantity.value, one.discriminator): one.value for one in decoded.readings}


def test_a_state_with_its_class_and_time() -> None:
    decoded = decode(state("binary_sensor.hall", "on", device_class="motion"))
    assert decoded.external_id == "binary_sensor.hall"
    assert values(decoded) == {("motion", ""): 1.0}
    assert decoded.readings[0].observed_at == datetime(2026, 11, 23, 10, 0, 1, 500000, UTC)


def test_an_event_of_the_eventstream() -> None:
    said = {"entity_id": "a.b", "old_state": None, "new_state": state("light.lamp", "off")}
    told = {"event_type": "state_changed", "event_data": said}
    assert values(decode(told)) == {("switch", ""): 0.0}
    for other in (
        {"event_type": "call_service", "event_data": {}},
        {"event_type": "state_changed", "event_data": {"new_state": None}},
    ):
        with pytest.raises(Unsupported):
            decode(other)


@pytest.mark.parametrize(
    ("entity", "value", "attributes", "expected"),
    [
        ("binary_sensor.x", "on", {"device_class": "door"}, {("contact", ""): 1.0}),
        ("binary_sensor.x", "off", {"device_class": "opening"}, {("contact", ""): 0.0}),
        ("binary_sensor.x", "on", {"device_class": "occupancy"}, {("motion", ""): 1.0}),
        ("binary_sensor.x", "on", {"device_class": "battery"}, {("battery_low", ""): 1.0}),
        ("binary_sensor.x", "on", {"device_class": "moisture"}, {("water_leak", ""): 1.0}),
        ("binary_sensor.x", "on", {"device_class": "update"}, {}),
        ("binary_sensor.bed_occupancy", "on", {}, {("bed", ""): 1.0}),
        ("sensor.x", "68", measured("temperature", "°F"), {("temperature", ""): 20.0}),
        ("sensor.x", "101.3", measured("pressure", "kPa"), {("pressure", ""): 1013.0}),
        ("sensor.x", "1.2", measured("power", "kW"), {("power", ""): 1200.0}),
        ("sensor.x", "41", measured("battery", "%"), {("battery", ""): 41.0}),
        ("sensor.x", "-70", measured("signal_strength", "dBm"), {("signal", ""): -70.0}),
        ("sensor.x", "12.5", measured("energy", "kWh"), {}),
        ("sensor.x_last_seen", "2026-11-23", {"device_class": "timestamp"}, {}),
        ("switch.kettle", "on", {}, {("switch", ""): 1.0}),
        ("cover.garage", "open", {"device_class": "garage"}, {("contact", ""): 1.0}),
        ("cover.blind", "open", {"device_class": "blind"}, {}),
        ("event.remote", "2026-11-23T10:00:00Z", {"event_type": "single"}, {("button", "single"): 1.0}),
        ("sensor.x", "unknown", {"device_class": "temperature"}, {}),
        ("climate.lounge", "heat", {"current_temperature": 20.5}, {("temperature", ""): 20.5}),
        ("lock.door", "locked", {"battery_level": 68}, {("battery", ""): 68.0}),
        ("media_player.tv", "playing", {}, {}),
    ],
)  # fmt: skip
def test_entities_of_many_kinds(
    entity: str, value: str, attributes: dict[str, Any], expected: dict[tuple[str, str], float]
) -> None:
    assert values(decode(state(entity, value, **attributes))) == pytest.approx(expected)


def test_a_tracker_is_in_a_zone_and_on_the_map() -> None:
    where = {"latitude": 53.8, "longitude": -1.55, "gps_accuracy": 12, "battery_level": 41}
    decoded = decode(state("device_tracker.phone", "not_home", **where))
    assert values(decoded) == {("zone", "home"): 0.0, ("battery", ""): 41.0, ("position", ""): 12.0}
    assert values(decode(state("person.ada", "Day centre"))) == {("zone", "Day centre"): 1.0}


def test_unavailable_is_gone_and_unknown_is_nothing() -> None:
    assert decode(state("binary_sensor.x", "unavailable")).online is False
    assert decode(state("binary_sensor.x", "unknown", device_class="door")).online is True


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("binary_sensor/hall_motion/state", b"on", {("motion", ""): 1.0}),
        ("binary_sensor/front_door_motion/state", b"on", {("motion", ""): 1.0}),
        ("binary_sensor/front_door/state", b"off", {("contact", ""): 0.0}),
        ("binary_sensor/front_door_battery_low/state", b"off", {("battery_low", ""): 0.0}),
        ("binary_sensor/pendant_sos/state", b"on", {("sos", ""): 1.0}),
        ("binary_sensor/kitchen_carbon_monoxide/state", b"on", {("carbon_monoxide", ""): 1.0}),
        ("sensor/hall_temperature/state", b"21.5", {("temperature", ""): 21.5}),
        ("sensor/front_door_battery/state", b"87", {("battery", ""): 87.0}),
        ("sensor/front_door_voltage/state", b"3000", {("voltage", ""): 3000.0}),
        ("sensor/kettle_power/state", b"1200.5", {("power", ""): 1200.5}),
        ("sensor/hall_device_temperature/state", b"30", {("device_temperature", ""): 30.0}),
        ("sensor/moon_phase/state", b"full", {}),
        ("binary_sensor/update_ready/state", b"on", {}),
        ("lock/front/battery_level", b"68", {("battery", ""): 68.0}),
        ("device_tracker/phone/state", b"home", {("zone", "home"): 1.0}),
    ],
)
def test_the_statestream_goes_by_names(
    topic: str, payload: bytes, expected: dict[tuple[str, str], float]
) -> None:
    decoded = DRIVER.decode(topic, payload)
    assert decoded.external_id == ".".join(topic.split("/")[:2])
    assert values(decoded) == pytest.approx(expected)


@pytest.mark.parametrize("key", ["friendly_name", "last_updated", "device_class"])
def test_other_attributes_are_none_of_our_business(key: str) -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode(f"sensor/hall_temperature/{key}", b'"x"')


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (state("binary_sensor.x", "ajar", device_class="door"), "state"),
        (state("sensor.x", "warm", device_class="temperature"), "state"),
        (state("sensor.x", "900", device_class="temperature"), "state"),
        (state("sensor.x", "20", device_class="temperature", unit_of_measurement="V"), "state"),
        (state("nodot", "on"), "entity_id"),
        ({"entity_id": "a.b", "state": 3}, "state"),
        ([], "payload"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(fields: object, named: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode(fields)
    assert refused.value.field == named


def test_discovery_describes_a_device_and_tells_no_reading() -> None:
    topic = "binary_sensor/0x00158d00/occupancy/config"
    said = {
        "device_class": "occupancy",
        "state_topic": "zigbee2mqtt/hall",
        "unique_id": "0x00158d00_occupancy_zigbee2mqtt",
        "expire_after": 7200,
        "availability": [{"topic": "zigbee2mqtt/bridge/state"}],
        "device": {
            "identifiers": ["zigbee2mqtt_0x00158d00"],
            "name": "hall",
            "manufacturer": "Aqara",
            "model": "RTCGQ11LM",
        },
    }
    payload = json.dumps(said).encode()
    decoded = DRIVER.decode(topic, payload)
    assert (decoded.external_id, decoded.readings) == ("zigbee2mqtt_0x00158d00", ())
    found = describe(f"homeassistant/{topic}", payload)
    (entity,) = found.entities
    assert (found.name, found.manufacturer, found.battery) == ("hall", "Aqara", False)
    assert found.quantities == (Quantity.MOTION,)
    assert (entity.state_topic, entity.expire_after_s) == ("zigbee2mqtt/hall", 7200.0)
    assert entity.availability == ("zigbee2mqtt/bridge/state",)


def test_abbreviations_and_the_base_topic_are_written_out() -> None:
    said = {
        "~": "tasmota/a",
        "stat_t": "~/SENSOR",
        "avty_t": "~/LWT",
        "dev_cla": "battery",
        "dev": {"ids": "A1"},
    }
    found = describe("sensor/a/battery/config", json.dumps(said).encode())
    assert found.device == "A1"
    assert found.battery is True
    assert found.entities[0].state_topic == "tasmota/a/SENSOR"
    assert found.entities[0].availability == ("tasmota/a/LWT",)


def test_a_device_may_be_described_at_once() -> None:
    said = {
        "dev": {"cns": [["mac", "02:5b:26:a8:dc:12"]], "mdl": "mmWave"},
        "state_topic": "sensor/state",
        "cmps": {
            "a": {"p": "binary_sensor", "device_class": "motion"},
            "b": {"p": "sensor", "device_class": "temperature", "unit_of_measurement": "°C"},
            "gone": {"p": "sensor"},
        },
    }
    found = describe("homeassistant/device/hall/config", json.dumps(said).encode())
    assert found.device == "02:5b:26:a8:dc:12"
    assert found.quantities == (Quantity.MOTION, Quantity.TEMPERATURE)


def test_its_birth_and_last_will() -> None:
    assert DRIVER.decode("status", b"online").online is True
    assert DRIVER.decode("status", b'"offline"').online is False
    with pytest.raises(Malformed, match="status"):
        DRIVER.decode("status", b"dancing")


def test_discovery_of_other_forms() -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode("sensor/a/b/config", b"")
    with pytest.raises(Malformed, match="payload"):
        DRIVER.decode("sensor/a/b/config", b"[]")
    with pytest.raises(Malformed, match="topic"):
        describe("sensor/a/b/state", b"{}")
    assert describe("sensor/a/b/config", b"{}").device == "sensor/a/b"
