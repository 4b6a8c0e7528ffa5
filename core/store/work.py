"""What a technician has to do, over all homes of an organisation, by its risk to the residents. Read only.

Runs inside `core.store.account.acting`: devices of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, LiteralString

from psycopg.rows import dict_row

from core.model.battery import LOW_PERCENT
from core.model.home import Placement
from core.model.ids import DeviceId, HomeId

if TYPE_CHECKING:
    from core.store.pool import Connection

BATTERY_AHEAD = timedelta(days=28)
"""Cells are ordered and visits planned so long before."""
MISSED_PERIODS = 3.0
PAGE = 50


class Fault(StrEnum):
    """What is wrong with a device; the first that holds, the worst first."""

    GONE = "gone"
    """Its hub or last will says that it is gone, or it is silent for three of its intervals."""
    NEVER = "never"
    """Registered and never heard."""
    BLIND = "blind"
    """It reports and sees nobody: hidden, turned or stuck."""
    BATTERY = "battery"
    """Its battery is low, or will be within `BATTERY_AHEAD`."""
    CLOCK = "clock"
    """Its clock is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One device that needs somebody."""

    device_id: DeviceId
    home_id: HomeId
    home_name: str
    zone: str
    name: str
    placement: Placement
    room: str
    fault: Fault
    #: 1 for what leaves a home without eyes, up to 9.
    risk: int
    last_seen: datetime | None
    battery_percent: float | None
    #: Range of days on which the battery will be low; None where that can not be told.
    earliest: date | None
    latest: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """A page of the list, and how long the list is."""

    items: tuple[WorkItem, ...]
    count: int
    homes: int


async def work_list(connection: Connection, now: datetime, *, after: int = 0) -> WorkList:
    """Return `PAGE` items from number ``after`` on, the riskiest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _WORK,
        {
            "now": now,
            "soon": (now + BATTERY_AHEAD).date(),
            "low": LOW_PERCENT,
            "missed": MISSED_PERIODS,
            "limit": PAGE,
            "after": after,
        },
    )
    rows = await cursor.fetchall()
    count, homes = (rows[0]["items"], rows[0]["homes"]) if rows else (0, 0)
    items = tuple(
        WorkItem(
            **{key: row[key] for key in WorkItem.__slots__}
            | {"placement": Placement(row["placement"]), "fault": Fault(row["fault"])}
        )
        for row in rows
        if row["device_id"] is not None
    )
    return WorkList(items=items, count=count, homes=homes)


# A home without its hub sees nothing; without its door nobody is missed at night; what is worn calls help.
_RISK: LiteralString = (
    "case when x.placement = 'hub' then 0 when x.placement in ('entrance', 'worn') then 1"
    " when x.placement = 'bed' or x.kind in ('bathroom', 'bedroom', 'hall') then 2 else 3 end"
    " + case x.fault when 'gone' then 1 when 'blind' then 2 when 'never' then 3 when 'battery'"
    "  then case when x.battery_percent < %(low)s then 3 else 5 end else 6 end"
)
_FAULT: LiteralString = (
    "case when p.online is false or t.silent or d.heartbeat and p.last_seen < %(now)s"
    "  - make_interval(secs => %(missed)s * d.reporting_interval_s) then 'gone'"
    " when p.last_seen is null then 'never'"
    " when t.device_id is not null then 'blind'"
    " when p.battery_percent < %(low)s or f.earliest <= %(soon)s then 'battery'"
    " when p.clock_trusted is false then 'clock' end"
)
# What may ail is found by indexes, and its rows are looked up one by one (``limit 1`` keeps the planner from
# reading the tables whole): of a hundred thousand devices only these cost.
_NAMED: LiteralString = (
    "select device_id from told"
    " union select device_id from presence where online is false"
    " union select device_id from presence where last_seen is null"
    " union select device_id from presence where clock_trusted is false"
    " union select device_id from presence where battery_percent < %(low)s"
    " union select device_id from battery_forecast where earliest <= %(soon)s"
    " union select d.device_id from device d cross join lateral (select last_seen from presence"
    "  where device_id = d.device_id limit 1) p where d.heartbeat and d.retired_at is null"
    "  and p.last_seen < %(now)s - make_interval(secs => %(missed)s * d.reporting_interval_s)"
)
_WORK: LiteralString = (
    "with told as materialized (select split_part(subject, ':', 2)::bigint as device_id,"
    "  bool_or(subject like '%%:silent') as silent from alert where detector = 'liveness'"
    "  and state <> 'resolved' and cleared_at is null"
    "  and subject ~ '^device:[0-9]+:(stuck|obstructed|silent)$' group by 1),"
    f" named as materialized ({_NAMED}),"
    " ailing as materialized (select d.device_id, d.home_id, d.name, d.placement, p.last_seen,"
    f" p.battery_percent, f.earliest, f.latest, {_FAULT} as fault, h.name as home_name, h.zone,"
    "  coalesce(r.name, '') as room, coalesce(r.kind, '') as kind"
    "  from named n cross join lateral"
    "  (select * from device where device_id = n.device_id and retired_at is null limit 1) d"
    "  join home h on h.home_id = d.home_id and h.mode <> 'archive'"
    "  left join lateral (select * from presence where device_id = n.device_id limit 1) p on true"
    "  left join lateral (select * from battery_forecast where device_id = n.device_id limit 1) f on true"
    "  left join lateral (select name, kind from room where room_id = d.room_id limit 1) r on true"
    "  left join told t on t.device_id = n.device_id)"
    " select t.*, c.items, c.homes from (select count(*) as items, count(distinct home_id) as homes"
    "  from ailing where fault is not null) c left join (select x.device_id, x.home_id, x.home_name,"
    "  x.zone, x.name, x.placement, x.room, x.fault, x.last_seen, x.battery_percent, x.earliest,"
    f" x.latest, {_RISK} as risk from ailing x where x.fault is not null"
    "  order by risk, x.earliest nulls last, x.last_seen nulls first, x.home_name, x.name"
    "  limit %(limit)s offset %(after)s) t on true"
    " order by t.risk, t.earliest nulls last, t.last_seen nulls first, t.home_name, t.name"
)
