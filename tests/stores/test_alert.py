from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.finding import AlertState, Outcome, Severity
from core.model.home import HomeMode
from core.model.ids import AlertId, CarerId
from core.model.observation import LogPosition
from core.store import alert as table
from core.store import incident as incident_table
from core.store import open_alert as open_table
from core.store.pool import Connection, connect
from core.store.response_log import responses_after
from tests.alerts.builders import NINE, a_finding, at
from tests.alerts.houses import House, furnish, insert_finding
from tests.servers.settling import settled

if TYPE_CHECKING:
    from tests.servers.databases import Database


@pytest.fixture
async def house(database: Database) -> House:
    return await furnish(
        database, contacts=({"ntfy": "http://127.0.0.1/a", "webhook": "http://127.0.0.1/b"}, {})
    )


@pytest.fixture
async def connection(database: Database, house: House) -> AsyncIterator[Connection]:  # noqa: ARG001
    async with connect(database.url_as("wayhome_alerts"), autocommit=True) as connection:
        yield connection


async def test_findings_come_in_order_with_the_mode_of_their_home(
    house: House, connection: Connection
) -> None:
    first = house.write(a_finding())
    second = house.write(a_finding(Severity.CHECK, detector="exit"))
    found = await table.findings_after(await settled(connection), LogPosition(), 10)
    assert [logged.finding_id for logged in found] == [first, second]
    assert [logged.mode for logged in found] == [HomeMode.LIVE, HomeMode.LIVE]
    assert found[1].finding == a_finding(Severity.CHECK, detector="exit")
    assert await table.findings_after(connection, found[-1].at, 10) == []
    assert await table.findings_after(connection, found[0].at, 10) == found[1:]


async def test_a_finding_that_commits_late_is_not_skipped(
    house: House, connection: Connection
) -> None:
    with psycopg.connect(house.url) as slow:
        late = insert_finding(slow, a_finding())
        early = house.write(a_finding(detector="exit"))
        assert await table.findings_after(connection, LogPosition(), 10) == []
        slow.commit()
    found = await table.findings_after(await settled(connection), LogPosition(), 10)
    assert [logged.finding_id for logged in found] == [late, early]


async def test_answers_are_read_like_findings(house: House, connection: Connection) -> None:
    opened = await table.open_alert(connection, a_finding(), NINE, silent=False)
    assert opened is not None
    with psycopg.connect(house.url) as slow:
        slow.execute(
            "insert into response (alert_id, carer_id, kind, at, outcome, comment)"
            " values (%s, %s, 'resolve', %s, 'helped', 'tea')",
            (opened.alert.alert_id, house.carers[0], NINE),
        )
        assert await responses_after(connection, LogPosition(), 10) == []
        slow.commit()
    (logged,) = await responses_after(await settled(connection), LogPosition(), 10)
    assert (logged.response.outcome, logged.response.comment) == (Outcome.HELPED, "tea")
    assert await responses_after(connection, logged.at, 10) == []


async def test_one_alert_for_an_episode(connection: Connection) -> None:
    opened = await table.open_alert(connection, a_finding(), NINE, silent=False)
    assert opened is not None
    assert await table.open_alert(connection, a_finding(), at(1), silent=False) is None
    home_wide = a_finding(resident_id=None)
    assert await table.open_alert(connection, home_wide, NINE, silent=True) is not None
    assert await table.open_alert(connection, home_wide, NINE, silent=True) is None
    found = await table.alert_of(connection, a_finding(Severity.CHECK))
    assert found == opened
    silent = await table.alert_of(connection, home_wide)
    assert silent is not None
    assert silent.silent


async def test_an_alert_says_what_its_finding_says(house: House, connection: Connection) -> None:
    number = house.write(a_finding())
    opened = await table.open_alert(connection, a_finding(), NINE, silent=False)
    assert opened is not None
    for _ in range(2):
        await incident_table.join_finding(connection, opened.alert.alert_id, number, adopt=True)
    assert house.alerts("unusual, ruled_out, evidence") == [
        ("once in 120 days", ["not out"], [{"at": None, "text": "all sensors alive"}])
    ]
    assert house.execute("select count(*) from alert_finding") == [(1,)]


async def test_a_saved_alert_comes_back(house: House, connection: Connection) -> None:
    opened = await table.open_alert(connection, a_finding(), NINE, silent=False)
    assert opened is not None
    changed = replace(
        opened.alert,
        severity=Severity.CHECK,
        state=AlertState.RESOLVED,
        acknowledged_by=house.carers[0],
        acknowledged_at=at(1),
        resolved_by=house.carers[1],
        resolved_at=at(2),
        outcome=Outcome.FALSE,
        cleared_at=at(3),
    )
    await table.save_alert(connection, changed, {"version": 1})
    found = await table.alert_with(connection, opened.alert.alert_id)
    assert found == table.StoredAlert(alert=changed, policy={"version": 1}, silent=False)
    assert await table.alert_with(connection, AlertId(999)) is None


