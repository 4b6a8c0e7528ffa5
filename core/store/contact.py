"""Tests of a way to a carer, and word that one has ended: deliveries without an alert.

Written by the alerting service; what a carer asks for comes from `core.store.reach`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.ids import DeliveryId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.model.ids import CarerId
    from core.store.pool import Connection

WAKEUP = "contact_test"
"""NOTIFY channel of a test that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the running alerting service says of one of its channels."""

    channel: str
    title: str
    #: Word of `core.model.address.AddressKind`.
    takes: str
    wakes: bool
    #: Settings that are missing for it to work; empty when it is ready.
    lacks: str = ""
    #: Key that browsers need to subscribe; empty for other channels.
    public_key: str = ""


async def publish_offers(connection: Connection, offers: Sequence[Offer], now: datetime) -> None:
    """Let the pages know which channels there are."""
    await connection.execute(
        "delete from channel_offer where channel <> all(%s)", ([one.channel for one in offers],)
    )
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into channel_offer (channel, title, takes, wakes, lacks, public_key, at)"
            " values (%s, %s, %s, %s, %s, %s, %s) on conflict (channel) do update set"
            " title = excluded.title, takes = excluded.takes, wakes = excluded.wakes,"
            " lacks = excluded.lacks, public_key = excluded.public_key, at = excluded.at",
            [(o.channel, o.title, o.takes, o.wakes, o.lacks, o.public_key, now) for o in offers],
        )


async def take_tests(connection: Connection, now: datetime) -> int:
    """Put the tests that carers asked for into the outbox; return how many."""
    cursor = await connection.execute(
        "insert into delivery (kind, test_id, carer_id, channel, step, next_try_at, created_at)"
        " select 'test', t.test_id, t.carer_id, t.channel, 0, %(now)s, %(now)s from contact_test t"
        " where t.asked_at > %(now)s::timestamptz - interval '1 hour'"
        " and not exists (select 1 from delivery d where d.test_id = t.test_id)"
        " order by t.test_id on conflict do nothing",
        {"now": now},
    )
    return cursor.rowcount


async def send_test(
    connection: Connection, carer_id: CarerId, channel: str, now: datetime
) -> DeliveryId:
    """Put a test to all addresses that a channel has of a person into the outbox."""
    cursor = await connection.execute(
        "insert into delivery (kind, carer_id, channel, step, next_try_at, created_at)"
        " values ('test', %s, %s, 0, %s, %s) returning delivery_id",
        (carer_id, channel, now, now),
    )
    (number,) = await cursor.fetchone() or (0,)
    return DeliveryId(number)


async def lose_contact(connection: Connection, contact_id: int, reason: str, now: datetime) -> bool:
    """Note that an address has ended, and tell its owner by every other way; False when known."""
    cursor = await connection.execute(
        "insert into lost_contact (contact_id, lost_at, reason) values (%s, %s, %s)"
        " on conflict do nothing",
        (contact_id, now, reason),
    )
    if cursor.rowcount == 0:
        return False
    await connection.execute(
        "insert into delivery (kind, carer_id, channel, step, next_try_at, created_at)"
        " select distinct 'lost', p.carer_id, p.channel, 0, %(now)s::timestamptz,"
        " %(now)s::timestamptz from live_contact p join own_contact o using (carer_id)"
        " where o.contact_id = %(contact)s",
        {"contact": contact_id, "now": now},
    )
    return True


async def has_left(connection: Connection, carer_id: CarerId) -> bool:
    """Tell whether somebody is not to be told of anything any more."""
    cursor = await connection.execute(
        "select 1 from carer where carer_id = %s and disabled_at is not null", (carer_id,)
    )
    return await cursor.fetchone() is not None
