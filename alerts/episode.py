"""The life of an alert: open → acknowledged → resolved, and back when the news gets worse. Pure.

Each function takes an episode and something that happened and returns the episode as it then stands
(docs/decisions/0051).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from alerts import policy
from alerts.escalation import escalating
from core.model.finding import (
    Alert,
    AlertState,
    Audience,
    Outcome,
    Phase,
    Response,
    ResponseKind,
    Severity,
)
from core.model.plan import built_in

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from core.model.finding import Finding
    from core.model.ids import CarerId

ANSWER = timedelta(minutes=3)
"""How long the person who answered has to answer again after the news got worse."""
LINGER = timedelta(hours=24)
"""How long an alert whose cause is gone stays on the page before it ends by itself."""
LATELY = timedelta(minutes=30)
"""An answer covers what else is noticed so soon after it; later news asks again."""
CALL = "sos"
"""Detector of a person's own call for help: no answer given before it covers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An alert and its escalation."""

    alert: Alert
    run: policy.Run
    #: Highest step number that a delivery of this alert has; -1 without any.
    last_step: int = -1


def heard(episode: Episode, finding: Finding, now: datetime) -> Episode:
    """Take in a further finding of the same episode."""
    if finding.phase is Phase.CLEARED:
        return _cleared(episode, finding.noticed_at)
    alert = episode.alert
    worse = finding.severity.rank > alert.severity.rank
    back = alert.cleared_at is not None and alert.state is not AlertState.RESOLVED
    if not worse and not back:
        return episode
    severity = finding.severity if worse else alert.severity
    alert = replace(alert, severity=severity, cleared_at=None)
    if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by is not None:
        run = policy.ask(episode.run, alert.acknowledged_by, now, first_step=episode.last_step + 1)
        return replace(episode, alert=alert, run=run)
    episode = _reopened(replace(episode, alert=alert), now)
    return replace(episode, run=replace(episode.run, raised_at=now))


def joined(episode: Episode, finding: Finding, now: datetime, *, same_silence: bool) -> Episode:
    """Take in the first finding of a further episode of the same incident (docs/decisions/0105).

    It pages again only when it raises the severity, or when the answer that stopped the telling can
    not have meant it.

    Parameters
    ----------
    same_silence
        It waits for the same movement as what was told before: an answer covers it, however old.
    """
    alert = episode.alert
    if alert.state is not AlertState.ACKNOWLEDGED or alert.acknowledged_at is None:
        return _joined_unanswered(episode, finding, now)
    raised = finding.severity.rank > alert.severity.rank
    recent = now - alert.acknowledged_at <= LATELY
    call = finding.detector == CALL
    only_read = alert.severity is Severity.NOTICE  # nobody is on the way for a notice
    urgent = finding.severity is Severity.URGENT
    if (raised and (urgent or only_read)) or (call and not recent):
        alert = replace(alert, severity=finding.severity)
        episode = _reopened(replace(episode, alert=alert), now)
        return replace(episode, run=replace(episode.run, raised_at=now))
    news = call or not (recent or same_silence or finding.severity is Severity.NOTICE)
    if news and not raised and alert.acknowledged_by is not None:
        run = policy.ask(episode.run, alert.acknowledged_by, now, first_step=episode.last_step + 1)
        return replace(episode, alert=replace(alert, cleared_at=None), run=run)
    return _joined_unanswered(episode, finding, now)


def _joined_unanswered(episode: Episode, finding: Finding, now: datetime) -> Episode:
    """Take in a further episode that the answers given so far leave to `heard`, or that changes nothing."""
    alert = episode.alert
    if finding.severity.rank >= alert.severity.rank or alert.cleared_at is None:
        return heard(episode, finding, now)
    if finding.severity is Severity.NOTICE:
        return episode
    if alert.state is AlertState.OPEN and alert.severity is Severity.URGENT:
        return replace(episode, alert=replace(alert, cleared_at=None))  # the telling goes on
    return heard(episode, finding, now)


