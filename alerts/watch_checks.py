"""Checks of the word that a home is not watched, or is again: written down, told once, or the operators know.

Pure, as the other checks of the ledger (docs/decisions/0153, 0236).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.escalation import WEB
from alerts.proof import Terms, Violation, clock
from core.model.finding import DeliveryState
from core.model.watching import NoticeKind, Watching, WatchState, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.model.ledger import Ledger, LedgerNotice, LedgerWatch

MAY_ARRIVE = frozenset({DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.SENT})
WELL = frozenset({NoticeKind.AGAIN, NoticeKind.RESTED, NoticeKind.REST_ENDS})
"""Whoever does not hear these believes nothing that is worse than it is."""


def watch_noticed(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find homes that have not been watched for a while, or are again, without anybody noticing."""
    for one in ledger.watches:
        found = _for_a_while(one, terms)
        if found is not None:
            yield Violation(
                alert_id=None,
                home_id=one.home_id,
                promise="watch_noticed",
                expected=f"home {one.home_id} written down as {found.state.value}",
                found="nothing" if one.last is None else one.last.value,
            )


def watch_told(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find people to whom the word was not sent, or late."""
    for one in ledger.notices:
        expected = f"carer {one.carer_id} told from {clock(one.due_at)}"
        if one.asked_at is None:
            if one.wanted and terms.now - one.due_at > terms.grace:
                yield _violation(one, "watch_told", expected, "nothing in the outbox")
            continue
        if one.asked_at - one.due_at > terms.grace:
            yield _violation(one, "watch_told", expected, f"asked {clock(one.asked_at)}")
        for delivery in one.deliveries:
            waits = delivery.state is DeliveryState.PENDING and not delivery.attempts
            if one.wanted and waits and terms.now - delivery.next_try_at > terms.grace:
                text = f"delivery {delivery.delivery_id} never tried"
                yield _violation(one, "watch_told", expected, text)


def watch_told_once(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find people to whom one channel took the same word twice."""
    del terms
    for one in ledger.notices:
        sent = Counter(d.channel for d in one.deliveries if d.state is DeliveryState.SENT)
        for channel, times in sent.items():
            if times > 1 and channel != WEB:
                expected = f"carer {one.carer_id} told once by {channel}"
                yield _violation(one, "watch_told_once", expected, f"{times} times")


def watch_operators_know(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find people whom no way has reached and of whom the operators were not told."""
    for one in ledger.notices:
        asked = one.asked_at
        if not one.wanted or one.kind in WELL or asked is None:
            continue
        ways = [d for d in one.deliveries if d.channel != WEB]
        if terms.now - asked <= terms.grace or any(d.state in MAY_ARRIVE for d in ways):
            continue
        told = ledger.complaints.get(ledger.organisations.get(one.home_id, ""), ())
        if not any(gone is None or gone >= asked for _, gone in told):
            expected = f"an alert of the operators: carer {one.carer_id} could not be told"
            yield _violation(one, "watch_operators_know", expected, "none")


def _for_a_while(one: LedgerWatch, terms: Terms) -> Watching | None:
    """Return how a home stands where it has stood so for longer than is right; None where it has not."""
    before = terms.now - terms.grace
    if one.now.stage_at is not None and one.now.stage_at > before:
        return None
    known = replace(
        one.now,
        ledgers=tuple(tuple(e for e in ledger if e.at <= before) for ledger in one.now.ledgers),
    )
    then, now = (
        changed(one.last, known, before, said=one.said),
        changed(one.last, one.now, terms.now, said=one.said),
    )
    if then is None or now is None or then.state is not now.state:
        return None
    begins = one.last is None and now.state is WatchState.WATCHED
    return None if begins else now


def _violation(one: LedgerNotice, promise: str, expected: str, found: str) -> Violation:
    return Violation(
        alert_id=None, home_id=one.home_id, promise=promise, expected=expected, found=found
    )
