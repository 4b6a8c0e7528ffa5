"""The real messages of others: nothing crashes, and what carries a quantity we know is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.model.errors import Misconfigured
from sensors import vectors

KEYS = {
    "zigbee2mqtt": """occupancy presence vibration sos water_leak smoke tamper battery_low battery voltage
        linkquality temperature device_temperature humidity pressure power illuminance illuminance_lux contact
        action""",
    "tasmota": """Temperature Humidity Pressure Illuminance Battery RSSI LinkQuality ApparentPower Voltage Vcc
        POWER POWER1 POWER2 POWER3 Switch1 Occupancy Contact DoorOpen AMBTMP UID AqaraVibrationMode""",
    "shelly-gen1": "motion vibration lux bat tmp hum sensor",
    "shelly-gen2": "battery humidity temperature events",
    "ble-theengs": """tempc hum batt volt lux pres motion open button button1 steps bpm act_bpm lowbatt""",
    "openmqttgateway-ble": "rssi tempc hum",
    "owntracks": "",
}
"""Keys that carry a quantity of ours, anywhere in a message, written down without looking at the drivers."""
WORDS = {"on", "off", "open", "close", "1", "0"}
"""Payloads that are a state, at a topic that is no last will."""
BY_DESIGN: dict[str, Callable[[vectors.Vector], bool]] = {
    "a probe in food, or the water of a shower, is no air": lambda one: (
        one.payload.get("type") in {"BBQ", "ENRG"} and "batt" not in one.payload
    ),
    "impossible: humidity of 127.5 %, temperature of -128": lambda one: (
        one.payload.get("model_id") == "RuuviTag_RAWv1" and one.payload["hum"] in {0, 127.5}
    ),
    "a beacon that is no longer heard tells an old strength": lambda one: (
        one.payload.get("IBEACON", {}).get("STATE") == "OFF"
    ),
    "a topic that names no device": lambda one: "/" not in one.topic,
}
"""Why a message that carries a quantity is not read, and which ones these are."""


def keys_in(value: object) -> set[str]:
    """All keys of an object that are not null, at any depth."""
    if isinstance(value, list):
        return set().union(*map(keys_in, value))
    if not isinstance(value, dict):
        return set()
    own = {key for key, one in value.items() if one is not None}
    return own.union(*map(keys_in, value.values()))


def carries(vector: vectors.Vector) -> bool:
    fields = vector.payload
    if isinstance(fields, str):
        return fields.lower() in WORDS and "LWT" not in vector.topic
    if not isinstance(fields, dict) or "/bridge/" in vector.topic:
        return False
    if vector.protocol == "owntracks":
        return fields.get("_type") in {"location", "transition", "steps"}
    if vector.protocol == "zigbee2mqtt" and fields.get("state") in {"ON", "OFF"}:
        return True
    return bool(keys_in(fields) & set(KEYS[vector.protocol].split()))


@pytest.mark.parametrize("text", ["", "hello\n", "{}\n[1]\n"])
def test_a_file_without_a_message_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "vectors.jsonl"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=r"vectors\.jsonl: expected lines of JSON objects"):
        vectors.evaluate(file)


@pytest.mark.data
def test_the_real_messages(data_folder: Path) -> None:
    file = data_folder / "payloads" / "vectors.jsonl"
    report = vectors.evaluate(file)["protocols"]
    assert all(counts["crashed"] == 0 for counts in report.values())
    assert sum(counts["vectors"] for counts in report.values()) == 766
    for name in KEYS:
        assert report[name]["vectors"] == sum(report[name][one] for one in vectors.OUTCOMES[1:])


@pytest.mark.data
@pytest.mark.parametrize("protocol", KEYS)
def test_what_carries_a_quantity_is_read(data_folder: Path, protocol: str) -> None:
    driver = vectors.by_protocol()[protocol]
    carrying = read = 0
    for vector in vectors.read(data_folder / "payloads" / "vectors.jsonl"):
        assert vector is not None
        if vector.protocol != protocol:
            continue
        found = vectors.outcome(driver, *vectors.message(vector, driver))
        carrying += carries(vector)
        read += carries(vector) and found == "decoded"
        if carries(vector) != (found == "decoded"):
            assert any(known(vector) for known in BY_DESIGN.values()), vector
    assert read >= 0.95 * carrying > 0


@pytest.mark.parametrize(
    ("raw", "payload", "sent"),
    [
        ('{"a": 1}', {"a": 1}, b'{"a": 1}'),
        ("open", "open", b"open"),
        ('21:34:21 MQT: tele/x/RESULT = {"a":1}', {"a": 1}, b'{"a":1}'),
        ("12:00 MQT: tele/x/LWT = Online", "Online", b"Online"),
        (None, "ON", b"ON"),
        ("21.5", None, b"21.5"),
    ],
)
def test_a_line_of_a_log_is_no_payload(raw: object, payload: object, sent: bytes) -> None:
    vector = vectors.Vector(protocol="tasmota", topic="tele/x/RESULT", payload=payload, raw=raw)
    assert vectors.message(vector, vectors.by_protocol()["tasmota"])[1] == sent


def test_lines_that_are_no_vectors_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_text(
        '{"protocol": "zigbee2mqtt", "payload": {"battery": 250}}\nnonsense\n\n{"a": 1}\n'
    )
    report = vectors.evaluate(file)["protocols"]
    assert report["zigbee2mqtt"]["quarantined"] == 1
    assert report[vectors.UNREADABLE]["vectors"] == 2


def test_a_driver_that_crashes_is_counted() -> None:
    class Broken:
        family = "broken"
        title = setup = "broken"
        quantities = frozenset[object]()

        def decode(self, topic: str, payload: bytes) -> object:
            raise ZeroDivisionError(topic, payload)

    assert vectors.outcome(Broken(), "a", b"") == "crashed"  # type: ignore[arg-type]
