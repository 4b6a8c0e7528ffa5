"""What detection needs to know of a home, without a name of a person: part of each snapshot. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from analytics.features.rounds import Round, round_of
from core.model.home import HomeMode, Placement, RoomKind

if TYPE_CHECKING:
    from core.model.home import Device, Household


class Zone(StrEnum):
    """Class of the place where a gap begins: how long people stay still differs by it."""

    __hash__ = str.__hash__  # in C: looked up for each event

    BED = "bed"
    CHAIR = "chair"
    BATHROOM = "bathroom"
    OTHER = "other"


ZONES = tuple(Zone)
_SENSES_ROOM = frozenset({Placement.ROOM, Placement.BED, Placement.CHAIR, Placement.OBJECT})
_SENSES_MOVING = frozenset({Placement.ROOM, Placement.OBJECT})
# a cached property would be worked out anew at each access where it is compiled (0281)
_DERIVED: Any = field(init=False, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class DevicePlan:
    """One device as detection sees it."""

    device_id: int
    #: As the technician calls it.
    name: str
    placement: Placement
    zone: Zone
    #: Number of its room; 0 when it has none.
    room_id: int
    #: Kind of its room; empty when it has none.
    room: str
    #: True when its room has a door that leads out, or is a hall.
    near_exit: bool
    interval_s: float
    heartbeat: bool

    #: Whether it sits on a door that leads out.
    exterior_door: bool = _DERIVED
    #: Whether what it senses happens inside the home.
    interior: bool = _DERIVED
    #: Whether it hangs where it may sense who moves about; door, bed and chair know who is at them.
    senses_moving: bool = _DERIVED
    #: Number of its room and class of the place: where a pause begins.
    context: tuple[int, str] = _DERIVED
    #: Whether it carries the messages of the others.
    hub: bool = _DERIVED

    def __post_init__(self) -> None:
        """Work out what follows, once: an observation asks for it many times."""
        inside = self.placement in _SENSES_ROOM and self.room != RoomKind.OUTSIDE
        object.__setattr__(self, "exterior_door", self.placement is Placement.ENTRANCE)
        object.__setattr__(self, "interior", inside)
        object.__setattr__(self, "senses_moving", inside and self.placement in _SENSES_MOVING)
        object.__setattr__(self, "context", (self.room_id, self.zone.value))
        object.__setattr__(self, "hub", self.placement is Placement.HUB)

    @classmethod
    def restored(cls, state: dict[str, Any]) -> DevicePlan:
        """Return the device as a snapshot holds it."""
        kinds = {"placement": Placement(state["placement"]), "zone": Zone(state["zone"])}
        return cls(**(state | kinds))

    def saved(self) -> dict[str, Any]:
        """Return what a snapshot holds: nothing that follows from the rest."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.init}

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process by its fields: a frozen class that is compiled takes no other state."""
        return DevicePlan.restored, (self.saved(),)


@dataclass(frozen=True, kw_only=True)
class HomePlan:
    """One home as detection sees it."""

    home_id: str
    #: IANA name of its zone.
    zone: str
    mode: HomeMode
    #: (resident id, pronoun) of each resident.
    residents: tuple[tuple[int, str], ...]
    devices: tuple[DevicePlan, ...]
    #: Whether an animal is known to live here.
    animal: bool = False
    #: Whether a carer has said that nobody is there: calls and hazards are of the carers all the same.
    away: bool = False

    #: When somebody is expected to come.
    rounds: tuple[Round, ...] = ()

    #: Devices by id.
    by_id: dict[int, DevicePlan] = _DERIVED
    #: The resident, where one lives alone; None otherwise.
    resident_id: int | None = _DERIVED
    #: Pronoun of who lives here: ``they`` unless one lives alone.
    pronoun: str = _DERIVED
    #: Zones in which something is sensed.
    zones: tuple[Zone, ...] = _DERIVED
    #: Number of devices that sense people inside.
    sensors: int = _DERIVED
    #: Whether a device senses the room behind a door that leads out.
    senses_exit: bool = _DERIVED
    #: Whether a device senses who lies in a bed.
    senses_bed: bool = _DERIVED
    #: Whether devices sense who lies in a bed and who sits in a chair.
    senses_rest: bool = _DERIVED
    #: Devices that carry the messages of the others.
    hubs: tuple[DevicePlan, ...] = _DERIVED

    def __post_init__(self) -> None:
        """Work out what follows, once: an observation asks for it many times."""
        inside = tuple(device for device in self.devices if device.interior)
        zones = {device.zone for device in inside} | {Zone.OTHER}
        in_rooms = tuple(device for device in inside if device.placement is Placement.ROOM)
        placed = {device.placement for device in self.devices}
        alone = self.residents[0] if len(self.residents) == 1 else (None, "they")
        object.__setattr__(self, "by_id", {device.device_id: device for device in self.devices})
        object.__setattr__(self, "resident_id", alone[0])
        object.__setattr__(self, "pronoun", alone[1])
        object.__setattr__(self, "zones", tuple(zone for zone in ZONES if zone in zones))
        object.__setattr__(self, "sensors", len(inside))
        object.__setattr__(self, "senses_exit", any(one.near_exit for one in in_rooms))
        object.__setattr__(self, "senses_bed", Placement.BED in placed)
        object.__setattr__(self, "senses_rest", {Placement.BED, Placement.CHAIR} <= placed)
        object.__setattr__(self, "hubs", tuple(one for one in self.devices if one.hub))

    @classmethod
    def restored(cls, state: dict[str, Any]) -> HomePlan:
        """Return the home as a snapshot holds it."""
        parts = {
            "mode": HomeMode(state["mode"]),
            "residents": tuple((number, pronoun) for number, pronoun in state["residents"]),
            "devices": tuple(DevicePlan.restored(one) for one in state["devices"]),
            "rounds": tuple(Round.restored(one) for one in state.get("rounds", ())),
        }
        return cls(**(state | parts))

    def saved(self) -> dict[str, Any]:
        """Return what a snapshot holds: nothing that follows, nor that nobody is away or comes."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
        if not self.away:
            del told["away"]  # which the release before does not know
        del told["rounds"]
        if self.rounds:
            told["rounds"] = [one.saved() for one in self.rounds]
        return told | {"devices": tuple(device.saved() for device in self.devices)}

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process by its fields, as its devices do."""
        return HomePlan.restored, (self.saved(),)


def plan(household: Household) -> HomePlan:
    """Reduce a household to what detection needs."""
    home = household.home
    return HomePlan(
        home_id=home.home_id,
        zone=home.zone.key,
        mode=home.mode,
        residents=tuple((person.resident_id, person.pronoun) for person in household.residents),
        devices=tuple(
            _device(device) for device in sorted(household.devices, key=lambda one: one.device_id)
        ),
        animal=home.animal.there,
        away=home.away,
        rounds=tuple(round_of(visit) for visit in home.visits),
    )


def _device(device: Device) -> DevicePlan:
    room = device.room
    return DevicePlan(
        device_id=device.device_id,
        name=device.name,
        placement=device.placement,
        zone=_zone(device),
        room_id=room.room_id if room else 0,
        room=room.kind.value if room else "",
        near_exit=room is not None and (room.exit or room.kind is RoomKind.HALL),
        interval_s=float(device.reporting_interval_s),
        heartbeat=device.heartbeat,
    )


def _zone(device: Device) -> Zone:
    kind = device.room.kind if device.room else None
    if device.placement is Placement.CHAIR:
        return Zone.CHAIR
    if device.placement is Placement.BED or kind is RoomKind.BEDROOM:
        return Zone.BED
    return Zone.BATHROOM if kind is RoomKind.BATHROOM else Zone.OTHER
