"""Digital Matter Oyster and Oyster 3: a tracker. From the maker's "LoRaWAN payload" integration guide.

Without a fix the place is the last one that was known: it is not told. "Man down", where it is switched on,
is told as a fall.
"""

from __future__ import annotations

from core.model.errors import Unsupported
from core.model.quantity import Quantity
from sensors.codec import Codec, Collected, need, signed

_FULL, _SHORT = 1, 4
_NO_FIX, _MAN_DOWN = 0x02, 0x04
_MV_A_STEP = 25
_KMH_IN_M_S = 1 / 3.6


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port == _FULL:
        need(data, 11)
        found.add(Quantity.VOLTAGE, data[10] * _MV_A_STEP, "batV")
        if not data[8] & _NO_FIX:
            found.place(
                signed(data[:4], big=False) / 1e7,
                signed(data[4:8], big=False) / 1e7,
                speed_m_s=data[9] * _KMH_IN_M_S,
                course_deg=(data[8] >> 2) * 5.625,
            )
    elif port == _SHORT:
        need(data, 9)
        found.add(Quantity.VOLTAGE, data[7] * _MV_A_STEP, "batV")
        if data[8] & _MAN_DOWN:
            found.add(Quantity.FALL, 1.0, "manDown")
        if not data[8] & _NO_FIX:
            found.place(
                signed(data[:3], big=False) * 256e-7,
                signed(data[3:6], big=False) * 256e-7,
                speed_m_s=(data[6] >> 3) * 5 * _KMH_IN_M_S,
                course_deg=(data[6] & 7) * 45.0,
            )
    else:
        raise Unsupported(f"oyster: port {port}")


CODEC = Codec(title="Digital Matter Oyster tracker", models=("oyster",), decode=_decode)
