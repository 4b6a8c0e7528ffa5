"""What a device can report: each quantity with its unit, legal range and meaning, in one table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from core.model.errors import Malformed


class Role(StrEnum):
    """What an observation of a quantity means for the person in the home."""

    PERSON = "person"
    """Made by a person in the home: counts as activity."""
    STATE = "state"
    """State of the home or of a person, but no proof that a person just moved."""
    DEVICE = "device"
    """About the device itself: liveness, battery, link."""


class Quantity(StrEnum):
    """One kind of measurement. The value is the word on the wire and in the tables."""

    # An enum's own hash is Python, and each observation is looked up ten times. To find a member takes Python
    # 3.11 65 ns, a name of a module 3: modules that each observation passes keep theirs by a name.
    __hash__ = str.__hash__

    MOTION = "motion"
    PRESENCE = "presence"
    CONTACT = "contact"
    VIBRATION = "vibration"
    BUTTON = "button"
    SOS = "sos"
    FALL = "fall"
    BED = "bed"
    CHAIR = "chair"
    POSITION = "position"
    STEPS = "steps"
    HEART_RATE = "heart_rate"
    IMPACT = "impact"
    TILT = "tilt"
    STILLNESS = "stillness"
    MOVEMENT = "movement"
    ACTIVITY = "activity"
    WORN = "worn"
    ILLUMINANCE = "illuminance"
    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"
    PRESSURE = "pressure"
    POWER = "power"
    SWITCH = "switch"
    WATER_LEAK = "water_leak"
    SMOKE = "smoke"
    GAS = "gas"
    CARBON_MONOXIDE = "carbon_monoxide"
    TAMPER = "tamper"
    ZONE = "zone"
    BATTERY = "battery"
    BATTERY_LOW = "battery_low"
    VOLTAGE = "voltage"
    LINK_QUALITY = "link_quality"
    SIGNAL = "signal"
    DEVICE_TEMPERATURE = "device_temperature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """Unit, range and meaning of a quantity."""

    quantity: Quantity
    #: UCUM unit; ``1`` for a state or count.
    unit: str
    #: Smallest and largest value that can be true.
    low: float
    high: float
    role: Role
    #: One sentence for people.
    meaning: str

    def check(self, value: float, field: str | None = None) -> float:
        """Return ``value`` if it is possible.

        Raises
        ------
        Malformed
            If it is not finite or lies outside ``[low, high]``.

        Examples
        --------
        >>> definition(Quantity.BATTERY).check(87)
        87.0
        >>> definition(Quantity.BATTERY).check(250)
        Traceback (most recent call last):
        core.model.errors.Malformed: battery: expected a number from 0 to 100 (%)
        """
        number = float(value)
        if math.isfinite(number) and self.low <= number <= self.high:
            return number
        unit = "" if self.unit == "1" else f" ({self.unit})"
        raise Malformed(
            field or self.quantity.value, f"a number from {self.low:g} to {self.high:g}{unit}"
        )


def _row(
    quantity: Quantity, unit: str, limits: tuple[float, float], role: Role, meaning: str
) -> Definition:
    low, high = limits
    return Definition(quantity=quantity, unit=unit, low=low, high=high, role=role, meaning=meaning)


_FLAG = (0.0, 1.0)
_ROWS = (
    _row(
        Quantity.MOTION,
        "1",
        _FLAG,
        Role.PERSON,
        "Someone moves in front of the sensor: 1 begins, 0 ends.",
    ),
    _row(
        Quantity.PRESENCE,
        "1",
        _FLAG,
        Role.PERSON,
        "A radar sees a person, moving or still: 1 yes, 0 no.",
    ),
    _row(
        Quantity.CONTACT, "1", _FLAG, Role.PERSON, "A door, window or cupboard: 1 open, 0 closed."
    ),
    _row(
        Quantity.VIBRATION,
        "1",
        _FLAG,
        Role.PERSON,
        "Something was knocked or moved: 1 begins, 0 ends.",
    ),
    _row(
        Quantity.BUTTON,
        "1",
        (0, 255),
        Role.PERSON,
        "A button was pressed; the discriminator says how.",
    ),
    _row(Quantity.SOS, "1", _FLAG, Role.PERSON, "A call for help: 1 pressed."),
    _row(
        Quantity.FALL, "1", _FLAG, Role.STATE, "The device itself says that somebody fell: 1 yes."
    ),
    _row(Quantity.BED, "1", _FLAG, Role.PERSON, "Bed occupied: 1 yes, 0 no."),
    _row(Quantity.CHAIR, "1", _FLAG, Role.PERSON, "Chair occupied: 1 yes, 0 no."),
    _row(
        Quantity.POSITION,
        "m",
        (0, 1e5),
        Role.STATE,
        "A position on the map; the value is its 68 % radius.",
    ),
    _row(
        Quantity.STEPS,
        "1",
        (0, 1e6),
        Role.STATE,
        "Steps counted over the span that the device names.",
    ),
    _row(Quantity.HEART_RATE, "/min", (20, 300), Role.STATE, "Heart beats a minute."),
    _row(
        Quantity.IMPACT,
        "g",
        (0, 100),
        Role.STATE,
        "A hard knock at something worn: the largest acceleration.",
    ),
    _row(
        Quantity.TILT,
        "deg",
        (0, 180),
        Role.STATE,
        "How far what is worn lies turned after a knock.",
    ),
    _row(
        Quantity.STILLNESS,
        "g",
        (0, 100),
        Role.STATE,
        "Standard deviation of the acceleration in the seconds after a knock.",
    ),
    _row(
        Quantity.MOVEMENT,
        "g",
        (0, 100),
        Role.STATE,
        "Standard deviation of the acceleration of something worn over the last 30 s.",
    ),
    _row(
        Quantity.ACTIVITY,
        "%",
        (0, 100),
        Role.STATE,
        "Share of the minutes since its last report in which something worn moved.",
    ),
    _row(Quantity.WORN, "1", _FLAG, Role.STATE, "Worn on the body: 1 yes, 0 no."),
    _row(Quantity.ILLUMINANCE, "lx", (0, 2e5), Role.STATE, "Light at the sensor."),
    _row(Quantity.TEMPERATURE, "Cel", (-60, 100), Role.STATE, "Air temperature."),
    _row(Quantity.HUMIDITY, "%", (0, 100), Role.STATE, "Relative humidity."),
    _row(Quantity.PRESSURE, "hPa", (300, 1200), Role.STATE, "Air pressure."),
    _row(Quantity.POWER, "W", (-1e5, 1e5), Role.STATE, "Electric power drawn."),
    _row(
        Quantity.SWITCH,
        "1",
        _FLAG,
        Role.STATE,
        "A plug or lamp: 1 on, 0 off; a timer may have done it.",
    ),
    _row(Quantity.WATER_LEAK, "1", _FLAG, Role.STATE, "Water where it should not be: 1 yes."),
    _row(Quantity.SMOKE, "1", _FLAG, Role.STATE, "Smoke: 1 yes."),
    _row(Quantity.GAS, "1", _FLAG, Role.STATE, "Gas that burns: 1 yes."),
    _row(Quantity.CARBON_MONOXIDE, "1", _FLAG, Role.STATE, "Carbon monoxide: 1 yes."),
    _row(Quantity.TAMPER, "1", _FLAG, Role.DEVICE, "The case of the device is open: 1 yes."),
    _row(
        Quantity.ZONE,
        "1",
        _FLAG,
        Role.STATE,
        "Entered (1) or left (0) the place the discriminator names.",
    ),
    _row(Quantity.BATTERY, "%", (0, 100), Role.DEVICE, "Charge left."),
    _row(
        Quantity.BATTERY_LOW, "1", _FLAG, Role.DEVICE, "The device says its battery is low: 1 yes."
    ),
    _row(Quantity.VOLTAGE, "mV", (0, 5e5), Role.DEVICE, "Voltage of the battery or of the mains."),
    _row(
        Quantity.LINK_QUALITY,
        "1",
        (0, 255),
        Role.DEVICE,
        "Strength of the last radio hop, 0 to 255.",
    ),
    _row(
        Quantity.SIGNAL,
        "dBm",
        (-150, 30),
        Role.DEVICE,
        "How strongly it is heard; the discriminator names the receiver, which may stand in a room.",
    ),
    _row(
        Quantity.DEVICE_TEMPERATURE,
        "Cel",
        (-60, 150),
        Role.DEVICE,
        "Temperature inside the device.",
    ),
)
DEFINITIONS: dict[Quantity, Definition] = {row.quantity: row for row in _ROWS}


def definition(quantity: Quantity) -> Definition:
    """Return the row of the table for ``quantity``."""
    return DEFINITIONS[quantity]
