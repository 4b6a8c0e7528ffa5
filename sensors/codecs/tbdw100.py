"""Browan TABS door and window sensor (TBDW100): a contact. From the maker's reference manual."""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import browan
from sensors.codec import Codec, Collected

_PORT = 100


def _decode(port: int, data: bytes, found: Collected) -> None:
    browan.header("tbdw100", (port, _PORT), data, found)
    found.add(Quantity.CONTACT, float(data[0] & 1), "status")


CODEC = Codec(
    title="Browan TABS door and window sensor (TBDW100)", models=("tbdw100",), decode=_decode
)
