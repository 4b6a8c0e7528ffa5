"""Shelly of the second generation and later: components, in ``status/COMPONENT`` and in notifications.

As in the API documentation (shelly-api-docs.shelly.cloud/gen2): status of each component, ``NotifyStatus``,
``NotifyFullStatus`` and ``NotifyEvent``. A status may be partial: what is missing did not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors import decoding, words
from sensors.driver import Reading

_POWERED: words.Table = {
    "output": (Quantity.SWITCH, words.yes),
    "apower": (Quantity.POWER, words.amount),
    "act_power": (Quantity.POWER, words.amount),
    "total_act_power": (Quantity.POWER, words.amount),
    "voltage": (Quantity.VOLTAGE, words.scaled(1000)),
}
_COMPONENTS: Mapping[str, words.Table] = {
    **dict.fromkeys(
        ("switch", "light", "rgb", "rgbw", "cct", "cover", "pm1", "em1", "em"), _POWERED
    ),
    "input": {"state": (Quantity.SWITCH, words.yes)},
    "temperature": {"tC": (Quantity.TEMPERATURE, words.amount)},
    "humidity": {"rh": (Quantity.HUMIDITY, words.amount)},
    "illuminance": {"lux": (Quantity.ILLUMINANCE, words.amount)},
    "thermostat": {"current_C": (Quantity.TEMPERATURE, words.amount)},
    "smoke": {"alarm": (Quantity.SMOKE, words.yes)},
    "flood": {"alarm": (Quantity.WATER_LEAK, words.yes)},
    "presencezone": {"value": (Quantity.PRESENCE, words.yes)},
    "wifi": {"rssi": (Quantity.SIGNAL, words.amount)},
    "bthomedevice": {
        "battery": (Quantity.BATTERY, words.amount),
        "rssi": (Quantity.SIGNAL, words.amount),
    },
    "blutrv": {
        "battery": (Quantity.BATTERY, words.amount),
        "rssi": (Quantity.SIGNAL, words.amount),
        "current_C": (Quantity.TEMPERATURE, words.amount),
    },
}
_OWN_DEVICES = ("bthomedevice:", "blutrv:")
"""Components that stand for a device of their own, heard by this one."""
_NAMED = frozenset({"input", "presencezone", "thermostat", "em", "em1"})
"""Components whose first one carries its name, for it is not all that the device is."""
_PUSHES = frozenset({"single_push", "double_push", "triple_push", "long_push", "sys_btn_push"})
QUANTITIES = frozenset(
    {
        *(quantity for table in _COMPONENTS.values() for quantity, _ in table.values()),
        Quantity.BUTTON,
        Quantity.DEVICE_TEMPERATURE,
        Quantity.PRESENCE,
    }
)
"""All that may come out of this module."""


def is_own_device(component: str) -> bool:
    """Whether a component stands for a device of its own, heard by this one.

    Examples
    --------
    >>> is_own_device("bthomedevice:200"), is_own_device("switch:0")
    (True, False)
    """
    return component.startswith(_OWN_DEVICES)


def status(component: str, fields: object, at: datetime | None = None) -> list[Reading]:
    """Read the status of one component; of one that does not concern us, nothing.

    Raises
    ------
    Malformed
        Naming the field that is impossible.
    """
    kind, _, number = component.partition(":")
    if not isinstance(fields, dict):
        return []
    if kind == "devicepower":
        return _battery(fields, at)
    if kind == "presence":
        return _people(fields, at)
    table = _COMPONENTS.get(kind)
    if table is None:
        return []
    name = component if kind in _NAMED else number if number != "0" else ""
    if is_own_device(component):
        name = ""
    found = words.read(fields, table, at=at, discriminator="wifi" if kind == "wifi" else name)
    inside = fields.get("temperature")
    if table is _POWERED and isinstance(inside, dict) and inside.get("tC") is not None:
        warm = words.amount(inside["tC"], "temperature.tC")
        found.append(
            decoding.reading(
                Quantity.DEVICE_TEMPERATURE,
                warm,
                "temperature.tC",
                discriminator=name,
                observed_at=at,
            )
        )
    return found


def _battery(fields: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    battery, external = fields.get("battery"), fields.get("external")
    if not isinstance(battery, dict):
        return []
    if (
        isinstance(external, dict)
        and external.get("present") is True
        and not battery.get("percent")
    ):
        return []  # on a cable, with no battery in it
    found = []
    for key, quantity, factor in (
        ("percent", Quantity.BATTERY, 1),
        ("V", Quantity.VOLTAGE, 1000),
    ):
        if battery.get(key) is not None:
            value = words.amount(battery[key], f"battery.{key}") * factor
            found.append(decoding.reading(quantity, value, f"battery.{key}", observed_at=at))
    return found


def _people(fields: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    count = fields.get("num_objects")
    if count is None:
        return []
    seen = float(words.amount(count, "num_objects") > 0)
    return [decoding.reading(Quantity.PRESENCE, seen, "num_objects", observed_at=at)]


def several(components: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    """Read a whole status or the part of it that changed.

    What is told of a device of its own is left out here: its battery is not this device's.

    Raises
    ------
    Malformed
        Naming the field that is impossible.
    """
    found: list[Reading] = []
    for component, fields in components.items():
        if not is_own_device(component):
            found += status(component, fields, at)
    return found


def pushed(event: Mapping[str, Any], at: datetime | None) -> list[Reading]:
    """Read one event of ``NotifyEvent``: a press, or nothing that concerns us.

    ``btn_down`` and ``btn_up`` stand around each press that is told: they are no press of their own.

    Raises
    ------
    Malformed
        If it breaks the format.
    """
    what, component = event.get("event"), event.get("component")
    if not isinstance(what, str) or not isinstance(component, str):
        raise Malformed("events", "objects with component and event")
    if what not in _PUSHES:
        return []
    when = decoding.moment(event["ts"], "ts") if event.get("ts") else at
    which = f"{component}:{what}"[: decoding.NAME_LENGTH]
    return [decoding.reading(Quantity.BUTTON, 1.0, "event", discriminator=which, observed_at=when)]