async def test_only_alerts_whose_time_has_come_are_looked_at(
    connection: Connection,
) -> None:
    numbers = []
    for detector, next_at in (("a", at(1)), ("b", at(2)), ("c", None)):
        opened = await table.open_alert(
            connection, a_finding(detector=detector), NINE, silent=False
        )
        assert opened is not None
        numbers.append(opened.alert.alert_id)
        moment = None if next_at is None else next_at.timestamp()
        await table.save_policy(connection, opened.alert.alert_id, {"next_at": moment})

    async def seen(minutes: float, beyond: int | None = None) -> list[int]:
        found = await table.alerts_to_look_at(
            connection, at(minutes), 10, beyond=None if beyond is None else AlertId(beyond)
        )
        return [stored.alert.alert_id for stored in found]

    assert await seen(0.9) == []
    assert await seen(1) == numbers[:1]
    assert await seen(2) == numbers[:2]
    assert await seen(0, beyond=0) == numbers
    assert await seen(0, beyond=numbers[1]) == numbers[2:]
    await table.look_again(connection, numbers[2])
    assert await seen(0) == numbers[2:]


async def test_two_processes_never_look_at_one_alert_at_once(
    database: Database, connection: Connection
) -> None:
    opened = await table.open_alert(connection, a_finding(), NINE, silent=False)
    assert opened is not None
    await table.save_policy(connection, opened.alert.alert_id, {"next_at": 0})
    async with connection.transaction():
        assert await table.alerts_to_look_at(connection, NINE, 10)
        async with connect(database.url_as("wayhome_alerts")) as other:
            assert await table.alerts_to_look_at(other, NINE, 10) == []


async def test_one_process_holds_the_cursor(database: Database, connection: Connection) -> None:
    async with connection.transaction():
        assert await table.take_cursor(connection, "finding") == LogPosition()
        await table.move_cursor(connection, "finding", LogPosition(transaction=7, sequence=3))
    async with connection.transaction():
        assert await table.take_cursor(connection, "finding") is not None
        async with connect(database.url_as("wayhome_alerts")) as other:
            assert await table.take_cursor(other, "finding") is None
            position = await table.read_cursor(other, "finding")
    assert position == LogPosition(transaction=7, sequence=3)


async def test_the_team_is_who_cares_with_what_reaches_them(
    house: House, connection: Connection
) -> None:
    assert await table.carers_of(connection, house.home_id) == (
        table.TeamMember(carer_id=house.carers[0], order=1, channels=("ntfy", "webhook")),
        table.TeamMember(carer_id=house.carers[1], order=2, channels=()),
    )
    assert await table.operators_of(connection, house.home_id) == (
        table.TeamMember(carer_id=house.technician, order=1, channels=()),
    )


@pytest.mark.parametrize("change", ["disabled_at = now()", "role = 'clinician'"])
async def test_who_left_or_only_reads_is_not_told(
    house: House, connection: Connection, change: str
) -> None:
    house.execute(f"update carer set {change} where carer_id = %s", house.carers[0])
    found = await table.carers_of(connection, house.home_id)
    assert [member.carer_id for member in found] == [house.carers[1]]
    assert await table.homes_without_carers(connection) == 0
    house.execute(f"update carer set {change}")
    assert await table.homes_without_carers(connection) == 1
    house.execute("update home set mode = 'test', away = true")
    assert await table.homes_without_carers(connection) == 1, "a call is told of a home that rests"
    house.execute("update home set away = false")
    assert await table.homes_without_carers(connection) == 0


async def test_what_is_open_is_known_within_the_organisation(
    house: House, connection: Connection
) -> None:
    assert not await open_table.is_open(connection, house.home_id, "inactivity", "")
    opened = await table.open_alert(connection, a_finding(), NINE, silent=False)
    assert opened is not None
    assert await open_table.is_open(connection, house.home_id, "inactivity", "")
    assert await table.open_counts(connection) == {("open", "urgent"): 1}
    ended = replace(
        opened.alert,
        state=AlertState.RESOLVED,
        resolved_by=CarerId(house.carers[0]),
        resolved_at=NINE + timedelta(hours=1),
    )
    await table.save_alert(connection, ended, {})
    assert not await open_table.is_open(connection, house.home_id, "inactivity", "")
    assert await table.open_counts(connection) == {}


async def test_only_the_alerting_service_writes_alerts(database: Database) -> None:
    async with connect(database.url_as("wayhome_analytics"), autocommit=True) as stranger:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await table.open_alert(stranger, a_finding(), NINE, silent=False)
