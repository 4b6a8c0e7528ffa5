"""The real messages of network servers, clouds and hubs: what carries a quantity we know is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.model.quantity import Quantity
from sensors import fields, vectors
from sensors.codec import Collected, for_model
from sensors.driver import Reading

MINE = (
    "chirpstack-v4",
    "ha-mqtt-discovery",
    "lorawan-codec",
    "other-mqtt",
    "smartthings-event",
    "smartthings-rest",
    "tts-v3",
)
SMARTTHINGS = {
    "contactSensor", "temperatureMeasurement", "battery", "motionSensor", "waterSensor", "presenceSensor",
    "powerMeter", "switch", "accelerationSensor", "button", "relativeHumidityMeasurement", "smokeDetector",
    "tamperAlert", "illuminanceMeasurement", "voltageMeasurement",
}  # fmt: skip
"""Capabilities that carry a quantity of ours, written down without looking at the driver."""
CODEC_FIELDS = {
    "batteryLevel", "gpsLatitude", "temperatureMeasure", "latitude", "BatV", "button", "battery", "TempC_SHT",
    "door", "pir", "temperature", "humidity",
}  # fmt: skip


def has_value(capability: dict[str, Any]) -> bool:
    return any(
        isinstance(told, dict) and told.get("value") is not None for told in capability.values()
    )


def chirpstack(told: dict[str, Any]) -> bool:
    heard = any("rssi" in one for one in told.get("rxInfo", []))
    return heard or "batteryLevel" in told or "location" in told


def status(told: dict[str, Any]) -> bool:
    capabilities = [one for part in told["components"].values() for one in part.items()]
    return any(name in SMARTTHINGS and has_value(one) for name, one in capabilities)


CARRIES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "smartthings-rest": status,
    "smartthings-event": lambda told: told.get("deviceEvent", {}).get("capability") in SMARTTHINGS,
    "chirpstack-v4": chirpstack,
    "tts-v3": lambda told: "uplink_message" in told,
    "lorawan-codec": lambda told: bool(CODEC_FIELDS & told["output"]["data"].keys()),
    "other-mqtt": lambda told: "Power" in told.get("NumericValues", {}),
    "ha-mqtt-discovery": lambda _: False,  # it describes
}


@pytest.fixture(scope="module")
def mine(data_folder: Path) -> list[vectors.Vector]:
    found = vectors.read(data_folder / "payloads" / "vectors.jsonl")
    return [one for one in found if one is not None and one.protocol in MINE]


@pytest.mark.data
def test_what_carries_a_quantity_is_decoded_and_nothing_else(mine: list[vectors.Vector]) -> None:
    known = vectors.by_protocol()
    assert len(mine) == 74
    for vector in mine:
        driver = known[vector.protocol]
        found = vectors.outcome(driver, *vectors.message(vector, driver))
        assert found not in {"crashed", "quarantined"}, vector
        assert (found == "decoded") == CARRIES[vector.protocol](vector.payload), vector


def rounded(readings: list[Reading]) -> dict[Quantity, tuple[object, ...]]:
    told: dict[Quantity, tuple[object, ...]] = {}
    for one in readings:
        where = one.position
        place = () if where is None else (round(where.latitude, 5), round(where.longitude, 5))
        told[one.quantity] = (round(one.value, 2), *place)
    return told


@pytest.mark.data
def test_our_codecs_read_from_the_bytes_what_the_makers_codecs_read(
    mine: list[vectors.Vector],
) -> None:
    compared = 0
    for vector in mine:
        if vector.protocol != "lorawan-codec":
            continue
        codec = for_model(vector.device)
        assert codec is not None, vector.device
        given, theirs = vector.payload["input"], vector.payload["output"]["data"]
        found = Collected()
        codec.decode(given["fPort"], bytes(given["bytes"]), found)
        # Abeeway's field "batteryLevel" is a voltage in 1/253 of 1.4 V with this firmware
        theirs = {key: value for key, value in theirs.items() if key != "batteryLevel"}
        ours, expected = rounded(found.readings), rounded(fields.read(theirs, None))
        for quantity in expected.keys() - {Quantity.SOS}:
            assert ours[quantity] == expected[quantity], vector.device
            compared += 1
        assert (Quantity.SOS in ours) == (expected.get(Quantity.SOS, (0.0,))[0] == 1.0)
    assert compared >= 6
