"""What LoRaWAN network servers have in common: bytes, what the server made of them, who heard it.

The bytes count where we have a codec for the model; otherwise what the network server decoded (by the maker's
codec or its own Cayenne LPP) is read by the names of its fields, see `sensors.names`.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding, fields
from sensors.codec import Collected, discover, for_model
from sensors.names import numeric

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sensors.driver import Reading

QUANTITIES = frozenset(Quantity) - {
    Quantity.IMPACT,
    Quantity.TILT,
    Quantity.STILLNESS,
    Quantity.MOVEMENT,
    Quantity.ACTIVITY,
}
"""What uplinks can tell: everything but what something worn feels, which only our own format carries."""
discover()  # a codec that does not load stops the start, not the first message
_MOST_GATEWAYS = 8


def readings(
    model: str, port: object, data: object, decoded: object, at: datetime | None
) -> list[Reading]:
    """Return what one uplink says.

    Parameters
    ----------
    model
        Any text that names the model: device profile, brand and model.
    port
        The frame's port.
    data
        The bytes as base64; anything empty when there are none.
    decoded
        What the network server made of them; None when it has no codec.
    at
        When the network server received it.

    Raises
    ------
    Malformed
        Naming the field, if the format is broken or a value impossible.
    """
    codec = for_model(model) if data else None
    if codec is not None:
        found = Collected(at)
        try:
            codec.decode(_port(port), _bytes(data), found)
        except Unsupported:  # a port of which our codec knows nothing: the maker's may
            return fields.read(decoded, at)
        return found.readings
    return fields.read(decoded, at)


def _port(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 255:  # noqa: PLR2004
        raise Malformed("port", "a whole number from 0 to 255")
    return value


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else b"-", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("data", "base64") from error


def signals(heard: Iterable[tuple[object, object]], at: datetime | None) -> list[Reading]:
    """Return how strongly each gateway heard the device, the strongest eight, one reading a gateway.

    Parameters
    ----------
    heard
        Names of gateways and dBm, as the network server tells them.

    Raises
    ------
    Malformed
        If a strength is impossible.
    """
    strongest: dict[str, float] = {}
    for gateway, rssi in heard:
        if rssi is None or not isinstance(gateway, str) or not gateway.isprintable():
            continue
        strength = decoding.number(rssi, "rssi")
        name = gateway[: decoding.NAME_LENGTH]
        strongest[name] = max(strength, strongest.get(name, strength))
    kept = sorted(strongest.items(), key=lambda one: -one[1])[:_MOST_GATEWAYS]
    return [
        decoding.reading(Quantity.SIGNAL, value, "rssi", discriminator=name, observed_at=at)
        for name, value in kept
    ]


def place(told: object, at: datetime | None) -> list[Reading]:
    """Return the position in ``{"latitude": …, "longitude": …, "altitude": …, "accuracy": …}``.

    Raises
    ------
    Malformed
        If it is none, or impossible.
    """
    if not isinstance(told, dict):
        raise Malformed("location", "latitude and longitude")
    north, east = decoding.coordinates(told, "latitude", "longitude")
    accuracy, altitude = numeric(told.get("accuracy")), numeric(told.get("altitude"))
    found = Collected(at)
    found.place(north, east, accuracy_m=accuracy or None, altitude_m=altitude)
    return found.readings


def part(told: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the object under ``key``; an empty one when there is none."""
    value = told.get(key)
    return value if isinstance(value, dict) else {}


def parts(told: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects in the list under ``key``."""
    value = told.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
