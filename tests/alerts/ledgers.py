"""Ledgers in which every promise was kept, to be spoilt by tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts import policy
from core.model.finding import Alert, Audience, DeliveryState, Phase, ResponseKind, Severity
from core.model.ids import CarerId, DeliveryId, FindingId, HomeId, ResidentId
from core.model.ledger import (
    AlertLedger,
    Attempt,
    EpisodeKey,
    Ledger,
    LedgerAnswer,
    LedgerDelivery,
    LedgerFinding,
    LedgerRun,
)
from tests.alerts.builders import NINE, an_alert, at

HOME, ORGANISATION = HomeId("7f3k"), "leeds"
PEOPLE = (1, 2, 3)
EPISODE: EpisodeKey = (HOME, ResidentId(1), "inactivity", "", at(-30))


def an_attempt(number: int, moment: datetime, result: str = "sent") -> Attempt:
    ended = None if result == "started" else moment + timedelta(seconds=1)
    return Attempt(number=number, started_at=moment, ended_at=ended, result=result)


def a_delivery(carer: int, step: int, moment: datetime, channel: str = "webhook") -> LedgerDelivery:
    return LedgerDelivery(
        delivery_id=DeliveryId(100 * step + 10 * carer + (channel == "web")),
        carer_id=CarerId(carer),
        channel=channel,
        step=step,
        state=DeliveryState.SENT,
        created_at=moment,
        next_try_at=moment,
        lease_until=None,
        sent_at=moment + timedelta(seconds=1),
        counted=1,
        attempts=(an_attempt(1, moment),),
    )


def a_run(
    severity: Severity = Severity.URGENT, minutes: float = 0, first_step: int = 0
) -> LedgerRun:
    run = policy.start(severity, Audience.CARERS, at(minutes), first_step=first_step)
    return LedgerRun(
        first_step=first_step,
        since=at(minutes),
        began_at=at(minutes),
        asked=None,
        policy=policy.to_json(run),
    )


def kept(answered: float | None = 30, minutes: float = 60) -> tuple[Ledger, datetime]:
    """Return the ledger of an urgent alert of three carers, answered or not, and the moment it is read."""
    run = a_run()
    plan = policy.from_json(run.policy)
    end = minutes if answered is None else answered
    deliveries = []
    last = plan.newest(at(end))
    assert last is not None
    for step in range(last + 1):
        due = next(m for m in range(int(end) + 1) if (plan.newest(at(m)) or 0) >= step)
        rank = plan.step_at(step).rank
        people = PEOPLE if rank == policy.EVERYBODY else (rank,)
        deliveries += [
            a_delivery(one, step, at(due), channel)
            for one in people
            for channel in ("web", "webhook")
        ]
    answers = () if answered is None else (an_answer(answered),)
    one = AlertLedger(
        alert=an_alert(),
        silent=False,
        runs=(run,),
        deliveries=tuple(deliveries),
        answers=answers,
        episodes=(EPISODE,),
    )
    return a_ledger(one), at(minutes)


def an_answer(minutes: float, kind: ResponseKind = ResponseKind.ACKNOWLEDGE) -> LedgerAnswer:
    return LedgerAnswer(carer_id=CarerId(1), kind=kind, at=at(minutes))


def a_ledger(*alerts: AlertLedger, **changes: Any) -> Ledger:
    finding = LedgerFinding(
        finding_id=FindingId(1),
        episode=EPISODE,
        severity=Severity.URGENT,
        phase=Phase.OPENED,
        recorded_at=NINE,
        mode="live",
        alerts=tuple(one.alert.alert_id for one in alerts),
    )
    ledger = Ledger(
        alerts=alerts, findings=(finding,), organisations={HOME: ORGANISATION}, complaints={}
    )
    return replace(ledger, **changes)


def changed_alert(ledger: Ledger, **changes: Any) -> Ledger:
    """Return the ledger with its first alert's entry changed."""
    first, *others = ledger.alerts
    return replace(ledger, alerts=(replace(first, **changes), *others))


def changed_delivery(ledger: Ledger, which: int, **changes: Any) -> Ledger:
    """Return the ledger with one delivery of its first alert changed."""
    deliveries = list(ledger.alerts[0].deliveries)
    which %= len(deliveries)
    deliveries[which] = replace(deliveries[which], **changes)
    return changed_alert(ledger, deliveries=tuple(deliveries))


def of(ledger: Ledger, **changes: Any) -> Alert:
    """Return the first alert, changed."""
    return replace(ledger.alerts[0].alert, **changes)
