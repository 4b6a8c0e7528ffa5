"""How a person is told: the own addresses, tests of them, and how much a message may say.

Written by the dashboard, inside `core.store.account.acting`: everybody sees and changes the own rows only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

from psycopg.rows import dict_row

from core.model.ids import DeliveryId
from core.store.contact import WAKEUP, Offer
from core.store.listen import notify

if TYPE_CHECKING:
    from core.model.ids import CarerId
    from core.store.pool import Connection

DETAILS = ("nothing", "name", "sentence")
"""How much a message may say of a person; the first where nobody has chosen."""
MOST_TESTS = 6
TESTS_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One address by which a person can be told, and what became of the last test of it."""

    channel: str
    #: None for an address that the organisation registered.
    contact_id: int | None
    #: Personal, and works like a password.
    address: str
    label: str
    #: When its service said that it is gone for good.
    lost_at: datetime | None
    #: When a test was last asked for; None for never.
    asked_at: datetime | None
    #: The delivery of that test; None while it is not on its way.
    delivery_id: DeliveryId | None
    #: State of that delivery, and why it failed.
    state: str
    error: str
    sent_at: datetime | None
    delivered_at: datetime | None
    #: When the person confirmed that it arrived.
    seen_at: datetime | None


async def offers(connection: Connection) -> dict[str, Offer]:
    """Return the channels of the running alerting service, by name."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select channel, title, takes, wakes, lacks, public_key from channel_offer order by channel"
    )
    return {row["channel"]: Offer(**row) for row in await cursor.fetchall()}


async def ways(connection: Connection) -> list[Way]:
    """Return all addresses of the person, those of the organisation first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "with way as (select carer_id, channel, null::bigint as contact_id, address, '' as label,"
        "  null::timestamptz as lost_at, '-infinity'::timestamptz as since from contact_point"
        " union all select o.carer_id, o.channel, o.contact_id, o.address, o.label, l.lost_at, o.created_at"
        "  from own_contact o left join lost_contact l using (contact_id) where o.removed_at is null)"
        " select w.channel, w.contact_id, w.address, w.label, w.lost_at,"
        " coalesce(t.asked_at, d.created_at) as asked_at, d.delivery_id,"
        " coalesce(d.state, '') as state, coalesce(d.error, '') as error, d.sent_at, d.delivered_at,"
        " coalesce(s.at, d.answered_at) as seen_at from way w"
        " left join lateral (select * from contact_test t where t.channel = w.channel"
        "  and t.contact_id is not distinct from w.contact_id order by t.test_id desc limit 1) t on true"
        " left join lateral (select d.* from delivery d where d.kind = 'test'"
        "  and d.carer_id = w.carer_id and d.channel = w.channel"
        "  and (d.test_id = t.test_id or d.test_id is null"
        "   and d.created_at >= w.since and d.created_at > coalesce(t.asked_at, '-infinity'))"
        "  order by d.delivery_id desc limit 1) d on true"
        " left join delivery_seen s using (delivery_id)"
        " order by w.contact_id nulls first, w.channel"
    )
    return [Way(**row) for row in await cursor.fetchall()]


async def add_contact(
    connection: Connection, carer_id: CarerId, channel: str, address: str, label: str, now: datetime
) -> None:
    """Add an address; one that is there and works stays as it is, one that was lost begins anew."""
    values = {"carer": carer_id, "channel": channel, "address": address, "label": label, "now": now}
    await connection.execute(
        "update own_contact o set removed_at = %(now)s where carer_id = %(carer)s"
        " and channel = %(channel)s and address = %(address)s and removed_at is null"
        " and exists (select 1 from lost_contact l where l.contact_id = o.contact_id)",
        values,
    )
    await connection.execute(
        "insert into own_contact (carer_id, channel, address, label, created_at)"
        " values (%(carer)s, %(channel)s, %(address)s, %(label)s, %(now)s) on conflict do nothing",
        values,
    )


async def remove_contact(
    connection: Connection, carer_id: CarerId, contact_id: int, now: datetime
) -> bool:
    """Take an own address out of use; False when there is none of this number."""
    cursor = await connection.execute(
        "update own_contact set removed_at = %s where contact_id = %s and carer_id = %s"
        " and removed_at is null",
        (now, contact_id, carer_id),
    )
    return cursor.rowcount == 1


async def ask_test(connection: Connection, carer_id: CarerId, way: Way, now: datetime) -> bool:
    """Ask for a test message; False after too many within a short time."""
    cursor = await connection.execute(
        "insert into contact_test (carer_id, channel, contact_id, asked_at)"
        " select %(carer)s, %(channel)s, %(contact)s, %(now)s where (select count(*)"
        "  from contact_test where carer_id = %(carer)s and asked_at > %(since)s) < %(most)s",
        {
            "carer": carer_id,
            "channel": way.channel,
            "contact": way.contact_id,
            "now": now,
            "since": now - TESTS_WITHIN,
            "most": MOST_TESTS,
        },
    )
    if cursor.rowcount:
        await notify(connection, WAKEUP)
    return cursor.rowcount == 1


async def is_own_test(connection: Connection, carer_id: CarerId, delivery_id: DeliveryId) -> bool:
    """Tell whether this is a test that went to this person."""
    cursor = await connection.execute(
        "select 1 from delivery where delivery_id = %s and carer_id = %s and kind = 'test'",
        (delivery_id, carer_id),
    )
    return await cursor.fetchone() is not None


async def confirm(
    connection: Connection, carer_id: CarerId, delivery_id: DeliveryId, now: datetime
) -> None:
    """Note that a test arrived."""
    await connection.execute(
        "insert into delivery_seen (delivery_id, carer_id, at) values (%s, %s, %s)"
        " on conflict do nothing",
        (delivery_id, carer_id, now),
    )


async def language_of(connection: Connection, carer_id: CarerId) -> tuple[str, str]:
    """Return the language that a reader chose, empty for none, and what their browser asks for."""
    cursor = await connection.execute(
        "select language, heard from telling_choice where carer_id = %s", (carer_id,)
    )
    row = await cursor.fetchone()
    return ("", "") if row is None else (str(row[0]), str(row[1]))


async def choose_language(
    connection: Connection, carer_id: CarerId, language: str, now: datetime
) -> None:
    """Note in which language messages come: its tag, or nothing for what the browser asks for."""
    await _choose(connection, carer_id, "language", language, now)


async def _choose(
    connection: Connection, carer_id: CarerId, column: LiteralString, wanted: str, now: datetime
) -> None:
    """Note one choice of a reader; the others stay."""
    await connection.execute(
        f"insert into telling_choice (carer_id, {column}, changed_at) values (%s, %s, %s)"
        f" on conflict (carer_id) do update set {column} = excluded.{column},"
        " changed_at = excluded.changed_at",
        (carer_id, wanted, now),
    )


async def note_heard(connection: Connection, wish: str, now: datetime) -> None:
    """Note which languages the browser of the named person asks for; no wish changes nothing."""
    if wish:
        await connection.execute("select note_heard(%s, %s)", (wish, now))


async def detail_of(connection: Connection, carer_id: CarerId) -> str:
    """Return how much a message may say of a person to this reader."""
    cursor = await connection.execute(
        "select detail from telling_choice where carer_id = %s", (carer_id,)
    )
    row = await cursor.fetchone()
    return DETAILS[0] if row is None else str(row[0])


async def choose_detail(
    connection: Connection, carer_id: CarerId, detail: str, now: datetime
) -> None:
    """Note how much a message may say, one of `DETAILS`."""
    await _choose(connection, carer_id, "detail", detail, now)
