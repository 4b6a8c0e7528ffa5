"""Zigbee2MQTT: thousands of battery sensors through one hub.

Messages as described in the product's documentation ("MQTT topics and messages", the pages of the devices)
and names as in zigbee-herdsman-converters (``exposes``). Its ``contact`` is true while closed; ours is 1
while open. ``last_seen`` (set ``advanced.last_seen: ISO_8601``) is the device's time: with it a message that
is sent again is known again; without it the gateway's time counts.

A message repeats what the hub remembers of the device; only ``action`` is a thing that happened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding, words
from sensors.driver import Decoded, Reading, Reporting, Supply


def _flag(value: object, field: str) -> float:
    return float(decoding.flag(value, field))


def _closed(value: object, field: str) -> float:
    return float(not decoding.flag(value, field))


_TABLE: words.Table = {
    "occupancy": (Quantity.MOTION, _flag),
    "motion": (Quantity.MOTION, _flag),
    "pir_detection": (Quantity.MOTION, _flag),
    "presence": (Quantity.PRESENCE, _flag),
    "contact": (Quantity.CONTACT, _closed),
    "garage_door_contact": (Quantity.CONTACT, _closed),
    "vibration": (Quantity.VIBRATION, _flag),
    "sos": (Quantity.SOS, _flag),
    "emergency": (Quantity.SOS, _flag),
    "panic": (Quantity.SOS, _flag),
    "water_leak": (Quantity.WATER_LEAK, _flag),
    "smoke": (Quantity.SMOKE, _flag),
    "gas": (Quantity.GAS, _flag),
    "carbon_monoxide": (Quantity.CARBON_MONOXIDE, _flag),
    "tamper": (Quantity.TAMPER, _flag),
    "battery_low": (Quantity.BATTERY_LOW, _flag),
    "bed": (Quantity.BED, _flag),
    "in_bed": (Quantity.BED, _flag),
    "bed_occupancy": (Quantity.BED, _flag),
    "chair": (Quantity.CHAIR, _flag),
    "chair_occupancy": (Quantity.CHAIR, _flag),
    "battery": (Quantity.BATTERY, decoding.number),
    "linkquality": (Quantity.LINK_QUALITY, decoding.number),
    "temperature": (Quantity.TEMPERATURE, decoding.number),
    "local_temperature": (Quantity.TEMPERATURE, decoding.number),
    "device_temperature": (Quantity.DEVICE_TEMPERATURE, decoding.number),
    "cpu_temperature": (Quantity.DEVICE_TEMPERATURE, decoding.number),
    "humidity": (Quantity.HUMIDITY, decoding.number),
    "pressure": (Quantity.PRESSURE, decoding.number),
    "power": (Quantity.POWER, decoding.number),
    "power_phase": (Quantity.POWER, decoding.number),
    "illuminance": (Quantity.ILLUMINANCE, decoding.number),
    "illuminance_lux": (Quantity.ILLUMINANCE, decoding.number),
}
_ENDPOINTS = frozenset(
    {
        *(f"l{number}" for number in range(1, 9)),
        *(f"{number}" for number in range(1, 9)),
        *("left", "right", "center", "top", "bottom", "a", "b", "c", "probe"),
    }
)
"""Ends of a field's name that tell apart several of one kind in one device."""
_MOVING = {
    **dict.fromkeys(("none", "static", "still", "breathe"), 0.0),
    **dict.fromkeys(
        ("large", "small", "move", "moving", "active", "large_move", "small_move"), 1.0
    ),
}
_STATES: Mapping[str, tuple[Quantity, Mapping[str, float]]] = {
    "fall_down_status": (Quantity.FALL, {"none": 0.0, "fall": 1.0}),  # "maybe_fall" decides itself
    "presence_state": (Quantity.PRESENCE, {"none": 0.0, "presence": 1.0, "move": 1.0}),
    "motion_state": (Quantity.MOTION, _MOVING),
    "human_motion_state": (Quantity.MOTION, _MOVING),
    "pressure_state": (Quantity.BED, {"none": 0.0, "sit": 1.0, "sedentary": 1.0}),
    "door_state": (Quantity.CONTACT, {"open": 1.0, "closed": 0.0, "error_forced_open": 1.0}),
    "battery_state": (Quantity.BATTERY_LOW, {"low": 1.0, "medium": 0.0, "high": 0.0}),
}
"""What some products tell in words of their own; other words say nothing."""
_RADAR = {"none": 0.0, "presence": 1.0, "move": 1.0}
"""``state`` of a radar."""
_CALLS_FOR_HELP = frozenset({"emergency", "panic", "sos", "help", "medical", "fire"})
"""Actions of keypads and pendants that mean that somebody wants help."""
_NOBODY = ("auto_", "schedule_", "unknown", "non_access_user", "identify")
"""How actions begin that the device did by itself."""
_KNOCKS = frozenset({"vibration", "tilt", "drop", "shake", "fall"})
"""Actions of a sensor that was moved together with what it sticks to."""
_REGIONS = {"enter": 1.0, "occupied": 1.0, "leave": 0.0, "unoccupied": 0.0}
_BED_STRAP = frozenset({"work_state", "presence_time"})
"""Only a pressure strap for beds has these: its ``occupancy`` is the bed's."""
_HIGHEST_VOLTS = 500.0
"""Mains are told in volts, batteries in millivolts."""
_COMMANDS = ("set", "get")
_RELAY = re.compile(r"switch\d")


