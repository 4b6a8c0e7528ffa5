"""The promises of alerting, each as a pure check of the ledger: what was expected, what was found.

`violations` needs nothing but what the tables remember, so that anybody may ask it, at any time and of a
system that runs (docs/decisions/0153). `wayhome alerts prove` prints what it returns; the auditor of the
alerting service asks it every minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts import record_checks, telling_checks, watch_checks
from alerts.proof import Terms, Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.model.ledger import Ledger

__all__ = ["PROMISES", "Promise", "Terms", "Violation", "violations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A promise with its check."""

    name: str
    #: The promise in one sentence.
    text: str
    check: Callable[[Ledger, Terms], Iterator[Violation]]
    #: True when it is about being in time: an outage of the service breaks it, and is told.
    timed: bool = False


PROMISES = (
    Promise(
        name="one_alert_per_episode",
        text="An episode is one alert, however often it is told of.",
        check=record_checks.one_alert_per_episode,
    ),
    Promise(
        name="finding_has_alert",
        text="Every finding of a watched home has its alert.",
        check=record_checks.finding_has_alert,
        timed=True,
    ),
    Promise(
        name="runs_readable",
        text="Every run of an escalation can be judged by this version.",
        check=telling_checks.runs_readable,
    ),
    Promise(
        name="somebody_told",
        text="Every run of an escalation tells somebody.",
        check=telling_checks.somebody_told,
    ),
    Promise(
        name="told_with_others",
        text="A home that cannot be seen is told by itself, or with others while an alert of them stands.",
        check=telling_checks.told_with_others,
        timed=True,
    ),
    Promise(
        name="first_told_in_time",
        text="The first attempt leaves within a minute of its time.",
        check=telling_checks.first_told_in_time,
        timed=True,
    ),
    Promise(
        name="each_due_step_told",
        text="Until a human answers, each step for everybody is told.",
        check=telling_checks.each_due_step_told,
        timed=True,
    ),
    Promise(
        name="steps_in_order",
        text="No step is told before its time.",
        check=telling_checks.steps_not_early,
    ),
    Promise(
        name="nobody_left_out",
        text="Who is told before and after a step is told of it too.",
        check=telling_checks.nobody_left_out,
    ),
    Promise(
        name="no_delivery_after_answer",
        text="After an answer nothing leaves any more, but for what is under way.",
        check=telling_checks.no_delivery_after_answer,
    ),
    Promise(
        name="failures_followed",
        text="What failed for now is tried again, or a later step takes over.",
        check=record_checks.failures_followed,
        timed=True,
    ),
    Promise(
        name="operators_know",
        text="Of an alert of which nobody can be woken the operators are told.",
        check=telling_checks.operators_know,
        timed=True,
    ),
    Promise(
        name="sequence_monotone",
        text="The ledger of attempts has no gap, and goes forward only.",
        check=record_checks.sequence_monotone,
    ),
    Promise(
        name="watch_noticed",
        text="That a home is not watched, or is again, is written down within a minute.",
        check=watch_checks.watch_noticed,
        timed=True,
    ),
    Promise(
        name="watch_told",
        text="Each of its circle is told of it in time.",
        check=watch_checks.watch_told,
        timed=True,
    ),
    Promise(
        name="watch_told_once",
        text="No way tells anybody twice of the same change.",
        check=watch_checks.watch_told_once,
    ),
    Promise(
        name="watch_operators_know",
        text="Of who could not be told the operators know.",
        check=watch_checks.watch_operators_know,
        timed=True,
    ),
)
"""Every promise of alerting (architecture.md) that the tables can prove."""


def violations(ledger: Ledger, terms: Terms) -> tuple[Violation, ...]:
    """Return every promise that was not kept, alert by alert."""
    found = [violation for promise in PROMISES for violation in promise.check(ledger, terms)]
    return tuple(sorted(found, key=lambda one: (one.alert_id or 0, one.promise)))
