"""Further episodes of one incident: who is paged again, and who must be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from alerts import policy
from alerts.episode import ANSWER, LATELY, Episode, answered, heard, joined, passed
from alerts.escalation import escalating
from core.model.finding import AlertState, Audience, Outcome, Phase, ResponseKind, Severity
from core.model.home import HomeMode
from core.model.ids import CarerId
from tests.alerts.builders import NINE, a_finding, a_response, an_alert, at
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Receiver
from tests.alerts.turns import turning

if TYPE_CHECKING:
    from core.model.finding import Finding
    from tests.servers.databases import Database

LATE = LATELY.total_seconds() / 60 + 2


def opened(severity: Severity = Severity.CHECK) -> Episode:
    run = policy.start(severity, Audience.CARERS, NINE)
    return Episode(alert=an_alert(severity), run=run, last_step=0)


def acknowledged(severity: Severity = Severity.CHECK) -> Episode:
    return answered(opened(severity), a_response(ResponseKind.ACKNOWLEDGE, 1), at(1))


def further(
    episode: Episode, detector: str, severity: Severity, minutes: float, *, same: bool = False
) -> Episode:
    finding = a_finding(severity, detector=detector, onset=at(minutes), noticed_at=at(minutes))
    return joined(episode, finding, at(minutes), same_silence=same)


@pytest.mark.parametrize("severity", [Severity.NOTICE, Severity.CHECK])
def test_further_evidence_pages_nobody_again(severity: Severity) -> None:
    assert further(opened(), "exit", severity, 5) == opened()
    assert further(acknowledged(), "exit", severity, 5) == acknowledged()


@pytest.mark.parametrize("severity", [Severity.NOTICE, Severity.CHECK])
def test_a_call_or_a_fall_raises_an_open_incident_and_pages_at_once(severity: Severity) -> None:
    episode = further(opened(severity), "fall", Severity.URGENT, 4)
    assert episode.alert.severity is Severity.URGENT
    assert episode.run.policy == policy.POLICIES[Severity.URGENT, Audience.CARERS]
    assert (episode.run.since, episode.run.first_step) == (at(4), 1)


@pytest.mark.parametrize("detector", ["sos", "fall"])
@pytest.mark.parametrize("minutes", [4, LATE])
def test_a_call_or_a_fall_is_never_swallowed_by_an_answered_lower_alert(
    detector: str, minutes: float
) -> None:
    episode = further(acknowledged(), detector, Severity.URGENT, minutes)
    assert episode.alert.state is AlertState.OPEN
    assert episode.alert.severity is Severity.URGENT
    assert episode.run.policy == policy.POLICIES[Severity.URGENT, Audience.CARERS]
    assert episode.run.since == at(minutes)
    before = answered(episode, a_response(ResponseKind.RESOLVE, minutes - 1), at(minutes + 1))
    assert before == episode, "an answer from before it does not count for it"


def test_a_call_on_an_answered_urgent_alert_asks_who_answered() -> None:
    episode = further(acknowledged(Severity.URGENT), "sos", Severity.URGENT, 4)
    assert episode.run.asked == 1
    assert escalating(episode.alert, episode.run)
    assert passed(episode, [CarerId(1)], at(4) + ANSWER).alert.state is AlertState.OPEN


def test_a_call_long_after_the_answer_begins_anew() -> None:
    episode = further(acknowledged(Severity.URGENT), "sos", Severity.URGENT, LATE)
    assert episode.alert.state is AlertState.OPEN
    assert episode.run.since == at(LATE)


def test_an_answer_covers_what_comes_soon_after_it_and_the_same_silence() -> None:
    before = acknowledged(Severity.URGENT)
    assert further(before, "inactivity", Severity.CHECK, 20) == before
    assert further(before, "late_rise", Severity.CHECK, 300, same=True) == before
    assert further(before, "rhythm", Severity.NOTICE, LATE) == before


def test_other_news_long_after_the_answer_asks_who_gave_it() -> None:
    episode = further(acknowledged(Severity.URGENT), "inactivity", Severity.CHECK, LATE)
    assert episode.run.asked == 1
    assert episode.alert.severity is Severity.URGENT


def test_a_read_notice_that_becomes_a_check_begins_anew() -> None:
    episode = further(acknowledged(Severity.NOTICE), "exit", Severity.CHECK, 4)
    assert episode.alert.state is AlertState.OPEN
    assert episode.run.policy == policy.POLICIES[Severity.CHECK, Audience.CARERS]


def gone(severity: Severity) -> Episode:
    return heard(opened(severity), a_finding(severity, Phase.CLEARED, noticed_at=at(5)), at(5))


def test_news_after_the_cause_has_gone() -> None:
    again = further(gone(Severity.CHECK), "exit", Severity.CHECK, 9)
    assert (again.alert.cleared_at, again.run.since) == (None, at(9))
    notice = further(gone(Severity.CHECK), "rhythm", Severity.NOTICE, 9)
    assert notice == gone(Severity.CHECK), "nobody is woken for a notice"
    lower = further(gone(Severity.URGENT), "exit", Severity.CHECK, 9)
    assert lower.alert.cleared_at is None
    assert lower.run == gone(Severity.URGENT).run, "the telling goes on as it was"


def test_a_resolved_alert_is_opened_by_worse_news_only() -> None:
    response = a_response(ResponseKind.RESOLVE, 2, outcome=Outcome.FALSE)
    resolved = answered(acknowledged(), response, at(2))
    assert further(resolved, "late_rise", Severity.CHECK, 9, same=True) == resolved
    worse = further(resolved, "overstay", Severity.URGENT, 9, same=True)
    assert worse.alert.state is AlertState.OPEN


# On a real database, with time moved by hand.


def said(house: House, detector: str, minutes: float, **more: Any) -> Finding:
    fields: dict[str, Any] = {
        "severity": Severity.CHECK,
        "onset": at(minutes - 10),
        "noticed_at": at(minutes),
        "what": f"What {detector} saw",
        "resident_id": house.resident_id,
    } | more
    return a_finding(detector=detector, **fields)


async def one_carer(database: Database, receiver: Receiver, **more: Any) -> House:
    return await furnish(database, contacts=({"webhook": receiver.url()},), **more)


def rang(receiver: Receiver) -> list[str]:
    found = [request.json["severity"] for request in receiver.requests]
    receiver.requests.clear()
    return found


async def test_two_detectors_of_one_silence_page_once(
    database: Database, receiver: Receiver
) -> None:
    house = await one_carer(database, receiver)
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "inactivity", 0))
        await service.until(0)
        assert rang(receiver) == ["check"]
        house.write(said(house, "late_rise", 4))
        await service.until(4)
        assert rang(receiver) == []
    assert house.alerts("detector, severity, what") == [
        ("inactivity", "check", "What inactivity saw")
    ]
    assert house.execute("select count(*) from alert_finding") == [(2,)]
    ((evidence,),) = house.alerts("evidence")
    assert [one["text"] for one in evidence] == [
        "all sensors alive",
        "What late_rise saw",
        "all sensors alive",
    ]


async def test_a_fall_in_an_answered_incident_pages_at_once_and_leads(
    database: Database, receiver: Receiver
) -> None:
    house = await one_carer(database, receiver)
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "exit", 0))
        await service.until(0)
        house.answer(house.only_alert(), house.carers[0], ResponseKind.ACKNOWLEDGE, at(1))
        await service.until(1)
        rang(receiver)
        house.write(said(house, "fall", 4, severity=Severity.URGENT))
        await service.until(4)
        assert rang(receiver) == ["urgent"]
    ((severity, state, what, evidence),) = house.alerts("severity, state, what, evidence")
    assert (severity, state, what) == ("urgent", "open", "What fall saw")
    assert "Before that: What exit saw" in [one["text"] for one in evidence]


async def test_an_incident_is_cleared_when_all_its_episodes_are(
    database: Database, receiver: Receiver
) -> None:
    house = await one_carer(database, receiver)
    parts = {"exit": at(-10), "walking": at(-7)}
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "exit", 0))
        house.write(said(house, "walking", 3))
        await service.until(3)
        for minutes, (detector, onset) in enumerate(parts.items(), 5):
            house.write(said(house, detector, minutes, phase=Phase.CLEARED, onset=onset))
            await service.until(minutes)
            cleared = at(minutes) if detector == "walking" else None
            assert house.alerts("cleared_at") == [(cleared,)]
    assert house.execute("select count(*) from alert_finding") == [(4,)]


async def test_a_later_phase_of_a_joined_episode_finds_its_incident(
    database: Database, receiver: Receiver
) -> None:
    house = await one_carer(database, receiver)
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "exit", 0))
        house.write(said(house, "not_back", 3))
        await service.until(3)
        rang(receiver)
        raised = said(house, "not_back", 9, onset=at(-7), severity=Severity.URGENT)
        house.write(said(house, "not_back", 9, onset=at(-7), severity=Severity.URGENT))
        await service.until(9)
        assert rang(receiver) == ["urgent"]
    assert house.alerts("severity, what") == [("urgent", raised.what)]


async def test_what_a_human_has_closed_takes_in_nothing_else(
    database: Database, receiver: Receiver
) -> None:
    house = await one_carer(database, receiver)
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "inactivity", 0))
        await service.until(0)
        house.answer(house.only_alert(), house.carers[0], ResponseKind.RESOLVE, at(1))
        await service.until(1)
        rang(receiver)
        house.write(said(house, "overstay", 5))
        await service.until(5)
        assert rang(receiver) == [], "the same silence, judged just now"
        house.write(said(house, "sos", 6, severity=Severity.URGENT))
        await service.until(6)
        assert rang(receiver) == ["urgent"]
    assert house.alerts("detector, state") == [("inactivity", "resolved"), ("sos", "open")]


async def test_a_home_under_test_joins_in_silence(database: Database, receiver: Receiver) -> None:
    house = await one_carer(database, receiver, mode=HomeMode.TEST)
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "inactivity", 0))
        house.write(said(house, "sos", 6, severity=Severity.URGENT))
        await service.until(6)
        assert rang(receiver) == []
    assert house.alerts("severity, silent") == [("urgent", True)]


async def test_what_was_noticed_before_a_home_was_live_pages_nobody_also_when_read_later(
    database: Database, receiver: Receiver
) -> None:
    house = await one_carer(database, receiver)
    house.execute("update home set live_since = %s", at(10))
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "sos", 9, severity=Severity.URGENT))
        await service.until(12)
        assert rang(receiver) == []
        house.write(said(house, "sos", 11, severity=Severity.URGENT))
        await service.until(12)
        assert rang(receiver) == ["urgent"]
    assert house.alerts("silent") == [(True,), (False,)]


async def test_of_a_home_that_must_not_be_watched_its_silence_is_told_to_nobody(
    database: Database, receiver: Receiver
) -> None:
    """What sensors say is refused there: to detection it looks as if nobody moved, or the hub were gone."""
    house = await one_carer(database, receiver)
    write = (
        "insert into purpose_basis (home_id, resident_id, kind, purpose, article6, article9, decided,"
        " said_by, valid_from, carer_id, at) select home_id, resident_id, %s, 'care_monitoring', %s, %s,"
        " 'person', 'Ada', %s, %s, %s from resident"
    )
    house.execute(write, "given", "consent", "explicit_consent", at(-9), house.carers[0], at(-9))
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "exit", 0, severity=Severity.URGENT))
        await service.until(1)
        assert rang(receiver) == ["urgent"]
        house.answer(house.only_alert(), house.carers[0], ResponseKind.RESOLVE, at(2))
        await service.until(3)
        house.execute(write, "withdrawn", "", "", at(600), house.carers[0], at(600))
        house.write(said(house, "sos", 600.5, severity=Severity.URGENT))
        await service.until(601)
        assert rang(receiver) == ["urgent"], "what was seen before is not taken back"
        house.answer(
            house.alerts("alert_id")[-1][0], house.carers[0], ResponseKind.RESOLVE, at(602)
        )
        await service.until(603)
        house.write(said(house, "inactivity", 670, severity=Severity.URGENT))
        house.write(said(house, "liveness", 670, audience=Audience.OPERATORS, resident_id=None))
        await service.until(671)
        assert house.alerts("detector, silent") == [
            ("exit", False), ("sos", False), ("inactivity", True), ("liveness", True)
        ]  # fmt: skip
        house.execute(
            write, "given", "consent", "explicit_consent", at(1200), house.carers[0], at(1200)
        )
        house.write(said(house, "late_rise", 1205))
        await service.until(1206)
        assert house.alerts("detector, silent")[-1] == ("late_rise", False)


async def test_an_episode_of_the_test_that_gets_worse_in_a_live_home_is_told(
    database: Database, receiver: Receiver
) -> None:
    house = await one_carer(database, receiver, mode=HomeMode.TEST)
    quiet = said(house, "inactivity", 0, audience=Audience.OPERATORS)
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(quiet)
        await service.until(2)
        house.execute("update home set mode = 'live', live_since = %s", at(5))
        worse = replace(quiet, phase=Phase.RAISED, severity=Severity.URGENT, noticed_at=at(6))
        house.write(replace(worse, audience=Audience.CARERS))
        await service.until(6)
        assert rang(receiver) == ["urgent"]
    assert house.alerts("severity, audience, silent, state") == [
        ("urgent", "carers", False, "open")
    ]


async def test_devices_and_people_are_told_apart(database: Database, receiver: Receiver) -> None:
    house = await one_carer(database, receiver)
    async with turning(database.url_as("wayhome_alerts")) as service:
        house.write(said(house, "inactivity", 0))
        house.write(said(house, "liveness", 1, audience=Audience.OPERATORS, resident_id=None))
        house.write(said(house, "liveness", 2, audience=Audience.OPERATORS, resident_id=None))
        await service.until(2)
    kinds = house.alerts("detector")
    assert [kind for (kind,) in kinds if kind != "reachability"] == [
        "inactivity",
        "liveness",
        "liveness",
    ]
