"""Home Assistant: whatever it knows, from any radio and cloud.

Forms, told apart by topic and payload:

==============================================  ======================================================
message                                         what is read
==============================================  ======================================================
a state as JSON, on any topic: of an            the state by the entity's class and unit, with its
automation, or ``new_state`` of                 time; battery and place among its attributes
``mqtt_eventstream``
``DOMAIN/NAME/state`` of ``mqtt_statestream``   the state by the words of the entity's name, without
                                                unit and time: °C, hPa, W
``COMPONENT/[NODE/]OBJECT/config``              nothing: it describes a device of another family; see
                                                `sensors.homeassistant_discovery`
``status``                                      whether Home Assistant itself is there
==============================================  ======================================================

Each entity is a device here, under its id. The first form is the better one. ``unavailable`` means that the
entity is gone; ``unknown`` tells nothing. Who is ``home`` by a tracker is in the zone "home".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from core.model.errors import Malformed, Unsupported
from core.model.own_discovery import OWN, is_own_entity
from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Collected
from sensors.driver import Decoded, Reporting, Supply
from sensors.homeassistant import BINARY, MEASURED, NOTHING, UNAVAILABLE, quantity_of, value_of
from sensors.homeassistant_discovery import describe
from sensors.names import named, numeric

if TYPE_CHECKING:
    from datetime import datetime

_ATTRIBUTES = frozenset({"battery", "battery_level", "linkquality", "current_temperature"})
"""What entities tell beside their state that concerns us."""
_TRACKERS = frozenset({"device_tracker", "person"})
_AWAY, _HOME = "not_home", "home"
_STREAM_LEVELS = 3
_LONGEST_STATE = 255


class _HomeAssistant:
    family = "homeassistant"
    title = "Home Assistant"
    quantities = frozenset(
        {
            *BINARY.values(),
            *MEASURED.values(),
            Quantity.BED,
            Quantity.BUTTON,
            Quantity.CHAIR,
            Quantity.DEVICE_TEMPERATURE,
            Quantity.FALL,
            Quantity.HEART_RATE,
            Quantity.LINK_QUALITY,
            Quantity.POSITION,
            Quantity.SOS,
            Quantity.STEPS,
            Quantity.SWITCH,
            Quantity.WORN,
            Quantity.ZONE,
        }
    )
    setup = (
        "an automation, triggered by the states of the sensors to be told, that does mqtt.publish with topic"
        " homes/HOME/homeassistant/{{ trigger.entity_id }}, payload {{ trigger.to_state.as_dict() | to_json"
        " }}, qos 1; or mqtt_statestream with base_topic homes/HOME/homeassistant, an include list and names"
        " such as binary_sensor.hall_motion (then with the metric unit system)"
    )
    reporting = Reporting(
        interval_s=86400,
        heartbeat=False,
        supply=Supply.EITHER,
        battery="An entity of its own, or the attribute battery_level.",
    )
    protocols = frozenset(
        {"homeassistant", "ha-mqtt-discovery", "ha-statestream", "ha-eventstream"}
    )
    bases = ("homeassistant/",)
    example_topic = "state"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        levels = topic.split("/")
        if levels[-1] == "config" and len(levels) >= _STREAM_LEVELS:
            told = describe(topic, payload)
            if told.device.startswith(f"{OWN}-"):
                raise Unsupported("homeassistant: what we have told it ourselves")
            return Decoded(external_id=decoding.name(told.device), firmware=told.firmware)
        if topic == "status":
            return Decoded(external_id=self.family, online=_there(payload))
        if len(levels) == _STREAM_LEVELS:
            return _streamed(levels, payload)
        fields = decoding.decode_object(payload)
        if fields is None:
            raise Malformed("payload", "a state as a JSON object, or the topic DOMAIN/NAME/state")
        return _told(_state(fields))


def _there(payload: bytes) -> bool:
    word = payload.strip().strip(b'"')
    if word not in (b"online", b"offline"):
        raise Malformed("status", "online or offline")
    return word == b"online"


def _streamed(levels: list[str], payload: bytes) -> Decoded:
    domain, name, key = levels
    entity = decoding.name(f"{domain}.{name}" if domain and name else "")
    if is_own_entity(entity):
        raise Unsupported("homeassistant: what we have told it ourselves")
    if key in _ATTRIBUTES:
        try:
            value = msgspec.json.decode(payload)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise Malformed(key, "JSON") from error
        return Decoded(external_id=entity, readings=tuple(named(key, value)))
    if key != "state":
        raise Unsupported(f"homeassistant: the attribute {key[:40]}")
    try:
        state = payload.decode()
    except UnicodeDecodeError as error:
        raise Malformed("state", "text in UTF-8") from error
    return _told({"entity_id": entity, "state": state})


def _state(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the state itself, out of an event if it comes in one."""
    if "event_type" in fields:
        if fields["event_type"] != "state_changed":
            raise Unsupported("homeassistant: an event of another kind")
        inner = fields.get("event_data") or fields.get("data")
        fields = inner if isinstance(inner, dict) else {}
    if "new_state" in fields:
        inner = fields["new_state"]
        if inner is None:
            raise Unsupported("homeassistant: the entity was removed")
        fields = inner if isinstance(inner, dict) else {}
    return fields


def _told(fields: dict[str, Any]) -> Decoded:
    entity, state = fields.get("entity_id"), fields.get("state")
    if not isinstance(entity, str) or entity.count(".") != 1:
        raise Malformed("entity_id", "DOMAIN.NAME")
    if not isinstance(state, str) or len(state) > _LONGEST_STATE:
        raise Malformed("state", f"a text of at most {_LONGEST_STATE} characters")
    entity = decoding.name(entity)
    if is_own_entity(entity):
        raise Unsupported("homeassistant: what we have told it ourselves")
    if state == UNAVAILABLE:
        return Decoded(external_id=entity, online=False)
    told = fields.get("attributes")
    attributes = told if isinstance(told, dict) else {}
    at = decoding.moment(fields.get("last_updated") or fields.get("last_changed"), "last_updated")
    found = Collected(at)
    domain, _, name = entity.partition(".")
    if state not in NOTHING:
        _read(domain, name, state, attributes, found)
    _beside(attributes, at, found)
    return Decoded(external_id=entity, readings=tuple(found.readings), online=True)


def _read(domain: str, name: str, state: str, attributes: dict[str, Any], found: Collected) -> None:
    if domain in _TRACKERS:
        where = _HOME if state == _AWAY else state
        found.add(Quantity.ZONE, float(state != _AWAY), "state", where)
        return
    if domain == "event":
        kind = attributes.get("event_type")
        if isinstance(kind, str) and kind:
            found.add(Quantity.BUTTON, 1.0, "event_type", kind)
        return
    told = attributes.get("device_class")
    device_class = told if isinstance(told, str) else ""
    quantity = quantity_of(domain, device_class, name.lower())
    if quantity is not None:
        value = value_of(domain, quantity, state, attributes.get("unit_of_measurement"))
        found.add(quantity, value, "state")


def _beside(attributes: dict[str, Any], at: datetime | None, found: Collected) -> None:
    for key in _ATTRIBUTES & attributes.keys():
        one = named(key, attributes[key], at=at)
        found.readings += [new for new in one if not _has(found, new.quantity)]
    north, east = (numeric(attributes.get(key)) for key in ("latitude", "longitude"))
    if north is not None and east is not None:
        found.place(north, east, accuracy_m=numeric(attributes.get("gps_accuracy")))


def _has(found: Collected, quantity: Quantity) -> bool:
    return any(one.quantity is quantity for one in found.readings)


DRIVER = _HomeAssistant()
