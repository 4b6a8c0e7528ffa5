"""What detection needs to know of a home, without a name of a person: part of each snapshot. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

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

    @classmethod
    def restored(cls, state: dict[str, Any]) -> DevicePlan:
        """Return the device as a snapshot holds it."""
        kinds = {"placement": Placement(state["placement"]), "zone": Zone(state["zone"])}
        return cls(**(state | kinds))

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process by its fields: a frozen class that is compiled takes no other state."""
        return DevicePlan.restored, (msgspec.to_builtins(self),)

    @cached_property
    def exterior_door(self) -> bool:
        """Whether it sits on a door that leads out."""
        return self.placement is Placement.ENTRANCE

    @cached_property
    def interior(self) -> bool:
        """Whether what it senses happens inside the home."""
        return self.placement in _SENSES_ROOM and self.room != RoomKind.OUTSIDE

    @cached_property
    def context(self) -> tuple[int, str]:
        """Number of its room and class of the place: where a pause begins."""
        return self.room_id, self.zone.value

    @cached_property
    def hub(self) -> bool:
        """Whether it carries the messages of the others."""
        return self.placement is Placement.HUB


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

    @classmethod
    def restored(cls, state: dict[str, Any]) -> HomePlan:
        """Return the home as a snapshot holds it."""
        parts = {
            "mode": HomeMode(state["mode"]),
            "residents": tuple((number, pronoun) for number, pronoun in state["residents"]),
            "devices": tuple(DevicePlan.restored(one) for one in state["devices"]),
        }
        return cls(**(state | parts))

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process by its fields, as its devices do."""
        return HomePlan.restored, (msgspec.to_builtins(self),)

    @cached_property
    def by_id(self) -> dict[int, DevicePlan]:
        """Devices by id."""
        return {device.device_id: device for device in self.devices}

    @cached_property
    def resident_id(self) -> int | None:
        """The resident, where one lives alone; None otherwise."""
        return self.residents[0][0] if len(self.residents) == 1 else None

    @cached_property
    def pronoun(self) -> str:
        """Pronoun of who lives here: ``they`` unless one lives alone."""
        return self.residents[0][1] if len(self.residents) == 1 else "they"

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """Zones in which something is sensed."""
        found = {device.zone for device in self.devices if device.interior} | {Zone.OTHER}
        return tuple(zone for zone in ZONES if zone in found)

    @cached_property
    def sensors(self) -> int:
        """Number of devices that sense people inside."""
        return sum(device.interior for device in self.devices)

    @cached_property
    def senses_exit(self) -> bool:
        """Whether a device senses the room behind a door that leads out."""
        return any(
            device.near_exit and device.interior and device.placement is Placement.ROOM
            for device in self.devices
        )

    @cached_property
    def senses_bed(self) -> bool:
        """Whether a device senses who lies in a bed."""
        return any(device.placement is Placement.BED for device in self.devices)

    @cached_property
    def senses_rest(self) -> bool:
        """Whether devices sense who lies in a bed and who sits in a chair."""
        return {Placement.BED, Placement.CHAIR} <= {device.placement for device in self.devices}

    @cached_property
    def hubs(self) -> tuple[DevicePlan, ...]:
        """Devices that carry the messages of the others."""
        return tuple(device for device in self.devices if device.hub)


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
