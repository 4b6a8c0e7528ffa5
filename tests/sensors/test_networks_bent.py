"""Messages of network servers, clouds and hubs with anything anywhere in them: the contract still holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors import names
from sensors.checks import yield_checks
from sensors.driver import discover

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["on", "off", "open", "active", "detected", "2026-11-23T10:00:00Z", "/y4B", "°F", "V"]
    )
)
fields = st.sampled_from(
    [*sorted(names.MEANINGS), "latitude", "longitude", "accuracy", "value", "unit", "1"]
)
objects = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=5),
    max_leaves=10,
)


def shaped(*keys: str, inner: st.SearchStrategy[Any] = objects) -> st.SearchStrategy[Any]:
    """Objects with some of these keys, and anything below them."""
    return st.dictionaries(st.sampled_from(keys), inner, max_size=len(keys))


models = st.sampled_from(
    ["WS101", "Dragino TrackerD", "LHT65", "Abeeway asset tracker 3", "elsys", "none"]
)
about = st.fixed_dictionaries({"deviceProfileName": models}) | objects
heard = st.lists(shaped("gatewayId", "gateway_ids", "gateway_id", "rssi"), max_size=3)
attribute = shaped("value", "unit", "timestamp", inner=scalars)
capabilities = st.dictionaries(
    st.sampled_from(
        [
            "motionSensor",
            "contactSensor",
            "battery",
            "temperatureMeasurement",
            "geolocation",
            "button",
        ]
    ),
    st.dictionaries(
        st.sampled_from(
            ["motion", "contact", "battery", "temperature", "latitude", "longitude", "button"]
        ),
        attribute | objects,
        max_size=3,
    ),
    max_size=4,
)
event = st.fixed_dictionaries(
    {
        "eventType": st.sampled_from(["DEVICE_EVENT", "DEVICE_HEALTH_EVENT", "OTHER"]) | scalars,
        "deviceEvent": st.fixed_dictionaries(
            {
                "capability": st.sampled_from(["motionSensor", "battery"]) | scalars,
                "attribute": st.sampled_from(["motion", "battery"]) | scalars,
                "value": objects,
            }
        ),
        "deviceHealthEvent": objects,
    }
)
entity = st.fixed_dictionaries(
    {
        "id": st.just("a") | scalars,
        "type": st.sampled_from(["DoorStateSensor", "EnergyMeter", "FallDetector", "Pedometer"])
        | scalars,
        "observation": shaped("type", "value", "metadata") | objects,
    }
)
state = st.fixed_dictionaries(
    {
        "entity_id": st.sampled_from(["binary_sensor.a_door", "sensor.a_power", "person.a", "event.a"])
        | scalars,
        "state": st.sampled_from(["on", "20", "home", "unavailable"]) | scalars,
        "attributes": shaped(
            "device_class", "unit_of_measurement", "latitude", "longitude", "battery_level", "event_type",
            "gps_accuracy", inner=st.sampled_from(["door", "power", "W", "battery"]) | objects,
        ),
    }
)  # fmt: skip
config = shaped(
    "dev", "device", "stat_t", "dev_cla", "cmps", "components", "availability", "avty", "exp_aft", "~", "ids",
    inner=shaped("ids", "identifiers", "cns", "connections", "name", "p", "topic") | objects,
)  # fmt: skip
CASES: list[tuple[str, str, st.SearchStrategy[Any]]] = [
    ("chirpstack", "application/a/device/b/event/up", st.fixed_dictionaries(
        {"deviceInfo": about, "fPort": scalars, "data": scalars, "object": objects, "rxInfo": heard | objects}
    )),
    ("chirpstack", "application/a/device/b/event/status", shaped("batteryLevel", "time", inner=scalars)),
    ("chirpstack", "application/a/device/b/event/location", shaped("location", "time")),
    ("ttn", "v3/a@t/devices/b/up", st.fixed_dictionaries({"uplink_message": shaped(
        "f_port", "frm_payload", "decoded_payload", "normalized_payload", "locations", "rx_metadata",
        "version_ids", "last_battery_percentage", "received_at",
    )})),
    ("ttn", "v3/a@t/devices/b/location/solved", shaped("location_solved", inner=shaped("location"))),
    ("smartthings", "a", st.fixed_dictionaries(
        {"components": st.dictionaries(fields, capabilities) | objects}
    )),
    ("smartthings", "a", event | st.fixed_dictionaries(
        {"eventData": shaped("events", inner=st.lists(event))}
    )),
    ("activage", "a", entity | shaped("data", "entities", inner=st.lists(entity, max_size=3) | objects)),
    ("homeassistant", "a", state | st.fixed_dictionaries(
        {"event_type": st.just("state_changed"), "event_data": shaped("new_state", inner=state)}
    )),
    ("homeassistant", "device/a/config", config),
    ("homeassistant", "sensor/a/b/config", config),
    ("homeassistant", "sensor/a_power/battery_level", objects),
    ("generic", "a", objects),
    ("generic", "a/temperature", objects),
    ("homie", "5/a/b/temperature", objects),
]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "topic", "bodies"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES]
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_anything_at_any_place(
    family: str, topic: str, bodies: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    payload = json.dumps(data.draw(bodies)).encode()
    for check in yield_checks(discover()[family]):
        check(payload, topic)


@pytest.mark.parametrize(
    "family", ["chirpstack", "ttn", "smartthings", "activage", "homeassistant", "generic"]
)
def test_what_is_very_deep_or_very_wide_is_read_or_refused(family: str) -> None:
    deep = b'{"uplink_message":' + b'{"object":' * 900 + b"1" + b"}" * 900 + b"}"
    wide = json.dumps({"object": {f"temperature_{n}": 20 for n in range(20_000)}}).encode()
    topics = ["a", "application/a/device/b/event/up", "v3/a@t/devices/b/up", "device/a/config"]
    for check in yield_checks(discover()[family]):
        for topic in topics:
            check(deep, topic)
            check(wide, topic)
