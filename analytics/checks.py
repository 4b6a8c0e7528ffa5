"""The contract of a detector in executable form: run it on your own before you trust it with a home.

::

    python -m analytics.checks my_detector:DETECTOR

or, in a test of your own::

    from analytics.checks import checks

    for name, check in checks():
        check(MY_DETECTOR)  # raises ContractBroken, saying what is broken

The days are made up (`analytics.sample_days`): passing says that a detector is safe to run, not that it is
any good. For that, see ``wayhome evaluate``.
"""

from __future__ import annotations

import argparse
import inspect
import math
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pkgutil import resolve_name

import msgspec

from analytics.detector import DetectorSpec, Forecasting
from analytics.home_engine import TICK_S, HomeEngine
from analytics.plain_words import FORBIDDEN, literals, templates
from analytics.sample_days import NAME, delayed, eventful, ordinary, shifted
from analytics.trial import (
    TRIAL_DAYS,
    ContractBroken,
    Trial,
    cut,
    guarded,
    plain,
    watched,
    with_each_tick,
)
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.said import Said, facts, said
from core.model.said import templates as said_templates

__all__ = ["FORBIDDEN", "STATE_LIMIT_BYTES", "ContractBroken", "checks", "watched"]

Check = Callable[[DetectorSpec], None]

STATE_LIMIT_BYTES = 64 * 1024
"""Whole state of a home (performance.md, target 6)."""
DETECTOR_LIMIT_BYTES = 32 * 1024
SILENCE_LIMIT = timedelta(hours=24)
FIRST_DAYS = 6
"""Eventful days in which what has to learn first keeps quiet."""
TICK = timedelta(seconds=TICK_S)


def checks() -> Iterator[tuple[str, Check]]:
    """Yield (name, check) pairs; a check raises ContractBroken, saying what is broken."""
    for check in (
        replay_is_deterministic,
        restart_changes_nothing,
        cutting_changes_nothing,
        due_is_never_too_late,
        duplicates_change_nothing,
        late_data_on_ordinary_days_say_nothing,
        whole_weeks_shift_findings,
        clock_changes_do_no_harm,
        state_is_bounded,
        silence_is_noticed,
        forecasts_come_true,
        ordinary_first_days_are_quiet,
        nothing_is_said_before_it_is_learned,
        inputs_are_left_alone,
        learning_has_bounds,
        texts_are_plain,
        texts_can_be_translated,
        it_is_documented,
    ):
        yield check.__name__, check


def replay_is_deterministic(spec: DetectorSpec) -> None:
    """Require the same findings and the same bytes of state from the same stream."""
    found, home = watched(spec, eventful(TRIAL_DAYS))
    before, state = plain(spec)
    if tuple(found) != before:
        raise ContractBroken("two runs over one stream differ")
    if home.snapshot() != state:
        raise ContractBroken("two runs end in different states")


def restart_changes_nothing(spec: DetectorSpec) -> None:
    """Require that snapshot and restore in the middle equal no restart."""
    for every in (1000, 97):
        _same(
            spec,
            watched(spec, eventful(TRIAL_DAYS), restart_every=every),
            f"a restart every {every} observations",
        )


def cutting_changes_nothing(spec: DetectorSpec) -> None:
    """Require that further ticks between the observations change neither findings nor state."""
    for seed in (1, 2):
        _same(spec, cut(spec, eventful(TRIAL_DAYS), seed=seed), "a tick more")


def due_is_never_too_late(spec: DetectorSpec) -> None:
    """Require the same findings when it is ticked at each moment of the grid, due or not."""
    days = eventful(12)
    found, home = watched(spec, days)
    if watched(with_each_tick(spec), days)[0] != found:
        raise ContractBroken("`due` is too late, or `tick` does more than let time pass")
    due = home.detectors[spec.name].due
    if math.isnan(due):
        raise ContractBroken("`due` is no number")


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
    loud = _loud(watched(spec, delayed(ordinary(10), 0.05, timedelta(hours=2)))[0])
    if loud:
        raise ContractBroken(f"late data raise: {loud[0].what}")