def again(episode: Episode, severity: Severity, now: datetime) -> Episode:
    """Take in that something has come again since somebody answered, or has become worse.

    Who answered is asked whether they know; where nobody has, and it is no worse, the telling goes on.
    """
    alert = episode.alert
    worse = severity.rank > alert.severity.rank
    telling = alert.state is AlertState.OPEN or episode.run.asked is not None
    if telling and not worse:
        return episode
    alert = replace(alert, severity=severity if worse else alert.severity, cleared_at=None)
    episode = replace(episode, alert=alert)
    if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by is not None:
        run = policy.ask(episode.run, alert.acknowledged_by, now, first_step=episode.last_step + 1)
        return replace(episode, run=run)
    episode = _reopened(episode, now)
    return replace(episode, run=replace(episode.run, raised_at=now))


def answered(episode: Episode, response: Response, now: datetime) -> Episode:
    """Take in what a person did."""
    stale = episode.run.raised_at is not None and response.at < episode.run.raised_at
    match response.kind:
        case ResponseKind.ACKNOWLEDGE:
            return _acknowledged(episode, response, now, stale=stale)
        case ResponseKind.RESOLVE:
            return _stopped(episode) if stale else _resolved(episode, response)
        case ResponseKind.TAKE_OVER:
            return _taken_over(episode, response, now, stale=stale)
        case ResponseKind.HAND_BACK:
            return _handed_back(episode, response, now)
        case ResponseKind.REOPEN:
            # of two who press it at the same time the second would begin the telling once more
            opened = episode.alert.state is AlertState.OPEN
            return episode if opened else _reopened(episode, now)
        case ResponseKind.COMMENT:
            return episode
        case _:
            assert_never(response.kind)


def passed(episode: Episode, team: Collection[CarerId], now: datetime) -> Episode:
    """Take in that time has passed: nobody answered again, who is on it has left, or the cause is long gone.

    Parameters
    ----------
    team
        Those who may be told now.
    """
    alert, run = episode.alert, episode.run
    asking = alert.state is AlertState.ACKNOWLEDGED and run.asked is not None
    if asking and (run.asked not in team or now >= run.since + ANSWER):
        return _reopened(episode, now)
    if _forsaken(alert, team):
        return _reopened(episode, now)
    ends = ends_at(episode)
    return over(episode, now) if ends is not None and now >= ends else episode


def over(episode: Episode, now: datetime) -> Episode:
    """End an alert whose cause is gone."""
    alert = replace(
        episode.alert, state=AlertState.RESOLVED, resolved_at=now, outcome=Outcome.CLEARED
    )
    return replace(episode, alert=alert)


def _forsaken(alert: Alert, team: Collection[CarerId]) -> bool:
    """Tell whether somebody is needed, and who is on it can not be any more (docs/decisions/0250)."""
    needed = alert.state is AlertState.ACKNOWLEDGED and alert.cleared_at is None
    about_people = alert.audience is Audience.CARERS and alert.severity is not Severity.NOTICE
    return needed and about_people and alert.acknowledged_by not in team


def ends_at(episode: Episode) -> datetime | None:
    """Return when the alert will end by itself; None while a human is needed."""
    alert = episode.alert
    unanswered = alert.state is AlertState.OPEN and alert.severity is Severity.URGENT
    if alert.cleared_at is None or alert.state is AlertState.RESOLVED or unanswered:
        return None
    return max(alert.cleared_at, alert.acknowledged_at or alert.cleared_at) + LINGER


def wakes_at(episode: Episode, now: datetime) -> datetime | None:
    """Return when time alone will next change something; None for never."""
    alert, run = episode.alert, episode.run
    moments = [ends_at(episode)]
    if escalating(alert, run):
        asked = alert.state is AlertState.ACKNOWLEDGED
        moments.append(run.since + ANSWER if asked else run.next_at(now))
        if run.fallback_at is not None and run.fallback_at > now:
            moments.append(run.fallback_at)
    return min((moment for moment in moments if moment is not None), default=None)


