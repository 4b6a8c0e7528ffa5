"""Dragino LHT65 and LHT65N: temperature and humidity, and a probe. From their user manuals, 2.4.

Port 2, 11 bytes: battery, temperature, humidity, kind of probe, probe. A probe that is not connected sends
7fff. Kind 9 puts the probe first and its time at the end, without the battery.
"""

from __future__ import annotations

from core.model.errors import Unsupported
from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Codec, Collected, need, signed, unsigned

_PORT = 2
_LENGTH = 11
_PROBES = frozenset({1, 2})
_LIGHT, _TIMED, _NAMES = 5, 9, 15
_ASKED = 0x80
"""Set in what it kept and was asked for: of another form."""
_NONE = 0x7FFF


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port != _PORT:
        raise Unsupported(f"lht65: port {port}")
    need(data, _LENGTH)
    kind = data[6] & 15
    if data[6] & _ASKED:
        raise Unsupported("lht65: kept readings that were asked for")
    if kind == _TIMED:
        found.at = decoding.moment(unsigned(data[7:11]), "Systimestamp") or found.at
        _probe(data[0:2], found)
    else:
        found.add(Quantity.VOLTAGE, unsigned(data[:2]) & 0x3FFF, "BatV")
    if kind != _NAMES:
        found.add(Quantity.TEMPERATURE, signed(data[2:4]) / 100, "TempC_SHT")
        found.add(Quantity.HUMIDITY, (unsigned(data[4:6]) & 0xFFF) / 10, "Hum_SHT")
    if kind in _PROBES:
        _probe(data[7:9], found)
    elif kind == _LIGHT:
        found.add(Quantity.ILLUMINANCE, unsigned(data[7:9]), "ILL_lx")


def _probe(data: bytes, found: Collected) -> None:
    if signed(data) != _NONE:
        found.add(Quantity.TEMPERATURE, signed(data) / 100, "TempC_DS", "probe")


CODEC = Codec(
    title="Dragino LHT65 / LHT65N",
    models=("lht65",),
    decode=_decode,
)
