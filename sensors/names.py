"""What fields are called by products that are described nowhere: general names, each with its quantity.

For decoded LoRaWAN uplinks, Homie properties and Home Assistant entities: names are compared in lower case
without punctuation, a number at the end is a channel. A name that could mean two things is not here. A field
whose value is impossible is refused: there the name is right and the value is wrong.

>>> [(one.quantity.value, one.value, one.discriminator) for one in named("Door_status", "OPEN")]
[('contact', 1.0, '')]
>>> [(one.quantity.value, one.value, one.discriminator) for one in named("temperature_2", 21.5)]
[('temperature', 21.5, '2')]
>>> named("co2", 400)
[]
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors import decoding
from sensors.units import in_our_unit

if TYPE_CHECKING:
    from datetime import datetime

    from sensors.driver import Reading


class Way(Enum):
    """How the value of a field is told."""

    NUMBER = auto()
    """In our unit."""
    STATE = auto()
    """A truth value, 0 or 1, or a word."""
    WORD = auto()
    """A word only: what true and 1 mean is not agreed."""
    COUNT = auto()
    """A state, or how often it happened since the last message."""
    EVENT = auto()
    """It was pressed: a word says how, a number above 0 that."""
    BATTERY = auto()
    """Per cent where it can be; volts or millivolts otherwise."""
    VOLTS = auto()
    """Volts, or millivolts from 1000 on."""
    PRESSURE = auto()
    """Hectopascals; kilopascals and pascals by their size, which do not overlap."""


_NAMES: dict[tuple[Quantity, Way], str] = {
    (Quantity.TEMPERATURE, Way.NUMBER): (
        "temperature temp tem tempc temperaturec airtemperature ambienttemperature roomtemperature"
        " temperaturesensor tempcsht tempcsht41 tempcds tempctmp117 temperaturecelsius currenttemperature"
        " airtemp indoortemperature"
    ),
    (Quantity.DEVICE_TEMPERATURE, Way.NUMBER): (
        "devicetemperature boardtemperature temperatureboard internaltemperature chiptemperature"
        " innertemperature cputemp cputemperature temperaturemeasure"
    ),
    (Quantity.HUMIDITY, Way.NUMBER): (
        "humidity hum relativehumidity airhumidity humiditysensor humsht humsht41 rh roomhumidity"
    ),
    (Quantity.PRESSURE, Way.PRESSURE): "barometricpressure barometer atmosphericpressure airpressure",
    (Quantity.ILLUMINANCE, Way.NUMBER): (
        "illuminance illumination lux light lightintensity illlx illuminancesensor luminosity"
        " ambientlight brightnesslux"
    ),
    (Quantity.POWER, Way.NUMBER): "power activepower instantaneouspower",
    (Quantity.STEPS, Way.NUMBER): "steps stepcount",
    (Quantity.HEART_RATE, Way.NUMBER): "heartrate bpm",
    (Quantity.LINK_QUALITY, Way.NUMBER): "linkquality lqi",
    (Quantity.MOTION, Way.COUNT): (
        "motion pir pirstatus pirtrigger motiondetected motionstatus motiontrigger"
        " actionmotiondetected motioncount movement movementdetected"
    ),
    (Quantity.PRESENCE, Way.COUNT): (
        "presence occupancy occupied occupancystatus presencesensor humanpresence roomoccupied"
        " presencestatus radarpresence"
    ),
    (Quantity.CONTACT, Way.STATE): (
        "door doorstatus dooropenstatus doorstate dooropen magnet magnetstatus contactstate contactstatus"
        " actioncontactstate window windowstatus windowstate windowopen opening opened isopen opendoor"
        " magneticswitch magneticstatus"
    ),
    (Quantity.CONTACT, Way.WORD): "contact contactsensor reed reedswitch reedstate",
    (Quantity.VIBRATION, Way.COUNT): "vibration vibrationdetected vibrationstatus shock shockdetected",
    (Quantity.WATER_LEAK, Way.COUNT): (
        "waterleak leak leakage leakagestatus leakstatus waterleakstatus waterleakdetected flood"
        " floodstatus water moisturedetected waterleakage"
    ),
    (Quantity.SMOKE, Way.STATE): "smoke smokealarm smokestatus smokedetected",
    (Quantity.GAS, Way.STATE): "gasalarm gasdetected gasleak combustiblegas",
    (Quantity.CARBON_MONOXIDE, Way.STATE): "carbonmonoxide coalarm carbonmonoxidealarm",
    (Quantity.TAMPER, Way.STATE): "tamper tamperstatus tamperalarm tampered tamperdetection",
    (Quantity.SWITCH, Way.STATE): "switch socketstatus switchstatus relay relaystatus plug",
    (Quantity.SOS, Way.STATE): (
        "sos sosflag sosstatus sosalarm emergency emergencyalarm panic panicbutton panicalarm"
        " sosbutton sosevent help helpbutton"
    ),
    (Quantity.FALL, Way.STATE): "fall falldetected fallalarm fallstatus mandown fallevent",
    (Quantity.BED, Way.STATE): "bed bedoccupied bedoccupancy inbed bedpresence",
    (Quantity.CHAIR, Way.STATE): "chair chairoccupied chairoccupancy",
    (Quantity.WORN, Way.STATE): "worn wear wearing wearstatus",
    (Quantity.BUTTON, Way.EVENT): (
        "button press buttonevent buttonpressed buttonstatus buttonpress pressevent buttontrigger"
        " keypress action"
    ),
    (Quantity.BATTERY, Way.BATTERY): (
        "battery batterylevel batterypercent batterypercentage batterycapacity bat batt batterylvl"
        " statsbattery batteryremaining"
    ),
    (Quantity.BATTERY_LOW, Way.STATE): "batterylow lowbattery lowbatt batterylowalarm batteryalarm",
    (Quantity.VOLTAGE, Way.VOLTS): (
        "batv batvoltage batteryvoltage batteryv batterymv vbat vdd battvolt supplyvoltage batmv"
        " statssupply voltage"
    ),
}  # fmt: skip
MEANINGS = {name: meaning for meaning, names in _NAMES.items() for name in names.split()}
_ON_WORDS = """
1 on true yes y open opened opening active detected alarm wet leak leaking occupied present motion triggered
trigger pressed moving home uninstalled uninstall tampered alert sos emergency panic smoke fall
detach removed low
"""
_OFF_WORDS = """
0 off false no n close closed closing inactive clear cleared normal dry vacant unoccupied absent released
nothome notpresent installed install idle ok safe nomotion undetected notdetected noleak untriggered still
attached untampered none
"""
_ON, _OFF = frozenset(_ON_WORDS.split()), frozenset(_OFF_WORDS.split())
_NOTHING = frozenset(
    {"", "unknown", "unavailable", "null", "na", "nan", "disabled", "test", "tested"}
)
LONGEST = 80
"""Characters of a name; longer ones are not known, and not remembered."""
_DOOR_WORDS = frozenset({"open", "opened", "opening", "closed", "close", "closing"})
_PLAIN = re.compile(r"[^a-z0-9]")
_MEASURED = re.compile(r"^\s*([-+]?\d{1,9}(?:\.\d{1,9})?)\s*([°º%A-Za-z/]{1,12})\s*$")
_CHANNEL = re.compile(r"^(.*?[a-z])(\d{1,3})$")
_NOT_CONNECTED = frozenset({327.67, 327.66, -327.68, 3276.7, -3276.8, 655.35, 6553.5})
"""What is sent for a probe that is not there: the largest and smallest numbers of 16 bits."""
_PER_CENT = 100
_CELL_V = (1.5, 4.5)
_MILLIVOLTS_FROM = 1000
_PASCALS_FROM, _HECTOPASCALS_FROM = 10_000, 200


def plain(text: str) -> str:
    """Return the letters and digits of ``text`` in lower case."""
    return _remembered(text) if len(text) <= LONGEST else _PLAIN.sub("", text.lower())


@lru_cache(maxsize=8192)
def _remembered(text: str) -> str:
    return _PLAIN.sub("", text.lower())


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a field's name tells."""

    quantity: Quantity
    way: Way
    #: Number at the end of the name.
    channel: str = ""


