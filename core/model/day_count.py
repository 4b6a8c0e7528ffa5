"""What one day of a home comes to: minutes with movement, what could be seen, night, outings, visits. Pure.

A day goes from midnight to midnight in the home's zone and has 96 quarter hours of the clock on the wall.
Where the clock is set back, a quarter hour that comes twice holds both; where it is set forward, one that
does not come holds nothing and could not be seen.
"""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from core.model.home import Placement, RoomKind
from core.model.ids import DeviceId
from core.model.night_bed import BedNight, bed_night
from core.model.outings import Outing, outings
from core.model.quantity import DEFINITIONS, Quantity, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from core.model.home import Device, Room

QUARTERS = 96
QUARTER = timedelta(minutes=15)
VISIT_PAUSE = timedelta(minutes=10)
"""A sign in a room after none there for so long is a new visit."""
MISSED_PERIODS = 3
SILENT_AT_LEAST = timedelta(minutes=15)
SILENT_WITHOUT_HEARTBEAT = timedelta(hours=12)
"""Where no device reports by itself, so long a silence is no quiet night any more (docs/decisions/0180)."""
NIGHT_HOURS = frozenset({23, 0, 1, 2, 3, 4, 5})
WAY_S = (0.5, 30.0)
"""From the last movement in a room to the first in the next: quicker are two sensors that see the same,
slower is no way but a stay that nobody saw (docs/decisions/0122)."""
LEAST_WAYS = 10
_SEES = frozenset({Quantity.MOTION, Quantity.PRESENCE})
_IN_NO_ROOM = frozenset({Placement.ENTRANCE, Placement.WORN, Placement.HUB})
_PERSON = frozenset(row.quantity for row in DEFINITIONS.values() if row.role is Role.PERSON)

Sign = tuple[datetime, DeviceId, Quantity, float]
"""When, which device, what, and its value: an observation that counts here."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """One day of a home in numbers."""

    day: date
    #: Minutes of each quarter hour that could be seen, shape (96,); 0 to 15, to 30 where it comes twice.
    seen: tuple[int, ...]
    #: Minutes of each quarter hour with a sign of a person, shape (96,).
    active: tuple[int, ...]
    #: The same for each room by name.
    rooms: Mapping[str, tuple[int, ...]]
    #: Changes from room to room: from, to, how often.
    moves: tuple[tuple[str, str, int], ...] = ()
    #: The night that ended on this day; None where no bed sensor told of one.
    night: BedNight | None = None
    outings: tuple[Outing, ...] = ()
    #: Whether a sensor at an outer door can tell of outings at all.
    door: bool = False
    #: Visits by kind of room: by day (06 to 23), at night, and hour of the first after 04:00 or None.
    visits: Mapping[str, tuple[int, int, float | None]]
    #: Ways from room to room, and the seconds that a quarter of them are quicker than; None for too few of
    #: them, and None in all for a day that was counted before ways were.
    ways: tuple[int, float | None] | None = None

    @property
    def unseen_min(self) -> int:
        """Minutes of the day that could not be seen, of the 1,440 of an ordinary day."""
        return max(0, QUARTERS * 15 - sum(self.seen))


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """Where a device stood until it was moved."""

    device_id: DeviceId
    until: datetime
    placement: Placement
    room: Room | None = None


def bounds(day: date, zone: ZoneInfo) -> Span:
    """Return the first and last moment of a day, in UTC.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> start, end = bounds(date(2026, 3, 29), ZoneInfo("Europe/London"))
    >>> (end - start).total_seconds() / 3600
    23.0
    """
    start, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return start.astimezone(UTC), end.astimezone(UTC)


def is_sign(quantity: Quantity, value: float) -> bool:
    """Tell whether an observation is a sign of a person: something begins, or a door moves either way."""
    return quantity in _PERSON and (value > 0 or quantity is Quantity.CONTACT)


def count_day(
    day: date,
    zone: ZoneInfo,
    devices: Mapping[DeviceId, Device],
    rows: Sequence[Sign],
    unseen: Sequence[Span],
) -> DayCount:
    """Count one day.

    Parameters
    ----------
    rows
        Observations of persons from noon of the day before, in order of time; later ones than the day
        only end what began in it.
    unseen
        Spans in which the home could not be seen.
    """
    start, end = bounds(day, zone)
    known = [row for row in rows if row[1] in devices]
    signs = [row for row in known if is_sign(row[2], row[3])]
    today = [row for row in signs if start <= row[0] < end]
    placed = [(row[0], _room(devices, row)) for row in today]
    of_rooms = {name: [at for at, room in placed if room == name] for name in _rooms(devices)}
    six = datetime.combine(day - timedelta(days=1), time(18), zone).astimezone(UTC)
    noon = datetime.combine(day, time(12), zone).astimezone(UTC)
    return DayCount(
        day=day,
        seen=_seen(start, end, zone, unseen),
        active=_minutes((row[0] for row in today), start, end, zone),
        rooms={name: _minutes(found, start, end, zone) for name, found in of_rooms.items()},
        moves=_moves([(at, room) for at, room in placed if room]),
        night=bed_night(known, devices, (six, noon), unseen),
        outings=outings(known, devices, (start, end), unseen),
        door=any(one.placement is Placement.ENTRANCE for one in devices.values()),
        visits={
            kind.value: _visits(today, devices, kind, zone)
            for kind in (RoomKind.BATHROOM, RoomKind.KITCHEN)
            if any(one.room and one.room.kind is kind for one in _sensing(devices))
        },
        ways=_ways([(row[0], _room(devices, row)) for row in today if row[2] in _SEES]),
    )


def as_they_stood(
    devices: Sequence[Device], former: Sequence[Former], rows: Sequence[Sign], span: Span
) -> tuple[dict[DeviceId, Device], list[Sign]]:
    """Return the devices of a span as they stood in it, and the rows as theirs.

    A device that was moved is another one, with a number below 0, for as long as it stood elsewhere.

    Parameters
    ----------
    devices
        As they stand now.
    former
        Where they stood before.
    """
    stood = {one.device_id: one for one in devices}
    begins: dict[DeviceId, datetime] = {}
    places: dict[DeviceId, list[tuple[datetime, DeviceId]]] = {}
    for number, one in enumerate(sorted(former, key=lambda one: one.until), 1):
        device = next((known for known in devices if known.device_id == one.device_id), None)
        if device is None:
            continue
        other, begun = DeviceId(-number), begins.get(one.device_id)
        places.setdefault(one.device_id, []).append((one.until, other))
        if one.until > span[0] and (begun is None or begun < span[1]):
            stood[other] = replace(device, device_id=other, placement=one.placement, room=one.room)
        begins[one.device_id] = one.until
    for number_now, begun in begins.items():
        if begun >= span[1]:
            del stood[number_now]
    return stood, [(row[0], _where(places, row), row[2], row[3]) for row in rows]


def _where(places: Mapping[DeviceId, Sequence[tuple[datetime, DeviceId]]], row: Sign) -> DeviceId:
    moves = places.get(row[1], ())
    return next((other for until, other in moves if row[0] < until), row[1])


def silent_after(devices: Sequence[Device]) -> timedelta:
    """Return how long a home may say nothing at all before it counts as not seen."""
    periods = [
        one.reporting_interval_s
        for one in devices
        if one.heartbeat and one.placement is not Placement.HUB
    ]
    if not periods:
        return SILENT_WITHOUT_HEARTBEAT
    return max(timedelta(seconds=MISSED_PERIODS * min(periods)), SILENT_AT_LEAST)


def joined(spans: Sequence[Span]) -> list[Span]:
    """Return spans that do not overlap, in order, for those that may."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def slot_of(moment: datetime, zone: ZoneInfo) -> int:
    """Return the quarter hour on the wall, 0 to 95.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> slot_of(datetime(2026, 7, 1, 5, 20, tzinfo=UTC), ZoneInfo("Europe/London"))
    25
    """
    local = moment.astimezone(zone)
    return local.hour * 4 + local.minute // 15


