"""SenseCAP T1000: a card-sized tracker with a button and SOS. From the maker's user guide, "Decoder".

A message is a row of frames, each with its kind. The light is in per cent, not in lux: it is not told.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Codec, Collected, signed, unsigned

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORT = 5
_LENGTHS: Mapping[int, int] = {
    0x01: 47, 0x02: 16, 0x03: 32, 0x04: 10, 0x05: 5, 0x06: 22, 0x07: 42, 0x08: 35, 0x09: 18,
    0x0A: 38, 0x0B: 31, 0x0D: 5, 0x0F: 17, 0x10: 13, 0x11: 14,
}  # fmt: skip
"""Bytes of each kind of frame, its kind included."""
_BATTERY_AT: Mapping[int, int] = {
    0x01: 1, 0x02: 1, 0x05: 1, 0x06: 21, 0x07: 41, 0x08: 34, 0x09: 17, 0x0A: 37, 0x0B: 30,
    0x0F: 13, 0x10: 9, 0x11: 13,
}  # fmt: skip
_TEMPERATURE_AT: Mapping[int, int] = {0x06: 17, 0x07: 37, 0x08: 30, 0x0F: 9, 0x11: 9}
_EVENTS_AT: Mapping[int, int] = {
    0x06: 1, 0x07: 1, 0x08: 1, 0x09: 1, 0x0A: 1, 0x0B: 1, 0x0F: 1, 0x10: 1, 0x11: 2,
}  # fmt: skip
_PLACED = frozenset({0x06, 0x09})
_TIME_AT = 5
_SHOCK, _SOS, _PRESSED = 0x08, 0x40, 0x80
_NONE = b"\x80\x00"


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port != _PORT:
        raise Unsupported(f"t1000: port {port}")
    at = 0
    while at < len(data) and data[at] in _LENGTHS:
        length = _LENGTHS[data[at]]
        frame = data[at : at + length]
        if len(frame) < length:
            raise Malformed("payload", f"{length} bytes in frame {data[at]:02x}")
        _frame(frame, found)
        at += length


def _frame(frame: bytes, found: Collected) -> None:
    kind = frame[0]
    at: datetime | None = None
    if kind in _EVENTS_AT:
        at = decoding.moment(unsigned(frame[_TIME_AT : _TIME_AT + 4]), "time")
        _events(unsigned(frame[_EVENTS_AT[kind] : _EVENTS_AT[kind] + 3]), found, at)
    if kind in _PLACED:
        found.place(signed(frame[13:17]) / 1e6, signed(frame[9:13]) / 1e6, at=at)
    if kind in _TEMPERATURE_AT:
        value = frame[_TEMPERATURE_AT[kind] : _TEMPERATURE_AT[kind] + 2]
        if value != _NONE:
            found.add(Quantity.TEMPERATURE, signed(value) / 10, "Air Temperature", at=at)
    if kind in _BATTERY_AT:
        found.add(Quantity.BATTERY, frame[_BATTERY_AT[kind]], "Battery", at=at)


def _events(bits: int, found: Collected, at: datetime | None) -> None:
    if bits & _SOS:
        found.add(Quantity.SOS, 1.0, "Event Status", at=at)
    if bits & _PRESSED:
        found.add(Quantity.BUTTON, 1.0, "Event Status", at=at)
    if bits & _SHOCK:
        found.add(Quantity.VIBRATION, 1.0, "Event Status", at=at)


CODEC = Codec(title="SenseCAP T1000 tracker", models=("t1000",), decode=_decode)
