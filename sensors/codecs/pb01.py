"""Dragino PB01-L: a button to call for help, with temperature and humidity. From its user manual, 2.3."""

from __future__ import annotations

from core.model.errors import Unsupported
from core.model.quantity import Quantity
from sensors.codec import Codec, Collected, need, signed, unsigned

_READINGS, _STATUS = 2, 5


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port == _STATUS:
        need(data, 7)
        found.add(Quantity.VOLTAGE, unsigned(data[5:7]), "BAT")
        return
    if port != _READINGS:
        raise Unsupported(f"pb01: port {port}")
    need(data, 8)
    found.add(Quantity.VOLTAGE, unsigned(data[:2]), "BatV")
    if data[3] & 1:
        found.add(Quantity.SOS, 1.0, "Alarm")
    found.add(Quantity.TEMPERATURE, signed(data[4:6]) / 10, "TempC_SHT41")
    found.add(Quantity.HUMIDITY, unsigned(data[6:8]) / 10, "Hum_SHT41")


CODEC = Codec(title="Dragino PB01-L button", models=("pb01",), decode=_decode)
