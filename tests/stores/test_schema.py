"""The tables as architecture: who may write what, who may see what, and migrations that may be repeated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from core.model.errors import StoreUnavailable
from core.store.migrate import COPIERS, ROLES, migrate, pending
from tests.servers.databases import Database

WRITERS = {
    "registrar": {
        "organisation", "home", "room", "resident", "device", "carer", "care", "contact_point",
    },
    "gateway": {
        "observation", "position", "receipt", "quarantine", "refusal", "discovered", "presence",
        "gateway_heartbeat",
    },
    "analytics": {"finding", "engine_step", "engine_snapshot", "detector_error"},
    "alerts": {"alert", "alert_finding", "alert_cursor", "delivery", "delivery_attempt"},
    "dashboard": {"response", "login_session", "login_attempt", "access_record"},
    "operator": set(),
}  # fmt: skip
TABLES = (
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
    " and relname not like '%yoyo%'"
)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_every_table_has_one_writer(database: Database) -> None:
    tables = {str(name) for (name,) in rows(database.url, TABLES)}
    assert tables == set().union(*WRITERS.values())
    for role in ROLES:
        writable = {
            str(name)
            for (name,) in rows(
                database.url,
                f"{TABLES} and has_table_privilege('{role}', oid, 'insert, update, delete, truncate')",
            )
        }
        assert writable == WRITERS[role.removeprefix("wayhome_")], role


def test_every_table_is_described(database: Database) -> None:
    bare = rows(database.url, f"{TABLES} and obj_description(oid) is null")
    assert bare == []


def test_no_role_of_ours_is_powerful(database: Database) -> None:
    for role in ROLES:
        (powers,) = rows(
            database.url,
            "select rolsuper or rolcreaterole or rolcreatedb, rolbypassrls from pg_roles"
            f" where rolname = '{role}'",
        )
        assert powers == (False, role in COPIERS)


def test_migrating_again_changes_nothing(database: Database) -> None:
    report = migrate(database.url)
    assert report.applied == ()
    assert (report.timescale == "none") == (database.kind == "plain")
    with psycopg.connect(database.url) as connection:
        assert pending(connection) == ()
    hypertables = "select count(*) from timescaledb_information.hypertables"
    if database.kind == "timescale":
        assert rows(database.url, hypertables) == [(2,)]


def test_two_migrations_at_once_are_one(empty_url: str) -> None:
    with psycopg.connect(empty_url) as connection:
        assert pending(connection)[0] == "0001_registry"
    with ThreadPoolExecutor(2) as both:
        reports = list(both.map(migrate, [empty_url, empty_url]))
    assert sorted(len(report.applied) for report in reports) == [0, reports[0].known]


def test_a_database_that_is_not_there_is_said_without_its_password() -> None:
    with pytest.raises(StoreUnavailable) as said:
        migrate("postgresql://owner:hunter2@127.0.0.1:9/none")
    assert "hunter2" not in str(said.value)


WALLED = (
    "home", "room", "resident", "device", "observation", "position", "quarantine", "refusal",
    "discovered", "presence", "finding", "detector_error", "alert", "access_record", "response", "delivery",
)  # fmt: skip
SEED = """
insert into organisation (organisation_id, name) values ('a', 'A'), ('b', 'B');
insert into home (home_id, organisation_id, name) values ('a1', 'a', 'x'), ('a2', 'a', 'x'), ('b1', 'b', 'x');
insert into carer (carer_id, organisation_id, login, name, role, password_hash) overriding system value
  values (1, 'a', 'ann', 'Ann', 'family_carer', ''), (2, 'b', 'bob', 'Bob', 'family_carer', '');
insert into care (home_id, carer_id) values ('a1', 1), ('b1', 2);
insert into room (home_id, name, kind) select home_id, 'Hall', 'hall' from home;
insert into resident (home_id, name) select home_id, 'R' from home;
insert into device (home_id, family, external_id, name, placement)
  select home_id, 'wayhome', 'd', 'd', 'room' from home;
insert into observation (observed_at, device_id, quantity, value, home_id, received_at)
  select now(), device_id, 'motion', 1, home_id, now() from device;
insert into position (observed_at, device_id, latitude, longitude, home_id, received_at)
  select now(), device_id, 1, 1, home_id, now() from device;
insert into quarantine (received_at, gateway, topic, payload, payload_bytes, home_id, reason)
  select now(), 'g', 't', '', 0, home_id, 'r' from home;
insert into refusal select current_date, home_id, 's', 'r', 1, now() from home;
insert into discovered select home_id, 'f', 'e', now(), now(), 1, 't', '' from home;
insert into presence (device_id, home_id) select device_id, home_id from device;
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
  select home_id, 'd', 'check', 'carers', 'opened', now(), now(), 'w', 1 from home;
insert into detector_error select home_id, 'd', 'e', now(), now(), 1, 't' from home;
insert into alert (home_id, detector, severity, audience, onset, opened_at, what)
  select home_id, 'd', 'check', 'carers', now(), now(), 'w' from home;
insert into delivery (alert_id, carer_id, channel, step, next_try_at)
  select alert_id, 1, 'web', 0, now() from alert;
insert into response (alert_id, carer_id, kind, at) select alert_id, 1, 'comment', now() from alert;
insert into access_record (at, carer_id, home_id, page) select now(), 1, home_id, 'p' from home;
"""


def seen(database: Database, table: str, **who: str) -> int:
    with psycopg.connect(database.url_as("wayhome_dashboard")) as connection:
        for name, value in who.items():
            connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
        row = connection.execute(f"select count(*) from {table}").fetchone()
        assert row is not None
        return int(row[0])


def test_nobody_sees_over_the_wall(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED)
    for table in WALLED:
        assert seen(database, table) == 0, table
        assert seen(database, table, organisation="a", carer="1", scope="organisation") == 2, table
        assert seen(database, table, organisation="a", carer="1", scope="circle") == 1, table
        assert seen(database, table, organisation="b", carer="1", scope="circle") == 0, table


def test_nobody_answers_for_another_or_over_the_wall(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED)
        found = connection.execute("select home_id, alert_id from alert").fetchall()
    alerts: dict[str, int] = dict(found)
    for home, carer_id, allowed in (
        ("a1", 1, True),
        ("a1", 2, False),
        ("b1", 1, False),
        ("a2", 1, False),
    ):
        with psycopg.connect(database.url_as("wayhome_dashboard")) as connection:
            for name, value in (("organisation", "a"), ("carer", "1"), ("scope", "circle")):
                connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
            try:
                connection.execute(
                    "insert into response (alert_id, carer_id, kind, at)"
                    " values (%s, %s, 'acknowledge', now())",
                    (alerts[home], carer_id),
                )
                done = True
            except psycopg.errors.InsufficientPrivilege:
                done = False
        assert done == allowed, (home, carer_id)