def meaning(name: str) -> Meaning | None:
    """Return what a field called ``name`` tells; None for a name that is not known."""
    return _meaning(name) if len(name) <= LONGEST else None


@lru_cache(maxsize=8192)
def _meaning(name: str) -> Meaning | None:
    letters = plain(name)
    if found := MEANINGS.get(letters):
        return Meaning(*found)
    numbered = _CHANNEL.match(letters)
    if numbered and (found := MEANINGS.get(numbered[1])):
        return Meaning(*found, numbered[2])
    return None


def truth(value: object, field: str) -> float | None:
    """Return 1.0 or 0.0 for a truth value, 0, 1 or a word; None for a word that says "not known".

    Raises
    ------
    Malformed
        If it is anything else.
    """
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float) and value in (0, 1):
        return float(value)
    if isinstance(value, str):
        word = plain(value)
        if word in _ON:
            return 1.0
        if word in _OFF:
            return 0.0
        if word in _NOTHING:
            return None
    raise Malformed(field, "true, false, 0, 1, or a word such as open, closed, detected or clear")


def named(
    name: str, value: object, *, at: datetime | None = None, channel: str = ""
) -> list[Reading]:
    """Return what a field called ``name`` says; nothing for a name that is not known, or no value.

    Parameters
    ----------
    at
        The device's time.
    channel
        Becomes the discriminator where the name ends in no number.

    Raises
    ------
    Malformed
        Naming the field, if its value is impossible.
    """
    known = meaning(name)
    if known is None or value is None or isinstance(value, dict | list):
        return []
    told = _value(known, value, name)
    if told is None:
        return []
    quantity, amount, word = told
    return [
        decoding.reading(
            quantity, amount, name, discriminator=word or known.channel or channel, observed_at=at
        )
    ]


