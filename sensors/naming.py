"""What a thing senses, from the name that a person gave it: for products that name nothing else.

ESPHome and Tasmota tell a state and the name that was typed in; the words of that name say what it means.
A name whose words say nothing is not guessed at: silence shows in registration, a wrong guess in an alert.
"""

from __future__ import annotations

import re
from functools import lru_cache

from core.model.quantity import Quantity

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 200
_ABOUT_ITSELF = frozenset({
    "calibration", "clear", "delay", "detach", "disable", "disabled", "enable", "enabled", "error", "fault",
    "hold", "interval", "led", "limit", "lock", "mode", "offset", "problem", "reset", "restart",
    "sensitivity", "setpoint", "test", "threshold", "timeout", "update",
})  # fmt: skip
"""With one of these a name speaks of the device, not of the home."""
_STATES: tuple[tuple[frozenset[str], Quantity], ...] = (
    (frozenset({"tamper"}), Quantity.TAMPER),
    (frozenset({"relay", "plug", "outlet", "lamp", "light"}), Quantity.SWITCH),
    (frozenset({"sos", "panic", "emergency", "pendant"}), Quantity.SOS),
    (frozenset({"fall", "fallen", "tumble"}), Quantity.FALL),
    (frozenset({"vibration", "shake", "knock"}), Quantity.VIBRATION),
    (frozenset({"motion", "pir", "movement", "moving"}), Quantity.MOTION),
    (frozenset({"button", "press", "doorbell", "bell"}), Quantity.BUTTON),
    (frozenset({"smoke"}), Quantity.SMOKE),
    (frozenset({"leak", "leakage", "flood", "wet"}), Quantity.WATER_LEAK),
    (frozenset({"monoxide"}), Quantity.CARBON_MONOXIDE),
    (frozenset({"bed", "mattress"}), Quantity.BED),
    (frozenset({"chair", "armchair", "sofa", "seat"}), Quantity.CHAIR),
    (frozenset({"worn"}), Quantity.WORN),
    (
        frozenset(
            {"presence", "present", "occupancy", "occupied", "mmwave", "radar", "target", "still"}
        ),
        Quantity.PRESENCE,
    ),
    (
        frozenset(
            {"door", "window", "contact", "reed", "cupboard", "fridge", "drawer", "opening", "gate"}
        ),
        Quantity.CONTACT,
    ),
    (frozenset({"fire"}), Quantity.SMOKE),
    (frozenset({"gas"}), Quantity.GAS),
)
"""First come, first served: a lamp at a door is a lamp, motion at a door is motion, a fire door is a door."""
STATES_NAMED = frozenset(
    {quantity for _, quantity in _STATES} | {Quantity.BATTERY_LOW, Quantity.CARBON_MONOXIDE}
)
"""All that `state_named` may return."""
_AMOUNTS: tuple[tuple[frozenset[str], Quantity, float], ...] = (
    (frozenset({"heart", "bpm", "pulse"}), Quantity.HEART_RATE, 1.0),
    (frozenset({"steps"}), Quantity.STEPS, 1.0),
    (frozenset({"voltage"}), Quantity.VOLTAGE, 1000.0),
    (frozenset({"battery"}), Quantity.BATTERY, 1.0),
    (frozenset({"rssi", "signal", "dbm"}), Quantity.SIGNAL, 1.0),
    (frozenset({"humidity"}), Quantity.HUMIDITY, 1.0),
    (frozenset({"pressure"}), Quantity.PRESSURE, 1.0),
    (frozenset({"illuminance", "lux", "brightness"}), Quantity.ILLUMINANCE, 1.0),
    (frozenset({"power", "watt", "watts"}), Quantity.POWER, 1.0),
    (frozenset({"temperature", "temp"}), Quantity.TEMPERATURE, 1.0),
)
AMOUNTS_NAMED = frozenset({quantity for _, quantity, _ in _AMOUNTS} | {Quantity.DEVICE_TEMPERATURE})
"""All that `amount_named` may return."""
_NOT_MEASURED = _ABOUT_ITSELF | {
    "apparent", "count", "daily", "dew", "distance", "energy", "factor", "max", "min", "percent", "quality",
    "reactive", "respiratory", "set", "soil", "target", "time", "total", "uptime", "water",
}  # fmt: skip
_INSIDE = frozenset({"internal", "chip", "cpu", "esp", "esp32", "mcu", "board"})


def words(name: str) -> frozenset[str]:
    """Return the words of a name, in small letters.

    Examples
    --------
    >>> sorted(words("hall_PIR1")), sorted(words("DoorOpen"))
    (['1', 'hall', 'pir'], ['door', 'open'])
    """
    return frozenset(word.lower() for word in _WORDS.findall(name[:_LONGEST]))


@lru_cache(maxsize=4096)
def state_named(name: str) -> Quantity | None:
    """Return what a thing with two states senses; None when its name does not say.

    Examples
    --------
    >>> state_named("front_door_motion").value, state_named("fire_door").value
    ('motion', 'contact')
    >>> state_named("GPIO 14") is None, state_named("motion_led") is None
    (True, True)
    """
    spoken = words(name)
    if spoken & _ABOUT_ITSELF:
        return None
    if {"battery", "low"} <= spoken:
        return Quantity.BATTERY_LOW
    if "co" in spoken and "2" not in spoken:
        return Quantity.CARBON_MONOXIDE
    if "water" in spoken and spoken & {"detected", "alarm", "sensor"}:
        return Quantity.WATER_LEAK
    return next((quantity for known, quantity in _STATES if known & spoken), None)


@lru_cache(maxsize=4096)
def amount_named(name: str) -> tuple[Quantity, float] | None:
    """Return what a thing measures and the factor to the quantity's unit; None when its name does not say.

    Voltages are taken to be in volts.

    Examples
    --------
    >>> amount_named("living_room_temperature")
    (<Quantity.TEMPERATURE: 'temperature'>, 1.0)
    >>> amount_named("esp32_internal_temperature")[0].value, amount_named("power_factor")
    ('device_temperature', None)
    """
    spoken = words(name)
    if spoken & (_NOT_MEASURED - {"percent"} if "battery" in spoken else _NOT_MEASURED):
        return None
    for known, quantity, factor in _AMOUNTS:
        if known & spoken:
            if quantity is Quantity.TEMPERATURE and spoken & _INSIDE:
                return Quantity.DEVICE_TEMPERATURE, factor
            return quantity, factor
    return None
