from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation import Duty, Request, due, escalating
from alerts.policy import Policy, Run, Step, ask, start
from core.model.finding import Alert, AlertState, Audience, DeliveryState, Severity
from core.model.ids import CarerId
from tests.alerts.builders import NINE, TEAM, Heard, Person, an_alert, at, person


def words(requests: Sequence[Request]) -> set[tuple[int, int, str]]:
    return {(request.step, request.carer_id, request.channel) for request in requests}


def to(step: int, *carers: int) -> set[tuple[int, int, str]]:
    return {(step, carer, channel) for carer in carers for channel in ("web", "webhook")}


def asked(
    minutes: float,
    told: Sequence[Heard] = (),
    severity: Severity = Severity.URGENT,
    team: Sequence[Person] = TEAM,
) -> set[tuple[int, int, str]]:
    run = start(severity, Audience.CARERS, NINE)
    return words(due(an_alert(severity), run, team, told, at(minutes)))


def heard(*requests: tuple[int, int, str], failed: bool = False) -> tuple[Heard, ...]:
    newest: dict[tuple[int, str], int] = {}
    for step, carer, channel in requests:
        newest[carer, channel] = max(step, newest.get((carer, channel), -1))
    state = DeliveryState.FAILED if failed else DeliveryState.SENT
    return tuple(
        Heard(carer_id=CarerId(carer), channel=channel, step=step, state=state)
        for (carer, channel), step in newest.items()
    )


def test_urgent_tells_the_first_at_once_then_the_second_then_everybody_again_and_again() -> None:
    told: set[tuple[int, int, str]] = set()
    seen = []
    for minutes in (0, 1, 3, 6, 10, 11, 16):
        new = asked(minutes, heard(*told))
        told |= new
        seen.append(new)
    assert seen == [
        to(0, 1),
        set(),
        to(1, 2),
        to(2, 1, 2, 3),
        set(),
        to(3, 1, 2, 3),
        to(4, 1, 2, 3),
    ]


def test_check_has_its_own_pace() -> None:
    assert asked(0, severity=Severity.CHECK) == to(0, 1)
    assert asked(10, heard(*to(0, 1)), Severity.CHECK) == to(1, 2)
    assert asked(36, heard(*to(2, 1, 2, 3)), Severity.CHECK) == to(3, 1, 2, 3)


def test_a_notice_stands_on_the_page_and_wakes_nobody() -> None:
    assert asked(0, severity=Severity.NOTICE) == {(0, n, "web") for n in (1, 2, 3)}
    assert asked(9999, heard((0, 1, "web"), (0, 2, "web"), (0, 3, "web")), Severity.NOTICE) == set()


def test_asking_twice_asks_for_nothing_twice() -> None:
    assert asked(0, heard(*to(0, 1))) == set()


def test_an_outage_over_a_step_does_not_lose_it() -> None:
    assert asked(4) == to(0, 1) | to(1, 2)


def test_a_long_outage_tells_everybody_once_and_not_for_each_missed_step() -> None:
    assert asked(61) == to(13, 1, 2, 3)


def test_who_cannot_be_reached_takes_nobodys_turn() -> None:
    team = (Person(carer_id=CarerId(1), order=1, channels=()), person(2), person(3))
    assert asked(0, team=team) == {(0, 1, "web")} | to(0, 2)


def test_a_dead_address_hands_the_turn_to_the_next_at_once() -> None:
    told = (*heard((0, 1, "webhook"), failed=True), *heard((0, 1, "web")))
    assert asked(1, told) == to(0, 2)


def test_one_dead_address_of_two_changes_nothing() -> None:
    team = (person(1, 1, "ntfy", "webhook"), person(2))
    told = (*heard((0, 1, "webhook"), failed=True), *heard((0, 1, "web"), (0, 1, "ntfy")))
    assert asked(1, told, team=team) == set()


def test_equal_places_are_told_together() -> None:
    assert asked(0, team=(person(1, 1), person(2, 1), person(3, 2))) == to(0, 1, 2)


BY_TEXT = Run(
    policy=Policy(steps=(Step(after_s=0, rank=1, channels=("sms",)),), repeat_s=300), since=NINE
)


