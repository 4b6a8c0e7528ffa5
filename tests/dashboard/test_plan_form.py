"""What people type into the forms of plans and rotas: read back as it was shown, or refused by field."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.errors import Malformed
from core.model.finding import Audience, Severity
from core.model.plan import POLICIES, Policy, Step
from dashboard.plan_form import (
    ROWS,
    fields_of,
    read_carer,
    read_hours,
    read_moment,
    read_policy,
    row_of,
)

LONDON = ZoneInfo("Europe/London")
NAMES = [f"{kind}{row}" for kind in ("who", "after", "by") for row in range(1, ROWS + 1)]
TYPED = st.one_of(
    st.text("0159:-+.Te ²\0é", max_size=9),
    st.sampled_from(
        [
            *("", "0", "5", "99999", "everybody", "on-call", "place-1", "carer-3"),
            *("9" * 5000, f"place-{'9' * 5000}", f"carer-{'9' * 5000}"),
        ]
    ),
)
STEPS = st.builds(
    lambda minutes, who, by: Step(after_s=60.0 * minutes, channels=by, **who),
    st.integers(0, 1440),
    st.sampled_from([{"rank": 0}, {"rank": 2}, {"carers": (7,)}, {"on_call": True}]),
    st.sampled_from([(), ("ntfy",)]),
)


@settings(deadline=None)
@given(
    st.lists(STEPS, min_size=1, max_size=ROWS),
    st.integers(0, 1440),
    st.none() | st.integers(0, 1440),
)
def test_what_the_form_shows_is_what_it_reads(
    steps: list[Step], repeat: int, fallback: int | None
) -> None:
    policy = Policy(
        steps=tuple(sorted(steps, key=lambda step: step.after_s)),
        repeat_s=60.0 * repeat,
        fallback_s=None if fallback is None else 60.0 * fallback,
    )
    typed = read_policy(fields_of(policy), Severity.URGENT)
    assert (typed.policy, typed.mistakes) == (policy, {})


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*NAMES, "repeat", "fallback"]), TYPED))
def test_whatever_is_typed_there_is_a_policy_or_a_mistake_at_a_field(
    fields: dict[str, str],
) -> None:
    typed = read_policy(fields, Severity.CHECK)
    assert (typed.policy is None) == bool(typed.mistakes)
    assert set(typed.mistakes) <= {*NAMES, "repeat", "fallback"}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["day0", "day6", "start", "end", "carer", "starts"]), TYPED))
def test_hours_moments_and_people_are_read_or_refused_by_name(fields: dict[str, str]) -> None:
    for read in (read_hours, read_carer, lambda one: read_moment(one, "starts", LONDON)):
        refused = ""
        try:
            read(fields)
        except Malformed as error:
            refused = error.field
        assert refused in {"", "days", "start", "end", "carer", "starts"}


def test_a_fault_of_a_step_is_shown_at_the_row_it_was_typed_in() -> None:
    fields = {"who1": "", "who2": "everybody", "who4": "on-call"}
    assert [row_of(fields, step) for step in (1, 2, 0, 3)] == ["who2", "who4", "repeat", "repeat"]


@pytest.mark.parametrize("severity", list(Severity))
def test_what_is_built_in_fits_into_the_form(severity: Severity) -> None:
    policy = POLICIES[severity, Audience.CARERS]
    assert read_policy(fields_of(policy), severity).policy == policy


def test_a_time_is_that_of_the_rota_s_clock_also_where_the_clock_jumps() -> None:
    times = ("2026-07-01T10:00", "2026-03-29T01:30", "2026-10-25T01:30", "2026-07-01T10:00+00:00")
    read = [read_moment({"starts": text}, "starts", LONDON) for text in times]
    assert read == [
        datetime(2026, 7, 1, 9, tzinfo=UTC),
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 7, 1, 10, tzinfo=UTC),
    ]
