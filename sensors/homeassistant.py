"""What Home Assistant's domains and device classes mean here.

From its developer documentation, "Binary sensor entity" and "Sensor entity": a binary sensor of class
``door`` is on while open, of class ``battery`` while low. Where a message tells no class, the words of the
entity's name do; the last one counts: ``front_door_motion`` tells movement.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors.names import numeric
from sensors.units import in_our_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

BINARY: Mapping[str, Quantity] = {
    "motion": Quantity.MOTION,
    "occupancy": Quantity.MOTION,  # most are infrared: that it is off does not say that nobody is there
    "presence": Quantity.PRESENCE,
    "door": Quantity.CONTACT,
    "garage_door": Quantity.CONTACT,
    "opening": Quantity.CONTACT,
    "window": Quantity.CONTACT,
    "moving": Quantity.VIBRATION,
    "vibration": Quantity.VIBRATION,
    "moisture": Quantity.WATER_LEAK,
    "smoke": Quantity.SMOKE,
    "gas": Quantity.GAS,
    "carbon_monoxide": Quantity.CARBON_MONOXIDE,
    "tamper": Quantity.TAMPER,
    "battery": Quantity.BATTERY_LOW,
}
MEASURED: Mapping[str, Quantity] = {
    "temperature": Quantity.TEMPERATURE,
    "humidity": Quantity.HUMIDITY,
    "battery": Quantity.BATTERY,
    "illuminance": Quantity.ILLUMINANCE,
    "pressure": Quantity.PRESSURE,
    "atmospheric_pressure": Quantity.PRESSURE,
    "power": Quantity.POWER,
    "voltage": Quantity.VOLTAGE,
    "signal_strength": Quantity.SIGNAL,
}
_BINARY_WORDS: Mapping[str, Quantity] = {
    **BINARY,
    **dict.fromkeys(("pir", "movement"), Quantity.MOTION),
    **dict.fromkeys(("mmwave", "radar"), Quantity.PRESENCE),
    **dict.fromkeys(("contact", "gate", "drawer", "fridge", "cupboard"), Quantity.CONTACT),
    **dict.fromkeys(("leak", "flood", "water"), Quantity.WATER_LEAK),
    "bed": Quantity.BED,
    **dict.fromkeys(("chair", "armchair", "sofa"), Quantity.CHAIR),
    **dict.fromkeys(("sos", "panic", "emergency"), Quantity.SOS),
    **dict.fromkeys(("fall", "fallen"), Quantity.FALL),
    **dict.fromkeys(("worn", "wearing"), Quantity.WORN),
}
_MEASURED_WORDS: Mapping[str, Quantity] = {
    **MEASURED,
    "temp": Quantity.TEMPERATURE,
    **dict.fromkeys(("lux", "brightness"), Quantity.ILLUMINANCE),
    **dict.fromkeys(("linkquality", "lqi"), Quantity.LINK_QUALITY),
    "rssi": Quantity.SIGNAL,
    "steps": Quantity.STEPS,
    **dict.fromkeys(("heart_rate", "heartrate", "pulse"), Quantity.HEART_RATE),
    **dict.fromkeys(("device_temperature", "chip_temperature"), Quantity.DEVICE_TEMPERATURE),
}
_TWO_WORDS = ("carbon_monoxide", "heart_rate", "device_temperature", "chip_temperature")
_SAT_ON = frozenset({Quantity.BED, Quantity.CHAIR})
_SWITCHES = frozenset({"switch", "light", "input_boolean"})
_DOORS = frozenset({"door", "garage", "gate"})
NOTHING = frozenset({"unknown", "none", ""})
UNAVAILABLE = "unavailable"
_MILLIVOLTS_FROM = 1000


@lru_cache(maxsize=4096)
def quantity_of(domain: str, device_class: str, name: str) -> Quantity | None:
    """Return what an entity tells; None where it is nothing of ours.

    Parameters
    ----------
    domain
        What stands before the dot of its id.
    device_class
        Its class; empty where it is not known.
    name
        What stands after the dot.

    Examples
    --------
    >>> quantity_of("binary_sensor", "", "bedroom_bed_occupancy").value
    'bed'
    >>> quantity_of("sensor", "energy", "kettle_power") is None
    True
    """
    if domain in _SWITCHES:
        return Quantity.SWITCH
    if domain == "cover":
        is_door = device_class in _DOORS or (not device_class and _DOORS & set(name.split("_")))
        return Quantity.CONTACT if is_door else None
    if domain == "binary_sensor":
        return BINARY.get(device_class) if device_class else _by_words(name, _BINARY_WORDS)
    if domain != "sensor":
        return None
    return MEASURED.get(device_class) if device_class else _by_words(name, _MEASURED_WORDS)


def _by_words(name: str, words: Mapping[str, Quantity]) -> Quantity | None:
    whole = next((words[one] for one in _TWO_WORDS if one in name and one in words), None)
    if whole is not None:
        return whole
    found = [words[word] for word in name.split("_") if word in words]
    if not found:
        return None
    if found[-1] in (Quantity.MOTION, Quantity.PRESENCE):
        return next((one for one in found if one in _SAT_ON), found[-1])
    return found[-1]


def value_of(domain: str, quantity: Quantity, state: str, unit: object) -> float:
    """Return the value of a state that is neither unknown nor unavailable.

    Raises
    ------
    Malformed
        If it is impossible for an entity of this domain, or in a unit of something else.
    """
    if domain == "sensor":
        amount = numeric(state)
        if amount is not None and quantity is Quantity.VOLTAGE and not unit:
            unit = "mV" if amount >= _MILLIVOLTS_FROM else "V"
        ours = None if amount is None else in_our_unit(quantity, amount, unit)
        if ours is None:
            raise Malformed("state", f"a number in a unit of {quantity.value}")
        return ours
    words = ("open", "closed", "opening", "closing") if domain == "cover" else ("on", "off")
    if state not in words:
        raise Malformed("state", f"one of {', '.join(words)}")
    return float(state not in ("off", "closed"))
