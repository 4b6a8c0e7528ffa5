"""Dragino TrackerD (and TrackerD-LS): a tracker with an alarm button. From its user manual, "Uplink payload".

=====  =============================================================================================
port   what it carries
=====  =============================================================================================
2, 3   a place, alarm and battery; on port 2 humidity and temperature too
4      a place that was kept, with its time in UTC
7      alarm and battery: no fix
8, 6   alarm and battery, after the Wi-Fi network or the beacon that it heard
5      the battery, among settings
=====  =============================================================================================
"""

from __future__ import annotations

from datetime import UTC, datetime

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Codec, Collected, need, signed, unsigned

_NO_FIX = b"\xff" * 8
_WITH_AIR, _PLAIN, _KEPT, _SETTINGS = 2, 3, 4, 5
_ALARM_AT = {_WITH_AIR: 8, _PLAIN: 8, 6: 24, 7: 0, 8: 7}


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port == _KEPT:
        need(data, 15)
        then = _moment(data[8:15])
        if then is not None:  # kept before its clock was set: where it was once is no place of now
            _place(data, found, then)
        return
    if port == _SETTINGS:
        need(data, 7)
        found.add(Quantity.VOLTAGE, unsigned(data[5:7]), "BatV")
        return
    at = _ALARM_AT.get(port)
    if at is None:
        raise Unsupported(f"trackerd: port {port}")
    need(data, at + 2)
    if data[at] & 0x40:
        found.add(Quantity.SOS, 1.0, "ALARM_status")
    found.add(Quantity.VOLTAGE, unsigned(data[at : at + 2]) & 0x3FFF, "BatV")
    if port in (_WITH_AIR, _PLAIN):
        _place(data, found, None)
    if port == _WITH_AIR and len(data) >= 15:  # noqa: PLR2004 (where they end)
        found.add(Quantity.HUMIDITY, unsigned(data[11:13]) / 10, "Hum")
        found.add(Quantity.TEMPERATURE, signed(data[13:15]) / 10, "Tem")


def _place(data: bytes, found: Collected, at: datetime | None) -> None:
    if data[:8] != _NO_FIX:
        found.place(signed(data[:4]) / 1e6, signed(data[4:8]) / 1e6, at=at)


def _moment(data: bytes) -> datetime | None:
    if not any(data):
        return None
    try:
        month, day, hour, minute, second = data[2:7]
        told = datetime(unsigned(data[:2]), month, day, hour, minute, second, tzinfo=UTC)
        return decoding.moment(told.timestamp(), "time")
    except ValueError as error:
        raise Malformed("time", "year, month, day, hour, minute and second") from error


CODEC = Codec(title="Dragino TrackerD", models=("trackerd",), decode=_decode)
