"""Deliveries: the outbox. Claimed by lease, sent, then marked; any worker may die at any line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString, Protocol

from psycopg.rows import dict_row

from core.model.finding import Audience, DeliveryState, Severity
from core.model.ids import AlertId, CarerId, DeliveryId, HomeId
from core.store.listen import notify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection


class Wanted(Protocol):
    """A delivery to be made."""

    @property
    def step(self) -> int:
        """Round of the escalation."""
        ...

    @property
    def carer_id(self) -> CarerId:
        """Who is told."""
        ...

    @property
    def channel(self) -> str:
        """By which channel."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEntry:
    """The newest delivery of an alert to one person by one channel."""

    carer_id: CarerId
    channel: str
    step: int
    state: DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that this worker holds until its lease ends."""

    delivery_id: DeliveryId
    alert_id: AlertId
    home_id: HomeId
    carer_id: CarerId
    channel: str
    step: int
    #: Number of this attempt, from 1: a later claim has a higher one.
    attempt: int
    created_at: datetime
    lease_until: datetime
    #: Where the channel reaches the person; None when it was taken away since.
    address: str | None
    severity: Severity
    audience: Audience
    #: True when the cause has gone since.
    cleared: bool
    #: True when it asks the person who answered before the news got worse.
    asked: bool
    #: True when this alert has told somebody before, in this run of its escalation.
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who claims, for which channel, and how much."""

    channel: str
    holder: str
    limit: int
    now: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended."""

    state: DeliveryState
    at: datetime
    #: ``sent``, ``temporary`` or ``permanent``.
    result: str
    error: str = ""
    reference: str = ""
    #: With the state ``pending``: when to try again.
    next_try_at: datetime | None = None


_WANTED: LiteralString = (
    "(a.state = 'open' and (a.cleared_at is null or a.severity = 'urgent')"
    " or a.state = 'acknowledged' and a.cleared_at is null"
    "  and (a.policy->>'asked')::bigint = d.carer_id"
    "  and d.step >= (a.policy->>'first_step')::integer)"
)
_FREE: LiteralString = "(d.state = 'pending' or d.state = 'sending' and d.lease_until <= %(now)s)"
# An answer that is committed and not yet read stops the sending at once, though only the reader of the
# answers may judge what it means.
_UNANSWERED: LiteralString = (
    "not exists (select 1 from response r where r.alert_id = d.alert_id"
    " and r.kind in ('acknowledge', 'resolve') and not exists (select 1 from alert_cursor c"
    " where c.reader = 'response' and (r.txid, r.response_id) <= (c.txid, c.sequence)))"
)
# One at a time to one person by one channel, so that an address that hangs holds one worker, not all.
_ALONE: LiteralString = (
    "not exists (select 1 from delivery o where o.carer_id = d.carer_id and o.channel = d.channel"
    " and o.state = 'sending' and o.lease_until > %(now)s)"
)
# First attempts before retries, urgent before the rest, the first word of an alert before its repeats.
_QUEUE: LiteralString = (
    "d.attempts > 0, a.severity <> 'urgent',"
    " d.step <> coalesce((a.policy->>'first_step')::integer, 0), d.created_at, d.delivery_id"
)
_CLAIM: LiteralString = (
    "with line as ("
    " select d.delivery_id, row_number() over (order by " + _QUEUE + ") as place,"
    " row_number() over (partition by d.carer_id order by " + _QUEUE + ") as turn"
    " from delivery d join alert a using (alert_id)"
    " where d.channel = %(channel)s and d.state in ('pending', 'sending')"
    " and d.next_try_at <= %(now)s and "
    + _FREE
    + " and "
    + _WANTED
    + " and "
    + _UNANSWERED
    + " and "
    + _ALONE
    + "), mine as ("
    " select d.delivery_id from delivery d join line using (delivery_id)"
    " where line.turn = 1 and "
    + _FREE
    + " order by line.place limit %(limit)s for update of d skip locked"
    ") update delivery d set state = 'sending', attempts = d.attempts + 1,"
    " lease_until = %(lease_until)s, lease_holder = %(holder)s"
    " from mine, alert a where d.delivery_id = mine.delivery_id and a.alert_id = d.alert_id"
    " returning d.delivery_id, d.alert_id, a.home_id, d.carer_id, d.channel, d.step,"
    " d.attempts as attempt, d.created_at, d.lease_until, a.severity, a.audience,"
    " a.cleared_at is not null as cleared, a.state = 'acknowledged' as asked,"
    " d.step > coalesce((a.policy->>'first_step')::integer, 0) as repeated,"
    " (select address from contact_point p where p.carer_id = d.carer_id"
    "  and p.channel = d.channel) as address"
)


async def request(
    connection: Connection, alert_id: AlertId, requests: Sequence[Wanted], now: datetime
) -> None:
    """Put deliveries into the outbox; those that are there already stay as they are.

    An older delivery to the same person by the same channel that keeps failing ends here: the newer
    one says the same.
    """
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into delivery (alert_id, carer_id, channel, step, next_try_at, created_at)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            [(alert_id, r.carer_id, r.channel, r.step, now, now) for r in requests],
        )
        await cursor.executemany(
            "update delivery set state = 'failed', error = 'a later step took over'"
            " where alert_id = %s and carer_id = %s and channel = %s and step < %s"
            " and state = 'pending' and attempts > 0",
            [(alert_id, r.carer_id, r.channel, r.step) for r in requests],
        )


async def told(connection: Connection, alert_id: AlertId) -> tuple[ToldEntry, ...]:
    """Return, for each person and channel, the newest delivery of an alert."""
    cursor = await connection.execute(
        "select distinct on (carer_id, channel) carer_id, channel, step, state from delivery"
        " where alert_id = %s order by carer_id, channel, step desc",
        (alert_id,),
    )
    return tuple(
        ToldEntry(
            carer_id=CarerId(carer_id), channel=channel, step=step, state=DeliveryState(state)
        )
        for carer_id, channel, step, state in await cursor.fetchall()
    )


async def cancel(connection: Connection, alert_id: AlertId) -> int:
    """Cancel what nobody needs to be told any more about one alert; return how many."""
    return await _cancel(
        connection, "d.alert_id = %(alert_id)s and d.state = 'pending'", {"alert_id": alert_id}
    )


async def cancel_unwanted(connection: Connection, now: datetime) -> int:
    """Cancel what is due and not needed any more, also where a worker died over it."""
    return await _cancel(connection, "d.next_try_at <= %(now)s and " + _FREE, {"now": now})


async def claim(connection: Connection, wanted: Claim) -> list[ClaimedDelivery]:
    """Take due deliveries of one channel for this worker until its lease ends.

    First attempts come before retries, urgent ones before the rest, the first word of an alert before
    its repeats, older before newer; one at a time for each person.
    """
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _CLAIM,
        {
            "channel": wanted.channel,
            "now": wanted.now,
            "limit": wanted.limit,
            "holder": wanted.holder,
            "lease_until": wanted.lease_until,
        },
    )
    claimed = [
        ClaimedDelivery(
            **(row | {"severity": Severity(row["severity"]), "audience": Audience(row["audience"])})
        )
        for row in await cursor.fetchall()
    ]
    await _note_attempts(connection, claimed, wanted.now)
    return claimed


async def finish(connection: Connection, claimed: ClaimedDelivery, ending: Ending) -> bool:
    """Note how an attempt ended; False when the lease was lost to another worker meanwhile."""
    await connection.execute(
        "update delivery_attempt set ended_at = %s, result = %s, error = %s"
        " where delivery_id = %s and attempt = %s",
        (ending.at, ending.result, ending.error, claimed.delivery_id, claimed.attempt),
    )
    cursor = await connection.execute(
        "update delivery set state = %(state)s, error = %(error)s, lease_until = null,"
        " lease_holder = null, next_try_at = coalesce(%(next)s, next_try_at),"
        " provider_reference = coalesce(%(reference)s, provider_reference),"
        " sent_at = case when %(state)s = 'sent' then %(at)s::timestamptz else sent_at end"
        " where delivery_id = %(delivery)s and attempts = %(attempt)s and state = 'sending'",
        {
            "state": ending.state.value,
            "error": ending.error,
            "next": ending.next_try_at,
            "reference": ending.reference or None,
            "at": ending.at,
            "delivery": claimed.delivery_id,
            "attempt": claimed.attempt,
        },
    )
    if ending.state in {DeliveryState.SENT, DeliveryState.FAILED}:
        await notify(connection, "alert", str(claimed.alert_id))
    return cursor.rowcount == 1


async def waiting(connection: Connection, now: datetime) -> dict[str, tuple[int, float]]:
    """Return per channel how many deliveries wait and for how many seconds the oldest is due."""
    cursor = await connection.execute(
        "select channel, count(*), coalesce(extract(epoch from %s - min(next_try_at)), 0)::float8"
        " from delivery where state in ('pending', 'sending') group by channel",
        (now,),
    )
    return {
        channel: (count, max(0.0, overdue_s))
        for channel, count, overdue_s in await cursor.fetchall()
    }


async def unknown_channels(connection: Connection, known: Sequence[str]) -> list[str]:
    """Return channels that carers have addresses for and that this version does not have."""
    cursor = await connection.execute(
        "select distinct channel from contact_point where channel <> all(%s) order by channel",
        (list(known),),
    )
    return [row[0] for row in await cursor.fetchall()]


async def _cancel(
    connection: Connection, condition: LiteralString, values: dict[str, object]
) -> int:
    cursor = await connection.execute(
        "with gone as (select d.delivery_id from delivery d join alert a using (alert_id)"
        " where d.state in ('pending', 'sending') and "
        + _WANTED
        + " is not true and "
        + condition
        + " for update of d skip locked)"
        " update delivery d set state = 'cancelled', lease_until = null, lease_holder = null"
        " from gone where d.delivery_id = gone.delivery_id",
        values,
    )
    return cursor.rowcount


async def _note_attempts(
    connection: Connection, claimed: Sequence[ClaimedDelivery], now: datetime
) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "update delivery_attempt set ended_at = %s, result = 'lost'"
            " where delivery_id = %s and attempt < %s and result = 'started'",
            [(now, c.delivery_id, c.attempt) for c in claimed if c.attempt > 1],
        )
        await cursor.executemany(
            "insert into delivery_attempt (delivery_id, attempt, started_at) values (%s, %s, %s)",
            [(c.delivery_id, c.attempt, now) for c in claimed],
        )
