"""The promises of alerting, each as a pure check of the ledger: what was expected, what was found.

`violations` needs nothing but what the tables remember, so that anybody may ask it, at any time and of a
system that runs (docs/decisions/0153). `wayhome alerts prove` prints what it returns; the auditor of the
alerting service asks it every minute.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from alerts import policy
from alerts.escalation import WEB
from core.model.finding import (
    AlertState,
    Audience,
    DeliveryState,
    Phase,
    ResponseKind,
    Severity,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from core.model.ids import AlertId
    from core.model.ledger import AlertLedger, Attempt, Ledger, LedgerDelivery, LedgerRun

GRACE = timedelta(seconds=60)
"""So late is not yet broken: four looks of a loop, and a database that is restarted."""
STOPS = frozenset({ResponseKind.ACKNOWLEDGE, ResponseKind.RESOLVE})
FOLLOWED = frozenset({"temporary", "lost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A promise that was not kept."""

    #: None for a finding that has no alert.
    alert_id: AlertId | None
    promise: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what the ledger is judged."""

    #: The moment of the reading.
    now: datetime
    #: How long a message may still leave after an answer.
    lease: timedelta = timedelta(seconds=30)
    grace: timedelta = GRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A promise with its check."""

    name: str
    #: The promise in one sentence.
    text: str
    check: Callable[[Ledger, Terms], Iterator[Violation]]
    #: True when it is about being in time: an outage of the service breaks it, and is told.
    timed: bool = False


def violations(ledger: Ledger, terms: Terms) -> tuple[Violation, ...]:
    """Return every promise that was not kept, alert by alert."""
    found = [violation for promise in PROMISES for violation in promise.check(ledger, terms)]
    return tuple(sorted(found, key=lambda one: (one.alert_id or 0, one.promise)))


