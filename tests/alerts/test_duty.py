"""Quiet hours, the person on call and the fallback, as `due` decides about them. No clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.episode import Episode, answered, passed, wakes_at
from alerts.escalation import WEB, Duty, call, due
from alerts.policy import POLICIES, Plan, Policy, Run, Step, from_json, start, to_json
from core.model.finding import AlertState, Audience, DeliveryState, ResponseKind, Severity
from core.model.ids import CarerId
from tests.alerts.builders import NINE, TEAM, Heard, Person, a_response, an_alert, at, person

ONE, TWO, THREE, NINETY = CarerId(1), CarerId(2), CarerId(3), CarerId(90)
RESERVE = (person(90, 99),)
SEVEN = at(60)


def asked(
    minutes: float,
    severity: Severity = Severity.CHECK,
    *,
    quiet: Sequence[int] = (),
    until: datetime = SEVEN,
    told: Sequence[Heard] = (),
    team: Sequence[Person] = TEAM,
    run: Run | None = None,
    **duty: tuple[Person, ...],
) -> set[tuple[int, int]]:
    """Return who is woken in which step."""
    run = run or start(severity, Audience.CARERS, NINE)
    around = Duty(quiet={CarerId(one): until for one in quiet}, **duty)
    found = due(an_alert(severity), run, team, told, at(minutes), around)
    return {(one.step, one.carer_id) for one in found if one.channel != WEB}


def rule(*steps: Step, repeat_s: float = 300, fallback_s: float | None = None) -> Run:
    policy = Policy(steps=steps, repeat_s=repeat_s, fallback_s=fallback_s)
    return Run(policy=policy, since=NINE)


def test_who_is_quiet_is_left_alone_and_somebody_who_is_awake_is_told_at_once() -> None:
    assert asked(0) == {(0, 1)}
    assert asked(0, quiet=[1]) == {(0, 2)}
    assert asked(0, quiet=[1, 2]) == {(0, 3)}


def test_urgent_breaks_quiet_hours() -> None:
    assert asked(0, Severity.URGENT, quiet=[1, 2, 3]) == {(0, 1)}
    assert asked(6, Severity.URGENT, quiet=[1, 2, 3]) == {(2, 1), (2, 2), (2, 3)}


def test_what_was_held_is_due_at_the_end_of_the_window() -> None:
    told = (Heard(carer_id=TWO, channel="webhook", step=0),)
    assert asked(59, quiet=[1], told=told, until=SEVEN) == {(4, 2), (4, 3)}
    assert (4, 1) in asked(60, quiet=[1], told=told)


def test_escalation_can_not_get_around_quiet_hours() -> None:
    run = rule(
        Step(after_s=0, carers=(ONE,)),
        Step(after_s=60, on_call=True),
        Step(after_s=120),
        fallback_s=180,
    )
    for minutes in (0, 1, 2, 5, 59):
        woken = asked(minutes, quiet=[1, 90], run=run, on_call=(TEAM[0],), reserve=RESERVE)
        assert not {one for _, one in woken} & {1, 90}


def test_the_page_is_never_held() -> None:
    run = start(Severity.CHECK, Audience.CARERS, NINE)
    found = call(an_alert(Severity.CHECK), run, TEAM, (), NINE, Duty(quiet={ONE: SEVEN}))
    assert (ONE, WEB) in {(one.carer_id, one.channel) for one in found.due}
    assert [(one.carer_id, one.channel) for one in found.held] == [(ONE, "webhook")]
    assert found.held_until(Duty(quiet={ONE: SEVEN})) == SEVEN


def test_where_nobody_is_awake_the_organisation_s_on_call_is_told_at_once() -> None:
    assert asked(0, quiet=[1, 2, 3], reserve=RESERVE) == {(0, 90)}
    nobody = tuple(Person(carer_id=CarerId(n), order=n, channels=()) for n in (1, 2))
    assert asked(0, Severity.URGENT, team=nobody, reserve=RESERVE) == {(0, 90)}


def test_the_fallback_is_told_after_its_minutes_and_again_with_each_round() -> None:
    for minutes, told in ((14, False), (15, True), (21, True)):
        woken = asked(minutes, Severity.URGENT, reserve=RESERVE)
        assert (90 in {one for _, one in woken}) is told
    assert asked(21, Severity.URGENT, reserve=RESERVE) == {(5, 1), (5, 2), (5, 3), (5, 90)}


def test_a_notice_never_falls_back_on_anybody() -> None:
    assert asked(9999, Severity.NOTICE, reserve=RESERVE, quiet=[1, 2, 3]) == set()


def test_the_fallback_is_on_time_though_no_step_is_due() -> None:
    run = rule(Step(after_s=0, rank=1), repeat_s=0, fallback_s=420)
    episode = Episode(alert=an_alert(), run=run)
    assert wakes_at(episode, NINE) == at(7)
    assert wakes_at(episode, at(7)) is None


def test_whoever_is_on_call_is_told_and_in_a_gap_the_first_in_the_order() -> None:
    run = rule(Step(after_s=0, on_call=True))
    assert asked(0, run=run, on_call=(TEAM[2],)) == {(0, 3)}
    assert asked(0, run=run) == {(0, 1)}
    assert asked(0, run=run, on_call=(TEAM[2],), quiet=[3]) == {(0, 1)}


def test_people_named_are_told_whatever_their_place_and_who_left_is_stood_in_for() -> None:
    run = rule(Step(after_s=0, carers=(THREE, NINETY)))
    assert asked(0, run=run, named=RESERVE) == {(0, 3), (0, 90)}
    assert asked(0, run=run, team=TEAM[:2]) == {(0, 1)}


def test_nobody_is_told_twice_by_one_step_for_two_reasons() -> None:
    run = rule(Step(after_s=0, on_call=True), fallback_s=0)
    found = due(an_alert(), run, TEAM, (), NINE, Duty(on_call=(TEAM[0],), reserve=(person(1, 99),)))
    assert len({(one.step, one.carer_id, one.channel) for one in found}) == len(found) == 2


PEOPLE = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(
    lambda orders: tuple(person(number, order) for number, order in enumerate(orders, 1))
)
KINDS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{"rank": 0}, {"rank": 1}, {"rank": 2}, {"carers": (ONE,)}, {"on_call": True}]
)


@st.composite
def sound(draw: st.DrawFn) -> Policy:
    """Give a policy that begins with the first in the order, as only such are saved."""
    later = draw(st.lists(st.tuples(st.integers(1, 40), KINDS), max_size=4))
    steps = [
        Step(after_s=60.0 * minute, **kind)
        for minute, kind in sorted(later, key=lambda one: one[0])
    ]
    return Policy(
        steps=(Step(after_s=0, rank=1), *steps),
        repeat_s=60.0 * draw(st.integers(1, 30)),
        fallback_s=draw(st.none() | st.integers(0, 4000)),
    )


MINUTES = st.integers(0, 200)
QUIET = st.dictionaries(st.integers(1, 4).map(CarerId), st.integers(1, 240).map(at))


@settings(deadline=None)
@given(sound(), PEOPLE, QUIET, MINUTES, st.sampled_from([Severity.CHECK, Severity.NOTICE]))
def test_nobody_is_woken_in_quiet_hours_by_what_is_not_urgent(
    policy: Policy,
    team: tuple[Person, ...],
    quiet: dict[CarerId, datetime],
    minutes: int,
    severity: Severity,
) -> None:
    run = Run(policy=policy, since=NINE)
    duty = Duty(quiet=quiet, on_call=team[:1], reserve=RESERVE)
    for one in due(an_alert(severity), run, team, (), at(minutes), duty):
        assert one.channel == WEB or quiet.get(one.carer_id, NINE) <= at(minutes)


@settings(deadline=None)
@given(sound(), PEOPLE, QUIET, MINUTES)
def test_nothing_urgent_is_ever_held(
    policy: Policy, team: tuple[Person, ...], quiet: dict[CarerId, datetime], minutes: int
) -> None:
    run, alert = Run(policy=policy, since=NINE), an_alert(Severity.URGENT)
    found = call(alert, run, team, (), at(minutes), Duty(quiet=quiet))
    assert not found.held
    assert found == call(alert, run, team, (), at(minutes))


@settings(deadline=None)
@given(sound(), PEOPLE, QUIET, MINUTES)
def test_whatever_is_held_is_due_at_the_end_of_the_window(
    policy: Policy, team: tuple[Person, ...], quiet: dict[CarerId, datetime], minutes: int
) -> None:
    """Whatever happens to the others: asked at the end of the person's quiet, it is asked for."""
    run, alert = Run(policy=policy, since=NINE), an_alert(Severity.CHECK)
    people = {one.carer_id for one in team}
    duty = Duty(quiet={one: until for one, until in quiet.items() if one in people})
    would = {one.carer_id for one in due(alert, run, team, (), at(minutes)) if one.channel != WEB}
    found = call(alert, run, team, (), at(minutes), duty)
    for carer in would & {one.carer_id for one in found.held}:
        later = call(alert, run, team, (), duty.quiet[carer], duty)
        assert carer in {one.carer_id for one in later.due if one.channel != WEB}
    # nobody is forgotten: who would have been told is told or held
    assert would <= {one.carer_id for one in (*found.due, *found.held)}


