"""The Leeds pilot of ACTIVAGE (DS8): what its FIWARE proxy sends, as NGSI version 2.

Shapes from the pilot's published data models (telsaleh/activage-aiotes-integration-suite,
``fiware-proxy/context-producer/docs/models/activage-aiotes-ds8-data-models.md``): an entity with an
``observation``, whose metadata tell its time and kind. Ids are ``device:LEE:LD:UUID``.

=====================  ===================  ==========================================================
type                   quantity             value
=====================  ===================  ==========================================================
``DoorStateSensor``    ``contact``          OPEN, CLOSED
``MotionDetector``     ``motion``           1, 0, ACTIVE, INACTIVE
``EnergyMeter``        ``power``            W (``WAT``)
``HeartBeatSensor``    ``heart_rate``       bpm
``Pedometer``          ``steps``            a day
``FallDetector``       ``fall``, ``sos``    kind Fall, General_Alert; a fall that its wearer denied is 0
``SleepDetector``      none                 hours of a night that is over
=====================  ===================  ==========================================================

The topic names the entity; of a notification or a batch with several, only that one is read, so a bridge
publishes such a message once to each entity's topic; ``wayhome replay activage`` takes a record apart.
Services (``TV_Viewing``, ``Bathroom_Usage``) are conclusions of that system, not observations: not read.
"""

from __future__ import annotations

from typing import Any

import msgspec

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Collected
from sensors.driver import Decoded, Reporting, Supply
from sensors.names import numeric, truth
from sensors.units import in_our_unit

_STATES = {"DoorStateSensor": Quantity.CONTACT, "MotionDetector": Quantity.MOTION}
_NUMBERS = {
    "EnergyMeter": Quantity.POWER,
    "HeartBeatSensor": Quantity.HEART_RATE,
    "Pedometer": Quantity.STEPS,
}
_ALERTS = {"Fall": Quantity.FALL, "General_Alert": Quantity.SOS}
_FALLS, _SLEEP = "FallDetector", "SleepDetector"
_LISTS = ("data", "entities")
"""Where a notification and a batch update have their entities."""


class _Activage:
    family = "activage"
    title = "ACTIVAGE Leeds (FIWARE NGSI version 2)"
    quantities = frozenset({*_STATES.values(), *_NUMBERS.values(), *_ALERTS.values()})
    setup = (
        "a bridge that takes the context broker's notifications and publishes each to"
        " homes/HOME/activage/ENTITY, the entity's id (device:LEE:LD:…), QoS 1, not retained"
    )
    reporting = Reporting(
        interval_s=3600,
        heartbeat=False,
        supply=Supply.EITHER,
        battery="Not told.",
    )
    protocols = frozenset({"activage", "activage-ngsi", "ngsi-v2"})
    bases = ("activage/",)
    example_topic = "device:LEE:LD:test001"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        name = decoding.name(topic)
        entity = _entity(name, payload)
        kind = entity.get("type")
        if not isinstance(kind, str):
            raise Malformed("type", "the kind of entity")
        if kind not in {*_STATES, *_NUMBERS, _FALLS, _SLEEP}:
            raise Unsupported(f"activage: {kind[:40]}")
        found = Collected()
        _observed(kind, entity.get("observation"), found)
        return Decoded(external_id=name, readings=tuple(found.readings))


def split(payload: bytes) -> list[tuple[str, bytes]]:
    """Return each entity of a notification, a batch or a list by itself, with its topic below the family.

    Raises
    ------
    Malformed
        If it is no JSON, or an entity has no id that can stand in a topic.

    Examples
    --------
    >>> split(b'{"data": [{"id": "device:LEE:LD:a", "type": "Pedometer"}]}')
    [('device:LEE:LD:a', b'{"id":"device:LEE:LD:a","type":"Pedometer"}')]
    """
    return [(_level(one["id"]), msgspec.json.encode(one)) for one in _entities(payload)]


def _level(name: str) -> str:
    if not set("+#/").isdisjoint(name):
        raise Malformed("id", "an id without + # and /")
    return decoding.name(name)


def _entities(payload: bytes) -> list[dict[str, Any]]:
    try:
        told = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Malformed("payload", "JSON") from error
    if isinstance(told, dict):
        told = next((told[key] for key in _LISTS if key in told), [told])
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise Malformed("payload", "an entity, or a list of entities")
    if not all(isinstance(one.get("id"), str) for one in told):
        raise Malformed("id", "the id of an entity")
    return told


def _entity(name: str, payload: bytes) -> dict[str, Any]:
    told = _entities(payload)
    if len(told) == 1:
        return told[0]
    mine = [one for one in told if one["id"] == name]
    if len(mine) != 1:
        raise Unsupported("activage: entities of other topics")
    return mine[0]


def _observed(kind: str, observation: object, found: Collected) -> None:
    about = _part(observation, "metadata")
    found.at = decoding.moment(_plain(about.get("timestamp")), "timestamp")
    value = _plain(observation)
    if kind in _STATES:
        sign = truth(value, "observation")
        if sign is not None:
            found.add(_STATES[kind], sign, "observation")
    elif kind in _NUMBERS:
        amount, unit = numeric(value), _plain(about.get("measurementUnit"))
        ours = None if amount is None else in_our_unit(_NUMBERS[kind], amount, unit)
        if ours is None:
            raise Malformed("observation", f"a number in a unit of {_NUMBERS[kind].value}")
        found.add(_NUMBERS[kind], ours, "observation")
    elif kind == _FALLS:
        told = _ALERTS.get(str(_plain(about.get("quantityKind"))))
        if told is not None:
            denied = str(_plain(_part(value, "hasConfirmation"))).lower() == "no"
            found.add(told, float(not denied), "observation")


def _plain(value: object) -> object:
    """Return the value of ``{"type": …, "value": …}``, or of the short form without them."""
    return value.get("value") if isinstance(value, dict) and "value" in value else value


def _part(value: object, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


DRIVER = _Activage()
