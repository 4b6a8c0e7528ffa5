"""Zigbee2MQTT in and readings out; what is wrong is refused with the field's name."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.driver import discover

DRIVER = discover()["zigbee2mqtt"]


def values(fields: object, topic: str = "hall") -> dict[tuple[Quantity, str], float]:
    decoded = DRIVER.decode(topic, json.dumps(fields).encode())
    return {(one.quantity, one.discriminator): one.value for one in decoded.readings}


def test_contact_is_turned_round() -> None:
    assert values({"contact": False}) == {(Quantity.CONTACT, ""): 1.0}
    assert values({"contact": True}) == {(Quantity.CONTACT, ""): 0.0}


def test_everything_a_sensor_says_is_read() -> None:
    said = {
        "occupancy": True,
        "battery": 87,
        "linkquality": 100,
        "illuminance_lux": 21,
        "voltage": 3000,
    }
    assert values(said) == {
        (Quantity.MOTION, ""): 1.0,
        (Quantity.BATTERY, ""): 87.0,
        (Quantity.LINK_QUALITY, ""): 100.0,
        (Quantity.ILLUMINANCE, ""): 21.0,
        (Quantity.VOLTAGE, ""): 3000.0,
    }


def test_the_raw_light_of_older_versions_gives_way_to_lux() -> None:
    assert values({"illuminance": 21336, "illuminance_lux": 136}) == {
        (Quantity.ILLUMINANCE, ""): 136.0
    }
    assert values({"illuminance": 21, "illuminance_lux": 21}) == {(Quantity.ILLUMINANCE, ""): 21.0}


def test_buttons_and_calls_for_help() -> None:
    assert values({"action": "single"}) == {(Quantity.BUTTON, "single"): 1.0}
    assert values({"action": "emergency"}) == {(Quantity.SOS, "emergency"): 1.0}
    assert values({"action": ""}) == {}
    assert values({"action": None, "battery": None}) == {}


def test_plugs_by_their_endpoints_and_covers_not() -> None:
    assert values({"state": "ON", "state_l2": "OFF"}) == {
        (Quantity.SWITCH, ""): 1.0,
        (Quantity.SWITCH, "l2"): 0.0,
    }
    assert values({"state": "OPEN", "position": 10}) == {}


@pytest.mark.parametrize("seen", ["2026-11-23T10:00:00+00:00", 1795428000000])
def test_last_seen_is_the_time(seen: object) -> None:
    (reading,) = DRIVER.decode(
        "a", json.dumps({"occupancy": True, "last_seen": seen}).encode()
    ).readings
    assert reading.observed_at == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_clock_that_is_not_set_tells_no_time() -> None:
    (reading,) = DRIVER.decode("a", b'{"occupancy": true, "last_seen": 1000}').readings
    assert reading.observed_at is None


@pytest.mark.parametrize(
    ("topic", "payload", "device", "online"),
    [
        ("bridge/state", b"online", "bridge", True),
        ("bridge/state", b'{"state":"offline"}', "bridge", False),
        ("kitchen/left/availability", b'{"state":"online"}', "kitchen/left", True),
        ("hall/availability", b"offline", "hall", False),
    ],
)
def test_presence(topic: str, payload: bytes, device: str, online: bool) -> None:
    decoded = DRIVER.decode(topic, payload)
    assert (decoded.external_id, decoded.online, decoded.readings) == (device, online, ())


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"battery": 250}, "battery"),
        ({"battery": "87"}, "battery"),
        ({"battery": True}, "battery"),
        ({"occupancy": "true"}, "occupancy"),
        ({"occupancy": 1}, "occupancy"),
        ({"temperature": 900}, "temperature"),
        ({"action": 3}, "action"),
        ({"occupancy": True, "last_seen": "2026-01-01T00:00:00"}, "last_seen"),
        ({"occupancy": True, "last_seen": "yesterday"}, "last_seen"),
        ({"linkquality": 10**400}, "linkquality"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(fields: object, named: str) -> None:
    with pytest.raises(Malformed) as refused:
        values(fields)
    assert refused.value.field == named


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b'{"a":NaN}', b"[" * 100_000])
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(Malformed, match="payload"):
        DRIVER.decode("hall", payload)


@pytest.mark.parametrize("topic", ["bridge/logging", "hall/set", "hall/get", "bridge/response/x"])
def test_what_is_none_of_our_business(topic: str) -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode(topic, b'{"occupancy": true}')
