from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts import policy
from alerts.episode import ANSWER, LINGER, Episode, answered, heard, passed, wakes_at
from alerts.escalation import escalating
from core.model.finding import AlertState, Audience, Outcome, Phase, ResponseKind, Severity
from core.model.ids import CarerId
from tests.alerts.builders import NINE, a_finding, a_response, an_alert, at

TEAM = (CarerId(1), CarerId(2))


def opened(severity: Severity = Severity.CHECK) -> Episode:
    run = policy.start(severity, Audience.CARERS, NINE)
    return Episode(alert=an_alert(severity), run=run, last_step=0)


def acknowledged(severity: Severity = Severity.CHECK) -> Episode:
    return answered(opened(severity), a_response(ResponseKind.ACKNOWLEDGE, 1), at(1))


def resolved(severity: Severity = Severity.CHECK) -> Episode:
    response = a_response(ResponseKind.RESOLVE, 2, outcome=Outcome.FALSE)
    return answered(acknowledged(severity), response, at(2))


def test_an_acknowledgement_stops_the_escalation() -> None:
    episode = acknowledged()
    assert episode.alert.state is AlertState.ACKNOWLEDGED
    assert (episode.alert.acknowledged_by, episode.alert.acknowledged_at) == (1, at(1))
    assert not escalating(episode.alert, episode.run)
    assert wakes_at(episode, at(1)) is None


def test_the_first_acknowledgement_counts() -> None:
    episode = answered(acknowledged(), a_response(ResponseKind.ACKNOWLEDGE, 3, carer=2), at(3))
    assert episode.alert.acknowledged_by == 1


def test_resolving_without_acknowledging_is_an_answer_too() -> None:
    episode = answered(opened(), a_response(ResponseKind.RESOLVE, 1, outcome=Outcome.TRUE), at(1))
    assert episode.alert.state is AlertState.RESOLVED
    assert (episode.alert.acknowledged_by, episode.alert.resolved_by) == (1, 1)
    assert episode.alert.outcome is Outcome.TRUE


def test_a_resolved_alert_hears_no_late_acknowledgement_or_duplicate() -> None:
    episode = resolved()
    assert answered(episode, a_response(ResponseKind.ACKNOWLEDGE, 3), at(3)) == episode
    assert answered(episode, a_response(ResponseKind.RESOLVE, 3), at(3)) == episode
    assert heard(episode, a_finding(Severity.CHECK), at(3)) == episode
    assert heard(episode, a_finding(Severity.CHECK, Phase.RAISED), at(3)) == episode
    assert heard(episode, a_finding(Severity.CHECK, Phase.CLEARED), at(3)) == episode


def test_worse_news_reopens_a_resolved_alert() -> None:
    episode = heard(resolved(), a_finding(Severity.URGENT, Phase.RAISED), at(4))
    assert episode.alert.state is AlertState.OPEN
    assert episode.alert.severity is Severity.URGENT
    assert episode.run.since == at(4)
    assert episode.run.first_step == 1
    assert episode.alert.resolved_by is None


def test_worse_news_starts_an_open_alert_anew_at_its_new_pace() -> None:
    episode = heard(opened(), a_finding(Severity.URGENT, Phase.RAISED), at(4))
    assert episode.run.policy == policy.POLICIES[Severity.URGENT, Audience.CARERS]
    assert (episode.run.since, episode.run.first_step) == (at(4), 1)


def test_equal_news_changes_nothing() -> None:
    assert heard(opened(), a_finding(Severity.CHECK), at(4)) == opened()
    assert heard(opened(Severity.URGENT), a_finding(Severity.CHECK), at(4)) == opened(
        Severity.URGENT
    )


def test_worse_news_after_an_acknowledgement_asks_that_person_first() -> None:
    episode = heard(acknowledged(), a_finding(Severity.URGENT, Phase.RAISED), at(4))
    assert episode.alert.state is AlertState.ACKNOWLEDGED
    assert episode.run.asked == 1
    assert escalating(episode.alert, episode.run)
    assert wakes_at(episode, at(4)) == at(4) + ANSWER
    assert passed(episode, TEAM, at(5)) == episode
    again = answered(episode, a_response(ResponseKind.ACKNOWLEDGE, 5), at(5))
    assert again.alert.state is AlertState.ACKNOWLEDGED
    assert not escalating(again.alert, again.run)
    assert passed(again, TEAM, at(99)) == again


def test_no_second_answer_reopens_it() -> None:
    asked = heard(acknowledged(), a_finding(Severity.URGENT, Phase.RAISED), at(4))
    episode = passed(asked, TEAM, at(7))
    assert episode.alert.state is AlertState.OPEN
    assert episode.alert.acknowledged_by is None
    assert episode.run.policy == policy.POLICIES[Severity.URGENT, Audience.CARERS]


def test_somebody_who_left_the_team_is_not_waited_for() -> None:
    asked = heard(acknowledged(), a_finding(Severity.URGENT, Phase.RAISED), at(4))
    assert passed(asked, [CarerId(2)], at(4)).alert.state is AlertState.OPEN


