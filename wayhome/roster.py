"""A file that says who lives where with which devices and who cares: read, checked, registered."""

from __future__ import annotations

import codecs
import secrets
from dataclasses import dataclass, field, fields
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import argon2
import msgspec

from alerts.channel import discover
from core.model.address import checked
from core.model.errors import Malformed
from core.model.expected_visit import MOST, ExpectedVisit, VisitBy
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
from core.model.ids import DeviceId, HomeId, OrganisationId, ResidentId, RoomId
from core.model.week import DAY_WORDS, WeeklySpan
from core.store import moving, registry
from sensors import driver

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.store.pool import Connection

ROLES = (
    "family_carer",
    "care_worker",
    "clinician",
    "technician",
    "organisation_admin",
    "auditor",
)
"""Residents join by an invitation, which knows who they are."""
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRoom:
    """A room; ``exit`` where a door leads out of the home."""

    name: Words
    kind: RoomKind
    exit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterResident:
    """A person who is watched over."""

    name: Words
    pronoun: Literal["she", "he", "they"] = "they"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterDevice:
    """A device, by its name in its family's topics."""

    family: str
    id: Words
    name: Words
    placement: Placement
    room: str = ""
    worn_by: str = ""
    #: What devices of its family do (``docs/reference/devices.md``) where it is not said.
    reporting_interval_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    heartbeat: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterVisit:
    """A visit that is expected: ``days`` of every week, between two times of the home's clock."""

    by: VisitBy
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    start: time
    end: time
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterHome:
    """A home with all that is in it."""

    id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
    name: Words
    zone: str = "Europe/London"
    mode: HomeMode = HomeMode.TEST
    animal: Animal = Animal.UNKNOWN
    room: tuple[RosterRoom, ...] = ()
    resident: tuple[RosterResident, ...] = ()
    device: tuple[RosterDevice, ...] = ()
    visit: tuple[RosterVisit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterCarer:
    """A person with a log-in; ``homes`` in which they are told, ``contact`` by channel."""

    login: Words
    name: Words
    role: str
    homes: tuple[str, ...] = ()
    order: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    contact: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """One organisation."""

    organisation: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$")]
    name: Words
    home: tuple[RosterHome, ...] = ()
    carer: tuple[RosterCarer, ...] = ()


def read(file: Path) -> Roster:
    """Read a TOML roster.

    Raises
    ------
    Malformed
        Naming the field, if it breaks the format or names a room or home that is not there.
    """
    try:
        # an editor may have put a byte-order mark before the text
        found = msgspec.toml.decode(file.read_bytes().removeprefix(codecs.BOM_UTF8))
        roster = msgspec.convert(found, type=Roster)
    except UnicodeDecodeError as error:
        raise Malformed(file.name, "UTF-8 (in the editor: save as UTF-8)") from error
    except msgspec.MsgspecError as error:
        raise Malformed(file.name, f"a roster: {error}") from error
    homes = {home.id for home in roster.home}
    for carer, written in zip(roster.carer, found.get("carer", ()), strict=True):
        _check(carer, written, homes)
    for home in roster.home:
        household(home, OrganisationId(roster.organisation))
    return roster


def _check(carer: RosterCarer, written: Collection[str], homes: Collection[str]) -> None:
    known = [one.name for one in fields(RosterCarer)]
    if unknown := sorted(set(written) - set(known)):  # an address that is lost tells nobody
        raise Malformed(f"carer {carer.login}.{unknown[0]}", f"one of {', '.join(known)}")
    _contacts(carer)
    if carer.role not in ROLES:
        raise Malformed(f"carer {carer.login}.role", f"one of {', '.join(ROLES)}")
    if missing := set(carer.homes) - set(homes):
        raise Malformed(f"carer {carer.login}.homes", f"homes of this file, not {sorted(missing)}")


def _contacts(carer: RosterCarer) -> dict[str, str]:
    """Return where each channel reaches a carer, in the form in which replies will name it.

    Raises
    ------
    Malformed
        If there is no such channel, or the address is none for it.
    """
    kept = {}
    for name, address in carer.contact.items():
        field_name = f"carer {carer.login}.contact.{name}"
        channel = discover().get(name)
        if channel is None or not channel.wakes:
            ways = [one for one, kind in discover().items() if kind.wakes]
            raise Malformed(field_name, f"one of {', '.join(ways)}")
        try:
            kept[name] = checked(channel.takes, address)
        except Malformed as error:
            raise Malformed(field_name, error.expected) from error
    return kept


def household(home: RosterHome, organisation: OrganisationId) -> Household:
    """Build the household; its ids only tie the parts together.

    Raises
    ------
    Malformed
        If a device names a room or wearer that is not there, the zone is unknown, or a visit can not be one.
    """
    home_id = HomeId(home.id)
    rooms = {
        room.name: Room(
            room_id=RoomId(number), home_id=home_id, name=room.name, kind=room.kind, exit=room.exit
        )
        for number, room in enumerate(home.room, 1)
    }
    people = {
        person.name: Resident(
            resident_id=ResidentId(number),
            home_id=home_id,
            name=person.name,
            pronoun=person.pronoun,
        )
        for number, person in enumerate(home.resident, 1)
    }
    try:
        zone = ZoneInfo(home.zone)
    except (KeyError, ValueError) as error:
        raise Malformed(f"home {home.id}.zone", "an IANA zone such as Europe/London") from error
    return Household(
        home=Home(
            home_id=home_id,
            organisation_id=organisation,
            name=home.name,
            zone=zone,
            mode=home.mode,
            animal=home.animal,
            visits=tuple(_visit(home, number) for number in range(len(home.visit))),
        ),
        rooms=tuple(rooms.values()),
        residents=tuple(people.values()),
        devices=tuple(_device(device, home_id, rooms, people) for device in home.device),
    )


def _visit(home: RosterHome, number: int) -> ExpectedVisit:
    one, field_name = home.visit[number], f"home {home.id}.visit[{number}]"
    if number >= MOST:
        raise Malformed(field_name, f"at most {MOST} visits")
    days = tuple(sorted({DAY_WORDS.index(day) for day in one.days}))
    if not days:
        raise Malformed(f"{field_name}.days", "one day at least")
    start, end = (clock.hour * 60 + clock.minute for clock in (one.start, one.end))
    span = WeeklySpan(days=days, start=start, end=end)
    try:
        return ExpectedVisit(visit_id=number, by=one.by, span=span, first=one.first, last=one.last)
    except Malformed as error:
        raise Malformed(f"{field_name} {error.field}", error.expected) from error


def _device(
    device: RosterDevice, home_id: HomeId, rooms: dict[str, Room], people: dict[str, Resident]
) -> Device:
    if device.room and device.room not in rooms:
        raise Malformed(f"home {home_id} device {device.id}.room", f"one of {', '.join(rooms)}")
    if device.worn_by and device.worn_by not in people:
        raise Malformed(f"home {home_id} device {device.id}.worn_by", "a resident of this home")
    if device.family not in driver.discover():
        raise Malformed(
            f"home {home_id} device {device.id}.family", f"one of {', '.join(driver.discover())}"
        )
    told = driver.discover()[device.family].reporting
    interval_s, heartbeat = device.reporting_interval_s, device.heartbeat
    return Device(
        device_id=DeviceId(0),
        home_id=home_id,
        family=device.family,
        external_id=device.id,
        name=device.name,
        placement=device.placement,
        room=rooms.get(device.room),
        resident_id=people[device.worn_by].resident_id if device.worn_by else None,
        reporting_interval_s=told.interval_s if interval_s is None else interval_s,
        heartbeat=told.heartbeat if heartbeat is None else heartbeat,
    )


async def kept(connection: Connection, roster: Roster) -> tuple[str, ...]:
    """Return the devices (``HOME FAMILY/NAME``) of which a roster changes nothing.

    Somebody has put them in their place on the pages, or their home has ended.
    """
    over = await moving.homes_over(connection)
    organisation = OrganisationId(roster.organisation)
    return tuple(
        [
            f"{one.home_id} {one.family}/{one.external_id}"
            for home in roster.home
            for one in household(home, organisation).devices
            if one.home_id in over or await moving.placed_on_pages(connection, one)
        ]
    )


async def register(connection: Connection, roster: Roster) -> dict[str, str]:
    """Register everything of ``roster``; return the new log-ins with their passwords.

    Passwords are made here, shown once and stored as argon2id hashes; known log-ins keep theirs.
    """
    organisation = OrganisationId(roster.organisation)
    await registry.register_organisation(connection, organisation, roster.name)
    for home in roster.home:
        await registry.register_household(connection, household(home, organisation))
    made: dict[str, str] = {}
    for carer in roster.carer:
        known = await registry.carer_password(connection, carer.login)
        password = secrets.token_urlsafe(9)
        if known is None:
            made[carer.login] = password
        carer_id = await registry.register_carer(
            connection,
            organisation,
            carer.login,
            name=carer.name,
            role=carer.role,
            password_hash=known or argon2.PasswordHasher().hash(password),
        )
        for home_name in carer.homes:
            await registry.assign_care(connection, HomeId(home_name), carer_id, order=carer.order)
        for channel, address in _contacts(carer).items():
            await registry.set_contact(connection, carer_id, channel, address)
    return made
