"""From carers' answers in the tables to margins in the engine, and back after any crash."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from analytics import learning
from analytics.home_engine import Inputs
from analytics.recovery import from_json, recover, to_json
from analytics.sample_days import HOME, HOUSEHOLD
from analytics.service import Watch
from core.model.learning import Margin, MissedKind
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AnalyticsSettings
from core.store.pool import open_pool
from tests.analytics.journal import brought_back, keep_every_step, uninterrupted
from tests.analytics.log_rows import furnish
from tests.servers.settling import settled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from core.store.pool import Pool
    from tests.servers.databases import Database

NINE = datetime(2026, 5, 4, 9, tzinfo=UTC)
CHANGES = "detector, hour_bin, why, round(after::numeric, 4)::float8, waiting"


@pytest.fixture(autouse=True)
def _two_that_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "learns", lambda spec: spec.name in {"inactivity", "not_back"})


class House:
    """A home with an alert now and then, and a carer who answers."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock(NINE)
        self.url = database.url_as("wayhome_analytics")
        self.carer = self.execute(
            "insert into carer (organisation_id, login, name, role, password_hash)"
            " select organisation_id, 'ann', 'Ann', 'family_carer', '' from home returning carer_id"
        )[0][0]

    def execute(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def alert(self, *detectors: str) -> int:
        """Let detectors speak of one incident that began half an hour ago."""
        now = self.clock.now()
        onset = now - timedelta(minutes=30)
        ((alert,),) = self.execute(
            "insert into alert (home_id, detector, severity, audience, onset, opened_at, what)"
            " values (%s, %s, 'check', 'carers', %s, %s, 'w') returning alert_id",
            HOME, detectors[0], onset, now,
        )  # fmt: skip
        for detector in detectors:
            self.execute(
                "with f as (insert into finding (home_id, detector, severity, audience, phase,"
                " onset, noticed_at, what, step) values (%s, %s, 'check', 'carers', 'opened', %s,"
                " %s, 'w', 0) returning finding_id) insert into alert_finding"
                " select %s, finding_id from f",
                HOME, detector, onset, now, alert,
            )  # fmt: skip
        return int(alert)

    def answer(self, alert: int, outcome: str | None, kind: str = "resolve") -> None:
        self.clock.advance(60)
        self.execute(
            "insert into response (alert_id, carer_id, kind, at, outcome)"
            " values (%s, %s, %s, %s, %s)",
            alert, self.carer, kind, self.clock.now(), outcome,
        )  # fmt: skip

    def missed(self, kind: MissedKind) -> None:
        now = self.clock.now()
        self.execute(
            "insert into missed_event (home_id, carer_id, at, happened_at, kind)"
            " values (%s, %s, %s, %s, %s)",
            HOME, self.carer, now, now - timedelta(hours=1), kind.value,
        )  # fmt: skip

    def decide(self, verdict: str, change: int) -> None:
        self.clock.advance(60)
        self.execute(
            "insert into margin_decision (home_id, change_id, carer_id, verdict, at)"
            " values (%s, %s, %s, %s, %s)",
            HOME, change, self.carer, verdict, self.clock.now(),
        )  # fmt: skip

    def changes(self, columns: str = CHANGES) -> list[tuple[Any, ...]]:
        return self.execute(f"select {columns} from margin_change order by change_id")

    async def watch(self, pool: Pool) -> Watch:
        settings = AnalyticsSettings(database_url=self.url, tick_s=30.0, snapshot_s=10**6)
        context = Context(
            settings=settings,
            clock=self.clock,
            health=Health("analytics", self.clock),
            instance="analytics",
        )
        return Watch(context, pool, await recover(pool, 0, 1, tick_s=30.0))

    async def turn(self, watch: Watch) -> float:
        """Let a tick go by; return the margin of inactivity at nine in the morning."""
        self.clock.advance(40)
        async with watch.pool.connection() as connection:
            await settled(connection)
        while await watch.advance():
            pass
        view = watch._state.engine.homes[HOME].view
        assert view is not None
        return view.margin("inactivity", (NINE - timedelta(minutes=30)).timestamp())


@pytest.fixture
async def house(plain_database: Database) -> House:
    await furnish(plain_database, HOUSEHOLD)
    keep_every_step(plain_database)
    return House(plain_database)


@asynccontextmanager
async def watching(house: House) -> AsyncIterator[Watch]:
    async with open_pool(house.url) as pool:
        watch = await house.watch(pool)
        await house.turn(watch)
        yield watch


async def test_answers_move_the_margin_of_the_detectors_that_spoke(house: House) -> None:
    async with watching(house) as watch:
        house.answer(house.alert("inactivity", "exit"), "helped")
        assert await house.turn(watch) == pytest.approx(0.97, abs=1e-4)
        house.answer(house.alert("inactivity", "not_back"), "false")
        house.answer(house.alert("inactivity"), "other")
        house.answer(house.alert("inactivity"), None, "acknowledge")
        assert await house.turn(watch) == pytest.approx(0.97, abs=1e-4)
    assert [row[:3] for row in house.changes()] == [
        ("inactivity", 3, "true"),
        ("inactivity", 3, "false"),
        ("not_back", 3, "false"),
    ], "the door rule is a safety rule: nothing is learned about it"
    assert {row[0] for row in house.changes("carer_id")} == {house.carer}


async def test_what_was_missed_tightens(house: House) -> None:
    async with watching(house) as watch:
        house.missed(MissedKind.DID_NOT_MOVE)
        house.missed(MissedKind.OTHER)
        assert await house.turn(watch) == pytest.approx(0.85, abs=1e-4)
    assert house.changes() == [("inactivity", 3, "missed", 0.85, False)]


async def test_too_many_loosenings_wait_and_each_can_be_undone(house: House) -> None:
    async with watching(house) as watch:
        for _ in range(5):
            house.answer(house.alert("inactivity"), "false")
        loose = await house.turn(watch)
        assert loose == pytest.approx(1.07**3, abs=1e-3)
        *_, waiting = house.changes("change_id, waiting")
        assert waiting[1]
        house.decide("confirm", waiting[0])
        house.decide("confirm", waiting[0])
        assert await house.turn(watch) == pytest.approx(1.07**4, abs=1e-3)
        house.decide("undo", house.changes("change_id")[1][0])
        house.decide("confirm", house.changes("change_id")[2][0])
        assert await house.turn(watch) == pytest.approx(1.07**3, abs=1e-3)
    assert [row[2] for row in house.changes()] == ["false"] * 5 + ["confirmed", "undone"]


async def test_an_answer_that_is_taken_back_counts_no_more(house: House) -> None:
    async with watching(house) as watch:
        alert = house.alert("inactivity")
        house.answer(alert, "true")
        house.answer(alert, None, "reopen")
        assert await house.turn(watch) == 1.0
        house.answer(alert, "true")
        house.answer(alert, "true")
        assert await house.turn(watch) == pytest.approx(0.97, abs=1e-4)
    assert [row[2] for row in house.changes()] == ["true", "undone", "true"]


async def test_after_a_crash_it_is_as_if_there_had_been_none(house: House) -> None:
    async with watching(house) as watch:
        house.missed(MissedKind.DID_NOT_MOVE)
        house.answer(house.alert("inactivity"), "true")
        before = await house.turn(watch)
    async with watching(house) as again:  # nothing was saved: the journal is all there is
        assert await house.turn(again) == pytest.approx(before, abs=1e-5)
        await again.save()
    assert len(house.changes()) == 2
    _, states = await uninterrupted(house.database, 30.0)
    assert await brought_back(house.database, 30.0) == states


async def test_a_home_that_starts_anew_is_taught_again(house: House) -> None:
    async with watching(house) as watch:
        house.missed(MissedKind.DID_NOT_MOVE)
        before = await house.turn(watch)
        await watch.save()
    house.execute("update engine_snapshot set state = 'unreadable'")
    house.execute("delete from engine_step where step < (select max(step) from engine_step)")
    async with open_pool(house.url) as pool:
        watch = await house.watch(pool)
        await house.turn(watch)
        await house.turn(watch)
        assert await house.turn(watch) == pytest.approx(before, abs=1e-3)
    assert len(house.changes()) == 1


async def test_answers_about_homes_of_another_shard_are_left_to_it(house: House) -> None:
    async with open_pool(house.url) as pool:
        watch = await house.watch(pool)
        await house.turn(watch)
        house.answer(house.alert("inactivity"), "true")
        watch._state.engine.homes.clear()
        house.clock.advance(60)
        await watch.advance()
    assert house.changes() == []


def test_inputs_come_back_from_the_journal_as_they_were() -> None:
    margin = Margin(detector="inactivity", hour_bin=3, factor=0.1 + 0.2 + 0.6, at=1.1e9 + 0.000001)
    given = Inputs(now=NINE, margins={HOME: (margin, replace(margin, hour_bin=4))})
    assert from_json(to_json(given)) == given
    old = to_json(Inputs(now=NINE))
    del old["margins"]
    assert from_json(old) == Inputs(now=NINE)