def whole_weeks_shift_findings(spec: DetectorSpec) -> None:
    """Require the same findings two weeks later when all times are later by two weeks."""
    by = timedelta(weeks=2)
    moved, _ = watched(spec, shifted(eventful(TRIAL_DAYS), by))
    back = [replace(one, onset=one.onset - by, noticed_at=one.noticed_at - by) for one in moved]
    if [_essence(one) for one in back] != [_essence(one) for one in plain(spec)[0]]:
        raise ContractBroken("two weeks later the findings differ")


def clock_changes_do_no_harm(spec: DetectorSpec) -> None:
    """Require silence on ordinary days around both clock changes."""
    for start in (datetime(2026, 3, 24, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)):
        loud = _loud(watched(spec, ordinary(10, start=start))[0])
        if loud:
            raise ContractBroken(f"a clock change raises: {loud[0].what}")


def state_is_bounded(spec: DetectorSpec) -> None:
    """Require that the state of a home stays small however long it is watched."""
    _, home = watched(spec, eventful(90))
    size = len(home.snapshot())
    if size > STATE_LIMIT_BYTES:
        raise ContractBroken(f"the state has grown to {size} bytes")
    own = len(msgspec.msgpack.encode(home.detectors[spec.name].snapshot()))
    if own > DETECTOR_LIMIT_BYTES:
        raise ContractBroken(f"its own state has grown to {own} bytes")


def silence_is_noticed(spec: DetectorSpec) -> None:
    """Require that a detector of silence speaks by ticks alone, within a day, when everything stops."""
    if not spec.notices_silence:
        return
    days = ordinary(3)
    found, _ = watched(spec, days, until=days.end + SILENCE_LIMIT)
    if not any(one.noticed_at > days.end for one in found):
        raise ContractBroken("silence is not noticed by ticks")


def forecasts_come_true(spec: DetectorSpec) -> None:
    """Require that it speaks at the moment that it forecasts if nothing happens, and not before."""
    if not spec.forecasts:
        return
    days = ordinary(16)
    trial, came_true, before = Trial(spec, days), 0, 0
    for hours in (5, 30, 345.9, 350, 353, 359, 365, 371):
        stop = days.start + timedelta(hours=hours)
        place = bisect_left(days.observations, stop, key=attrgetter("received_at"))
        trial.feed(days.observations[before:place]).tick(stop)
        came_true, before = came_true + _comes_true(trial.again()), place
    if not came_true:
        raise ContractBroken("it never says when it would speak")


def _comes_true(trial: Trial) -> bool:
    """Let nothing happen from now on; return whether there was a forecast."""
    view, detector = trial.home.view, trial.detector
    if not isinstance(detector, Forecasting) or view is None:
        raise ContractBroken("its spec says that it forecasts, but it has no `forecast`")
    forecast = detector.forecast(view)
    if forecast is None:
        return False
    trial.tick(forecast.speaks_at + 2 * TICK)
    spoken = [one for one in trial.found if one.phase is not Phase.CLEARED]
    first = spoken[0].noticed_at - forecast.speaks_at if spoken else None
    if first is None or not timedelta(0) <= first <= TICK:
        raise ContractBroken(f"forecast for {forecast.speaks_at}, but it spoke {first} later")
    if spoken[0].severity is not forecast.severity:
        raise ContractBroken(f"forecast {forecast.severity}, but it said {spoken[0].severity}")
    _check_words(forecast.what)
    _check_said(next(iter(trial.spec.values())), forecast.what)
    return True


def ordinary_first_days_are_quiet(spec: DetectorSpec) -> None:
    """Require that it says nothing on ordinary days while it knows nothing of a home."""
    found, _ = watched(spec, ordinary(4))
    if found:
        raise ContractBroken(f"on an ordinary first day it says: {found[0].what}")


def nothing_is_said_before_it_is_learned(spec: DetectorSpec) -> None:
    """Require that only safety rules and published habits speak to carers in the first days.

    A rule with fixed numbers says ``safety`` in its spec; one that begins with the habits of a
    population names their weight in a parameter ``prior``.
    """
    if spec.safety or any(one.name == "prior" for one in spec.parameters):
        return
    loud = _loud(watched(spec, eventful(FIRST_DAYS))[0])
    if loud:
        raise ContractBroken(f"before it can have learned it says: {loud[0].what}")


def inputs_are_left_alone(spec: DetectorSpec) -> None:
    """Require that it reads the view and never changes it."""
    watched(guarded(spec), eventful(3))


