"""What a device reported: one quantity, one value, one time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.model.ids import DeviceId, HomeId
from core.model.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place on the map (WGS 84)."""

    #: Degrees north, −90 … 90.
    latitude: float
    #: Degrees east, −180 … 180.
    longitude: float
    #: Radius in metres that holds the true place with 68 % probability; None when not said.
    accuracy_m: float | None = None
    #: Metres above the sea.
    altitude_m: float | None = None
    #: Metres a second over ground.
    speed_m_s: float | None = None
    #: Degrees clockwise from north, 0 … 360.
    course_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One quantity of one device at one time; its natural key is
    (device_id, observed_at, quantity, discriminator). Another value that the device claims for the same
    moment stands a microsecond later.
    """  # noqa: D205

    home_id: HomeId
    device_id: DeviceId
    quantity: Quantity
    value: float
    #: When it happened: the device's time, corrected for its skew; the gateway's where that is not trusted.
    observed_at: datetime
    #: When the gateway first received it: the logical time of detection.
    received_at: datetime
    #: Tells apart equal quantities of one device at one time: channel, button action, sequence.
    discriminator: str = ""
    #: The device's own claim where it differs from ``observed_at``; None otherwise.
    claimed_at: datetime | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LogPosition:
    """Place of a row in a log that never skips: (transaction, sequence), in this order."""

    transaction: int = 0
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedObservation:
    """An observation as the log gives it out."""

    at: LogPosition
    observation: Observation