def _value(known: Meaning, value: object, field: str) -> tuple[Quantity, float, str] | None:
    if known.way is Way.EVENT:
        return _pressed(known.quantity, value, field)
    if known.way in (Way.STATE, Way.COUNT, Way.WORD):
        sign = _sign(known.way, value, field)
        return None if sign is None else (known.quantity, sign, "")
    return _amount(known, value)


def _sign(way: Way, value: object, field: str) -> float | None:
    if way is Way.WORD and plain(str(value)) not in _NOTHING | _DOOR_WORDS:
        raise Malformed(field, "open or closed, as a word")
    count = numeric(value)
    if way is Way.COUNT and count is not None and count > 1:
        return 1.0
    return truth(value, field)


def _amount(known: Meaning, value: object) -> tuple[Quantity, float, str] | None:
    if isinstance(value, str) and (written := _MEASURED.match(value)):
        return _with_unit(known, float(written[1]), written[2])
    amount = numeric(value)
    if amount is None or amount in _NOT_CONNECTED:
        return None
    if known.way is Way.BATTERY:
        return _charge(amount)
    if known.way is Way.VOLTS and amount < _MILLIVOLTS_FROM:
        amount *= 1000
    if known.way is Way.PRESSURE:
        amount *= 0.01 if amount >= _PASCALS_FROM else 10 if amount < _HECTOPASCALS_FROM else 1
    return known.quantity, amount, ""


def _with_unit(known: Meaning, amount: float, unit: str) -> tuple[Quantity, float, str] | None:
    """Read ``"3.384 V"``; nothing if the unit is one of something else."""
    quantity = known.quantity
    ours = in_our_unit(quantity, amount, unit)
    if ours is None and known.way is Way.BATTERY:
        quantity = Quantity.VOLTAGE
        ours = in_our_unit(quantity, amount, unit)
    return None if ours is None else (quantity, ours, "")


def numeric(value: object) -> float | None:
    """Return the number that ``value`` is or writes; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | str):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            return None
        return found if math.isfinite(found) else None
    return None


def _pressed(quantity: Quantity, value: object, field: str) -> tuple[Quantity, float, str] | None:
    amount = numeric(value)
    if isinstance(value, bool) or amount is not None:
        return (quantity, 1.0, "") if value not in (False, 0, "0") else None
    if not isinstance(value, str):
        raise Malformed(field, "how it was pressed")
    word = plain(value)
    if word in _OFF or word in _NOTHING:
        return None
    how = "" if word in _ON else value[: decoding.NAME_LENGTH]
    return (Quantity.SOS if word in {"sos", "emergency", "panic"} else quantity), 1.0, how


def _charge(amount: float) -> tuple[Quantity, float, str]:
    """Read a battery: many products give its voltage under the same name."""
    whole = amount == int(amount) if abs(amount) <= _PER_CENT else True
    if not whole and _CELL_V[0] <= amount <= _CELL_V[1]:
        return Quantity.VOLTAGE, amount * 1000, ""
    if _MILLIVOLTS_FROM <= amount <= _CELL_V[1] * 1000:
        return Quantity.VOLTAGE, amount, ""
    return Quantity.BATTERY, amount, ""
