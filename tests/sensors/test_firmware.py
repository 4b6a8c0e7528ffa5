"""Which version of software a device runs, as each family tells it in its own documentation."""

from __future__ import annotations

import json

import pytest

from sensors.driver import discover

TOLD = {
    ("zigbee2mqtt", "hall"): (
        {"contact": False, "update": {"installed_version": 16777241, "state": "idle"}},
        ("hall", "16777241"),
    ),
    ("zigbee2mqtt", "lamp"): ({"state": "ON", "update": {"installed_version": -1}}, ("lamp", "")),
    ("shelly", "announce"): (
        {
            "id": "shellydw2-483FDA",
            "model": "SHDW-2",
            "new_fw": False,
            "fw_ver": "20230913-112531/v1.14",
        },
        ("shellydw2-483FDA", "20230913-112531/v1.14"),
    ),
    ("shelly", "shellydw2-483FDA/info"): (
        {
            "bat": {"value": 90},
            "update": {"old_version": "20230913-112531/v1.14", "new_version": ""},
        },
        ("shellydw2-483FDA", "20230913-112531/v1.14"),
    ),
    ("tasmota", "tele/plug/INFO1"): (
        {"Info1": {"Module": "Sonoff", "Version": "14.2.0(tasmota)"}},
        ("plug", "14.2.0(tasmota)"),
    ),
    ("tasmota", "stat/plug/STATUS2"): (
        {"StatusFWR": {"Version": "14.2.0(tasmota)", "Core": "2_7_7"}},
        ("plug", "14.2.0(tasmota)"),
    ),
    ("esphome", "node/sensor/esphome_version/state"): ("2024.6.1", ("node", "2024.6.1")),
    ("theengs", "OMG/SYStoMQTT"): ({"uptime": 5, "version": "v1.7.0"}, ("OMG", "v1.7.0")),
    ("homie", "5/node/$fw/version"): ("2.1", ("node", "2.1")),
    ("wayhome", "door/status"): ({"online": True, "firmware": "1.2"}, ("door", "1.2")),
    ("homeassistant", "sensor/0x1/battery/config"): (
        {"stat_t": "z/hall", "dev": {"ids": "0x1", "sw": "2.0"}},
        ("0x1", "2.0"),
    ),
    ("ttn", "app/devices/lds02/up"): (
        {
            "end_device_ids": {"device_id": "lds02"},
            "uplink_message": {"version_ids": {"firmware_version": "1.6"}},
        },
        ("lds02", "1.6"),
    ),
}


@pytest.mark.parametrize("told", TOLD, ids="/".join)
def test_a_version_is_read(told: tuple[str, str]) -> None:
    family, topic = told
    payload, wanted = TOLD[told]
    text = payload if isinstance(payload, str) else json.dumps(payload)
    found = discover()[family].decode(topic, text.encode())
    assert (found.external_id, found.firmware) == wanted
