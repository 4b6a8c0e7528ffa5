"""Milesight WS101: a button for the wall or the pocket.

From the maker's decoder (SensorDecoders, ``ws-series/ws101``) and its user guide. A device profile whose name
contains "WS101-SOS" makes every press a call for help; see `sensors.codecs.ws101_sos`.
"""

from __future__ import annotations

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors import milesight
from sensors.codec import Collected

_HOW = {1: "short", 2: "long", 3: "double"}


def _pressed(value: bytes, found: Collected) -> None:
    how = _HOW.get(value[0])
    if how is None:
        raise Malformed("button", "1 short, 2 long or 3 double")
    found.add(Quantity.BUTTON, 1.0, "button", how)


CODEC = milesight.codec("Milesight WS101 button", ("ws101",), {(0xFF, 0x2E): (1, _pressed)})
