"""Abeeway trackers with firmware "Asset Tracker" 1 and 2: compact, micro, industrial, smart badge.

From the maker's "Asset Tracker reference guide" and its codec in TheThingsNetwork/lorawan-devices
(``vendor/abeeway/asset-tracker-2.js``). The common header is type, status, battery, temperature, token and
option. The battery is in per cent from firmware 2.0 on and a voltage (2.8 to 4.2 V) before: above 100 it can
only be a voltage; up to 100 it is taken for per cent, so an old tracker that is nearly empty (below 3.35 V)
shows too much: update its firmware. The temperature is that of the tracker. Firmware 3 speaks otherwise, see
`sensors.codecs.abeeway_3`.
"""

from __future__ import annotations

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.codec import Codec, Collected, condensed, need, signed, unsigned

_HEADER = 5
_POSITION, _ENERGY, _HEARTBEAT, _MISC, _SHUTDOWN, _EVENT, _EXTENDED = 3, 4, 5, 7, 9, 10, 14
_KNOWN = frozenset({_POSITION, _ENERGY, _HEARTBEAT, _MISC, _SHUTDOWN, _EVENT, _EXTENDED, 11, 12})
_MOTION_STARTS, _MOTION_ENDS, _SOS_STARTS, _SOS_ENDS = 1, 2, 7, 8
_FULL = 100
_CHARGING, _NOT_KNOWN = 0, 255
_GPS = 0
_SOS = 0x10
"""Set in every message while the alarm lasts; that it is not set is not told, only that it ended."""
_SHOCKS = 3


def _decode(port: int, data: bytes, found: Collected) -> None:
    del port  # 17 or 18, by firmware
    need(data, 1)
    kind = data[0]
    if kind not in _KNOWN:
        raise Unsupported(f"abeeway: message type {kind}")
    need(data, _HEADER)
    if data[1] & _SOS:
        found.add(Quantity.SOS, 1.0, "sosFlag")
    _battery(data[2], found)
    found.add(Quantity.DEVICE_TEMPERATURE, round(condensed(data[3], -44, 85), 1), "temperature")
    if kind == _POSITION and data[4] & 15 == _GPS:
        need(data, 13)
        found.place(
            signed(data[6:9] + b"\0") / 1e7,
            signed(data[9:12] + b"\0") / 1e7,
            accuracy_m=round(condensed(data[12], 0, 1000), 2),
        )
    elif kind == _EXTENDED and data[4] & 15 == _GPS:
        _extended(data, found)
    elif kind == _EVENT:
        need(data, 6)
        _event(data[5], found)
    elif kind == _MISC:
        need(data, 6)
        if data[5] & 7 == _SHOCKS:
            found.add(Quantity.VIBRATION, 1.0, "shock")


def _battery(value: int, found: Collected) -> None:
    if value in (_CHARGING, _NOT_KNOWN):
        return
    if value <= _FULL:
        found.add(Quantity.BATTERY, value, "batteryLevel")
    else:
        found.add(Quantity.VOLTAGE, round(condensed(value, 2800, 4200, 2)), "batteryVoltage")


def _extended(data: bytes, found: Collected) -> None:
    need(data, 23)
    course = unsigned(data[19:21]) / 100
    if course > 360:  # noqa: PLR2004 (degrees)
        raise Malformed("course", "0 to 360 degrees")
    in_metres = data[7] >> 1 & 1
    accuracy: float = data[18] if in_metres else round(condensed(data[18], 0, 1000), 2)
    found.place(
        signed(data[8:12]) / 1e7,
        signed(data[12:16]) / 1e7,
        accuracy_m=accuracy,
        altitude_m=signed(data[16:18]) / (1 if in_metres else 100),
        speed_m_s=unsigned(data[21:23]) / 100,
        course_deg=course,
    )


def _event(kind: int, found: Collected) -> None:
    if kind in (_MOTION_STARTS, _MOTION_ENDS):
        found.add(Quantity.VIBRATION, float(kind == _MOTION_STARTS), "eventType")
    elif kind in (_SOS_STARTS, _SOS_ENDS):
        found.readings = [one for one in found.readings if one.quantity is not Quantity.SOS]
        found.add(Quantity.SOS, float(kind == _SOS_STARTS), "eventType")


CODEC = Codec(
    title="Abeeway tracker (compact, micro, industrial, smart badge)",
    models=(
        "abeewaycompacttracker",
        "abeewaymicrotracker",
        "abeewayindustrialtracker",
        "abeewaysmartbadge",
        "abeewaygeolocationmodule",
        "assettracker2",
    ),
    decode=_decode,
)
