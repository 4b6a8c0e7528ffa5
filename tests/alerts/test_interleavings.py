"""No interleaving of news, answers, failures, outages and time loses an episode.

A model of the service in memory around the real pure functions: findings and answers wait in logs, the
service may be down, a worker may die between sending and marking, a channel may fail for a while or for
good. Whenever everything works again, everybody who should have been told has been told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerts import policy
from alerts.episode import Episode, answered, heard, joined, passed, wakes_at
from alerts.escalation import due, escalating, reachable
from core.model.finding import (
    AlertState,
    Audience,
    DeliveryState,
    Finding,
    Outcome,
    Phase,
    Response,
    ResponseKind,
    Severity,
)
from core.model.ids import CarerId
from tests.alerts.builders import NINE, TEAM, Heard, Person, a_finding, a_response, an_alert

Key = tuple[CarerId, str, int]
PUSH = ("webhook",)


@dataclass(slots=True)
class Stored:
    """What the database holds of one alert."""

    episode: Episode
    deliveries: dict[Key, DeliveryState] = field(default_factory=dict)

    def told(self) -> tuple[Heard, ...]:
        newest: dict[tuple[CarerId, str], Heard] = {}
        for (carer, channel, step), state in sorted(self.deliveries.items(), key=lambda i: i[0][2]):
            newest[carer, channel] = Heard(carer_id=carer, channel=channel, step=step, state=state)
        return tuple(newest.values())


class Interleavings(RuleBasedStateMachine):
    """A service that is interrupted at every seam."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NINE
        self.up = True
        self.channel_up = True
        self.crashes = False
        self.findings: list[Finding] = []
        self.answers: list[Response] = []
        self.written: list[Finding] = []
        self.urgent: set[str] = set()
        self.alerts: dict[str, Stored] = {}
        self.phones: dict[tuple[str, Key], int] = {}
        self.answered_at: dict[str, object] = {}
        self.crashed: set[tuple[str, Key]] = set()
        self.answered_below: dict[str, int] = {}

    # what the world does

    @initialize(dead=st.sets(st.sampled_from([1, 2, 3]), max_size=2))
    def people(self, dead: set[int]) -> None:
        self.dead = {CarerId(number) for number in dead}

    @rule(severity=st.sampled_from([Severity.CHECK, Severity.URGENT]))
    def something_happens(self, severity: Severity) -> None:
        if len(self.written) < 40:
            self._write(a_finding(severity, detector=f"d{len(self.written)}", noticed_at=self.now))

    @precondition(lambda self: self.written)
    @rule(
        which=st.integers(0, 9),
        phase=st.sampled_from([Phase.RAISED, Phase.CLEARED]),
    )
    def it_goes_on(self, which: int, phase: Phase) -> None:
        first = self.written[which % len(self.written)]
        severity = Severity.URGENT if phase is Phase.RAISED else first.severity
        self._write(replace(first, phase=phase, severity=severity, noticed_at=self.now))

    @precondition(lambda self: self.written)
    @rule(
        which=st.integers(0, 9),
        severity=st.sampled_from(Severity),
        other=st.sampled_from(["sos", "fall", "exit"]),
    )
    def another_detector_speaks_of_it(self, which: int, severity: Severity, other: str) -> None:
        first = self.written[which % len(self.written)]
        further = replace(first, subject=other, severity=severity, noticed_at=self.now)
        self.findings.append(further)
        if severity is Severity.URGENT:
            self.urgent.add(first.detector)

    @precondition(lambda self: self.alerts)
    @rule(
        which=st.integers(0, 9),
        carer=st.sampled_from([1, 2, 3]),
        kind=st.sampled_from(
            [
                ResponseKind.ACKNOWLEDGE,
                ResponseKind.RESOLVE,
                ResponseKind.TAKE_OVER,
                ResponseKind.HAND_BACK,
                ResponseKind.REOPEN,
            ]
        ),
    )
    def somebody_answers(self, which: int, carer: int, kind: ResponseKind) -> None:
        detector = sorted(self.alerts)[which % len(self.alerts)]
        minutes = (self.now - NINE).total_seconds() / 60
        response = a_response(kind, minutes, carer, outcome=Outcome.TRUE)
        self.answers.append(response)
        self.answer_to = [*getattr(self, "answer_to", []), detector]

    @rule(minutes=st.sampled_from([0.1, 1, 3, 6, 20, 90]))
    def time_passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(up=st.booleans())
    def the_service_stops_or_starts(self, up: bool) -> None:
        self.up = up

    @rule(up=st.booleans())
    def the_channel_fails_or_recovers(self, up: bool) -> None:
        self.channel_up = up

    @rule()
    def a_worker_will_die_before_it_marks(self) -> None:
        self.crashes = True

    # what the service does, in any order

    @precondition(lambda self: self.up)
    @rule()
    def reads_a_finding(self) -> None:
        if self.findings:
            self._take(self.findings.pop(0))

    @precondition(lambda self: self.up)
    @rule()
    def reads_an_answer(self) -> None:
        if self.answers:
            self._answer(self.answers.pop(0), self.answer_to.pop(0))

    @precondition(lambda self: self.up)
    @rule()
    def looks(self) -> None:
        for detector, stored in self.alerts.items():
            team = [person.carer_id for person in TEAM]
            self._settle(detector, passed(stored.episode, team, self.now))

    @precondition(lambda self: self.up)
    @rule()
    def sends(self) -> None:
        for detector, stored in self.alerts.items():
            for key, state in list(stored.deliveries.items()):
                if state in {DeliveryState.PENDING, DeliveryState.SENDING}:
                    self._send(detector, stored, key)

    # what must hold

    @invariant()
    def nobody_is_told_of_what_was_answered(self) -> None:
        for stored in self.alerts.values():
            if not escalating(stored.episode.alert, stored.episode.run):
                waiting = [s for s in stored.deliveries.values() if s is DeliveryState.PENDING]
                assert not waiting

    @invariant()
    def an_urgent_alert_ends_only_by_a_human(self) -> None:
        for detector, stored in self.alerts.items():
            alert = stored.episode.alert
            if alert.severity is Severity.URGENT and alert.state is not AlertState.OPEN:
                assert detector in self.answered_at

    @invariant()
    def nothing_is_said_twice_unless_a_worker_died(self) -> None:
        for place, times in self.phones.items():
            assert times == 1 or place in self.crashed

    def teardown(self) -> None:
        """Let everything work again: now nothing may be missing."""
        self.up = self.channel_up = True
        self.crashes = False
        while self.findings:
            self.reads_a_finding()
        while self.answers:
            self.reads_an_answer()
        for _ in range(6):  # a dead address hands on to the next in line, who may be dead too
            self.looks()
            self.sends()
        opened = {finding.detector for finding in self.written}
        assert opened == set(self.alerts)
        for detector, stored in self.alerts.items():
            urgent = stored.episode.alert.severity is Severity.URGENT
            assert urgent or detector not in self.urgent, "an urgent part makes it urgent"
            self._everybody_due_was_told(detector, stored)

    def _everybody_due_was_told(self, detector: str, stored: Stored) -> None:
        alert, run = stored.episode.alert, stored.episode.run
        if not escalating(alert, run):
            return
        newest = run.newest(self.now)
        assert newest is not None
        wakes = wakes_at(stored.episode, self.now)
        assert wakes is None or wakes > self.now
        reached = {
            carer
            for (name, (carer, channel, step)) in self.phones
            if name == detector and channel in PUSH and step >= run.first_step
        }
        everybody = {person.carer_id for person in TEAM} - self.dead
        if run.asked is not None:
            assert run.asked in reached | self.dead
        elif run.step_at(newest).rank == policy.EVERYBODY:
            assert reached == everybody
        else:
            assert reached, "the first who can be reached has been told"
        for person in TEAM:
            assert reachable(person, stored.told()) or person.carer_id in self.dead

    # the service

    def members(self) -> tuple[Person, ...]:
        return TEAM

    def _write(self, finding: Finding) -> None:
        self.findings.append(finding)
        if finding.phase is Phase.OPENED:
            self.written.append(finding)

    def _take(self, finding: Finding) -> None:
        stored = self.alerts.get(finding.detector)
        if stored is not None and finding.subject:
            further = replace(finding, detector=finding.subject, subject="")
            after = joined(stored.episode, further, self.now, same_silence=False)
            self._settle(finding.detector, after)
            return
        if stored is not None:
            self._settle(finding.detector, heard(stored.episode, finding, self.now))
            return
        alert = an_alert(finding.severity, detector=finding.detector, opened_at=self.now)
        run = policy.start(finding.severity, Audience.CARERS, self.now)
        self.alerts[finding.detector] = Stored(Episode(alert=alert, run=run))
        self._settle(finding.detector, self.alerts[finding.detector].episode)

    def _answer(self, response: Response, detector: str) -> None:
        stored = self.alerts[detector]
        before = stored.episode
        after = answered(before, response, self.now)
        if response.kind is not ResponseKind.REOPEN:
            self.answered_at[detector] = response.at
        if before.alert.state is AlertState.OPEN is not after.alert.state:
            self.answered_below[detector] = before.last_step + 1
        elif after.run.stopped_below > before.run.stopped_below:
            self.answered_below[detector] = after.run.first_step  # it came after worse news
        elif (
            response.kind is ResponseKind.HAND_BACK
            and after.run.first_step == before.run.first_step
        ):
            self.answered_below.pop(detector, None)  # the run that was answered goes on
        self._settle(detector, after)

    def _settle(self, detector: str, episode: Episode) -> None:
        stored = self.alerts[detector]
        run = policy.from_json(policy.to_json(episode.run))
        requests = due(episode.alert, run, self.members(), stored.told(), self.now)
        for request in requests:
            key = (request.carer_id, request.channel, request.step)
            assert key not in stored.deliveries, "an idempotency key is never used twice"
            assert request.step >= run.first_step >= run.stopped_below, "it would never leave"
            stored.deliveries[key] = DeliveryState.PENDING
        assert not due(episode.alert, run, self.members(), stored.told(), self.now)
        last = max((step for _, _, step in stored.deliveries), default=-1)
        stored.episode = replace(episode, run=run, last_step=last)
        if not escalating(episode.alert, run):
            for key, state in stored.deliveries.items():
                if state is DeliveryState.PENDING:
                    stored.deliveries[key] = DeliveryState.CANCELLED

    def _send(self, detector: str, stored: Stored, key: Key) -> None:
        carer, channel, step = key
        if not _wanted(stored.episode, carer, step):
            stored.deliveries[key] = DeliveryState.CANCELLED
            return
        assert step >= self.answered_below.get(detector, 0), "after an answer nothing leaves"
        if channel in PUSH and carer in self.dead:
            stored.deliveries[key] = DeliveryState.FAILED
            return
        if channel in PUSH and not self.channel_up:
            return
        self.phones[detector, key] = self.phones.get((detector, key), 0) + 1
        if self.crashes:
            self.crashes = False
            self.crashed.add((detector, key))
            stored.deliveries[key] = DeliveryState.SENDING
            return
        stored.deliveries[key] = DeliveryState.SENT


def _wanted(episode: Episode, carer: CarerId, step: int) -> bool:
    """Tell whether a delivery may leave, as the outbox asks it of the tables (`core.store.delivery`)."""
    alert, run = episode.alert, episode.run
    if alert.state is AlertState.OPEN:
        urgent = alert.severity is Severity.URGENT
        return (alert.cleared_at is None or urgent) and step >= run.stopped_below
    mine = run.asked == carer and step >= run.first_step
    return alert.state is AlertState.ACKNOWLEDGED and alert.cleared_at is None and mine


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
