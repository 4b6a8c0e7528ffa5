"""Whom to tell, when and how often, until somebody answers. Pure: the snapshot an alert runs by.

A `Policy` is a rule; a `Run` is that rule under way for one alert. The run is stored with the alert when
it opens, with the rules of the other severities beside it, so that a later edit cannot corrupt an
escalation that is running (docs/decisions/0050, 0140).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.model import plan as plans
from core.model.finding import Audience, Severity
from core.model.ids import CarerId
from core.model.plan import EVERYBODY, HOUR_S, MINUTE_S, POLICIES, Plan, Policy, Step, built_in

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EVERYBODY", "HOUR_S", "MINUTE_S", "POLICIES", "Plan", "Policy", "Run", "Step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A policy under way for one alert."""

    policy: Policy
    #: When step 0 was due.
    since: datetime
    #: Number of this run's first step; an alert never uses a number twice.
    first_step: int = 0
    #: Only this person is asked, because they answered before the news got worse; None otherwise.
    asked: CarerId | None = None
    #: When the news last got worse; an answer from before does not count for it.
    raised_at: datetime | None = None
    #: Steps below this were asked for before somebody answered: none of them leaves any more, though the
    #: alert is told anew. Never more than ``first_step``.
    stopped_below: int = 0
    #: The rules of all severities as they were when the alert opened; None for those built in.
    plan: Plan | None = None

    def step_at(self, number: int) -> Step:
        """Return the step with this number of the alert; repeats equal the last step."""
        return self.policy.steps[min(number - self.first_step, len(self.policy.steps) - 1)]

    def newest(self, now: datetime) -> int | None:
        """Return the number of the newest step that is due; None before the first.

        Examples
        --------
        >>> from datetime import UTC
        >>> nine = datetime(2026, 1, 1, 9, tzinfo=UTC)
        >>> run = Run(policy=POLICIES[Severity.URGENT, Audience.CARERS], since=nine)
        >>> [run.newest(nine + timedelta(minutes=m)) for m in (-1, 0, 4, 6, 11, 60)]
        [None, 0, 1, 2, 3, 12]
        """
        elapsed_s = (now - self.since).total_seconds()
        steps = self.policy.steps
        passed = sum(step.after_s <= elapsed_s for step in steps)
        if passed == 0:
            return None
        repeats = 0
        if passed == len(steps) and self.policy.repeat_s:
            repeats = int((elapsed_s - steps[-1].after_s) // self.policy.repeat_s)
        return self.first_step + passed - 1 + repeats

    def next_at(self, now: datetime) -> datetime | None:
        """Return when the next step is due after ``now``; None when there is none."""
        newest = self.newest(now)
        return self.due_at(self.first_step if newest is None else newest + 1)

    def due_at(self, number: int) -> datetime | None:
        """Return when the step with this number is due; None when the policy never comes to it."""
        steps = self.policy.steps
        beyond = number - self.first_step - (len(steps) - 1)
        if beyond <= 0:
            after_s = steps[number - self.first_step].after_s
        elif self.policy.repeat_s:
            after_s = steps[-1].after_s + beyond * self.policy.repeat_s
        else:
            return None
        return self.since + timedelta(seconds=after_s)

    @property
    def fallback_at(self) -> datetime | None:
        """When the organisation's on-call is told too; None for never."""
        if self.policy.fallback_s is None:
            return None
        return self.since + timedelta(seconds=self.policy.fallback_s)


ASK = Policy(steps=(Step(after_s=0, rank=EVERYBODY),))
"""Asks the one who answered, once, whether they know that it got worse."""


def start(
    severity: Severity,
    audience: Audience,
    now: datetime,
    *,
    first_step: int = 0,
    plan: Plan | None = None,
) -> Run:
    """Begin the policy for an alert that opens or re-opens at ``now``.

    Parameters
    ----------
    plan
        What the home or its organisation has written down; None for what is built in.
    """
    policy = (plan or built_in(audience)).of(severity)
    return Run(policy=policy, since=now, first_step=first_step, plan=plan)


def ask(run: Run, carer_id: CarerId, now: datetime, *, first_step: int) -> Run:
    """Begin to ask the person who answered before the news got worse."""
    return replace(run, policy=ASK, since=now, first_step=first_step, asked=carer_id, raised_at=now)


def go_on(run: Run, now: datetime, *, step: int) -> Run | None:
    """Let a run that stood still go on with this step at once; None when it has no such step."""
    due_at = run.due_at(step)
    return None if due_at is None else replace(run, since=run.since + (now - due_at))


def to_json(run: Run) -> dict[str, Any]:
    """Return the snapshot that is stored with the alert."""
    stored: dict[str, Any] = {
        "version": plans.VERSION,
        **plans.to_json(run.policy),
        "since": run.since.isoformat(),
        "first_step": run.first_step,
        "asked": run.asked,
        "raised_at": None if run.raised_at is None else run.raised_at.isoformat(),
        "stopped_below": run.stopped_below,
    }
    if run.plan is not None:
        stored["plan"] = {one.value: plans.to_json(run.plan.of(one)) for one in Severity}
    return stored


def from_json(snapshot: Mapping[str, Any]) -> Run:
    """Read a stored snapshot.

    Raises
    ------
    ValueError
        If a later version of Wayhome wrote it.
    """
    snapshot = plans.present(snapshot)
    raised_at = snapshot["raised_at"]
    plan = snapshot.get("plan")
    return Run(
        policy=plans.from_json(snapshot),
        since=datetime.fromisoformat(snapshot["since"]),
        first_step=snapshot["first_step"],
        asked=None if snapshot["asked"] is None else CarerId(snapshot["asked"]),
        raised_at=None if raised_at is None else datetime.fromisoformat(raised_at),
        stopped_below=snapshot.get("stopped_below", 0),
        plan=None
        if plan is None
        else Plan(**{one.value: plans.from_json(plan[one.value]) for one in Severity}),
    )


def read(snapshot: Mapping[str, Any]) -> Run | None:
    """Read a stored snapshot; None for one that this version of Wayhome cannot read."""
    try:
        return from_json(snapshot)
    except (ValueError, KeyError, TypeError):
        return None
