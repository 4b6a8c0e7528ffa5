"""The TIHM study as messages: real days of 23 people with dementia, told as Zigbee2MQTT would tell them.

Palermo et al., "TIHM: an open dataset for remote healthcare monitoring in dementia", Sci Data 10:606
(2023). Activations only: a room's sensor saw somebody, a door was opened; nothing says when it ended.
So each row becomes one message with one observation. Its times carry no zone; they are read as wall clock
in London, because breakfast peaks between 08 and 10 and the fewest events fall between 00 and 04. The record
lies within one summer time (April to June 2019), so no hour is ambiguous.
"""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from core.model.errors import Misconfigured
from core.model.home import (
    Device,
    Home,
    HomeMode,
    Household,
    Placement,
    Resident,
    Room,
    RoomKind,
)
from core.model.ids import DeviceId, HomeId, OrganisationId, ResidentId, RoomId

ZONE = ZoneInfo("Europe/London")
ORGANISATION = OrganisationId("tihm")
FILE = "Activity.csv.xz"


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the study: what stands there and in which room."""

    room: str
    kind: RoomKind
    placement: Placement
    #: ``occupancy`` or ``contact``.
    senses: str = "occupancy"


PLACES = {
    "back-door": Place("Kitchen", RoomKind.KITCHEN, Placement.ENTRANCE, "contact"),
    "bathroom": Place("Bathroom", RoomKind.BATHROOM, Placement.ROOM),
    "bedroom": Place("Bedroom", RoomKind.BEDROOM, Placement.ROOM),
    "fridge-door": Place("Kitchen", RoomKind.KITCHEN, Placement.OBJECT, "contact"),
    "front-door": Place("Hallway", RoomKind.HALL, Placement.ENTRANCE, "contact"),
    "hallway": Place("Hallway", RoomKind.HALL, Placement.ROOM),
    "kitchen": Place("Kitchen", RoomKind.KITCHEN, Placement.ROOM),
    "lounge": Place("Lounge", RoomKind.LIVING, Placement.ROOM),
}
_EXITS = {"Hallway", "Kitchen"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One row of the record."""

    home_id: HomeId
    place: str
    #: In UTC.
    at: datetime

    @property
    def topic(self) -> str:
        """Full MQTT topic."""
        return f"homes/{self.home_id}/zigbee2mqtt/{self.place}"

    @property
    def payload(self) -> bytes:
        """What Zigbee2MQTT would publish; ``last_seen`` makes a second telling known again."""
        senses = PLACES[self.place].senses
        # An opened door is contact: false in Zigbee2MQTT's words.
        state = senses == "occupancy"
        return msgspec.json.encode({senses: state, "last_seen": self.at.isoformat()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is to be told."""

    households: tuple[Household, ...]
    #: In order of time.
    activations: tuple[Activation, ...]
    #: Rows that say the same as another one and are told once.
    source_duplicates: int


def read(folder: Path, days: int | None = None) -> Record:
    """Read the first ``days`` days of each home; all of them for None.

    Raises
    ------
    Misconfigured
        If the folder does not hold the record.
    """
    first: dict[str, datetime] = {}
    seen: set[tuple[str, str, datetime]] = set()
    duplicates = 0
    for patient, place, local in _rows(folder):
        begun = first.setdefault(patient, local)
        if days is not None and local >= begun + timedelta(days=days):
            continue
        row = (patient, place, local)
        duplicates += row in seen
        seen.add(row)
    activations = (
        Activation(
            home_id=home_id(patient), place=place, at=local.replace(tzinfo=ZONE).astimezone(UTC)
        )
        for patient, place, local in seen
    )
    return Record(
        households=tuple(_household(patient) for patient in sorted(first)),
        activations=tuple(sorted(activations, key=lambda one: (one.at, one.home_id, one.place))),
        source_duplicates=duplicates,
    )


def home_id(patient: str) -> HomeId:
    """Return the home of a person of the study."""
    return HomeId(f"tihm-{patient}")


def _rows(folder: Path) -> Iterator[tuple[str, str, datetime]]:
    try:
        with lzma.open(folder / FILE, "rt", encoding="utf-8", newline="") as text:
            for row in csv.DictReader(text):
                if row["location_name"] in PLACES:
                    moment = datetime.fromisoformat(row["date"])
                    yield row["patient_id"], row["location_name"], moment
    except (OSError, KeyError, ValueError, lzma.LZMAError) as error:
        raise Misconfigured(
            f"{folder}: expected the TIHM record, a file {FILE} with patient_id, location_name, date"
        ) from error


def _household(patient: str) -> Household:
    home = home_id(patient)
    names = sorted({place.room for place in PLACES.values()})
    kinds = {place.room: place.kind for place in PLACES.values()}
    rooms = {
        name: Room(
            room_id=RoomId(number), home_id=home, name=name, kind=kinds[name], exit=name in _EXITS
        )
        for number, name in enumerate(names, 1)
    }
    return Household(
        home=Home(
            home_id=home,
            organisation_id=ORGANISATION,
            name=f"TIHM {patient}",
            zone=ZONE,
            mode=HomeMode.ARCHIVE,
        ),
        rooms=tuple(rooms.values()),
        residents=(Resident(resident_id=ResidentId(1), home_id=home, name=f"Person {patient}"),),
        devices=tuple(
            Device(
                device_id=DeviceId(0),
                home_id=home,
                family="zigbee2mqtt",
                external_id=name,
                name=name.replace("-", " ").capitalize(),
                placement=place.placement,
                room=rooms[place.room],
            )
            for name, place in PLACES.items()
        ),
    )
