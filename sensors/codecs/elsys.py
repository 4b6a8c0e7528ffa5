"""Elsys ERS, EMS, ELT: movement, occupancy, air, leaks. From the maker's "Elsys payload" document.

A message is a row of type and value, the highest byte first. Movement is counted since the last message. An
occupancy of 1 means "somebody may be coming or going": it is not told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors.codec import Codec, Collected, signed, unsigned

if TYPE_CHECKING:
    from collections.abc import Mapping

_LENGTHS: Mapping[int, int] = {
    0x01: 2, 0x02: 1, 0x03: 3, 0x04: 2, 0x05: 1, 0x06: 2, 0x07: 2, 0x08: 2, 0x09: 6, 0x0A: 2,
    0x0B: 4, 0x0C: 2, 0x0D: 1, 0x0E: 2, 0x0F: 1, 0x10: 4, 0x11: 1, 0x12: 1, 0x13: 65, 0x14: 4,
    0x15: 2, 0x16: 2, 0x17: 4, 0x18: 2, 0x19: 2, 0x1A: 1, 0x1B: 4, 0x1C: 2, 0x3D: 4,
}  # fmt: skip
_COUNTS = {0x05: Quantity.MOTION, 0x0F: Quantity.VIBRATION, 0x12: Quantity.WATER_LEAK}
_NUMBERS = {
    0x02: (Quantity.HUMIDITY, 1),
    0x04: (Quantity.ILLUMINANCE, 1),
    0x07: (Quantity.VOLTAGE, 1),
    0x14: (Quantity.PRESSURE, 1000),
}
_TEMPERATURES = {0x01: "", 0x0C: "external", 0x19: "external 2"}
_OCCUPANCY = 0x11
_EMPTY, _OCCUPIED = 0, 2


def _decode(port: int, data: bytes, found: Collected) -> None:
    del port  # 5 unless set otherwise
    at = 0
    while at < len(data):
        kind = data[at]
        length = _LENGTHS.get(kind)
        if length is None:
            return
        value = data[at + 1 : at + 1 + length]
        if len(value) < length:
            raise Malformed("payload", f"{length} bytes after type {kind:02x}")
        _told(kind, value, found)
        at += 1 + length


def _told(kind: int, value: bytes, found: Collected) -> None:
    if kind in _TEMPERATURES:
        found.add(Quantity.TEMPERATURE, signed(value) / 10, "temperature", _TEMPERATURES[kind])
    elif kind in _NUMBERS:
        quantity, divisor = _NUMBERS[kind]
        found.add(quantity, unsigned(value) / divisor, quantity.value)
    elif kind in _COUNTS:
        found.add(_COUNTS[kind], float(value[0] > 0), _COUNTS[kind].value)
    elif kind == _OCCUPANCY and value[0] in (_EMPTY, _OCCUPIED):
        found.add(Quantity.PRESENCE, float(value[0] == _OCCUPIED), "occupancy")


CODEC = Codec(
    title="Elsys ERS, EMS and ELT sensors",
    models=("elsys", "erseye", "erslite", "ersco2", "erssound", "ersvoc", "emsdoor", "emsdesk", "emslite"),
    decode=_decode,
)  # fmt: skip
