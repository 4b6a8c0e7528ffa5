"""Each kind of broken promise is found in a ledger that was whole before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alerts.policy import Policy, Run, Step, to_json
from alerts.promises import PROMISES, Terms, violations
from alerts.proof import of_run
from core.model.finding import AlertState, DeliveryState, Phase, ResponseKind, Severity
from core.model.ids import AlertId, CarerId, DeliveryId
from core.model.ledger import Ledger
from tests.alerts.builders import NINE, at
from tests.alerts.ledgers import (
    EPISODE,
    HOME,
    ORGANISATION,
    a_delivery,
    a_ledger,
    a_run,
    an_answer,
    an_attempt,
    changed_alert,
    changed_delivery,
    kept,
    of,
)
from tests.house.tree import ROOT


def broken(ledger: Ledger, minutes: float = 60) -> set[str]:
    return {one.promise for one in violations(ledger, Terms(now=at(minutes)))}


@settings(deadline=None)
@given(answered=st.none() | st.integers(1, 200), more=st.integers(0, 200))
def test_a_ledger_in_which_all_was_kept_has_no_violation(answered: int | None, more: int) -> None:
    ledger, now = kept(answered, minutes=(answered or 0) + more)
    assert violations(ledger, Terms(now=now)) == ()


def test_names_of_promises_are_those_of_their_violations() -> None:
    assert len({promise.name for promise in PROMISES}) == len(PROMISES)


def test_dedup_two_alerts_of_one_episode_are_found() -> None:
    ledger, _ = kept()
    twin = replace(ledger.alerts[0], alert=of(ledger, alert_id=AlertId(2)))
    found = violations(replace(ledger, alerts=(*ledger.alerts, twin)), Terms(now=at(60)))
    assert [(one.alert_id, one.promise) for one in found] == [(2, "one_alert_per_episode")]
    assert found[0].expected == "one alert"
    assert found[0].found == "alerts 1, 2"


@settings(deadline=None)
@given(mode=st.sampled_from(["live", "test"]), severity=st.sampled_from(Severity))
def test_a_finding_without_alert_is_found(mode: str, severity: Severity) -> None:
    ledger, _ = kept()
    lost = replace(ledger.findings[0], alerts=(), mode=mode, severity=severity)
    assert broken(replace(ledger, findings=(lost,))) == {"finding_has_alert"}
    assert broken(replace(ledger, findings=(lost,)), 0.5) == set()
    for fine in (replace(lost, phase=Phase.CLEARED), replace(lost, mode="archive")):
        assert broken(replace(ledger, findings=(fine,))) == set()


def test_a_run_that_told_nobody_is_found() -> None:
    ledger, _ = kept(None)
    untold = changed_alert(ledger, deliveries=())
    assert broken(untold) == {"somebody_told", "operators_know"}
    assert broken(changed_alert(untold, silent=True)) == set()


@settings(deadline=None)
@given(late_s=st.integers(61, 170))
def test_a_first_attempt_that_was_late_is_found(late_s: int) -> None:
    ledger, _ = kept()
    began = NINE + timedelta(seconds=late_s)
    for which in (0, 1):
        ledger = changed_delivery(ledger, which, attempts=(an_attempt(1, began),))
    assert broken(ledger) == {"first_told_in_time"}


def test_a_first_attempt_that_never_came_is_found() -> None:
    ledger, _ = kept(None, minutes=2)
    waiting = {"state": DeliveryState.PENDING, "attempts": (), "counted": 0}
    for which in (0, 1):
        ledger = changed_delivery(ledger, which, **waiting)
    assert broken(ledger, 2) == {"first_told_in_time", "failures_followed"}


@settings(deadline=None)
@given(dropped=st.integers(1, 8))
def test_escalation_gap_the_last_steps_left_out_are_found(dropped: int) -> None:
    ledger, _ = kept(None)
    last = max(d.step for d in ledger.alerts[0].deliveries)
    rest = tuple(d for d in ledger.alerts[0].deliveries if d.step <= last - dropped)
    assert broken(changed_alert(ledger, deliveries=rest)) == {"each_due_step_told"}


@settings(deadline=None)
@given(carer=st.sampled_from([1, 2, 3]), step=st.integers(3, 10))
def test_a_person_left_out_in_between_is_found(carer: int, step: int) -> None:
    ledger, _ = kept(None)
    rest = tuple(
        d
        for d in ledger.alerts[0].deliveries
        if (d.carer_id, d.channel, d.step) != (carer, "webhook", step)
    )
    last = max(d.step for d in rest)
    assume(step < last)
    assert broken(changed_alert(ledger, deliveries=rest)) == {"nobody_left_out"}


def test_a_way_that_stood_in_for_texts_that_failed_is_not_missed_when_they_do_not() -> None:
    by_text = Policy(steps=(Step(after_s=0, channels=("sms",)),), repeat_s=300)
    run = replace(a_run(), policy=to_json(Run(policy=by_text, since=NINE)))
    ways = {0: ("sms", "webhook"), 1: ("sms",), 2: ("sms", "webhook")}
    told = [
        replace(a_delivery(1, step, at(5 * step), way), delivery_id=DeliveryId(10 * step + number))
        for step, some in ways.items()
        for number, way in enumerate(some)
    ]
    ledger = changed_alert(kept(None)[0], runs=(run,), deliveries=tuple(told))
    assert broken(ledger, 11) == set()


@settings(deadline=None)
@given(which=st.integers(2, 30), early_s=st.integers(1, 60))
def test_a_step_before_its_time_is_found(which: int, early_s: int) -> None:
    ledger, _ = kept(None)
    which = 2 + which % (len(ledger.alerts[0].deliveries) - 2)
    moment = ledger.alerts[0].deliveries[which].created_at - timedelta(seconds=early_s)
    assert broken(changed_delivery(ledger, which, created_at=moment)) == {"steps_in_order"}


@pytest.mark.parametrize("kind", [ResponseKind.ACKNOWLEDGE, ResponseKind.RESOLVE])
def test_multiack_a_message_after_an_answer_is_found(kind: ResponseKind) -> None:
    ledger, _ = kept(30)
    one = ledger.alerts[0]
    late = a_delivery(2, 9, at(41))
    spoilt = changed_alert(
        ledger,
        deliveries=(*one.deliveries, late),
        answers=(an_answer(30, kind), an_answer(35, kind)),
    )
    assert broken(spoilt) == {"no_delivery_after_answer"}
    comment = (an_answer(30, ResponseKind.COMMENT),)
    assert "no_delivery_after_answer" not in broken(changed_alert(spoilt, answers=comment))


def test_a_message_that_was_under_way_when_the_answer_came_is_no_violation() -> None:
    ledger, _ = kept(30)
    under_way = at(30) + timedelta(seconds=20)
    ledger = changed_delivery(ledger, -1, attempts=(an_attempt(1, under_way),))
    assert broken(ledger) == set()


def test_an_answer_counts_for_its_own_run_only() -> None:
    ledger, _ = kept(30, minutes=40)
    anew = a_run(minutes=35, first_step=50)
    told = (a_delivery(1, 50, at(35)), a_delivery(2, 51, at(38)))
    ledger = changed_alert(
        ledger, runs=(*ledger.alerts[0].runs, anew), deliveries=ledger.alerts[0].deliveries + told
    )
    assert broken(ledger, 40) == set()


def test_an_answer_in_the_moment_of_the_reopening_behind_it_ends_nothing() -> None:
    ledger, _ = kept(None)
    both = (an_answer(0, ResponseKind.ACKNOWLEDGE), an_answer(0, ResponseKind.REOPEN))
    assert broken(changed_alert(ledger, answers=both)) == set()
    assert "no_delivery_after_answer" in broken(changed_alert(ledger, answers=both[::-1]))


@settings(deadline=None)
@given(result=st.sampled_from(["temporary", "lost"]))
def test_providerfailure_an_attempt_that_nobody_followed_is_found(result: str) -> None:
    ledger, _ = kept(None)
    failed = {"attempts": (an_attempt(1, at(50), result),), "sent_at": None}
    waits = changed_delivery(ledger, -1, state=DeliveryState.PENDING, next_try_at=at(51), **failed)
    assert broken(waits) == {"failures_followed"}
    soon = changed_delivery(ledger, -1, state=DeliveryState.PENDING, next_try_at=at(61), **failed)
    assert broken(soon) == set()
    dead = changed_delivery(ledger, -1, state=DeliveryState.SENDING, lease_until=at(51), **failed)
    assert broken(dead) == {"failures_followed"}
    over = changed_delivery(ledger, -1, state=DeliveryState.FAILED, **failed)
    assert broken(over) == set()


def test_nobody_reachable_and_the_operators_not_told_is_found() -> None:
    ledger, _ = kept(None)
    for which, delivery in enumerate(ledger.alerts[0].deliveries):
        if delivery.channel != "web":
            refused = (an_attempt(1, delivery.created_at, "permanent"),)
            ledger = changed_delivery(
                ledger, which, state=DeliveryState.FAILED, sent_at=None, attempts=refused
            )
    assert broken(ledger) == {"operators_know"}
    told = replace(ledger, complaints={ORGANISATION: ((at(0.1), None),)})
    assert broken(told) == set()
    before = replace(ledger, complaints={ORGANISATION: ((at(-90), at(-60)),)})
    assert broken(before) == {"operators_know"}


@settings(deadline=None)
@given(which=st.integers(0, 60), how=st.sampled_from(["gap", "back", "unsent", "again"]))
def test_a_ledger_out_of_order_is_found(which: int, how: str) -> None:
    ledger, _ = kept(None)
    when = ledger.alerts[0].deliveries[which % len(ledger.alerts[0].deliveries)].created_at
    one, two = an_attempt(1, when, "temporary"), an_attempt(2, when + timedelta(seconds=4))
    later = when + timedelta(seconds=9)
    spoilt = {
        "gap": {"attempts": (one, replace(two, number=3)), "counted": 3},
        "back": {"attempts": (replace(one, started_at=later), two), "counted": 2},
        "unsent": {"attempts": (one, replace(two, result="lost")), "counted": 2},
        "again": {"attempts": (replace(one, result="sent"), two), "counted": 2},
    }[how]
    assert "sequence_monotone" in broken(changed_delivery(ledger, which, **spoilt))


def test_an_attempt_that_outlived_its_lease_may_be_followed() -> None:
    ledger, _ = kept(None)
    slow = replace(an_attempt(1, at(0)), ended_at=at(1))
    attempts = (slow, an_attempt(2, at(0.6)))
    assert broken(changed_delivery(ledger, 0, attempts=attempts, counted=2)) == set()


def test_what_went_out_and_was_written_down_late_may_be_followed() -> None:
    ledger, _ = kept(None)
    for result, faults in (("sent_late", set()), ("sent", {"sequence_monotone"})):
        attempts = (an_attempt(1, at(0), result), an_attempt(2, at(0.6)))
        assert broken(changed_delivery(ledger, 0, attempts=attempts, counted=2)) == faults


def test_runs_written_down_the_wrong_way_round_are_judged_by_their_steps() -> None:
    """Two loops read their clocks, then waited for the row: the later run bears the earlier time."""
    ledger, _ = kept(None)
    first = ledger.alerts[0].runs[0]
    late = replace(first, began_at=first.began_at + timedelta(seconds=2), first_step=0)
    anew = a_run(minutes=0, first_step=1000)
    moved = tuple(
        replace(d, step=d.step + 1000) if d.created_at > NINE else d
        for d in ledger.alerts[0].deliveries
    )
    turned = changed_alert(ledger, runs=(late, anew), deliveries=moved)
    assert "somebody_told" not in broken(turned)
    assert {d.step for d in of_run(turned.alerts[0], late)} == {0}
    assert min(d.step for d in of_run(turned.alerts[0], anew)) > 1000


def test_what_is_over_needs_no_more_steps() -> None:
    ledger, _ = kept(None, minutes=10)
    check = a_run(Severity.CHECK)
    told = tuple(d for d in ledger.alerts[0].deliveries if d.step == 0)
    over = of(ledger, severity=Severity.CHECK, cleared_at=at(5))
    ledger = changed_alert(ledger, alert=over, runs=(check,), deliveries=told)
    assert broken(ledger, 600) == set()
    still = of(ledger, severity=Severity.CHECK, cleared_at=None)
    assert broken(changed_alert(ledger, alert=still), 600) == {"each_due_step_told"}


def test_an_alert_that_is_resolved_is_judged_until_then() -> None:
    ledger, _ = kept(30)
    ended = of(ledger, state=AlertState.RESOLVED, resolved_at=at(30), resolved_by=CarerId(1))
    assert broken(changed_alert(ledger, alert=ended), 6000) == set()
    assert ledger.organisations == {HOME: ORGANISATION}
    assert a_ledger().findings[0].episode == EPISODE


def test_the_guide_names_every_promise() -> None:
    guide = (ROOT / "docs" / "how-to" / "prove.md").read_text("utf-8")
    rows = [f"| {one.name.replace('_', ' ')} | {one.text} |" for one in PROMISES]
    assert [row for row in rows if row not in guide] == []
