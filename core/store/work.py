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
SET_UP_WITHIN = timedelta(days=14)
"""After it a home that was registered in test mode, and took no step since, is one that was forgotten."""
PAGE = 50


class Fault(StrEnum):
    """What is wrong with a device, the first that holds, the worst first; or with a home."""

    GONE = "gone"
    """Its hub or last will says that it is gone, or it is silent for three of its intervals."""
    NEVER = "never"
    """Registered and never heard."""
    BLIND = "blind"
    """It reports and sees nobody: hidden, turned or stuck."""
    BATTERY = "battery"
    """Its battery is low, or will be within `BATTERY_AHEAD`."""
    LINK = "link"
    """Its link has become weak over weeks."""
    CLOCK = "clock"
    """Its clock is wrong."""
    CERTIFICATE = "certificate"
    """The certificate of a hub or device ends soon, or has ended, and was not renewed."""
    SHUT_OUT = "shut_out"
    """A hub is gone, and each certificate that it was brought was shut out."""
    NOT_BROUGHT = "not_brought"
    """A hub is gone since its certificate ended: the one that was taken in its place is not on it."""
    PAUSED = "paused"
    """The home is paused for longer than was planned: nobody watches it."""
    TESTING = "testing"
    """The home is in test for longer than was planned."""


CERTIFICATES = frozenset({Fault.CERTIFICATE, Fault.SHUT_OUT, Fault.NOT_BROUGHT})
HOME_FAULTS = CERTIFICATES | {Fault.PAUSED, Fault.TESTING}
"""Of a home and no single device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One device or home that needs somebody."""

    #: None where it is of a home.
    device_id: DeviceId | None
    home_id: HomeId
    home_name: str
    zone: str
    #: Of the device; of a certificate what it is for, ``hub`` or family and name.
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
    #: Of a pause or test: since when and by whom; the name is empty where nobody is known. Personal.
    since: datetime | None = None
    by: str = ""
    #: When a certificate ends or ended, or until when a pause or test was planned.
    until: datetime | None = None
    #: Its clock minus ours, in seconds.
    skew_s: float | None = None
    #: Its link (0 to 255) a month ago and lately, where it falls.
    link_before: float | None = None
    link_lately: float | None = None


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
            "set_up_within": SET_UP_WITHIN,
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
        if row["fault"] is not None
    )
    return WorkList(items=items, count=count, homes=homes)


