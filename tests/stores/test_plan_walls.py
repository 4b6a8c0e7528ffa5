"""Around policies, rotas and quiet hours: what the organisation decides, and what is a person's own."""

from __future__ import annotations

import psycopg
import pytest

from tests.servers.databases import Database
from tests.stores.seed import SEED
from tests.stores.test_walls import as_visitor

ANN = {"organisation": "a", "carer": "1", "scope": "circle"}
BOSS = {"organisation": "a", "carer": "2", "scope": "organisation"}
ORGANISATION_WIDE = """
insert into escalation_policy (organisation_id, severity, policy, changed_by, changed_at)
  values ('a', 'urgent', '{}', 2, now()), ('b', 'urgent', '{}', 3, now());
insert into rota (organisation_id, zone) values ('a', 'UTC'), ('b', 'UTC');
insert into rota_shift (rota_id, carer_id, days, start_min, end_min)
  select rota_id, 2, '{0}', 0, 60 from rota where home_id is null;
"""
WRITES = {
    "escalation_policy": "insert into escalation_policy (organisation_id, home_id, severity, policy,"
    " changed_by, changed_at) values ({organisation}, {home}, 'notice', '{{}}', 1, now())",
    "rota": "insert into rota (organisation_id, home_id, zone) values ({organisation}, {home}, 'UTC')"
    " on conflict (organisation_id, home_id) do update set zone = 'Asia/Tokyo'",
    "shift": "insert into rota_shift (rota_id, carer_id, days, start_min, end_min) select rota_id, 1,"
    " '{{1}}', 0, 60 from rota where organisation_id = {organisation}"
    " and home_id is not distinct from {home}",
}


@pytest.fixture
def town(database: Database) -> Database:
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED)
        connection.execute(ORGANISATION_WIDE)
    return database


@pytest.mark.parametrize("table", ["escalation_policy", "rota"])
def test_what_holds_for_the_organisation_is_seen_by_it_alone(town: Database, table: str) -> None:
    query = f"select organisation_id, home_id from {table} order by 1, 2 nulls first".encode()
    with as_visitor(town, **ANN) as connection:
        assert connection.execute(query).fetchall() == [("a", None), ("a", "a1")]
    with as_visitor(town, **BOSS) as connection:
        assert connection.execute(query).fetchall() == [("a", None), ("a", "a1"), ("a", "a2")]


@pytest.mark.parametrize("what", list(WRITES))
@pytest.mark.parametrize(
    ("who", "organisation", "home", "allowed"),
    [
        (ANN, "'a'", "'a1'", True),
        (ANN, "'a'", "'a2'", False),
        (ANN, "'a'", "null", False),
        (ANN, "'b'", "'b1'", False),
        (ANN, "'b'", "'a1'", False),
        (BOSS, "'a'", "null", True),
        (BOSS, "'a'", "'a2'", True),
        (BOSS, "'b'", "null", False),
    ],
)
def test_who_may_write_what(
    town: Database, what: str, who: dict[str, str], organisation: str, home: str, allowed: bool
) -> None:
    statement = WRITES[what].format(organisation=organisation, home=home).encode()
    with as_visitor(town, **who) as connection:
        if allowed:
            assert connection.execute(statement).rowcount == 1
            return
        try:
            assert connection.execute(statement).rowcount == 0
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UniqueViolation):
            return
    assert what == "shift"


def test_a_circle_takes_nothing_from_the_organisation(town: Database) -> None:
    with as_visitor(town, **ANN) as connection:
        for table in ("escalation_policy", "rota"):
            gone = connection.execute(f"delete from {table} where home_id is null".encode())
            assert gone.rowcount == 0
        query = b"delete from rota_shift where rota_id in (select rota_id from rota where home_id is null)"
        assert connection.execute(query).rowcount == 0


def test_quiet_hours_are_read_by_colleagues_and_written_by_oneself(town: Database) -> None:
    with as_visitor(town, **ANN) as connection:
        seen = connection.execute("select carer_id from quiet_hours order by 1").fetchall()
        assert seen == [(1,), (2,)]
        changed = connection.execute("update quiet_hours set zone = 'Asia/Tokyo'")
        assert changed.rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("insert into quiet_hours values (2, 'UTC', '[]', now())")


def test_a_cover_is_asked_in_one_s_own_name_of_a_colleague(town: Database) -> None:
    insert = (
        "insert into rota_cover (rota_id, starts_at, ends_at, carer_id, asked_by, asked_at, state)"
        " select rota_id, now(), now() + interval '1 hour', %s, %s, now(), 'asked' from rota"
        " where home_id = 'a1'"
    )
    for carer, by, allowed in ((2, 1, True), (2, 2, False), (3, 1, False)):
        with as_visitor(town, **ANN) as connection:
            if allowed:
                assert connection.execute(insert, (carer, by)).rowcount == 1
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(insert, (carer, by))


def test_a_secret_address_is_its_owner_s_and_opens_for_who_is_here(town: Database) -> None:
    with as_visitor(town, **ANN) as connection:
        assert connection.execute("select carer_id from rota_feed").fetchall() == [(1,)]
    query = "select carer_id, organisation_id from carer_for_feed('2')"
    with as_visitor(town) as connection:
        assert connection.execute("select * from rota_feed").fetchall() == []
        assert connection.execute(query).fetchall() == [(2, "a")]
    with psycopg.connect(town.url) as connection:
        connection.execute("update carer set disabled_at = now() where carer_id = 2")
    with as_visitor(town) as connection:
        assert connection.execute(query).fetchall() == []


def test_channels_are_told_without_addresses_and_within_the_organisation(town: Database) -> None:
    with as_visitor(town, **ANN) as connection:
        found = connection.execute("select * from channels_of_carers()").fetchall()
        assert sorted(found) == [(1, "ntfy"), (2, "ntfy")], "their texts are lost: no way any more"
        addresses = connection.execute("select carer_id from contact_point").fetchall()
        assert addresses == [(1,)], "where to is nobody else's business"
