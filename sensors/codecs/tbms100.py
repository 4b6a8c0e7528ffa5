"""Browan TABS motion sensor (TBMS100): movement by infrared. From the maker's reference manual."""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import browan
from sensors.codec import Codec, Collected

_PORT = 102


def _decode(port: int, data: bytes, found: Collected) -> None:
    browan.header("tbms100", (port, _PORT), data, found)
    found.add(Quantity.MOTION, float(data[0] & 1), "status")


CODEC = Codec(
    title="Browan TABS motion sensor (TBMS100)",
    models=(
        "tbms100",
        "browanmotionsensor",
    ),
    decode=_decode,
)
