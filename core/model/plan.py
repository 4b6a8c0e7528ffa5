"""Whom to tell, when and how often: escalation policies as rules, the built-in ones included. Pure.

What an organisation or a family has written down stands above what is built in, severity by severity
(docs/decisions/0140).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.model.finding import Audience, Severity
from core.model.ids import CarerId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

EVERYBODY = 0
"""Rank of a step that tells the whole team."""
MINUTE_S = 60.0
HOUR_S = 3600.0
UPWARD: tuple[Callable[[Mapping[str, Any]], Mapping[str, Any]], ...] = ()
"""Each makes of a snapshot of its version one of the next; the first is for version 1.

To raise the version is to add one here: what is stored is kept for years, and is always read.
"""
VERSION = 1 + len(UPWARD)
"""Version of the snapshots that are stored with alerts and with their runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One round of telling: the person on call, named carers, or a place in the order of telling."""

    #: Seconds after the run began.
    after_s: float
    #: Place in the order of telling, 1 first; `EVERYBODY` for the whole team. Not read for a step that
    #: names people or asks for whom is on call.
    rank: int = EVERYBODY
    #: Only these channels; every one the person can be reached by when empty, or when none of these gets
    #: through to that person.
    channels: tuple[str, ...] = ()
    #: These people, whatever their place.
    carers: tuple[CarerId, ...] = ()
    #: Whoever is on call at the time, by the rota of the home, else by that of the organisation.
    on_call: bool = False

    def __post_init__(self) -> None:
        """Refuse a step that would mean two things."""
        if self.rank < 0 or bool(self.rank) + bool(self.carers) + self.on_call > 1:
            raise ValueError("a step tells a place in the order, named people, or whom is on call")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Steps in order of time, the last of which is repeated."""

    steps: tuple[Step, ...]
    #: Seconds between repeats of the last step until somebody answers; 0 for no repeat.
    repeat_s: float = 0.0
    #: Seconds after which the organisation's on-call is told too, if nobody has answered; None for never.
    fallback_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse what could never tell anyone, or would tell without end at once."""
        times = [step.after_s for step in self.steps]
        if not times or times != sorted(times) or times[0] < 0 or self.repeat_s < 0:
            raise ValueError("a policy has steps in order of time and no negative repeat")
        if self.fallback_s is not None and self.fallback_s < 0:
            raise ValueError("a policy has no negative fallback")

    def coming(self, elapsed_s: float) -> tuple[tuple[float, Step], ...]:
        """Return the steps still to come, each with its seconds after the start; the next repeat last.

        Examples
        --------
        >>> policy = Policy(steps=(Step(after_s=0, rank=1), Step(after_s=180)), repeat_s=300)
        >>> [[after_s for after_s, _ in policy.coming(now_s)] for now_s in (0, 180, 500)]
        [[180, 480.0], [480.0], [780.0]]
        """
        found = [(step.after_s, step) for step in self.steps if step.after_s > elapsed_s]
        if self.repeat_s:
            last = self.steps[-1]
            passed = max(0.0, (elapsed_s - last.after_s) // self.repeat_s)
            found.append((last.after_s + (passed + 1.0) * self.repeat_s, last))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The policies of one home for what concerns its residents."""

    notice: Policy
    check: Policy
    urgent: Policy

    def of(self, severity: Severity) -> Policy:
        """Return the policy for a severity."""
        return {
            Severity.NOTICE: self.notice,
            Severity.CHECK: self.check,
            Severity.URGENT: self.urgent,
        }[severity]


_NOTICE = Policy(steps=(Step(after_s=0, rank=EVERYBODY, channels=("web",)),))

POLICIES: Mapping[tuple[Severity, Audience], Policy] = {
    (Severity.URGENT, Audience.CARERS): Policy(
        steps=(
            Step(after_s=0, rank=1),
            Step(after_s=3 * MINUTE_S, rank=2),
            Step(after_s=6 * MINUTE_S, rank=EVERYBODY),
        ),
        repeat_s=5 * MINUTE_S,
        fallback_s=15 * MINUTE_S,
    ),
    (Severity.CHECK, Audience.CARERS): Policy(
        steps=(
            Step(after_s=0, rank=1),
            Step(after_s=10 * MINUTE_S, rank=2),
            Step(after_s=20 * MINUTE_S, rank=EVERYBODY),
        ),
        repeat_s=15 * MINUTE_S,
        fallback_s=HOUR_S,
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


def built_in(audience: Audience) -> Plan:
    """Return what holds where nobody has written anything down."""
    return Plan(
        notice=POLICIES[Severity.NOTICE, audience],
        check=POLICIES[Severity.CHECK, audience],
        urgent=POLICIES[Severity.URGENT, audience],
    )


def resolve(of_home: Mapping[Severity, Policy], of_organisation: Mapping[Severity, Policy]) -> Plan:
    """Return the policies that hold for a home: its own, else the organisation's, else what is built in."""
    found = {
        severity: of_home.get(severity)
        or of_organisation.get(severity)
        or POLICIES[severity, Audience.CARERS]
        for severity in Severity
    }
    return Plan(
        notice=found[Severity.NOTICE], check=found[Severity.CHECK], urgent=found[Severity.URGENT]
    )


def to_json(policy: Policy) -> dict[str, Any]:
    """Return a policy as it is stored; what it does not use is left out."""
    stored: dict[str, Any] = {
        "steps": [_step_to_json(step) for step in policy.steps],
        "repeat_s": policy.repeat_s,
    }
    if policy.fallback_s is not None:
        stored["fallback_s"] = policy.fallback_s
    return stored


def present(
    snapshot: Mapping[str, Any],
    upward: Sequence[Callable[[Mapping[str, Any]], Mapping[str, Any]]] = UPWARD,
) -> Mapping[str, Any]:
    """Return a snapshot as the present version writes it, whichever version up to this wrote it.

    Raises
    ------
    ValueError
        If a later version of Wayhome wrote it.

    Examples
    --------
    >>> present({"version": 1, "repeat_s": 60}, [lambda old: {**old, "repeats": True}])
    {'version': 2, 'repeat_s': 60, 'repeats': True}
    """
    version, newest = snapshot.get("version"), 1 + len(upward)
    if not isinstance(version, int) or not 1 <= version <= newest:
        raise ValueError(f"policy: expected a snapshot of version 1 to {newest}")
    for step in upward[version - 1 :]:
        snapshot = step(snapshot)
    return {**snapshot, "version": newest}


def from_json(stored: Mapping[str, Any]) -> Policy:
    """Read a stored policy.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is none.
    """
    return Policy(
        steps=tuple(
            Step(
                after_s=step["after_s"],
                rank=step["rank"],
                channels=tuple(step["channels"]),
                carers=tuple(CarerId(number) for number in step.get("carers", ())),
                on_call=bool(step.get("on_call", False)),
            )
            for step in stored["steps"]
        ),
        repeat_s=stored["repeat_s"],
        fallback_s=stored.get("fallback_s"),
    )


def _step_to_json(step: Step) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "after_s": step.after_s,
        "rank": step.rank,
        "channels": list(step.channels),
    }
    if step.carers:
        stored["carers"] = list(step.carers)
    if step.on_call:
        stored["on_call"] = True
    return stored
