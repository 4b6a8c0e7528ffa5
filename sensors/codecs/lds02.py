"""Dragino LDS02 and LWL02: a door contact and a leak sensor in one form. From their user manuals, 2.3."""

from __future__ import annotations

from core.model.errors import Unsupported
from core.model.quantity import Quantity
from sensors.codec import Codec, Collected, need, unsigned

_PORT = 10
_DOOR, _LEAK, _BOTH = 1, 2, 3


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port != _PORT:
        raise Unsupported(f"lds02: port {port}")
    need(data, 3)
    found.add(Quantity.VOLTAGE, unsigned(data[:2]) & 0x3FFF, "BAT_V")
    if data[2] in (_DOOR, _BOTH):
        found.add(Quantity.CONTACT, float(data[0] >> 7), "DOOR_OPEN_STATUS")
    if data[2] in (_LEAK, _BOTH):
        found.add(Quantity.WATER_LEAK, float(data[0] >> 6 & 1), "WATER_LEAK_STATUS")


CODEC = Codec(title="Dragino LDS02 / LWL02", models=("lds02", "lwl02"), decode=_decode)
