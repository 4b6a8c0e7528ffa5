"""Milesight WT101: the thermostat of a radiator; the temperature of its room.

From the maker's decoder (SensorDecoders, ``wt-series/wt101``).
"""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import milesight

CODEC = milesight.codec(
    "Milesight WT101 radiator thermostat",
    ("wt101",),
    {
        (0x03, 0x67): milesight.scaled(Quantity.TEMPERATURE, "temperature"),
        (0x04, 0x67): milesight.passed_over(2),
        (0x05, 0x92): milesight.passed_over(1),
        (0x06, 0x00): milesight.flag(Quantity.TAMPER, "tamper_status"),
        (0x07, 0x00): milesight.passed_over(1),
        (0x08, 0xE5): milesight.passed_over(1),
        (0x09, 0x90): milesight.passed_over(2),
        (0x0A, 0x00): milesight.passed_over(1),
        (0x0B, 0x90): milesight.passed_over(2),
    },
)
