"""Tasmota: plugs, switches and home-made sensors on Wi-Fi, and bridges to Zigbee, Bluetooth and LoRa.

Topics and fields as in Tasmota's documentation ("MQTT", "Buttons and Switches", "PIR Motion Sensors" and the
pages of the sensors). A switch input is whatever is wired to it: its name says what (``SwitchText1
Hall_PIR``, or the name of the device), and where neither does it is a switch. ``Time`` counts where it tells
its zone (``SetOption52 1``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding, naming, tasmota_radio, words
from sensors.driver import Decoded, Reading, Reporting, Supply

_PREFIXES = frozenset({"tele", "stat", "cmnd"})
_OBJECTS = frozenset({"SENSOR", "STATE", "RESULT", "STATUS8", "STATUS10", "STATUS11"})
_OF_ITSELF = {"INFO1": "Info1", "STATUS2": "StatusFWR"}
_SILENT = ("INFO", "STATUS", "UPTIME", "HASS_STATE", "MARGINS", "LOGGING", "WAKEUP", "EVENT")
_POWER = re.compile(r"POWER\d{0,2}")
_RELAY: Mapping[str | int, float] = {"ON": 1.0, "OFF": 0.0, "1": 1.0, "0": 0.0, 1: 1.0, 0: 0.0}
_BUTTON = re.compile(r"BUTTON\d{0,2}T?", re.IGNORECASE)
_ZONED_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_PRESSURE_HPA = {"hPa": 1.0, "mmHg": 1.333224, "inHg": 33.86389, "mbar": 1.0}
_INSIDE = frozenset({"ESP32", "ESP8266", "AXP192", "AXP2101"})
"""Sensors that measure the temperature of the board."""
_TABLE: words.Table = {
    "Temperature": (Quantity.TEMPERATURE, words.amount),
    "AMBTMP": (Quantity.TEMPERATURE, words.amount),
    "Humidity": (Quantity.HUMIDITY, words.amount),
    "Illuminance": (Quantity.ILLUMINANCE, words.amount),
    "Lux": (Quantity.ILLUMINANCE, words.amount),
    "Motion": (Quantity.MOTION, words.yes),
    "Occupancy": (Quantity.MOTION, words.yes),
    "Presence": (Quantity.PRESENCE, words.yes),
    "Contact": (Quantity.CONTACT, words.opened),
    "Leak": (Quantity.WATER_LEAK, words.yes),
    "HeartRate": (Quantity.HEART_RATE, words.amount),
}
_OF_BOARD: words.Table = {"Temperature": (Quantity.DEVICE_TEMPERATURE, words.amount)}
_OF_ENERGY: words.Table = {
    "Power": (Quantity.POWER, words.amount),
    "Voltage": (Quantity.VOLTAGE, words.scaled(1000)),
}
_MOST_PHASES = 16
_PERCENT_TO_255 = 2.55
_TAG_READ = "UID"
"""A reader of tags tells it when somebody held one against it."""


class _Tasmota:
    family = "tasmota"
    title = "Tasmota"
    quantities = frozenset(
        {
            *naming.STATES_NAMED,
            *(quantity for quantity, _ in _TABLE.values()),
            *(quantity for quantity, _ in _OF_ENERGY.values()),
            *tasmota_radio.QUANTITIES,
            Quantity.DEVICE_TEMPERATURE,
        }
    )
    setup = (
        "FullTopic homes/HOME/tasmota/%prefix%/%topic%/ and SetOption52 1. For a sensor at an input:"
        " SetOption114 1, SwitchMode1 1 and SwitchText1 with what it is (Hall_PIR, Front_Door, SOS; ON means"
        " motion, open, help). Zigbee: SetOption83 1. Bluetooth: MI32Option1 1 and MI32Option2 1, one message"
        " a sensor"
    )
    reporting = Reporting(
        interval_s=300,
        heartbeat=True,
        supply=Supply.MAINS,
        battery="None of its own; what it bridges tells a percentage or a voltage.",
    )
    protocols = frozenset({"tasmota"})
    bases = ("tasmota/",)
    example_topic = "tele/device/SENSOR"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        prefix, device, last = _parts(topic)
        if last == "LWT":
            return Decoded(external_id=decoding.name(device), online=words.online(payload))
        if prefix == "cmnd":
            raise Unsupported("tasmota: a request")
        if last in _OBJECTS:
            return _object(last, decoding.name(device), payload)
        if last in _OF_ITSELF:
            return _itself(last, decoding.name(device), payload)
        if last.startswith(_SILENT):
            raise Unsupported(f"tasmota: {last[:40]}")
        return Decoded(
            external_id=decoding.name(device), readings=tuple(_word(last, device, payload))
        )


def _itself(last: str, device: str, payload: bytes) -> Decoded:
    """Read what it says of itself at its start, or when it is asked."""
    fields = decoding.decode_object(payload)
    if fields is None:
        raise Malformed("payload", "a JSON object")
    inner = fields.get(_OF_ITSELF[last], fields)
    found = decoding.version(inner.get("Version")) if isinstance(inner, dict) else ""
    if not found:
        raise Unsupported(f"tasmota: {last}")
    return Decoded(external_id=device, firmware=found)


def _parts(topic: str) -> tuple[str, str, str]:
    """Return prefix, device and last level; the prefix may stand before or after the device."""
    levels = topic.split("/")
    at = next((place for place, level in enumerate(levels[:-1]) if level in _PREFIXES), None)
    device = "/".join((*levels[: at or 0], *levels[(at or 0) + 1 : -1]))
    if at is None or not device:
        raise Malformed("topic", "tele/DEVICE/SENSOR, stat/DEVICE/RESULT and the like")
    return levels[at], device, levels[-1]


def _object(last: str, device: str, payload: bytes) -> Decoded:
    fields = decoding.decode_object(payload)
    if fields is None:
        raise Malformed("payload", "a JSON object")
    for inner in ("StatusSNS", "StatusSTS"):
        if isinstance(fields.get(inner), dict):
            fields = fields[inner]
            last = "SENSOR" if inner == "StatusSNS" else "STATE"
    told = tasmota_radio.heard(device, fields)
    if told is not None:
        return told
    at = _time(fields.get("Time"))
    found = _powers(fields, at) + _actions(fields, device, at)
    if last == "SENSOR":
        found += _sensors(fields, device, at)
    elif last == "STATE":
        found += _board(fields, at)
    elif not found:
        raise Unsupported("tasmota: the answer to a command")
    return Decoded(external_id=device, readings=tuple(found))


def _time(value: object) -> datetime | None:
    """Return the device's time; None for one without a zone, which is that of some wall."""
    zoned = isinstance(value, str) and _ZONED_TIME.fullmatch(value)
    return decoding.moment(value, "Time") if zoned else None


