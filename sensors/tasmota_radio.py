"""What Tasmota tells of others: Zigbee devices, LoRa nodes and Bluetooth sensors and beacons that it hears.

As in Tasmota's documentation ("Zigbee", "LoRa and LoRaWan Bridge", "Bluetooth"). Such a device is one of its
own, named after the bridge and itself; a beacon by its address alone, for several bridges may hear it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors import decoding, words
from sensors.driver import Decoded, Reading

_TABLE: words.Table = {
    "Occupancy": (Quantity.MOTION, words.yes),
    "Occupied": (Quantity.MOTION, words.yes),
    "PIR": (Quantity.MOTION, words.yes),
    "Motion": (Quantity.MOTION, words.yes),
    "Presence": (Quantity.PRESENCE, words.yes),
    "Contact": (Quantity.CONTACT, words.opened),
    "DoorOpen": (Quantity.CONTACT, words.opened),
    "Movement": (Quantity.VIBRATION, words.yes),
    "Vibration": (Quantity.VIBRATION, words.yes),
    "Fire": (Quantity.SMOKE, words.yes),
    "Smoke": (Quantity.SMOKE, words.yes),
    "Water": (Quantity.WATER_LEAK, words.yes),
    "WaterLeak": (Quantity.WATER_LEAK, words.yes),
    "Leak": (Quantity.WATER_LEAK, words.yes),
    "CO": (Quantity.CARBON_MONOXIDE, words.yes),
    "Gas": (Quantity.GAS, words.yes),
    "Panic": (Quantity.SOS, words.yes),
    "Emergency": (Quantity.SOS, words.yes),
    "PersonalAlarm": (Quantity.SOS, words.yes),
    "Tamper": (Quantity.TAMPER, words.yes),
    "BatteryLow": (Quantity.BATTERY_LOW, words.yes),
    "Temperature": (Quantity.TEMPERATURE, words.amount),
    "Humidity": (Quantity.HUMIDITY, words.amount),
    "Pressure": (Quantity.PRESSURE, words.amount),
    "Illuminance": (Quantity.ILLUMINANCE, words.amount),
    "Light": (Quantity.ILLUMINANCE, words.amount),
    "ActivePower": (Quantity.POWER, words.amount),
    "BatteryPercentage": (Quantity.BATTERY, words.amount),
    "BatteryVoltage": (Quantity.VOLTAGE, words.scaled(1000)),
    "Voltage": (Quantity.VOLTAGE, words.scaled(1000)),
    "RMSVoltage": (Quantity.VOLTAGE, words.scaled(1000)),
    "LinkQuality": (Quantity.LINK_QUALITY, words.amount),
}
_OF_THE_DEVICE: words.Table = {
    name: _TABLE[name] for name in ("BatteryPercentage", "BatteryVoltage", "LinkQuality")
}
_BATTERY: words.Table = {"Battery": (Quantity.BATTERY, words.amount)}
"""As Bluetooth sensors tell it, and Zigbee devices did before ``BatteryPercentage``."""
QUANTITIES = frozenset(
    {
        *(quantity for quantity, _ in _TABLE.values()),
        Quantity.BATTERY,
        Quantity.BUTTON,
        Quantity.SIGNAL,
        Quantity.SWITCH,
    }
)
"""All that may come out of this module."""
_PRESSED = re.compile(r"(?:0005|0006|0008|0102|0300)!\w{2}")
"""Commands of a remote control: scenes, on and off, level, covering, colour."""
_HIGHEST_CELL_V = 6.0
"""A LoRa node's battery up to this is told in volts."""
_KINDS = ("ZbReceived", "LwReceived", "ZbInfo", "ZbResponse", "IBEACON")
_NAMED_BY_ADDRESS = re.compile(r"\w+-[0-9a-fA-F]{6}")
"""How Tasmota names Bluetooth sensors: the product and the end of the address."""


def heard(bridge: str, fields: Mapping[str, Any]) -> Decoded | None:
    """Return what a message tells of another device; None when it tells of the bridge itself.

    Raises
    ------
    Malformed
        Naming the field that is impossible.
    """
    for kind in _KINDS:
        told = fields.get(kind)
        if told is not None:
            return _told(kind, bridge, told)
    others = [name for name, one in fields.items() if isinstance(one, dict)]
    if len(others) == 1 and _NAMED_BY_ADDRESS.fullmatch(others[0]):
        return _bluetooth(bridge, others[0], celsius(fields[others[0]], fields))
    return None


