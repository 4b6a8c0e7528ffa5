"""Deliveries: the outbox. Claimed by lease, sent, then marked; any worker may die at any line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString, Protocol

from psycopg.rows import dict_row

from core.model.finding import Audience, DeliveryState, Severity
from core.model.ids import AlertId, CarerId, DeliveryId, HomeId
from core.model.said import said
from core.store.watching import NEWEST

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
class Contact:
    """One address by which a channel reaches a person."""

    #: Number of an address that the person added; None for the one that the organisation registered.
    contact_id: int | None
    #: Works like a password: never in logs.
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that this worker holds until its lease ends."""

    delivery_id: DeliveryId
    #: ``alert``, ``test``, ``lost`` (another way has ended) or one of `core.model.watching.NoticeKind`.
    kind: str
    #: None for what is not about an alert.
    alert_id: AlertId | None
    #: None for what is about no home either.
    home_id: HomeId | None
    carer_id: CarerId
    channel: str
    step: int
    #: Number of this attempt, from 1: a later claim has a higher one.
    attempt: int
    created_at: datetime
    lease_until: datetime
    #: Where the channel reaches the person; none when all were taken away since.
    contacts: tuple[Contact, ...]
    severity: Severity
    audience: Audience
    #: True when the cause has gone since.
    cleared: bool
    #: True when it asks the person who answered before the news got worse.
    asked: bool
    #: True when this alert has told somebody before, in this run of its escalation.
    repeated: bool
    #: How much the reader chose to be told of a person: ``nothing``, ``name`` or ``sentence``.
    detail: str = "nothing"
    #: First name of the resident. Personal, as is the sentence of the alert.
    resident: str = ""
    what: str = ""
    #: Language that the reader chose for messages, empty for none; what their browser asks for.
    language: str = ""
    heard: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who claims, for which channel, and how much."""

    channel: str
    holder: str
    limit: int
    now: datetime
    lease_until: datetime
    #: Messages to one person in 15 minutes at most; 0 for no limit.
    most_in_quarter: int = 0


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
    "((d.kind <> 'alert' and "
    + NEWEST
    + " or a.state = 'open' and (a.cleared_at is null or a.severity = 'urgent')"
    # what was asked for before an answer is over, also where it was under way then (0288)
    "  and d.step >= coalesce((a.policy->>'stopped_below')::integer, 0)"
    " or a.state = 'acknowledged' and a.cleared_at is null"
    "  and (a.policy->>'asked')::bigint = d.carer_id"
    "  and d.step >= (a.policy->>'first_step')::integer)"
    # family that left the circle is told nothing more of it, not by what waited either
    " and (d.kind <> 'alert' or not exists (select 1 from carer c where c.carer_id = d.carer_id"
    "  and c.role = 'family_carer' and not exists (select 1 from care k"
    "   where k.carer_id = c.carer_id and k.home_id = a.home_id))))"
)
_FREE: LiteralString = "(d.state = 'pending' or d.state = 'sending' and d.lease_until <= %(now)s)"
# An answer that is committed and not yet read stops the sending, though only its reader may judge it.
_UNANSWERED: LiteralString = (
    "not exists (select 1 from response r where r.alert_id = d.alert_id"
    " and r.kind in ('acknowledge', 'resolve', 'take_over') and not exists (select 1 from alert_cursor c"
    " where c.reader = 'response' and (r.txid, r.response_id) <= (c.txid, c.sequence)))"
)
# One at a time to one person by one channel, so that an address that hangs holds one worker, not all.
_ALONE: LiteralString = (
    "not exists (select 1 from delivery o where o.carer_id = d.carer_id and o.channel = d.channel"
    " and o.state = 'sending' and o.lease_until > %(now)s)"
)
_FIRST: LiteralString = "d.step = coalesce((a.policy->>'first_step')::integer, 0)"
# So many messages that a phone is switched off help nobody; the first word of an urgent alert always goes.
_ALLOWED: LiteralString = (
    "(%(most)s = 0 or d.kind = 'alert' and a.severity = 'urgent' and "
    + _FIRST
    + " or (select count(*) from delivery o where o.carer_id = d.carer_id"
    " and o.channel = d.channel and o.sent_at > %(now)s::timestamptz - interval '15 minutes')"
    " < %(most)s)"
)
_LAST_TOLD: LiteralString = (
    "(select max(o.sent_at) from delivery o where o.carer_id = d.carer_id"
    " and o.channel = d.channel and o.sent_at is not null)"
)
# First attempts before retries, alerts before tests, urgent before the rest, the first word of an alert
# before its repeats; then whoever was told longest ago.
_QUEUE: LiteralString = (
    "(d.attempts > 0)::int * 8 + (d.kind <> 'alert')::int * 4 + (a.severity <> 'urgent')::int * 2"
    " + (not " + _FIRST + ")::int"
)
_CLAIM: LiteralString = (
    "with line as ("
    " select d.delivery_id, d.carer_id, d.created_at, coalesce("
    + _QUEUE
    + ", 4) as place, "
    + _LAST_TOLD
    + " as told_at from delivery d left join alert a using (alert_id)"
    " where d.channel = %(channel)s and d.state in ('pending', 'sending')"
    " and d.next_try_at <= %(now)s and "
    + _FREE
    + " and "
    + _WANTED
    + " and "
    + _UNANSWERED
    + " and "
    + _ALONE
    + " and "
    + _ALLOWED
    + "), turn as ("
    " select distinct on (carer_id) * from line order by carer_id, place, created_at, delivery_id"
    "), mine as ("
    " select d.delivery_id from delivery d join turn using (delivery_id)"
    " where "
    + _FREE
    + " order by turn.place, turn.told_at nulls first, turn.created_at, turn.delivery_id"
    " limit %(limit)s for update of d skip locked"
    "), taken as ("
    " update delivery d set state = 'sending', attempts = d.attempts + 1,"
    " lease_until = %(lease_until)s, lease_holder = %(holder)s"
    " from mine where d.delivery_id = mine.delivery_id returning d.*"
    "), noted as ("
    " insert into delivery_attempt (delivery_id, attempt, started_at)"
    " select delivery_id, attempts, %(now)s from taken"
    ") select d.delivery_id, d.kind, d.alert_id, coalesce(a.home_id, (select n.home_id"
    "  from watch_message m join watch_notice n using (notice_id) where m.delivery_id = d.delivery_id"
    "  order by n.notice_id limit 1)) as home_id, d.carer_id, d.channel, d.step,"
    " d.attempts as attempt, d.created_at, d.lease_until, coalesce(a.severity, 'check') as severity,"
    " coalesce(a.audience, 'carers') as audience,"
    " a.cleared_at is not null as cleared, coalesce(a.state = 'acknowledged', false) as asked,"
    " coalesce(not " + _FIRST + ", false) as repeated, coalesce(t.detail, 'nothing') as detail,"
    " coalesce(t.language, '') as language, coalesce(t.heard, '') as heard,"
    " coalesce(split_part((select r.name from resident r where r.resident_id = a.resident_id),"
    " ' ', 1), '') as resident, jsonb_build_array(coalesce(a.what, ''), a.said->'what') as what,"
    " (select coalesce(jsonb_agg(jsonb_build_array(p.contact_id, p.address)"
    "  order by p.contact_id nulls first), '[]') from live_contact p"
    "  where p.carer_id = d.carer_id and p.channel = d.channel and (d.test_id is null or p.contact_id"
    "  is not distinct from (select x.contact_id from contact_test x where x.test_id = d.test_id)))"
    " as contacts from taken d left join alert a using (alert_id) join turn using (delivery_id)"
    " left join telling_choice t on t.carer_id = d.carer_id"
    " order by turn.place, turn.told_at nulls first, turn.created_at, d.delivery_id"
)


async def request(
    connection: Connection, alert_id: AlertId, requests: Sequence[Wanted], now: datetime
) -> None:
    """Put deliveries into the outbox; those that are there already stay as they are.

    An older delivery to the same person by the same channel that keeps failing or being held ends here:
    the newer one says the same.
    """
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into delivery (alert_id, carer_id, channel, step, next_try_at, created_at)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            [(alert_id, r.carer_id, r.channel, r.step, now, now) for r in requests],
        )
        await cursor.executemany(
            "update delivery d set state = 'failed', error = 'a later step took over'"
            " from alert a where d.alert_id = %s and a.alert_id = d.alert_id and carer_id = %s"
            " and channel = %s and step < %s and d.state = 'pending' and (attempts > 0 or step >"
            " coalesce((a.policy->>'first_step')::integer, 0))",
            [(alert_id, r.carer_id, r.channel, r.step) for r in requests],
        )


async def told(
    connection: Connection, alerts: Sequence[AlertId]
) -> dict[AlertId, tuple[ToldEntry, ...]]:
    """Return of each of these alerts, for each person and channel, the newest delivery."""
    cursor = await connection.execute(
        "select distinct on (alert_id, carer_id, channel) alert_id, carer_id, channel, step, state"
        " from delivery where alert_id = any(%s) order by alert_id, carer_id, channel, step desc",
        (list(alerts),),
    )
    found: dict[AlertId, tuple[ToldEntry, ...]] = dict.fromkeys(alerts, ())
    for alert_id, carer, channel, step, state in await cursor.fetchall():
        entry = ToldEntry(carer_id=carer, channel=channel, step=step, state=DeliveryState(state))
        found[alert_id] = (*found[alert_id], entry)
    return found


async def cancel(connection: Connection, alerts: Sequence[AlertId]) -> int:
    """Cancel what nobody needs to be told any more about these alerts; return how many."""
    asked = "d.alert_id = any(%(alerts)s) and d.state = 'pending'"
    return await _cancel(connection, asked, {"alerts": list(alerts)})


async def cancel_unwanted(connection: Connection, now: datetime) -> int:
    """Cancel what is due and not needed any more, also where a worker died over it."""
    return await _cancel(connection, "d.next_try_at <= %(now)s and " + _FREE, {"now": now})


async def claim(connection: Connection, wanted: Claim) -> list[ClaimedDelivery]:
    """Take due deliveries of one channel for this worker until its lease ends.

    First attempts come before retries, alerts before tests, urgent ones before the rest, the first word
    of an alert before its repeats, who was told longest ago before others; one at a time for each person.
    What is beyond the channel's limit for one person waits, except the first word of an urgent alert.
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
            "most": wanted.most_in_quarter,
        },
    )
    claimed = [_claimed(row) for row in await cursor.fetchall()]
    await _note_lost(connection, claimed, wanted.now)
    return claimed