def _word(last: str, device: str, payload: bytes) -> list[Reading]:
    """Read a topic that tells one word: a relay, a button, or what a rule publishes of an input."""
    if payload.lstrip().startswith(b"{"):
        fields = decoding.decode_object(payload) or {}
        how = next((fields[key] for key in ("ACTION", "TRIG", "STATE") if key in fields), None)
        if how is None:
            raise Unsupported(f"tasmota: {last[:40]}")
        return _acted(last, device, how, None)
    said = words.text(payload)
    if _POWER.fullmatch(last):
        return [decoding.reading(Quantity.SWITCH, words.yes(said, last), last, discriminator=last)]
    if naming.state_named(last) is None and not last.upper().startswith("SWITCH"):
        raise Unsupported(f"tasmota: {last[:40]}")
    return _acted(last, device, said, None)


def _powers(fields: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    """Read the relays; ``StateText`` may have given them other words, which say nothing."""
    found = []
    for key, value in fields.items():
        if not key.startswith("POWER") or not _POWER.fullmatch(key):
            continue
        on = _RELAY.get(value) if isinstance(value, str | int) else None
        if on is not None:
            found.append(
                decoding.reading(Quantity.SWITCH, on, key, discriminator=key, observed_at=at)
            )
    return found


def _actions(fields: Mapping[str, Any], device: str, at: datetime | None) -> list[Reading]:
    """Read ``{"Switch1": {"Action": "ON"}}`` and the like."""
    found: list[Reading] = []
    for key, value in fields.items():
        if isinstance(value, dict) and "Action" in value:
            found += _acted(key, device, value["Action"], at)
    return found


def _acted(name: str, device: str, how: object, at: datetime | None) -> list[Reading]:
    """Read what happened at an input: the state of a sensor, or a press."""
    if not isinstance(how, str | int):
        raise Malformed(name, "ON, OFF, or how it was pressed")
    word = f"{how}"[: decoding.NAME_LENGTH // 4]
    quantity = Quantity.BUTTON if _BUTTON.fullmatch(name) else _sensed(name, device)
    pressed = word.upper() not in ("ON", "OFF", "0", "1", "TRUE", "FALSE")
    if quantity is Quantity.BUTTON or pressed:
        if word.upper() in ("OFF", "0", "FALSE", "CLEAR"):  # letting go is no second press
            return []
        if quantity not in (Quantity.SOS, Quantity.BUTTON):
            quantity = Quantity.BUTTON
        which = f"{name[: decoding.NAME_LENGTH // 2]}:{word}"
        return [decoding.reading(quantity, 1.0, name, discriminator=which, observed_at=at)]
    value = words.yes(word, name)
    return [decoding.reading(quantity, value, name, discriminator=name, observed_at=at)]


def _sensed(name: str, device: str) -> Quantity:
    """Return what an input senses, by its own name, else by the device's."""
    return naming.state_named(name) or naming.state_named(device) or Quantity.SWITCH


def _sensors(fields: Mapping[str, Any], device: str, at: datetime | None) -> list[Reading]:
    found: list[Reading] = []
    for label, told in fields.items():
        if isinstance(told, dict):
            if label == "ENERGY":
                found += _energy(told, at)
            elif "mac" in told or "Battery" in told:
                sensor = tasmota_radio.celsius(told, fields)
                found += tasmota_radio.bluetooth(sensor, device, label[: decoding.NAME_LENGTH])
            elif "Action" not in told:
                found += _sensor(label, told, fields, at)
        elif told in ("ON", "OFF") and not _POWER.fullmatch(label):
            found += _acted(label, device, told, at)
    return found


def _sensor(
    label: str, told: Mapping[str, Any], fields: Mapping[str, Any], at: datetime | None
) -> list[Reading]:
    label = label[: decoding.NAME_LENGTH]
    told = tasmota_radio.celsius(told, fields)
    table = _OF_BOARD if label in _INSIDE else _TABLE
    found = words.read(told, table, at=at, discriminator=label)
    if told.get("Pressure") is not None:
        unit = fields.get("PressureUnit", "hPa")
        factor = _PRESSURE_HPA.get(unit) if isinstance(unit, str) else None
        if factor is None:
            raise Malformed("PressureUnit", "hPa, mmHg or inHg")
        air = words.amount(told["Pressure"], "Pressure") * factor
        found.append(
            decoding.reading(
                Quantity.PRESSURE, air, "Pressure", discriminator=label, observed_at=at
            )
        )
    tag = told.get(_TAG_READ)
    if isinstance(tag, str) and tag:
        found.append(
            decoding.reading(Quantity.BUTTON, 1.0, _TAG_READ, discriminator=label, observed_at=at)
        )
    return found


def _energy(told: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    """Read power and voltage: one number, or a list of one for each phase or socket."""
    found: list[Reading] = []
    for key in _OF_ENERGY:
        value = told.get(key)
        several = value if isinstance(value, list) else [value]
        if len(several) > _MOST_PHASES:
            raise Malformed(key, f"at most {_MOST_PHASES} phases")
        for place, one in enumerate(several, 1):
            which = f"{place}" if isinstance(value, list) else ""
            found += words.read({key: one}, _OF_ENERGY, at=at, discriminator=which)
    return found


def _board(fields: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    """Read supply and radio of the device itself."""
    found = []
    if fields.get("Vcc") is not None:
        volts = words.amount(fields["Vcc"], "Vcc") * 1000
        found.append(decoding.reading(Quantity.VOLTAGE, volts, "Vcc", observed_at=at))
    wifi = fields.get("Wifi")
    if not isinstance(wifi, dict):
        return found
    if wifi.get("RSSI") is not None:
        quality = words.amount(wifi["RSSI"], "Wifi.RSSI") * _PERCENT_TO_255
        found.append(decoding.reading(Quantity.LINK_QUALITY, quality, "Wifi.RSSI", observed_at=at))
    if wifi.get("Signal") is not None:
        dbm = words.amount(wifi["Signal"], "Wifi.Signal")
        found.append(
            decoding.reading(
                Quantity.SIGNAL, dbm, "Wifi.Signal", discriminator="wifi", observed_at=at
            )
        )
    return found


DRIVER = _Tasmota()
