"""What providers and phones say after a message was handed over. Written by the alerting service only.

A sequence that only grows orders it, so that a callback that comes late or twice changes nothing
(docs/decisions/0144).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, LiteralString

from core.model.ids import AlertId, CarerId, DeliveryId
from core.store.alert import look_again
from core.store.listen import notify

if TYPE_CHECKING:
    from core.store.pool import Connection


class ProviderState(StrEnum):
    """How far a provider says that a message got. None of it is an answer of a human but the last."""

    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    """Or a call that something picked up: a person or a machine."""
    ANSWERED = "answered"
    """Somebody pressed the key, or wrote back."""

    @property
    def sequence(self) -> int:
        """Place in the order: what has a smaller one comes too late."""
        return 1 + list(ProviderState).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """One callback."""

    delivery_id: DeliveryId
    state: ProviderState
    at: datetime
    #: The provider's own name for the message.
    reference: str = ""
    #: What it says beside, e.g. a code of an error; no personal detail.
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A delivery that somebody may answer by phone."""

    delivery_id: DeliveryId
    #: None for what is not about an alert.
    alert_id: AlertId | None
    carer_id: CarerId
    channel: str
    #: When it was asked for: it tells of nothing later.
    created_at: datetime
    #: Language that the person chose, and what their browser asks for, as in `core.store.delivery`.
    language: str = ""
    heard: str = ""


_SENT: LiteralString = (
    "select d.delivery_id, d.alert_id, d.carer_id, d.channel, d.created_at, coalesce(t.language, ''),"
    " coalesce(t.heard, '') from delivery d left join telling_choice t on t.carer_id = d.carer_id"
)


async def delivery_with(connection: Connection, delivery_id: DeliveryId) -> Sent | None:
    """Return a delivery; None when there is none of this number."""
    cursor = await connection.execute(
        _SENT + " where d.delivery_id = %s",
        (delivery_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else _sent(row)


async def sent_to(
    connection: Connection, address: str, channels: tuple[str, ...], since: datetime
) -> list[Sent]:
    """Return what was sent to an address since then, newest first: what a reply from it may mean."""
    cursor = await connection.execute(
        _SENT
        # an address that was registered before they were checked may hold spaces
        + " join live_contact p on p.carer_id = d.carer_id and p.channel = d.channel"
        " where translate(p.address, ' ().-/', '') = %s"
        " and d.channel = any(%s) and d.created_at >= %s and d.attempts > 0"
        " order by d.delivery_id desc limit 50",
        (address, list(channels), since),
    )
    return [_sent(row) for row in await cursor.fetchall()]


async def note_event(connection: Connection, event: ProviderEvent) -> bool:
    """Write a callback down; return False where it comes too late to change anything.

    A message that could not be brought to its address has failed, and its escalation looks at once for
    somebody else. One that was brought has not been read for that.
    """
    await connection.execute(
        "insert into provider_event (delivery_id, at, state, sequence, reference, detail)"
        " values (%s, %s, %s, %s, %s, %s)",
        (
            event.delivery_id,
            event.at,
            event.state.value,
            event.state.sequence,
            event.reference[:200],
            event.detail[:200],
        ),
    )
    cursor = await connection.execute(
        "update delivery set provider_state = %(state)s, provider_sequence = %(sequence)s,"
        " provider_reference = coalesce(nullif(%(reference)s, ''), provider_reference),"
        " delivered_at = case when %(state)s in ('delivered', 'answered')"
        "  then coalesce(delivered_at, %(at)s::timestamptz) else delivered_at end,"
        " answered_at = case when %(state)s = 'answered' then %(at)s::timestamptz end,"
        " state = case when %(state)s = 'failed' and state = 'sent' then 'failed' else state end,"
        " error = case when %(state)s = 'failed' then %(error)s else error end"
        " where delivery_id = %(delivery)s and provider_sequence < %(sequence)s"
        " returning alert_id, state",
        {
            "state": event.state.value,
            "sequence": event.state.sequence,
            "reference": event.reference[:200],
            "at": event.at,
            "error": f"the provider could not bring it there: {event.detail[:100]}".rstrip(": "),
            "delivery": event.delivery_id,
        },
    )
    row = await cursor.fetchone()
    if row is None:
        return False
    alert_id, state = row
    if alert_id is not None:
        await notify(connection, "alert", str(alert_id))
        if state == "failed":
            await look_again(connection, AlertId(alert_id))
    return True


async def note_answer(connection: Connection, sent: Sent, at: datetime) -> bool:
    """Write down that a carer acknowledged an alert by phone; False when that is known already."""
    cursor = await connection.execute(
        "insert into phone_answer (delivery_id, alert_id, carer_id, channel, at)"
        " select %(delivery)s, %(alert)s, %(carer)s, %(channel)s, %(at)s"
        " where not exists (select 1 from phone_answer where delivery_id = %(delivery)s)",
        {
            "delivery": sent.delivery_id,
            "alert": sent.alert_id,
            "carer": sent.carer_id,
            "channel": sent.channel,
            "at": at,
        },
    )
    return cursor.rowcount == 1


def _sent(row: tuple[int, int | None, int, str, datetime, str, str]) -> Sent:
    return Sent(
        delivery_id=DeliveryId(row[0]),
        alert_id=None if row[1] is None else AlertId(row[1]),
        carer_id=CarerId(row[2]),
        channel=row[3],
        created_at=row[4],
        language=row[5],
        heard=row[6],
    )
