"""What the pages say of services, messages and devices, for those who look after them. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, LiteralString, TypeVar

from core.model.home import Placement
from core.model.ids import DeviceId, HomeId
from core.store.duty import unheard_organisations
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Callable


LIST_LIMIT = 25
"""Rows of one page of a list; the count beside it says how many there are."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[T]):
    """A page of a list, and how long the whole list is."""

    items: tuple[T, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last sign of life of a gateway."""

    gateway: str
    at: datetime
    broker_connected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Signs of life of all services."""

    gateways: tuple[Beat, ...]
    #: Last step of the detection; None before the first.
    stepped_at: datetime | None
    #: Since when the oldest message to a carer is due; None when none is.
    overdue_since: datetime | None
    overdue: int
    #: Since when the oldest answer waits to be read; None when none does.
    unread_since: datetime | None
    #: True where neither a technician nor an administrator, who are told of all this, can be woken.
    unheard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Messages that could not be admitted for one reason, with the newest of them."""

    reason: str
    messages: int
    home_id: HomeId
    last_at: datetime
    topic: str
    field: str
    expected: str
    payload: bytes
    payload_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Messages that were not stored as observations, counted by home, source and reason."""

    home_id: HomeId
    source: str
    reason: str
    messages: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A device that speaks and is not registered."""

    home_id: HomeId
    family: str
    external_id: str
    last_seen: datetime
    messages: int
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """A device and what it last said of itself."""

    device_id: DeviceId
    home_id: HomeId
    home_name: str
    zone: str
    name: str
    family: str
    placement: Placement
    room: str
    reporting_interval_s: float
    heartbeat: bool
    last_seen: datetime | None
    online: bool | None
    battery_percent: float | None
    clock_trusted: bool
    missed: int
    #: Its clock minus ours, in seconds; None where it tells no time.
    skew_s: float | None = None
    firmware: str | None = None
    #: Days on which its battery will be low; None where that can not be told.
    earliest: date | None = None
    latest: date | None = None
    #: Its link (0 to 255) a month ago and lately, where it falls; else None.
    link_before: float | None = None
    link_lately: float | None = None
    #: Messages that came late, when the last of them came, and how long the slowest then had waited.
    late: int = 0
    late_at: datetime | None = None
    late_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """A detector that failed in a home."""

    home_id: HomeId
    detector: str
    error: str
    last_at: datetime
    times: int


async def services(connection: Connection, now: datetime) -> Services:
    """Return the signs of life of the services."""
    beats = await named_rows(
        connection,
        "select gateway, at, broker_connected from gateway_heartbeat order by gateway",
        {},
    )
    (row,) = await named_rows(
        connection,
        "select (select max(recorded_at) from engine_step) as stepped_at, due.since, due.messages,"
        " coalesce((select k.sequence from alert_cursor k where k.reader = 'response'), 0) as read"
        " from (select min(next_try_at) as since, count(*) as messages from delivery"
        "  where state in ('pending', 'sending') and next_try_at < %(now)s) due",
        {"now": now},
    )
    (unread,) = await named_rows(connection, _UNREAD, {"first": row["read"] - _OUT_OF_ORDER})
    return Services(
        gateways=tuple(Beat(**beat) for beat in beats),
        stepped_at=row["stepped_at"],
        overdue_since=row["since"],
        overdue=row["messages"],
        unread_since=unread["since"],
        unheard=bool(await unheard_organisations(connection)),
    )


async def quarantine(connection: Connection, page: int = 1) -> Part[Quarantined]:
    """Return what waits in quarantine, by reason, most messages first."""
    return await _part(
        connection,
        "select q.reason, q.messages, n.home_id, n.received_at as last_at, n.topic, n.field,"
        " n.expected, substring(n.payload for 2000) as payload, n.payload_bytes"
        " from (select reason, count(*) as messages, max(quarantine_id) as newest from quarantine"
        "  where replayed_at is null group by reason) q"
        " join quarantine n on n.quarantine_id = q.newest order by messages desc, reason",
        lambda row: Quarantined(**row),
        page,
    )


async def refusals(connection: Connection, now: datetime, page: int = 1) -> Part[Refusal]:
    """Return what was refused today (UTC), most messages first."""
    return await _part(
        connection,
        "select home_id, source, reason, messages, last_at from refusal"
        " where day = (%(now)s at time zone 'UTC')::date"
        " order by messages desc, home_id, source, reason",
        lambda row: Refusal(**row),
        page,
        {"now": now},
    )


async def discovered(connection: Connection, page: int = 1) -> Part[Discovered]:
    """Return the devices that speak and are not registered, the newest first."""
    return await _part(
        connection,
        "select home_id, family, external_id, last_seen, messages, last_topic as topic,"
        " substring(last_payload for 2000) as payload from discovered x where not exists"
        " (select 1 from device d where d.home_id = x.home_id and d.family = x.family"
        "  and d.external_id = x.external_id and d.retired_at is null)"
        " order by first_seen desc, home_id, family, external_id",
        lambda row: Discovered(**row),
        page,
    )


async def fenced(connection: Connection, since: datetime, page: int = 1) -> Part[Fenced]:
    """Return the detectors that failed since then, the last one first."""
    return await _part(
        connection,
        "select home_id, detector, error, last_at, times from detector_error"
        " where last_at > %(since)s order by last_at desc, home_id, detector, error",
        lambda row: Fenced(**row),
        page,
        {"since": since},
    )


async def _part(
    connection: Connection,
    query: LiteralString,
    make: Callable[[dict[str, Any]], T],
    page: int,
    values: dict[str, object] | None = None,
) -> Part[T]:
    """Return a page of what a query gives in its order; the last one where there are fewer pages."""
    counted: LiteralString = (
        "with found as materialized (" + query + ") select found.*, count(*) over () as length"
        " from found limit %(limit)s offset least(%(before)s, greatest(0, (((select count(*) from found) - 1)"
        " / %(limit)s) * %(limit)s))"
    )
    bounds = {"limit": LIST_LIMIT, "before": LIST_LIMIT * (page - 1)}
    rows = await named_rows(connection, counted, {**(values or {}), **bounds})
    count = rows[0]["length"] if rows else 0
    return Part(
        items=tuple(make({k: v for k, v in row.items() if k != "length"}) for row in rows),
        count=count,
    )


async def devices_of(connection: Connection, home_id: HomeId) -> tuple[DeviceState, ...]:
    """Return the devices in use of one home."""
    rows = await named_rows(
        connection,
        _DEVICE + " and d.home_id = %(home)s order by r.name nulls last, d.name",
        {"home": home_id},
    )
    return tuple(_device(row) for row in rows)


async def ailing(connection: Connection, now: datetime, low_percent: float) -> Part[DeviceState]:
    """Return the devices of watched homes that are gone, silent too long or low on battery, hubs first."""
    rows = await named_rows(
        connection, _AILING, {"now": now, "low": low_percent, "limit": 2 * LIST_LIMIT}
    )
    count = rows[0].pop("length") if rows else 0
    return Part(
        items=tuple(_device({k: v for k, v in row.items() if k != "length"}) for row in rows),
        count=count,
    )


_OUT_OF_ORDER = 1000
"""Answers that are written at once may be numbered in another order than that of the log; never so many."""
# Behind the wall of alerts the order of the log is no way into its index (it is not leakproof): a number is.
_UNREAD: LiteralString = (
    "select min(r.at) as since from response r where r.response_id > %(first)s and (r.txid, r.response_id)"
    " > (coalesce((select k.txid from alert_cursor k where k.reader = 'response'), '0'::xid8),"
    " coalesce((select k.sequence from alert_cursor k where k.reader = 'response'), 0))"
)
_DEVICE: LiteralString = (
    "select d.device_id, d.home_id, h.name as home_name, h.zone, d.name, d.family, d.placement,"
    " coalesce(r.name, '') as room, d.reporting_interval_s, d.heartbeat, p.last_seen, p.online,"
    " p.battery_percent, coalesce(p.clock_trusted, true) as clock_trusted,"
    " coalesce(p.missed, 0) as missed, p.skew_s, p.firmware, f.earliest, f.latest,"
    " l.earlier as link_before, l.lately as link_lately, coalesce(p.late, 0) as late, p.late_at, p.late_s"
    " from device d join home h using (home_id) left join room r using (room_id)"
    " left join presence p using (device_id) left join battery_forecast f using (device_id)"
    " left join link_trend l on l.device_id = d.device_id and l.falling where d.retired_at is null"
)

# What may ail is found by indexes, what is shown of it is looked up for what is shown: the work list, too,
# goes this way (`core.store.work`). Every device in use has a row of presence (`core.store.presence.expect`).
_AILING: LiteralString = (
    "with named as materialized (select device_id from presence where online is false"
    " union select device_id from presence where last_seen is null"
    " union select device_id from presence where battery_percent < %(low)s"
    " union select d.device_id from device d cross join lateral (select last_seen from presence"
    "  where device_id = d.device_id limit 1) p where d.heartbeat and d.retired_at is null"
    "  and p.last_seen < %(now)s - make_interval(secs => 3 * d.reporting_interval_s)),"
    " found as materialized (select d.device_id, d.placement, d.name, h.name as home_name, p.last_seen"
    "  from named n cross join lateral (select * from device where device_id = n.device_id"
    "   and retired_at is null limit 1) d join home h on h.home_id = d.home_id and h.mode <> 'archive'"
    "  cross join lateral (select last_seen from presence where device_id = n.device_id limit 1) p),"
    " shown as materialized (select device_id, count(*) over () as length from found"
    "  order by placement <> 'hub', last_seen nulls first, home_name, name limit %(limit)s)"
    " select s.length, x.* from shown s cross join lateral ("
    + _DEVICE
    + " and d.device_id = s.device_id limit 1) x"
    " order by x.placement <> 'hub', x.last_seen nulls first, x.home_name, x.name"
)


def _device(row: dict[str, Any]) -> DeviceState:
    return DeviceState(**(row | {"placement": Placement(row["placement"])}))
