"""The contract of a detector in executable form: run it on your own before you trust it with a home.

::

    from analytics.checks import checks

    for name, check in checks():
        check(MY_DETECTOR)  # raises ContractBroken, saying what is broken
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs, Noticed
from analytics.sample_days import HOUSEHOLD, NAME, delayed, eventful, ordinary, shifted
from core.model.finding import Audience, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from analytics.detector import Detector, DetectorSpec
    from analytics.features.view import HomeView
    from analytics.sample_days import Days
    from core.model.observation import Observation

    Check = Callable[[DetectorSpec], None]

STATE_LIMIT_BYTES = 64 * 1024
"""Whole state of a home (performance.md, target 6)."""
SILENCE_LIMIT = timedelta(hours=24)
FORBIDDEN = re.compile(
    r"\b(dementia|alzheimer\w*|agitat\w*|delirium|confus\w*|depress\w*|infection|uti|disease|illness"
    r"|symptom\w*|diagnos\w*|seizure|stroke|patient\w*|fall|fallen|fell|wander\w*|insomnia)\b",
    re.IGNORECASE,
)
"""Words that judge a person or name an illness: a finding says what was observed."""


class ContractBroken(AssertionError):  # noqa: N818
    """A detector breaks its contract; the text says how."""


def checks() -> Iterator[tuple[str, Check]]:
    """Yield (name, check) pairs; a check raises ContractBroken, saying what is broken."""
    for check in (
        replay_is_deterministic,
        restart_changes_nothing,
        duplicates_change_nothing,
        late_data_on_ordinary_days_say_nothing,
        whole_weeks_shift_findings,
        clock_changes_do_no_harm,
        state_is_bounded,
        silence_is_noticed,
        ordinary_first_days_are_quiet,
        inputs_are_left_alone,
        texts_are_plain,
        it_is_documented,
    ):
        yield check.__name__, check


def watched(
    spec: DetectorSpec, days: Days, *, restart_every: int = 0, until: datetime | None = None
) -> tuple[list[Finding], HomeEngine]:
    """Run one detector over a stream; return what it noticed, and the home afterwards.

    Parameters
    ----------
    restart_every
        Take a snapshot and start anew from it after so many observations; 0 for never.
    until
        Let the clock run on to this moment; to the end of the days when None.
    """
    home = HomeEngine(plan(HOUSEHOLD), {spec.name: spec})
    end = until or days.end
    see = Inputs(heard_at=end, heard_since=days.start - timedelta(hours=1))
    found = _tick(home, days.start)
    home.look(see)
    for number, observation in enumerate(days.observations, 1):
        found += _unfenced(home.feed(observation))
        if restart_every and number % restart_every == 0:
            home = HomeEngine.restored(home.snapshot(), {spec.name: spec})
    return found + _tick(home, end), home


def replay_is_deterministic(spec: DetectorSpec) -> None:
    """Require the same findings and the same bytes of state from the same stream."""
    first, second = watched(spec, eventful(18)), watched(spec, eventful(18))
    if first[0] != second[0]:
        raise ContractBroken("two runs over one stream differ")
    if first[1].snapshot() != second[1].snapshot():
        raise ContractBroken("two runs end in different states")


def restart_changes_nothing(spec: DetectorSpec) -> None:
    """Require that snapshot and restore in the middle equal no restart."""
    straight, home = watched(spec, eventful(18))
    for every in (1000, 37):
        broken, again = watched(spec, eventful(18), restart_every=every)
        if broken != straight:
            raise ContractBroken(f"a restart every {every} observations changes the findings")
        if again.snapshot() != home.snapshot():
            raise ContractBroken("a restart changes the state")


def duplicates_change_nothing(spec: DetectorSpec) -> None:
    """Require that observations that come twice, at once or an hour later, change no finding."""
    days = eventful(12)
    at_once = [row for row in days.observations for _ in range(2)]
    later = [
        replace(row, received_at=row.received_at + timedelta(hours=1))
        for row in days.observations[::5]
    ]
    in_time = [row for row in (*at_once, *later) if row.received_at <= days.end]
    again = sorted(in_time, key=lambda row: row.received_at)
    doubled, _ = watched(spec, replace(days, observations=tuple(again)))
    if doubled != watched(spec, days)[0]:
        raise ContractBroken("observations that come twice change the findings")


def late_data_on_ordinary_days_say_nothing(spec: DetectorSpec) -> None:
    """Require that a twentieth of the motion up to 2 h late raises no alarm on ordinary days."""
    loud = _for_carers(watched(spec, delayed(ordinary(10), 0.05, timedelta(hours=2)))[0])
    if loud:
        raise ContractBroken(f"late data raise: {loud[0].what}")


def whole_weeks_shift_findings(spec: DetectorSpec) -> None:
    """Require the same findings two weeks later when all times are later by two weeks."""
    by = timedelta(weeks=2)
    plain, _ = watched(spec, eventful(14))
    moved, _ = watched(spec, shifted(eventful(14), by))
    back = [replace(one, onset=one.onset - by, noticed_at=one.noticed_at - by) for one in moved]
    if [_essence(one) for one in back] != [_essence(one) for one in plain]:
        raise ContractBroken("two weeks later the findings differ")


def clock_changes_do_no_harm(spec: DetectorSpec) -> None:
    """Require silence on ordinary days around both clock changes."""
    for start in (datetime(2026, 3, 24, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)):
        loud = _for_carers(watched(spec, ordinary(10, start=start))[0])
        if loud:
            raise ContractBroken(f"a clock change raises: {loud[0].what}")


def state_is_bounded(spec: DetectorSpec) -> None:
    """Require that the state of a home stays small however long it is watched."""
    _, home = watched(spec, eventful(90))
    size = len(home.snapshot())
    if size > STATE_LIMIT_BYTES:
        raise ContractBroken(f"the state has grown to {size} bytes")


def silence_is_noticed(spec: DetectorSpec) -> None:
    """Require that a detector of silence speaks by ticks alone, within a day, when everything stops."""
    if not spec.notices_silence:
        return
    days = ordinary(3)
    found, _ = watched(spec, days, until=days.end + SILENCE_LIMIT)
    if not any(one.noticed_at > days.end for one in found):
        raise ContractBroken("silence is not noticed by ticks")


def ordinary_first_days_are_quiet(spec: DetectorSpec) -> None:
    """Require that it says nothing on ordinary days while it knows nothing of a home."""
    found, _ = watched(spec, ordinary(4))
    if found:
        raise ContractBroken(f"on an ordinary first day it says: {found[0].what}")


def inputs_are_left_alone(spec: DetectorSpec) -> None:
    """Require that it reads the view and never changes it."""
    guarded = replace(spec, create=lambda: _Guard(spec.create()))
    watched(guarded, eventful(6))


def texts_are_plain(spec: DetectorSpec) -> None:
    """Require plain sentences without names and without words that judge or name an illness."""
    found, _ = watched(spec, eventful(18))
    for one in found:
        texts = (one.what, one.unusual, one.advice, *one.ruled_out)
        for text in (*texts, *(fact.text for fact in one.evidence)):
            if FORBIDDEN.search(text):
                raise ContractBroken(f"a judging word in: {text}")
            if NAME in text:
                raise ContractBroken(f"a name in: {text}")
            if "{" in text:
                raise ContractBroken(f"a template in: {text}")
        if not one.what[:1].isupper():
            raise ContractBroken(f"not a sentence: {one.what}")


def it_is_documented(spec: DetectorSpec) -> None:
    """Require that it says what it notices, what it can not see, its numbers with units, its sources."""
    if not spec.notices.endswith("."):
        raise ContractBroken("`notices` is one sentence")
    if not spec.blind_spots:
        raise ContractBroken("`blind_spots` says what it can not see")
    if not spec.references:
        raise ContractBroken("`references` names its sources")
    if not all(one.unit and one.meaning for one in spec.parameters):
        raise ContractBroken("a parameter lacks its unit")


class _Guard:
    """A detector between two looks at the view."""

    def __init__(self, inner: Detector) -> None:
        self._inner = inner

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        before = view.snapshot()
        found = self._inner.feed(observation, view)
        if view.snapshot() != before:
            raise ContractBroken("feed changes the view")
        return found

    def tick(self, view: HomeView) -> Sequence[Finding]:
        before = view.snapshot()
        found = self._inner.tick(view)
        if view.snapshot() != before:
            raise ContractBroken("tick changes the view")
        return found

    def snapshot(self) -> object:
        return self._inner.snapshot()

    def restore(self, state: object) -> None:
        self._inner.restore(state)


def _tick(home: HomeEngine, now: datetime) -> list[Finding]:
    return _unfenced(home.tick(now))


def _unfenced(noticed: Noticed | None) -> list[Finding]:
    if noticed is None:
        return []
    if noticed.failures:
        raise ContractBroken(f"it raises: {noticed.failures[0].error} {noticed.failures[0].trace}")
    return noticed.findings


def _for_carers(found: Iterable[Finding]) -> list[Finding]:
    return [
        one
        for one in found
        if one.audience is Audience.CARERS and one.severity is not Severity.NOTICE
    ]


def _essence(one: Finding) -> tuple[object, ...]:
    return (one.detector, one.subject, one.phase, one.severity, one.onset, one.noticed_at, one.what)
