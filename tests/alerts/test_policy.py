from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.policy import POLICIES, Policy, Run, Step, ask, from_json, read, start, to_json
from core.model.finding import Audience, Severity
from core.model.ids import CarerId
from core.model.plan import VERSION, present
from tests.alerts.builders import NINE, at

KINDS = st.sampled_from(sorted(POLICIES))
SECONDS = st.floats(min_value=0, max_value=90_000)


@given(kind=KINDS, first=st.integers(0, 50), asked=st.booleans())
def test_a_snapshot_comes_back_as_it_was(
    kind: tuple[Severity, Audience], first: int, asked: bool
) -> None:
    run = start(*kind, NINE, first_step=first)
    if asked:
        run = ask(run, CarerId(7), at(5), first_step=first + 3)
        run = replace(run, stopped_below=first)
    assert from_json(to_json(run)) == run


def test_a_snapshot_of_a_later_version_is_refused() -> None:
    later = to_json(start(Severity.URGENT, Audience.CARERS, NINE)) | {"version": VERSION + 1}
    with pytest.raises(ValueError, match="version 1 to"):
        from_json(later)
    assert read(later) is None


def test_what_the_first_release_wrote_is_always_read() -> None:
    """Never to be changed: alerts of years hold it, and raising the version has to go on reading it."""
    stored = {
        "version": 1,
        "steps": [
            {"after_s": 0.0, "rank": 1, "channels": []},
            {"after_s": 180.0, "rank": 0, "channels": ["webhook"], "carers": [], "on_call": False},
        ],
        "repeat_s": 300.0,
        "since": "2026-03-01T09:00:00+00:00",
        "first_step": 4,
        "asked": None,
        "raised_at": None,
        "next_at": 1772355900.0,
    }
    steps = (Step(after_s=0, rank=1), Step(after_s=180, rank=0, channels=("webhook",)))
    assert from_json(stored) == Run(
        policy=Policy(steps=steps, repeat_s=300), since=NINE, first_step=4
    )


@pytest.mark.parametrize("version", [None, 0, -1, "1", 4])
def test_a_snapshot_goes_up_step_by_step(version: object) -> None:
    upward = (
        lambda old: {**old, "second": old["version"]},
        lambda old: {**old, "third": True},
    )
    assert present({"version": 1}, upward) == {"version": 3, "second": 1, "third": True}
    assert present({"version": 2}, upward) == {"version": 3, "third": True}
    assert present({"version": 3}, upward) == {"version": 3}
    with pytest.raises(ValueError, match="version 1 to 3"):
        present({"version": version}, upward)


@pytest.mark.parametrize(
    "steps", [(), (Step(after_s=9, rank=1), Step(after_s=3, rank=0)), (Step(after_s=-1, rank=0),)]
)
def test_a_policy_that_tells_nobody_is_refused(steps: tuple[Step, ...]) -> None:
    with pytest.raises(ValueError, match="steps in order"):
        Policy(steps=steps)


@given(kind=KINDS, first=st.integers(0, 50), elapsed_s=SECONDS)
def test_the_next_step_lies_ahead_and_is_the_next_number(
    kind: tuple[Severity, Audience], first: int, elapsed_s: float
) -> None:
    run = start(*kind, NINE, first_step=first)
    now = NINE + timedelta(seconds=elapsed_s)
    newest = run.newest(now)
    assert newest is not None
    ahead = run.next_at(now)
    if ahead is None:
        assert kind[0] is Severity.NOTICE
        return
    assert ahead > now
    assert run.newest(ahead) == newest + 1
    assert run.newest(ahead - timedelta(microseconds=1)) == newest


@given(kind=KINDS, earlier_s=SECONDS, later_s=SECONDS)
def test_steps_never_go_back(
    kind: tuple[Severity, Audience], earlier_s: float, later_s: float
) -> None:
    run = start(*kind, NINE)
    first, second = sorted((earlier_s, later_s))
    early = run.newest(NINE + timedelta(seconds=first))
    late = run.newest(NINE + timedelta(seconds=second))
    assert early is not None
    assert late is not None
    assert early <= late


def test_the_defaults_are_those_of_the_decision() -> None:
    urgent = POLICIES[Severity.URGENT, Audience.CARERS]
    assert [(step.after_s, step.rank) for step in urgent.steps] == [(0, 1), (180, 2), (360, 0)]
    assert urgent.repeat_s == 300
    check = POLICIES[Severity.CHECK, Audience.CARERS]
    assert [step.after_s for step in check.steps] == [0, 600, 1200]
    assert check.repeat_s == 900
    notice = POLICIES[Severity.NOTICE, Audience.CARERS]
    assert (notice.repeat_s, notice.steps[0].channels) == (0, ("web",))


def test_nothing_is_due_before_it_begins() -> None:
    run = Run(policy=POLICIES[Severity.URGENT, Audience.CARERS], since=NINE)
    assert run.newest(at(-1)) is None
    assert run.next_at(at(-1)) == NINE
