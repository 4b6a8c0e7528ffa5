"""Days in numbers: counted by detection when they are over, read by the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.model.day_count import DayCount, Former
from core.model.home import Placement, Room, RoomKind
from core.model.ids import DeviceId, HomeId, RoomId
from core.model.night_bed import BedNight
from core.model.outings import Outing
from core.model.quantity import Quantity
from core.store.timeline import AND_BEFORE, span_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.day_count import Sign
    from core.store.pool import Connection

SETTLE_H = 6
"""A day is counted so long after it is over: what comes later by then is in it."""
AGAIN_H = 48
"""So long after it is over it is counted once more; what comes later than that is not (detection.md §0)."""
_QUANTITIES = {quantity.value: quantity for quantity in Quantity}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """A day of a home that is to be counted."""

    home_id: HomeId
    day: date


async def due_days(connection: Connection, now: datetime, limit: int) -> tuple[DueDay, ...]:
    """Return days that are over and not counted, or counted too early, the oldest of each home first.

    A home's days go from its first observation to its last; of a watched home to yesterday.
    """
    rows = await connection.execute(
        "select home_id, day from (select h.home_id, h.zone, g.day::date as day,"
        "  (g.day::date + 1)::timestamp at time zone h.zone as over"
        "  from home h cross join lateral (select min(f.first) as first, max(f.last) as last"
        "   from device d cross join lateral ("
        "    select (select observed_at from observation o where o.device_id = d.device_id"
        "     order by observed_at limit 1) as first,"
        "    (select observed_at from observation o where o.device_id = d.device_id"
        "     order by observed_at desc limit 1) as last) f where d.home_id = h.home_id) s"
        "  cross join lateral generate_series(greatest((s.first at time zone h.zone)::date,"
        "   coalesce((select max(c.day) + 1 from day_count c where c.home_id = h.home_id and c.settled),"
        "    '-infinity')),"
        "   case when h.mode = 'archive' then (s.last at time zone h.zone)::date"
        "    else (%(now)s at time zone h.zone)::date - 1 end, interval '1 day') g(day)"
        "  where s.first is not null) d"
        " where over <= %(now)s - %(settle)s and not exists (select 1 from day_count c"
        "  where c.home_id = d.home_id and c.day = d.day"
        "  and (c.settled or over > %(now)s - %(again)s))"
        " order by home_id, day limit %(limit)s",
        {
            "now": now,
            "settle": timedelta(hours=SETTLE_H),
            "again": timedelta(hours=AGAIN_H),
            "limit": limit,
        },
    )
    return tuple(DueDay(home_id=HomeId(home), day=day) for home, day in await rows.fetchall())


async def former_places(
    connection: Connection, home_id: HomeId, since: datetime
) -> tuple[Former, ...]:
    """Return where the devices of a home stood that were moved after a moment, those of one by time.

    A move that was put right holds since the moment that was said, and hides what was thought before it.
    """
    cursor = await connection.execute(
        "select device_id, until, placement, r.room_id, r.name, r.kind, r.exit from ("
        "  select *, row_number() over (partition by device_id, until order by change_id) as place from ("
        "   select c.device_id, c.change_id, c.before ->> 'placement' as placement,"
        "    (c.before ->> 'room_id')::bigint as room_id, min(coalesce(c.holds_since, c.at)) over ("
        "     partition by c.device_id order by c.change_id"
        "     rows between current row and unbounded following) as until"
        "   from device_change c where c.home_id = %s and c.at > %s and c.before is not null"
        "   and (c.before ->> 'placement', c.before ->> 'room_id')"
        "   is distinct from (c.after ->> 'placement', c.after ->> 'room_id')"
        # what was taken back was a mistake: it never stood there
        "   and c.kind <> 'undone' and not exists"
        "   (select 1 from device_change u where u.undoes = c.change_id)) m where until > %s) f"
        # of two that end at one moment the later one is of no time at all
        " left join room r using (room_id) where place = 1 order by change_id",
        (home_id, since, since),
    )
    return tuple(
        Former(
            device_id=DeviceId(device_id),
            until=at,
            placement=Placement(placement),
            room=None if room_id is None else _room(home_id, room_id, name, kind, leads_out),
        )
        for device_id, at, placement, room_id, name, kind, leads_out in await cursor.fetchall()
    )


def _room(home_id: HomeId, room_id: int, name: str, kind: str, leads_out: bool) -> Room:
    return Room(
        room_id=RoomId(room_id), home_id=home_id, name=name, kind=RoomKind(kind), exit=leads_out
    )


async def signs(
    connection: Connection, devices: Sequence[DeviceId], start: datetime, end: datetime
) -> tuple[Sign, ...]:
    """Return what persons did in a span, each observation, and the state of bed and chair at its start."""
    cursor = await connection.execute(
        "select observed_at, device_id, quantity, value from observation"
        " where device_id = any(%(devices)s) and observed_at >= %(start)s and observed_at < %(end)s"
        " and quantity = any(%(person)s)" + AND_BEFORE,
        span_of(devices, start, end),
    )
    return tuple(
        (at, DeviceId(device_id), _QUANTITIES[quantity], value)
        for at, device_id, quantity, value in await cursor.fetchall()
    )


async def put_day(
    connection: Connection, home_id: HomeId, count: DayCount, now: datetime, *, settled: bool
) -> None:
    """Write what a day comes to, instead of what it came to before."""
    facts = msgspec.to_builtins(
        {
            "rooms": count.rooms,
            "moves": count.moves,
            "night": count.night,
            "outings": count.outings,
            "door": count.door,
            "visits": count.visits,
            "ways": count.ways,
        }
    )
    await connection.execute(
        "insert into day_count (home_id, day, counted_at, settled, seen, active, seen_min,"
        " active_min, facts) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (home_id, day) do update set"
        " counted_at = excluded.counted_at, settled = excluded.settled, seen = excluded.seen,"
        " active = excluded.active,"
        " seen_min = excluded.seen_min, active_min = excluded.active_min, facts = excluded.facts",
        (
            home_id,
            count.day,
            now,
            settled,
            list(count.seen),
            list(count.active),
            sum(count.seen),
            sum(count.active),
            Jsonb(facts),
        ),
    )


async def days_of(
    connection: Connection, home_id: HomeId, first: date, last: date
) -> tuple[DayCount, ...]:
    """Return the counted days of a home in a span of days, both ends in it, in order."""
    cursor = connection.cursor(row_factory=dict_row, binary=True)
    await cursor.execute(
        "select day, seen, active, facts::text as facts from day_count"
        " where home_id = %s and day between %s and %s order by day",
        (home_id, first, last),
    )
    return tuple(counted(row) for row in await cursor.fetchall())


async def last_day(connection: Connection, home_id: HomeId) -> date | None:
    """Return the last counted day of a home; None before the first."""
    cursor = await connection.execute(
        "select max(day) from day_count where home_id = %s", (home_id,)
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def count_all(connection: Connection) -> int:
    """Return how many days were counted, of all homes together."""
    cursor = await connection.execute("select count(*) from day_count")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


class _Facts(msgspec.Struct):
    rooms: dict[str, tuple[int, ...]]
    moves: tuple[tuple[str, str, int], ...]
    night: BedNight | None
    outings: tuple[Outing, ...]
    door: bool
    visits: dict[str, tuple[int, int, float | None]]
    ways: tuple[int, float | None] | None = None


_DECODER = msgspec.json.Decoder(_Facts)


def counted(row: dict[str, Any]) -> DayCount:
    """Return a row of ``day_count``, its facts as text, as a day."""
    facts = _DECODER.decode(row["facts"])
    return DayCount(
        day=row["day"],
        seen=tuple(row["seen"]),
        active=tuple(row["active"]),
        rooms=facts.rooms,
        moves=facts.moves,
        night=facts.night,
        outings=facts.outings,
        door=facts.door,
        visits=facts.visits,
        ways=facts.ways,
    )
