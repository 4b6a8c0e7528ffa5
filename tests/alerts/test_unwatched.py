"""Who comes back to a home that is paused is seen, and the operators are told: nobody watches there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.model.playbook import UNWATCHED, playbook_for
from core.runtime.clock import ManualClock
from tests.alerts.circles import NOON, Circle, an_organisation, looking
from tests.alerts.receiver import Receiver

if TYPE_CHECKING:
    from tests.servers.databases import Database

HOUR = timedelta(hours=1)
TOLD = {"/tech": ["alert"]}


class Respite:
    """A home that was live, is paused for two weeks, and has sensors in its rooms."""

    def __init__(self, circle: Circle) -> None:
        self.circle = circle
        self.house = circle.house
        self.now = circle.clock.now
        # what the steps would do, without the walk before them
        self.house.execute("alter table home disable trigger user")
        self.step("live", NOON - timedelta(days=30), "live")
        ((self.hall,),) = self.house.execute(
            "insert into device (home_id, family, external_id, name, placement)"
            " values (%s, 'zigbee2mqtt', 'hall', 'Hall', 'room') returning device_id",
            self.house.home_id,
        )

    def step(self, stage: str, at: datetime, mode: str, days: int | None = None) -> None:
        until = None if days is None else at + timedelta(days=days)
        self.house.execute(
            "insert into home_step (home_id, carer_id, at, stage, reason, until)"
            " values (%s, %s, %s, %s, 'respite', %s)",
            self.house.home_id, self.circle.administrator, at, stage, until,
        )  # fmt: skip
        self.house.execute("update home set mode = %s where home_id = %s", mode, self.house.home_id)

    def sees(self, at: datetime, quantity: str = "motion") -> None:
        self.house.execute(
            "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
            " values (%s, %s, %s, 1, %s, %s)",
            at, self.hall, quantity, self.house.home_id, at,
        )  # fmt: skip

    async def news(self) -> list[str]:
        """Return what the technician and the administrator are told."""
        found = await self.circle.news()
        return [*found.get("/tech", []), *found.get("/boss", [])]

    async def lives(self, hours: int) -> list[str]:
        """Let somebody move about for so many hours, and return what operators were told."""
        heard = []
        for _ in range(hours):
            self.circle.clock.advance(HOUR.total_seconds())
            self.sees(self.now() - timedelta(minutes=1))
            heard += await self.news()
        return heard

    def open(self) -> list[tuple[object, ...]]:
        return self.house.execute(
            "select subject, severity, what from alert where detector = %s order by alert_id",
            UNWATCHED,
        )


@pytest.fixture
async def respite(plain_database: Database, receiver: Receiver) -> AsyncIterator[Respite]:
    house, administrator = await an_organisation(plain_database, receiver)
    async with looking(house, plain_database, receiver, ManualClock(NOON), administrator) as circle:
        found = Respite(circle)
        await circle.news()
        found.step("paused", NOON, "test", days=14)
        circle.clock.advance(60)
        assert set(await circle.news()) >= {"/one", "/two"}, "the circle hears of the pause"
        yield found


async def test_who_comes_back_early_is_told_to_who_can_end_the_pause(respite: Respite) -> None:
    await respite.circle.turns(timedelta(days=9))
    assert respite.open() == [], "the house is empty"
    assert await respite.lives(3) == [], "somebody waters the flowers"
    assert await respite.lives(1) == ["alert"]
    ((subject, severity, what),) = respite.open()
    assert severity == "check"
    assert "which was paused on 04 May 10:00 UTC: something moved in 4 of the last 12 hours" in str(
        what
    )
    book = playbook_for(UNWATCHED, str(subject))
    assert book is not None
    assert book.name == "used-unwatched"
    await respite.lives(5)
    assert len(respite.open()) == 1


async def test_what_somebody_has_ended_is_not_said_again_of_the_same_pause(
    respite: Respite,
) -> None:
    await respite.lives(4)
    respite.house.execute(
        "update alert set state = 'resolved', resolved_at = %s where detector = %s",
        respite.now(), UNWATCHED,
    )  # fmt: skip
    assert await respite.lives(6) == []
    respite.step("paused", respite.now(), "test", days=7)
    assert await respite.lives(3) == [], "a pause that is made longer begins anew"
    await respite.lives(1)
    assert len(respite.open()) == 2


async def test_a_call_for_help_in_a_paused_home_is_urgent(respite: Respite) -> None:
    respite.circle.clock.advance(3600)
    respite.sees(respite.now() - timedelta(minutes=1), "sos")
    assert "alert" in await respite.news()
    ((subject, severity, what),) = respite.open()
    assert severity == "urgent"
    assert "called for help" in str(what)
    book = playbook_for(UNWATCHED, str(subject))
    assert book is not None
    assert book.name == "called-unwatched"


async def test_a_home_that_is_live_or_in_a_test_of_today_is_not_told_of(respite: Respite) -> None:
    respite.step("live", respite.now(), "live")
    assert await respite.lives(6) == []
    respite.step("commissioning", respite.now(), "test", days=1)
    await respite.circle.news()
    assert await respite.lives(23) == []
    await respite.lives(3)
    ((_, _, what),) = respite.open()
    assert "which was put in test, which is not over, on" in str(what)
