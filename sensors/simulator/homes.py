"""The simulated home: rooms, what hangs on its walls, who lives there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from core.model.expected_visit import ExpectedVisit, VisitBy
from core.model.home import (
    Animal,
    Device,
    Home,
    HomeMode,
    Household,
    Placement,
    Resident,
    Room,
)
from core.model.ids import DeviceId, HomeId, OrganisationId, ResidentId, RoomId
from core.model.week import DAYS, WeeklySpan
from sensors.simulator.layouts import LAYOUTS, STANDARD, Layout
from sensors.simulator.people import Person
from sensors.simulator.sensing import EYES, Eye

BED = "bed_mat"
PENDANT = "pendant"
HUB = "bridge"
FRIDGE = "fridge_door"
STOVE = "stove_plug"
WATCH = "watch"
TRACKER = "tracker"
DOOR = "front_door"
HEARTBEAT_S = 3600.0
"""Zigbee sensors report at least hourly in the simulation; a mat of ours every five minutes."""
BED_HEARTBEAT_S = 300.0
LONDON = ZoneInfo("Europe/London")
_NATIVE = frozenset({BED, WATCH, TRACKER})
WORN = frozenset({PENDANT, WATCH, TRACKER})


def motion_sensor(room: str) -> str:
    """Name of the motion sensor of a room."""
    return f"{room.lower().replace(' ', '_')}_motion"


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What a home has: its rooms, a motion sensor in each, one on each outer door, and more."""

    layout: Layout = STANDARD
    #: Names of further devices.
    more: tuple[str, ...] = (BED, PENDANT)

    @cached_property
    def devices(self) -> tuple[str, ...]:
        """Names of all devices, in the order of their indices."""
        motion = (motion_sensor(room) for room in self.layout.rooms)
        return (*motion, *(door for door, _ in self.layout.doors), *self.more, HUB)

    @cached_property
    def index(self) -> dict[str, int]:
        """Number of each device."""
        return {name: number for number, name in enumerate(self.devices)}

    def has(self, device: str) -> bool:
        """Tell whether a device is there."""
        return device in self.index

    def place(self, device: str) -> tuple[Placement, str]:
        """Return where a device sits, and the name of its room; empty for none."""
        rooms = {motion_sensor(room): room for room in self.layout.rooms}
        doors = dict(self.layout.doors)
        if device in rooms:
            return Placement.ROOM, rooms[device]
        if device in doors:
            return Placement.ENTRANCE, doors[device]
        if device in WORN:
            return Placement.WORN, ""
        places = {BED: (Placement.BED, "Bedroom"), HUB: (Placement.HUB, "Hall")}
        return places.get(device, (Placement.OBJECT, "Kitchen"))


DEMO = Equipment()


def household(
    home_id: HomeId,
    *,
    organisation_id: OrganisationId,
    name: str,
    resident: str,
    pronoun: str = "she",
    zone: ZoneInfo | None = None,
    mode: HomeMode = HomeMode.LIVE,
    equipment: Equipment = DEMO,
    numbered: bool = False,
    animal: Animal = Animal.NONE,
    visits: tuple[ExpectedVisit, ...] = (),
) -> Household:
    """Return the household to register; its ids only tie the parts together.

    With ``numbered`` the devices have ids from 1, in the order of the equipment.
    """
    layout = equipment.layout
    rooms = {
        room: Room(
            room_id=RoomId(number),
            home_id=home_id,
            name=room,
            kind=layout.kind(room),
            exit=room in layout.exits,
        )
        for number, room in enumerate(layout.rooms, 1)
    }
    person = Resident(resident_id=ResidentId(1), home_id=home_id, name=resident, pronoun=pronoun)

    def device(number: int, external_id: str) -> Device:
        placement, room = equipment.place(external_id)
        return Device(
            device_id=DeviceId(number if numbered else 0),
            home_id=home_id,
            family="wayhome" if external_id in _NATIVE else "zigbee2mqtt",
            external_id=external_id,
            name=_title(external_id),
            placement=placement,
            room=rooms.get(room),
            resident_id=person.resident_id if placement is Placement.WORN else None,
            reporting_interval_s=BED_HEARTBEAT_S if external_id == BED else HEARTBEAT_S,
            heartbeat=placement not in {Placement.HUB, Placement.WORN},
        )

    return Household(
        home=Home(
            home_id=home_id,
            organisation_id=organisation_id,
            name=name,
            zone=zone or LONDON,
            mode=mode,
            animal=animal,
            visits=visits,
        ),
        rooms=tuple(rooms.values()),
        residents=(person,),
        devices=tuple(device(number, one) for number, one in enumerate(equipment.devices, 1)),
    )


