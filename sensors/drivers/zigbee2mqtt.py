"""Zigbee2MQTT: thousands of battery sensors through one hub.

Messages as described in the product's documentation ("MQTT topics and messages" and the pages of the
devices). Its ``contact`` is true while closed; ours is 1 while open. ``last_seen`` (set
``advanced.last_seen: ISO_8601``) is the device's time: with it a message that is sent again is known
again; without it the gateway's time counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding
from sensors.driver import Decoded, Reading, Reporting, Supply

if TYPE_CHECKING:
    from datetime import datetime

_FLAGS = {
    "occupancy": Quantity.MOTION,
    "presence": Quantity.PRESENCE,
    "vibration": Quantity.VIBRATION,
    "sos": Quantity.SOS,
    "water_leak": Quantity.WATER_LEAK,
    "smoke": Quantity.SMOKE,
    "tamper": Quantity.TAMPER,
    "battery_low": Quantity.BATTERY_LOW,
}
_NUMBERS = {
    "battery": Quantity.BATTERY,
    "voltage": Quantity.VOLTAGE,
    "linkquality": Quantity.LINK_QUALITY,
    "temperature": Quantity.TEMPERATURE,
    "device_temperature": Quantity.DEVICE_TEMPERATURE,
    "humidity": Quantity.HUMIDITY,
    "pressure": Quantity.PRESSURE,
    "power": Quantity.POWER,
    "illuminance": Quantity.ILLUMINANCE,
    "illuminance_lux": Quantity.ILLUMINANCE,
}
_CALLS_FOR_HELP = frozenset({"emergency", "panic", "sos"})
"""Actions of keypads and pendants that mean that somebody wants help."""
_COMMANDS = ("set", "get")


class _Zigbee2Mqtt:
    family = "zigbee2mqtt"
    title = "Zigbee2MQTT"
    quantities = frozenset(
        {
            *_FLAGS.values(),
            *_NUMBERS.values(),
            Quantity.CONTACT,
            Quantity.BUTTON,
            Quantity.SWITCH,
        }
    )
    setup = "mqtt.base_topic: homes/HOME/zigbee2mqtt and advanced.last_seen: ISO_8601"
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
            return Decoded(external_id="bridge", online=_online(payload))
        if topic.startswith("bridge/") or last in _COMMANDS:
            raise Unsupported(f"zigbee2mqtt: {'bridge' if topic.startswith('bridge/') else last}")
        if last == "availability":
            return Decoded(external_id=decoding.name(device), online=_online(payload))
        fields = decoding.decode_object(payload)
        if fields is None:
            raise Unsupported("zigbee2mqtt: a single attribute; set advanced.output: json")
        return Decoded(external_id=decoding.name(topic), readings=tuple(_readings(fields)))


def _online(payload: bytes) -> bool:
    """Read ``online``/``offline``, plain (before version 2) or as ``{"state": …}``."""
    word: object = payload.strip().strip(b'"').decode("utf-8", "replace")
    if payload.lstrip().startswith(b"{"):
        word = (decoding.decode_object(payload) or {}).get("state")
    if word not in {"online", "offline"}:
        raise Malformed("state", "online or offline")
    return word == "online"


def _readings(fields: dict[str, Any]) -> list[Reading]:
    at = decoding.moment(fields.get("last_seen"), "last_seen")
    found: list[Reading] = []
    for key, value in fields.items():
        if value is None:
            continue
        if key in _FLAGS:
            sign = float(decoding.flag(value, key))
            found.append(decoding.reading(_FLAGS[key], sign, key, observed_at=at))
        elif key in _NUMBERS:
            amount = decoding.number(value, key)
            found.append(decoding.reading(_NUMBERS[key], amount, key, observed_at=at))
        else:
            found += _other(key, value, at)
    if "illuminance_lux" in fields and "illuminance" in fields:  # of which the second is then raw
        lux = fields["illuminance_lux"]
        found = [
            one for one in found if one.quantity is not Quantity.ILLUMINANCE or one.value == lux
        ]
        return list(dict.fromkeys(found))
    return found


def _other(key: str, value: object, at: datetime | None) -> list[Reading]:
    if key == "contact":
        opened = float(not decoding.flag(value, key))
        return [decoding.reading(Quantity.CONTACT, opened, key, observed_at=at)]
    if key == "action":
        return _pressed(value, at)
    if key == "state" or key.startswith("state_"):
        return _switched(key, value, at)
    return []


def _pressed(value: object, at: datetime | None) -> list[Reading]:
    if not isinstance(value, str):
        raise Malformed("action", "a text")
    if not value:  # older versions say so when the press is over
        return []
    quantity = Quantity.SOS if value in _CALLS_FOR_HELP else Quantity.BUTTON
    return [decoding.reading(quantity, 1.0, "action", discriminator=value, observed_at=at)]


def _switched(key: str, value: object, at: datetime | None) -> list[Reading]:
    """Read a plug or lamp; other things have states of other words, which do not concern us."""
    if value not in ("ON", "OFF"):
        return []
    endpoint = key.removeprefix("state").removeprefix("_")
    return [
        decoding.reading(
            Quantity.SWITCH, float(value == "ON"), key, discriminator=endpoint, observed_at=at
        )
    ]


DRIVER = _Zigbee2Mqtt()
