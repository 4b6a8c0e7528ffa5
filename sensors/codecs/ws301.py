"""Milesight WS301: a contact for doors and windows, and whether it is still mounted.

From the maker's decoder (SensorDecoders, ``ws-series/ws301``).
"""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import milesight

CODEC = milesight.codec(
    "Milesight WS301 door contact",
    ("ws301",),
    {
        (0x03, 0x00): milesight.flag(Quantity.CONTACT, "door"),
        (0x04, 0x00): milesight.flag(Quantity.TAMPER, "install"),
    },
)
