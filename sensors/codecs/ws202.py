"""Milesight WS202: movement by infrared, and whether there is light (which is no measure of it).

From the maker's decoder (SensorDecoders, ``ws-series/ws202``).
"""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import milesight

CODEC = milesight.codec(
    "Milesight WS202 motion sensor",
    ("ws202",),
    {(0x03, 0x00): milesight.flag(Quantity.MOTION, "pir"), (0x04, 0x00): milesight.passed_over(1)},
)
