"""The model of `test_interleavings`, with carers who come and go and alerts that are opened again.

Whatever happens in whatever order, when everything works again each alert that still tells somebody has told
whoever its newest step is for, of those who are in the team then.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from alerts import policy
from alerts.episode import passed, wakes_at
from alerts.escalation import due, escalating, reachable
from core.model.finding import AlertState, DeliveryState, ResponseKind
from tests.alerts.builders import NINE, TEAM, Person, a_response, person
from tests.alerts.test_interleavings import PUSH, Interleavings, Stored

NEWCOMER = person(4, 2, "webhook", "ntfy")


class Escalation(Interleavings):
    """A service that is interrupted at every seam, and a team that changes under it."""

    def __init__(self) -> None:
        super().__init__()
        self.team: tuple[Person, ...] = TEAM
        self.first_steps: dict[str, int] = {}

    @rule(number=st.sampled_from([1, 2, 3, 4]))
    def a_carer_comes_or_goes(self, number: int) -> None:
        people = {one.carer_id: one for one in (*TEAM, NEWCOMER)}
        carer = next(one for one in people if one == number)
        inside = {one.carer_id for one in self.team} ^ {carer}
        if inside:
            self.team = tuple(one for name, one in people.items() if name in inside)

    @precondition(lambda self: self.alerts)
    @rule(which=st.integers(0, 9), carer=st.sampled_from([1, 2, 3]))
    def somebody_opens_it_again(self, which: int, carer: int) -> None:
        detector = sorted(self.alerts)[which % len(self.alerts)]
        minutes = (self.now - NINE).total_seconds() / 60
        self.answers.append(a_response(ResponseKind.REOPEN, minutes, carer))
        self.answer_to = [*getattr(self, "answer_to", []), detector]

    @precondition(lambda self: self.up)
    @rule()
    def looks(self) -> None:
        for detector, stored in self.alerts.items():
            team = [one.carer_id for one in self.team]
            self._settle(detector, passed(stored.episode, team, self.now))

    @invariant()
    def a_number_of_a_step_is_never_used_again(self) -> None:
        for detector, stored in self.alerts.items():
            first = stored.episode.run.first_step
            assert first >= self.first_steps.get(detector, 0)
            self.first_steps[detector] = first

    @invariant()
    def what_is_resolved_says_by_whom_or_that_it_cleared(self) -> None:
        for stored in self.alerts.values():
            alert = stored.episode.alert
            if alert.state is AlertState.RESOLVED:
                assert alert.resolved_by is not None or alert.outcome is not None

    def members(self) -> tuple[Person, ...]:
        return self.team

    def _everybody_due_was_told(self, detector: str, stored: Stored) -> None:
        alert, run = stored.episode.alert, stored.episode.run
        if not escalating(alert, run):
            return
        newest = run.newest(self.now)
        assert newest is not None
        wakes = wakes_at(stored.episode, self.now)
        assert wakes is None or wakes > self.now
        told = stored.told()
        assert not due(alert, run, self.team, told, self.now), "nothing is missing"
        reached = {
            carer
            for (name, (carer, channel, step)) in self.phones
            if name == detector and channel in PUSH and step >= run.first_step
        }
        present = {one.carer_id for one in self.team} - self.dead
        if run.asked is not None:
            assert run.asked in {one.carer_id for one in self.team}, "who left is not waited for"
        elif run.step_at(newest).rank == policy.EVERYBODY:
            assert present <= reached
        for one in self.team:
            failed = [entry for entry in told if entry.carer_id == one.carer_id]
            if not reachable(one, told):
                assert all(
                    entry.state is DeliveryState.FAILED
                    for entry in failed
                    if entry.channel in one.channels
                )


TestEscalation = Escalation.TestCase
TestEscalation.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
