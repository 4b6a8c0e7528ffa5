"""Made-up days of one home, for the contract checks: small, seeded, and no model of anybody. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.model.home import Device, Home, Household, Placement, Resident, Room, RoomKind
from core.model.ids import DeviceId, HomeId, OrganisationId, ResidentId, RoomId
from core.model.observation import Observation, Position
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
BED, CHAIR, STOVE, TRACKER, WATCH = map(DeviceId, range(9, 14))


def _device(number: DeviceId, name: str, placement: Placement, room: Room | None) -> Device:
    return Device(
        device_id=number,
        home_id=HOME,
        family="zigbee2mqtt",
        external_id=name.lower().replace(" ", "_"),
        name=name,
        placement=placement,
        room=room,
        heartbeat=number < HUB,
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
        _device(BED, "Bed", Placement.BED, BEDROOM),
        _device(CHAIR, "Armchair", Placement.CHAIR, LOUNGE),
        _device(STOVE, "Stove plug", Placement.OBJECT, KITCHEN),
        _device(TRACKER, "Tracker", Placement.WORN, None),
        _device(WATCH, "Watch", Placement.WORN, None),
    ),
)
"""A woman alone in five rooms: motion, front door, bed, armchair, stove, button, tracker, watch."""
COOKING = (12, 17)
"""Hours at which she cooks for 20 minutes."""
_BY_THEMSELVES = frozenset(
    {Quantity.LINK_QUALITY, Quantity.BATTERY, Quantity.HEART_RATE, Quantity.ACTIVITY}
)
AT_HOME = Position(latitude=51.0, longitude=-1.0, accuracy_m=15.0)
METRES_PER_DEGREE = 111_195.0


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
        value=float(value),
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
    """Ordinary days with something each day that a detector is for, another one every six days."""
    chance = random.Random(seed)  # noqa: S311 (made-up days, no secret)
    rows: list[Observation] = []
    for day in range(days):
        midnight = start + timedelta(days=day)
        rows += _EVENTS[day % 6](list(_day(midnight, chance)), midnight, chance)
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
    """Sleep, an outing before noon, two meals, rooms in between."""
    yield from _reports(midnight, chance)
    yield from _bed(midnight, chance)
    for hour in COOKING:
        yield said(STOVE, Quantity.POWER, 1200, midnight + timedelta(hours=hour))
        yield said(STOVE, Quantity.POWER, 0, midnight + timedelta(hours=hour, minutes=20))
    leaves = midnight + timedelta(hours=9.5, minutes=chance.uniform(0, 30))
    back = leaves + timedelta(minutes=chance.uniform(30, 50))
    yield from outing(leaves, back)
    at = midnight
    while at < midnight + timedelta(days=1):
        if leaves - timedelta(minutes=2) <= at < back:
            at = back + timedelta(minutes=2)
        yield from _stay(at, chance)
        awake = 6 <= at.hour < 22  # noqa: PLR2004
        at += timedelta(seconds=chance.uniform(60, 600) if awake else chance.uniform(300, 1500))


def _stay(at: datetime, chance: random.Random) -> Iterator[Observation]:
    rooms = (KITCHEN_MOTION, LOUNGE_MOTION, BATH_MOTION, HALL_MOTION, LOUNGE_MOTION)
    room = chance.choice(rooms) if 6 <= at.hour < 22 else BED_MOTION  # noqa: PLR2004
    if any(hour <= at.hour + at.minute / 60 < hour + 0.4 for hour in COOKING):
        room = KITCHEN_MOTION
    yield said(room, Quantity.MOTION, 1, at)
    yield said(room, Quantity.MOTION, 0, at + timedelta(seconds=20))
    if room == LOUNGE_MOTION:
        yield said(CHAIR, Quantity.CHAIR, 1, at + timedelta(seconds=8))
        yield said(CHAIR, Quantity.CHAIR, 0, at + timedelta(seconds=55))


def _reports(midnight: datetime, chance: random.Random) -> Iterator[Observation]:
    for device in HOUSEHOLD.devices:
        for hour in range(24):
            at = midnight + timedelta(hours=hour, seconds=7 * device.device_id)
            yield said(device.device_id, Quantity.LINK_QUALITY, 120, at)
    for quarter in range(96):
        at = midnight + timedelta(minutes=15 * quarter, seconds=3)
        yield said(WATCH, Quantity.HEART_RATE, round(chance.gauss(72, 6)), at)
        if 24 <= quarter < 88:  # noqa: PLR2004
            yield said(WATCH, Quantity.STEPS, chance.randrange(5, 60), at)
        yield said(WATCH, Quantity.ACTIVITY, 87.0 if 24 <= quarter < 88 else 13.0, at)  # noqa: PLR2004


def _bed(midnight: datetime, chance: random.Random) -> Iterator[Observation]:
    up = midnight + timedelta(hours=2, minutes=chance.uniform(0, 90))
    yield said(BED, Quantity.BED, 0, up)
    yield from movement(BATH_MOTION, up + timedelta(minutes=1))
    yield said(BED, Quantity.BED, 1, up + timedelta(minutes=chance.uniform(4, 7)))
    yield said(BED, Quantity.BED, 0, midnight + timedelta(hours=6, minutes=chance.uniform(0, 10)))
    yield said(BED, Quantity.BED, 1, midnight + timedelta(hours=22, minutes=chance.uniform(0, 10)))


def movement(room: DeviceId, at: datetime) -> Iterator[Observation]:
    """Somebody moves in front of a sensor."""
    yield said(room, Quantity.MOTION, 1, at)
    yield said(room, Quantity.MOTION, 0, at + timedelta(seconds=20))


def door(at: datetime) -> Iterator[Observation]:
    """Somebody goes through the hall and out of the door, or in."""
    yield said(HALL_MOTION, Quantity.MOTION, 1, at - timedelta(seconds=20))
    yield said(DOOR, Quantity.CONTACT, 1, at)
    yield said(DOOR, Quantity.CONTACT, 0, at + timedelta(seconds=12))
    yield said(HALL_MOTION, Quantity.MOTION, 0, at + timedelta(seconds=15))


def outing(leaves: datetime, back: datetime, *, speed_m_s: float = 0.8) -> Iterator[Observation]:
    """Go out of the door, straight away from home, and return."""
    yield from door(leaves)
    at, half = leaves + timedelta(minutes=1), leaves + (back - leaves) / 2
    while at < back:
        walked = (min(at, half + (half - at)) - leaves).total_seconds() * speed_m_s
        yield _position(at, walked)
        at += timedelta(minutes=2)
    yield from door(back)
    yield from movement(KITCHEN_MOTION, back + timedelta(minutes=1))
    yield _position(back + timedelta(minutes=2), 5.0)


def _position(at: datetime, north_m: float) -> Observation:
    place = replace(AT_HOME, latitude=AT_HOME.latitude + north_m / METRES_PER_DEGREE)
    return replace(said(TRACKER, Quantity.POSITION, 15.0, at), position=place)


# What happens on eventful days.

_Rows = list[Observation]


def _without(
    rows: _Rows, start: datetime, length: timedelta, *, spared: frozenset[DeviceId] = frozenset()
) -> _Rows:
    """Leave out what is made within a span, but for what devices report by themselves; the wrist rests."""
    return [
        replace(row, value=13.0)
        if row.quantity is Quantity.ACTIVITY and start <= row.observed_at < start + length
        else row
        for row in rows
        if row.device_id in spared
        or row.quantity in _BY_THEMSELVES
        or not start <= row.observed_at < start + length
    ]


def _kitchen_left(rows: _Rows, midnight: datetime, chance: random.Random) -> _Rows:
    """Leave the stove on with nobody in the kitchen; later let nobody come out of the bathroom."""
    del chance
    on, bath = midnight + timedelta(hours=13), midnight + timedelta(hours=18, minutes=30)
    others = frozenset(one.device_id for one in HOUSEHOLD.devices) - {KITCHEN_MOTION}
    rows = _without(rows, on, timedelta(hours=2), spared=others)
    rows = _without(rows, bath, timedelta(hours=2))
    rows.append(said(STOVE, Quantity.POWER, 1200, on))
    rows.append(said(STOVE, Quantity.POWER, 0, on + timedelta(hours=2)))
    return [*rows, *movement(BATH_MOTION, bath)]


def _out_at_night(rows: _Rows, midnight: datetime, chance: random.Random) -> _Rows:
    at = midnight + timedelta(hours=0.5, minutes=chance.randrange(30))
    length = timedelta(minutes=80)
    rows = _without(rows, at - timedelta(minutes=4), length + timedelta(minutes=8))
    rows.append(said(BED, Quantity.BED, 0, at - timedelta(minutes=3)))
    rows.append(said(BED, Quantity.BED, 1, at + length + timedelta(minutes=3)))
    return [*rows, *outing(at, at + length)]


def _help_called(rows: _Rows, midnight: datetime, chance: random.Random) -> _Rows:
    """Hit the wrist hard and go on; later again, then lie still and press the button."""
    del chance
    trip, lie = midnight + timedelta(hours=8), midnight + timedelta(hours=14, minutes=57)
    rows = _without(rows, lie - timedelta(seconds=15), timedelta(minutes=3))
    rows.append(said(BUTTON, Quantity.SOS, 1, midnight + timedelta(hours=15)))
    return [*rows, *knock(trip, 0.15), *knock(lie, 0.01), *movement(HALL_MOTION, lie)]


def knock(at: datetime, moving_g: float) -> Iterator[Observation]:
    """Hit the wrist hard; for two minutes the watch tells how much it moves."""
    for quantity, value in (
        (Quantity.IMPACT, 5.2),
        (Quantity.TILT, 80.0),
        (Quantity.STILLNESS, 0.05),
    ):
        yield said(WATCH, quantity, value, at, at + timedelta(seconds=4))
    for half in range(1, 5):
        yield said(WATCH, Quantity.MOVEMENT, moving_g, at + timedelta(seconds=30 * half))


def _silent_day(rows: _Rows, midnight: datetime, chance: random.Random) -> _Rows:
    """Nothing at all comes from the home for ten hours."""
    del chance
    start, end = midnight + timedelta(hours=9), midnight + timedelta(hours=19)
    return [row for row in rows if not start <= row.observed_at < end]


def _long_out(rows: _Rows, midnight: datetime, chance: random.Random) -> _Rows:
    """Stay out for nine hours; for five of them the tracker is not heard."""
    del chance
    leaves, length = midnight + timedelta(hours=12), timedelta(hours=9)
    rows = _without(rows, leaves - timedelta(minutes=1), length + timedelta(minutes=2))
    rows += outing(leaves, leaves + length, speed_m_s=0.1)
    unheard = leaves + timedelta(hours=2), leaves + length - timedelta(hours=2)
    return [
        row
        for row in rows
        if row.device_id != TRACKER or not unheard[0] <= row.observed_at < unheard[1]
    ]


def _restless(rows: _Rows, midnight: datetime, chance: random.Random) -> _Rows:
    """Up and down between rooms at night, then in bed until late; a battery gets low, or is changed."""
    up, late = midnight + timedelta(hours=0.5), midnight + timedelta(hours=5)
    rows = _without(rows, up - timedelta(minutes=1), timedelta(minutes=45))
    rows = _without(rows, late, timedelta(hours=5.5))
    rows.append(said(BED, Quantity.BED, 0, up))
    for step in range(120):
        room = (HALL_MOTION, LOUNGE_MOTION, HALL_MOTION, KITCHEN_MOTION)[step % 4]
        at = up + timedelta(seconds=20 * step + chance.uniform(5, 15))
        rows.append(said(room, Quantity.MOTION, 1, at))
        rows.append(said(room, Quantity.MOTION, 0, at + timedelta(seconds=8)))
    rows.append(said(BED, Quantity.BED, 1, up + timedelta(minutes=42)))
    rows.append(said(BED, Quantity.BED, 0, late + timedelta(hours=5.5)))
    level = 90.0 if midnight.toordinal() % 12 < 6 else 12.0  # noqa: PLR2004
    return [*rows, said(DOOR, Quantity.BATTERY, level, midnight + timedelta(hours=9))]


_EVENTS = (_kitchen_left, _out_at_night, _help_called, _silent_day, _long_out, _restless)