def _title(device: str) -> str:
    return "Zigbee hub" if device == HUB else device.replace("_", " ").capitalize()


@dataclass(frozen=True, kw_only=True)
class SimulatedHome:
    """One home with its person; everything follows from the seed."""

    seed: int
    equipment: Equipment
    person: Person
    zone: ZoneInfo = LONDON
    #: Models of the motion sensors, by room.
    eyes: tuple[Eye, ...] = (EYES[1],)
    #: Share of the movements in each room that its sensors see, by room.
    sight: tuple[float, ...] = (1.0,) * 5
    #: Of the logarithm of it, from stay to stay.
    view_spread: float = 0.0
    #: Share of the ways into, through and out of each room that its sensors see, by room; all when empty.
    passing: tuple[float, ...] = ()
    #: Visits of friends a week; hour of a daily visit of a carer, None for none.
    visits_per_week: float = 0.0
    carer_hour: float | None = None
    #: Whether the round of that carer is announced.
    announced: bool = False
    #: Sightings of a pet an hour; 0 for none.
    pet_per_hour: float = 0.0
    #: Whether the technician was told of it.
    animal: Animal = Animal.NONE
    #: Degrees north and east.
    place: tuple[float, float] = (53.8, -1.5)

    @property
    def home_id(self) -> HomeId:
        """Name in topics."""
        return HomeId(f"sim-{self.seed}")

    @property
    def household(self) -> Household:
        """The home as it is registered, devices numbered."""
        return household(
            self.home_id,
            organisation_id=OrganisationId("simulated"),
            name=f"Simulated {self.seed}",
            resident="Quintessa",
            zone=self.zone,
            equipment=self.equipment,
            numbered=True,
            animal=self.animal,
            visits=self.expected,
        )

    @property
    def expected(self) -> tuple[ExpectedVisit, ...]:
        """The round of its carer as it was announced: an hour of every day, from a quarter of an hour on."""
        if self.carer_hour is None or not self.announced:
            return ()
        start = int(60.0 * self.carer_hour) // 15 * 15
        every_day = WeeklySpan(days=tuple(range(DAYS)), start=start, end=start + 60)
        return (ExpectedVisit(visit_id=1, by=VisitBy.CARE, span=every_day),)

    def eye(self, room: int) -> Eye:
        """Return the model of a room's motion sensor."""
        return self.eyes[room % len(self.eyes)]

    @classmethod
    def drawn(cls, seed: int, zone: ZoneInfo = LONDON) -> SimulatedHome:
        """Draw a home: layout, equipment, sensor models, person, company."""
        rng = np.random.default_rng((seed, 1))
        person = Person.drawn(rng)
        layout = LAYOUTS[int(rng.integers(len(LAYOUTS)))]
        chances = {BED: 0.75, FRIDGE: 0.7, STOVE: 0.6, WATCH: 0.4, TRACKER: 0.4}
        more = tuple(name for name, chance in chances.items() if rng.random() < chance)
        model = EYES[int(rng.choice(len(EYES), p=(0.1, 0.45, 0.3, 0.15)))]
        sight = np.exp(rng.normal(-0.2, 0.3, len(layout.rooms))).clip(0.3, 1.0)
        has_carer, has_pet = rng.random(2) < (0.3, 0.2)
        animal = Animal.SMALL if has_pet else Animal.NONE
        return cls(
            seed=seed,
            equipment=Equipment(layout=layout, more=(*more, PENDANT)),
            person=person,
            zone=zone,
            eyes=(model,),
            sight=tuple(sight.tolist()),
            visits_per_week=float(rng.gamma(4.0, 0.5)),
            carer_hour=float(rng.uniform(8.5, 18.0)) if has_carer else None,
            pet_per_hour=float(rng.gamma(2.0, 0.75)) if has_pet else 0.0,
            animal=animal,
            place=(float(rng.uniform(51.0, 55.0)), float(rng.uniform(-3.0, 0.0))),
        )
