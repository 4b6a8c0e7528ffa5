"""The weekly test goes by the way that alerts take, at a waking hour, and a tap is what counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channel import ChannelSettings, discover
from alerts.outbox import Desk
from alerts.self_test import FIRST, WAKING, WEEK, SelfTests, is_due
from core.model.ids import CarerId, HomeId
from core.model.reach import TAP, WEEKS, Badge, Reach, WeeklyTest, badge
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.store.pool import open_pool
from core.store.self_test import Candidate
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Answer, Receiver

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOON = datetime(2026, 5, 4, 10, tzinfo=UTC)
ZONES = ["Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """A house whose weeks go by."""

    house: House
    tests: SelfTests
    clock: ManualClock
    phones: Receiver

    async def after(self, span: timedelta, every: timedelta = timedelta(hours=6)) -> None:
        """Let so much time pass, looking now and then."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            self.clock.advance(every.total_seconds())
            await self.tests.look_once()

    def tap(self, carer: CarerId) -> None:
        self.house.execute(
            "insert into self_test_answer select max(self_test_id), %s from self_test"
            " where carer_id = %s",
            self.clock.now(),
            carer,
        )


@pytest.fixture
async def weeks(plain_database: Database, receiver: Receiver) -> AsyncIterator[Weeks]:
    house = await furnish(
        plain_database,
        contacts=({"webhook": receiver.url("/one"), "ntfy": receiver.url("/push")}, {}),
    )
    clock = ManualClock(NOON)
    async with open_pool(plain_database.url_as("wayhome_alerts")) as pool:
        desk = Desk(
            pool=pool,
            clock=clock,
            health=Health("alerts", clock),
            holder="one",
            lease_s=30,
            send_timeout_s=2,
            poll_s=0.1,
            public_url="https://pages.example",
        )
        channels = [make(ChannelSettings(timeout_s=2)) for make in discover().values()]
        yield Weeks(house=house, tests=SelfTests(desk, channels), clock=clock, phones=receiver)
        for channel in channels:
            await channel.close()


async def test_nothing_is_sent_on_the_first_day_and_then_once_a_week(weeks: Weeks) -> None:
    await weeks.after(timedelta(hours=12))
    assert weeks.phones.requests == []
    await weeks.after(timedelta(days=2))
    paths = sorted(request.path for request in weeks.phones.requests)
    assert paths == ["/one", "/push"]
    await weeks.after(timedelta(days=14))
    assert sorted(r.path for r in weeks.phones.requests) == ["/one"] * 3 + ["/push"] * 3


async def test_the_test_says_that_it_is_one_and_names_nobody(weeks: Weeks) -> None:
    await weeks.after(timedelta(days=2))
    (message,) = [r for r in weeks.phones.requests if r.path == "/one"]
    assert "test" in message.json["text"]
    assert message.json["link"] == "https://pages.example/reachable"
    assert message.key.startswith("wayhome-self-test-")
    assert not [word for word in ("Ada", "Mill Lane", "Person") if word in str(message.body)]


async def test_a_refused_address_is_unreachable_and_a_busy_one_is_tried_again(
    weeks: Weeks,
) -> None:
    weeks.phones.answer(Answer(status=410), "/one")
    weeks.phones.answer(Answer(status=503), "/push")
    await weeks.after(timedelta(hours=26), timedelta(hours=2))
    weeks.phones.answer(Answer(), "/push")
    await weeks.after(timedelta(hours=2), timedelta(hours=1))
    states = weeks.house.execute("select channel, state from self_test_message order by channel")
    assert states == [("ntfy", "sent"), ("webhook", "failed")]


async def test_a_carer_who_never_taps_becomes_a_notice_to_the_operators(weeks: Weeks) -> None:
    await weeks.after(timedelta(days=8 * WEEKS))
    await weeks.after(timedelta(days=8))
    subjects = weeks.house.execute("select subject, audience from alert order by alert_id")
    assert (f"weekly/{weeks.house.carers[0]}", "operators") in subjects
    assert len(subjects) == len(set(subjects)), "once until it is over"


async def test_a_carer_who_taps_is_no_notice(weeks: Weeks) -> None:
    for _ in range(2 * WEEKS):
        await weeks.after(WEEK)
        weeks.tap(weeks.house.carers[0])
    subjects = {subject for (subject,) in weeks.house.execute("select subject from alert")}
    assert f"weekly/{weeks.house.carers[0]}" not in subjects


@settings(deadline=None)
@given(
    carer=st.integers(1, 50),
    hour=st.integers(0, 24 * 30),
    zone=st.sampled_from(ZONES),
    asked=st.none() | st.integers(0, 24 * 20),
    had_messages=st.booleans(),
)
def test_it_rings_in_waking_hours_only_and_never_twice_a_week(
    carer: int, hour: int, zone: str, asked: int | None, *, had_messages: bool
) -> None:
    now = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(hours=hour)
    candidate = Candidate(
        carer_id=CarerId(carer),
        home_id=HomeId("a"),
        zone=ZoneInfo(zone),
        channels=("webhook",),
        asked_at=None if asked is None else now - timedelta(hours=asked),
        had_messages=had_messages,
    )
    due = is_due(candidate, now)
    if asked is None:
        assert due, "a first look sends nothing"
    elif due:
        assert now.astimezone(ZoneInfo(zone)).hour in WAKING
        assert timedelta(hours=asked) >= (WEEK if had_messages else FIRST)
    elif timedelta(hours=asked) >= WEEK:
        assert not is_due(candidate, now) or had_messages
        later = [is_due(candidate, now + timedelta(hours=more)) for more in range(24)]
        assert any(later), "it comes within a day"


def a_test(days: float, *, tapped: bool, sent: int = 1, waiting: int = 0) -> WeeklyTest:
    asked = NOON - timedelta(days=days)
    confirmed = asked + timedelta(hours=1) if tapped else None
    return WeeklyTest(
        asked_at=asked, confirmed_at=confirmed, sent=sent, waiting=waiting, failed=1 - sent
    )


@pytest.mark.parametrize(
    ("tests", "reach", "missed"),
    [
        ([], Reach.UNTESTED, 0),
        ([a_test(1, tapped=False)], Reach.UNTESTED, 0),
        ([a_test(3, tapped=False)], Reach.UNCONFIRMED, 1),
        ([a_test(1, tapped=True)], Reach.REACHABLE, 0),
        ([a_test(1, tapped=False), a_test(8, tapped=True)], Reach.REACHABLE, 0),
        ([a_test(3, tapped=False), a_test(10, tapped=True)], Reach.UNCONFIRMED, 1),
        ([a_test(1, tapped=False, sent=0), a_test(8, tapped=True)], Reach.UNREACHABLE, 1),
        ([a_test(1, tapped=False), a_test(8, tapped=False)], Reach.UNCONFIRMED, 2),
    ],
)
def test_the_badge_of_some_weeks(tests: list[WeeklyTest], reach: Reach, missed: int) -> None:
    found = badge(tests, NOON)
    assert (found.reach, found.missed) == (reach, missed)


@settings(deadline=None)
@given(taps=st.lists(st.booleans(), max_size=8), days=st.integers(0, 6))
def test_only_a_tap_makes_a_carer_reachable(taps: list[bool], days: int) -> None:
    tests = [a_test(7 * week + days, tapped=tapped) for week, tapped in enumerate(taps)]
    found = badge(tests, NOON)
    if found.reach is Reach.REACHABLE:
        assert any(taps[:2])
        assert taps[0] or timedelta(days=days) <= TAP
    assert found == Badge(reach=found.reach, since=found.since, missed=found.missed)