def _one_alert_per_episode(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
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


def _finding_has_alert(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    for finding in ledger.findings:
        due = finding.phase is Phase.OPENED and finding.mode in {"live", "test"}
        if due and not finding.alerts and terms.now - finding.recorded_at > terms.grace:
            yield Violation(
                alert_id=None,
                promise="finding_has_alert",
                expected=f"an alert for the {finding.severity.value} finding {finding.finding_id}",
                found="none",
            )


def _somebody_told(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    for one, run, end in _runs(ledger, terms):
        if end - run.since > terms.grace and not _of_run(one, run):
            yield Violation(
                alert_id=one.alert.alert_id,
                promise="somebody_told",
                expected=f"a delivery of the run from step {run.first_step}",
                found="none",
            )


def _first_told_in_time(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    for one, run, _ in _runs(ledger, terms):
        first = min(_of_run(one, run), key=lambda d: (d.created_at, d.step), default=None)
        if first is None:
            continue
        wanted = run.since + timedelta(seconds=policy.from_json(run.policy).policy.steps[0].after_s)
        began = min((a.started_at for d in _of_run(one, run) for a in d.attempts), default=None)
        late = began is not None and began - wanted > terms.grace
        waits = began is None and terms.now - wanted > terms.grace
        if late or (waits and first.state is DeliveryState.PENDING):
            yield Violation(
                alert_id=one.alert.alert_id,
                promise="first_told_in_time",
                expected=f"a first attempt within {terms.grace.total_seconds():g} s",
                found="none" if began is None else f"after {(began - wanted).total_seconds():g} s",
            )


def _each_due_step_told(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Of the steps for everybody the newest that was due must have been told; it stands for all before."""
    for one, run, end in _runs(ledger, terms):
        plan = policy.from_json(run.policy)
        newest = plan.newest(end - terms.grace)
        if newest is None or newest < run.first_step or not _of_run(one, run):
            continue
        if plan.step_at(newest).rank != policy.EVERYBODY or plan.asked is not None:
            continue
        if max(d.step for d in _of_run(one, run)) < newest:
            yield Violation(
                alert_id=one.alert.alert_id,
                promise="each_due_step_told",
                expected=f"step {newest} told before {_clock(end)}",
                found=f"the last one is step {max(d.step for d in _of_run(one, run))}",
            )


def _steps_not_early(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Nothing is told before its step is due: the order of the policy."""
    del terms
    for one in ledger.alerts:
        for run in one.runs:
            plan = policy.from_json(run.policy)
            for delivery in _of_run(one, run):
                newest = plan.newest(delivery.created_at)
                if newest is None or delivery.step > newest:
                    yield Violation(
                        alert_id=one.alert.alert_id,
                        promise="steps_in_order",
                        expected=f"step {delivery.step} when it is due",
                        found=f"asked for at {_clock(delivery.created_at)}, before that",
                    )


def _no_delivery_after_answer(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    for one in ledger.alerts:
        for run in one.runs:
            until = _answered_at(one, run)
            for delivery in _of_run(one, run) if until else ():
                late = [
                    a for a in delivery.attempts if until and a.started_at > until + terms.lease
                ]
                if late and until:
                    yield Violation(
                        alert_id=one.alert.alert_id,
                        promise="no_delivery_after_answer",
                        expected=f"none after the answer at {_clock(until)}",
                        found=f"delivery {delivery.delivery_id} at {_clock(late[0].started_at)}",
                    )


def _failures_followed(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    for one, delivery in _deliveries(ledger):
        last = delivery.attempts[-1] if delivery.attempts else None
        if delivery.state is DeliveryState.PENDING:
            stuck = terms.now - delivery.next_try_at > terms.grace and _wanted(one)
        elif delivery.state is DeliveryState.SENDING:
            ends = delivery.lease_until or delivery.created_at
            stuck = terms.now - ends > terms.grace and _wanted(one)
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


def _operators_know(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Of whom nobody could be woken, the operators were told."""
    for one, run, end in _runs(ledger, terms):
        alert = one.alert
        waking = [d for d in _of_run(one, run) if d.channel != WEB]
        reached = any(d.state is not DeliveryState.FAILED for d in waking)
        carers = alert.audience is Audience.CARERS and alert.severity is not Severity.NOTICE
        if reached or not carers or run.asked or end - run.since <= terms.grace:
            continue
        told = ledger.complaints.get(ledger.organisations.get(alert.home_id, ""), ())
        if not any(at <= end and (gone is None or gone >= run.since) for at, gone in told):
            yield Violation(
                alert_id=alert.alert_id,
                promise="operators_know",
                expected="an alert of the operators: nobody could be woken",
                found="none",
            )


def _sequence_monotone(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    del terms
    for one, delivery in _deliveries(ledger):
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
    sent = [a.number for a in attempts if a.result == "sent"]
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


def _nobody_left_out(ledger: Ledger, terms: Terms) -> Iterator[Violation]:
    """Who is told before and after a step for everybody that others were told of, was told of it too."""
    for one, run, _ in _runs(ledger, terms):
        plan = policy.from_json(run.policy)
        steps: dict[tuple[object, str], set[int]] = {}
        for delivery in _of_run(one, run):
            steps.setdefault((delivery.carer_id, delivery.channel), set()).add(delivery.step)
        counted = Counter(step for told in steps.values() for step in told)
        shared = {s for s, n in counted.items() if n and plan.step_at(s).rank == policy.EVERYBODY}
        for (carer, channel), told in steps.items():
            missing = {s for s in shared - told if min(told) < s < max(told)}
            if missing:
                yield Violation(
                    alert_id=one.alert.alert_id,
                    promise="nobody_left_out",
                    expected=f"carer {carer} told by {channel} in step {min(missing)} too",
                    found="told before and after it only",
                )


def _runs(ledger: Ledger, terms: Terms) -> Iterator[tuple[AlertLedger, LedgerRun, datetime]]:
    """Yield the runs of alerts that tell somebody, with the moment each was over (or now)."""
    for one in ledger.alerts:
        if one.silent:
            continue
        for run, after in pairwise((*one.runs, None)):
            if run is not None:
                yield one, run, _end(one, run, after, terms.now)


def _end(one: AlertLedger, run: LedgerRun, after: LedgerRun | None, now: datetime) -> datetime:
    alert = one.alert
    over = [now]
    if after is not None:
        over.append(after.since)
    answered = _answered_at(one, run)
    over += [moment for moment in (answered, alert.resolved_at) if moment]
    if alert.severity is not Severity.URGENT and alert.cleared_at is not None:
        over.append(alert.cleared_at)
    return max(run.since, min(over))


def _answered_at(one: AlertLedger, run: LedgerRun) -> datetime | None:
    """When a human answered during a run; what was answered before it began does not count for it."""
    times = [a.at for a in one.answers if a.kind in STOPS and a.at >= run.since]
    later = [other.since for other in one.runs if other.first_step > run.first_step]
    first = min(times, default=None)
    return None if first is None or (later and min(later) <= first) else first


def _of_run(one: AlertLedger, run: LedgerRun) -> list[LedgerDelivery]:
    later = [other.first_step for other in one.runs if other.first_step > run.first_step]
    end = min(later, default=None)
    return [d for d in one.deliveries if d.step >= run.first_step and (end is None or d.step < end)]


def _wanted(one: AlertLedger) -> bool:
    """Tell whether what waits is still to be told: nobody has answered, and it is not over."""
    alert = one.alert
    answered = bool(one.runs) and _answered_at(one, one.runs[-1]) is not None
    over = alert.cleared_at is not None and alert.severity is not Severity.URGENT
    return alert.state is AlertState.OPEN and not answered and not over


def _deliveries(ledger: Ledger) -> Iterator[tuple[AlertLedger, LedgerDelivery]]:
    for one in ledger.alerts:
        for delivery in one.deliveries:
            yield one, delivery


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _last_words(last: Attempt | None) -> str:
    return "no attempt" if last is None else f"attempt {last.number}, {last.result}"


PROMISES = (
    Promise(
        name="one_alert_per_episode",
        text="An episode is one alert, however often it is told of.",
        check=_one_alert_per_episode,
    ),
    Promise(
        name="finding_has_alert",
        text="Every finding of a watched home has its alert.",
        check=_finding_has_alert,
        timed=True,
    ),
    Promise(
        name="somebody_told",
        text="Every run of an escalation tells somebody.",
        check=_somebody_told,
    ),
    Promise(
        name="first_told_in_time",
        text="The first attempt leaves within a minute of its time.",
        check=_first_told_in_time,
        timed=True,
    ),
    Promise(
        name="each_due_step_told",
        text="Until a human answers, each step for everybody is told.",
        check=_each_due_step_told,
        timed=True,
    ),
    Promise(
        name="steps_in_order",
        text="No step is told before its time.",
        check=_steps_not_early,
    ),
    Promise(
        name="nobody_left_out",
        text="Who is told before and after a step is told of it too.",
        check=_nobody_left_out,
    ),
    Promise(
        name="no_delivery_after_answer",
        text="After an answer nothing leaves any more, but for what is under way.",
        check=_no_delivery_after_answer,
    ),
    Promise(
        name="failures_followed",
        text="What failed for now is tried again, or a later step takes over.",
        check=_failures_followed,
        timed=True,
    ),
    Promise(
        name="operators_know",
        text="Of an alert of which nobody can be woken the operators are told.",
        check=_operators_know,
        timed=True,
    ),
    Promise(
        name="sequence_monotone",
        text="The ledger of attempts has no gap, and goes forward only.",
        check=_sequence_monotone,
    ),
)
"""Every promise of alerting (architecture.md) that the tables can prove."""