# A home without its hub sees nothing; without its door nobody is missed at night; what is worn calls help.
_RISK: LiteralString = (
    "case when x.fault = 'paused' then 2 when x.fault = 'testing' then case when x.was_live then 2 else 4 end"
    " else case when x.placement = 'hub' then 0 when x.placement in ('entrance', 'worn') then 1"
    " when x.placement = 'bed' or x.kind in ('bathroom', 'bedroom', 'hall') then 2 else 3 end"
    " + case x.fault when 'gone' then 1 when 'blind' then 2 when 'never' then 3 when 'battery'"
    "  then case when x.battery_percent < %(low)s then 3 else 5 end when 'shut_out' then 1"
    "  when 'not_brought' then 1 when 'certificate'"
    "  then case when x.until <= %(now)s then 1 else 3 end when 'link' then 5 else 6 end end"
)
_FAULT: LiteralString = (
    "case when p.online is false or t.silent or d.heartbeat and p.last_seen < %(now)s"
    "  - make_interval(secs => %(missed)s * d.reporting_interval_s) then 'gone'"
    " when p.last_seen is null then 'never'"
    " when t.device_id is not null then 'blind'"
    " when p.battery_percent < %(low)s or f.earliest <= %(soon)s then 'battery'"
    " when l.device_id is not null then 'link' when p.clock_trusted is false then 'clock' end"
)
# What may ail is found by indexes, and its rows are looked up one by one (``limit 1`` keeps the planner from
# reading the tables whole): of a hundred thousand devices only these cost.
_NAMED: LiteralString = (
    "select device_id from told"
    " union select device_id from presence where online is false"
    " union select device_id from presence where last_seen is null"
    " union select device_id from presence where clock_trusted is false"
    " union select device_id from link_trend where falling"
    " union select device_id from presence where battery_percent < %(low)s"
    " union select device_id from battery_forecast where earliest <= %(soon)s"
    " union select d.device_id from device d cross join lateral (select last_seen from presence"
    "  where device_id = d.device_id limit 1) p where d.heartbeat and d.retired_at is null"
    "  and p.last_seen < %(now)s - make_interval(secs => %(missed)s * d.reporting_interval_s)"
)
# A certificate that a sixth of its life (at most two weeks) before its end was not renewed: the hub does not.
_CERTIFICATES: LiteralString = (
    "select h.home_id, h.name as home_name, h.zone, c.about as name,"
    " case split_part(c.about, '/', 1) when 'hub' then 'hub' else 'object' end as placement,"
    " 'certificate' as fault,"
    " null::timestamptz as since, '' as by, c.ends_at as until, false as was_live from hub_credential c"
    " join home h on h.home_id = c.home_id and h.mode <> 'archive'"
    " where c.revoked_at is null and c.replaced_at is null and c.taken_at is not null"
    " and c.ends_at < %(now)s + interval '14 days'"
    " and c.ends_at - %(now)s < (c.ends_at - c.issued_at) / 6"
)
# Whose hub is gone because the broker does not let it in: line and power may be well. A hub that spoke
# after the end of a certificate had a later one. What ended and was not replaced stands above.
_LOCKED_OUT: LiteralString = (
    "select h.home_id, h.name, h.zone, k.about, 'hub',"
    " case when k.stands then 'not_brought' else 'shut_out' end, null::timestamptz, '', k.ended_at, false"
    " from presence p join device d using (device_id)"
    " join home h on h.home_id = d.home_id and h.mode <> 'archive' cross join lateral"
    " (select min(about) as about, bool_or(revoked_at is null and ends_at > %(now)s) as stands,"
    "   bool_or(revoked_at is null and replaced_at is null and ends_at <= %(now)s) as ran_out,"
    "   max(least(ends_at, revoked_at)) filter (where least(ends_at, revoked_at) <= %(now)s) as ended_at"
    "  from hub_credential c where c.home_id = d.home_id and c.taken_at is not null"
    "  and c.about = case d.external_id when 'hub' then 'hub' else 'hub/' || substr(d.external_id, 5) end) k"
    " where p.online is false and d.placement = 'hub' and d.family = 'wayhome' and d.retired_at is null"
    " and (d.external_id = 'hub' or d.external_id like 'hub-%%') and not k.ran_out"
    # the line of a bridge is state: where only that was heard, what came through it tells
    " and coalesce(p.last_seen, (select max(q.last_seen) from device x join presence q using (device_id)"
    "  where x.home_id = d.home_id), '-infinity') < k.ended_at + interval '10 minutes'"
)
# Planned is what was said; before that could be said, a day for a test and three for a pause.
_FORGOTTEN: LiteralString = (
    "select h.home_id, h.name, h.zone, '', 'object',"
    " case s.stage when 'paused' then 'paused' else 'testing' end, coalesce(s.at, h.created_at),"
    " coalesce(c.name, ''), s.until, h.live_since is not null from home h left join lateral"
    " (select stage, at, carer_id, coalesce(until, at + case stage when 'paused' then interval '3 days'"
    "   else interval '1 day' end) as until from home_step where home_id = h.home_id"
    "  order by step_id desc limit 1) s on true left join carer c on c.carer_id = s.carer_id"
    " where h.mode = 'test' and (s.stage in ('paused', 'commissioning') and s.until < %(now)s"
    "  or s.stage is null and h.created_at < %(now)s - %(set_up_within)s"
    "  and exists (select 1 from device d where d.home_id = h.home_id and d.retired_at is null))"
)
_WORK: LiteralString = (
    "with told as materialized (select split_part(subject, ':', 2)::bigint as device_id,"
    "  bool_or(subject like '%%:silent') as silent from alert where detector = 'liveness'"
    "  and state <> 'resolved' and cleared_at is null"
    "  and subject ~ '^device:[0-9]+:(stuck|obstructed|silent)$' group by 1),"
    f" named as materialized ({_NAMED}),"
    " ailing as materialized (select d.device_id, d.home_id, d.name, d.placement, p.last_seen,"
    f" p.battery_percent, f.earliest, f.latest, p.skew_s, l.earlier as link_before, l.lately as link_lately,"
    f" {_FAULT} as fault, h.name as home_name, h.zone,"
    "  coalesce(r.name, '') as room, coalesce(r.kind, '') as kind"
    "  from named n cross join lateral"
    "  (select * from device where device_id = n.device_id and retired_at is null limit 1) d"
    "  join home h on h.home_id = d.home_id and h.mode <> 'archive'"
    "  left join lateral (select * from presence where device_id = n.device_id limit 1) p on true"
    "  left join lateral (select * from battery_forecast where device_id = n.device_id limit 1) f on true"
    "  left join lateral"
    "  (select * from link_trend where device_id = n.device_id and falling limit 1) l on true"
    "  left join lateral (select name, kind from room where room_id = d.room_id limit 1) r on true"
    "  left join told t on t.device_id = n.device_id),"
    " todo as materialized (select device_id, home_id, home_name, zone, name, placement, room, kind, fault,"
    "  last_seen, battery_percent, earliest, latest, null::timestamptz as since, '' as by,"
    "  null::timestamptz as until, false as was_live, skew_s, link_before, link_lately"
    "  from ailing where fault is not null"
    "  union all select null, home_id, home_name, zone, name, placement, '', '', fault, null, null,"
    "  null, null, since, by, until, was_live, null, null, null"
    f"  from ({_CERTIFICATES} union all {_LOCKED_OUT} union all {_FORGOTTEN}) o)"
    " select t.*, c.items, c.homes from (select count(*) as items, count(distinct home_id) as homes"
    "  from todo) c left join (select x.device_id, x.home_id, x.home_name,"
    "  x.zone, x.name, x.placement, x.room, x.fault, x.last_seen, x.battery_percent, x.earliest,"
    f" x.latest, x.since, x.by, x.until, x.skew_s, x.link_before, x.link_lately, {_RISK} as risk from todo x"
    "  order by risk, x.earliest nulls last, x.last_seen nulls first, x.home_name, x.name"
    "  limit %(limit)s offset %(after)s) t on true"
    " order by t.risk, t.earliest nulls last, t.last_seen nulls first, t.home_name, t.name"
)
