"""Milesight WS101 used to call for help: each press counts, however long.

It speaks as `sensors.codecs.ws101` does; the device profile's name, "WS101-SOS", tells them apart.
"""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import milesight
from sensors.codec import Collected


def _pressed(value: bytes, found: Collected) -> None:
    del value  # a press of a kind that came with new firmware is a call for help too
    found.add(Quantity.SOS, 1.0, "button")


CODEC = milesight.codec(
    "Milesight WS101 as a panic button", ("ws101sos",), {(0xFF, 0x2E): (1, _pressed)}
)