def learning_has_bounds(spec: DetectorSpec) -> None:
    """Require that a parameter that is learned lies between bounds, whatever carers say."""
    for one in spec.parameters:
        if (one.low is None) is not (one.high is None):
            raise ContractBroken(f"parameter {one.name}: one bound without the other")
        if one.low is not None and one.high is not None and not one.low <= one.value <= one.high:
            raise ContractBroken(f"parameter {one.name}: its value lies outside its bounds")


def texts_are_plain(spec: DetectorSpec) -> None:
    """Require plain sentences without names and without words that judge or name an illness."""
    for one in plain(spec)[0]:
        _check_words(
            one.what, one.unusual, one.advice, *one.ruled_out, *(fact.text for fact in one.evidence)
        )
        if not one.what[:1].isupper():
            raise ContractBroken(f"not a sentence: {one.what}")
    module = inspect.getmodule(spec.create)
    if module is not None:
        for text in templates(inspect.getsource(module)):
            if FORBIDDEN.search(text):
                raise ContractBroken(f"a judging word in its source: {text}")


def texts_can_be_translated(spec: DetectorSpec) -> None:
    """Require that each text is said (`core.model.said`): a template of its source, with values in places."""
    for one in plain(spec)[0]:
        _check_said(spec, one.what, one.unusual, one.advice, *one.ruled_out)
        _check_said(spec, *(fact.text for fact in one.evidence))


def _check_said(spec: DetectorSpec, *texts: str) -> None:
    for text in filter(None, texts):
        if not isinstance(text, Said):
            raise ContractBroken(f"nobody can translate it, it is not said by `say`: {text}")
        if not isinstance(said(str(text), facts(text)), Said):
            raise ContractBroken(f"its facts do not say it again: {text}")
        for template in said_templates(text):
            sources = [literals(file) for file in _sources(spec)]
            if not any(one is None or template in one for one in sources):
                raise ContractBroken(f"no template of its source, a value stands in it: {template}")
            _check_words(template)


def _sources(spec: DetectorSpec) -> list[str]:
    """Return the files of detection, of the words that it shares, and of the detector's own package."""
    own = getattr(spec.create, "__module__", "").partition(".")[0]
    loaded = [
        one
        for name, one in sys.modules.items()
        if name.partition(".")[0] in {own, "analytics"} or name == Said.__module__
    ]
    return [file for one in loaded if (file := getattr(one, "__file__", None))]


def _check_words(*texts: str) -> None:
    for text in texts:
        if FORBIDDEN.search(text):
            raise ContractBroken(f"a judging word in: {text}")
        if NAME in text:
            raise ContractBroken(f"a name in: {text}")
        if "{" in text:
            raise ContractBroken(f"a template in: {text}")


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


def _same(spec: DetectorSpec, other: tuple[list[Finding], HomeEngine], what: str) -> None:
    found, state = plain(spec)
    if tuple(other[0]) != found:
        raise ContractBroken(f"{what} changes the findings")
    if other[1].snapshot() != state:
        raise ContractBroken(f"{what} changes the state")


def _loud(found: Iterable[Finding]) -> list[Finding]:
    return [
        one
        for one in found
        if one.audience is Audience.CARERS and one.severity is not Severity.NOTICE
    ]


def _essence(one: Finding) -> tuple[object, ...]:
    return (one.detector, one.subject, one.phase, one.severity, one.onset, one.noticed_at, one.what)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the detectors that are named; return 0 when all keep the contract, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m analytics.checks", description="Check that a detector keeps its contract."
    )
    parser.add_argument("detector", nargs="+", help="MODULE:NAME of a DetectorSpec")
    broken = 0
    for place in parser.parse_args(arguments).detector:
        try:
            spec = resolve_name(place)
        except (ImportError, AttributeError, ValueError) as error:
            parser.error(f"{place}: {error}")
        if not isinstance(spec, DetectorSpec):
            parser.error(f"{place}: expected a DetectorSpec")
        broken += sum(not _keeps(spec, name, check) for name, check in checks())
    return 1 if broken else 0


def _keeps(spec: DetectorSpec, name: str, check: Check) -> bool:
    try:
        check(spec)
    except ContractBroken as error:
        sys.stdout.write(f"BROKEN  {spec.name}: {name}: {error}\n")
        return False
    sys.stdout.write(f"ok      {spec.name}: {name}\n")
    return True


if __name__ == "__main__":
    sys.exit(main())
