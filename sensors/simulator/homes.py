"""The simulated home: rooms, and what hangs on its walls."""

from __future__ import annotations

from zoneinfo import ZoneInfo

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

ROOMS = {
    "Hall": (RoomKind.HALL, True),
    "Bedroom": (RoomKind.BEDROOM, False),
    "Bathroom": (RoomKind.BATHROOM, False),
    "Kitchen": (RoomKind.KITCHEN, False),
    "Lounge": (RoomKind.LIVING, False),
}
DOOR = "front_door"
BED = "bed_mat"
PENDANT = "pendant"
HUB = "bridge"
HEARTBEAT_S = 3600.0
"""Zigbee sensors report at least hourly in the simulation; a mat of ours every five minutes."""
BED_HEARTBEAT_S = 300.0


def motion_sensor(room: str) -> str:
    """Name of the motion sensor of a room."""
    return f"{room.lower()}_motion"


def household(
    home_id: HomeId,
    *,
    organisation_id: OrganisationId,
    name: str,
    resident: str,
    pronoun: str = "she",
    zone: ZoneInfo | None = None,
    mode: HomeMode = HomeMode.LIVE,
) -> Household:
    """Return the household to register; its ids only tie the parts together."""
    rooms = {
        room: Room(room_id=RoomId(number), home_id=home_id, name=room, kind=kind, exit=leads_out)
        for number, (room, (kind, leads_out)) in enumerate(ROOMS.items(), 1)
    }
    person = Resident(resident_id=ResidentId(1), home_id=home_id, name=resident, pronoun=pronoun)

    def device(
        external_id: str,
        title: str,
        placement: Placement,
        room: str = "",
        *,
        native: bool = False,
    ) -> Device:
        return Device(
            device_id=DeviceId(0),
            home_id=home_id,
            family="wayhome" if native else "zigbee2mqtt",
            external_id=external_id,
            name=title,
            placement=placement,
            room=rooms.get(room),
            resident_id=person.resident_id if placement is Placement.WORN else None,
            reporting_interval_s=BED_HEARTBEAT_S if native else HEARTBEAT_S,
            heartbeat=placement not in {Placement.HUB, Placement.WORN},
        )

    return Household(
        home=Home(
            home_id=home_id,
            organisation_id=organisation_id,
            name=name,
            zone=zone or ZoneInfo("Europe/London"),
            mode=mode,
        ),
        rooms=tuple(rooms.values()),
        residents=(person,),
        devices=(
            *(
                device(motion_sensor(room), f"{room} motion", Placement.ROOM, room)
                for room in ROOMS
            ),
            device(DOOR, "Front door", Placement.ENTRANCE, "Hall"),
            device(BED, "Bed mat", Placement.BED, "Bedroom", native=True),
            device(PENDANT, "Pendant", Placement.WORN),
            device(HUB, "Zigbee hub", Placement.HUB, "Hall"),
        ),
    )