@settings(deadline=None)
@given(sound(), PEOPLE, QUIET, MINUTES, st.sampled_from([Severity.CHECK, Severity.URGENT]))
def test_somebody_who_is_awake_is_told_wherever_there_is_one(
    policy: Policy,
    team: tuple[Person, ...],
    quiet: dict[CarerId, datetime],
    minutes: int,
    severity: Severity,
) -> None:
    run = Run(policy=policy, since=NINE)
    found = due(an_alert(severity), run, team, (), at(minutes), Duty(quiet=quiet, reserve=RESERVE))
    assert any(one.channel != WEB for one in found), "the reserve keeps no quiet hours here"


@settings(deadline=None)
@given(sound(), PEOPLE, QUIET, st.lists(MINUTES, min_size=1, max_size=12))
def test_whenever_one_looks_nothing_is_asked_for_twice(
    policy: Policy, team: tuple[Person, ...], quiet: dict[CarerId, datetime], looks: list[int]
) -> None:
    run, alert, duty = Run(policy=policy, since=NINE), an_alert(Severity.CHECK), Duty(quiet=quiet)
    told: dict[tuple[CarerId, str], Heard] = {}
    seen: set[tuple[int, int, str]] = set()
    for minutes in sorted(looks):
        new = due(alert, run, team, tuple(told.values()), at(minutes), duty)
        keys = {(one.step, one.carer_id, one.channel) for one in new}
        assert not keys & seen
        seen |= keys
        for one in new:
            told[one.carer_id, one.channel] = Heard(
                carer_id=one.carer_id, channel=one.channel, step=one.step
            )
        assert not due(alert, run, team, tuple(told.values()), at(minutes), duty)


