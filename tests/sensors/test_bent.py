"""Messages that a draft of a driver fell over, from reading it over and from ``bench/fuzz_drivers.py``."""

from __future__ import annotations

import pytest

from sensors.checks import yield_checks
from sensors.driver import discover


@pytest.mark.parametrize(
    ("family", "topic", "payload"),
    [
        ("tasmota", "tele/x/STATE", b'{"POWER":[1]}'),
        ("tasmota", "tele/x/STATE", b'{"POWER1":{"a":1}}'),
        ("tasmota", "tele/x/SENSOR", b'{"BME280":{"Pressure":1000},"PressureUnit":[]}'),
        ("tasmota", "tele/x/SENSOR", b'{"IBEACON":{"MAC":[],"STATE":"ON"}}'),
        ("tasmota", "tele/x/SENSOR", b'{"ZbReceived":{"0x1":{"Name":7,"Power":[]}}}'),
        ("shelly", "x/events/rpc", b'{"method":[],"params":{}}'),
        ("shelly", "x/info", b'{"gas_sensor":{"alarm_state":{}}}'),
        ("shelly", "x/input_event/0", b'{"event":[]}'),
        ("shelly", "x/input_event/0", b"[" * 100_000),
        ("shelly", "x/info", b'{"bat":{"value":1e400}}'),
        ("shelly", "blu/a", b'{"BTHome_version":2,"button":[[]]}'),
        ("shelly", "blu/a", b'{"BTHome_version":2,"moisture":[]}'),
        ("theengs", "h/BTtoMQTT/a", b'{"type":[],"state":{}}'),
        ("theengs", "h/BTtoMQTT/a", b'{"button":1e300}'),
        ("theengs", "home_presence/", b'{"id":["a"]}'),
        ("zigbee2mqtt", "x", b'{"fall_down_status":[],"state":{},"voltage":1e308}'),
        ("esphome", "a/sensor/power/state", b"9" * 41),
        ("esphome", "a/sensor/power/state", b"9" * 201),
        ("esphome", "a/event/button/state", b'{"event_type":"\\u0000"}'),
    ],
)
def test_it_is_read_or_refused(family: str, topic: str, payload: bytes) -> None:
    for check in yield_checks(discover()[family]):
        check(payload, topic)
