"""Shelly of the first generation: plain topics ``ID/sensor/state`` and the status object as JSON.

As in the API documentation (shelly-api-docs.shelly.cloud/gen1), section MQTT and ``/status`` of each device.
Inputs, relays and ``longpush`` are told again and again: they are states. Only ``input_event`` happens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding, words
from sensors.driver import Reading

_GAS = {"none": 0.0, "mild": 1.0, "heavy": 1.0}
_NOT_KNOWN = frozenset({"", "unknown", "null", "nan", "-1", "999", "999.0", "999.00"})
"""What a sensor tells before it has a value, or where a probe is missing."""


def _gas(value: object, field: str) -> float:
    if not isinstance(value, str) or value not in _GAS:
        raise Malformed(field, "none, mild or heavy")
    return _GAS[value]


_PLAIN: words.Table = {
    "sensor/state": (Quantity.CONTACT, words.opened),
    "sensor/motion": (Quantity.MOTION, words.yes),
    "sensor/vibration": (Quantity.VIBRATION, words.yes),
    "sensor/flood": (Quantity.WATER_LEAK, words.yes),
    "sensor/smoke": (Quantity.SMOKE, words.yes),
    "sensor/gas": (Quantity.GAS, _gas),
    "sensor/temperature": (Quantity.TEMPERATURE, words.amount),
    "sensor/humidity": (Quantity.HUMIDITY, words.amount),
    "sensor/lux": (Quantity.ILLUMINANCE, words.amount),
    "sensor/battery": (Quantity.BATTERY, words.amount),
    "temperature": (Quantity.DEVICE_TEMPERATURE, words.amount),
    "voltage": (Quantity.VOLTAGE, words.scaled(1000)),
}
_BY_CHANNEL: words.Table = {
    "relay": (Quantity.SWITCH, words.yes),
    "light": (Quantity.SWITCH, words.yes),
    "color": (Quantity.SWITCH, words.yes),
    "white": (Quantity.SWITCH, words.yes),
    "input": (Quantity.SWITCH, words.yes),
    "ext_switch": (Quantity.SWITCH, words.yes),
    "ext_temperature": (Quantity.TEMPERATURE, words.amount),
    "ext_humidity": (Quantity.HUMIDITY, words.amount),
    "relay/power": (Quantity.POWER, words.amount),
    "light/power": (Quantity.POWER, words.amount),
    "roller/power": (Quantity.POWER, words.amount),
    "emeter/power": (Quantity.POWER, words.amount),
    "emeter/voltage": (Quantity.VOLTAGE, words.scaled(1000)),
}
_CHANNEL = re.compile(r"([a-z_]+)/(\d{1,3})(?:/([a-z_]+))?")
_OVERLOAD = "overpower"
_PRESSES = frozenset("SLDT") | {"SS", "SSS", "SL", "LS"}
QUANTITIES = frozenset(
    {
        *(quantity for quantity, _ in _PLAIN.values()),
        *(quantity for quantity, _ in _BY_CHANNEL.values()),
        Quantity.BUTTON,
        Quantity.SIGNAL,
    }
)
"""All that may come out of this module."""


def plain(rest: str, payload: bytes) -> list[Reading]:
    """Read one plain topic.

    Parameters
    ----------
    rest
        The topic after the name of the device.

    Raises
    ------
    Malformed
        Naming the topic, if the value is impossible.
    Unsupported
        If it tells nothing that concerns us.
    """
    meaning, channel = _PLAIN.get(rest), ""
    if meaning is None:
        meaning, channel = _by_channel(rest)
        if rest.startswith("input_event/"):
            return pressed(decoding.decode_object(payload), channel)
    if meaning is None:
        raise Unsupported(f"shelly: {rest[:40]}")
    said = words.text(payload)
    if said.casefold() in _NOT_KNOWN or said == "test":
        return []
    quantity, rule = meaning
    value = 0.0 if said == _OVERLOAD else rule(said, rest)
    return [decoding.reading(quantity, value, rest, discriminator=channel)]


def _by_channel(rest: str) -> tuple[tuple[Quantity, words.Rule] | None, str]:
    found = _CHANNEL.fullmatch(rest)
    if found is None:
        return None, ""
    kind, number, more = found.groups()
    return _BY_CHANNEL.get(f"{kind}/{more}" if more else kind), _channel(kind, int(number))


def _channel(kind: str, number: int) -> str:
    """Tell channels apart; the first relay or lamp needs no name."""
    if kind in ("input", "input_event", "ext_switch", "ext_temperature", "ext_humidity"):
        return f"{kind.removesuffix('_event')}:{number}"
    return f"{number}" if number else ""


def pressed(fields: object, channel: str, at: datetime | None = None) -> list[Reading]:
    """Read an event of a button or wall switch; an empty one tells that there was none yet.

    Raises
    ------
    Malformed
        If it is no event.
    """
    if not isinstance(fields, dict):
        raise Malformed("payload", "a JSON object")
    event = fields.get("event")
    if event is None or event == "":
        return []
    if not isinstance(event, str) or event not in _PRESSES:
        raise Malformed("event", "S, L, SS, SSS, SL or LS")
    which = f"{channel}:{event}"
    return [decoding.reading(Quantity.BUTTON, 1.0, "event", discriminator=which, observed_at=at)]


_STATUS: words.Table = {
    "motion": (Quantity.MOTION, words.yes),
    "vibration": (Quantity.VIBRATION, words.yes),
    "flood": (Quantity.WATER_LEAK, words.yes),
    "smoke": (Quantity.SMOKE, words.yes),
    "state": (Quantity.CONTACT, words.opened),
    "temperature": (Quantity.DEVICE_TEMPERATURE, words.amount),
}
_LAMP: words.Table = {
    "ison": (Quantity.SWITCH, words.yes),
    "power": (Quantity.POWER, words.amount),
}
_MEASURED: Mapping[str, Quantity] = {
    "lux": Quantity.ILLUMINANCE,
    "hum": Quantity.HUMIDITY,
    "bat": Quantity.BATTERY,
}


def status(fields: Mapping[str, Any]) -> list[Reading]:
    """Read a status object, of MQTT (``status``, ``info``) or of HTTP (``/status``).

    Raises
    ------
    Malformed
        Naming the field that is impossible.
    """
    at = decoding.moment(fields["unixtime"], "unixtime") if fields.get("unixtime") else None
    found = _sensed(fields, at)
    for name, quantity in _MEASURED.items():
        section = fields.get(name)
        value = section
        if isinstance(section, dict):
            value = section.get("value") if _valid(section) else None
        if value is not None and not isinstance(value, dict | list) and value != -1:
            found.append(
                decoding.reading(quantity, words.amount(value, name), name, observed_at=at)
            )
    found += _warm(fields.get("tmp"), "", at)
    for end, one in _numbered(fields.get("ext_temperature")):
        found += _warm(one, f"ext_temperature:{end}", at)
    bat, wifi = fields.get("bat"), fields.get("wifi_sta")
    if isinstance(bat, dict) and bat.get("voltage") is not None:
        volts = words.amount(bat["voltage"], "bat.voltage") * 1000
        found.append(decoding.reading(Quantity.VOLTAGE, volts, "bat.voltage", observed_at=at))
    if isinstance(wifi, dict) and wifi.get("rssi"):  # 0 while it is not connected
        rssi = words.amount(wifi["rssi"], "wifi_sta.rssi")
        found.append(
            decoding.reading(
                Quantity.SIGNAL, rssi, "wifi_sta.rssi", discriminator="wifi", observed_at=at
            )
        )
    return found + _channels(fields, at)


def lamp(number: int, fields: Mapping[str, Any]) -> list[Reading]:
    """Read the status of one lamp.

    Raises
    ------
    Malformed
        Naming the field that is impossible.
    """
    return words.read(fields, _LAMP, discriminator=_channel("light", number))


_NOT_AT_TOP = frozenset({"state"})
"""What tells of a door in a section, and of something else at the top."""


def _sensed(fields: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    """Read what the sensor itself sees: at the top, or in a section that says whether it is valid."""
    found = []
    for section in (fields, fields.get("sensor"), fields.get("accel")):
        if not isinstance(section, dict) or (section is not fields and not _valid(section)):
            continue
        without = _NOT_AT_TOP if section is fields else frozenset()
        if section.get("active") is False:
            without |= {"motion", "vibration"}
        for name in _STATUS:
            value = section.get(name)
            if value == -1 or isinstance(value, dict | list):
                without |= {name}
        found += words.read(section, _STATUS, at=at, without=without)
    gas = fields.get("gas_sensor")
    alarm = gas.get("alarm_state") if isinstance(gas, dict) else None
    if isinstance(alarm, str) and alarm in _GAS:
        found.append(decoding.reading(Quantity.GAS, _GAS[alarm], "alarm_state", observed_at=at))
    return found


def _valid(section: object) -> bool:
    return isinstance(section, dict) and section.get("is_valid") is not False


def _warm(section: object, channel: str, at: datetime | None) -> list[Reading]:
    if not isinstance(section, dict) or not _valid(section):
        return []
    if section.get("tC") is not None:
        celsius = words.amount(section["tC"], "tC")
    elif section.get("value") is not None:
        rule = words.fahrenheit if section.get("units") == "F" else words.amount
        celsius = rule(section["value"], "tmp")
    else:
        return []
    if celsius == 999:  # noqa: PLR2004 (a probe that is not there)
        return []
    return [
        decoding.reading(
            Quantity.TEMPERATURE, celsius, "tmp", discriminator=channel, observed_at=at
        )
    ]


def _numbered(section: object) -> Iterable[tuple[str, object]]:
    """Give the entries of a list or of an object by number, with their ends."""
    if isinstance(section, dict):
        return ((end[:10], one) for end, one in section.items())
    return ((f"{end}", one) for end, one in enumerate(section if isinstance(section, list) else ()))


def _channels(fields: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    found: list[Reading] = []
    for kind, key, quantity, rule in (
        ("relays", "ison", Quantity.SWITCH, words.yes),
        ("lights", "ison", Quantity.SWITCH, words.yes),
        ("meters", "power", Quantity.POWER, words.amount),
        ("emeters", "power", Quantity.POWER, words.amount),
        ("emeters", "voltage", Quantity.VOLTAGE, words.scaled(1000)),
    ):
        for end, one in _numbered(fields.get(kind)):
            if isinstance(one, dict) and _valid(one) and one.get(key) is not None:
                value = rule(one[key], f"{kind}.{key}")
                channel = "" if end == "0" else end
                found.append(
                    decoding.reading(
                        quantity, value, f"{kind}.{key}", discriminator=channel, observed_at=at
                    )
                )
    return found
