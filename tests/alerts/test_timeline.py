"""The real loops on a real database, with time moved by hand."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from alerts.intake import take_findings
from core.model.finding import Phase, ResponseKind, Severity
from tests.alerts.builders import a_finding, at
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.turns import turning

if TYPE_CHECKING:
    from tests.servers.databases import Database


async def furnished(database: Database, receiver: Receiver, people: int = 3) -> House:
    contacts = tuple({"webhook": receiver.url(f"/{number + 1}")} for number in range(people))
    return await furnish(database, contacts=contacts)


def paths(receiver: Receiver) -> str:
    """Whose phones rang since the last time, in order of name."""
    rang = "".join(sorted(request.path[1:] for request in receiver.requests))
    receiver.requests.clear()
    return rang


async def test_urgent_goes_on_until_a_human_answers(database: Database, receiver: Receiver) -> None:
    house = await furnished(database, receiver)
    house.write(a_finding(resident_id=house.resident_id))
    rang: dict[float, str] = {}
    async with turning(database.url_as("wayhome_alerts")) as service:
        for minutes in (0, 2.9, 3, 5.9, 6, 10.9, 11, 16):
            await service.until(minutes)
            rang[minutes] = paths(receiver)
        house.answer(house.only_alert(), house.carers[2], ResponseKind.ACKNOWLEDGE, at(17))
        for minutes in (17, 21, 300):
            await service.until(minutes)
            rang[minutes] = paths(receiver)
    told = {0: "1", 2.9: "", 3: "2", 5.9: "", 6: "123", 10.9: "", 11: "123", 16: "123"}
    assert rang == told | {17: "", 21: "", 300: ""}


async def test_an_outage_over_every_step_tells_each_of_them_once(
    database: Database, receiver: Receiver
) -> None:
    house = await furnished(database, receiver)
    house.write(a_finding(resident_id=house.resident_id))
    async with turning(database.url_as("wayhome_alerts")) as service:
        await service.until(0)
        assert paths(receiver) == "1"
    async with turning(database.url_as("wayhome_alerts"), 30) as service:
        await service.until(59)
        assert paths(receiver) == "123"
        await service.until(60)
        assert paths(receiver) == ""
        await service.until(61)
        assert paths(receiver) == "123"


async def test_worse_news_after_an_answer_asks_and_then_reopens(
    database: Database, receiver: Receiver
) -> None:
    house = await furnished(database, receiver)
    house.write(a_finding(Severity.CHECK, resident_id=house.resident_id))
    async with turning(database.url_as("wayhome_alerts")) as service:
        await service.until(0)
        house.answer(house.only_alert(), house.carers[0], ResponseKind.ACKNOWLEDGE, at(1))
        await service.until(1)
        assert paths(receiver) == "1"
        house.write(a_finding(Severity.URGENT, Phase.RAISED, resident_id=house.resident_id))
        await service.until(5)
        asked = receiver.requests[-1].json["text"]
        assert asked.startswith("It has become more serious since you answered")
        assert paths(receiver) == "1"
        await service.until(7.9)
        assert paths(receiver) == ""
        await service.until(8)
        assert house.alerts("state, acknowledged_by") == [("open", None)]
        assert paths(receiver) == "1"
        await service.until(11)
        assert paths(receiver) == "2"


async def test_a_provider_that_is_away_loses_nothing_and_floods_nobody(
    database: Database, receiver: Receiver
) -> None:
    house = await furnished(database, receiver, people=1)
    receiver.answer(Answer(status=503), "/1")
    house.write(a_finding(resident_id=house.resident_id))
    async with turning(database.url_as("wayhome_alerts")) as service:
        for minute in range(31):
            await service.until(minute)
        paths(receiver)
        receiver.answer(Answer(), "/1")
        await service.until(32.1)
        assert paths(receiver) == "1"
    states = Counter(
        state for (state,) in house.execute("select state from delivery where channel = 'webhook'")
    )
    assert states == {"failed": 6, "sent": 1}
    technician = house.execute("select what from alert where detector = 'reachability'")
    assert technician == [("Webhook has not taken a message for minutes: answered 503.",)]


async def test_a_cause_that_goes_ends_after_a_day(database: Database, receiver: Receiver) -> None:
    house = await furnished(database, receiver)
    house.write(a_finding(Severity.CHECK, resident_id=house.resident_id))
    async with turning(database.url_as("wayhome_alerts")) as service:
        await service.until(0)
        gone = a_finding(
            Severity.CHECK, Phase.CLEARED, resident_id=house.resident_id, noticed_at=at(5)
        )
        house.write(gone)
        await service.until(5)
        await service.until(60)
        assert paths(receiver) == "1"
        assert house.alerts("state") == [("open",)]
        await service.until(5 + 24 * 60)
    assert house.alerts("state, outcome, resolved_by") == [("resolved", "cleared", None)]


@pytest.mark.parametrize("seed", range(2))
async def test_random_days_lose_nothing(
    plain_database: Database, receiver: Receiver, seed: int
) -> None:
    """Random news, answers, failures and outages; at the end the rows must add up."""
    house = await furnished(plain_database, receiver)
    url = plain_database.url_as("wayhome_alerts")
    days = RandomDays(house, receiver, random.Random(seed))
    for _ in range(5):  # each time another process, which ends in the middle of things
        async with turning(url, days.minutes) as service:
            for _ in range(6):
                days.go_on()
                if days.chance.random() < 0.7:
                    await service.until(days.minutes)
                else:
                    service.clock.advance(1)
                    await take_findings(service.alerting.pool, service.clock)
    receiver.answer(Answer(), "/2")
    async with turning(url, days.minutes) as service:
        for _ in range(2):
            days.minutes += 2
            await service.until(days.minutes)
    days.nothing_is_missing()


class RandomDays:
    """What the world does to a home."""

    def __init__(self, house: House, receiver: Receiver, chance: random.Random) -> None:
        self.house = house
        self.receiver = receiver
        self.chance = chance
        self.minutes = 0.0
        self.opened: list[str] = []
        self.began: dict[str, datetime] = {}
        self.raised: set[str] = set()

    def go_on(self) -> None:
        """Let some time pass and perhaps something happen."""
        self.minutes += self.chance.choice((0.2, 1, 3, 7, 30))
        if self.chance.random() < 0.5:
            self.opened.append(f"d{len(self.opened)}")
            self.began[self.opened[-1]] = at(self.minutes - 10)
            severity = self.chance.choice((Severity.CHECK, Severity.URGENT))
            self._write(self.opened[-1], severity, Phase.OPENED)
        calm = [detector for detector in self.opened if detector not in self.raised]
        if calm and self.chance.random() < 0.2:
            self.raised.add(self.chance.choice(calm))
            self._write(max(self.raised, key=self.opened.index), Severity.URGENT, Phase.RAISED)
        alerts = self.house.alerts("alert_id")
        if alerts and self.chance.random() < 0.3:
            self._answer(self.chance.choice(alerts)[0])
        self.receiver.answer(Answer(status=self.chance.choice((200, 200, 503))), "/2")

    def _write(self, detector: str, severity: Severity, phase: Phase) -> None:
        with suppress(psycopg.errors.UniqueViolation):
            self.house.write(
                a_finding(
                    severity,
                    phase,
                    detector=detector,
                    resident_id=self.house.resident_id,
                    onset=self.began[detector],
                    noticed_at=at(self.minutes),
                )
            )

    def _answer(self, alert_id: int) -> None:
        kind = self.chance.choice((ResponseKind.ACKNOWLEDGE, ResponseKind.RESOLVE))
        carer = self.chance.choice(self.house.carers)
        self.house.answer(alert_id, carer, kind, at(self.minutes))

    def nothing_is_missing(self) -> None:
        """Compare what was told with what should have been."""
        own = "detector <> 'reachability'"
        found = self.house.execute(
            "select distinct f.detector, j.alert_id from finding f left join alert_finding j"
            " using (finding_id)"
        )
        assert sorted(row[0] for row in found) == sorted(self.opened)
        assert None not in {row[1] for row in found}
        weaker = self.house.execute(
            "select 1 from alert a join alert_finding j using (alert_id) join finding f"
            " using (finding_id) where f.severity = 'urgent' and a.severity <> 'urgent'"
        )
        assert weaker == []
        waiting = self.house.execute(
            "select count(*) from delivery where state in ('pending', 'sending')"
        )
        assert waiting == [(0,)]
        for alert_id, policy in self.house.execute(
            f"select alert_id, policy from alert where state = 'open' and {own}"
        ):
            told = self.house.execute(
                "select distinct carer_id from delivery where alert_id = %s and step >= %s"
                " and channel = 'webhook' and state = 'sent'",
                alert_id,
                policy["first_step"],
            )
            elapsed_s = (at(self.minutes) - datetime.fromisoformat(policy["since"])).total_seconds()
            due = [step["rank"] for step in policy["steps"] if step["after_s"] <= elapsed_s]
            assert len(told) == (3 if 0 in due else len(due)), (alert_id, due, told)
