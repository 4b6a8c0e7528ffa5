"""Browan TABS object locator (TBOL100): a tracker with a button. From the maker's reference manual.

Without a fix the place is the last one that was known: it is not told.
"""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import browan
from sensors.codec import Codec, Collected, need, unsigned

_PORT = 136
_NO_FIX = 0x08
_LATITUDE_BITS, _LONGITUDE_BITS = 28, 29


def _decode(port: int, data: bytes, found: Collected) -> None:
    browan.header("tbol100", (port, _PORT), data, found)
    need(data, 11)
    if data[0] & 1:
        found.add(Quantity.BUTTON, 1.0, "ButtonTrigger")
    if not data[0] & _NO_FIX:
        found.place(
            _signed(unsigned(data[3:7], big=False), _LATITUDE_BITS) / 1e6,
            _signed(unsigned(data[7:11], big=False), _LONGITUDE_BITS) / 1e6,
            accuracy_m=float(1 << (data[10] >> 5) + 2),
        )


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


CODEC = Codec(
    title="Browan TABS object locator (TBOL100)",
    models=("tbol100", "objectlocator"),
    decode=_decode,
)
