"""The weekly test goes through the outbox of alerts, at a waking hour, and a confirmation is what counts."""

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
from alerts.outbox import Desk, Outbox
from alerts.promises import Terms, violations
from alerts.self_test import FIRST, WAKING, WEEK, SelfTests, is_due
from core.model.ids import CarerId, HomeId
from core.model.quiet import QuietHours
from core.model.reach import TAP, WEEKS, Badge, Reach, WeeklyTest, badge
from core.model.week import WeeklySpan
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.store import self_test as self_test_table
from core.store.ledger import read_ledger
from core.store.pool import connect, open_pool
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
    outboxes: list[Outbox]
    clock: ManualClock
    phones: Receiver

    async def after(self, span: timedelta, every: timedelta = timedelta(hours=6)) -> None:
        """Let so much time pass, looking now and then."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            self.clock.advance(every.total_seconds())
            await self.turn()

    async def turn(self) -> None:
        """Ask whoever is due, and send what is due."""
        await self.tests.look_once()
        for outbox in self.outboxes:
            await outbox.drain()

    async def until_asked(self) -> None:
        """Let hours pass until the first test has messages."""
        for _ in range(48):
            await self.after(timedelta(hours=1), timedelta(hours=1))
            if self.house.execute("select 1 from self_test_message"):
                return

    async def found(self, carer: CarerId) -> tuple[WeeklyTest, ...]:
        async with connect(self.house.url) as connection:
            return await self_test_table.tests_of(connection, carer)

    def tap(self, carer: CarerId) -> None:
        self.house.execute(
            "insert into self_test_answer select max(self_test_id), %s from self_test"
            " where carer_id = %s",
            self.clock.now(),
            carer,
        )

    def deliveries(self) -> list[tuple[object, ...]]:
        return self.house.execute(
            "select kind, channel, state from delivery join self_test_message using (delivery_id)"
            " order by channel"
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
        channels = [
            make(ChannelSettings(timeout_s=2, local_network=True)) for make in discover().values()
        ]
        yield Weeks(
            house=house,
            tests=SelfTests(desk, channels),
            outboxes=[Outbox(desk, channel) for channel in channels],
            clock=clock,
            phones=receiver,
        )
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


async def test_who_is_told_of_a_home_that_rests_is_tested_as_ever(weeks: Weeks) -> None:
    """A call is told meanwhile, and silence an hour after the end: the way to them must work."""
    await weeks.after(timedelta(days=2))
    weeks.phones.requests.clear()
    weeks.house.execute("update home set mode = 'test', away = true")
    await weeks.after(timedelta(days=14))
    assert sorted(r.path for r in weeks.phones.requests) == ["/one"] * 2 + ["/push"] * 2
    await weeks.after(timedelta(days=14))
    assert ("reachability", f"weekly/{weeks.house.carers[0]}") in weeks.house.execute(
        "select detector, subject from alert"
    ), "what is missed is told all the same"


async def test_the_test_says_that_it_is_one_and_names_nobody(weeks: Weeks) -> None:
    await weeks.after(timedelta(days=2))
    (message,) = [r for r in weeks.phones.requests if r.path == "/one"]
    assert "test" in message.json["text"]
    assert message.json["kind"] == "test"
    assert "confirm" in message.json["text"]
    ((number,),) = weeks.house.execute("select delivery_id from delivery where channel = 'webhook'")
    assert message.json["link"] == f"https://pages.example/reach/arrived/{number}"
    assert message.key == f"wayhome-delivery-{number}"
    assert not [word for word in ("Ada", "Mill Lane", "Person") if word in str(message.body)]


async def test_a_refused_address_is_unreachable_and_a_busy_one_is_tried_again(
    weeks: Weeks,
) -> None:
    weeks.phones.answer(Answer(status=410), "/one")
    weeks.phones.answer(Answer(status=503), "/push")
    await weeks.until_asked()
    carer = weeks.house.carers[0]
    assert weeks.deliveries() == [("test", "ntfy", "pending"), ("test", "webhook", "failed")]
    newest, *_ = await weeks.found(carer)
    assert (newest.sent, newest.waiting, newest.failed) == (0, 1, 1)
    weeks.phones.answer(Answer(), "/push")
    await weeks.after(timedelta(minutes=4), timedelta(minutes=2))
    assert weeks.deliveries() == [("test", "ntfy", "sent"), ("test", "webhook", "failed")]
    newest, *_ = await weeks.found(carer)
    assert (newest.sent, newest.waiting, newest.failed) == (1, 0, 1)


async def test_an_address_that_a_carer_added_is_tested_too(weeks: Weeks) -> None:
    other = weeks.house.carers[1]
    for path, carer in (("/second", weeks.house.carers[0]), ("/only", other)):
        weeks.house.execute(
            "insert into own_contact (carer_id, channel, address, created_at)"
            " values (%s, 'webhook', %s, now())",
            carer,
            weeks.phones.url(path),
        )
    await weeks.after(timedelta(days=2))
    paths = sorted(request.path for request in weeks.phones.requests)
    assert paths == ["/one", "/only", "/push", "/second"]
    assert (await weeks.found(other))[0].sent == 1


async def test_an_address_that_was_removed_or_is_gone_is_not_tested(weeks: Weeks) -> None:
    carer = weeks.house.carers[1]
    for path, removed in (("/removed", NOON), ("/gone", None)):
        weeks.house.execute(
            "insert into own_contact (carer_id, channel, address, created_at, removed_at)"
            " values (%s, 'webhook', %s, now(), %s)",
            carer,
            weeks.phones.url(path),
            removed,
        )
    weeks.house.execute(
        "insert into lost_contact select contact_id, now(), 'r' from own_contact"
        " where removed_at is null"
    )
    await weeks.after(timedelta(days=10))
    assert {request.path for request in weeks.phones.requests} == {"/one", "/push"}
    assert {(one.sent, one.waiting, one.failed) for one in await weeks.found(carer)} == {(0, 0, 0)}


@pytest.mark.parametrize("way", ["tap", "link", "phone", "delivered", "another's test"])
async def test_a_tap_the_page_of_the_message_or_a_key_on_the_phone_confirms(
    weeks: Weeks, way: str
) -> None:
    await weeks.until_asked()
    carer = weeks.house.carers[0]
    if way == "tap":
        weeks.tap(carer)
    elif way == "link":
        weeks.house.execute(
            "insert into delivery_seen select delivery_id, carer_id, %s from delivery"
            " where channel = 'ntfy'",
            weeks.clock.now(),
        )
    elif way in {"phone", "delivered"}:
        column = "answered_at" if way == "phone" else "delivered_at"
        weeks.house.execute(
            f"update delivery set {column} = %s where channel = 'ntfy'", weeks.clock.now()
        )
    else:  # one that the carer asked for says nothing of the others
        weeks.house.execute(
            "with d as (insert into delivery (kind, carer_id, channel, step, next_try_at) values"
            " ('test', %s, 'sms', 0, now()) returning delivery_id, carer_id)"
            " insert into delivery_seen select delivery_id, carer_id, now() from d",
            carer,
        )
    newest, *_ = await weeks.found(carer)
    by_a_human = way in {"tap", "link", "phone"}
    assert newest.confirmed_at == (weeks.clock.now() if by_a_human else None)
    reach = Reach.REACHABLE if by_a_human else Reach.UNTESTED
    assert badge([newest], weeks.clock.now()).reach is reach


async def test_what_proves_the_promises_leaves_weekly_tests_out(weeks: Weeks) -> None:
    weeks.phones.answer(Answer(status=410), "/one")
    await weeks.after(timedelta(days=9))
    assert len(weeks.deliveries()) == 4
    async with connect(weeks.house.url) as connection:
        now = weeks.clock.now()
        ledger = await read_ledger(connection, datetime(2000, 1, 1, tzinfo=UTC), now)
    assert violations(ledger, Terms(now=now)) == ()
    assert [delivery for one in ledger.alerts for delivery in one.deliveries] == []


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


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Australia/Sydney", 22 * 60, 7 * 60),  # her mother lives in London
        ("Europe/London", 8 * 60, 18 * 60),  # he works at night
    ],
)
@pytest.mark.parametrize("carer", [3, 9])
def test_it_wakes_nobody_in_their_quiet_hours_and_comes_all_the_same(
    zone: str, start: int, end: int, carer: int
) -> None:
    window = WeeklySpan(days=tuple(range(7)), start=start, end=end)
    hours = QuietHours(zone=ZoneInfo(zone), windows=(window,))
    candidate = Candidate(
        carer_id=CarerId(carer),
        home_id=HomeId("a"),
        zone=ZoneInfo("Europe/London"),
        channels=("voice",),
        asked_at=NOON,
        had_messages=True,
    )
    moments = [NOON + WEEK + timedelta(hours=more) for more in range(48)]
    asked = [moment for moment in moments if is_due(candidate, moment, hours)]
    assert asked, "within two days"
    assert all(hours.until(moment) is None for moment in asked)
    assert all(8 <= moment.astimezone(hours.zone).hour < 21 for moment in asked)


def a_look(days: float) -> WeeklyTest:
    """Return the first look at a person: nothing is asked."""
    return WeeklyTest(
        asked_at=NOON - timedelta(days=days), confirmed_at=None, sent=0, waiting=0, failed=0
    )


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
        ([a_look(0.1)], Reach.UNTESTED, 0),
        ([a_look(3)], Reach.UNREACHABLE, 1),
        ([a_test(0.1, tapped=False), a_look(1)], Reach.UNTESTED, 0),
        ([a_test(3, tapped=False), a_look(4)], Reach.UNCONFIRMED, 1),
        ([a_look(3), a_look(10)], Reach.UNREACHABLE, 1),
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
