"""A key pressed or a reply written is an answer of the carer: it takes effect with its record.

The pages write their answers down for the alerting service to read; here it is the alerting service
itself that hears the answer, so nothing has to be read later (docs/decisions/0144).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.answers import take
from core.model.finding import AlertState, Response, ResponseKind
from core.store import provider_receipt as receipt_table
from core.store.alert import alert_with
from core.store.provider_receipt import ProviderEvent, ProviderState

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.pool import Connection
    from core.store.provider_receipt import Sent


async def answer(connection: Connection, sent: Sent, now: datetime) -> str:
    """Give an answer by phone its effect; return what to say to the person."""
    event = ProviderEvent(delivery_id=sent.delivery_id, state=ProviderState.ANSWERED, at=now)
    await receipt_table.note_event(connection, event)
    if sent.alert_id is None:
        return "Thank you. We know that it arrived."
    stored = await alert_with(connection, sent.alert_id)
    if stored is None or stored.alert.state is AlertState.RESOLVED:
        return "Thank you. This alert is over already."
    if await receipt_table.note_answer(connection, sent, now):
        response = Response(
            alert_id=sent.alert_id, carer_id=sent.carer_id, kind=ResponseKind.ACKNOWLEDGE, at=now
        )
        await take(connection, response, now)
    return "Thank you. You are on it, and the others can see that."
