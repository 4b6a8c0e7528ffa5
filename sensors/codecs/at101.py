"""Milesight AT101: an outdoor tracker by satellites and Wi-Fi.

From the maker's decoder (SensorDecoders, ``at-series/at101``). Its geofence is named "geofence". What it kept
while it had no connection comes with the time at which it happened.
"""

from __future__ import annotations

from core.model.quantity import Quantity
from sensors import decoding, milesight
from sensors.codec import Collected, signed, unsigned

_INSIDE, _OUTSIDE = 0, 1


def _located(value: bytes, found: Collected) -> None:
    found.place(signed(value[:4], big=False) / 1e6, signed(value[4:8], big=False) / 1e6)
    fence = value[8] >> 4
    if fence in (_INSIDE, _OUTSIDE):
        found.add(Quantity.ZONE, float(fence == _INSIDE), "geofence_status", "geofence")


def _kept(value: bytes, found: Collected) -> None:
    at = decoding.moment(unsigned(value[:4], big=False), "timestamp")
    if at is None:  # kept before its clock was set: where it was once is no place of now
        return
    found.place(signed(value[8:12], big=False) / 1e6, signed(value[4:8], big=False) / 1e6, at=at)


def _warm(value: bytes, found: Collected) -> None:
    found.add(Quantity.TEMPERATURE, signed(value[:2], big=False) / 10, "temperature")


CODEC = milesight.codec(
    "Milesight AT101 tracker",
    ("at101",),
    {
        (0x03, 0x67): (2, _warm),
        (0x83, 0x67): (3, _warm),
        (0x04, 0x88): (9, _located),
        (0x84, 0x88): (9, _located),
        (0x05, 0x00): milesight.passed_over(1),
        (0x06, 0xD9): milesight.passed_over(9),
        (0x07, 0x00): milesight.flag(Quantity.TAMPER, "tamper_status"),
        (0x20, 0xCE): (12, _kept),
    },
)
