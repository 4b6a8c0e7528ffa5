"""The wall of the ledger: what a program may see follows from the bases that stand for its recipient."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.basis import Purpose, recipient_key, standing
from core.store import basis as store
from core.store.pool import connect
from tests.stores.seed import SEED
from tests.stores.test_basis import GIVE, WITHDRAW
from tests.stores.test_grants import READ_BY_PROGRAMS
from tests.stores.test_walls import as_visitor

if TYPE_CHECKING:
    from tests.servers.databases import Database

START = datetime(2026, 1, 1, tzinfo=UTC)
WHO = {"organisation": "a", "carer": "1", "scope": "organisation", "recipient": "n"}
PROGRAM = WHO | {"moment": (START + timedelta(days=1)).isoformat()}
OF_NOBODY = {
    "organisation",
    "carer",
    "access_record",
    "fhir_export",
    "sharing_period",
    "home_sharing_period",
}
"""What is of no resident: the organisation, those who care, who looked and who exports, and the walls."""

SHARED_BY_ROOMS = ("day_count", "observation", "finding", "alert")
"""What the rooms tell, with the moment of which they tell it."""


@pytest.fixture
def town(plain_database: Database) -> Database:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED)
        connection.execute("delete from purpose_basis")
    return plain_database


def seen(town: Database, table: str, **who: str) -> int:
    """Count the rows that a program sees."""
    with as_visitor(town, **who) as connection:
        connection.execute("set local role wayhome_program")
        row = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    return int(str(row[0])) if row else 0


def test_without_a_basis_a_program_sees_no_row_about_a_person(town: Database) -> None:
    """Every table that programs are granted is looked at: also one that is added."""
    tables = READ_BY_PROGRAMS - OF_NOBODY
    for table in sorted(tables):
        assert seen(town, table, **PROGRAM) == 0, table
    with psycopg.connect(town.url) as connection:
        connection.execute(GIVE, ("record_sharing", "N", START, None, 1))
    for table in sorted(tables):
        assert seen(town, table, **PROGRAM) == 1, table
        for other in (
            {"recipient": "another"}, {"recipient": ""}, {"moment": ""}, {"organisation": "b"},
            {"scope": "circle"}, {"scope": "audit"}, {"moment": (START - timedelta(days=1)).isoformat()},
        ):  # fmt: skip
            assert seen(town, table, **(PROGRAM | other)) == 0, (table, other)


def test_nothing_else_is_there_for_a_program(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        tables = [
            str(name)
            for (name,) in connection.execute(
                "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
            )
        ]
        for table in tables:
            row = connection.execute(
                "select has_any_column_privilege('wayhome_program', %s, 'select')", (table,)
            ).fetchone()
            assert row == (table in READ_BY_PROGRAMS,), table
        logs_in = connection.execute(
            "select rolcanlogin from pg_roles where rolname = 'wayhome_program'"
        ).fetchone()
    assert logs_in == (False,)


def test_where_two_live_only_what_is_of_one_of_them_is_shared(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("insert into resident (home_id, name) values ('a1', 'Other')")
        connection.execute("update finding set resident_id = 1 where home_id = 'a1'")
        connection.execute(GIVE, ("record_sharing", "N", START, None, 1))
    for table, rows in (
        ("resident", 1), ("home", 1), ("finding", 1), ("day_count", 0), ("device", 0), ("alert", 0),
        ("observation", 0), ("room", 0),
    ):  # fmt: skip
        assert seen(town, table, **PROGRAM) == rows, table
    with psycopg.connect(town.url) as connection:
        connection.execute(GIVE, ("record_sharing", "n", START, None, 4))
    for table, rows in (("resident", 2), ("day_count", 1), ("device", 1), ("observation", 1)):
        assert seen(town, table, **PROGRAM) == rows, table
    with psycopg.connect(town.url) as connection:  # somebody moves in, and leaves again
        connection.execute("insert into resident (home_id, name) values ('a1', 'New')")
    assert seen(town, "day_count", **PROGRAM) == 0
    with psycopg.connect(town.url) as connection:
        connection.execute("delete from resident where name = 'New'")
    # who is erased said nothing of being shared, and was seen there too
    told = [one for one in SHARED_BY_ROOMS if one != "finding"]  # above, it is of one of them
    assert [seen(town, table, **PROGRAM) for table in told] == [0, 0, 0]
    with psycopg.connect(town.url) as connection:
        connection.execute("update home set parted_at = now() - interval '2 days'")
        connection.execute("update resident set left_at = null")  # the wall is written anew
    assert [seen(town, table, **PROGRAM) for table in told] == [1, 1, 1]


def test_who_has_left_is_asked_no_more_of_what_comes_and_still_of_what_was(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("insert into resident (home_id, name) values ('a1', 'Other')")
        connection.execute(GIVE, ("record_sharing", "N", START, None, 1))
        connection.execute(
            "update resident set left_at = now() - interval '2 days' where name = 'Other'"
        )
    for table in SHARED_BY_ROOMS:
        assert seen(town, table, **PROGRAM) == 1, table
    with psycopg.connect(town.url) as connection:
        connection.execute(
            "update resident set left_at = now() + interval '2 days' where name = 'Other'"
        )
    for table in SHARED_BY_ROOMS:
        assert seen(town, table, **PROGRAM) == 0, table


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
