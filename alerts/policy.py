"""Whom to tell, when and how often, until somebody answers. Pure: the snapshot an alert runs by.

A `Policy` is a rule; a `Run` is that rule under way for one alert. The run is stored with the alert when
it opens, so that a later edit of the rules cannot corrupt an escalation that is running
(docs/decisions/0050).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.model.finding import Audience, Severity
from core.model.ids import CarerId

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYBODY = 0
"""Rank of a step that tells the whole team."""
MINUTE_S = 60.0
HOUR_S = 3600.0
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One round of telling."""

    #: Seconds after the run began.
    after_s: float
    #: Place in the order of telling, 1 first; `EVERYBODY` for the whole team.
    rank: int
    #: Only these channels; every one the person can be reached by when empty.
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Steps in order of time, the last of which is repeated."""

    steps: tuple[Step, ...]
    #: Seconds between repeats of the last step until somebody answers; 0 for no repeat.
    repeat_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what could never tell anyone, or would tell without end at once."""
        times = [step.after_s for step in self.steps]
        if not times or times != sorted(times) or times[0] < 0 or self.repeat_s < 0:
            raise ValueError("a policy has steps in order of time and no negative repeat")


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
        upcoming = self.first_step if newest is None else newest + 1
        steps = self.policy.steps
        beyond = upcoming - self.first_step - (len(steps) - 1)
        if beyond <= 0:
            after_s = steps[upcoming - self.first_step].after_s
        elif self.policy.repeat_s:
            after_s = steps[-1].after_s + beyond * self.policy.repeat_s
        else:
            return None
        return self.since + timedelta(seconds=after_s)


_NOTICE = Policy(steps=(Step(after_s=0, rank=EVERYBODY, channels=("web",)),))

POLICIES: Mapping[tuple[Severity, Audience], Policy] = {
    (Severity.URGENT, Audience.CARERS): Policy(
        steps=(
            Step(after_s=0, rank=1),
            Step(after_s=3 * MINUTE_S, rank=2),
            Step(after_s=6 * MINUTE_S, rank=EVERYBODY),
        ),
        repeat_s=5 * MINUTE_S,
    ),
    (Severity.CHECK, Audience.CARERS): Policy(
        steps=(
            Step(after_s=0, rank=1),
            Step(after_s=10 * MINUTE_S, rank=2),
            Step(after_s=20 * MINUTE_S, rank=EVERYBODY),
        ),
        repeat_s=15 * MINUTE_S,
    ),
    (Severity.NOTICE, Audience.CARERS): _NOTICE,
    (Severity.URGENT, Audience.OPERATORS): Policy(
        steps=(Step(after_s=0, rank=1), Step(after_s=10 * MINUTE_S, rank=EVERYBODY)),
        repeat_s=30 * MINUTE_S,
    ),
    (Severity.CHECK, Audience.OPERATORS): Policy(
        steps=(Step(after_s=0, rank=1), Step(after_s=HOUR_S, rank=EVERYBODY)),
        repeat_s=12 * HOUR_S,
    ),
    (Severity.NOTICE, Audience.OPERATORS): _NOTICE,
}
"""The defaults: who is told of what, and how often, until somebody answers."""

ASK = Policy(steps=(Step(after_s=0, rank=EVERYBODY),))
"""Asks the one who answered, once, whether they know that it got worse."""


def start(severity: Severity, audience: Audience, now: datetime, *, first_step: int = 0) -> Run:
    """Begin the default policy for an alert that opens or re-opens at ``now``."""
    return Run(policy=POLICIES[severity, audience], since=now, first_step=first_step)


def ask(run: Run, carer_id: CarerId, now: datetime, *, first_step: int) -> Run:
    """Begin to ask the person who answered before the news got worse."""
    return replace(run, policy=ASK, since=now, first_step=first_step, asked=carer_id, raised_at=now)


def to_json(run: Run) -> dict[str, Any]:
    """Return the snapshot that is stored with the alert."""
    return {
        "version": VERSION,
        "steps": [
            {"after_s": step.after_s, "rank": step.rank, "channels": list(step.channels)}
            for step in run.policy.steps
        ],
        "repeat_s": run.policy.repeat_s,
        "since": run.since.isoformat(),
        "first_step": run.first_step,
        "asked": run.asked,
        "raised_at": None if run.raised_at is None else run.raised_at.isoformat(),
    }


def from_json(snapshot: Mapping[str, Any]) -> Run:
    """Read a stored snapshot.

    Raises
    ------
    ValueError
        If another version of Wayhome wrote it in a way that this one cannot read.
    """
    if snapshot.get("version") != VERSION:
        raise ValueError(f"policy: expected a snapshot of version {VERSION}")
    raised_at = snapshot["raised_at"]
    return Run(
        policy=Policy(
            steps=tuple(
                Step(after_s=step["after_s"], rank=step["rank"], channels=tuple(step["channels"]))
                for step in snapshot["steps"]
            ),
            repeat_s=snapshot["repeat_s"],
        ),
        since=datetime.fromisoformat(snapshot["since"]),
        first_step=snapshot["first_step"],
        asked=None if snapshot["asked"] is None else CarerId(snapshot["asked"]),
        raised_at=None if raised_at is None else datetime.fromisoformat(raised_at),
    )