def _cleared(episode: Episode, at: datetime) -> Episode:
    alert = episode.alert
    if alert.state is AlertState.RESOLVED or alert.cleared_at is not None:
        return episode
    run = replace(episode.run, asked=None)
    return replace(episode, alert=replace(alert, cleared_at=at), run=run)


def _acknowledged(episode: Episode, response: Response, now: datetime, *, stale: bool) -> Episode:
    alert, run = episode.alert, episode.run
    again = alert.state is AlertState.ACKNOWLEDGED and run.asked is not None and not stale
    if alert.state is not AlertState.OPEN and not again:
        return episode
    alert = replace(
        alert,
        state=AlertState.ACKNOWLEDGED,
        acknowledged_by=response.carer_id,
        acknowledged_at=response.at,
    )
    if stale:
        run = policy.ask(run, response.carer_id, now, first_step=episode.last_step + 1)
        run = replace(run, raised_at=episode.run.raised_at)
    else:
        run = replace(run, asked=None)
    return replace(episode, alert=alert, run=run)


def _taken_over(episode: Episode, response: Response, now: datetime, *, stale: bool) -> Episode:
    """Let another person be on it; on an alert that is open it is an answer like the first."""
    alert = episode.alert
    if alert.state is not AlertState.ACKNOWLEDGED or stale:
        return _acknowledged(episode, response, now, stale=stale)
    alert = replace(alert, acknowledged_by=response.carer_id, acknowledged_at=response.at)
    return replace(episode, alert=alert, run=replace(episode.run, asked=None))


def _handed_back(episode: Episode, response: Response, now: datetime) -> Episode:
    """Let the telling go on: the step that comes after those already made is due at once.

    The time for which somebody was on it does not count. A run that has no further step, and one that
    only asked whether that person knows the worse news, begins anew.
    """
    alert, run = episode.alert, episode.run
    theirs = alert.acknowledged_by == response.carer_id
    if alert.state is not AlertState.ACKNOWLEDGED or not theirs:
        return episode
    policies = run.plan or built_in(alert.audience)
    going = None
    if run.policy == policies.of(alert.severity):
        step = max(episode.last_step + 1, run.first_step)
        going = policy.go_on(run, now, step=step)
    if going is None:
        return replace(_reopened(episode, now), alert=_open(alert, alert.cleared_at))
    return replace(episode, alert=_open(alert, alert.cleared_at), run=replace(going, asked=None))


def _resolved(episode: Episode, response: Response) -> Episode:
    alert = episode.alert
    if alert.state is AlertState.RESOLVED:
        return episode
    unanswered = alert.acknowledged_by is None
    alert = replace(
        alert,
        state=AlertState.RESOLVED,
        resolved_by=response.carer_id,
        resolved_at=response.at,
        outcome=response.outcome or Outcome.OTHER,
        acknowledged_by=response.carer_id if unanswered else alert.acknowledged_by,
        acknowledged_at=response.at if unanswered else alert.acknowledged_at,
    )
    return replace(episode, alert=alert, run=replace(episode.run, asked=None))


def _stopped(episode: Episode) -> Episode:
    """Take in an answer that came too late to end the telling: what it was an answer to is told no more."""
    return replace(episode, run=replace(episode.run, stopped_below=episode.run.first_step))


def _reopened(episode: Episode, now: datetime) -> Episode:
    alert, run, first_step = _open(episode.alert, None), episode.run, episode.last_step + 1
    begun = policy.start(alert.severity, alert.audience, now, first_step=first_step, plan=run.plan)
    unanswered = episode.alert.state is AlertState.OPEN
    stopped = run.stopped_below if unanswered else first_step
    begun = replace(begun, raised_at=run.raised_at, stopped_below=stopped)
    return replace(episode, alert=alert, run=begun)


def _open(alert: Alert, cleared_at: datetime | None) -> Alert:
    """Return an alert as one that nobody has answered."""
    return replace(
        alert,
        state=AlertState.OPEN,
        acknowledged_by=None,
        acknowledged_at=None,
        resolved_by=None,
        resolved_at=None,
        outcome=None,
        cleared_at=cleared_at,
    )
