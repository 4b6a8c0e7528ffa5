"""Dragino LDS03A: a door contact that tells the time of each change. From its user manual, 2.3."""

from __future__ import annotations

from core.model.errors import Unsupported
from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Codec, Collected, need, unsigned

_NOW, _KEPT, _STATUS = 2, 3, 5
_ENTRY = 11
"""Bytes of one change: state, count, last duration, time."""


def _decode(port: int, data: bytes, found: Collected) -> None:
    if port == _STATUS:
        need(data, 7)
        found.add(Quantity.VOLTAGE, unsigned(data[5:7]), "BAT")
        return
    if port not in (_NOW, _KEPT):
        raise Unsupported(f"lds03a: port {port}")
    need(data, _ENTRY)
    for start in range(0, len(data) - _ENTRY + 1, _ENTRY):
        at = decoding.moment(unsigned(data[start + 7 : start + 11]), "TIME")
        found.add(Quantity.CONTACT, float(data[start] & 1), "DOOR_OPEN_STATUS", at=at)


CODEC = Codec(title="Dragino LDS03A door contact", models=("lds03a",), decode=_decode)
