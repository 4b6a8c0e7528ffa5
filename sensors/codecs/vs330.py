"""Milesight VS330: whether somebody is in the bathroom, by infrared and distance.

From the maker's decoder (SensorDecoders, ``vs-series/vs330``).
"""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import milesight

CODEC = milesight.codec(
    "Milesight VS330 bathroom occupancy sensor",
    ("vs330",),
    {
        (0x02, 0x82): milesight.passed_over(2),
        (0x03, 0x8E): milesight.flag(Quantity.PRESENCE, "occupancy"),
        (0x04, 0x8E): milesight.passed_over(1),
    },
)
