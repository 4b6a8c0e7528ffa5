"""The wall of the ledger: what a program may see follows from the bases that stand for its recipient."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.basis import Purpose, recipient_key, standing
from core.store import basis as store
from core.store.holdings import HOLDINGS
from core.store.pool import connect
from tests.stores.seed import SEED
from tests.stores.test_basis import GIVE, WITHDRAW
from tests.stores.test_walls import READABLE, as_visitor

if TYPE_CHECKING:
    from tests.servers.databases import Database

START = datetime(2026, 1, 1, tzinfo=UTC)
WHO = {"organisation": "a", "carer": "1", "scope": "organisation", "recipient": "n"}
OPEN = {"carer", "care", "rota", "rota_shift", "rota_cover", "fhir_export", "escalation_policy"}
"""What is of those who care, not of a resident: the accounts, who cares where a basis stands, their rotas."""
ITS_OWN = {
    "login_session", "passkey", "authenticator", "recovery_code", "contact_point", "contact_test",
    "own_contact", "telling_choice", "quiet_hours", "rota_feed", "self_test", "self_test_message",
    "delivery_seen", "login_attempt", "login_challenge", "police_token", "fhir_export", "invitation",
}  # fmt: skip
"""What belongs to an account, or is asked for before anybody is known: of no home's days or records."""


@pytest.fixture
def town(plain_database: Database) -> Database:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED)
        connection.execute("delete from purpose_basis")
    return plain_database


def seen(town: Database, table: str, **who: str) -> int:
    """Count the rows that a visitor sees."""
    with as_visitor(town, **who) as connection:
        of_homes = "where alert_id is not null" if table == "delivery" else ""  # not weekly tests
        row = connection.execute(f"select count(*) from {table} {of_homes}".encode()).fetchone()
    return int(str(row[0])) if row else 0


def readable(town: Database) -> set[str]:
    with psycopg.connect(town.url) as connection:
        return {str(name) for (name,) in connection.execute(READABLE).fetchall()}


def test_without_a_basis_a_program_sees_no_row_about_a_person(town: Database) -> None:
    """Every table that may hold a fact about somebody is looked at: also one that is added."""
    program = WHO | {"moment": START.isoformat()}
    of_people = {one.table for one in HOLDINGS} & readable(town)
    person = {name: value for name, value in WHO.items() if name != "recipient"}
    looked = 0
    for table in sorted(of_people - ITS_OWN - OPEN):
        assert seen(town, table, **program) == 0, table
        looked += seen(town, table, **person) > 0
    assert looked > 40
    assert len(of_people - ITS_OWN - OPEN) >= looked
    for table in ("rota", "escalation_policy", "care"):
        assert seen(town, table, **person) > seen(town, table, **program) == 0


def test_every_table_of_homes_and_residents_has_the_wall(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        bare = connection.execute(
            READABLE + " and exists (select 1 from pg_attribute a where a.attrelid = pg_class.oid"
            " and a.attname in ('home_id', 'resident_id') and not a.attisdropped)"
            " and not exists (select 1 from pg_policy p where p.polrelid = pg_class.oid"
            "  and not p.polpermissive and p.polname = 'program_' || relname)"
        ).fetchall()
    assert {name for (name,) in bare} == {"access_record", "fhir_export", "sharing_period"}


def test_where_two_live_only_what_is_of_one_of_them_is_shared(town: Database) -> None:
    program = WHO | {"moment": (START + timedelta(days=1)).isoformat()}
    with psycopg.connect(town.url) as connection:
        connection.execute("insert into resident (home_id, name) values ('a1', 'Other')")
        connection.execute("update finding set resident_id = 1 where home_id = 'a1'")
        connection.execute(GIVE, ("record_sharing", "N", START, None, 1))
    for table, rows in (
        ("resident", 1), ("home", 1), ("finding", 1), ("day_count", 0), ("device", 0), ("alert", 0),
        ("observation", 0), ("room", 0),
    ):  # fmt: skip
        assert seen(town, table, **program) == rows, table
    with psycopg.connect(town.url) as connection:
        connection.execute(GIVE, ("record_sharing", "n", START, None, 4))
    for table, rows in (("resident", 2), ("day_count", 1), ("device", 1), ("observation", 1)):
        assert seen(town, table, **program) == rows, table
    assert seen(town, "resident", **(program | {"organisation": "b"})) == 0
    assert seen(town, "resident", **(program | {"moment": ""})) == 0, "no moment, no basis"


async def test_the_wall_and_python_say_the_same_of_who_may_be_shared(town: Database) -> None:
    chance, names = random.Random(11), ["Park Surgery", " park  SURGERY", "Straße", "STRASSE", "X"]
    async with connect(town.url) as connection:
        for _ in range(50):
            resident, since = chance.randint(1, 3), START + timedelta(days=chance.randint(0, 9))
            if chance.random() < 0.4:
                who = chance.choice(["", *names])
                await connection.execute(WITHDRAW, ("record_sharing", who, since, resident))
            else:
                who = chance.choice(names)
                until = chance.choice([None, since + timedelta(days=chance.randint(1, 4))])
                await connection.execute(GIVE, ("record_sharing", who, since, until, resident))
            await connection.execute(  # as `core.store.basis.write` keeps it
                "update purpose_basis set recipient_key = %s where basis_id ="
                " (select max(basis_id) from purpose_basis)",
                (recipient_key(who),),
            )
            known = await store.ledgers(connection)
            for name in names:
                for number in (0, 3, 6, 12):
                    at = START + timedelta(days=number)
                    cursor = await connection.execute(
                        "select resident_id from sharing_period where recipient_key = %s and periods @> %s",
                        (recipient_key(name), at),
                    )
                    assert {row[0] for row in await cursor.fetchall()} == {
                        one
                        for one in known
                        if standing(known[one], Purpose.RECORD_SHARING, name, at)
                    }, (name, number)
