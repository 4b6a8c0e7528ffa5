"""Who must be told now. Pure: computed from what is stored, never from a window of time.

`due` may be asked at any moment, as often as one likes and after any outage: it compares whom the run
should have told by now with whom it has told, and returns the difference. What several missed steps would
say to one person by one channel is said once, by the newest of them (docs/decisions/0050).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from alerts.policy import EVERYBODY
from core.model.finding import Alert, AlertState, DeliveryState, Severity
from core.model.ids import CarerId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from alerts.policy import Run, Step

WEB = "web"
"""The page: everybody has it, and it wakes nobody."""


class Member(Protocol):
    """A person of the team that an alert is for."""

    @property
    def carer_id(self) -> CarerId:
        """Who it is."""
        ...

    @property
    def order(self) -> int:
        """Place in the order of telling; equal places are told together."""
        ...

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels that reach the person away from the page."""
        ...


class Told(Protocol):
    """The newest delivery of an alert to one person by one channel."""

    @property
    def carer_id(self) -> CarerId:
        """Who was told."""
        ...

    @property
    def channel(self) -> str:
        """By which channel."""
        ...

    @property
    def step(self) -> int:
        """In which step."""
        ...

    @property
    def state(self) -> DeliveryState:
        """How far it got."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Request:
    """A delivery that must be made; with its alert it is its own idempotency key."""

    step: int
    carer_id: CarerId
    channel: str


def escalating(alert: Alert, run: Run) -> bool:
    """Tell whether anyone is to be told at all.

    An answer stops it, unless the news got worse since and the person who answered is being asked. The
    end of the cause stops it too, except that an urgent alert goes on until a human has answered.
    """
    match alert.state:
        case AlertState.OPEN:
            return alert.cleared_at is None or alert.severity is Severity.URGENT
        case AlertState.ACKNOWLEDGED:
            return run.asked is not None and alert.cleared_at is None
        case AlertState.RESOLVED:
            return False


def due(
    alert: Alert, run: Run, team: Sequence[Member], told: Collection[Told], now: datetime
) -> tuple[Request, ...]:
    """Return the deliveries that should exist by ``now`` and do not, oldest step first.

    Parameters
    ----------
    alert
        As it stands now, answers included.
    run
        Its escalation.
    team
        Those who may be told, as registered now.
    told
        For each person and channel the newest delivery of this alert.
    """
    newest = run.newest(now)
    if newest is None or not escalating(alert, run):
        return ()
    ranks = _ranks(team, told)
    steps = {(entry.carer_id, entry.channel): entry.step for entry in told}
    found: dict[tuple[CarerId, str], Request] = {}
    for number in _numbers(run, newest):
        for member in _recipients(run, run.step_at(number), team, ranks):
            for channel in _channels(run.step_at(number), member):
                key = (member.carer_id, channel)
                if key not in found and steps.get(key, -1) < number:
                    found[key] = Request(step=number, carer_id=member.carer_id, channel=channel)
                steps[key] = max(steps.get(key, -1), number)
    return tuple(sorted(found.values()))


def reachable(member: Member, told: Iterable[Told]) -> bool:
    """Tell whether a channel that wakes the person may still get through."""
    failed = {
        entry.channel
        for entry in told
        if entry.carer_id == member.carer_id and entry.state is DeliveryState.FAILED
    }
    return any(channel not in failed for channel in member.channels)


def _numbers(run: Run, newest: int) -> Iterator[int]:
    """Yield the numbers of the steps that are due, newest first; of the repeats only the newest."""
    last = run.first_step + len(run.policy.steps) - 1
    yield newest
    yield from range(min(newest - 1, last), run.first_step - 1, -1)


def _ranks(team: Sequence[Member], told: Collection[Told]) -> dict[CarerId, int]:
    """Place of each person in the order of telling, from 1.

    Who cannot be reached takes nobody's turn: the next in the order moves up to stand beside them.
    """
    places = sorted({member.order for member in team if reachable(member, told)})
    return {member.carer_id: 1 + sum(place < member.order for place in places) for member in team}


def _recipients(
    run: Run, step: Step, team: Sequence[Member], ranks: dict[CarerId, int]
) -> list[Member]:
    if run.asked is not None:
        return [member for member in team if member.carer_id == run.asked]
    if step.rank == EVERYBODY:
        return list(team)
    return [member for member in team if ranks[member.carer_id] == step.rank]


def _channels(step: Step, member: Member) -> list[str]:
    own = (WEB, *(channel for channel in member.channels if channel != WEB))
    return [channel for channel in own if not step.channels or channel in step.channels]
