"""The contract of a driver: one MQTT message of a family of devices in, readings out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

import msgspec

from core.model import plugins
from core.model.errors import PluginBroken
from sensors import drivers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.model.observation import Position
    from core.model.quantity import Quantity


# Structs, because two are made for each message: a frozen dataclass takes six times as long to make.


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One quantity as the device tells it, range-checked, not yet admitted."""

    quantity: Quantity
    value: float
    #: Tells apart equal quantities at one time: channel, button action, place.
    discriminator: str = ""
    #: The device's own time; None when the message carries none.
    observed_at: datetime | None = None
    #: With the quantity ``position`` only.
    position: Position | None = None


class Decoded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one message says."""

    #: The device's name within its family and home.
    external_id: str
    readings: tuple[Reading, ...] = ()
    #: Last will or availability; None when the message says nothing of it.
    online: bool | None = None
    #: Number of this message since ``boot``; None for families that do not number.
    number: int | None = None
    #: Changes whenever the device starts to count anew.
    boot: str = ""
    #: Version of the software in it, as it calls it; empty when the message says nothing of it.
    firmware: str = ""


class Supply(StrEnum):
    """What a device lives on."""

    BATTERY = "battery"
    MAINS = "mains"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What a device of a family does by itself: where registration begins, and what liveness expects."""

    #: Seconds between two messages at most, when nothing happens.
    interval_s: float
    #: True when it keeps to that; False when silence may just mean that nothing happened.
    heartbeat: bool
    supply: Supply
    #: How it tells that its battery runs out, in a sentence for a technician.
    battery: str


class Driver(Protocol):
    """Reads one family of devices. A driver is a module in ``sensors/drivers`` that offers ``DRIVER``."""

    #: Third level of the topic: ``homes/{home}/{family}/…``; equals the module's name.
    family: str
    #: Name for people.
    title: str
    #: Everything this driver can report.
    quantities: frozenset[Quantity]
    #: What to set on the product so that its topics land below ``homes/{home}/{family}``.
    setup: str
    reporting: Reporting
    #: Names by which collections of messages call this family (``wayhome evaluate payloads``).
    protocols: frozenset[str]
    #: How the product's own topics begin where nothing was set: not part of what `decode` reads.
    bases: tuple[str, ...]
    #: A topic of this family, for messages that come without theirs.
    example_topic: str

    def decode(self, topic: str, payload: bytes) -> Decoded:
        """Read one message.

        Parameters
        ----------
        topic
            The family's own topic, below ``homes/{home}/{family}/``.
        payload
            As it came, any bytes.

        Raises
        ------
        Malformed
            If it breaks the family's format or says something impossible; names the field.
        Unsupported
            If it is well formed but none of our business: requests, groups, configuration.
        """
        ...


@cache
def discover() -> Mapping[str, Driver]:
    """Return all drivers by family.

    Raises
    ------
    PluginBroken
        Naming the file, if one does not load or its family is not its module's name.
    """
    found = cast("dict[str, Driver]", plugins.discover(drivers, "DRIVER"))
    for module, driver in found.items():
        if driver.family != module:
            raise PluginBroken(f"sensors/drivers/{module}.py: its family must be {module!r}")
    return found
