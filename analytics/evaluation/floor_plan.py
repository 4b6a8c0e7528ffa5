"""A home from a list of its sensors: what each kind senses, what each room is for, from their names. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from core.model.home import Device, Home, Household, Placement, Resident, Room, RoomKind
from core.model.ids import DeviceId, HomeId, OrganisationId, ResidentId, RoomId
from core.model.quantity import Quantity

KINDS: dict[str, tuple[Placement, Quantity]] = {
    "motion": (Placement.ROOM, Quantity.MOTION),
    "exterior_door": (Placement.ENTRANCE, Quantity.CONTACT),
    "interior_door": (Placement.OBJECT, Quantity.CONTACT),
    "furniture": (Placement.OBJECT, Quantity.CONTACT),
    "bed": (Placement.BED, Quantity.BED),
    "seat": (Placement.CHAIR, Quantity.CHAIR),
    # a hand begins it; it may end by itself: a cistern fills, bread is done, a lamp has a timer
    "appliance": (Placement.OBJECT, Quantity.VIBRATION),
    "flush": (Placement.OBJECT, Quantity.VIBRATION),
    "light": (Placement.OBJECT, Quantity.VIBRATION),
    "tap": (Placement.OBJECT, Quantity.VIBRATION),
}
UNKNOWN = (Placement.OBJECT, Quantity.VIBRATION)
"""What a kind that is not in the table is taken for: its beginning shows a person somewhere inside."""

_CALLED: dict[str, str] = {
    "motion": "pir motion_sensor movement presence infrared",
    "exterior_door": "front_door main_door maindoor entrance_door outer_door outside_door back_door",
    "interior_door": "inner_door inside_door internal_door room_door",
    "furniture": "cupboard cabinet drawer closet wardrobe window",
    "appliance": "electric electrical power plug device item",
    "bed": "bed_mat bed_pressure bed_sensor pressure_bed mattress",
    "seat": "chair sofa couch armchair seat_pressure pressure_seat",
    "flush": "toilet_flush flush_sensor cistern float",
    "light": "lamp light_switch",
    "tap": "faucet water sink",
}
"""What other records call the kinds."""
_ALIASES = {word: kind for kind, words in _CALLED.items() for word in words.split()}
_OUTER = r"\b(front|main|entrance|entry|outside|exterior|outer|back|garage)"
_DOOR = ((_OUTER, "exterior_door"), ("", "interior_door"))
_CONTACT = (
    (r"\b(fridge|refrigerator|freezer|cupboard|cabinet|closet|oven|microwave)\b", "furniture"),
    (rf"{_OUTER}.*door|door.*{_OUTER}", "exterior_door"),
    (r"door\b", "interior_door"),
    (r"", "furniture"),
)
_PRESSURE = ((r"\b(bed|matt?ress|bedroom)\b", "bed"), (r"", "seat"))
_BY_NAME: dict[str, tuple[tuple[str, str], ...]] = {
    "door": _DOOR,
    **dict.fromkeys(("contact", "door_contact", "magnetic", "magnet", "reed"), _CONTACT),
    **dict.fromkeys(("pressure", "pressure_mat", "mat"), _PRESSURE),
}
"""What they call by how it works: there the name and the room tell the kind."""
_NOBODY = frozenset(
    {"temperature", "humidity", "battery", "illuminance", "light_level", "lux", "co2"}
)
"""What measures and senses nobody."""

_ROOMS: tuple[tuple[RoomKind, frozenset[str]], ...] = (
    (RoomKind.BATHROOM, frozenset({"bath", "bathroom", "toilet", "wc", "shower", "restroom"})),
    (RoomKind.BATHROOM, frozenset({"lavatory", "washroom", "ensuite", "loo", "toilets"})),
    (RoomKind.KITCHEN, frozenset({"kitchen", "kitchenette", "pantry"})),
    (RoomKind.BEDROOM, frozenset({"bed", "bedroom", "sleeping"})),
    (
        RoomKind.LIVING,
        frozenset({"living", "livingroom", "lounge", "sitting", "dining", "parlour"}),
    ),
    (RoomKind.HALL, frozenset({"hall", "hallway", "entrance", "entry", "foyer", "corridor"})),
    (RoomKind.HALL, frozenset({"landing", "porch", "lobby", "vestibule", "stairs", "aisle"})),
    (RoomKind.OUTSIDE, frozenset({"outside", "garden", "yard", "balcony", "terrace"})),
)
_ENDS = {
    "bathroom": RoomKind.BATHROOM,
    "toilet": RoomKind.BATHROOM,
    "bedroom": RoomKind.BEDROOM,
    "livingroom": RoomKind.LIVING,
    "diningroom": RoomKind.LIVING,
    "kitchen": RoomKind.KITCHEN,
    "hallway": RoomKind.HALL,
}
"""What words that run together end with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One row of sensors.csv."""

    key: str
    name: str
    room: str
    kind: str

    @property
    def known(self) -> bool:
        """Whether its kind is in the table."""
        return self._kind in KINDS

    @property
    def placement(self) -> Placement:
        """Where it sits."""
        return KINDS.get(self._kind, UNKNOWN)[0]

    @property
    def quantity(self) -> Quantity:
        """What it reports."""
        return KINDS.get(self._kind, UNKNOWN)[1]

    @property
    def flush(self) -> bool:
        """Whether it sits on the flush of a toilet."""
        return self._kind == "flush"

    @property
    def room_kind(self) -> RoomKind:
        """What its room is for."""
        return room_kind(self.room)

    @property
    def senses_nobody(self) -> bool:
        """Whether it measures something that no person makes."""
        return self._kind in _NOBODY

    @property
    def _kind(self) -> str:
        words = re.sub(r"[\s_-]+", "_", _parted(self.kind).strip().lower())
        if words in KINDS or words in _NOBODY:
            return words
        where = _parted(f"{self.name} {self.room}").lower().replace("_", " ")
        by_name = (kind for sign, kind in _BY_NAME.get(words, ()) if re.search(sign, where))
        return _ALIASES.get(words) or next(by_name, words)


def room_kind(name: str) -> RoomKind:
    """Return what a room is for, from its name.

    Examples
    --------
    >>> [room_kind(name).value for name in ("Toilet", "Office/study", "Living room", "Bed room")]
    ['bathroom', 'other', 'living', 'bedroom']
    >>> [room_kind(name).value for name in ("MasterBedroom", "guestbathroom2", "DiningRoom")]
    ['bedroom', 'bathroom', 'living']
    """
    words = re.findall(r"[a-z]+", _parted(name).lower())
    exact = (kind for kind, known in _ROOMS if not known.isdisjoint(words))
    ends = (kind for end, kind in _ENDS.items() if any(word.endswith(end) for word in words))
    return next(exact, None) or next(ends, RoomKind.OTHER)


def _parted(name: str) -> str:
    """Return a name with its words apart: MasterBedroom, Bed/Bedroom."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|/", " ", name)


