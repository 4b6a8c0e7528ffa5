"""Browan TABS water leak sensor (TBWL100): leak and air. From the maker's reference manual."""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import browan
from sensors.codec import Codec, Collected, need

_PORT = 106


def _decode(port: int, data: bytes, found: Collected) -> None:
    browan.header("tbwl100", (port, _PORT), data, found)
    need(data, 5)
    found.add(Quantity.WATER_LEAK, float(data[0] & 1), "status")
    found.add(Quantity.HUMIDITY, data[3], "humidity")
    found.add(Quantity.TEMPERATURE, (data[4] & 0x7F) - 32, "temperature")


CODEC = Codec(title="Browan TABS water leak sensor (TBWL100)", models=("tbwl100",), decode=_decode)
