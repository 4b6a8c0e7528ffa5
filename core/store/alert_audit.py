"""What the auditor looks at: signs of life, what waits, and who was told of it. Read only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import LiteralString

from core.model.ids import HomeId
from core.store.alert import StoredAlert, stored_alert
from core.store.pool import Connection, named_rows

_LOCK = 0x57415544


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Messages of one channel that should have left."""

    channel: str
    messages: int
    #: Since when the oldest is due.
    since: datetime


_BEATS: LiteralString = (
    "select gateway, at, nullif(counters ->> 'certificate_ends', '')::timestamptz as certificate_ends"
    " from gateway_heartbeat"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentHome:
    """A watched home from which nothing has come, and of which nobody was alerted since."""

    home_id: HomeId
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """One look at everything."""

    #: Last sign of life of each gateway.
    gateways: dict[str, datetime]
    #: Last sign of life of each process that serves the pages.
    pages: dict[str, datetime]
    #: Last step of each shard of the detection.
    shards: dict[int, datetime]
    #: Age in seconds of the oldest finding that is not taken in, by the database's clock; 0 for none.
    finding_waits_s: float
    #: When the oldest answer that is not taken in was given; None for none.
    answer_waits_since: datetime | None
    overdue: tuple[Overdue, ...]
    silent_homes: tuple[SilentHome, ...]
    #: A watched home of each organisation: what concerns a whole service is told there.
    homes: tuple[HomeId, ...]
    #: When the certificate of its broker ends, by gateway; of those that have seen one.
    certificates: Mapping[str, datetime] = field(default_factory=dict)


async def alone(connection: Connection) -> bool:
    """Take the auditor's turn until this transaction ends; False while another process has it."""
    cursor = await connection.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,))
    return await cursor.fetchone() == (True,)


async def signs(connection: Connection, now: datetime, silent_after: timedelta) -> Signs:
    """Look at everything."""
    beats = await named_rows(connection, _BEATS)
    pages = await named_rows(connection, "select instance, at from dashboard_heartbeat")
    steps = await named_rows(
        connection,
        # steps without a tick take in rows, and notice no silence
        "select shard, coalesce(max(recorded_at) filter (where tick_at is not null), max(recorded_at))"
        " as at from engine_step group by shard",
    )
    (waits,) = await named_rows(connection, WAITS)
    overdue = await named_rows(connection, _OVERDUE, {"now": now})
    silent = await named_rows(connection, _SILENT, {"before": now - silent_after})
    homes = await named_rows(
        connection,
        "select min(home_id) as home_id from home where mode = 'live' or away group by organisation_id"
        " order by 1",
    )
    return Signs(
        gateways={str(row["gateway"]): row["at"] for row in beats},
        certificates={
            str(row["gateway"]): row["certificate_ends"]
            for row in beats
            if row["certificate_ends"] is not None
        },
        pages={str(row["instance"]): row["at"] for row in pages},
        shards={int(row["shard"]): row["at"] for row in steps},
        finding_waits_s=float(waits["finding_s"]),
        answer_waits_since=waits["answer_since"],
        overdue=tuple(Overdue(**row) for row in overdue),
        silent_homes=tuple(
            SilentHome(home_id=HomeId(row["home_id"]), last_seen=row["last_seen"]) for row in silent
        ),
        homes=tuple(HomeId(row["home_id"]) for row in homes),
    )


async def alerts_of(
    connection: Connection, detector: str, *, since: datetime | None = None
) -> list[StoredAlert]:
    """Return the alerts of a detector that are not resolved, or were opened since then; locked."""
    rows = await named_rows(
        connection,
        "select * from alert where detector = %(detector)s and audience = 'operators'"
        " and (state <> 'resolved' or opened_at >= %(since)s) order by alert_id"
        " for no key update",
        {"detector": detector, "since": since},
    )
    return [stored_alert(row) for row in rows]


# The first in log order behind the cursor, by the index of the log: all before it are the past, and grow.
_BEHIND: LiteralString = (
    " from {table} r where (r.txid, r.{table}_id) > (coalesce((select c.txid from alert_cursor c"
    " where c.reader = '{table}'), '0'::xid8), coalesce((select c.sequence from alert_cursor c"
    " where c.reader = '{table}'), 0)) order by r.txid, r.{table}_id limit 1)"
)
WAITS: LiteralString = (
    "select coalesce((select extract(epoch from now() - r.recorded_at)"
    + _BEHIND.replace("{table}", "finding")
    + ", 0)::float8 as finding_s, (select r.at"
    + _BEHIND.replace("{table}", "response")
    + " as answer_since"
)
"""How old the oldest finding is that alerting has not taken in, and since when an answer waits."""
# Never attempted, or held by a worker that died: what is tried again and again is told as a channel's fault.
_OVERDUE: LiteralString = (
    "select d.channel, count(*) as messages, min(greatest(d.next_try_at, d.lease_until)) as since"
    " from delivery d join alert a using (alert_id) where a.state = 'open'"
    " and (d.state = 'pending' and d.attempts = 0 and d.next_try_at < %(now)s"
    "  or d.state = 'sending' and d.lease_until < %(now)s)"
    " group by d.channel order by d.channel"
)
_SILENT: LiteralString = (
    "select h.home_id, max(p.last_seen) as last_seen from home h join device d using (home_id)"
    " join presence p using (device_id) where (h.mode = 'live' or h.away) and d.retired_at is null"
    " group by h.home_id having max(p.last_seen) < %(before)s and not exists ("
    "  select 1 from alert a where a.home_id = h.home_id and a.detector = 'liveness'"
    "  and a.subject = 'home' and (a.state <> 'resolved' or a.opened_at >= max(p.last_seen)))"
    " order by h.home_id"
)
