"""What the pages say of a home: who lives there, what moved when, and when we could not see. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from core.model.home import Home, HomeMode
from core.model.ids import DeviceId, HomeId, OrganisationId
from core.model.quantity import DEFINITIONS, Quantity, Role
from core.model.said import said
from core.store.basis import stopped
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Sequence


PERSON = tuple(row.quantity.value for row in DEFINITIONS.values() if row.role is Role.PERSON)
_QUANTITIES = {quantity.value: quantity for quantity in Quantity}
STEADY = (Quantity.BED.value, Quantity.CHAIR.value)
"""Quantities whose state lasts: a bed is occupied until it says otherwise."""
LOOK_BACK = timedelta(days=30)
"""How far back the last movement of a watched home is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """The last sign of a person in a home."""

    at: datetime
    #: Name of the room; the device's name where it sits in none.
    place: str
    #: False where that is a device without a room: a button pressed says that somebody is there, not where.
    in_room: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """One observation that a person made."""

    at: datetime
    device_id: DeviceId
    quantity: Quantity
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What we know of our own sight of a home."""

    #: Last moment at which a gateway heard the broker; None for never.
    heard_at: datetime | None
    #: Last step of the detection that watches this home; None for never.
    stepped_at: datetime | None
    #: Since when the home can not be seen, as detection found; None when it can.
    blind_since: datetime | None
    #: What detection said of it.
    blind_what: str
    #: Who lives there and must not be watched, because a basis was withdrawn or has ended: nothing is stored.
    unwatched: tuple[str, ...] = ()
    #: Who must not be looked for outdoors.
    unlocated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One home in the list of homes."""

    home: Home
    residents: tuple[str, ...]
    watch: Watch
    #: Open alerts for carers, by severity.
    urgent: int
    check: int
    #: True where somebody has paused it, rather than that it is being set up.
    paused: bool = False
    #: True where that is a carer who said that nobody is there: not all is silent then.
    away: bool = False


async def glances(
    connection: Connection, *, limit: int, offset: int = 0, named: str = ""
) -> tuple[tuple[Glance, ...], int]:
    """Return a page of the homes that may be seen, those with open alerts first, and how many there are.

    Parameters
    ----------
    named
        Part of the name of the home or of who lives there; empty for all.
    """
    values = {"limit": limit, "offset": offset, "home": None, "named": named}
    cursor = await connection.execute("select count(*) from home h where " + _NAMED, values)
    row = await cursor.fetchone()
    rows = await named_rows(connection, _GLANCE, values)
    return tuple(_glance(found) for found in rows), int(row[0]) if row else 0


async def first_zone(connection: Connection) -> ZoneInfo:
    """Return the zone in which a page without a home tells the time; UTC where there is no home."""
    cursor = await connection.execute(
        "(select zone from home where mode <> 'archive' order by home_id limit 1) union all"
        " (select zone from home order by home_id limit 1) limit 1"
    )
    row = await cursor.fetchone()
    return ZoneInfo(row[0] if row else "UTC")


async def glance_of(connection: Connection, home_id: HomeId) -> Glance | None:
    """Return one home; None when there is none that may be seen."""
    values = {"home": home_id, "limit": 1, "offset": 0, "named": ""}
    rows = await named_rows(connection, _GLANCE, values)
    return _glance(rows[0]) if rows else None


