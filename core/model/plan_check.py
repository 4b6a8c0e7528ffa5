"""Whether a policy can reach anybody: asked before it is saved. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.model.finding import Severity
from core.model.ids import CarerId
from core.model.plan import EVERYBODY, HOUR_S, MINUTE_S
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.model.plan import Policy, Step

MOST_STEPS = 8
LATEST_S = 24 * HOUR_S
WEB = "web"
"""The page: everybody has it, and it wakes nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPerson:
    """A person as a policy may name them."""

    carer_id: CarerId
    #: Place in the order of telling of the home; None for somebody who is not of its circle.
    order: int | None = None
    #: Channels with an address of theirs.
    channels: tuple[str, ...] = ()
    #: False once they have left.
    here: bool = True
    #: False for somebody who may not see the home's alerts.
    may_see: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Those a policy is about."""

    #: Everybody of the organisation, those who have left included.
    people: Mapping[CarerId, PlanPerson]
    #: True for the policy of one home; the order of telling of an organisation's policy is not known.
    one_home: bool
    #: Those with a shift of the rota that the policy asks for; empty without a rota.
    on_rota: Sequence[CarerId] = ()
    #: Channels that this version has.
    channels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a policy is not saved."""

    #: Number of the step, from 1; 0 for the whole.
    step: int
    #: What would be right, a plain sentence with places for the values.
    words: str
    #: What stands in it, for ``%(name)s``.
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.words % self.values


Problem = tuple[str, dict[str, object]]
"""The words of a fault, and what stands in them; no words where there is none."""
NONE: Problem = ("", {})


def faults(policy: Policy, severity: Severity, around: Surroundings) -> tuple[Fault, ...]:
    """Return all that keeps a policy from being saved, step by step; nothing when it is sound."""
    found = [*_whole(policy, severity)]
    reached = False
    for number, step in enumerate(policy.steps, 1):
        earlier = policy.steps[: number - 1]
        problems = (_order(step, earlier), _recipients(step, around), _channels(step, around))
        words, values = next((one for one in problems if one[0]), NONE)
        if words:
            found.append(Fault(step=number, words=words, values=values))
        elif _wakes(step, around):
            reached = True
        elif severity is not Severity.NOTICE:
            unwoken = marked("Nobody of this step has a way to be woken.")
            found.append(Fault(step=number, words=unwoken))
    if not reached and not found and severity is not Severity.NOTICE:
        found.append(Fault(step=0, words=marked("No step reaches anybody away from the page.")))
    return tuple(found)


def _whole(policy: Policy, severity: Severity) -> list[Fault]:
    found = []
    if len(policy.steps) > MOST_STEPS:
        most = marked("A plan has at most %(n)s steps.")
        found.append(Fault(step=0, words=most, values={"n": MOST_STEPS}))
    if policy.steps[-1].after_s > LATEST_S or (policy.fallback_s or 0) > LATEST_S:
        found.append(Fault(step=0, words=marked("Everything happens within 24 hours.")))
    if policy.repeat_s and not MINUTE_S <= policy.repeat_s <= LATEST_S:
        found.append(Fault(step=0, words=marked("Say it again after 1 minute to 24 hours.")))
    if severity is not Severity.NOTICE and not policy.repeat_s:
        again = marked("The last step must be said again until somebody answers.")
        found.append(Fault(step=0, words=again))
    return found


def _order(step: Step, earlier: Sequence[Step]) -> Problem:
    """Refuse a place in the order that leaves out the one before it: who moves up would be left out."""
    if step.rank > 1 and not any(one.rank == step.rank - 1 for one in earlier):
        words = marked(
            "Tell number %(n)s in the order in an earlier step, or choose the person by name."
        )
        return words, {"n": step.rank - 1}
    return NONE


def _recipients(step: Step, around: Surroundings) -> Problem:
    if step.on_call:
        empty = marked("The rota has no shifts: nobody is ever on call.")
        return NONE if around.on_rota else (empty, {})
    if step.carers:
        problems = (_person(around.people.get(carer_id)) for carer_id in step.carers)
        return next(filter(None, problems), ""), {}
    if not around.one_home:
        return NONE
    places = _places(around)
    if not places:
        return marked("Nobody cares for this home yet."), {}
    if step.rank > len(places):
        words = marked("The order of telling is too short: number %(n)s is the last in it.")
        return words, {"n": len(places)}
    return NONE


def _person(person: PlanPerson | None) -> str:
    if person is None:
        return marked("This person is not known here.")
    if not person.here:
        return marked("This person has left.")
    return "" if person.may_see else marked("This person may not see the alerts of this home.")


def _channels(step: Step, around: Surroundings) -> Problem:
    unknown = [name for name in step.channels if name not in around.channels]
    if unknown:
        return marked("There is no way called %(name)s."), {"name": unknown[0]}
    chosen = set(step.channels) - {WEB}
    if chosen and not any(chosen & set(one.channels) for one in _addressed(step, around)):
        return marked("Nobody of this step can be reached by the way that you chose."), {}
    return NONE


def _wakes(step: Step, around: Surroundings) -> bool:
    if step.channels and not set(step.channels) - {WEB}:
        return False
    return any(set(one.channels) - {WEB} for one in _addressed(step, around))


def _addressed(step: Step, around: Surroundings) -> list[PlanPerson]:
    people = [one for one in around.people.values() if one.here]
    if step.on_call:
        return [one for one in people if one.carer_id in around.on_rota]
    if step.carers:
        return [one for one in people if one.carer_id in step.carers]
    if not around.one_home:
        return people
    if step.rank == EVERYBODY:
        return [one for one in people if one.order is not None]
    places = _places(around)
    return [one for one in people if one.order == places[step.rank - 1]]


def _places(around: Surroundings) -> list[int]:
    return sorted(
        {one.order for one in around.people.values() if one.here and one.order is not None}
    )
