from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.rows import dict_row

from core.model.finding import Audience, Evidence, Finding, Phase, Severity
from core.model.ids import DeviceId, HomeId, ResidentId
from core.model.said import facts, say, say_each
from core.store import finding as table
from core.store.finding import DetectorError
from core.store.pool import Connection, connect

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
FINDING = Finding(
    home_id=HomeId("sample"),
    resident_id=ResidentId(1),
    detector="inactivity",
    severity=Severity.CHECK,
    onset=NOON,
    noticed_at=NOON + timedelta(hours=2),
    what="No movement since 12:00",
    ruled_out=("Not out",),
    evidence=(Evidence(at=NOON, text="Last movement", device_id=DeviceId(3)),),
)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with connect(database.url_as("wayhome_analytics"), autocommit=True) as connection:
        yield connection


async def test_a_finding_is_said_once_however_often_it_is_given(connection: Connection) -> None:
    home_wide = replace(FINDING, resident_id=None, audience=Audience.OPERATORS)
    for _ in range(3):
        await table.record_findings(connection, [FINDING, home_wide], shard=0, step=7)
    raised = replace(FINDING, phase=Phase.RAISED, severity=Severity.URGENT)
    assert await table.record_findings(connection, [FINDING, raised], shard=0, step=8) == 1
    cursor = await connection.execute(
        "select step, phase, ruled_out, evidence from finding order by finding_id"
    )
    found = await cursor.fetchall()
    assert [entry[:2] for entry in found] == [(7, "opened"), (7, "opened"), (8, "raised")]
    assert found[0][2] == ["Not out"]
    assert found[0][3] == [{"at": NOON.isoformat(), "text": "Last movement", "device_id": 3}]


async def test_only_new_findings_wake_the_alerts(
    database: Database, connection: Connection
) -> None:
    with psycopg.connect(database.url_as("wayhome_alerts"), autocommit=True) as alerts:
        alerts.execute("listen finding")
        await table.record_findings(connection, [FINDING], shard=0, step=1)
        assert len(list(alerts.notifies(timeout=5, stop_after=1))) == 1
        await table.record_findings(connection, [FINDING], shard=0, step=1)
        assert list(alerts.notifies(timeout=0.3)) == []


LATER = (
    "select finding_id from finding f where not exists (select 1 from finding e"
    " where e.home_id = f.home_id and e.resident_id is not distinct from f.resident_id"
    " and e.detector = f.detector and e.subject = f.subject and e.onset = f.onset"
    " and e.finding_id > f.finding_id) order by 1"
)


async def test_what_goes_on_is_what_nothing_was_said_of_later(connection: Connection) -> None:
    chance = random.Random(3)
    for step in range(120):
        one = replace(
            FINDING,
            resident_id=chance.choice([None, ResidentId(1), ResidentId(2)]),
            onset=NOON + timedelta(hours=chance.randint(0, 2)),
            phase=chance.choice(list(Phase)),
            severity=chance.choice(list(Severity)),
            subject=chance.choice(["", "a"]),
        )
        await table.record_findings(connection, [one], shard=0, step=step)
    cursor = await connection.execute("select finding_id from finding where goes_on order by 1")
    going = await cursor.fetchall()
    cursor = await connection.execute(LATER.encode())
    assert going == await cursor.fetchall()
    assert 10 < len(going) < 60


async def test_equal_errors_are_one_row_with_a_count(connection: Connection) -> None:
    error = DetectorError(
        home_id=HomeId("sample"), detector="exit", error="KeyError at exit.py:9", at=NOON, trace="a"
    )
    later = replace(error, at=NOON + timedelta(hours=1), trace="b")
    await table.record_errors(connection, [error, later, replace(error, detector="sos")])
    cursor = await connection.execute(
        "select detector, times, first_at, last_at, trace from detector_error order by detector"
    )
    assert await cursor.fetchall() == [
        ("exit", 2, NOON, NOON + timedelta(hours=1), "b"),
        ("sos", 1, NOON, NOON, "a"),
    ]


async def test_a_finding_keeps_what_its_texts_say(connection: Connection) -> None:
    room = say("kitchen")
    told = replace(
        FINDING,
        what=say("No movement since %(time)s (%(room)s)", time="12:00", room=room),
        unusual=say_each("once in %(n)s day", "once in %(n)s days", 7),
        ruled_out=("Text alone", say("Not out")),
        evidence=(Evidence(at=NOON, text=say("Last movement: %(room)s", room=room)),),
    )
    await table.record_findings(
        connection, [told, replace(FINDING, detector="exit")], shard=0, step=7
    )
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("select * from finding order by finding_id")
    row, alone = await cursor.fetchall()
    texts = table.texts_of(row)
    assert [facts(texts["what"]), facts(texts["unusual"])] == [
        facts(told.what),
        facts(told.unusual),
    ]
    assert [facts(one) for one in table.ruled_out_of(row)] == [None, {"say": "Not out"}]
    assert facts(table.told_evidence(row["evidence"][0]).text) == facts(told.evidence[0].text)
    assert alone["said"] is None
    longer = row | {"ruled_out": ["Not out", "One", "Two"], "unusual": "Never"}
    assert table.ruled_out_of(longer) == ("Not out", "One", "Two"), "a service of before changed it"
    assert facts(table.texts_of(longer)["unusual"]) is None
