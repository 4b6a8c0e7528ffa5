"""Who watches the watcher: what the auditor finds, whom it tells, and when it says that all is well."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from alerts import looking
from alerts.auditor import PART, SWITCH, Auditor
from alerts.dead_man import DeadMan
from core.model.errors import Misconfigured
from core.model.finding import Audience, Severity
from core.model.ids import AlertId
from core.model.playbook import AUDIT, playbook_for
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.store import alert as alert_table
from core.store.pool import open_pool, transaction
from tests.alerts.builders import NINE, a_finding, at
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.turns import Turns, turning
from tests.stores.asked import listening

if TYPE_CHECKING:
    from tests.servers.databases import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A house, the service by turns, and the auditor."""

    house: House
    turns: Turns
    auditor: Auditor
    health: Health
    outside: Receiver

    def faults(self) -> list[tuple[str, str]]:
        rows = self.house.execute(
            "select subject, what from alert where detector = %s order by alert_id", AUDIT
        )
        return [(str(subject), str(what)) for subject, what in rows]

    def pings(self) -> list[str]:
        return [request.path for request in self.outside.requests if "ping" in request.path]

    def beat(self, minutes: float) -> None:
        self.house.execute(
            "insert into gateway_heartbeat (gateway, at, broker_connected) values ('one', %s, true)"
            " on conflict (gateway) do update set at = excluded.at",
            at(minutes),
        )

    def page(self, minutes: float) -> None:
        self.house.execute(
            "insert into dashboard_heartbeat values ('dashboard', %s)"
            " on conflict (instance) do update set at = excluded.at",
            at(minutes),
        )

    def step(self, minutes: float) -> None:
        self.house.execute(
            "insert into engine_step (shard, step, txid, sequence, recorded_at)"
            " select 0, coalesce(max(step), 0) + 1, '0'::xid8, 0, %s from engine_step",
            at(minutes),
        )


@pytest.fixture
async def watched(plain_database: Database, receiver: Receiver) -> AsyncIterator[Watched]:
    house = await furnish(
        plain_database,
        contacts=({"webhook": receiver.url("/one")},),
        technician={"webhook": receiver.url("/technician")},
    )
    async with turning(plain_database.url_as("wayhome_alerts")) as turns:
        health = Health("alerts", turns.clock)
        async with switch(receiver.url("/ping")) as dead_man:
            auditor = Auditor(turns.alerting.pool, turns.clock, health, dead_man, lease_s=30)
            yield Watched(
                house=house, turns=turns, auditor=auditor, health=health, outside=receiver
            )


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@asynccontextmanager
async def switch(url: str) -> AsyncIterator[DeadMan]:
    made = DeadMan(url)
    try:
        yield made
    finally:
        await made.close()


async def test_heartbeat_it_pings_outside_while_all_is_well(watched: Watched) -> None:
    watched.house.write(a_finding(resident_id=watched.house.resident_id))
    await watched.turns.until(0)
    watched.beat(0)
    watched.step(0)
    assert await watched.auditor.look_once() == ()
    assert watched.pings() == ["/ping"]
    assert watched.faults() == []
    assert watched.health.report()["parts"][PART]["ok"]
    assert watched.health.report()["parts"][SWITCH]["ok"]


@pytest.mark.parametrize(
    ("service", "subject", "title"),
    [
        ("beat", "gateway/one", "A gateway has stopped, or stores nothing"),
        ("page", "dashboard/dashboard", "The pages are not served"),
        ("step", "analytics/0", "Detection has stopped"),
    ],
)
async def test_a_stopped_service_is_an_alert_with_its_playbook(
    watched: Watched, service: str, subject: str, title: str
) -> None:
    getattr(watched, service)(-4)
    found = await watched.auditor.look_once()
    assert found is not None
    assert [fault.subject for fault in found] == [subject]
    assert watched.pings() == ["/ping/fail"]
    await watched.turns.turn()
    ((state, severity, advice),) = watched.house.alerts("state, severity, advice")
    book = playbook_for(AUDIT, subject)
    assert book is not None
    assert (state, severity, advice, book.title) == ("open", "urgent", book.first, title)
    technician = [r for r in watched.outside.requests if r.path == "/technician"]
    assert [request.json["severity"] for request in technician] == ["urgent"]
    await watched.auditor.look_once()
    assert len(watched.faults()) == 1, "once until it is over"
    assert not watched.health.ok
    assert title in watched.health.report()["parts"][PART]["text"]


