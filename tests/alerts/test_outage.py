"""A broker or a district fails: technicians are told once, carers are not, and nothing of it is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from alerts.promises import Terms, violations
from core.model.finding import Audience, Finding, Phase, ResponseKind, Severity
from core.store.ledger import read_ledger, snapshot
from core.store.pool import transaction
from tests.alerts.builders import at
from tests.alerts.houses import House, furnish, insert_finding
from tests.alerts.receiver import Receiver
from tests.alerts.turns import Turns, turning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.servers.databases import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Homes of one organisation, and the service by turns."""

    homes: list[House]
    turns: Turns
    outside: Receiver
    #: Since when each home cannot be seen.
    since: dict[str, datetime] = field(default_factory=dict)

    def dark(self, homes: Sequence[House], minutes: float, phase: Phase = Phase.OPENED) -> None:
        """Let detection say of these homes at once that they cannot be seen, urgently after a while."""
        severity = Severity.URGENT if phase is Phase.RAISED else Severity.CHECK
        with psycopg.connect(homes[0].url) as connection:
            for one in homes:
                insert_finding(
                    connection,
                    Finding(
                        home_id=one.home_id,
                        resident_id=None,
                        detector="liveness",
                        subject="home",
                        severity=severity,
                        audience=Audience.OPERATORS,
                        phase=phase,
                        onset=self.since.setdefault(one.home_id, at(minutes - 3)),
                        noticed_at=at(minutes),
                        what="This home can not be seen",
                        advice="Check the broker",
                    ),
                )

    def told(self, path: str = "/technician") -> list[str]:
        return [one.json["severity"] for one in self.outside.requests if one.path == path]

    def alerts(self, detector: str) -> list[tuple[object, ...]]:
        return self.homes[0].execute(
            "select severity, state, cleared_at is not null from alert where detector = %s"
            " order by alert_id",
            detector,
        )

    def said(self) -> str:
        ((what,),) = self.homes[0].execute(
            "select what from alert where detector = 'outage' order by alert_id desc limit 1"
        )
        return str(what)

    async def pass_to(self, minutes: float) -> None:
        """Go on to a moment, with the look that the service takes each minute."""
        await self.turns.until(minutes)
        await self.turns.alerting.audit_once()
        await self.turns.turn()

    async def broken(self) -> set[str]:
        """Return the promises that were not kept."""
        now = self.turns.clock.now()
        async with transaction(self.turns.alerting.pool) as connection:
            await snapshot(connection)
            ledger = await read_ledger(connection, now - timedelta(hours=2), now)
        return {one.promise for one in violations(ledger, Terms(now=now))}


@pytest.fixture
async def town(plain_database: Database, receiver: Receiver) -> AsyncIterator[Town]:
    homes = [
        await furnish(
            plain_database,
            f"home{number}",
            contacts=({"webhook": receiver.url("/carer")},),
            technician={"webhook": receiver.url("/technician")},
        )
        for number in range(14)
    ]
    async with turning(plain_database.url_as("wayhome_alerts")) as turns:
        yield Town(homes=homes, turns=turns, outside=receiver)


async def test_many_homes_that_go_dark_at_once_are_told_as_one_thing(town: Town) -> None:
    """Ten thousand of them were ten thousand messages to each technician, and as many again when urgent."""
    town.dark(town.homes[:12], 0)
    await town.pass_to(0)
    assert town.told() == ["check"]
    assert town.alerts("outage") == [("check", "open", False)]
    assert town.said() == "12 homes cannot be seen, the first since 01 March 08:57 UTC."
    assert len(town.alerts("liveness")) == 12, "each home has its alert, and its page says so"
    assert town.told("/carer") == []
    town.dark(town.homes[:12], 12, Phase.RAISED)
    await town.pass_to(12)
    assert town.told() == ["check", "urgent"]
    assert {one[0] for one in town.alerts("liveness")} == {"urgent"}
    town.dark(town.homes[12:], 14)
    await town.pass_to(14)
    assert town.told() == ["check", "urgent"]
    assert town.said().startswith("14 homes")
    await town.pass_to(16)
    assert await town.broken() == set()


async def test_who_comes_back_ends_it_and_who_does_not_is_told_of(town: Town) -> None:
    town.dark(town.homes[:12], 0)
    await town.pass_to(0)
    town.dark(town.homes[:10], 5, Phase.CLEARED)
    await town.pass_to(5)
    assert town.alerts("outage") == [("check", "open", True)]
    assert town.told() == ["check"] * 3, "of the two that are still dark, one by one"
    await town.pass_to(8)
    assert town.told() == ["check"] * 3
    assert await town.broken() == set()


async def test_when_all_are_back_nobody_is_told_of_each(town: Town) -> None:
    """What was urgent and unanswered goes on until a human answers: as one thing, as it began."""
    town.dark(town.homes[:12], 0)
    await town.pass_to(0)
    town.dark(town.homes[:12], 12, Phase.RAISED)
    await town.pass_to(12)
    town.dark(town.homes[:12], 20, Phase.CLEARED)
    await town.pass_to(20)
    await town.pass_to(21)
    told = town.told()
    assert told[:2] == ["check", "urgent"]
    assert len(told) <= 3
    assert set(town.alerts("liveness")) == {("urgent", "resolved", True)}
    assert town.alerts("outage") == [("urgent", "open", True)]
    assert await town.broken() == set()


async def test_few_homes_are_told_one_by_one(town: Town) -> None:
    town.dark(town.homes[:9], 0)
    await town.pass_to(0)
    assert (town.told(), town.alerts("outage")) == (["check"] * 9, [])
    town.dark(town.homes[9:12], 2)
    await town.pass_to(2)
    assert town.told() == ["check"] * 10
    assert town.said().startswith("12 homes")


async def test_homes_that_fail_far_apart_are_not_one_thing(town: Town) -> None:
    for number, one in enumerate(town.homes[:12]):
        town.dark([one], 15 * number)
        await town.pass_to(15 * number)
    assert town.alerts("outage") == []


async def test_an_answer_for_all_stops_the_telling_of_all(town: Town) -> None:
    town.dark(town.homes[:12], 0)
    await town.pass_to(0)
    ((number,),) = town.homes[0].execute("select alert_id from alert where detector = 'outage'")
    technician = town.homes[0].technician
    town.homes[0].answer(number, technician, ResponseKind.ACKNOWLEDGE, at(1))
    await town.pass_to(1)
    await town.pass_to(300)
    assert town.told() == ["check"]


async def test_what_is_ended_while_it_lasts_is_told_again_as_one_thing(town: Town) -> None:
    town.dark(town.homes[:12], 0)
    await town.pass_to(0)
    ((number,),) = town.homes[0].execute("select alert_id from alert where detector = 'outage'")
    town.homes[0].answer(number, town.homes[0].technician, ResponseKind.RESOLVE, at(30))
    await town.pass_to(31)
    assert [state for _, state, _ in town.alerts("outage")] == ["resolved", "open"]
    assert town.told() == ["check"] * 2


async def test_a_home_that_nobody_was_told_of_is_a_broken_promise(town: Town) -> None:
    """What is told with others is only so while an alert about all of them stands."""
    town.dark(town.homes[:12], 0)
    await town.pass_to(0)
    town.homes[0].execute(
        "update alert set state = 'resolved', resolved_at = %s where detector = 'outage'", at(1)
    )
    town.turns.clock.advance(180)
    assert await town.broken() == {"told_with_others"}
