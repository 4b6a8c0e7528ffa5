"""Killed anywhere: the snapshot and the journal bring back exactly what was."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.engine import Engine
from analytics.home_engine import Inputs
from analytics.sample_days import HOME, HOUSEHOLD, MONDAY, eventful
from core.model.finding import Finding
from core.model.learning import Margin

ROWS = eventful(6).observations
SIZE = 60


def answered(number: int) -> list[Margin]:
    """Return what carers' answers have moved by a step."""
    at = MONDAY.timestamp() + number
    return [
        Margin(detector=name, hour_bin=number % 8, factor=0.8 + number % 9 / 10, at=at)
        for name in ("exit", "inactivity", "walking")
    ]


STEPS = [
    (
        number,
        Inputs(
            now=rows[-1].received_at,
            heard_at=rows[-1].received_at if number % 9 else None,
            heard_since=MONDAY - timedelta(hours=1) if number % 5 else None,
            offline={HOME: (1,)} if number % 11 == 0 else None,
            margins={HOME: tuple(answered(number))} if number % 6 == 0 else None,
        ),
        rows,
        rows[-1].received_at if number % 3 else None,
    )
    for number, place in enumerate(range(0, len(ROWS), SIZE), 1)
    if (rows := ROWS[place : place + SIZE])
]


def fresh() -> Engine:
    engine = Engine()
    engine.register([HOUSEHOLD], 0)
    return engine


def straight() -> tuple[list[Finding], bytes]:
    engine, found = fresh(), list[Finding]()
    for step in STEPS:
        found += engine.step(*step).findings
    return found, engine.homes[HOME].snapshot()


EXPECTED = straight()


@settings(max_examples=8, deadline=None)
@given(
    st.integers(1, 20),
    st.lists(st.integers(1, len(STEPS)), max_size=6),
)
def test_killed_after_any_step_with_snapshots_however_rare(every: int, kills: list[int]) -> None:
    engine, table = fresh(), dict[tuple[object, ...], Finding]()
    saved = engine.homes[HOME].snapshot()
    for step in STEPS:
        for one in engine.step(*step).findings:
            table[(one.detector, one.subject, one.onset, one.phase, one.severity)] = one
        if step[0] % every == 0:
            saved = engine.homes[HOME].snapshot()
        if step[0] in kills:
            engine = Engine()
            engine.restore([saved])
            for earlier in STEPS[: step[0]]:
                engine.step(*earlier)
    assert list(table.values()) == EXPECTED[0]
    assert engine.homes[HOME].snapshot() == EXPECTED[1]
