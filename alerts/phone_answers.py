"""A key pressed or a reply written is an answer of the carer: it takes effect with its record.

The pages write their answers down for the alerting service to read; here it is the alerting service
itself that hears the answer, so nothing has to be read later (docs/decisions/0144).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from alerts.answers import take
from alerts.people import People
from alerts.phone import says
from core.model.finding import AlertState, Response, ResponseKind
from core.model.words import marked
from core.runtime.language import ENGLISH, of_reader, words
from core.store import provider_receipt as receipt_table
from core.store.alert import alert_with
from core.store.provider_receipt import ProviderEvent, ProviderState

if TYPE_CHECKING:
    from core.model.ids import CarerId
    from core.store.alert import StoredAlert
    from core.store.pool import Connection
    from core.store.provider_receipt import Sent


OVER = marked("Thank you. This alert is over already.")
ON_IT = marked("Thank you. You are on it, and the others can see that.")
ANOTHER = marked("Thank you. Somebody else is on it already.")
NEWER = marked(
    "This did not count: there is newer word of this alert."
    " Answer the newest message, or open Wayhome."
)
ARRIVED = marked("Thank you. We know that it arrived.")
NOT_THEIRS = marked("This did not count: you are not told of this home any more.")


async def answer(connection: Connection, sent: Sent, now: datetime) -> str:
    """Give an answer by phone its effect; return what to say to the person, in their language."""
    return words(language_of(sent)).gettext(await _effect(connection, sent, now))


def language_of(sent: Sent) -> str:
    """Return the language in which something was said to a person: on the phone it may be English only."""
    wanted = of_reader(sent.language, sent.heard)
    return ENGLISH if sent.channel == "voice" and not says(wanted) else wanted


async def _effect(connection: Connection, sent: Sent, now: datetime) -> str:
    event = ProviderEvent(delivery_id=sent.delivery_id, state=ProviderState.ANSWERED, at=now)
    await receipt_table.note_event(connection, event)
    if sent.alert_id is None:
        return ARRIVED
    stored = await alert_with(connection, sent.alert_id)
    if stored is None or stored.alert.state is AlertState.RESOLVED:
        return OVER
    if not await _may_answer(connection, stored, sent.carer_id):
        return NOT_THEIRS
    if await receipt_table.note_answer(connection, sent, now):
        response = Response(
            alert_id=sent.alert_id,
            carer_id=sent.carer_id,
            kind=ResponseKind.ACKNOWLEDGE,
            at=_means(stored, sent, now),
        )
        await take(connection, response, now)
    return await _said(connection, sent)


def _means(stored: StoredAlert, sent: Sent, now: datetime) -> datetime:
    """Return until when an answer knows of an alert: who answers a message knows what it told of."""
    raised = stored.policy.get("raised_at")
    older = raised is not None and sent.created_at < datetime.fromisoformat(raised)
    return sent.created_at if older else now


async def _may_answer(connection: Connection, stored: StoredAlert, carer_id: CarerId) -> bool:
    """Tell whether somebody still is one who may be told: a number is known for a day, a circle changes."""
    people = People(connection, [stored])
    team = await people.team(stored.alert)
    others = await people.others(stored.alert.home_id, [carer_id])
    return any(member.carer_id == carer_id for member in (*team, *others))


async def _said(connection: Connection, sent: Sent) -> str:
    """Say how the alert stands after an answer: who believes to be on it asks nobody else."""
    stored = None if sent.alert_id is None else await alert_with(connection, sent.alert_id)
    if stored is None or stored.alert.state is AlertState.RESOLVED:
        return OVER
    if stored.alert.state is AlertState.OPEN or stored.policy.get("asked") is not None:
        return NEWER
    return ON_IT if stored.alert.acknowledged_by == sent.carer_id else ANOTHER
