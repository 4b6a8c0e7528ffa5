"""What an answer changes: from the log of a home's changes to the next line of it. Pure.

Rules of detection.md §10 Feedback; decisions in docs/decisions/0106. The log is the truth: a margin is
what its lines make of it, so that any line can be undone at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from analytics.features.margins import faded, within
from core.model.learning import Margin, MarginChange, MissedKind, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analytics.detector import DetectorSpec
    from core.model.ids import AlertId, CarerId, HomeId

FACTOR: Mapping[Why, float] = {Why.FALSE: 1.07, Why.TRUE: 0.97, Why.MISSED: 0.85}
FALSE_NEEDED = 2
"""So many false alarms in one context within `FALSE_WITHIN` before a limit is loosened."""
FALSE_WITHIN = timedelta(days=14)
LOOSENINGS = 3
"""So many loosenings of a detector within `LOOSENED_WITHIN` happen by themselves."""
LOOSENED_WITHIN = timedelta(days=30)
_WORD = {Why.CONFIRMED: Why.FALSE}
MISSED_BY: Mapping[MissedKind, tuple[str, ...]] = {
    MissedKind.DID_NOT_MOVE: ("inactivity", "wrist_stillness"),
    MissedKind.DID_NOT_GET_UP: ("late_rise", "inactivity"),
    MissedKind.BATHROOM: ("overstay",),
    MissedKind.NIGHT: ("night", "walking"),
    MissedKind.NOT_BACK: ("not_back",),
    MissedKind.OTHER: (),
}
"""Which detectors should have noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A carer's word on what a detector did, or failed to do, in one context."""

    home_id: HomeId
    detector: str
    #: Three-hour bin of the local day in which what it judged began.
    hour_bin: int
    at: datetime
    #: `Why.FALSE`, `Why.TRUE` or `Why.MISSED`.
    why: Why
    carer_id: CarerId
    alert_id: AlertId | None = None


def learns(spec: DetectorSpec) -> bool:
    """Tell whether answers move a detector at all: never a safety rule, nor what has no such limit."""
    bounded = any(one.low is not None or one.high is not None for one in spec.parameters)
    return bounded and not spec.safety


def effective(log: Iterable[MarginChange]) -> list[MarginChange]:
    """Return the lines that count: not undone, not waiting."""
    lines = list(log)
    undone = {line.of_change for line in lines if line.why is Why.UNDONE}
    return [
        line
        for line in lines
        if not line.waiting and line.why is not Why.UNDONE and line.change_id not in undone
    ]


def standing(log: Iterable[MarginChange]) -> list[MarginChange]:
    """Return the lines that nobody has decided about: those that count and those that wait."""
    lines = list(log)
    decided = {line.of_change for line in lines if line.of_change is not None}
    return [line for line in lines if line.why is not Why.UNDONE and line.change_id not in decided]


def margin_at(log: Iterable[MarginChange], hour_bin: int, at: datetime) -> float:
    """Return the margin of a context at a moment, from one detector's log in order of time."""
    value, since = 1.0, at
    for line in effective(log):
        if line.hour_bin == hour_bin:
            value = within(faded(value, (line.at - since).total_seconds()) * line.factor)
            since = line.at
    return faded(value, (at - since).total_seconds())


def answered(log: Sequence[MarginChange], answer: Answer) -> list[MarginChange]:
    """Return the lines that an answer adds to one detector's log.

    A second answer about the same alert replaces the first; the same word again adds nothing.
    """
    answer = replace(answer, at=max([answer.at, *(line.at for line in log)]))
    before = [
        line
        for line in standing(log)
        if answer.alert_id is not None
        and line.alert_id == answer.alert_id
        and line.hour_bin == answer.hour_bin
    ]
    if any(_WORD.get(line.why, line.why) is answer.why for line in before):
        return []
    added: list[MarginChange] = []
    for line in before:
        added.append(undone([*log, *added], line, answer.carer_id, answer.at))
    known = [*log, *added]
    factor = FACTOR[answer.why]
    if answer.why is Why.FALSE and _false_lately(known, answer) + 1 < FALSE_NEEDED:
        factor = 1.0
    waits = factor > 1.0 and loosened(known, answer.at) >= LOOSENINGS
    was = margin_at(known, answer.hour_bin, answer.at)
    added.append(
        MarginChange(
            home_id=answer.home_id,
            detector=answer.detector,
            hour_bin=answer.hour_bin,
            at=answer.at,
            why=answer.why,
            factor=factor,
            before=was,
            after=was if waits else within(was * factor),
            waiting=waits,
            carer_id=answer.carer_id,
            alert_id=answer.alert_id,
        )
    )
    return added


def loosened(log: Iterable[MarginChange], at: datetime) -> int:
    """Count the times that answers loosened a detector within the last 30 days, in any context."""
    return sum(line.factor > 1.0 and at - line.at <= LOOSENED_WITHIN for line in effective(log))


def confirmed(
    log: Sequence[MarginChange], line: MarginChange, by: CarerId, at: datetime
) -> MarginChange:
    """Return the line that gives effect to one that waited."""
    was = margin_at(log, line.hour_bin, at)
    return replace(
        line,
        at=at,
        why=Why.CONFIRMED,
        before=was,
        after=within(was * line.factor),
        waiting=False,
        carer_id=by,
        of_change=line.change_id,
        change_id=None,
    )


def undone(
    log: Sequence[MarginChange], line: MarginChange, by: CarerId, at: datetime
) -> MarginChange:
    """Return the line that takes another out, as if it had never been given."""
    was = margin_at(log, line.hour_bin, at)
    undoing = replace(
        line,
        at=at,
        why=Why.UNDONE,
        factor=1.0,
        before=was,
        waiting=False,
        carer_id=by,
        of_change=line.change_id,
        change_id=None,
    )
    return replace(undoing, after=margin_at([*log, undoing], line.hour_bin, at))


def may_decide(log: Iterable[MarginChange], line: MarginChange, *, confirm: bool) -> bool:
    """Tell whether a line may still be confirmed, or undone."""
    if confirm and not line.waiting:
        return False
    return any(one.change_id == line.change_id for one in standing(log))


def as_margin(line: MarginChange) -> Margin:
    """Return what a line means to the engine."""
    return Margin(
        detector=line.detector,
        hour_bin=line.hour_bin,
        factor=line.after,
        at=line.at.timestamp(),
    )


def _false_lately(log: Iterable[MarginChange], answer: Answer) -> int:
    lines = list(log)
    taken_back = {one.of_change for one in lines if one.why is Why.UNDONE}
    return sum(
        one.why is Why.FALSE
        and one.hour_bin == answer.hour_bin
        and answer.at - one.at <= FALSE_WITHIN
        and one.change_id not in taken_back
        for one in lines
    )