def celsius(sensor: Mapping[str, Any], message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a sensor with its temperature in degrees Celsius.

    Parameters
    ----------
    message
        The whole message, which says the unit for all sensors in it.

    Raises
    ------
    Malformed
        If the temperature is no number.
    """
    if message.get("TempUnit") != "F" or sensor.get("Temperature") is None:
        return sensor
    warm = words.fahrenheit(sensor["Temperature"], "Temperature")
    return {**sensor, "Temperature": warm}


def _told(kind: str, bridge: str, told: object) -> Decoded:
    if not isinstance(told, dict):
        raise Malformed(kind, "an object")
    if kind == "IBEACON":
        return _beacon(bridge, told)
    if kind == "ZbResponse":
        return Decoded(
            external_id=_named(bridge, told, told.get("Device")),
            readings=tuple(words.read(told, _OF_THE_DEVICE)),
        )
    if len(told) != 1:
        raise Malformed(kind, "one device")
    ((name, fields),) = told.items()
    if not isinstance(fields, dict):
        raise Malformed(kind, "an object of one device")
    device = _named(bridge, fields, name)
    if kind == "ZbInfo":  # what the bridge remembers, which is nothing that happens now
        reachable = fields.get("Reachable")
        return Decoded(
            external_id=device,
            readings=tuple(words.read(fields, _OF_THE_DEVICE)),
            online=reachable if isinstance(reachable, bool) else None,
        )
    found = _of_lora(fields, bridge) if kind == "LwReceived" else _of_zigbee(fields)
    return Decoded(external_id=device, readings=tuple(found))


def _named(bridge: str, fields: Mapping[str, Any], address: object) -> str:
    name = fields.get("Name") or address
    if not isinstance(name, str):
        raise Malformed("Device", "the name or address of the device")
    return decoding.name(f"{bridge}/{name}")


def _of_zigbee(fields: Mapping[str, Any]) -> list[Reading]:
    found = words.read(fields, _TABLE) + words.read(fields, _BATTERY)
    commands = [key for key in fields if _PRESSED.fullmatch(key)]
    for command in commands:
        found.append(decoding.reading(Quantity.BUTTON, 1.0, command, discriminator=command))
    knock = fields.get("AqaraVibrationMode")
    if isinstance(knock, str) and knock:
        found.append(
            decoding.reading(
                Quantity.VIBRATION, 1.0, "AqaraVibrationMode", discriminator=_short(knock)
            )
        )
    click = fields.get("Click")
    if isinstance(click, str) and click:
        found.append(decoding.reading(Quantity.BUTTON, 1.0, "Click", discriminator=_short(click)))
    power = fields.get("Power")
    if not commands and power in (True, False, 0, 1):  # a command's would be the remote's wish
        found.append(decoding.reading(Quantity.SWITCH, float(power), "Power"))
    return found


def _short(text: str) -> str:
    return text[: decoding.NAME_LENGTH]


def _of_lora(fields: Mapping[str, Any], bridge: str) -> list[Reading]:
    return words.read(fields, _TABLE) + _battery(fields) + _strength(fields, bridge)


def _battery(fields: Mapping[str, Any]) -> list[Reading]:
    if fields.get("Battery") is None:
        return []
    left = words.amount(fields["Battery"], "Battery")
    if left <= _HIGHEST_CELL_V and isinstance(fields["Battery"], float):
        return [decoding.reading(Quantity.VOLTAGE, left * 1000, "Battery")]
    return [decoding.reading(Quantity.BATTERY, left, "Battery")]


def _strength(fields: Mapping[str, Any], bridge: str) -> list[Reading]:
    if fields.get("RSSI") is None:
        return []
    rssi = words.amount(fields["RSSI"], "RSSI")
    return [decoding.reading(Quantity.SIGNAL, rssi, "RSSI", discriminator=bridge)]


def _beacon(bridge: str, fields: Mapping[str, Any]) -> Decoded:
    """Read a beacon that was heard, or is no longer: then its strength is an old one."""
    address = fields.get("MAC") or fields.get("UID") or fields.get("NAME")
    if not isinstance(address, str):
        raise Malformed("MAC", "the address of the beacon")
    here = fields.get("STATE") is None or bool(words.yes(fields["STATE"], "STATE"))
    found = _strength(fields, bridge) if here else []
    return Decoded(external_id=decoding.name(address), readings=tuple(found), online=here)


def _bluetooth(bridge: str, name: str, fields: Mapping[str, Any]) -> Decoded:
    found = bluetooth(fields, bridge)
    return Decoded(external_id=decoding.name(f"{bridge}/{name}"), readings=tuple(found))


def bluetooth(fields: Mapping[str, Any], bridge: str, discriminator: str = "") -> list[Reading]:
    """Read one sensor of the Xiaomi family.

    Parameters
    ----------
    discriminator
        Its name, where the message tells of several: then they are channels of the bridge, and neither
        battery nor strength is told, for they would be taken for the bridge's.

    Raises
    ------
    Malformed
        Naming the field that is impossible.
    """
    found = words.read(fields, _TABLE, discriminator=discriminator)
    press = fields.get("Btn")
    if press is not None:
        code = f"{words.amount(press, 'Btn'):g}"
        found.append(decoding.reading(Quantity.BUTTON, 1.0, "Btn", discriminator=code))
    if discriminator:
        return found
    return found + words.read(fields, _BATTERY) + _strength(fields, bridge)
