"""Milesight EM300: temperature and humidity (TH), with a contact (MCS) or a leak sensor (MLD, SLD, ZLD).

From the maker's decoders (SensorDecoders, ``em-series``), whose channels do not overlap.
"""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import milesight

CODEC = milesight.codec(
    "Milesight EM300",
    ("em300", "em320th"),
    {
        (0x03, 0x67): milesight.scaled(Quantity.TEMPERATURE, "temperature"),
        (0x04, 0x68): milesight.byte(Quantity.HUMIDITY, "humidity", 2),
        (0x05, 0x00): milesight.flag(Quantity.WATER_LEAK, "leakage_status"),
        (0x06, 0x00): milesight.flag(Quantity.CONTACT, "magnet_status"),
    },
)