def test_a_step_by_text_only_goes_another_way_to_whom_texts_do_not_reach() -> None:
    alert = an_alert()
    both = (person(1, 1, "sms", "webhook"),)
    assert words(due(alert, BY_TEXT, both, (), NINE)) == {(0, 1, "sms")}
    failed = heard((0, 1, "sms"), failed=True)
    assert words(due(alert, BY_TEXT, both, failed, NINE)) == {(0, 1, "web"), (0, 1, "webhook")}
    without = (person(1, 1, "webhook"),)
    assert words(due(alert, BY_TEXT, without, (), NINE)) == {(0, 1, "web"), (0, 1, "webhook")}
    notice = an_alert(Severity.NOTICE)
    assert words(due(notice, BY_TEXT, without, (), NINE)) == set(), "nobody is rung for it"


def test_the_reserve_is_told_by_what_it_has_where_the_plan_wants_texts() -> None:
    nobody = (Person(carer_id=CarerId(1), order=1, channels=()),)
    found = due(an_alert(), BY_TEXT, nobody, (), NINE, Duty(reserve=(person(9),)))
    assert to(0, 9) <= words(found)


def test_a_place_that_nobody_has_any_more_ends_no_repeats() -> None:
    steps = (Step(after_s=0, rank=1), Step(after_s=180, rank=2), Step(after_s=360, rank=3))
    run = Run(policy=Policy(steps=steps, repeat_s=300), since=NINE)
    told = heard(*to(0, 1), *to(1, 2))
    assert words(due(an_alert(), run, TEAM[:2], told, at(6))) == to(2, 1)
    told = heard(*to(2, 1), *to(1, 2))
    assert words(due(an_alert(), run, TEAM[:2], told, at(11))) == to(3, 1)


def test_nobody_to_tell_is_no_error() -> None:
    assert asked(0, team=()) == set()


def test_a_new_carer_is_told_with_the_next_step() -> None:
    assert asked(12, heard(*to(3, 1, 2))) == to(3, 3)


@pytest.mark.parametrize(
    ("changes", "goes_on"),
    [
        ({}, True),
        ({"state": AlertState.ACKNOWLEDGED}, False),
        ({"state": AlertState.RESOLVED}, False),
        ({"cleared_at": NINE}, True),
        ({"cleared_at": NINE, "severity": Severity.CHECK}, False),
        ({"cleared_at": NINE, "severity": Severity.NOTICE}, False),
    ],
)
def test_what_stops_it(changes: dict[str, object], goes_on: bool) -> None:
    alert: Alert = an_alert(**changes)  # type: ignore[arg-type]
    run = start(alert.severity, Audience.CARERS, NINE)
    assert escalating(alert, run) is goes_on
    assert bool(due(alert, run, TEAM, (), NINE)) is goes_on


def test_only_the_person_who_answered_is_asked_when_it_gets_worse() -> None:
    alert = an_alert(state=AlertState.ACKNOWLEDGED, acknowledged_by=CarerId(2))
    run = ask(start(Severity.CHECK, Audience.CARERS, NINE), CarerId(2), at(9), first_step=4)
    assert words(due(alert, run, TEAM, (), at(9))) == to(4, 2)
    assert words(due(alert, run, TEAM, heard(*to(4, 2)), at(11))) == set()


@given(
    st.lists(st.floats(min_value=0, max_value=120), min_size=1, max_size=20),
    st.sampled_from([Severity.URGENT, Severity.CHECK]),
)
def test_whenever_one_looks_the_newest_step_is_told_and_nothing_twice(
    minutes: list[float], severity: Severity
) -> None:
    told: set[tuple[int, int, str]] = set()
    run = start(severity, Audience.CARERS, NINE)
    for moment in sorted(minutes):
        new = asked(moment, heard(*told), severity)
        assert not new & told
        told |= new
        newest = run.newest(at(moment))
        assert newest is not None
        rank = run.step_at(newest).rank
        for carer in (1, 2, 3) if rank == 0 else (rank,):
            assert (newest, carer, "webhook") in told
    assert asked(max(minutes), heard(*told), severity) == set()
