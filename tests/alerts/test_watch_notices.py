"""When a home stops being watched each of its circle is told, once, whatever falls over meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from alerts.watch_notices import AGAIN
from core.model import watching
from core.model.home import HomeMode
from core.runtime.clock import ManualClock
from tests.alerts.circles import NOON, THREE, WRITE, Circle, an_organisation, looking
from tests.alerts.conftest import Running
from tests.alerts.houses import furnish
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.waiting import eventually

if TYPE_CHECKING:
    from core.model.watching import HomeNow, Watching, WatchState
    from tests.servers.databases import Database


@pytest.fixture
async def circle(plain_database: Database, receiver: Receiver) -> AsyncIterator[Circle]:
    house, administrator = await an_organisation(plain_database, receiver)
    clock = ManualClock(NOON)
    async with looking(house, plain_database, receiver, clock, administrator) as circle:
        assert await circle.news() == {}
        yield circle


TOLD = {"/one": ["watch_ended"], "/two": ["watch_ended"]}
BACK = {"/one": ["watch_again"], "/two": ["watch_again"]}


async def test_each_of_the_circle_is_told_once_with_a_restart_between(
    circle: Circle, plain_database: Database
) -> None:
    circle.write("withdrawn")
    await circle.watches.look_once()  # and the process dies before anything is sent
    async with looking(
        circle.house, plain_database, circle.phones, circle.clock, circle.administrator
    ) as restarted:
        assert await restarted.news() == TOLD | {"/tech": ["alert"]}
        await restarted.turns(timedelta(hours=30))
        assert await restarted.news() == {}
        restarted.write("given")
        assert await restarted.news() == BACK
        await restarted.turns(timedelta(hours=30))
        assert await restarted.news() == {}
    assert await circle.broken() == set()
    people = [carer for (carer,) in circle.notices("carer_id")]
    assert people == [*circle.house.carers, *circle.house.carers]
    assert [kind for kind, _ in circle.notices()] == ["watch_ended"] * 3 + ["watch_again"] * 3


async def test_a_look_that_dies_before_its_commit_has_promised_nothing(circle: Circle) -> None:
    circle.write("withdrawn")
    with psycopg.connect(circle.house.url) as connection:
        connection.execute("alter table watch_notice add check (kind <> 'watch_ended') not valid")
    with pytest.raises(psycopg.errors.CheckViolation):
        await circle.watches.look_once()
    assert circle.house.execute("select state from watch_change") == [("watched",)] * 2
    with psycopg.connect(circle.house.url) as connection:
        connection.execute("alter table watch_notice drop constraint watch_notice_kind_check1")
    assert await circle.news() == TOLD | {"/tech": ["alert"]}


async def test_the_words_name_nobody_and_no_place(circle: Circle) -> None:
    circle.house.execute("insert into telling_choice select carer_id, 'sentence', now() from carer")
    circle.write("withdrawn")
    await circle.turn()
    (message,) = [one for one in circle.phones.requests if one.path == "/one"]
    assert "does not watch over a home that you care for any more" in message.json["text"]
    assert message.json["link"] == "https://pages.example/watching"
    for word in ("Ada", "Mill Lane", "7f3k", "Person", "Leeds"):
        assert word not in str(message.body)


async def test_places_alone_have_words_of_their_own(circle: Circle) -> None:
    circle.write("withdrawn", "location")
    found = await circle.news()
    assert (found["/one"], found["/two"]) == (["watch_places"], ["watch_places"])
    circle.write("withdrawn")
    assert await circle.news() == TOLD
    circle.write("given")
    assert await circle.news() == {"/one": ["watch_places"], "/two": ["watch_places"]}
    circle.write("given", "location")
    assert await circle.news() == BACK


async def test_a_date_that_passes_is_foretold_and_the_night_is_left_to_who_knows(
    circle: Circle,
) -> None:
    midnight = datetime(2026, 5, 24, 23, tzinfo=UTC)  # in Leeds
    circle.write("given", until=midnight)
    assert await circle.at(midnight - timedelta(days=14, seconds=1)) == {}
    assert await circle.at(midnight - timedelta(days=14)) == {}  # nobody is reminded at midnight
    assert await circle.at(midnight - timedelta(days=13, hours=16, seconds=1)) == {}
    assert await circle.at(midnight - timedelta(days=13, hours=16)) == {"/boss": ["watch_renew"]}
    assert await circle.at(midnight - timedelta(hours=16, seconds=1)) == {}
    ends = {"/one": ["watch_ends"], "/two": ["watch_ends"]}
    assert await circle.at(midnight - timedelta(hours=16)) == ends  # before the last night
    assert await circle.at(midnight - timedelta(seconds=1)) == {}
    assert await circle.at(midnight) == {}
    last = "select state, why from watch_change where number > 1"
    assert circle.house.execute(last) == [("unwatched", "lapsed")]
    assert await circle.at(midnight + timedelta(hours=7, minutes=59)) == {}
    assert await circle.at(midnight + timedelta(hours=8)) == TOLD | {"/tech": ["alert"]}


async def test_a_basis_that_ends_while_watching_rests_is_foretold_too(circle: Circle) -> None:
    circle.write("given", until=NOON + timedelta(days=12))
    circle.house.execute(
        "insert into home_step (home_id, carer_id, at, stage, reason, until, away)"
        " values (%s, %s, %s, 'paused', 'holiday', %s, 'holiday')",
        circle.house.home_id, circle.house.carers[0], NOON, NOON + timedelta(days=14),
    )  # fmt: skip
    circle.house.execute(
        "update home set mode = 'test', away = true where home_id = %s", circle.house.home_id
    )
    assert (await circle.news())["/boss"] == ["watch_renew"]
    told = await circle.at(NOON + timedelta(days=11, minutes=1))
    assert told == {"/one": ["watch_ends"], "/two": ["watch_ends"]}


async def test_who_was_not_foretold_of_a_date_is_told_when_it_passes(circle: Circle) -> None:
    circle.clock.advance((THREE - NOON).total_seconds())
    circle.write("given", until=THREE + timedelta(hours=1))
    assert await circle.news() == {}
    assert await circle.at(THREE + timedelta(hours=1)) == TOLD | {"/tech": ["alert"]}


async def test_a_renewal_before_the_end_leaves_nothing_to_tell(circle: Circle) -> None:
    circle.write("given", until=NOON + timedelta(days=5))
    assert await circle.news() == {"/boss": ["watch_renew"]}
    circle.write("given")
    await circle.turns(timedelta(days=6), timedelta(hours=12))
    assert await circle.news() == {}


async def test_at_night_it_is_told_at_once(circle: Circle) -> None:
    circle.clock.advance((THREE - NOON).total_seconds())
    circle.house.execute(
        "insert into quiet_hours values (%s, 'Europe/London',"
        ' \'[{"days": [0,1,2,3,4,5,6], "start": 1200, "end": 480}]\', now())',
        circle.house.carers[0],
    )
    circle.write("withdrawn")
    assert await circle.news() == TOLD | {"/tech": ["alert"]}
    circle.write("given")
    assert await circle.news() == {}
    assert await circle.at(THREE + timedelta(hours=4, minutes=59)) == {}
    assert await circle.at(THREE + timedelta(hours=5)) == BACK


async def test_who_leaves_the_circle_or_need_not_know_any_more_is_told_nothing(
    circle: Circle,
) -> None:
    circle.write("withdrawn")
    await circle.news()
    circle.clock.advance((THREE - NOON).total_seconds())
    circle.write("given")
    assert await circle.news() == {}
    circle.house.execute("delete from care where carer_id = %s", circle.house.carers[0])
    assert await circle.at(THREE + timedelta(hours=5)) == {"/two": ["watch_again"]}
    circle.clock.advance(timedelta(hours=19).total_seconds())
    circle.write("withdrawn", "location")
    circle.house.execute(
        "insert into quiet_hours values (%s, 'Europe/London',"
        ' \'[{"days": [0,1,2,3,4,5,6], "start": 1200, "end": 480}]\', now())',
        circle.house.carers[1],
    )
    assert "/two" not in await circle.news()
    circle.write("given", "location")
    assert await circle.at(THREE + timedelta(hours=36)) == {}
    assert await circle.broken() == set()


async def test_a_pause_is_told_and_a_short_visit_is_not(circle: Circle) -> None:
    def step(stage: str, mode: str) -> None:
        circle.house.execute(
            "insert into home_step (home_id, carer_id, at, stage, reason)"
            " values ('7f3k', %s, %s, %s, 'r')",
            circle.administrator, circle.clock.now(), stage,
        )  # fmt: skip
        circle.house.execute("update home set mode = %s where home_id = '7f3k'", mode)

    step("commissioning", "test")
    assert await circle.at(NOON + timedelta(hours=1)) == {}
    step("live", "live")
    assert await circle.news() == {}
    step("paused", "test")
    assert await circle.news() == TOLD | {"/tech": ["alert"]}
    step("live", "live")
    assert await circle.news() == BACK


async def test_what_changes_back_before_it_left_is_not_said(circle: Circle) -> None:
    circle.phones.answer(Answer(status=503), "/one")
    circle.write("withdrawn")
    await circle.turn()
    circle.write("given")
    circle.phones.answer(Answer(), "/one")
    circle.phones.requests.clear()
    await circle.turns(timedelta(minutes=10), timedelta(minutes=1))
    assert await circle.news() == BACK
    states = circle.house.execute(
        "select state from delivery where kind = 'watch_ended' and channel = 'webhook'"
        " order by delivery_id"
    )
    assert states == [("cancelled",), ("sent",)]


async def test_who_cannot_be_told_is_tried_again_and_the_operators_know(circle: Circle) -> None:
    circle.phones.answer(Answer(status=410), "/two")
    circle.write("withdrawn")
    await circle.turn()
    await circle.turn()
    subjects = {subject for (subject,) in circle.house.alerts("subject")}
    assert {f"watch/{carer}" for carer in circle.house.carers[1:]} <= subjects
    circle.phones.answer(Answer(), "/two")
    circle.phones.requests.clear()
    await circle.turns(AGAIN + timedelta(hours=1))
    assert [one.path for one in circle.phones.requests if one.json["kind"] == "watch_ended"] == [
        "/two"
    ]
    await circle.turns(timedelta(hours=12))
    assert await circle.news() == {"/two": ["watch_ended"]}


async def test_who_joins_a_circle_that_is_not_watched_hears_of_it(circle: Circle) -> None:
    circle.write("withdrawn")
    await circle.news()
    circle.house.execute(
        "insert into care (home_id, carer_id) select '7f3k', carer_id from care where home_id = 'b2b2'"
    )
    assert await circle.news() == {"/other": ["watch_ended"]}


async def test_the_running_service_tells_within_seconds(
    database: Database, receiver: Receiver, running: Running
) -> None:
    house, administrator = await an_organisation(database, receiver)
    async with running():
        await eventually(lambda: len(house.execute("select 1 from watch_change")) == 2)
        with psycopg.connect(house.url) as connection:
            connection.execute(
                WRITE,
                {
                    "kind": "withdrawn", "purpose": "care_monitoring", "article6": "", "article9": "",
                    "from": datetime.now(UTC), "until": None, "carer": administrator,
                },
            )  # fmt: skip
            connection.execute("select pg_notify('registry', '7f3k')")
        await eventually(lambda: {"/one", "/two"} <= {one.path for one in receiver.requests})
    told = [one.path for one in receiver.requests if one.json["kind"] == "watch_ended"]
    assert sorted(told) == ["/one", "/two"]


async def test_what_was_not_written_down_sent_or_said_is_found(circle: Circle) -> None:
    circle.write("withdrawn")
    assert await circle.broken() == set()  # a minute it may take
    circle.clock.advance(61)
    assert await circle.broken() == {"watch_noticed"}
    await circle.watches.look_once()
    assert await circle.broken() == set()
    circle.clock.advance(61)
    assert await circle.broken() == {"watch_told"}  # nothing leaves the outbox
    await circle.turn()
    assert await circle.broken() == set()
    circle.house.execute("update delivery set state = 'failed' where channel = 'webhook'")
    circle.house.execute("update alert set resolved_at = opened_at - interval '1 hour'")
    assert await circle.broken() == {"watch_operators_know"}
    circle.house.execute("update alert set resolved_at = null")
    circle.house.execute(
        "with d as (insert into delivery (kind, carer_id, channel, step, state, next_try_at) select"
        " kind, carer_id, channel, 1, state, next_try_at from delivery where kind = 'watch_ended'"
        " returning delivery_id, carer_id) insert into watch_message select delivery_id, notice_id"
        " from d join watch_notice using (carer_id)"
    )
    circle.house.execute("update delivery set state = 'sent'")
    assert await circle.broken() == {"watch_told_once"}
    circle.house.execute("update watch_notice set asked_at = due_at + interval '2 minutes'")
    assert await circle.broken() == {"watch_told", "watch_told_once"}
    circle.house.execute("update watch_notice set asked_at = null")
    assert "watch_told" in await circle.broken()


async def test_a_home_that_breaks_us_keeps_no_other_from_being_told(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = watching.changed

    def broken(
        last: WatchState | None, home: HomeNow, at: datetime, *, said: int | None
    ) -> Watching | None:
        if home.mode is HomeMode.TEST:
            raise OverflowError
        return whole(last, home, at, said=said)

    monkeypatch.setattr("alerts.watch_notices.changed", broken)
    other = await furnish(circle.house.url, "0dd", mode=HomeMode.TEST, contacts=())
    other.execute("insert into watch_change values ('0dd', 1, 'watched', '', now())")
    circle.write("withdrawn")
    assert await circle.news() == TOLD | {"/tech": ["alert"]}
    part = circle.health.report()["parts"]["word of watching"]
    assert part["text"] == "1 homes break us: nobody is told how they stand; see the log"
