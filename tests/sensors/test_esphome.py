"""ESPHome: the name says what a thing senses; a name that says nothing is not guessed at."""

from __future__ import annotations

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import naming
from sensors.driver import discover

DRIVER = discover()["esphome"]


def test_a_node_is_a_device_and_its_status_says_whether_it_lives() -> None:
    told = DRIVER.decode("ground/hall/status", b"offline")
    assert (told.external_id, told.online) == ("ground/hall", False)
    told = DRIVER.decode("ground/hall/binary_sensor/pir/state", b"ON")
    assert told.external_id == "ground/hall"


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("hall_motion", Quantity.MOTION),
        ("Hall PIR", Quantity.MOTION),
        ("bed_occupancy", Quantity.BED),
        ("armchair_occupied", Quantity.CHAIR),
        ("bathroom_presence", Quantity.PRESENCE),
        ("fridge_door", Quantity.CONTACT),
        ("front_door_motion", Quantity.MOTION),
        ("front_door_lamp", Quantity.SWITCH),
        ("fire_door", Quantity.CONTACT),
        ("kitchen_smoke", Quantity.SMOKE),
        ("washer_leak", Quantity.WATER_LEAK),
        ("co_alarm", Quantity.CARBON_MONOXIDE),
        ("fall_detected", Quantity.FALL),
        ("sos_button", Quantity.SOS),
        ("pill_box_tamper", Quantity.TAMPER),
        ("pir_battery_low", Quantity.BATTERY_LOW),
        ("co2_alarm", None),
        ("motion_led", None),
        ("water_heater", None),
        ("door_lock", None),
        ("gpio_14", None),
    ],
)
def test_what_a_name_says(name: str, quantity: Quantity | None) -> None:
    assert naming.state_named(name) is quantity


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("bath_temperature", Quantity.TEMPERATURE),
        ("esp32_internal_temperature", Quantity.DEVICE_TEMPERATURE),
        ("kettle_power", Quantity.POWER),
        ("battery_level", Quantity.BATTERY),
        ("battery_percent", Quantity.BATTERY),
        ("illuminance", Quantity.ILLUMINANCE),
        ("wifi_signal_percent", None),
        ("power_factor", None),
        ("target_temperature", None),
        ("moving_distance", None),
        ("uptime", None),
    ],
)
def test_what_a_measuring_name_says(name: str, quantity: Quantity | None) -> None:
    found = naming.amount_named(name)
    assert (found and found[0]) is quantity


@pytest.mark.parametrize(
    ("topic", "payload", "named"),
    [
        ("a/binary_sensor/hall_motion/state", b"maybe", "hall_motion"),
        ("a/sensor/bath_humidity/state", b"130", "bath_humidity"),
        ("a/sensor/bath_humidity/state", b"1e999", "bath_humidity"),
        ("a/sensor/bath_humidity/state", b"\xff", "payload"),
        ("a/event/button/state", b"{}", "event_type"),
        ("a/light/desk/state", b'{"state":"DIM"}', "desk"),
        ("a/status", b"sleeping", "state"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(
    topic: str, payload: bytes, named: str
) -> None:
    with pytest.raises(Malformed) as refused:
        DRIVER.decode(topic, payload)
    assert refused.value.field == named


@pytest.mark.parametrize(
    "topic", ["a/debug", "a/text_sensor/ip/state", "a/binary_sensor/gpio14/state", "a/b", ""]
)
def test_what_is_none_of_our_business(topic: str) -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode(topic, b"ON")
