"""Read an object of any shape by the names of its fields: what a decoder unknown to us made of a message.

A name may be nested (``{"air": {"temperature": 21}}``), a value may come with its unit (``{"value": 70,
"unit": "°F"}``), and the keys below a name may be its channels (``{"temperatureSensor": {"1": 21}}``, as
Cayenne LPP). Where a quantity is told twice, the second is told apart by the name of its field.

>>> said = read({"air": {"temperature": {"value": 70, "unit": "F"}}, "door": "open", "co2": 500}, None)
>>> [(one.quantity.value, round(one.value, 1)) for one in said]
[('temperature', 21.1), ('contact', 1.0)]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Collected
from sensors.names import LONGEST, meaning, named, numeric, plain
from sensors.units import in_our_unit

if TYPE_CHECKING:
    from datetime import datetime

    from sensors.driver import Reading

_DEEPEST = 4
_MOST_FIELDS = 200
_LATITUDES = frozenset({"latitude", "lat", "gpslatitude", "latitudedeg", "gpslat"})
_LONGITUDES = frozenset(
    {"longitude", "lon", "lng", "long", "longitud", "gpslongitude", "longitudedeg", "gpslon"}
)
_ACCURACIES = frozenset({"accuracy", "horizontalaccuracy", "gpsaccuracy", "accuracym"})
_ALTITUDES = frozenset({"altitude", "alt", "gpsaltitude"})
_VALUES = frozenset({"value", "val"})
_SELF = frozenset({*_VALUES, "status", "state", "event"})
"""Names of a value below the name of what it is."""
_DRAGINO_ALARM = "ALARM_status"
"""The alarm button of Dragino's trackers; other makers' alarms are of any kind."""


def read(told: object, at: datetime | None) -> list[Reading]:
    """Return what ``told`` says; nothing if it is no object.

    Parameters
    ----------
    at
        The time of all of it.

    Raises
    ------
    Malformed
        Naming the field, if a value is impossible.
    """
    if not isinstance(told, dict | list):
        return []
    found = _Fields(at)
    found.walk("", told, 0)
    return found.collected.readings


class _Fields:
    """The fields of a decoded object, at any depth."""

    def __init__(self, at: datetime | None) -> None:
        self.collected = Collected(at)
        self._left = _MOST_FIELDS
        self._told: set[tuple[Quantity, str]] = set()

    def walk(self, name: str, value: object, depth: int) -> None:
        if isinstance(value, dict) and depth < _DEEPEST:
            self._object(name, value, depth)
        elif isinstance(value, list) and depth < _DEEPEST:
            for inner in value[:_MOST_FIELDS]:
                self.walk(name, inner, depth + 1)
        elif self._left > 0:
            self._left -= 1
            self._field(name, value)

    def _object(self, name: str, value: dict[str, Any], depth: int) -> None:
        told = {plain(key): inner for key, inner in value.items() if len(key) <= LONGEST}
        if name and "unit" in told and not _VALUES.isdisjoint(told):
            self._measured(name, told)
            return
        if isinstance(told.get("type"), str) and "measurementvalue" in told:  # SenseCAP
            self._field(told["type"][:LONGEST], told["measurementvalue"])
            return
        self._place(told)
        for key, inner in value.items():
            if len(key) <= LONGEST:
                self.walk(f"{name}.{key}" if name else key, inner, depth + 1)

    def _field(self, name: str, value: object) -> None:
        whole, _, last = name.rpartition(".")
        if last == _DRAGINO_ALARM:
            last = "sos"
        at = self.collected.at
        found = named(last, value, at=at)
        if not found and whole:  # {"air": {"temperature": …}}, {"temperatureSensor": {"1": …}}
            channel = last if last.isdigit() else ""
            alone = channel or plain(last) in _SELF
            outer = whole.rpartition(".")[2] if alone else plain(name)
            found = named(outer, value, at=at, channel=channel)
        for one in found:
            self._add(one, name)

    def _measured(self, name: str, told: dict[str, Any]) -> None:
        last = name.rpartition(".")[2]
        known = meaning(last) or meaning(name)
        amount = _first(told, _VALUES)
        if known is None or amount is None:
            return
        ours = in_our_unit(known.quantity, amount, told["unit"])
        if ours is not None:
            one = decoding.reading(
                known.quantity,
                ours,
                last,
                discriminator=known.channel,
                observed_at=self.collected.at,
            )
            self._add(one, name)

    def _add(self, one: Reading, name: str) -> None:
        if (one.quantity, one.discriminator) in self._told:
            field = name[: decoding.NAME_LENGTH]
            one = decoding.reading(
                one.quantity, one.value, field, discriminator=field, observed_at=one.observed_at
            )
        if (one.quantity, one.discriminator) not in self._told:
            self._told.add((one.quantity, one.discriminator))
            self.collected.readings.append(one)

    def _place(self, told: dict[str, Any]) -> None:
        if _LATITUDES.isdisjoint(told):
            return
        north, east = (_first(told, names) for names in (_LATITUDES, _LONGITUDES))
        key = (Quantity.POSITION, "")
        if north is None or east is None or key in self._told:
            return
        accuracy = _first(told, _ACCURACIES)
        self._told.add(key)
        self.collected.place(
            north,
            east,
            accuracy_m=accuracy if accuracy is not None and accuracy >= 0 else None,
            altitude_m=_first(told, _ALTITUDES),
        )


def _first(told: dict[str, Any], names: frozenset[str]) -> float | None:
    for name in names:
        if (amount := numeric(told.get(name))) is not None:
            return amount
    return None
