"""Dragino LHT52: temperature and humidity, and a probe, with the time. From its user manual, 2.3."""

from __future__ import annotations

from core.model.errors import Unsupported
from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Codec, Collected, need, signed, unsigned

_READINGS, _STATUS = 2, 5
_NONE = 0x7FFF


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port == _STATUS:
        need(data, 7)
        found.add(Quantity.VOLTAGE, unsigned(data[5:7]), "Bat_mV")
        return
    if port != _READINGS:
        raise Unsupported(f"lht52: port {port}")
    need(data, 11)
    found.at = decoding.moment(unsigned(data[7:11]), "Systimestamp") or found.at
    found.add(Quantity.TEMPERATURE, signed(data[:2]) / 100, "TempC_SHT")
    found.add(Quantity.HUMIDITY, unsigned(data[2:4]) / 10, "Hum_SHT")
    if signed(data[4:6]) != _NONE:
        found.add(Quantity.TEMPERATURE, signed(data[4:6]) / 100, "TempC_DS", "probe")


CODEC = Codec(title="Dragino LHT52", models=("lht52",), decode=_decode)