def on_it(minutes: float = 1, run: Run | None = None, last_step: int = 0) -> Episode:
    run = run or start(Severity.URGENT, Audience.CARERS, NINE)
    episode = Episode(alert=an_alert(), run=run, last_step=last_step)
    return answered(episode, a_response(ResponseKind.ACKNOWLEDGE, minutes), at(minutes))


def test_another_takes_over_and_is_on_it_from_then() -> None:
    after = answered(on_it(), a_response(ResponseKind.TAKE_OVER, 5, carer=2), at(5))
    assert (after.alert.acknowledged_by, after.alert.acknowledged_at) == (TWO, at(5))
    assert after.alert.state is AlertState.ACKNOWLEDGED
    assert due(after.alert, after.run, TEAM, (), at(90)) == ()


def test_taking_over_what_nobody_has_is_an_answer_and_what_is_over_stays_over() -> None:
    episode = Episode(alert=an_alert(), run=start(Severity.URGENT, Audience.CARERS, NINE))
    after = answered(episode, a_response(ResponseKind.TAKE_OVER, 2, carer=2), at(2))
    assert after.alert.acknowledged_by == TWO
    over = answered(after, a_response(ResponseKind.RESOLVE, 3), at(3))
    assert answered(over, a_response(ResponseKind.TAKE_OVER, 4), at(4)) == over
    assert answered(over, a_response(ResponseKind.HAND_BACK, 4, carer=2), at(4)) == over


