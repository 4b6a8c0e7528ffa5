"""A missing person: what was written down before, what was seen last, and who may read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NewType

from core.model.ids import CarerId, DeviceId, HomeId, ResidentId

PhotoId = NewType("PhotoId", int)
PackId = NewType("PackId", int)
LinkId = NewType("LinkId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo of a resident, without its content."""

    photo_id: PhotoId
    resident_id: ResidentId
    at: datetime
    #: When it was taken; None when nobody said.
    taken_on: date | None
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One version of what the police will ask of a resident."""

    resident_id: ResidentId
    home_id: HomeId
    #: From 1; each save is the next one.
    version: int
    #: Name of the form that was filled in.
    form: str
    #: By the form's field; empty ones are left out. Personal: never in logs.
    answers: Mapping[str, str]
    #: The section that was saved; ``photo`` for the photo, ``restored`` for an older version.
    section: str
    photo_id: PhotoId | None
    carer_id: CarerId
    at: datetime
    #: The version that was brought back; None for a save.
    restored_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorEvent:
    """The last time that a door of the home was opened or closed."""

    at: datetime
    #: What the door's sensor is called.
    door: str
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LastMovement:
    """The last sign of a person inside the home."""

    at: datetime
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPosition:
    """Where something that is worn was last, and how well that is known."""

    device_id: DeviceId
    device: str
    at: datetime
    #: Degrees, WGS 84.
    latitude: float
    longitude: float
    #: Radius in metres that holds the place with 68 % probability; None when the device did not say.
    accuracy_m: float | None
    battery_percent: float | None
    #: When the device was last heard at all.
    heard_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What the sensors saw last of a resident; None for what they never saw."""

    door: DoorEvent | None = None
    movement: LastMovement | None = None
    position: LastPosition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A missing-person pack as it was made."""

    pack_id: PackId
    home_id: HomeId
    resident_id: ResidentId
    carer_id: CarerId
    at: datetime
    #: None when there was no profile.
    profile_version: int | None
    photo_id: PhotoId | None
    form: str
    answers: Mapping[str, str]
    traces: Traces


@dataclass(frozen=True, slots=True, kw_only=True)
class PackAnswer:
    """What a person told at the time, e.g. the clothes."""

    pack_id: PackId
    carer_id: CarerId
    at: datetime
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceLink:
    """A link that opens one pack without a log-in, for a while."""

    link_id: LinkId
    home_id: HomeId
    resident_id: ResidentId
    pack_id: PackId
    carer_id: CarerId
    made_at: datetime
    ends_at: datetime
    #: Whether it shows where the tracker is now, not only where it was when the pack was made.
    share_position: bool
    #: When and by whom it was ended before its time; None when it was not.
    ended_at: datetime | None = None
    ended_by: CarerId | None = None

    def is_open(self, now: datetime) -> bool:
        """Tell whether it still opens the pack."""
        return self.ended_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOpening:
    """A page that somebody opened by a link."""

    link_id: LinkId
    at: datetime
    page: str
    #: The network it came from, e.g. ``81.2.69.x``; never a whole address.
    place: str