def _minutes(
    moments: Iterable[datetime], start: datetime, end: datetime, zone: ZoneInfo
) -> tuple[int, ...]:
    found = [0] * QUARTERS
    for minute in {moment.replace(second=0, microsecond=0) for moment in moments}:
        if start <= minute < end:
            found[slot_of(minute, zone)] += 1
    return tuple(found)


def _seen(
    start: datetime, end: datetime, zone: ZoneInfo, unseen: Sequence[Span]
) -> tuple[int, ...]:
    found, moment = [0] * QUARTERS, start
    hidden = [(first, last) for first, last in unseen if last > start and first < end]
    while moment < end:
        after = moment + QUARTER
        lost = sum(
            max(0.0, (min(last, after) - max(first, moment)).total_seconds())
            for first, last in hidden
        )
        found[slot_of(moment, zone)] += max(0, 15 - round(lost / 60))
        moment = after
    return tuple(found)


def _rooms(devices: Mapping[DeviceId, Device]) -> list[str]:
    return sorted({one.room.name for one in _sensing(devices) if one.room is not None})


def _sensing(devices: Mapping[DeviceId, Device]) -> list[Device]:
    """Return the devices that can tell of their room: where there is none, nothing is known, and not 0."""
    return [one for one in devices.values() if one.placement not in _IN_NO_ROOM]


def _room(devices: Mapping[DeviceId, Device], row: Sign) -> str:
    """Return where a sign came from; an outer door is in no room: it may be opened from outside."""
    device = devices[row[1]]
    if device.placement in _IN_NO_ROOM or device.room is None:
        return ""
    return device.room.name


def _moves(placed: Sequence[tuple[datetime, str]]) -> tuple[tuple[str, str, int], ...]:
    found: dict[tuple[str, str], int] = {}
    for (_, before), (_, after) in itertools.pairwise(placed):
        if before != after:
            found[before, after] = found.get((before, after), 0) + 1
    return tuple((*pair, times) for pair, times in sorted(found.items()))


def _ways(seen: Sequence[tuple[datetime, str]]) -> tuple[int, float | None]:
    inside = [(at, room) for at, room in seen if room]
    steps = [
        (after - before).total_seconds()
        for (before, here), (after, there) in itertools.pairwise(inside)
        if here != there
    ]
    took = [one for one in steps if WAY_S[0] <= one <= WAY_S[1]]
    if len(took) < LEAST_WAYS:
        return len(took), None
    return len(took), statistics.quantiles(took, n=4, method="inclusive")[0]


def _visits(
    today: Sequence[Sign], devices: Mapping[DeviceId, Device], kind: RoomKind, zone: ZoneInfo
) -> tuple[int, int, float | None]:
    # the time between two is not that on the wall, which is set back once a year
    own = [
        row[0]
        for row in today
        if _room(devices, row) and (room := devices[row[1]].room) and room.kind is kind
    ]
    begun = [
        at.astimezone(zone)
        for before, at in zip([None, *own], own, strict=False)
        if before is None or at - before >= VISIT_PAUSE
    ]
    at_night = sum(at.hour in NIGHT_HOURS for at in begun)
    first = next((at.hour + at.minute / 60 for at in begun if at.hour >= 4), None)  # noqa: PLR2004
    return len(begun) - at_night, at_night, first
