"""The common form of Milesight's LoRaWAN messages: channel, type and a value, one after another.

From the maker's decoders (github.com/Milesight-IoT/SensorDecoders) and user guides. Numbers stand with the
lowest byte first. What follows an unknown channel is not read, as in the maker's own decoders.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors.codec import Codec, Collected, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Channel: TypeAlias = "tuple[int, Callable[[bytes, Collected], None]]"
"""Bytes of the value, and what they say."""

_ABOUT_THE_DEVICE = {
    (0xFF, 0x01): 1, (0xFF, 0x08): 6, (0xFF, 0x09): 2, (0xFF, 0x0A): 2, (0xFF, 0x0B): 1,
    (0xFF, 0x0F): 1, (0xFF, 0x16): 8, (0xFF, 0xFE): 1, (0xFF, 0xFF): 2,
}  # fmt: skip
"""Versions, serial number, class, reset: lengths of what is passed over."""


def flag(quantity: Quantity, name: str) -> Channel:
    """Return the channel of a state: 0 no, anything else yes."""

    def read(value: bytes, found: Collected) -> None:
        found.add(quantity, float(value[0] != 0), name)

    return 1, read


def scaled(quantity: Quantity, name: str, divisor: float = 10) -> Channel:
    """Return the channel of a signed number of two bytes."""

    def read(value: bytes, found: Collected) -> None:
        found.add(quantity, signed(value, big=False) / divisor, name)

    return 2, read


def byte(quantity: Quantity, name: str, divisor: float = 1) -> Channel:
    """Return the channel of a number of one byte."""

    def read(value: bytes, found: Collected) -> None:
        found.add(quantity, value[0] / divisor, name)

    return 1, read


def passed_over(length: int) -> Channel:
    """Return a channel that does not concern us."""
    return length, lambda _value, _found: None


BATTERY: dict[tuple[int, int], Channel] = {(0x01, 0x75): byte(Quantity.BATTERY, "battery")}


def codec(
    title: str, models: tuple[str, ...], channels: Mapping[tuple[int, int], Channel]
) -> Codec:
    """Return the codec of a model whose channels, beside the battery, are ``channels``."""
    return Codec(title=title, models=models, decode=partial(_decode, {**BATTERY, **channels}))


def _decode(
    channels: Mapping[tuple[int, int], Channel], port: int, data: bytes, found: Collected
) -> None:
    del port  # 85 unless set otherwise
    at = 0
    while at + 2 <= len(data):
        name = (data[at], data[at + 1])
        at += 2
        if name in _ABOUT_THE_DEVICE:
            at += _ABOUT_THE_DEVICE[name]
            continue
        if name not in channels:
            return
        length, read = channels[name]
        value = data[at : at + length]
        if len(value) < length:
            raise Malformed("payload", f"{length} bytes on channel {name[0]:02x} {name[1]:02x}")
        read(value, found)
        at += length
