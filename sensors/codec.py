"""The contract of a codec: the bytes of one LoRaWAN uplink of one model in, readings out. Pure.

A network server that runs the maker's own codec tells its result beside the bytes; where we have a codec of
ours, the bytes count. A codec is a module in ``sensors/codecs`` that offers ``CODEC``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, cast

from core.model import plugins
from core.model.errors import Malformed
from core.model.observation import Position
from core.model.quantity import Quantity
from sensors import codecs, decoding
from sensors.names import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sensors.driver import Reading


_LONGEST_MODEL = 200


@dataclass(slots=True)
class Collected:
    """Readings as they are found in one message.

    Parameters
    ----------
    at
        The time of those that tell none of their own.
    """

    at: datetime | None = None
    readings: list[Reading] = field(default_factory=list)

    def add(
        self,
        quantity: Quantity,
        value: float,
        name: str,
        discriminator: str = "",
        *,
        at: datetime | None = None,
    ) -> None:
        """Add a reading.

        Raises
        ------
        Malformed
            Naming the field ``name``, if the value is impossible.
        """
        self.readings.append(
            decoding.reading(
                quantity, value, name, discriminator=discriminator, observed_at=at or self.at
            )
        )

    def place(
        self,
        latitude: float,
        longitude: float,
        *,
        at: datetime | None = None,
        **more: float | None,
    ) -> None:
        """Add a position; nothing for 0° north and east, which is what trackers send without a fix.

        Parameters
        ----------
        more
            ``accuracy_m``, ``altitude_m``, ``speed_m_s``, ``course_deg`` where they are known.

        Raises
        ------
        Malformed
            If it is not on the Earth.
        """
        if latitude == 0 and longitude == 0:
            return
        told = {"latitude": latitude, "longitude": longitude}
        north, east = decoding.coordinates(told, "latitude", "longitude")
        where = Position(latitude=north, longitude=east, **more)
        self.readings.append(
            decoding.reading(
                Quantity.POSITION,
                where.accuracy_m or 0.0,
                "accuracy",
                observed_at=at or self.at,
                position=where,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """Reads the bytes of one model."""

    #: Name for people.
    title: str
    #: Names that device profiles and device repositories use, as `sensors.names.plain` makes them.
    models: tuple[str, ...]
    #: Takes the port, the bytes and what to add to. Raises ``Malformed`` for bytes that are impossible or too
    #: few, ``Unsupported`` for a port that carries no readings.
    decode: Callable[[int, bytes, Collected], None]


@cache
def discover() -> Mapping[str, Codec]:
    """Return all codecs by the names of their modules.

    Raises
    ------
    PluginBroken
        Naming the file, if one does not load.
    """
    return cast("dict[str, Codec]", plugins.discover(codecs, "CODEC"))


@cache
def _by_model() -> dict[str, Codec]:
    return {model: codec for codec in discover().values() for model in codec.models}


def for_model(text: str) -> Codec | None:
    """Return the codec of which ``text`` names a model; the longest name wins.

    Examples
    --------
    >>> for_model("Milesight WS101 (hall)").title
    'Milesight WS101 button'
    >>> for_model("My own board") is None
    True
    """
    return _for_model(text[:_LONGEST_MODEL])


@lru_cache(maxsize=4096)
def _for_model(text: str) -> Codec | None:
    letters = plain(text)
    names = [model for model in _by_model() if model in letters]
    return _by_model()[max(names, key=len)] if names else None


def need(data: bytes, length: int) -> None:
    """Refuse a message that is too short.

    Raises
    ------
    Malformed
        If ``data`` has fewer than ``length`` bytes.
    """
    if len(data) < length:
        raise Malformed("payload", f"at least {length} bytes on this port")


def signed(data: bytes, *, big: bool = True) -> int:
    """Return the signed whole number in ``data``, the highest byte first where ``big``."""
    return int.from_bytes(data, "big" if big else "little", signed=True)


def unsigned(data: bytes, *, big: bool = True) -> int:
    """Return the whole number in ``data``, the highest byte first where ``big``."""
    return int.from_bytes(data, "big" if big else "little")


def condensed(value: int, low: float, high: float, reserved: int = 0) -> float:
    """Return a number that Abeeway's trackers squeeze into a byte.

    Examples
    --------
    >>> round(condensed(137, -44, 85), 1)
    25.3
    """
    return low + (value - reserved / 2) * (high - low) / (255 - reserved)