def test_another_person_may_answer_for_the_one_who_is_asked() -> None:
    asked = heard(acknowledged(), a_finding(Severity.URGENT, Phase.RAISED), at(4))
    episode = answered(asked, a_response(ResponseKind.ACKNOWLEDGE, 5, carer=2), at(5))
    assert episode.alert.acknowledged_by == 2
    assert not escalating(episode.alert, episode.run)


def test_an_answer_from_before_the_worse_news_does_not_count_for_it() -> None:
    raised = heard(opened(), a_finding(Severity.URGENT, Phase.RAISED), at(4))
    episode = answered(raised, a_response(ResponseKind.ACKNOWLEDGE, 3), at(5))
    assert episode.alert.state is AlertState.ACKNOWLEDGED
    assert episode.run.asked == 1
    late = answered(raised, a_response(ResponseKind.RESOLVE, 3), at(5))
    assert late == replace(raised, run=replace(raised.run, stopped_below=1)), "the telling goes on"
    assert late.run.first_step == 1, "and what was asked for before the worse news is over"


def test_what_was_asked_for_before_an_answer_is_over_however_the_alert_is_told_anew() -> None:
    asked = answered(replace(opened(), last_step=4), a_response(ResponseKind.ACKNOWLEDGE, 9), at(9))
    assert asked.run.stopped_below == 0, "nothing of it is told now: the alert says so"
    assert answered(asked, a_response(ResponseKind.REOPEN, 10), at(10)).run.stopped_below == 5
    worse = heard(asked, a_finding(Severity.URGENT, Phase.RAISED), at(10))
    assert passed(replace(worse, last_step=5), TEAM, at(14)).run.stopped_below == 6
    back = answered(asked, a_response(ResponseKind.HAND_BACK, 10), at(10))
    assert (back.run.first_step, back.run.stopped_below) == (0, 0), "the same run goes on"
    unanswered = heard(
        replace(opened(), last_step=4), a_finding(Severity.URGENT, Phase.RAISED), at(9)
    )
    assert (unanswered.run.first_step, unanswered.run.stopped_below) == (5, 0)


def test_a_person_may_reopen() -> None:
    episode = answered(resolved(), a_response(ResponseKind.REOPEN, 9), at(9))
    assert episode.alert.state is AlertState.OPEN
    assert (episode.run.since, episode.run.first_step) == (at(9), 1)
    assert episode.alert.outcome is None
    again = answered(episode, a_response(ResponseKind.REOPEN, 9, carer=2), at(10))
    assert again == episode, "two at the same time begin it once"


def test_a_comment_changes_nothing() -> None:
    assert answered(opened(), a_response(ResponseKind.COMMENT, 1), at(1)) == opened()


def test_a_cause_that_goes_stops_the_telling_but_not_an_urgent_one() -> None:
    check = heard(opened(), a_finding(Severity.CHECK, Phase.CLEARED, noticed_at=at(5)), at(5))
    assert check.alert.state is AlertState.OPEN
    assert check.alert.cleared_at == at(5)
    assert not escalating(check.alert, check.run)
    urgent = heard(
        opened(Severity.URGENT), a_finding(Severity.URGENT, Phase.CLEARED, noticed_at=at(5)), at(5)
    )
    assert escalating(urgent.alert, urgent.run)


def test_a_cleared_alert_ends_by_itself_after_a_day_unless_urgent_and_unanswered() -> None:
    gone = a_finding(Severity.CHECK, Phase.CLEARED, noticed_at=at(5))
    check = heard(opened(), gone, at(5))
    assert wakes_at(check, at(6)) == at(5) + LINGER
    assert passed(check, TEAM, at(5) + LINGER - timedelta(seconds=1)) == check
    ended = passed(check, TEAM, at(5) + LINGER)
    assert ended.alert.state is AlertState.RESOLVED
    assert ended.alert.outcome is Outcome.CLEARED
    urgent = heard(opened(Severity.URGENT), gone, at(5))
    assert passed(urgent, TEAM, at(99_999)) == urgent
    seen = answered(urgent, a_response(ResponseKind.ACKNOWLEDGE, 60), at(60))
    assert wakes_at(seen, at(61)) == at(60) + LINGER


def test_a_cause_that_goes_ends_the_asking() -> None:
    asked = heard(acknowledged(), a_finding(Severity.URGENT, Phase.RAISED), at(4))
    gone = heard(asked, a_finding(Severity.URGENT, Phase.CLEARED, noticed_at=at(5)), at(5))
    assert not escalating(gone.alert, gone.run)
    assert passed(gone, TEAM, at(30)).alert.state is AlertState.ACKNOWLEDGED


@pytest.mark.parametrize("severity", [Severity.CHECK, Severity.URGENT])
def test_a_cause_that_returns_begins_anew(severity: Severity) -> None:
    gone = heard(opened(), a_finding(Severity.CHECK, Phase.CLEARED, noticed_at=at(5)), at(5))
    back = heard(gone, a_finding(severity, Phase.RAISED, noticed_at=at(8)), at(8))
    assert back.alert.cleared_at is None
    assert back.alert.severity is severity
    assert back.run.since == at(8)
