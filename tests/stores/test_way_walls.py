"""Ways to a person: addresses, choices and tests of their own, behind a wall of their own."""

from __future__ import annotations

import psycopg
import pytest

from tests.servers.databases import Database
from tests.stores.seed import SEED
from tests.stores.test_walls import WAYS, as_visitor


@pytest.fixture
def town(database: Database) -> Database:
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED)
    return database


def test_ways_to_a_person_are_seen_by_that_person_only(town: Database) -> None:
    for scope in ("circle", "organisation"):
        for organisation, carer in (("a", "1"), ("a", "2"), ("b", "3")):
            who = {"organisation": organisation, "carer": carer, "scope": scope}
            with as_visitor(town, **who) as connection:
                for table in WAYS:
                    found = connection.execute(f"select carer_id from {table}".encode()).fetchall()
                    assert found == [(int(carer),)], table
                lost = connection.execute("select contact_id from lost_contact").fetchall()
                own = connection.execute("select contact_id from own_contact").fetchall()
                assert lost == own
                tests = connection.execute(
                    "select carer_id from delivery where kind = 'test'"
                    " and delivery_id not in (select delivery_id from self_test_message)"
                ).fetchall()
                assert tests == ([] if carer == "1" else [(int(carer),)])
