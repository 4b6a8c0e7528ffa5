"""Organisations, homes, people and devices: written by the registrar, read by everyone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.model.errors import Misconfigured
from core.model.home import (
    Animal,
    Device,
    Home,
    HomeMode,
    Household,
    Placement,
    Resident,
    Room,
    RoomKind,
)
from core.model.ids import CarerId, DeviceId, HomeId, OrganisationId, ResidentId, RoomId
from core.store import expected_visit
from core.store.listen import notify
from core.store.moving import homes_over, move_in, part_from_wearers, placed_on_pages

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from core.model.expected_visit import ExpectedVisit
    from core.store.pool import Connection


async def register_organisation(
    connection: Connection, organisation_id: OrganisationId, name: str
) -> None:
    """Create an organisation or rename it."""
    await connection.execute(
        "insert into organisation (organisation_id, name) values (%s, %s)"
        " on conflict (organisation_id) do update set name = excluded.name",
        (organisation_id, name),
    )


async def register_home(connection: Connection, home: Home) -> None:
    """Create a home or change its name, zone, mode and animal.

    Steps taken on the pages keep the mode, and who does not know of an animal denies none.

    Raises
    ------
    Misconfigured
        If another organisation has a home of this id.
    """
    cursor = await connection.execute(
        "insert into home (home_id, organisation_id, name, zone, mode, animal)"
        " values (%s, %s, %s, %s, %s, %s)"
        " on conflict (home_id) do update"
        " set name = excluded.name, zone = excluded.zone, mode = case"
        "  when exists (select 1 from home_step s where s.home_id = home.home_id) then home.mode"
        "  else excluded.mode end,"
        " animal = case when excluded.animal = 'unknown' then home.animal else excluded.animal end"
        " where home.organisation_id = excluded.organisation_id",
        (
            home.home_id,
            home.organisation_id,
            home.name,
            home.zone.key,
            home.mode.value,
            home.animal.value,
        ),
    )
    if not cursor.rowcount:
        raise Misconfigured(f"home {home.home_id}: the id belongs to another organisation")
    await notify(connection, "registry", home.home_id)


async def set_animal(connection: Connection, home_id: HomeId, animal: Animal) -> HomeId | None:
    """Say on a page whether an animal lives in a home; None where who is acting may not."""
    row = await _one(connection, "select set_home_animal(%s, %s) as home", (home_id, animal.value))
    return None if row["home"] is None else HomeId(row["home"])


async def register_room(
    connection: Connection,
    home_id: HomeId,
    name: str,
    kind: RoomKind,
    *,
    exit: bool = False,  # noqa: A002
) -> RoomId:
    """Create a room or change what it is for; return its id."""
    row = await _one(
        connection,
        "insert into room (home_id, name, kind, exit) values (%s, %s, %s, %s)"
        " on conflict (home_id, name) do update set kind = excluded.kind, exit = excluded.exit"
        " returning room_id",
        (home_id, name, kind.value, exit),
    )
    await notify(connection, "registry", home_id)
    return RoomId(row["room_id"])


async def register_resident(
    connection: Connection, home_id: HomeId, name: str, pronoun: str = "they"
) -> ResidentId:
    """Create a resident, or find the one of this name in this home; return the id.

    Raises
    ------
    Misconfigured
        If the home has ended and somebody else lived in it (see `core.store.moving`).
    """
    # Two who register the same person at once wait for each other here; names need not be unique.
    await connection.execute("select 1 from home where home_id = %s for no key update", (home_id,))
    resident_id = await move_in(connection, home_id, name, pronoun)
    await notify(connection, "registry", home_id)
    return resident_id


_REGISTER_DEVICE: LiteralString = (
    "insert into device (home_id, family, external_id, name, placement, room_id, resident_id,"
    " reporting_interval_s, heartbeat, retired_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s,"
    "  coalesce((select r.left_at from resident r where r.resident_id = %s), case when %s then now() end))"
    " on conflict (home_id, family, external_id) do update set name = excluded.name,"
    " placement = excluded.placement, room_id = excluded.room_id,"
    " resident_id = excluded.resident_id, heartbeat = excluded.heartbeat,"
    " reporting_interval_s = excluded.reporting_interval_s, retired_at = case"
    "  when excluded.retired_at is not null then coalesce(device.retired_at, excluded.retired_at) end"
    " returning device_id"
)


async def register_device(connection: Connection, device: Device) -> DeviceId:
    """Create a device or change where it sits; return its id. ``device.device_id`` is not read.

    In a home that has ended it is not in use: what it says may be of whoever lives there now.
    """
    await part_from_wearers(connection, [device])
    over = await homes_over(connection)
    row = await _one(connection, _REGISTER_DEVICE, _device_values(device, over))
    await notify(connection, "registry", device.home_id)
    return DeviceId(row["device_id"])


async def register_devices(connection: Connection, devices: Sequence[Device]) -> None:
    """Do the same for many, in one go."""
    await part_from_wearers(connection, devices)
    over = await homes_over(connection)
    async with connection.cursor() as cursor:
        await cursor.executemany(_REGISTER_DEVICE, [_device_values(one, over) for one in devices])
    for home_id in sorted({device.home_id for device in devices}):
        await notify(connection, "registry", home_id)


def _device_values(device: Device, over: Collection[HomeId]) -> tuple[object, ...]:
    return (
        device.home_id,
        device.family,
        device.external_id,
        device.name,
        device.placement.value,
        device.room.room_id if device.room else None,
        device.resident_id,
        device.reporting_interval_s,
        device.heartbeat,
        device.resident_id,  # what somebody wears who does not live there any more is not in use
        device.home_id in over,
    )


async def register_household(connection: Connection, household: Household) -> Household:
    """Create or update a home with its rooms, residents and devices; return it with real ids.

    The ids inside ``household`` only tie its parts together; the database gives the real ones. A device that
    has steps on the pages stays as it is there.
    """
    home = household.home
    await register_home(connection, home)
    rooms = {
        room.room_id: await register_room(
            connection, home.home_id, room.name, room.kind, exit=room.exit
        )
        for room in household.rooms
    }
    residents = {
        resident.resident_id: await register_resident(
            connection, home.home_id, resident.name, resident.pronoun
        )
        for resident in household.residents
    }
    for device in household.devices:
        if await placed_on_pages(connection, device):
            continue
        room = device.room and replace(device.room, room_id=rooms[device.room.room_id])
        wearer = device.resident_id and residents[device.resident_id]
        await register_device(connection, replace(device, room=room, resident_id=wearer))
    await expected_visit.register(connection, home.home_id, home.visits)
    found = await household_of(connection, home.home_id)
    if found is None:
        raise LookupError(home.home_id)
    return found


async def register_carer(
    connection: Connection,
    organisation_id: OrganisationId,
    login: str,
    *,
    name: str,
    role: str,
    password_hash: str,
) -> CarerId:
    """Create a log-in or change its name, role and password; return the carer's id.

    Somebody who was shut out stays so: an old file must not let in who has left.

    Raises
    ------
    Misconfigured
        If another organisation has a log-in of this name.
    """
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "insert into carer (organisation_id, login, name, role, password_hash)"
        " values (%s, %s, %s, %s, %s) on conflict (login) do update set name = excluded.name,"
        " role = excluded.role, password_hash = excluded.password_hash"
        " where carer.organisation_id = excluded.organisation_id returning carer_id",
        (organisation_id, login, name, role, password_hash),
    )
    row = await cursor.fetchone()
    if row is None:
        raise Misconfigured("login: the name belongs to a person of another organisation")
    return CarerId(row["carer_id"])


async def carer_password(connection: Connection, login: str) -> str | None:
    """Return the password hash of a log-in; None when there is no such log-in."""
    cursor = await connection.execute("select password_hash from carer where login = %s", (login,))
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def assign_care(
    connection: Connection, home_id: HomeId, carer_id: CarerId, *, order: int = 1
) -> None:
    """Let a carer care for a home, at this place in the order of telling.

    Raises
    ------
    Misconfigured
        If the carer and the home are not of one organisation.
    """
    cursor = await connection.execute(
        "insert into care (home_id, carer_id, telling_order)"
        " select home_id, carer_id, %s from home join carer using (organisation_id)"
        " where home_id = %s and carer_id = %s"
        " on conflict (home_id, carer_id) do update set telling_order = excluded.telling_order",
        (order, home_id, carer_id),
    )
    if not cursor.rowcount:
        raise Misconfigured(f"home {home_id}: a carer must be of the home's organisation")


async def set_contact(
    connection: Connection, carer_id: CarerId, channel: str, address: str
) -> None:
    """Say where ``channel`` reaches a carer."""
    await connection.execute(
        "insert into contact_point (carer_id, channel, address) values (%s, %s, %s)"
        " on conflict (carer_id, channel) do update set address = excluded.address",
        (carer_id, channel, address),
    )


async def households(connection: Connection) -> tuple[Household, ...]:
    """Return all homes with their rooms, residents and devices in use, by home id."""
    return await _households(connection, None)


async def household_of(connection: Connection, home_id: HomeId) -> Household | None:
    """Return one home with its rooms, residents and devices in use."""
    found = await _households(connection, [home_id])
    return found[0] if found else None


async def households_of(connection: Connection, homes: Sequence[HomeId]) -> tuple[Household, ...]:
    """Return these homes with their rooms, residents and devices in use, by home id."""
    return await _households(connection, homes)


async def devices(connection: Connection) -> tuple[Device, ...]:
    """Return all devices in use, by id."""
    rooms = await _rooms(connection, None)
    return await _devices(connection, None, {room.room_id: room for room in rooms})


async def devices_at(
    connection: Connection, home_id: HomeId, moment: datetime
) -> tuple[Device, ...]:
    """Return the devices of a home that are in use or were retired after a moment, by id."""
    rooms = await _rooms(connection, [home_id])
    return await _devices(connection, [home_id], {room.room_id: room for room in rooms}, moment)


async def _households(
    connection: Connection, only: Sequence[HomeId] | None
) -> tuple[Household, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select home_id, organisation_id, name, zone, mode, away, animal from home"
        " where %(only)s::text[] is null or home_id = any(%(only)s) order by home_id",
        {"only": only and list(only)},
    )
    visits = await expected_visit.standing(connection, only)
    homes = [_home(row, visits) for row in await cursor.fetchall()]
    rooms = await _rooms(connection, only)
    by_id = {room.room_id: room for room in rooms}
    all_devices = await _devices(connection, only, by_id)
    await cursor.execute(
        "select resident_id, home_id, name, pronoun from resident"
        " where left_at is null and (%(only)s::text[] is null or home_id = any(%(only)s)) order by 1",
        {"only": only and list(only)},
    )
    people = [Resident(**row) for row in await cursor.fetchall()]
    of_home: dict[HomeId, tuple[list[Room], list[Resident], list[Device]]] = defaultdict(
        lambda: ([], [], [])
    )
    for room in rooms:
        of_home[room.home_id][0].append(room)
    for person in people:
        of_home[person.home_id][1].append(person)
    for device in all_devices:
        of_home[device.home_id][2].append(device)
    return tuple(
        Household(
            home=home,
            rooms=tuple(of_home[home.home_id][0]),
            residents=tuple(of_home[home.home_id][1]),
            devices=tuple(of_home[home.home_id][2]),
        )
        for home in homes
    )


async def _rooms(connection: Connection, only: Sequence[HomeId] | None) -> tuple[Room, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select room_id, home_id, name, kind, exit from room"
        " where %(only)s::text[] is null or home_id = any(%(only)s) order by room_id",
        {"only": only and list(only)},
    )
    return tuple(Room(**(row | {"kind": RoomKind(row["kind"])})) for row in await cursor.fetchall())


async def _devices(
    connection: Connection,
    only: Sequence[HomeId] | None,
    rooms: dict[RoomId, Room],
    moment: datetime | None = None,
) -> tuple[Device, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select device_id, home_id, family, external_id, name, placement, room_id, resident_id,"
        " reporting_interval_s, heartbeat from device"
        " where (retired_at is null or retired_at > %(moment)s::timestamptz)"
        " and (%(only)s::text[] is null or home_id = any(%(only)s)) order by device_id",
        {"only": only and list(only), "moment": moment},
    )
    return tuple(_device(row, rooms) for row in await cursor.fetchall())


def _home(row: dict[str, Any], visits: dict[HomeId, tuple[ExpectedVisit, ...]]) -> Home:
    told = {"mode": HomeMode(row["mode"]), "animal": Animal(row["animal"])}
    there = visits.get(row["home_id"], ())
    return Home(**(row | told | {"zone": ZoneInfo(row["zone"]), "visits": there}))


def _device(row: dict[str, Any], rooms: dict[RoomId, Room]) -> Device:
    room_id = row.pop("room_id")
    placement = Placement(row.pop("placement"))
    return Device(**row, placement=placement, room=rooms.get(room_id) if room_id else None)


async def _one(connection: Connection, query: Any, values: tuple[object, ...]) -> dict[str, Any]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, values)
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the statement returned no row")
    return row


async def home_ids(connection: Connection) -> frozenset[HomeId]:
    """Return the ids of all homes."""
    cursor = await connection.execute("select home_id from home")
    return frozenset(HomeId(home_id) for (home_id,) in await cursor.fetchall())
