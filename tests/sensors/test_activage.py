"""The Leeds NGSI shapes in and readings out.

From telsaleh/activage-aiotes-integration-suite,
``fiware-proxy/context-producer/docs/models/activage-aiotes-ds8-data-models.md`` and its formatters.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.model.errors import Malformed, Unsupported
from sensors.driver import Decoded, discover
from sensors.drivers.activage import split

DRIVER = discover()["activage"]
ID = "device:LEE:LD:test001"


def entity(kind: str, value: object, name: str = ID, **metadata: object) -> dict[str, Any]:
    told = {key: {"type": "String", "value": one} for key, one in metadata.items()}
    told["timestamp"] = {"type": "DateTime", "value": "2017-06-17T07:21:24.238Z"}
    return {
        "id": name,
        "type": kind,
        "observation": {"type": "String", "value": value, "metadata": told},
        "monitoredAsset": {"type": "String", "value": "BackDoor"},
    }


def decode(fields: object, topic: str = ID) -> Decoded:
    return DRIVER.decode(topic, json.dumps(fields).encode())


def told(fields: object, topic: str = ID) -> list[tuple[str, float]]:
    return [(one.quantity.value, one.value) for one in decode(fields, topic).readings]


CONFIRMED = {
    "hasConfirmation": {"type": "String", "value": "Yes"},
    "hasPriority": {"type": "String", "value": "Emergency"},
}
DENIED = {**CONFIRMED, "hasConfirmation": {"type": "String", "value": "No"}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (entity("DoorStateSensor", "OPEN", quantityKind="doorState"), [("contact", 1.0)]),
        (entity("DoorStateSensor", "CLOSED"), [("contact", 0.0)]),
        (entity("MotionDetector", "1", quantityKind="motion"), [("motion", 1.0)]),
        (entity("MotionDetector", "INACTIVE"), [("motion", 0.0)]),
        (entity("EnergyMeter", "40000", measurementUnit="WAT"), [("power", 40000.0)]),
        (entity("EnergyMeter", 2.5, measurementUnit="WAT"), [("power", 2.5)]),
        (entity("HeartBeatSensor", "60", measurementUnit="bpm"), [("heart_rate", 60.0)]),
        (entity("Pedometer", "100", measurementUnit="StepPerDay"), [("steps", 100.0)]),
        (entity("SleepDetector", "7", measurementUnit="Hours"), []),
        (entity("FallDetector", CONFIRMED, quantityKind="Fall"), [("fall", 1.0)]),
        (entity("FallDetector", DENIED, quantityKind="Fall"), [("fall", 0.0)]),
        (entity("FallDetector", CONFIRMED, quantityKind="General_Alert"), [("sos", 1.0)]),
        (entity("FallDetector", CONFIRMED, quantityKind="Notification"), []),
    ],
)
def test_published_entities(fields: dict[str, Any], expected: list[tuple[str, float]]) -> None:
    assert told(fields) == expected


def test_the_time_of_the_observation_counts() -> None:
    (reading,) = decode(entity("DoorStateSensor", "OPEN")).readings
    assert reading.observed_at == datetime(2017, 6, 17, 7, 21, 24, 238000, UTC)


def test_an_unconfirmed_fall_counts_until_somebody_denies_it() -> None:
    waiting = {**CONFIRMED, "hasConfirmation": {"type": "String", "value": "Timeout"}}
    assert told(entity("FallDetector", waiting, quantityKind="Fall")) == [("fall", 1.0)]


def test_of_a_notification_only_the_entity_of_the_topic_is_read() -> None:
    other = entity("MotionDetector", "1", name="device:LEE:LD:b")
    both = {"subscriptionId": "5", "data": [entity("DoorStateSensor", "OPEN"), other]}
    assert told(both) == [("contact", 1.0)]
    assert told(both, "device:LEE:LD:b") == [("motion", 1.0)]
    with pytest.raises(Unsupported):
        decode(both, "device:LEE:LD:c")
    batch = {"actionType": "append", "entities": [entity("Pedometer", 5)]}
    assert told(batch) == [("steps", 5.0)]


def test_a_notification_is_split_into_messages() -> None:
    names = [ID, "device:LEE:LD:b"]
    both = {"data": [entity("DoorStateSensor", "OPEN", name=name) for name in names]}
    parts = split(json.dumps(both).encode())
    assert [topic for topic, _ in parts] == names
    assert [told(json.loads(payload), topic) for topic, payload in parts] == [
        [("contact", 1.0)]
    ] * 2


@pytest.mark.parametrize("kind", ["TV_Viewing", "Bathroom_Usage", "Thing"])
def test_what_is_none_of_our_business(kind: str) -> None:
    with pytest.raises(Unsupported):
        decode({"id": ID, "type": kind, "dailyResult": {"type": "Number", "value": 10}})


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (entity("DoorStateSensor", "AJAR"), "observation"),
        (entity("HeartBeatSensor", "900"), "observation"),
        (entity("EnergyMeter", "5", measurementUnit="KWH"), "observation"),
        (entity("Pedometer", None), "observation"),
        ({"id": ID}, "type"),
        ({"type": "Pedometer"}, "id"),
        ([3], "payload"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(fields: object, named: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode(fields)
    assert refused.value.field == named
