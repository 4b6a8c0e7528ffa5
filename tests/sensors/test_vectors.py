"""The real messages of others: nothing crashes, and what carries a quantity we know is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensors import driver as drivers
from sensors import vectors

KNOWN_KEYS = {
    "occupancy", "presence", "vibration", "sos", "water_leak", "smoke", "tamper", "battery_low", "battery",
    "voltage", "linkquality", "temperature", "device_temperature", "humidity", "pressure", "power",
    "illuminance", "illuminance_lux", "contact", "action",
}  # fmt: skip
"""Keys of Zigbee2MQTT that carry a quantity of ours, written down without looking at the driver."""


def carries(vector: vectors.Vector) -> bool:
    fields = vector.payload
    if not isinstance(fields, dict) or "/bridge/" in vector.topic:
        return False
    if vector.protocol == "owntracks":
        return fields.get("_type") in {"location", "transition", "steps"}
    known = {key for key, value in fields.items() if value is not None}
    return bool(known & KNOWN_KEYS) or fields.get("state") in {"ON", "OFF"}


@pytest.mark.data
def test_the_real_messages(data_folder: Path) -> None:
    file = data_folder / "payloads" / "vectors.jsonl"
    report = vectors.evaluate(file)["protocols"]
    assert all(counts["crashed"] == 0 for counts in report.values())
    assert sum(counts["vectors"] for counts in report.values()) == 766
    for name in ("zigbee2mqtt", "owntracks"):
        counts = report[name]
        assert counts["quarantined"] == 0
        assert counts["vectors"] == sum(counts[column] for column in vectors.OUTCOMES[1:])
    known = drivers.discover()
    for vector in vectors.read(file):
        assert vector is not None
        if vector.protocol in known:
            driver = known[vector.protocol]
            found = vectors.outcome(driver, *vectors.message(vector, driver))
            assert (found == "decoded") == carries(vector), vector


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
