"""Dragino LGT-92: a tracker with an alarm button. From its user manual, "Uplink payload".

Port 2: latitude and longitude in millionths of a degree, the highest bytes first; alarm and battery; mode;
roll, pitch, dilution; altitude in hundredths of a metre with newer firmware. All ones or all zeroes stand for
"no fix".
"""

from __future__ import annotations

from core.model.errors import Unsupported
from core.model.quantity import Quantity
from sensors.codec import Codec, Collected, need, signed, unsigned

_PORT = 2
_NO_FIX = b"\xff" * 8


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port != _PORT:
        raise Unsupported(f"lgt92: port {port}")
    need(data, 10)
    if data[8] & 0x40:
        found.add(Quantity.SOS, 1.0, "ALARM_status")
    found.add(Quantity.VOLTAGE, unsigned(data[8:10]) & 0x3FFF, "BatV")
    if data[:8] != _NO_FIX:
        altitude = signed(data[16:18]) / 100 if len(data) >= 18 else None  # noqa: PLR2004
        found.place(signed(data[:4]) / 1e6, signed(data[4:8]) / 1e6, altitude_m=altitude)


CODEC = Codec(title="Dragino LGT-92 tracker", models=("lgt92",), decode=_decode)
