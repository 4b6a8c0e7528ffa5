"""The auditor's judgement, and that each of its faults has a playbook."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.promises import Violation
from alerts.watch import FORGOTTEN_AFTER, STOPPED_AFTER, faults
from core.model.ids import AlertId, HomeId
from core.model.playbook import AUDIT, PLAYBOOKS, playbook_for
from core.store.alert_audit import Overdue, Signs, SilentHome
from tests.alerts.builders import NINE, an_alert

CALM = Signs(
    gateways={},
    pages={},
    shards={},
    finding_waits_s=0,
    answer_waits_since=None,
    overdue=(),
    silent_homes=(),
    homes=(HomeId("a"),),
)
ages = st.sampled_from([timedelta(seconds=s) for s in (0, 179, 180, 181, 3600, 86_400, 86_401)])


@settings(deadline=None)
@given(
    beats=st.dictionaries(st.sampled_from("abc"), ages),
    pages=st.dictionaries(st.sampled_from("xy"), ages),
    steps=st.dictionaries(st.integers(0, 2), ages),
)
def test_who_is_silent_has_stopped_unless_it_was_taken_away(
    beats: dict[str, timedelta], pages: dict[str, timedelta], steps: dict[int, timedelta]
) -> None:
    signs = Signs(
        gateways={name: NINE - age for name, age in beats.items()},
        pages={name: NINE - age for name, age in pages.items()},
        shards={name: NINE - age for name, age in steps.items()},
        finding_waits_s=0,
        answer_waits_since=None,
        overdue=(),
        silent_homes=(),
        homes=(),
    )
    found = {fault.subject for fault in faults(signs, (), {}, NINE)}
    wanted = set()
    for kind, of in (("gateway", beats), ("dashboard", pages), ("analytics", steps)):
        lives = any(age <= STOPPED_AFTER for age in of.values())
        for name, age in of.items():
            if age > STOPPED_AFTER and not (lives and age > FORGOTTEN_AFTER):
                wanted.add(f"{kind}/{name}")
    assert found == wanted


def test_a_sign_of_life_that_is_still_to_come_is_none() -> None:
    ahead = NINE + timedelta(hours=1)
    (fault,) = faults(replace(CALM, gateways={"a": NINE}, shards={0: ahead}), (), {}, NINE)
    assert fault.subject == "analytics/0"
    assert fault.what.endswith("a time that has not come: a clock is or was wrong.")


@settings(deadline=None)
@given(
    finding_s=st.floats(0, 1000),
    answer=st.none() | ages,
    overdue=st.lists(st.tuples(st.sampled_from(["webhook", "ntfy"]), ages), max_size=2),
    silent=st.booleans(),
    broken=st.booleans(),
)
def test_every_fault_has_a_playbook_of_its_own(
    finding_s: float,
    answer: timedelta | None,
    overdue: list[tuple[str, timedelta]],
    *,
    silent: bool,
    broken: bool,
) -> None:
    signs = Signs(
        gateways={"g": NINE - timedelta(hours=1)},
        pages={"d": NINE - timedelta(hours=1)},
        shards={0: NINE - timedelta(hours=1)},
        finding_waits_s=finding_s,
        answer_waits_since=None if answer is None else NINE - answer,
        overdue=tuple(Overdue(channel=c, messages=1, since=NINE - age) for c, age in overdue),
        silent_homes=(SilentHome(home_id=HomeId("a"), last_seen=NINE),) if silent else (),
        homes=(HomeId("a"),),
    )
    violation = Violation(alert_id=AlertId(3), promise="p_q", expected="x", found="y")
    about = {AlertId(3): an_alert(home_id=HomeId("b"))}
    found = faults(signs, (violation,) if broken else (), about, NINE)
    names = [playbook_for(AUDIT, fault.subject) for fault in found]
    assert None not in names
    kinds = {fault.subject.partition("/")[0] for fault in found}
    assert len({book.name for book in names if book}) == len(kinds)
    assert {fault.home_id for fault in found if fault.subject == "promise/3/p_q"} <= {HomeId("b")}


def test_a_calm_system_has_no_fault() -> None:
    assert faults(CALM, (), {}, NINE) == ()


def test_no_playbook_is_for_carers_or_says_nothing() -> None:
    for name, book in PLAYBOOKS.items():
        assert name == book.name
        for text in (book.title, book.meaning, book.first, book.who):
            assert len(text) > 10
            assert "!" not in text
