"""Who must be told now. Pure: computed from what is stored, never from a window of time.

`due` may be asked at any moment, as often as one likes and after any outage: it compares whom the run
should have told by now with whom it has told, and returns the difference. What several missed steps would
say to one person by one channel is said once, by the newest of them (docs/decisions/0050).

What is not urgent waits for the end of a person's quiet hours: it is not asked for until then, and then it
is, because it is missing (docs/decisions/0142). Who is quiet takes nobody's turn, as who cannot be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from alerts.policy import EVERYBODY
from core.model.finding import Alert, AlertState, DeliveryState, Severity
from core.model.ids import CarerId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who beside the team may be told of an alert, and who is to be left alone."""

    #: Whoever is on call for the home now; empty for a gap.
    on_call: tuple[Member, ...] = ()
    #: The organisation's on-call: told when nobody of the others answers or can be reached.
    reserve: tuple[Member, ...] = ()
    #: People named by the policy who are not of the team.
    named: tuple[Member, ...] = ()
    #: Until when people are not to be woken by an alert of this severity.
    quiet: Mapping[CarerId, datetime] = field(default_factory=dict)


NOBODY = Duty()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What must be said now, and what waits until somebody's quiet hours end."""

    due: tuple[Request, ...] = ()
    held: tuple[Request, ...] = ()

    def held_until(self, duty: Duty) -> datetime | None:
        """Return when the first of what is held is due; None when nothing is."""
        return min((duty.quiet[request.carer_id] for request in self.held), default=None)


def due(
    alert: Alert,
    run: Run,
    team: Sequence[Member],
    told: Collection[Told],
    now: datetime,
    duty: Duty = NOBODY,
) -> tuple[Request, ...]:
    """Return the deliveries that should exist by ``now`` and do not, oldest step first."""
    return call(alert, run, team, told, now, duty).due


def call(
    alert: Alert,
    run: Run,
    team: Sequence[Member],
    told: Collection[Told],
    now: datetime,
    duty: Duty = NOBODY,
) -> Call:
    """Return what should have been said by ``now`` and was not, and which of it is held.

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
    duty
        Who is on call now, and who is quiet.
    """
    newest = run.newest(now)
    if newest is None or not escalating(alert, run):
        return Call()
    round_ = _Round(alert=alert, run=run, team=team, duty=duty, told=told, now=now)
    steps = {(entry.carer_id, entry.channel): entry.step for entry in told}
    found: dict[tuple[CarerId, str], Request] = {}
    for number in _numbers(run, newest):
        step = run.step_at(number)
        for member in round_.recipients(step, last=number == newest):
            for channel in round_.ways(step, member):
                key = (member.carer_id, channel)
                if key not in found and steps.get(key, -1) < number:
                    found[key] = Request(step=number, carer_id=member.carer_id, channel=channel)
                steps[key] = max(steps.get(key, -1), number)
    held = {one for one in found.values() if one.channel != WEB and round_.quiet(one.carer_id)}
    return Call(due=tuple(sorted(set(found.values()) - held)), held=tuple(sorted(held)))


def reachable(member: Member, told: Iterable[Told]) -> bool:
    """Tell whether a channel that wakes the person may still get through."""
    return _gets_through(member, member.channels, told)


def _gets_through(member: Member, channels: Iterable[str], told: Iterable[Told]) -> bool:
    failed = {
        entry.channel
        for entry in told
        if entry.carer_id == member.carer_id and entry.state is DeliveryState.FAILED
    }
    return any(channel not in failed for channel in channels)


def _numbers(run: Run, newest: int) -> Iterator[int]:
    """Yield the numbers of the steps that are due, newest first; of the repeats only the newest."""
    last = run.first_step + len(run.policy.steps) - 1
    yield newest
    yield from range(min(newest - 1, last), run.first_step - 1, -1)


class _Round:
    """Whom a step tells, as people can be reached now."""

    def __init__(
        self,
        *,
        alert: Alert,
        run: Run,
        team: Sequence[Member],
        duty: Duty,
        told: Collection[Told],
        now: datetime,
    ) -> None:
        self._alert, self._run, self._team, self._duty = alert, run, team, duty
        self._told, self._now = told, now
        everybody = (*team, *duty.on_call, *duty.named)
        self._everybody = {member.carer_id: member for member in everybody}
        self._ranks = self._placed()

    def quiet(self, carer_id: CarerId) -> bool:
        """Tell whether this alert must not wake the person now; an urgent one always may."""
        until = self._duty.quiet.get(carer_id)
        urgent = self._alert.severity is Severity.URGENT
        return until is not None and until > self._now and not urgent

    def recipients(self, step: Step, *, last: bool) -> list[Member]:
        """Return whom a step tells; with the newest step the reserve, where it has come to that."""
        if self._run.asked is not None:
            asked = self._everybody.get(self._run.asked)
            return [] if asked is None else [asked]
        chosen = self._addressed(step)
        if last and self._falls_back():
            chosen += self._duty.reserve
        return list({member.carer_id: member for member in chosen}.values())

    def ways(self, step: Step, member: Member) -> list[str]:
        """Return the channels by which a step tells a person.

        All, where none that it is limited to gets through; but nobody is rung for a notice.
        """
        own = [WEB, *(channel for channel in member.channels if channel != WEB)]
        chosen = [channel for channel in own if not step.channels or channel in step.channels]
        limited = bool(set(step.channels) - {WEB}) and self._alert.severity is not Severity.NOTICE
        waking = [channel for channel in chosen if channel != WEB]
        return own if limited and not _gets_through(member, waking, self._told) else chosen

    def _addressed(self, step: Step) -> list[Member]:
        chosen = self._meant(step)
        by_place = not step.on_call and not step.carers
        if by_place and step is not self._run.policy.steps[-1]:
            return chosen  # a place that nobody has is passed over; the last step is said again for ever
        if not any(self._awake(member) for member in chosen):
            # somebody who is awake hears of it: the first in the order stands in
            chosen += [member for member in self._team if self._ranks[member.carer_id] == 1]
        return chosen

    def _meant(self, step: Step) -> list[Member]:
        if step.on_call:
            return list(self._duty.on_call)
        if step.carers:
            return [self._everybody[one] for one in step.carers if one in self._everybody]
        everybody = step.rank == EVERYBODY
        return [
            member
            for member in self._team
            if everybody or self._ranks[member.carer_id] == step.rank
        ]

    def _falls_back(self) -> bool:
        if self._alert.severity is Severity.NOTICE:
            return False
        at = self._run.fallback_at
        if at is not None and self._now >= at:
            return True
        return not any(self._awake(member) for member in self._everybody.values())

    def _placed(self) -> dict[CarerId, int]:
        """Place of each person in the order of telling, from 1.

        Who cannot be reached or is quiet takes nobody's turn: the next moves up to stand beside them.
        """
        places = sorted({member.order for member in self._team if self._awake(member)})
        return {
            member.carer_id: 1 + sum(place < member.order for place in places)
            for member in self._team
        }

    def _awake(self, member: Member) -> bool:
        return reachable(member, self._told) and not self.quiet(member.carer_id)