# First which homes, by what is open there; then, for these few, the rest.
_ORDER: LiteralString = (
    " order by urgent = 0, \"check\" = 0, not dark, mode = 'archive', name, home_id"
)
_NAMED: LiteralString = (
    "(%(named)s::text = '' or strpos(lower(h.name), lower(%(named)s)) > 0 or exists (select 1 from"
    " resident r where r.home_id = h.home_id and r.left_at is null"
    " and strpos(lower(r.name), lower(%(named)s)) > 0))"
)
_GLANCE: LiteralString = (
    "with shown as materialized (select h.*, coalesce(o.urgent, 0) as urgent,"
    ' coalesce(o."check", 0) as "check",'
    " coalesce(o.dark, false) as dark from home h left join (select home_id,"
    "  count(*) filter (where audience = 'carers' and severity = 'urgent') as urgent,"
    "  count(*) filter (where audience = 'carers' and severity = 'check') as \"check\","
    "  bool_or(detector = 'liveness' and subject = 'home' and cleared_at is null) as dark"
    "  from alert where state <> 'resolved' and not silent group by home_id) o using (home_id)"
    " where (%(home)s::text is null or h.home_id = %(home)s) and "
    + _NAMED
    + _ORDER
    + " limit %(limit)s offset %(offset)s), unwatched as materialized ("
    + stopped("'care_monitoring'", "array(select home_id from shown)")
    + "), unlocated as materialized ("
    + stopped("'location'", "array(select home_id from shown)")
    + "), steps as materialized (select shard, max(recorded_at) as at from engine_step group by shard)"
    ' select h.home_id, h.organisation_id, h.name, h.zone, h.mode, h.urgent, h."check",'
    " h.mode = 'test' and stage_of(h.home_id) = 'paused' as paused,"
    " h.away,"
    " array(select r.name from resident r where r.home_id = h.home_id and r.left_at is null"
    "  order by r.resident_id) as residents,"
    " array(select r.name from resident r join unwatched using (resident_id, home_id)"
    "  where r.home_id = h.home_id order by r.resident_id) as unwatched,"
    " array(select r.name from resident r join unlocated using (resident_id, home_id)"
    "  where r.home_id = h.home_id order by r.resident_id) as unlocated,"
    " (select max(g.at) from gateway_heartbeat g where g.broker_connected) as heard_at,"
    " (select max(e.at) from steps e where e.shard = coalesce("
    "   (select s.shard from engine_snapshot s where s.home_id = h.home_id), e.shard))"
    "  as stepped_at, blind.onset as blind_since, coalesce(blind.what, '') as blind_what, blind.said"
    " from shown h left join lateral ("
    "  select f.onset, f.what, f.said->'what' as said from finding f where f.home_id = h.home_id"
    "  and f.detector = 'liveness' and f.subject = 'home' and f.phase <> 'cleared'"
    "  and not exists (select 1 from finding c where c.home_id = f.home_id"
    "   and c.detector = f.detector and c.subject = f.subject and c.onset = f.onset"
    "   and c.phase = 'cleared')"
    "  order by f.onset desc, f.noticed_at desc limit 1) blind on true" + _ORDER
)


async def last_movements(
    connection: Connection, homes: Sequence[Home], now: datetime
) -> dict[HomeId, Movement]:
    """Return the last sign of a person in each of these homes, where there is one.

    In a watched home it is looked for in the last 30 days, in an archived one in all of its record.
    """
    rows = await named_rows(
        connection,
        "select distinct on (d.home_id) d.home_id, o.observed_at as at,"
        " coalesce(r.name, d.name) as place, r.room_id is not null as in_room"
        " from device d left join room r using (room_id) cross join lateral ("
        "  select observed_at from observation o where o.device_id = d.device_id"
        "  and o.observed_at <= %(now)s and (d.home_id = any(%(past)s) or o.observed_at > %(since)s)"
        "  and o.quantity = any(%(person)s) and (o.value > 0 or o.quantity = 'contact')"
        "  order by o.observed_at desc limit 1) o"
        " where d.home_id = any(%(homes)s) order by d.home_id, o.observed_at desc",
        {
            "homes": [home.home_id for home in homes],
            "past": [home.home_id for home in homes if home.mode is HomeMode.ARCHIVE],
            "person": list(PERSON),
            "now": now,
            "since": now - LOOK_BACK,
        },
    )
    return {
        HomeId(row["home_id"]): Movement(at=row["at"], place=row["place"], in_room=row["in_room"])
        for row in rows
    }


async def last_before(
    connection: Connection,
    home_id: HomeId,
    moments: Sequence[datetime],
    look_back: timedelta,
) -> tuple[tuple[datetime, datetime | None], ...]:
    """Return for each moment the last sign of a person in a home before it; None for none in that time."""
    rows = await named_rows(
        connection,
        "select m.at, (select max(o.at) from device d cross join lateral ("
        "  select observed_at as at from observation o where o.device_id = d.device_id"
        "  and o.observed_at <= m.at and o.observed_at > m.at - %(back)s"
        "  and o.quantity = any(%(person)s) and (o.value > 0 or o.quantity = 'contact')"
        "  order by o.observed_at desc limit 1) o where d.home_id = %(home)s) as last"
        " from unnest(%(moments)s::timestamptz[]) as m(at) order by m.at desc",
        {
            "home": home_id,
            "moments": list(moments),
            "back": look_back,
            "person": list(PERSON),
        },
    )
    return tuple((row["at"], row["last"]) for row in rows)


