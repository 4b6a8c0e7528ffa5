"""Abeeway trackers with firmware "Asset Tracker 3": the call for help, the battery and places by satellites.

From the maker's codec in TheThingsNetwork/lorawan-devices (``vendor/abeeway/asset-tracker-3.js`` and its
examples). The header is the alarm and the type, the battery in per cent, and the second of the half day; with
the highest bit of the battery set the message was kept, and four bytes tell when. Name the device profile
"Asset Tracker 3": devices with older firmware speak otherwise.
"""

from __future__ import annotations

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors import decoding
from sensors.codec import Codec, Collected, need, signed, unsigned

_SOS, _IN_PARTS, _KEPT = 0x40, 0x80, 0x80
_NOTIFICATION, _POSITION = 1, 2
_MOTION_STARTS = 0x30
_BY_SATELLITES = 0x0A
"""Status "success" and kind "GNSS" in the low seven bits."""
_FULL = 100


def _decode(port: int, data: bytes, found: Collected) -> None:
    del port  # 18 or 19, by firmware
    need(data, 4)
    kept = bool(data[1] & _KEPT)
    if kept:
        need(data, 6)
        found.at = decoding.moment(unsigned(data[2:6]), "timestamp") or found.at
    if data[0] & _SOS:
        found.add(Quantity.SOS, 1.0, "sos")
    if 0 < data[1] & 0x7F <= _FULL:
        found.add(Quantity.BATTERY, data[1] & 0x7F, "batteryLevel")
    if not kept:  # of which the maker's examples show no more
        _said(data, found)


def _said(data: bytes, found: Collected) -> None:
    kind, start = data[0] >> 3 & 7, 5 if data[0] & _IN_PARTS else 4
    if kind == _NOTIFICATION:
        need(data, 5)
        if data[4] == _MOTION_STARTS:
            found.add(Quantity.VIBRATION, 1.0, "notificationType")
    elif kind == _POSITION:
        need(data, start + 1)
        if data[start] & 0x7F == _BY_SATELLITES:
            _place(data[start + 4 :], found)


def _place(data: bytes, found: Collected) -> None:
    need(data, 15)
    course = unsigned(data[10:12]) / 100
    if course > 360:  # noqa: PLR2004 (degrees)
        raise Malformed("COG", "0 to 360 degrees")
    found.place(
        signed(data[:4]) / 1e7,
        signed(data[4:8]) / 1e7,
        accuracy_m=float(data[14]),
        altitude_m=float(signed(data[8:10])),
        speed_m_s=unsigned(data[12:14]) / 100,
        course_deg=course,
    )


CODEC = Codec(
    title="Abeeway tracker with firmware Asset Tracker 3",
    models=("assettracker3", "abeewayat3"),
    decode=_decode,
)