def household(name: str, sensors: Sequence[Sensor], zone: ZoneInfo) -> Household:
    """Return a home in which one person lives, with its sensors numbered from 1."""
    home_id = HomeId(f"labelled-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-') or 'home'}")
    exits = {_folded(one.room) for one in sensors if one.placement is Placement.ENTRANCE}
    names = {_folded(one.room): one.room for one in sensors}
    rooms = {
        key: Room(
            room_id=RoomId(number),
            home_id=home_id,
            name=text,
            kind=room_kind(text),
            exit=key in exits,
        )
        for number, (key, text) in enumerate(sorted(names.items()), 1)
    }
    return Household(
        home=Home(
            home_id=home_id, organisation_id=OrganisationId("labelled"), name=name, zone=zone
        ),
        rooms=tuple(rooms.values()),
        residents=(Resident(resident_id=ResidentId(1), home_id=home_id, name="Resident"),),
        devices=tuple(
            Device(
                device_id=DeviceId(number),
                home_id=home_id,
                family="labelled",
                external_id=one.key,
                name=one.name or one.key,
                placement=one.placement,
                room=rooms[_folded(one.room)],
            )
            for number, one in enumerate(sensors, 1)
        ),
    )


def _folded(room: str) -> str:
    return " ".join(room.lower().split())
