"""What silence would bring is asked seldom, written when it has moved, and never ends a step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from analytics.detector import discover
from analytics.features.localtime import moment
from analytics.features.plan import plan
from analytics.forecasts import EVERY_S, ForecastBook, asked
from analytics.home_engine import TICK_S, HomeEngine
from analytics.recovery import recover
from analytics.sample_days import (
    DOOR,
    HALL_MOTION,
    HOME,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
)
from analytics.service import Watch
from core.model.finding import Phase, Severity
from core.model.forecast import Forecast
from core.model.ids import HomeId, ResidentId
from core.model.quantity import Quantity
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AnalyticsSettings
from core.store.pool import open_pool
from tests.analytics.log_rows import furnish
from tests.analytics.story import Story
from tests.servers.settling import settled

if TYPE_CHECKING:
    from analytics.detector import DetectorFailure
    from analytics.features.view import HomeView
    from tests.servers.databases import Database

NOW = MONDAY.timestamp()


class Prophet:
    """A detector that speaks at a moment of the test's choosing."""

    due = float("inf")

    def __init__(self) -> None:
        self.asked = 0
        self.speaks_s: float | None = 3600.0

    def feed(self, *_: object) -> tuple[()]:
        return ()

    def tick(self, *_: object) -> tuple[()]:
        return ()

    def snapshot(self) -> Any:
        return None

    def restore(self, state: Any) -> None:
        del state

    def forecast(self, view: HomeView) -> Forecast | None:
        self.asked += 1
        if self.speaks_s is None:
            return None
        if self.speaks_s < 0:
            raise ValueError("secret")
        return Forecast(
            home_id=HomeId(view.plan.home_id),
            resident_id=ResidentId(1),
            detector="prophet",
            speaks_at=moment(NOW + self.speaks_s),
            severity=Severity.CHECK,
            what="If nothing moves, the first carer is told",
        )


def home_of(prophet: Prophet, *, home_id: str = HOME) -> HomeEngine:
    spec = replace(discover()["sos"], name="prophet", create=lambda: prophet, forecasts=True)
    home = HomeEngine(replace(plan(HOUSEHOLD), home_id=home_id), {"prophet": spec})
    home.tick(MONDAY)
    return home


def ask(book: ForecastBook, home: HomeEngine, seconds: float) -> list[Forecast] | None:
    found, failures = book.news({HOME: home}, NOW + seconds)
    assert not failures
    return found.get(HOME)


def test_a_home_is_asked_once_in_five_minutes_and_written_when_it_has_moved() -> None:
    prophet, book = Prophet(), ForecastBook()
    home = home_of(prophet)
    first = ask(book, home, 0)
    assert first is not None
    assert [one.detector for one in first] == ["prophet"]
    written = 0
    for seconds in range(30, 3000, 30):
        prophet.speaks_s = 3600 + seconds / 100
        written += ask(book, home, seconds) is not None
    assert prophet.asked <= 3000 / EVERY_S + 2
    assert written == 0, "it moved by less than a minute"
    prophet.speaks_s = 7200
    assert ask(book, home, 3000 + EVERY_S) is not None


def test_what_comes_close_is_looked_at_at_every_tick() -> None:
    prophet, book = Prophet(), ForecastBook()
    home = home_of(prophet)
    prophet.speaks_s = 200
    ask(book, home, 0)
    for seconds in (30, 60, 90):
        ask(book, home, seconds)
    assert prophet.asked == 4


def test_what_no_longer_stands_is_taken_away() -> None:
    prophet, book = Prophet(), ForecastBook()
    home = home_of(prophet)
    ask(book, home, 0)
    prophet.speaks_s = None
    assert ask(book, home, EVERY_S) == []
    prophet.speaks_s = 9000
    assert ask(book, home, 2 * EVERY_S) != []
    assert book.news({}, NOW + 3 * EVERY_S)[0] == {HOME: []}


def test_homes_take_turns() -> None:
    prophets = {HomeId(f"home{n}"): Prophet() for n in range(300)}
    homes = {key: home_of(one, home_id=key) for key, one in prophets.items()}
    book = ForecastBook()
    book.news(homes, NOW)
    for prophet in prophets.values():
        prophet.asked = 0
    most = 0
    for number in range(1, 11):
        before = sum(one.asked for one in prophets.values())
        book.news(homes, NOW + 30 * number)
        most = max(most, sum(one.asked for one in prophets.values()) - before)
    assert {one.asked for one in prophets.values()} == {1}
    assert most < 70


def test_a_detector_that_raises_stops_nobody() -> None:
    prophet, book = Prophet(), ForecastBook()
    home = home_of(prophet)
    prophet.speaks_s = -1
    found, failures = book.news({HOME: home}, NOW)
    assert found == {HOME: []}
    assert [one.detector for one in failures] == ["prophet"]
    assert "secret" not in failures[0].error


async def test_the_service_stores_what_silence_would_bring(plain_database: Database) -> None:
    household = await furnish(plain_database, HOUSEHOLD)
    assert household.home.home_id == HOME
    clock = ManualClock(datetime.fromtimestamp(NOW, MONDAY.tzinfo))
    settings = AnalyticsSettings(
        database_url=plain_database.url_as("wayhome_analytics"), tick_s=30.0
    )
    context = Context(
        settings=settings, clock=clock, health=Health("analytics", clock), instance="analytics"
    )
    prophet = Prophet()
    spec = replace(discover()["sos"], name="prophet", create=lambda: prophet, forecasts=True)
    async with open_pool(settings.database_url) as pool:
        recovered = await recover(pool, 0, 1, specs={"prophet": spec}, tick_s=30.0)
        watch = Watch(context, pool, recovered)
        for _ in range(2):
            clock.advance(40)
            async with pool.connection() as connection:
                await settled(connection)
            while await watch.advance():
                pass
    with psycopg.connect(plain_database.url) as owner:
        rows = owner.execute("select home_id, detector, severity, speaks_at from forecast")
        assert rows.fetchall() == [(HOME, "prophet", "check", moment(NOW + 3600))]


@pytest.mark.parametrize("minutes", [2, 5, 9, 15, 40])
def test_who_may_have_left_is_waited_for_as_it_will_be_told(minutes: int) -> None:
    """After a door, silence alone makes her count as out: then it is the late return that is told."""
    story = Story().move(KITCHEN_MOTION, every=10, until=9)
    story.at(9, 0, 5).hear(HALL_MOTION).at(9, 0, 20).hear(DOOR, Quantity.CONTACT, 1.0)
    story.at(9, 0, 40).hear(DOOR, Quantity.CONTACT, 0.0).at(9, minutes).hear(LOUNGE_MOTION)
    story.at(9, minutes, 20).hear(LOUNGE_MOTION, value=0.0).at(9, minutes + 1)
    failures: list[DetectorFailure] = []
    standing = asked(story.home, failures)
    assert not failures
    before = len(story.said)
    story.at(30)
    spoke = {
        one.detector: one.noticed_at
        for one in reversed(story.said[before:])
        if one.detector in {"inactivity", "not_back"} and one.phase is Phase.OPENED
    }
    foretold = {
        name: one.speaks_at for name, one in standing.items() if name in {"inactivity", "not_back"}
    }
    assert foretold.keys() == spoke.keys()
    for name, at in foretold.items():
        assert timedelta(0) <= spoke[name] - at <= timedelta(seconds=TICK_S)
