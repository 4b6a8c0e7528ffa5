"""Who was told of an alert, and what was answered, as Communications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.store.account import CarerRole
from core.store.told import Exchange
from dashboard.fhir import terms
from dashboard.fhir.terms import coding, concept, extension, instant, said

if TYPE_CHECKING:
    from core.store.told import Exchanged
    from dashboard.fhir.terms import Resource

_STATES = {
    "pending": "preparation",
    "sending": "in-progress",
    "sent": "completed",
    "failed": "stopped",
    "cancelled": "not-done",
}
_REASONS = {"failed": "The channel did not take it.", "cancelled": "Somebody answered first."}
_PRIORITY = {"urgent": "urgent", "check": "asap", "notice": "routine"}
_TITLES = {Exchange.DELIVERY: "Message about an alert", Exchange.ANSWER: "Answer to an alert",
           Exchange.PHONE: "Answer to an alert by phone"}  # fmt: skip


def communication_id(exchange: Exchange, number: int) -> str:
    """Return an id of a Communication."""
    return f"{exchange.value}-{number}"


def communication(told: Exchanged) -> Resource:
    """Return a message or an answer. A message that was handed over was seen by nobody for that."""
    message = told.exchange is Exchange.DELIVERY
    found: Resource = {
        "resourceType": "Communication",
        "id": communication_id(told.exchange, told.number),
        "meta": {"lastUpdated": instant(told.changed_at)},
        "extension": [{"url": extension("alert"), "valueString": str(told.alert_id)}],
        "status": _STATES[told.what] if message else "completed",
        "category": [concept(_TITLES[told.exchange], coding(terms.EXCHANGE, told.exchange.value))],
        "priority": _PRIORITY[told.severity],
        ("recipient" if message else "sender"): [_carer(told)] if message else _carer(told),
    }
    if message and told.what in _REASONS:
        found["statusReason"] = {"text": said(told.text) if told.text else _REASONS[told.what]}
    if told.channel:
        found["medium"] = [concept(told.channel, coding(terms.CHANNEL, told.channel))]
    if told.resident_id is not None:
        found["subject"] = {"reference": f"Patient/{told.resident_id}"}
    if told.finding_id is not None:
        found["about"] = [{"reference": f"Flag/{told.finding_id}"}]
    if told.at is not None:
        found["sent"] = instant(told.at)
    if told.received_at is not None:
        found["received"] = instant(told.received_at)
    if not message:
        found |= _answer(told)
    return found


def _carer(told: Exchanged) -> Resource:
    kind = "Patient" if told.role is CarerRole.RESIDENT else "Practitioner"
    if told.role is CarerRole.FAMILY_CARER:
        kind = "RelatedPerson"
    return {"type": kind, "display": said(told.name)}


def _answer(told: Exchanged) -> Resource:
    """Return what was answered: its kind, how it ended, and words of the person."""
    reason = [concept(told.what, coding(terms.EXCHANGE, told.what))]
    if told.outcome:
        reason.append(concept(told.outcome, coding(terms.EXCHANGE, told.outcome)))
    found: Resource = {"reasonCode": reason}
    if told.text:
        found["payload"] = [{"contentString": said(told.text)}]
    return found
