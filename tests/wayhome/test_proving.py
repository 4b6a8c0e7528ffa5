"""`wayhome alerts prove` over a real ledger, written by the real service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.finding import ResponseKind, Severity
from tests.alerts.builders import a_finding, at
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import receiving
from tests.alerts.turns import turning
from tests.journeys.commands import run
from wayhome.proving import prove

if TYPE_CHECKING:
    from tests.servers.databases import Database

ALL_DAYS = 3650


async def lived(database: Database) -> House:
    """Let an alert be opened, escalate and be answered."""
    with receiving() as phones:
        contacts = ({"webhook": phones.url("/one")}, {"webhook": phones.url("/two")})
        house = await furnish(database, contacts=contacts)
        async with turning(database.url_as("wayhome_alerts")) as turns:
            house.write(a_finding(Severity.URGENT, resident_id=house.resident_id))
            for minutes in (0, 3, 6, 11):
                await turns.until(minutes)
            house.answer(house.only_alert(), house.carers[1], ResponseKind.ACKNOWLEDGE, at(12))
            await turns.until(12.5)
            assert len(phones.requests) == 6
    return house


async def test_an_alert_that_was_told_and_answered_keeps_every_promise(
    plain_database: Database,
) -> None:
    await lived(plain_database)
    proof = await prove(plain_database.url_as("wayhome_operator"), ALL_DAYS)
    assert proof.violations == ()
    assert (proof.ok, proof.alerts, proof.findings, proof.deliveries) == (True, 1, 1, 12)
    assert [kept.broken for kept in proof.promises] == [0] * len(proof.promises)


@pytest.mark.parametrize(
    ("damage", "promise"),
    [
        (
            "delete from alert_finding; update finding set recorded_at = recorded_at - interval '1 hour'",
            "finding_has_alert",
        ),
        ("delete from delivery", "somebody_told"),
        ("delete from delivery where step > 1", "each_due_step_told"),
        ("delete from delivery_attempt", "sequence_monotone"),
        ("update delivery_attempt set started_at = started_at + '1 hour'", "first_told_in_time"),
        ("update response set at = at - interval '10 min'", "no_delivery_after_answer"),
        ("update delivery set created_at = created_at - interval '1 min'", "steps_in_order"),
        ("update delivery set state = 'failed' where channel = 'webhook'", "operators_know"),
    ],
)
async def test_each_damage_is_found(plain_database: Database, damage: str, promise: str) -> None:
    house = await lived(plain_database)
    house.execute(damage)
    proof = await prove(plain_database.url_as("wayhome_operator"), ALL_DAYS)
    assert not proof.ok
    assert promise in {one.promise for one in proof.violations}, proof.violations


async def test_the_operator_may_only_read(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url_as("wayhome_operator")) as connection:
        for table in ("alert", "delivery", "delivery_attempt", "alert_run", "self_test"):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                connection.transaction(),
            ):
                connection.execute(f"delete from {table}".encode())


async def test_the_command_says_it_in_words_and_in_json(plain_database: Database) -> None:
    await lived(plain_database)
    where = ("--database-url", plain_database.url, "--days", ALL_DAYS)
    status, out, err = await run("alerts", "prove", *map(str, where))
    assert (status, out) == (0, ""), err
    assert "1 alerts, 12 deliveries" in err
    with psycopg.connect(plain_database.url, autocommit=True) as connection:
        connection.execute("delete from delivery")
    status, out, err = await run("alerts", "prove", "--json", *map(str, where))
    assert status == 1
    assert '"promise":"somebody_told"' in out, err