async def last_record(connection: Connection, devices: Sequence[DeviceId]) -> datetime | None:
    """Return the moment of the last observation of these devices; None for none."""
    cursor = await connection.execute(
        "select max(o.observed_at) from unnest(%s::bigint[]) as d(device_id) cross join lateral ("
        " select observed_at from observation o where o.device_id = d.device_id"
        " order by observed_at desc limit 1) o",
        (list(devices),),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


AND_BEFORE: LiteralString = (
    " union all select o.* from unnest(%(devices)s::bigint[]) as d(device_id) cross join lateral ("
    "  select observed_at, device_id, quantity, value from observation s"
    "  where s.device_id = d.device_id and s.observed_at < %(start)s"
    "  and s.observed_at > %(earlier)s and s.quantity = any(%(steady)s)"
    "  order by observed_at desc limit 1) o order by 1, 2, 3, 4"
)
"""After a query for what persons did in a span: the state of bed and chair at its start, all in order."""


def span_of(devices: Sequence[DeviceId], start: datetime, end: datetime) -> dict[str, object]:
    """Return the values of a query for what persons did in a span (``AND_BEFORE``)."""
    return {
        "devices": list(devices),
        "start": start,
        "end": end,
        "earlier": start - timedelta(days=1),
        "person": list(PERSON),
        "steady": list(STEADY),
    }


async def sensed(
    connection: Connection, devices: Sequence[DeviceId], start: datetime, end: datetime
) -> tuple[Sensed, ...]:
    """Return what persons did in a span, in order of time, and the state of bed and chair at its start.

    What one device says several times within a minute is one: the first *on*, the last *off*. No picture
    of a day shows more, and a chatty sensor does not cost a page.
    """
    cursor = await connection.execute(
        "select case when value > 0 then min(observed_at) else max(observed_at) end,"
        " device_id, quantity, max(value) from observation"
        " where device_id = any(%(devices)s) and observed_at >= %(start)s and observed_at < %(end)s"
        " and quantity = any(%(person)s) group by device_id, quantity, value > 0,"
        " date_bin('1 minute', observed_at, %(start)s)" + AND_BEFORE,
        span_of(devices, start, end),
    )
    return tuple(
        Sensed(at=at, device_id=DeviceId(device_id), quantity=_QUANTITIES[quantity], value=value)
        for at, device_id, quantity, value in await cursor.fetchall()
    )


async def taken_away(
    connection: Connection, home_id: HomeId, since: datetime
) -> dict[DeviceId, datetime]:
    """Return which devices of a home were taken out of use after a moment, and when."""
    rows = await named_rows(
        connection,
        "select device_id, retired_at from device where home_id = %(home)s and retired_at > %(since)s",
        {"home": home_id, "since": since},
    )
    return {DeviceId(row["device_id"]): row["retired_at"] for row in rows}


async def silences(
    connection: Connection,
    devices: Sequence[DeviceId],
    start: datetime,
    end: datetime,
    longer_than: timedelta,
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the parts of a span in which none of these devices said anything for that long."""
    rows = await named_rows(
        connection,
        "with said as ("
        " select distinct observed_at as at from observation where device_id = any(%(devices)s)"
        "  and observed_at > %(start)s and observed_at < %(end)s"
        " union select observed_at from position where device_id = any(%(devices)s)"
        "  and observed_at > %(start)s and observed_at < %(end)s"
        " union values (%(start)s::timestamptz), (%(end)s::timestamptz)),"
        " pairs as (select at, lead(at) over (order by at) as next from said)"
        " select at, next from pairs where next - at > %(longer)s order by at",
        {"devices": list(devices), "start": start, "end": end, "longer": longer_than},
    )
    return tuple((row["at"], row["next"]) for row in rows)


async def blind_spans(
    connection: Connection, home_id: HomeId, start: datetime, end: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the parts of a span in which detection found that the home could not be seen."""
    rows = await named_rows(
        connection,
        "select greatest(min(onset), %(start)s) as since,"
        " least(coalesce(min(noticed_at) filter (where phase = 'cleared'), %(end)s), %(end)s) as until"
        " from finding where home_id = %(home)s and detector = 'liveness' and subject = 'home'"
        " and onset < %(end)s group by onset having coalesce("
        " min(noticed_at) filter (where phase = 'cleared'), %(end)s) > %(start)s order by 1",
        {"home": home_id, "start": start, "end": end},
    )
    return tuple((row["since"], row["until"]) for row in rows)


def _glance(row: dict[str, Any]) -> Glance:
    return Glance(
        home=Home(
            home_id=HomeId(row["home_id"]),
            organisation_id=OrganisationId(row["organisation_id"]),
            name=row["name"],
            zone=ZoneInfo(row["zone"]),
            mode=HomeMode(row["mode"]),
        ),
        residents=tuple(row["residents"]),
        watch=Watch(
            heard_at=row["heard_at"],
            stepped_at=row["stepped_at"],
            blind_since=row["blind_since"],
            blind_what=said(row["blind_what"], row["said"]),
            unwatched=tuple(row["unwatched"]),
            unlocated=tuple(row["unlocated"]),
        ),
        urgent=row["urgent"],
        check=row["check"],
        paused=row["paused"],
        away=row["away"],
    )
