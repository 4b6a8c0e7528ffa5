"""Checks of the telling: whether each run told whom it had to, when it had to, and then stopped. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import policy
from alerts.escalation import WEB
from alerts.proof import Terms, Violation, answered_at, clock, of_run, runs_in
from core.model.finding import AlertState, Audience, DeliveryState, Severity
from core.model.plan import VERSION
from core.model.playbook import HOME, LIVENESS, OUTAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from core.model.ids import CarerId
    from core.model.ledger import Ledger, LedgerRun


def runs_readable(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find runs that can not be judged: all of them are one, or a hundred alerts would say the same."""
    del terms
    runs = [(one.alert.alert_id, run) for one in ledger.alerts for run in one.runs]
    unread = [(alert, run) for alert, run in runs if policy.read(run.policy) is None]
    if unread:
        alert_id, run = unread[0]
        yield Violation(
            alert_id=None,
            promise="runs_readable",
            expected=f"snapshots of version {VERSION} or before",
            found=f"{len(unread)} others, of alert {alert_id} one of version {run.policy.get('version')}",
        )


def somebody_told(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find runs that told nobody."""
    for one, run, end in runs_in(ledger, terms):
        if end - run.began_at > terms.grace and not of_run(one, run):
            yield Violation(
                alert_id=one.alert.alert_id,
                promise="somebody_told",
                expected=f"a delivery of the run from step {run.first_step}",
                found="none",
            )


def first_told_in_time(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find runs whose first attempt was late."""
    for one, run, _ in runs_in(ledger, terms):
        first = min(of_run(one, run), key=lambda d: (d.created_at, d.step), default=None)
        if first is None:
            continue
        wanted = _first_at(run)
        if wanted is None:
            continue
        began = min((a.started_at for d in of_run(one, run) for a in d.attempts), default=None)
        late = began is not None and began - wanted > terms.grace
        waits = began is None and terms.now - wanted > terms.grace
        if late or (waits and first.state is DeliveryState.PENDING):
            yield Violation(
                alert_id=one.alert.alert_id,
                promise="first_told_in_time",
                expected=f"a first attempt within {terms.grace.total_seconds():g} s",
                found="none" if began is None else f"after {(began - wanted).total_seconds():g} s",
            )


def _first_at(run: LedgerRun) -> datetime | None:
    plan = policy.read(run.policy)
    if plan is None:
        return None
    return max(run.began_at, run.since + timedelta(seconds=plan.policy.steps[0].after_s))


def each_due_step_told(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Of the steps for everybody the newest that was due must have been told; it stands for all before."""
    for one, run, end in runs_in(ledger, terms):
        plan = policy.read(run.policy)
        newest = None if plan is None else plan.newest(end - terms.grace)
        if plan is None or newest is None or newest < run.first_step or not of_run(one, run):
            continue
        if plan.step_at(newest).rank != policy.EVERYBODY or plan.asked is not None:
            continue
        if max(d.step for d in of_run(one, run)) < newest:
            yield Violation(
                alert_id=one.alert.alert_id,
                promise="each_due_step_told",
                expected=f"step {newest} told before {clock(end)}",
                found=f"the last one is step {max(d.step for d in of_run(one, run))}",
            )


def steps_not_early(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Nothing is told before its step is due: the order of the policy."""
    del terms
    for one in ledger.alerts:
        for run in one.runs:
            plan = policy.read(run.policy)
            for delivery in () if plan is None else of_run(one, run):
                newest = plan.newest(delivery.created_at) if plan else None
                if newest is None or delivery.step > newest:
                    yield Violation(
                        alert_id=one.alert.alert_id,
                        promise="steps_in_order",
                        expected=f"step {delivery.step} when it is due",
                        found=f"asked for at {clock(delivery.created_at)}, before that",
                    )


def nobody_left_out(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find ways to a person that were used before and after a step for everybody, and not in it.

    Who was not told of the step by any way may have been out of the team then, and what is not urgent may
    have been held in quiet hours. A way that a step is not meant for only stands in for one that failed.
    """
    for one, run, _ in runs_in(ledger, terms):
        plan = policy.read(run.policy)
        if one.alert.severity is not Severity.URGENT or run is not one.runs[-1] or plan is None:
            continue
        ways: dict[tuple[CarerId, str], set[int]] = {}
        for delivery in of_run(one, run):
            ways.setdefault((delivery.carer_id, delivery.channel), set()).add(delivery.step)
        for (carer, channel), told in ways.items():
            others = set().union(*(steps for way, steps in ways.items() if way[0] == carer))
            missing = {s for s in others - told if min(told) < s < max(told)}
            missing = {s for s in missing if _asks(plan.step_at(s), channel)}
            if missing:
                yield Violation(
                    alert_id=one.alert.alert_id,
                    promise="nobody_left_out",
                    expected=f"carer {carer} told by {channel} in step {min(missing)} too",
                    found="told by it before and after only",
                )


def _asks(step: policy.Step, channel: str) -> bool:
    return step.rank == policy.EVERYBODY and (not step.channels or channel in step.channels)


def no_delivery_after_answer(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find attempts that began after an answer."""
    for one in ledger.alerts:
        for run in one.runs:
            until = answered_at(one, run)
            for delivery in of_run(one, run) if until else ():
                late = [
                    a for a in delivery.attempts if until and a.started_at > until + terms.lease
                ]
                if late and until:
                    yield Violation(
                        alert_id=one.alert.alert_id,
                        promise="no_delivery_after_answer",
                        expected=f"none after the answer at {clock(until)}",
                        found=f"delivery {delivery.delivery_id} at {clock(late[0].started_at)}",
                    )


def told_with_others(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Find homes that cannot be seen, of which nobody was told, neither alone nor with others."""
    gone: dict[str, list[datetime | None]] = {}
    for one in ledger.alerts:
        if one.alert.detector == OUTAGE:
            organisation = ledger.organisations.get(one.alert.home_id, "")
            gone.setdefault(organisation, []).append(one.alert.cleared_at or one.alert.resolved_at)
    for one in ledger.alerts:
        alert = one.alert
        home = alert.detector == LIVENESS and alert.subject == HOME
        waits = alert.state is AlertState.OPEN and alert.cleared_at is None and not one.silent
        if not home or not waits or one.runs or terms.now - alert.opened_at <= terms.grace:
            continue
        ends = gone.get(ledger.organisations.get(alert.home_id, ""), [])
        if not any(end is None or terms.now - end <= terms.grace for end in ends):
            yield Violation(
                alert_id=alert.alert_id,
                promise="told_with_others",
                expected="a run of its own, or an alert about many homes that cannot be seen",
                found="none",
            )


def operators_know(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Of whom nobody could be woken, the operators were told."""
    for one, run, end in runs_in(ledger, terms):
        alert = one.alert
        waking = [d for d in of_run(one, run) if d.channel != WEB]
        reached = any(d.state is not DeliveryState.FAILED for d in waking)
        carers = alert.audience is Audience.CARERS and alert.severity is not Severity.NOTICE
        if not waking and alert.severity is not Severity.URGENT:
            continue  # it may be held in everybody's quiet hours
        if reached or not carers or run.asked or end - run.began_at <= terms.grace:
            continue
        told = ledger.complaints.get(ledger.organisations.get(alert.home_id, ""), ())
        if not any(at <= end and (gone is None or gone >= run.began_at) for at, gone in told):
            yield Violation(
                alert_id=alert.alert_id,
                promise="operators_know",
                expected="an alert of the operators: nobody could be woken",
                found="none",
            )
