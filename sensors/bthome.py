"""BTHome version 2: the fields that Bluetooth sensors advertise, by the names that gateways give them.

Objects and units as in the format's description (bthome.io/format); names as in Shelly's script
`ble-shelly-blu.js <https://github.com/ALLTERCO/shelly-script-examples>`_. A gateway hears one advertisement
several times and tells it each time: the log takes what is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors import decoding, words
from sensors.driver import Reading

_TABLE: words.Table = {
    "motion": (Quantity.MOTION, words.yes),
    "occupancy": (Quantity.PRESENCE, words.yes),
    "presence": (Quantity.PRESENCE, words.yes),
    "door": (Quantity.CONTACT, words.opened),
    "window": (Quantity.CONTACT, words.opened),
    "opening": (Quantity.CONTACT, words.opened),
    "garage_door": (Quantity.CONTACT, words.opened),
    "vibration": (Quantity.VIBRATION, words.yes),
    "moving": (Quantity.VIBRATION, words.yes),
    "smoke": (Quantity.SMOKE, words.yes),
    "gas_detected": (Quantity.GAS, words.yes),
    "carbon_monoxide": (Quantity.CARBON_MONOXIDE, words.yes),
    "tamper": (Quantity.TAMPER, words.yes),
    "battery_low": (Quantity.BATTERY_LOW, words.yes),
    "battery": (Quantity.BATTERY, words.amount),
    "voltage": (Quantity.VOLTAGE, words.scaled(1000)),
    "temperature": (Quantity.TEMPERATURE, words.amount),
    "humidity": (Quantity.HUMIDITY, words.amount),
    "pressure": (Quantity.PRESSURE, words.amount),
    "illuminance": (Quantity.ILLUMINANCE, words.amount),
}
QUANTITIES = frozenset(
    {
        *(quantity for quantity, _ in _TABLE.values()),
        Quantity.BUTTON,
        Quantity.WATER_LEAK,
        Quantity.SIGNAL,
        Quantity.POWER,
    }
)
"""All that `readings` may give."""
_PRESSES = {
    1: "press",
    2: "double_press",
    3: "triple_press",
    4: "long_press",
    5: "long_double_press",
    6: "long_triple_press",
    128: "hold_press",
    254: "hold_press",
}
_MOST_BUTTONS = 16
_STATES = (True, False, 0, 1)


def readings(
    fields: Mapping[str, Any], receiver: str = "", at: datetime | None = None
) -> list[Reading]:
    """Return what one advertisement says.

    Parameters
    ----------
    receiver
        Name of the gateway that heard it.

    Raises
    ------
    Malformed
        Naming the field that is impossible.

    Examples
    --------
    >>> [(one.quantity.value, one.value) for one in readings({"window": 1, "battery": 100, "pid": 9})]
    [('contact', 1.0), ('battery', 100.0)]
    """
    several = {key: value[0] for key, value in fields.items() if _is_list(key, value)}
    found = words.read({**fields, **several}, _TABLE, at=at)
    rssi = fields.get("rssi")
    if rssi is not None:
        strength = words.amount(rssi, "rssi")
        found.append(
            decoding.reading(
                Quantity.SIGNAL, strength, "rssi", discriminator=receiver, observed_at=at
            )
        )
    if fields.get("moisture") in _STATES:  # else a share of water in soil, under the same name
        wet = words.yes(fields["moisture"], "moisture")
        found.append(decoding.reading(Quantity.WATER_LEAK, wet, "moisture", observed_at=at))
    power = fields.get("power")
    if power is not None and not isinstance(power, bool):
        drawn = words.amount(power, "power")
        found.append(decoding.reading(Quantity.POWER, drawn, "power", observed_at=at))
    return found + _pressed(fields.get("button"), at)


def _is_list(key: str, value: object) -> bool:
    """Whether a device of several objects of one kind lists them; the first is then the main one."""
    return isinstance(value, list) and bool(value) and key in _TABLE


def _pressed(value: object, at: datetime | None) -> list[Reading]:
    """Read one button, or the list of several; 0 means that this one was not pressed."""
    if value is None:
        return []
    several = value if isinstance(value, list) else [value]
    if len(several) > _MOST_BUTTONS:
        raise Malformed("button", f"at most {_MOST_BUTTONS} buttons")
    found = []
    for place, one in enumerate(several, 1):
        code = words.amount(one, "button")
        if code == 0:
            continue
        how = _PRESSES.get(int(code), f"{int(code)}") if code in range(256) else None
        if how is None:
            raise Malformed("button", "a whole number from 0 to 255")
        which = f"{place}:{how}" if isinstance(value, list) else how
        found.append(
            decoding.reading(Quantity.BUTTON, 1.0, "button", discriminator=which, observed_at=at)
        )
    return found
