"""Checks of the record: one alert an episode, none without its finding's, attempts in order. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from alerts.proof import Terms, Violation, deliveries_in, wanted
from core.model.finding import DeliveryState, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.model.ids import AlertId
    from core.model.ledger import Attempt, Ledger, LedgerDelivery

FOLLOWED = frozenset({"temporary", "lost"})
SENT = frozenset({"sent", "sent_late"})


def one_alert_per_episode(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find episodes that have several alerts."""
    del terms
    alerts: dict[object, set[AlertId]] = {}
    for one in ledger.alerts:
        for episode in one.episodes:
            alerts.setdefault(episode, set()).add(one.alert.alert_id)
    for ids in alerts.values():
        for alert_id in sorted(ids)[1:]:
            yield Violation(
                alert_id=alert_id,
                promise="one_alert_per_episode",
                expected="one alert",
                found=f"alerts {', '.join(map(str, sorted(ids)))}",
            )


def finding_has_alert(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find findings of watched homes that nobody was alerted of."""
    for finding in ledger.findings:
        due = finding.phase is Phase.OPENED and finding.mode in {"live", "test"}
        if due and not finding.alerts and terms.now - finding.recorded_at > terms.grace:
            yield Violation(
                alert_id=None,
                promise="finding_has_alert",
                expected=f"an alert for the {finding.severity.value} finding {finding.finding_id}",
                found="none",
            )


def failures_followed(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find failures that nothing came after."""
    for one, delivery in deliveries_in(ledger):
        last = delivery.attempts[-1] if delivery.attempts else None
        if delivery.state is DeliveryState.PENDING:
            stuck = terms.now - delivery.next_try_at > terms.grace and wanted(one)
        elif delivery.state is DeliveryState.SENDING:
            ends = delivery.lease_until or delivery.created_at
            stuck = terms.now - ends > terms.grace and wanted(one)
        else:
            failed = last is not None and last.result in FOLLOWED
            stuck = failed and delivery.state is DeliveryState.SENT
        if stuck:
            yield Violation(
                alert_id=one.alert.alert_id,
                promise="failures_followed",
                expected=f"delivery {delivery.delivery_id} tried again or taken over",
                found=f"{delivery.state.value} after {_last_words(last)}",
            )


def sequence_monotone(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find ledgers of attempts with gaps, and messages sent twice."""
    del terms
    for one, delivery in deliveries_in(ledger):
        fault = _disorder(delivery)
        if fault:
            yield Violation(
                alert_id=one.alert.alert_id,
                promise="sequence_monotone",
                expected=f"attempts of delivery {delivery.delivery_id} in order, sent at most once",
                found=fault,
            )


def _disorder(delivery: LedgerDelivery) -> str:
    attempts = delivery.attempts
    if [a.number for a in attempts] != list(range(1, delivery.counted + 1)):
        return f"attempts {', '.join(str(a.number) for a in attempts)} of {delivery.counted}"
    if any(late.started_at < early.started_at for early, late in pairwise(attempts)):
        return "a later attempt began before an earlier one"
    sent = [a.number for a in attempts if a.result in SENT]
    if delivery.state is DeliveryState.SENT and (not sent or delivery.sent_at is None):
        return "sent, and no attempt says so"
    if any(
        not _overlap(early, late) for early, late in pairwise(attempts) if early.result == "sent"
    ):
        return "tried again after it was sent"
    return ""


def _overlap(early: Attempt, late: Attempt) -> bool:
    """Tell whether the early one ended after its lease: its successor knew nothing of that."""
    return early.ended_at is None or early.ended_at >= late.started_at


def _last_words(last: Attempt | None) -> str:
    return "no attempt" if last is None else f"attempt {last.number}, {last.result}"
