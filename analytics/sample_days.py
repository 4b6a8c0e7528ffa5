"""Made-up days of one home, for the contract checks: small, seeded, and no model of anybody. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.model.home import Device, Home, Household, Placement, Resident, Room, RoomKind
from core.model.ids import DeviceId, HomeId, OrganisationId, ResidentId, RoomId
from core.model.observation import Observation
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOME = HomeId("sample")
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
"""A Monday with months of the same clock on both sides."""
NAME = "Quintessa"
"""Name of the resident: no finding may say it."""


def _room(number: int, name: str, kind: RoomKind, *, leads_out: bool = False) -> Room:
    return Room(room_id=RoomId(number), home_id=HOME, name=name, kind=kind, exit=leads_out)


HALL = _room(1, "Hall", RoomKind.HALL, leads_out=True)
BEDROOM = _room(2, "Bedroom", RoomKind.BEDROOM)
KITCHEN = _room(3, "Kitchen", RoomKind.KITCHEN)
BATHROOM = _room(4, "Bathroom", RoomKind.BATHROOM)
LOUNGE = _room(5, "Lounge", RoomKind.LIVING)
HALL_MOTION, BED_MOTION, KITCHEN_MOTION, BATH_MOTION, LOUNGE_MOTION = map(DeviceId, range(1, 6))
DOOR, BUTTON, HUB = map(DeviceId, range(6, 9))


def _device(number: DeviceId, name: str, placement: Placement, room: Room | None) -> Device:
    return Device(
        device_id=number,
        home_id=HOME,
        family="zigbee2mqtt",
        external_id=name.lower().replace(" ", "_"),
        name=name,
        placement=placement,
        room=room,
        heartbeat=placement is not Placement.HUB,
        resident_id=ResidentId(1) if placement is Placement.WORN else None,
    )


HOUSEHOLD = Household(
    home=Home(
        home_id=HOME,
        organisation_id=OrganisationId("sample"),
        name="Sample home",
        zone=ZoneInfo("Europe/London"),
    ),
    rooms=(HALL, BEDROOM, KITCHEN, BATHROOM, LOUNGE),
    residents=(Resident(resident_id=ResidentId(1), home_id=HOME, name=NAME, pronoun="she"),),
    devices=(
        _device(HALL_MOTION, "Hall motion", Placement.ROOM, HALL),
        _device(BED_MOTION, "Bedroom motion", Placement.ROOM, BEDROOM),
        _device(KITCHEN_MOTION, "Kitchen motion", Placement.ROOM, KITCHEN),
        _device(BATH_MOTION, "Bathroom motion", Placement.ROOM, BATHROOM),
        _device(LOUNGE_MOTION, "Lounge motion", Placement.ROOM, LOUNGE),
        _device(DOOR, "Front door", Placement.ENTRANCE, HALL),
        _device(BUTTON, "Button", Placement.WORN, None),
    ),
)
"""A woman alone in five rooms, with a front door and a button."""


def said(
    device: DeviceId,
    quantity: Quantity,
    value: float,
    at: datetime,
    received: datetime | None = None,
) -> Observation:
    """Return an observation of the sample home."""
    return Observation(
        home_id=HOME,
        device_id=device,
        quantity=quantity,
        value=value,
        observed_at=at,
        received_at=at if received is None else received,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """A stream of the sample home."""

    #: In the order in which they are received.
    observations: tuple[Observation, ...]
    start: datetime
    end: datetime


def ordinary(days: int, *, start: datetime = MONDAY, seed: int = 1) -> Days:
    """Days like any other: nothing happens that anybody must hear of."""
    chance = random.Random(seed)  # noqa: S311 (made-up days, no secret)
    rows: list[Observation] = []
    for day in range(days):
        rows += _day(start + timedelta(days=day), chance)
    return _in_order(rows, start, days)


def eventful(days: int, *, start: datetime = MONDAY, seed: int = 1) -> Days:
    """Ordinary days with calls for help, doors at night, long silences, late returns, flat batteries."""
    chance = random.Random(seed)  # noqa: S311 (made-up days, no secret)
    rows: list[Observation] = []
    for day in range(days):
        midnight = start + timedelta(days=day)
        today = list(_day(midnight, chance))
        match day % 6:
            case 1:
                today += _night_exit(midnight + timedelta(hours=1, minutes=chance.randrange(60)))
            case 2:
                today.append(said(BUTTON, Quantity.SOS, 1, midnight + timedelta(hours=15)))
            case 3:
                today = [row for row in today if not 9 <= row.observed_at.hour < 19]  # noqa: PLR2004
            case 4:
                today += _outing(midnight + timedelta(hours=12), timedelta(hours=9))
                today = [
                    row
                    for row in today
                    if row.device_id in {DOOR, BUTTON} or not 12 <= row.observed_at.hour < 21  # noqa: PLR2004
                ]
            case 5:
                level = 12.0 if day % 12 == 5 else 90.0  # noqa: PLR2004
                today.append(said(DOOR, Quantity.BATTERY, level, midnight + timedelta(hours=9)))
            case _:
                pass
        rows += today
    return _in_order(rows, start, days)


def delayed(days: Days, share: float, longest: timedelta, *, seed: int = 1) -> Days:
    """Deliver a ``share`` of the motion late, by up to ``longest``."""
    chance = random.Random(seed)  # noqa: S311 (made-up days, no secret)
    rows = [
        replace(row, received_at=row.received_at + longest * chance.random())
        if row.quantity is Quantity.MOTION and chance.random() < share
        else row
        for row in days.observations
    ]
    return replace(days, observations=tuple(sorted(rows, key=lambda row: row.received_at)))


def shifted(days: Days, by: timedelta) -> Days:
    """Move all times."""
    return Days(
        observations=tuple(
            replace(row, observed_at=row.observed_at + by, received_at=row.received_at + by)
            for row in days.observations
        ),
        start=days.start + by,
        end=days.end + by,
    )


def _in_order(rows: Sequence[Observation], start: datetime, days: int) -> Days:
    return Days(
        observations=tuple(sorted(rows, key=lambda row: (row.received_at, row.device_id))),
        start=start,
        end=start + timedelta(days=days),
    )


def _day(midnight: datetime, chance: random.Random) -> Iterator[Observation]:
    for device in HOUSEHOLD.devices:
        for hour in range(24):
            at = midnight + timedelta(hours=hour, seconds=7 * device.device_id)
            yield said(device.device_id, Quantity.LINK_QUALITY, 120, at)
    at = midnight
    while at < midnight + timedelta(days=1):
        awake = 6 <= at.hour < 22  # noqa: PLR2004
        rooms = (KITCHEN_MOTION, LOUNGE_MOTION, BATH_MOTION, HALL_MOTION, LOUNGE_MOTION)
        room = chance.choice(rooms) if awake else BED_MOTION
        yield said(room, Quantity.MOTION, 1, at)
        yield said(room, Quantity.MOTION, 0, at + timedelta(seconds=20))
        at += timedelta(seconds=chance.uniform(60, 600) if awake else chance.uniform(300, 1500))


def _night_exit(at: datetime) -> Iterator[Observation]:
    yield said(HALL_MOTION, Quantity.MOTION, 1, at - timedelta(seconds=30))
    yield said(DOOR, Quantity.CONTACT, 1, at)
    yield said(DOOR, Quantity.CONTACT, 0, at + timedelta(seconds=15))


def _outing(at: datetime, length: timedelta) -> Iterator[Observation]:
    for moment in (at, at + length):
        yield said(HALL_MOTION, Quantity.MOTION, 1, moment - timedelta(seconds=20))
        yield said(DOOR, Quantity.CONTACT, 1, moment)
        yield said(DOOR, Quantity.CONTACT, 0, moment + timedelta(seconds=10))
    yield said(KITCHEN_MOTION, Quantity.MOTION, 1, at + length + timedelta(minutes=2))