@pytest.mark.parametrize("rests", [True, False])
async def test_a_fault_is_told_whose_only_home_rests_and_no_second_time_when_one_begins_to(
    watched: Watched, *, rests: bool
) -> None:
    """A call is told in a home that rests: it needs all services, and its operators all faults."""
    rest = "update home set mode = 'test', away = true where home_id = %s"
    if rests:
        watched.house.execute(rest, watched.house.home_id)
    else:
        watched.house.execute(
            "insert into home (home_id, organisation_id, name, mode) values ('zz', 'leeds', 'z', 'live')"
        )
    watched.beat(-4)
    for _ in range(2):
        await watched.auditor.look_once()
        await watched.turns.turn()
        watched.house.execute(rest, watched.house.home_id)
    assert [subject for subject, _ in watched.faults()] == ["gateway/one"]
    assert [r.path for r in watched.outside.requests if "tech" in r.path] == ["/technician"]


async def test_operators_are_told_before_the_disk_is_full(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is, no alert can be written any more: the disk was filled, and nobody was told."""
    room = {"free": 60 << 30}
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 << 30, 0, room["free"]))
    watched.auditor._disk_folder = "/"
    watched.beat(0)
    assert await watched.auditor.look_once() == ()
    for free in (
        4 << 30,
        (5 << 30) + 1,
    ):  # a checkpoint that frees a little is no end and no beginning
        room["free"] = free
        await watched.auditor.look_once()
        await watched.turns.turn()
    ((state, subject, advice),) = watched.house.alerts("state, subject, advice")
    assert (state, subject) == ("open", "disk")
    assert advice.startswith("Make room")
    assert len([one for one in watched.outside.requests if one.path == "/technician"]) == 1
    room["free"] = 60 << 30
    assert await watched.auditor.look_once() == ()


async def test_operators_are_told_before_the_certificate_of_the_broker_ends(
    watched: Watched,
) -> None:
    """Nobody had run what renews it for a year: then all homes were silent at once."""

    def sees(days: float | None, gateway: str = "one", minutes: float = 0) -> None:
        ends = "" if days is None else (at(minutes) + timedelta(days=days)).isoformat()
        watched.house.execute(
            "insert into gateway_heartbeat (gateway, at, broker_connected, counters)"
            " values (%s, %s, true, jsonb_build_object('certificate_ends', %s::text))"
            " on conflict (gateway) do update set at = excluded.at, counters = excluded.counters",
            gateway,
            at(minutes),
            ends,
        )

    sees(None)
    assert await watched.auditor.look_once() == ()
    sees(1, "another that is gone", minutes=-2 * 24 * 60)
    sees(14.1)
    assert await watched.auditor.look_once() == ()
    sees(13.9)
    await watched.auditor.look_once()
    await watched.turns.turn()
    ((state, subject, severity, advice),) = watched.house.alerts("state, subject, severity, advice")
    assert (state, subject, severity) == ("open", "certificate", "check")
    assert advice.startswith("Renew it: run the container “init”")
    assert len([one for one in watched.outside.requests if one.path == "/technician"]) == 1
    sees(-0.1)
    (fault,) = await watched.auditor.look_once() or ()
    assert fault.severity is Severity.URGENT
    assert "ended on" in fault.what
    sees(364)
    assert await watched.auditor.look_once() == ()


async def test_what_is_over_is_cleared_and_what_comes_back_begins_anew(watched: Watched) -> None:
    watched.beat(-4)
    await watched.auditor.look_once()
    watched.beat(0)
    assert await watched.auditor.look_once() == ()
    assert watched.house.alerts("cleared_at is not null") == [(True,)]
    assert watched.pings() == ["/ping/fail", "/ping"]
    watched.beat(-5)
    await watched.auditor.look_once()
    assert watched.house.alerts("cleared_at is not null, state") == [(False, "open")]


async def test_a_look_at_what_is_open_asks_nothing_twice(watched: Watched) -> None:
    """Each minute it is asked of every open alert: a thousand of them are thousands of statements."""
    watched.house.write(a_finding(resident_id=watched.house.resident_id))
    await watched.turns.until(0)
    await watched.turns.until(40)
    now = at(40.1)
    async with transaction(watched.turns.alerting.pool) as connection:
        found = await alert_table.alerts_to_look_at(connection, now, 50, beyond=AlertId(0))
        with listening(connection) as asked:
            await looking.look_at(connection, found, now, everybody=True)
    assert len(found) == 1
    assert len({str(statement) for statement in asked}) == len(asked) <= 4


async def test_a_look_at_many_alerts_asks_no_more_than_a_look_at_a_few(watched: Watched) -> None:
    """Whoever is on it, whichever home, carers and operators: asked for all of them at once."""
    house, turns = watched.house, watched.turns
    ways = ({"webhook": watched.outside.url("/told")},)
    homes = [await furnish(house.url, f"home{n}", contacts=ways) for n in range(9)]
    counts = []
    for some in (homes[:2], homes[2:]):
        for one in some:
            finding = a_finding(Severity.CHECK, home_id=one.home_id, resident_id=one.resident_id)
            one.write(finding)
            one.write(replace(finding, detector="liveness", audience=Audience.OPERATORS))
        await turns.until(0)
        on_it = (
            "update alert set state = 'acknowledged', acknowledged_by = %s where alert_id %% 3 = 0"
        )
        house.execute(on_it, house.carers[0])
        await turns.alerting.audit_once()  # what has changed is written down
        async with transaction(turns.alerting.pool) as connection:
            found = await alert_table.alerts_to_look_at(connection, at(0.1), 99, beyond=AlertId(0))
            with listening(connection) as asked:
                await looking.look_at(connection, found, at(0.1), everybody=True)
        counts.append((len(found), len(asked)))
    (few, by_few), (many, by_many) = counts
    assert (few, many) == (4, 18)
    assert max(by_few, by_many) <= 8


async def test_a_run_of_another_version_is_told_once_and_ends_no_audit(watched: Watched) -> None:
    for subject in ("bedroom", "kitchen"):
        watched.house.write(a_finding(resident_id=watched.house.resident_id, subject=subject))
    await watched.turns.until(0)
    watched.house.execute("update alert_run set policy = policy || '{\"version\": 99}'")
    watched.beat(-4)
    found = await watched.auditor.look_once()
    assert found is not None
    assert [one.subject for one in found] == ["gateway/one", "promise/finding/runs_readable"]
    assert "version 99" in found[1].what
    assert watched.pings() == ["/ping/fail"]
    await watched.auditor.look_once()
    assert len(watched.faults()) == 2, "once each, however many alerts it is of"


async def test_a_finding_that_is_not_taken_in_is_found(watched: Watched) -> None:
    watched.house.write(a_finding(resident_id=watched.house.resident_id))
    watched.house.execute("update finding set recorded_at = now() - interval '2 min'")
    await watched.auditor.look_once()
    assert [subject for subject, _ in watched.faults()] == ["findings"]


async def test_messages_that_do_not_leave_are_found(watched: Watched) -> None:
    watched.house.write(a_finding(resident_id=watched.house.resident_id))
    await watched.turns.until(0)
    watched.house.execute(
        "update delivery set state = 'pending', attempts = 0, sent_at = null"
        " where channel = 'webhook'"
    )
    watched.house.execute(
        "delete from delivery_attempt where delivery_id in"
        " (select delivery_id from delivery where channel = 'webhook')"
    )
    watched.turns.clock.advance(120)
    await watched.auditor.look_once()
    found = {subject.partition("/")[0] for subject, _ in watched.faults()}
    assert found == {"deliveries", "promise"}


async def test_a_home_that_is_blind_without_an_alert_is_found(watched: Watched) -> None:
    house = watched.house
    house.execute(
        "with d as (insert into device (home_id, family, external_id, name, placement)"
        " values (%s, 'zigbee2mqtt', 'a', 'A', 'room') returning device_id)"
        " insert into presence (device_id, home_id, last_seen) select device_id, %s, %s from d",
        house.home_id,
        house.home_id,
        NINE - timedelta(hours=26),
    )
    await watched.auditor.look_once()
    assert [subject for subject, _ in watched.faults()] == [f"blind/{house.home_id}"]
    house.execute("delete from alert")
    told = a_finding(Severity.CHECK, resident_id=None, detector="liveness", subject="home")
    house.write(told)
    await watched.turns.turn()
    assert await watched.auditor.look_once() == ()


async def test_a_broken_promise_is_told_once_and_never_again(watched: Watched) -> None:
    watched.house.write(a_finding(resident_id=watched.house.resident_id))
    await watched.turns.until(0)
    watched.house.execute("delete from delivery")
    watched.turns.clock.advance(100)
    await watched.auditor.look_once()
    found = {subject.rpartition("/")[2]: what for subject, what in watched.faults()}
    assert found.keys() == {"somebody_told", "operators_know"}
    assert "expected a delivery" in found["somebody_told"]
    watched.house.execute(
        "update alert set state = 'resolved', resolved_at = %s where detector = %s", at(1), AUDIT
    )
    await watched.auditor.look_once()
    assert len(watched.faults()) == 2
    assert set(watched.pings()) == {"/ping/fail"}


async def test_it_says_nothing_when_it_could_not_look(receiver: Receiver) -> None:
    clock = ManualClock(NINE)
    health = Health("alerts", clock)
    async with (
        open_pool("postgresql://wayhome@127.0.0.1:1/none") as pool,
        switch(receiver.url("/ping")) as dead_man,
    ):
        auditor = Auditor(pool, clock, health, dead_man, lease_s=30)
        assert await auditor.look_once() is None
    assert receiver.requests == []
    assert "could not look" in health.report()["parts"][PART]["text"]


async def test_an_outside_that_does_not_answer_is_red_and_nothing_else(watched: Watched) -> None:
    watched.outside.answer(Answer(status=500), "/ping")
    assert await watched.auditor.look_once() == ()
    parts = watched.health.report()["parts"]
    assert (parts[PART]["ok"], parts[SWITCH]["ok"]) == (True, False)
    assert "500" in parts[SWITCH]["text"]


async def test_two_processes_take_turns(watched: Watched, plain_database: Database) -> None:
    url = plain_database.url_as("wayhome_alerts")
    async with open_pool(url) as pool, pool.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(%s)", (0x57415544,))
        assert await watched.auditor.look_once() is None
    assert watched.pings() == []


@pytest.mark.parametrize(
    "url",
    ["http://hc-ping.com/x", "ftp://a/b", "https://", "hc-ping.com", "http://localhost.evil/"],
)
async def test_only_https_leaves_the_house(url: str) -> None:
    with pytest.raises(Misconfigured, match="DEAD_MAN_URL"):
        DeadMan(url)


async def test_without_an_address_nothing_is_sent() -> None:
    async with switch("") as dead_man:
        await dead_man.ping(well=True)
