"""Policies that are written down: what holds, and what is refused because it reaches nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.finding import Audience, Severity
from core.model.ids import CarerId
from core.model.plan import POLICIES, Plan, Policy, Step, from_json, resolve, to_json
from core.model.plan_check import Fault, PlanPerson, Surroundings, faults

RUTH, SAM, ANN, TOM = (CarerId(number) for number in range(1, 5))
PEOPLE = {
    RUTH: PlanPerson(carer_id=RUTH, order=1, channels=("ntfy",)),
    SAM: PlanPerson(carer_id=SAM, order=2, channels=("sms",)),
    ANN: PlanPerson(carer_id=ANN, channels=("ntfy",)),
    TOM: PlanPerson(carer_id=TOM, order=3, channels=("ntfy",), here=False),
}
AROUND = Surroundings(
    people=PEOPLE, one_home=True, on_rota=(ANN,), channels=frozenset({"web", "ntfy", "sms"})
)
STEPS = st.builds(
    lambda after_s, who, channels: Step(after_s=after_s, channels=tuple(channels), **who),
    st.integers(0, 3600),
    st.sampled_from(
        [{"rank": 0}, {"rank": 1}, {"rank": 2}, {"carers": (RUTH, ANN)}, {"on_call": True}]
    ),
    st.lists(st.sampled_from(["web", "ntfy"]), unique=True),
)
RULES = st.builds(
    lambda steps, repeat_s, fallback_s: Policy(
        steps=tuple(sorted(steps, key=lambda step: step.after_s)),
        repeat_s=repeat_s,
        fallback_s=fallback_s,
    ),
    st.lists(STEPS, min_size=1, max_size=5),
    st.integers(0, 3600),
    st.none() | st.integers(0, 7200),
)


def rule(*steps: Step, repeat_s: float = 300) -> Policy:
    return Policy(steps=steps, repeat_s=repeat_s)


def said(
    policy: Policy, around: Surroundings = AROUND, severity: Severity = Severity.URGENT
) -> Sequence[tuple[int, str]]:
    return [(fault.step, fault.text) for fault in faults(policy, severity, around)]


@settings(deadline=None)
@given(RULES)
def test_a_policy_comes_back_as_it_was(policy: Policy) -> None:
    assert from_json(to_json(policy)) == policy


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(Severity), RULES),
    st.dictionaries(st.sampled_from(Severity), RULES),
    st.sampled_from(Severity),
)
def test_the_home_stands_above_the_organisation_and_both_above_what_is_built_in(
    home: dict[Severity, Policy], organisation: dict[Severity, Policy], severity: Severity
) -> None:
    plan: Plan = resolve(home, organisation)
    built_in = POLICIES[severity, Audience.CARERS]
    assert plan.of(severity) == home.get(severity, organisation.get(severity, built_in))


@pytest.mark.parametrize("severity", list(Severity))
def test_what_is_built_in_is_sound(severity: Severity) -> None:
    assert faults(POLICIES[severity, Audience.CARERS], severity, AROUND) == ()


LEFT = "This person has left."
CASES = {
    "unknown carer": (Step(after_s=0, carers=(CarerId(99),)), "This person is not known here."),
    "a carer who has left": (Step(after_s=0, carers=(RUTH, TOM)), LEFT),
    "a place nobody has": (Step(after_s=0, rank=1), ""),
    "a channel nobody of that step has": (
        Step(after_s=0, rank=1, channels=("sms",)),
        "Nobody of this step can be reached by the way that you chose.",
    ),
    "a channel that is not there": (
        Step(after_s=0, rank=1, channels=("pigeon",)),
        "There is no way called pigeon.",
    ),
    "only the page": (
        Step(after_s=0, channels=("web",)),
        "Nobody of this step has a way to be woken.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_step_that_reaches_nobody_is_refused_and_named(case: str) -> None:
    step, text = CASES[case]
    found = said(rule(Step(after_s=0, rank=1), replace(step, after_s=60)))
    assert found == ([(2, text)] if text else [])


def test_on_call_with_an_empty_rota_is_refused() -> None:
    policy = rule(Step(after_s=0, on_call=True))
    assert said(policy) == []
    assert said(policy, replace(AROUND, on_rota=())) == [
        (1, "The rota has no shifts: nobody is ever on call.")
    ]


def test_a_person_who_may_not_see_the_home_is_refused() -> None:
    people = PEOPLE | {ANN: replace(PEOPLE[ANN], may_see=False)}
    found = said(rule(Step(after_s=0, carers=(ANN,))), replace(AROUND, people=people))
    assert found == [(1, "This person may not see the alerts of this home.")]


def test_places_are_told_in_their_order_and_there_must_be_somebody() -> None:
    second = Step(after_s=0, rank=2)
    assert said(rule(second))[0][0] == 1
    assert said(rule(Step(after_s=0, rank=1), replace(second, after_s=9))) == []
    third = rule(Step(after_s=0, rank=1), second, Step(after_s=9, rank=3))
    assert said(third) == [(3, "The order of telling is too short: number 2 is the last in it.")]
    alone = replace(AROUND, people={})
    assert said(rule(Step(after_s=0, rank=1)), alone) == [(1, "Nobody cares for this home yet.")]


def test_a_policy_goes_on_until_somebody_answers_except_for_what_waits() -> None:
    once = rule(Step(after_s=0, rank=1), repeat_s=0)
    assert said(once) == [(0, "The last step must be said again until somebody answers.")]
    page = rule(Step(after_s=0, channels=("web",)), repeat_s=0)
    assert said(page, severity=Severity.NOTICE) == []
    assert said(rule(Step(after_s=0, rank=1), repeat_s=5))[0][0] == 0
    assert said(rule(*[Step(after_s=0, rank=1)] * 9))[0][1] == "A plan has at most 8 steps."
    assert said(rule(Step(after_s=100_000, rank=1)))[0][1] == "Everything happens within 24 hours."


def test_an_organisation_s_policy_needs_no_order_but_somebody_to_wake() -> None:
    around = replace(AROUND, one_home=False)
    assert said(rule(Step(after_s=0, rank=1), Step(after_s=9, rank=2)), around) == []
    dumb = {RUTH: PlanPerson(carer_id=RUTH)}
    assert [
        step for step, _ in said(rule(Step(after_s=0, rank=1)), replace(around, people=dumb))
    ] == [1]


@settings(deadline=None)
@given(RULES, st.sampled_from([Severity.URGENT, Severity.CHECK]))
def test_what_is_accepted_can_wake_somebody_in_each_step(
    policy: Policy, severity: Severity
) -> None:
    found: tuple[Fault, ...] = faults(policy, severity, AROUND)
    if found:
        assert all(0 <= fault.step <= len(policy.steps) and fault.text for fault in found)
        return
    for step in policy.steps:
        assert not step.channels or set(step.channels) - {"web"}


@pytest.mark.parametrize(
    "step", [{"rank": 1, "on_call": True}, {"rank": 1, "carers": (RUTH,)}, {"rank": -1}]
)
def test_a_step_means_one_thing(step: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a step tells"):
        Step(after_s=0, **step)  # type: ignore[arg-type]
