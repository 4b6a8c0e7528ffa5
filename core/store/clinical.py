"""What programs read over FHIR: people, homes, devices and counted days, page by page. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist. Each
page continues after the key of the last row, so that rows which arrive in between shift nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.model.day_count import DayCount
from core.model.home import Device, Placement, Room, RoomKind
from core.model.ids import DeviceId, HomeId, ResidentId, RoomId
from core.store.date_search import DateTest, conditions
from core.store.day_count import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.store.pool import Connection

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows are wanted; None leaves a property open."""

    resident_id: ResidentId | None = None
    home_id: HomeId | None = None
    #: Only what is of these homes, where they are all that may be seen (see `core.store.spoken`).
    homes: tuple[HomeId, ...] | None = None
    #: Number of the row, for what has one.
    number: int | None = None
    dates: tuple[DateTest, ...] = ()
    #: When the row was written or last changed.
    updated: tuple[DateTest, ...] = ()

    def values(self) -> dict[str, object]:
        """Return the values that every query takes."""
        return {
            "resident": self.resident_id,
            "home": self.home_id,
            "homes": None if self.homes is None else list(self.homes),
            "number": self.number,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A resident, and how many live in that home."""

    resident_id: ResidentId
    home_id: HomeId
    #: Personal: never in logs.
    name: str
    organisation: str
    zone: ZoneInfo
    #: False for who lives there no more, and in a home that is a record of the past.
    lives: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentDay:
    """A counted day as one resident's."""

    resident_id: ResidentId
    home_id: HomeId
    zone: ZoneInfo
    #: False where somebody else lives in the home too: what rooms tell is then of all of them.
    alone: bool
    count: DayCount
    counted_at: datetime
    #: True once it is not counted again.
    settled: bool
    #: Whether the resident wears something that may tell of a heart.
    worn: bool
    #: Median of the heart rates of the day in beats a minute, and how many there were; None without any.
    heart_rate: float | None
    beats: int


def about(wanted: Wanted, table: LiteralString) -> LiteralString:
    """Return the conditions on a table with residents and homes in it; only those that are asked for.

    With a resident the home is named too: the indices begin with it.
    """
    text: LiteralString = ""
    if wanted.resident_id is not None:
        text += (
            f" and {table}.resident_id = %(resident)s and {table}.home_id ="
            " (select v.home_id from resident v where v.resident_id = %(resident)s)"
        )
    if wanted.home_id is not None:
        text += f" and {table}.home_id = %(home)s"
    if wanted.homes is not None:
        text += f" and {table}.home_id = any(%(homes)s)"
    return text


async def people(
    connection: Connection, wanted: Wanted, after: int, limit: int
) -> tuple[Person, ...]:
    """Return residents by number."""
    rows = await rows_of(
        connection,
        "select r.resident_id, r.home_id, r.name, o.name as organisation, h.zone,"
        " r.left_at is null and h.mode <> 'archive' as lives from resident r"
        " join home h using (home_id) join organisation o using (organisation_id)"
        " where r.resident_id > %(after)s"
        + about(wanted, "r")
        + " order by r.resident_id limit %(limit)s",
        wanted.values() | {"after": after, "limit": limit},
    )
    return tuple(
        Person(
            resident_id=ResidentId(row["resident_id"]),
            home_id=HomeId(row["home_id"]),
            name=row["name"],
            organisation=row["organisation"],
            zone=ZoneInfo(row["zone"]),
            lives=row["lives"],
        )
        for row in rows
    )


async def count_people(connection: Connection, wanted: Wanted) -> int:
    """Count residents."""
    return await number_of(
        connection,
        "select count(*) from resident r where true" + about(wanted, "r"),
        wanted.values(),
    )


async def homes(
    connection: Connection, only: HomeId | None, after: str, limit: int
) -> tuple[tuple[HomeId, str, tuple[ResidentId, ...]], ...]:
    """Return homes by id, with their name and who lives there."""
    rows = await rows_of(
        connection,
        "select h.home_id, h.name, array(select r.resident_id from resident r"
        "  where r.home_id = h.home_id and r.left_at is null order by 1) as residents from home h"
        " where (%(home)s::text is null or h.home_id = %(home)s) and h.home_id > %(after)s"
        " order by h.home_id limit %(limit)s",
        {"home": only, "after": after, "limit": limit},
    )
    return tuple(
        (HomeId(row["home_id"]), row["name"], tuple(ResidentId(one) for one in row["residents"]))
        for row in rows
    )


async def devices(
    connection: Connection, wanted: Wanted, after: int, limit: int
) -> tuple[tuple[Device, datetime | None], ...]:
    """Return devices by number, also those that were taken away, and since when those are."""
    rows = await rows_of(
        connection,
        "select d.*, m.name as room_name, m.kind, m.exit from device d left join room m using (room_id)"
        " where d.device_id > %(after)s and (%(number)s::bigint is null or d.device_id = %(number)s)"
        " and (%(home)s::text is null or d.home_id = %(home)s)"
        " and (%(resident)s::bigint is null or d.resident_id = %(resident)s or (d.resident_id is null"
        "  and d.home_id = (select r.home_id from resident r where r.resident_id = %(resident)s)))"
        " order by d.device_id limit %(limit)s",
        wanted.values() | {"after": after, "limit": limit},
    )
    return tuple((_device(row), row["retired_at"]) for row in rows)


# Who lived there on that day; what was of somebody who is erased now is of nobody alone.
# "offset 0": looked up home by home, as the rows come; else all residents are gathered for each page
_LIVING: LiteralString = (
    " cross join lateral (select v.resident_id, v.home_id from resident v where v.home_id = {day}.home_id"
    "  and (v.left_at is null or {day}.day <= (v.left_at at time zone {home}.zone)::date) offset 0) r"
    " cross join lateral (select count(*) = 1 and ({home}.parted_at is null"
    "   or {day}.day > ({home}.parted_at at time zone {home}.zone)::date) as alone"
    "  from resident o where o.home_id = r.home_id"
    "  and (o.left_at is null or {day}.day <= (o.left_at at time zone {home}.zone)::date)) l"
    " cross join lateral (select array_agg(d.device_id) as ids from device d"
    "  where d.home_id = r.home_id and d.placement = 'worn'"
    "  and (d.resident_id = r.resident_id or (d.resident_id is null and l.alone))) w"
)
_GONE: LiteralString = (
    " left join (select home_id, array_agg(left_at) as times from resident where left_at is not null"
    "  group by home_id) gone using (home_id)"
)
_TIME_BETWEEN: LiteralString = (
    "case when gone.times is null then 0 else (select count(*) from unnest(gone.times) t(at)"
    "  where c.day > (t.at at time zone h.zone)::date) end,"
    " h.parted_at is not null and c.day > (h.parted_at at time zone h.zone)::date"
)
_HEART: LiteralString = (
    " left join lateral (select percentile_cont(0.5) within group (order by b.value) as heart_rate,"
    "  count(*) as beats from observation b where b.device_id = any(w.ids)"
    "  and b.quantity = 'heart_rate' and b.observed_at >= c.day::timestamp at time zone h.zone"
    "  and b.observed_at < (c.day + 1)::timestamp at time zone h.zone) b on true"
)
_ONLY: dict[bool, LiteralString] = {True: " and r.resident_id = %(resident)s", False: ""}
_DAY_ABSOLUTE: tuple[LiteralString, LiteralString] = (
    "(c.day::timestamp at time zone h.zone)",
    "((c.day + 1)::timestamp at time zone h.zone)",
)
_DAY_LOCAL: tuple[LiteralString, LiteralString] = ("c.day::timestamp", "(c.day + 1)::timestamp")


def _day_conditions(wanted: Wanted) -> tuple[LiteralString, dict[str, object]]:
    """Return the condition of a search for days; whole days bound it too, for the index."""
    dated, values = conditions("day", wanted.dates, _DAY_ABSOLUTE, _DAY_LOCAL)
    changed, more = conditions("updated", wanted.updated, ("c.counted_at",), ("c.counted_at",))
    first = max(
        (one.low.date() - _apart(one) for one in wanted.dates if one.prefix in _FROM),
        default=FIRST_DAY,
    )
    last = min(
        (one.high.date() + _apart(one) for one in wanted.dates if one.prefix in _UNTIL),
        default=LAST_DAY,
    )
    text = " where c.day between %(first)s and %(last)s" + dated + changed
    if wanted.resident_id is not None:
        text += (
            " and c.home_id = (select v.home_id from resident v where v.resident_id = %(resident)s)"
        )
    if wanted.home_id is not None:
        text += " and c.home_id = %(home)s"
    if wanted.homes is not None:
        text += " and c.home_id = any(%(homes)s)"
    return text, wanted.values() | values | more | {"first": first, "last": last}


def _apart(test: DateTest) -> timedelta:
    """Return how far a day on the clock of a home may lie from that of a search."""
    if not test.local:
        return timedelta(days=2)
    return timedelta(days=0 if test.prefix == "eq" else 1)


_FROM, _UNTIL = {"eq", "ge", "gt", "sa"}, {"eq", "le", "lt", "eb"}


async def days(
    connection: Connection,
    wanted: Wanted,
    start: tuple[date, str, int],
    limit: int,
    *,
    heart: bool,
    worn_only: bool = False,
) -> tuple[ResidentDay, ...]:
    """Return counted days by day, home and resident, the one at ``start`` included.

    Parameters
    ----------
    start
        Day, home and resident to begin at.
    heart
        Whether the heart rate of the day is wanted too.
    worn_only
        Only days of residents who wear something.
    """
    condition, values = _day_conditions(wanted)
    cursor = connection.cursor(row_factory=dict_row, binary=True)
    await cursor.execute(
        "select r.resident_id, r.home_id, h.zone, l.alone, w.ids is not null as worn, c.day, c.seen,"
        " c.active, c.facts::text as facts, c.counted_at, c.settled, "
        + ("b.heart_rate, b.beats" if heart else "null::float8 as heart_rate, 0::bigint as beats")
        + " from day_count c join home h using (home_id)"
        + _LIVING.format(day="c", home="h")
        + (_HEART if heart else "")
        + condition
        + _ONLY[wanted.resident_id is not None]
        + (" and w.ids is not null" if worn_only else "")
        + " and (c.day, c.home_id) >= (%(day)s, %(at_home)s)"
        " and (c.day, c.home_id, r.resident_id) >= (%(day)s, %(at_home)s, %(at_resident)s)"
        " order by c.day, c.home_id, r.resident_id limit %(limit)s",
        values | {"day": start[0], "at_home": start[1], "at_resident": start[2]} | {"limit": limit},
    )
    return tuple(
        ResidentDay(
            resident_id=ResidentId(row["resident_id"]),
            home_id=HomeId(row["home_id"]),
            zone=ZoneInfo(row["zone"]),
            alone=row["alone"],
            worn=row["worn"],
            count=counted(row),
            counted_at=row["counted_at"],
            settled=row["settled"],
            heart_rate=row["heart_rate"],
            beats=row["beats"],
        )
        for row in await cursor.fetchall()
    )


async def count_days(connection: Connection, wanted: Wanted) -> tuple[int, int]:
    """Count days of residents, and those of residents who wear something."""
    condition, values = _day_conditions(wanted)
    # counted by home first: who lives there is looked up once a home and span between two leavings
    cursor = await connection.execute(
        "select coalesce(sum(g.days), 0), coalesce(sum(g.days) filter (where w.ids is not null), 0)"
        " from (select c.home_id, h.zone, h.parted_at, min(c.day) as day, count(*) as days"
        "  from day_count c join home h using (home_id)"
        + _GONE
        + condition
        + " group by c.home_id, h.zone, h.parted_at, "
        + _TIME_BETWEEN
        + ") g"
        + _LIVING.format(day="g", home="g")
        + " where true"
        + _ONLY[wanted.resident_id is not None],
        values,
    )
    row = await cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _device(row: Mapping[str, Any]) -> Device:
    resident, room = row["resident_id"], None
    if row["room_id"] is not None:
        room = Room(
            room_id=RoomId(row["room_id"]),
            home_id=HomeId(row["home_id"]),
            name=row["room_name"],
            kind=RoomKind(row["kind"]),
            exit=row["exit"],
        )
    return Device(
        device_id=DeviceId(row["device_id"]),
        home_id=HomeId(row["home_id"]),
        family=row["family"],
        external_id=row["external_id"],
        name=row["name"],
        placement=Placement(row["placement"]),
        room=room,
        resident_id=None if resident is None else ResidentId(resident),
        reporting_interval_s=row["reporting_interval_s"],
        heartbeat=row["heartbeat"],
    )


async def rows_of(
    connection: Connection, query: LiteralString, values: Mapping[str, object]
) -> list[dict[str, Any]]:
    """Return all rows of a query by column."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, values)
    return await cursor.fetchall()


async def number_of(
    connection: Connection, query: LiteralString, values: Mapping[str, object]
) -> int:
    """Return the one number of a query."""
    cursor = await connection.execute(query, values)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