class _Zigbee2Mqtt:
    family = "zigbee2mqtt"
    title = "Zigbee2MQTT"
    quantities = frozenset(
        {
            *(quantity for quantity, _ in _TABLE.values()),
            *(quantity for quantity, _ in _STATES.values()),
            Quantity.BUTTON,
            Quantity.SWITCH,
            Quantity.VOLTAGE,
        }
    )
    setup = (
        "mqtt.base_topic: homes/HOME/zigbee2mqtt, advanced.last_seen: ISO_8601, advanced.output: json and"
        " availability.enabled: true. Leave retain off"
    )
    reporting = Reporting(
        interval_s=3600,
        heartbeat=False,
        supply=Supply.BATTERY,
        battery="A percentage, about once an hour; some devices only say that it is low.",
    )
    protocols = frozenset({"zigbee2mqtt"})
    bases = ("zigbee2mqtt/",)
    example_topic = "device"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        device, _, last = topic.rpartition("/")
        if topic == "bridge/state":
            return Decoded(external_id="bridge", online=words.online(payload))
        if topic.startswith("bridge/") or last in _COMMANDS:
            raise Unsupported(f"zigbee2mqtt: {'bridge' if topic.startswith('bridge/') else last}")
        if last == "availability":
            return Decoded(external_id=decoding.name(device), online=words.online(payload))
        fields = decoding.decode_object(payload)
        if fields is None:
            raise Unsupported("zigbee2mqtt: a single attribute; set advanced.output: json")
        return Decoded(
            external_id=decoding.name(topic),
            readings=tuple(_readings(fields)),
            firmware=_firmware(fields.get("update")),
        )


def _firmware(update: object) -> str:
    return decoding.version(update.get("installed_version")) if isinstance(update, dict) else ""


def _readings(fields: dict[str, Any]) -> list[Reading]:
    at = decoding.moment(fields.get("last_seen"), "last_seen")
    found: list[Reading] = []
    for key, value in fields.items():
        if value is None or (key == "illuminance" and fields.get("illuminance_lux") is not None):
            continue  # beside lux the other is raw
        meaning = _TABLE.get(key)
        if meaning is None:
            if (
                key != "click" or "action" not in fields
            ):  # versions between told one press under both
                found += _other(key, value, at)
            continue
        quantity, rule = meaning
        if key == "occupancy" and fields.keys() >= _BED_STRAP:
            quantity = Quantity.BED
        found.append(decoding.reading(quantity, rule(value, key), key, observed_at=at))
    return found


def _other(key: str, value: object, at: datetime | None) -> list[Reading]:
    if key in ("action", "click"):
        return _acted(value, at)
    if key == "voltage":
        volts = decoding.number(value, key)
        volts = volts * 1000 if volts < _HIGHEST_VOLTS else volts
        return [decoding.reading(Quantity.VOLTAGE, volts, key, observed_at=at)]
    if key == "state" or key.startswith("state_") or _RELAY.fullmatch(key):
        return _switched(key, value, at)
    if key in _STATES:
        quantity, known = _STATES[key]
        return _in_words(quantity, known, key, value, at)
    return _one_of_several(key, value, at)


def _one_of_several(key: str, value: object, at: datetime | None) -> list[Reading]:
    if key == "tilt" and isinstance(value, bool):  # a number where a blind hangs
        quantity, one, which = Quantity.VIBRATION, float(value), key
    else:
        base, _, which = key.rpartition("_")
        if which not in _ENDPOINTS or base not in _TABLE:
            return []
        quantity, rule = _TABLE[base]
        one = rule(value, key)
    return [decoding.reading(quantity, one, key, discriminator=which, observed_at=at)]


def _in_words(
    quantity: Quantity, known: Mapping[str, float], key: str, value: object, at: datetime | None
) -> list[Reading]:
    told = known.get(value) if isinstance(value, str) else None
    if told is None:
        return []
    return [decoding.reading(quantity, told, key, discriminator=key, observed_at=at)]


def _acted(value: object, at: datetime | None) -> list[Reading]:
    if not isinstance(value, str):
        raise Malformed("action", "a text")
    if not value or value.startswith(_NOBODY):  # older versions say so when the press is over
        return []
    region, _, event = value.rpartition("_")
    if region.startswith("region_") and event in _REGIONS:
        return [
            decoding.reading(
                Quantity.PRESENCE, _REGIONS[event], "action", discriminator=region, observed_at=at
            )
        ]
    quantity = Quantity.BUTTON
    if value in _CALLS_FOR_HELP:
        quantity = Quantity.SOS
    elif value in _KNOCKS:
        quantity = Quantity.VIBRATION
    return [decoding.reading(quantity, 1.0, "action", discriminator=value, observed_at=at)]


def _switched(key: str, value: object, at: datetime | None) -> list[Reading]:
    """Read a plug or lamp, or a radar; other things have states of other words, which do not concern us."""
    if key == "state" and isinstance(value, str) and value in _RADAR:
        return _in_words(Quantity.PRESENCE, _RADAR, key, value, at)
    if value not in ("ON", "OFF"):
        return []
    endpoint = key.removeprefix("state").removeprefix("_")
    return [
        decoding.reading(
            Quantity.SWITCH, float(value == "ON"), key, discriminator=endpoint, observed_at=at
        )
    ]


DRIVER = _Zigbee2Mqtt()
