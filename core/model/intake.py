"""What becomes of incoming messages: the values that pass between admission and the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import msgspec

from core.model.ids import DeviceId, HomeId
from core.model.observation import Position
from core.model.quantity import Quantity

LATE_S = 60.0
"""What tells of a moment so long before it came is *late*: it waited on a hub, or on a device."""


class Timing(StrEnum):
    """Where the time of an observation comes from, which decides what counts as the same one."""

    DEVICE = "device"
    """The device's own: the same value under it is the same observation."""
    ADJUSTED = "adjusted"
    """From a clock that is or was off: the same claim of the device is the same observation."""
    GATEWAY = "gateway"
    """The message carries none: two equal keys are two observations a moment apart."""


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """An observation on its way into the log: a struct, because thousands a second are made.

    The fields are those of `core.model.observation.Observation`.
    """

    home_id: HomeId
    device_id: DeviceId
    quantity: Quantity
    value: float
    observed_at: datetime
    received_at: datetime
    discriminator: str
    claimed_at: datetime | None
    position: Position | None
    timing: Timing

    @property
    def claim(self) -> datetime:
        """The device's own time for it, or the gateway's where it named none."""
        return self.claimed_at or self.observed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDevice:
    """A registered device as admission needs it, with what was last known of it."""

    device_id: DeviceId
    home_id: HomeId
    family: str
    external_id: str
    last_seen: datetime | None = None
    #: Device clock minus gateway clock in seconds: the envelope with the opposite sign.
    skew_s: float | None = None
    clock_trusted: bool | None = None
    boot: str | None = None
    last_number: int | None = None
    #: True where nobody may be watched by it, or nobody located: the basis was withdrawn or has lapsed.
    unwatched: bool = False
    unlocated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedStretch:
    """Numbered messages of one boot that came since the last report."""

    boot: str
    lowest: int
    highest: int
    #: How many different ones came.
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChange:
    """What the gateway learned of a device since its last report; None is no news."""

    device_id: DeviceId
    home_id: HomeId
    last_seen: datetime | None = None
    online: bool | None = None
    battery_percent: float | None = None
    link_quality: float | None = None
    skew_s: float | None = None
    clock_trusted: bool | None = None
    numbers: NumberedStretch | None = None
    #: Day (UTC) and charge in percent, where it is the first or a lower one of that day.
    charge: tuple[date, float] | None = None
    #: The same of its link (0 to 255).
    link: tuple[date, float] | None = None
    firmware: str | None = None
    #: How many late messages came, and how long the slowest had waited in seconds.
    late: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message that could not be admitted. Its texts hold no NUL and are valid Unicode."""

    received_at: datetime
    gateway: str
    topic: str
    #: As it came; only its beginning where it was too long.
    payload: bytes
    #: True length in bytes.
    payload_bytes: int
    #: The home that the topic names, whether it exists or not; None where it names none.
    home_id: str | None
    #: One word, e.g. ``malformed``.
    reason: str
    #: What was wrong with it, as `core.model.errors.Malformed` says it.
    field: str = ""
    expected: str = ""
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow(Quarantined):
    """One that stands in the table."""

    quarantine_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A device that is not registered, with how often it spoke and what it last said."""

    home_id: HomeId
    family: str
    external_id: str
    first_seen: datetime
    last_seen: datetime
    messages: int
    last_topic: str
    #: Its beginning.
    last_payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How many messages of one source were refused for one reason on one day (UTC)."""

    day: date
    #: Empty where the topic names no home that exists.
    home_id: str
    #: Family, or family and device.
    source: str
    #: One word, e.g. ``rate_limited``.
    reason: str
    messages: int
    last_at: datetime