async def finish(connection: Connection, ended: Sequence[tuple[ClaimedDelivery, Ending]]) -> None:
    """Note how attempts ended; one whose lease was lost to another worker meanwhile stays as it is."""
    values = [
        {
            "state": ending.state.value,
            "result": ending.result,
            "error": ending.error,
            "next": ending.next_try_at,
            "reference": ending.reference or None,
            "at": ending.at,
            "delivery": claimed.delivery_id,
            "attempt": claimed.attempt,
        }
        for claimed, ending in ended
    ]
    async with connection.cursor() as cursor:
        await cursor.executemany(_FINISH, values)
    over = {DeliveryState.SENT, DeliveryState.FAILED}
    alerts = {str(claimed.alert_id) for claimed, ending in ended if ending.state in over}
    await connection.execute(
        "select pg_notify('alert', number) from unnest(%s::text[]) as n(number)",
        (sorted(alerts - {"None"}),),
    )


_FINISH: LiteralString = (
    # what went out but was written down only after another worker had it is no second sending by mistake
    "with attempt as (update delivery_attempt set ended_at = %(at)s, result = case when"
    " result = 'lost' and %(result)s = 'sent' then 'sent_late' else %(result)s end,"
    " error = %(error)s where delivery_id = %(delivery)s and attempt = %(attempt)s)"
    " update delivery set state = case when %(state)s = 'sent' and provider_state = 'failed'"
    " then 'failed' else %(state)s end, error = case when %(state)s = 'sent' and"
    " provider_state = 'failed' then error else %(error)s end, lease_until = null,"
    " lease_holder = null, next_try_at = coalesce(%(next)s, next_try_at),"
    " provider_reference = coalesce(%(reference)s, provider_reference),"
    " sent_at = case when %(state)s = 'sent' then %(at)s::timestamptz else sent_at end"
    " where delivery_id = %(delivery)s and attempts = %(attempt)s and state = 'sending'"
)


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
        "select distinct channel from live_contact where channel <> all(%s) order by 1",
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


def _claimed(row: dict[str, Any]) -> ClaimedDelivery:
    contacts = tuple(Contact(contact_id=number, address=text) for number, text in row["contacts"])
    row["severity"], row["audience"] = Severity(row["severity"]), Audience(row["audience"])
    return ClaimedDelivery(**row | {"contacts": contacts, "what": said(*row["what"])})


async def _note_lost(
    connection: Connection, claimed: Sequence[ClaimedDelivery], now: datetime
) -> None:
    """Note the attempts that ended with their worker."""
    again = [(now, c.delivery_id, c.attempt) for c in claimed if c.attempt > 1]
    if not again:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "update delivery_attempt set ended_at = %s, result = 'lost'"
            " where delivery_id = %s and attempt < %s and result = 'started'",
            again,
        )
