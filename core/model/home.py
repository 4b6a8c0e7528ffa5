"""Homes, rooms, residents and devices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.model.expected_visit import ExpectedVisit
from core.model.ids import CarerId, DeviceId, HomeId, OrganisationId, ResidentId, RoomId


class HomeMode(StrEnum):
    """What Wayhome does with a home's observations."""

    LIVE = "live"
    """Watched: detectors run, carers are told."""
    TEST = "test"
    """Being commissioned: detectors run, no carer is told."""
    ARCHIVE = "archive"
    """A record of the past: stored by the devices' own times and shown, never watched."""


class Animal(StrEnum):
    """Whether an animal lives in a home: movements that it could have made are no proof of a person."""

    UNKNOWN = "unknown"
    """Nobody has said."""
    NONE = "none"
    SMALL = "small"
    """A cat, or a dog of up to 10 kg: what sensors that overlook animals do not see, if mounted well."""
    LARGE = "large"
    """A heavier dog: no motion sensor overlooks it."""

    @property
    def there(self) -> bool:
        """Whether one is known to live there."""
        return self in {Animal.SMALL, Animal.LARGE}


class RoomKind(StrEnum):
    """What a room is for; detectors reason with this, not with names."""

    BEDROOM = "bedroom"
    BATHROOM = "bathroom"
    KITCHEN = "kitchen"
    LIVING = "living"
    HALL = "hall"
    OTHER = "other"
    OUTSIDE = "outside"


class Placement(StrEnum):
    """Where a device sits, as far as detection needs to know."""

    ROOM = "room"
    """Senses the room it is in."""
    ENTRANCE = "entrance"
    """On a door that leads out of the home."""
    BED = "bed"
    CHAIR = "chair"
    WORN = "worn"
    """Worn or carried by a resident."""
    HUB = "hub"
    """Carries the messages of the other devices."""
    OBJECT = "object"
    """On a cupboard, fridge, window or inner door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A household: the unit of detection."""

    home_id: HomeId
    organisation_id: OrganisationId
    #: What the people who work with it call it. Personal: never in logs.
    name: str
    zone: ZoneInfo
    mode: HomeMode = HomeMode.LIVE
    #: True while watching rests because a carer said that nobody is there; the mode is ``test`` then.
    away: bool = False
    animal: Animal = Animal.UNKNOWN
    #: Visits that are expected, by their number.
    visits: tuple[ExpectedVisit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room of a home."""

    room_id: RoomId
    home_id: HomeId
    name: str
    kind: RoomKind
    #: True where a door leads out of the home.
    exit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A person who is watched over."""

    resident_id: ResidentId
    home_id: HomeId
    #: How the carers call the person. Personal: never in logs.
    name: str
    #: Subject pronoun for texts: she, he or they.
    pronoun: str = "they"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A registered sensor, button, wearable or hub."""

    device_id: DeviceId
    home_id: HomeId
    #: Driver family, e.g. ``zigbee2mqtt``.
    family: str
    #: The device's name within its family, as it stands in the topic.
    external_id: str
    name: str
    placement: Placement
    room: Room | None = None
    resident_id: ResidentId | None = None
    #: Longest time in seconds that the device may be silent when all is well.
    reporting_interval_s: float = 3600.0
    #: True when the device reports at least every ``reporting_interval_s`` even if nothing happens.
    #: Its silence then means a fault; the silence of another device means nothing by itself.
    heartbeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Carer:
    """A person who can be told about alerts of a home."""

    carer_id: CarerId
    organisation_id: OrganisationId
    name: str
    #: Place in the order of telling, 1 first.
    order: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """All that detection needs to know of one home."""

    home: Home
    rooms: tuple[Room, ...] = ()
    residents: tuple[Resident, ...] = ()
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Whether a device is there: what it last said about itself."""

    device_id: DeviceId
    #: Gateway time of the last message of any kind; None before the first.
    last_seen: datetime | None = None
    #: The device's or its hub's last will: False while gone, None when never said.
    online: bool | None = None
    battery_percent: float | None = None
    link_quality: float | None = None
    #: Device clock minus gateway clock in seconds; None while not known.
    skew_s: float | None = None
    #: Numbered messages that never came.
    missed: int = 0
