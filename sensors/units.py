"""Units that products use, turned into ours."""

from __future__ import annotations

from core.model.quantity import Quantity

_KELVIN = 273.15
_SCALES: dict[Quantity, dict[str, float]] = {
    Quantity.VOLTAGE: {"v": 1000, "mv": 1, "volt": 1000, "volts": 1000},
    Quantity.PRESSURE: {
        "hpa": 1, "mbar": 1, "kpa": 10, "pa": 0.01, "bar": 1000,
        "inhg": 33.8638866667, "mmhg": 1.33322387415, "psi": 68.9475729318,
    },
    Quantity.POWER: {"w": 1, "kw": 1000, "mw": 0.001, "wat": 1, "watt": 1, "watts": 1},
    Quantity.ILLUMINANCE: {"lx": 1, "lux": 1, "klx": 1000},
    Quantity.SIGNAL: {"dbm": 1},
    Quantity.LINK_QUALITY: {"lqi": 1},
    Quantity.HUMIDITY: {"%": 1, "%rh": 1, "% rh": 1},
    Quantity.BATTERY: {"%": 1},
    Quantity.HEART_RATE: {"bpm": 1, "/min": 1, "beats/min": 1},
    Quantity.STEPS: {"steps": 1, "count": 1, "#": 1, "stepperday": 1},
    Quantity.TILT: {"°": 1, "deg": 1},
}  # fmt: skip
_TEMPERATURES = frozenset({Quantity.TEMPERATURE, Quantity.DEVICE_TEMPERATURE})


def in_our_unit(quantity: Quantity, value: float, unit: object) -> float | None:
    """Return ``value`` in the unit of ``quantity``.

    Parameters
    ----------
    unit
        As the product writes it; None or empty where it says none: then the value is taken to be in ours.

    Returns
    -------
    float or None
        None if the unit is not one of this quantity: then it measures something else.

    Examples
    --------
    >>> in_our_unit(Quantity.TEMPERATURE, 59.0, "F")
    15.0
    >>> in_our_unit(Quantity.PRESSURE, 101.3, "kPa")
    1013.0
    >>> in_our_unit(Quantity.POWER, 3.2, "kWh") is None
    True
    """
    if unit is None or unit == "":
        return value
    if not isinstance(unit, str):
        return None
    if quantity in _TEMPERATURES:
        return _celsius(value, unit.strip().lstrip("°º").upper())
    scale = _SCALES.get(quantity, {}).get(unit.strip().lower())
    return None if scale is None else value * scale


def _celsius(value: float, unit: str) -> float | None:
    match unit:
        case "C" | "CEL" | "CELSIUS":
            return value
        case "F" | "FAHRENHEIT":
            return (value - 32) / 1.8
        case "K":
            return value - _KELVIN
        case _:
            return None