@pytest.mark.parametrize(("step", "whom"), [(0, {2}), (1, {1, 2, 3}), (6, {1, 2, 3})])
def test_handed_back_the_telling_goes_on_with_the_next_step_at_once(
    step: int, whom: set[int]
) -> None:
    minutes = (0, 3, 6, 11, 16, 21, 26)[step]
    before = on_it(minutes, last_step=step)
    late = minutes + 40
    after = answered(before, a_response(ResponseKind.HAND_BACK, late), at(late))
    assert after.alert.state is AlertState.OPEN
    assert after.alert.acknowledged_by is None
    told = [
        Heard(carer_id=one.carer_id, channel=channel, step=step)
        for one in TEAM
        for channel in ("web", "webhook")
    ]
    found = due(after.alert, after.run, TEAM, told, at(late))
    assert {one.carer_id for one in found} == whom
    assert {one.step for one in found} == {step + 1}
    assert wakes_at(after, at(late)) == after.run.next_at(at(late))
    following = after.run.next_at(at(late))
    assert following is not None
    assert at(late) < following <= at(late) + timedelta(minutes=5)


def test_only_the_one_who_is_on_it_hands_it_back() -> None:
    before = on_it()
    assert answered(before, a_response(ResponseKind.HAND_BACK, 5, carer=2), at(5)) == before


def test_handed_back_while_asked_again_it_begins_anew() -> None:
    worse = replace(
        on_it().run, policy=Policy(steps=(Step(after_s=0),)), asked=ONE, since=at(4), first_step=1
    )
    before = replace(on_it(), run=worse, last_step=1)
    after = answered(before, a_response(ResponseKind.HAND_BACK, 5), at(5))
    assert after.alert.state is AlertState.OPEN
    assert after.run.policy == POLICIES[Severity.URGENT, Audience.CARERS]
    assert (after.run.since, after.run.first_step) == (at(5), 2)


def test_a_policy_that_has_no_further_step_begins_anew_when_handed_back() -> None:
    page = Policy(steps=(Step(after_s=0, channels=(WEB,)),))
    plan = Plan(notice=page, check=page, urgent=page)
    run = start(Severity.URGENT, Audience.CARERS, NINE, plan=plan)
    after = answered(on_it(run=run), a_response(ResponseKind.HAND_BACK, 5), at(5))
    assert (after.run.since, after.run.first_step, after.run.policy) == (at(5), 1, page)


def test_an_edit_in_the_middle_of_an_incident_changes_nothing_of_it() -> None:
    slow = Policy(steps=(Step(after_s=0, rank=1),), repeat_s=3600)
    plan = Plan(notice=slow, check=slow, urgent=slow)
    run = from_json(to_json(start(Severity.CHECK, Audience.CARERS, NINE, plan=plan)))
    assert run.plan == plan
    episode = Episode(alert=an_alert(Severity.CHECK), run=run, last_step=0)
    again = answered(
        answered(episode, a_response(ResponseKind.RESOLVE, 2), at(2)),
        a_response(ResponseKind.REOPEN, 3),
        at(3),
    )
    assert again.run.policy == slow, "it re-opens by the rules it opened with"
    assert passed(again, [ONE], at(4)) == again


def test_a_snapshot_from_before_there_were_plans_is_read() -> None:
    old = {
        "version": 1,
        "steps": [
            {"after_s": 0, "rank": 1, "channels": []},
            {"after_s": 180, "rank": 0, "channels": ["web"]},
        ],
        "repeat_s": 300.0,
        "since": NINE.isoformat(),
        "first_step": 2,
        "asked": None,
        "raised_at": None,
        "next_at": 1.0,
    }
    run = from_json(old)
    assert run.policy.steps == (Step(after_s=0, rank=1), Step(after_s=180, channels=("web",)))
    assert (run.policy.fallback_s, run.plan, run.first_step) == (None, None, 2)


def test_who_failed_is_stood_in_for_also_on_call() -> None:
    run = rule(Step(after_s=0, on_call=True))
    told = (Heard(carer_id=THREE, channel="webhook", step=0, state=DeliveryState.FAILED),)
    assert asked(1, run=run, on_call=(TEAM[2],), told=told) == {(0, 1)}
