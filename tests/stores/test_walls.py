"""The walls: between organisations, around a circle, and against tricks of a role that got out of hand."""

from __future__ import annotations

from typing import LiteralString

import psycopg
import pytest

from tests.servers.databases import Database

OPEN = {"alert_cursor", "engine_step", "gateway_heartbeat", "login_attempt", "login_session"}
"""Tables that the dashboard reads whole: progress of services, and who is logged in."""
SEED: LiteralString = """
insert into organisation (organisation_id, name) values ('a', 'A'), ('b', 'B');
insert into home (home_id, organisation_id, name) values ('a1', 'a', 'x'), ('a2', 'a', 'x'), ('b1', 'b', 'x');
insert into carer (carer_id, organisation_id, login, name, role, password_hash) overriding system value
  values (1, 'a', 'ann', 'Ann', 'family_carer', ''), (2, 'a', 'al', 'Al', 'family_carer', ''),
    (3, 'b', 'bob', 'Bob', 'family_carer', '');
insert into care (home_id, carer_id) values ('a1', 1), ('a1', 2), ('a2', 2), ('b1', 3);
insert into room (home_id, name, kind) select home_id, 'Hall', 'hall' from home;
insert into resident (home_id, name) select home_id, 'R' from home;
insert into device (home_id, family, external_id, name, placement)
  select home_id, 'wayhome', 'd', 'd', 'room' from home;
insert into observation (observed_at, device_id, quantity, value, home_id, received_at)
  select now(), device_id, 'motion', 1, home_id, now() from device;
insert into position (observed_at, device_id, latitude, longitude, home_id, received_at)
  select now(), device_id, 1, 1, home_id, now() from device;
insert into quarantine (received_at, gateway, topic, payload, payload_bytes, home_id, reason)
  select now(), 'g', 't', ''::bytea, 0, home_id, 'r' from home
  union all select now(), 'g', 't', '', 0, null, 'r';
insert into refusal select current_date, home_id, 's', 'r', 1, now() from home;
insert into discovered select home_id, 'f', 'e', now(), now(), 1, 't', ''::bytea from home
  union all select 'nowhere', 'f', 'e', now(), now(), 1, 't', '';
insert into presence (device_id, home_id) select device_id, home_id from device;
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
  select home_id, 'd', 'check', 'carers', 'opened', now(), now(), 'w', 1 from home;
insert into detector_error select home_id, 'd', 'e', now(), now(), 1, 't' from home;
insert into engine_snapshot (home_id, shard, step, state) select home_id, 0, 1, '' from home;
insert into alert (home_id, detector, severity, audience, onset, opened_at, what)
  select home_id, 'd', 'check', 'carers', now(), now(), 'w' from home;
insert into alert_finding select alert_id, finding_id from alert join finding using (home_id);
insert into delivery (alert_id, carer_id, channel, step, next_try_at)
  select alert_id, 1, 'web', 0, now() from alert;
insert into delivery_attempt (delivery_id, attempt, started_at) select delivery_id, 1, now() from delivery;
insert into response (alert_id, carer_id, kind, at) select alert_id, 1, 'comment', now() from alert;
insert into missed_event (home_id, carer_id, at, happened_at, kind)
  select home_id, 1, now(), now(), 'other' from home;
insert into margin_change (home_id, detector, hour_bin, at, why, factor, before, after, waiting, carer_id)
  select home_id, 'd', 1, now(), 'false', 1.07, 1, 1.07, false, 1 from home;
insert into margin_decision (home_id, change_id, carer_id, verdict, at)
  select home_id, change_id, 1, 'undo', now() from margin_change;
insert into forecast (home_id, detector, speaks_at, severity, what, made_at)
  select home_id, 'd', now(), 'check', 'w', now() from home;
insert into access_record (at, carer_id, home_id, page) select now(), 1, home_id, 'p' from home;
insert into self_test (carer_id, asked_at) select carer_id, now() from carer;
insert into self_test_message (self_test_id, channel, next_try_at)
  select self_test_id, 'web', now() from self_test;
insert into self_test_answer select self_test_id, now() from self_test;
"""
OF_PEOPLE = {"organisation", "carer", "care", "self_test", "self_test_message", "self_test_answer"}
"""Tables that say nothing of a home, only of who works or cares where."""
BY_ALERT = {"delivery", "response", "alert_finding"}
READABLE = """
select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
    and relname not like '%yoyo%' and has_any_column_privilege('wayhome_dashboard', oid, 'select')
"""


@pytest.fixture
def town(database: Database) -> Database:
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED)
    return database


def as_visitor(town: Database, **who: str) -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(town.url_as("wayhome_dashboard"))
    for name, value in who.items():
        connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
    return connection


def homes_seen(town: Database, table: str, **who: str) -> list[str]:
    """Return the home of each row of ``table`` that the visitor sees."""
    query = f"select home_id from {table}"
    if table in BY_ALERT:
        query = f"select home_id from {table} join alert using (alert_id)"
    elif table == "delivery_attempt":
        query = (
            "select home_id from delivery_attempt join delivery using (delivery_id)"
            " join alert using (alert_id)"
        )
    with as_visitor(town, **who) as connection:
        whole = connection.execute(f"select count(*) from {table}".encode()).fetchone()
        homes = sorted(str(home) for (home,) in connection.execute(query.encode()).fetchall())
        assert whole == (len(homes),), f"{table} shows rows of no home"
        return homes


def walled(town: Database) -> set[str]:
    with psycopg.connect(town.url) as connection:
        return {str(name) for (name,) in connection.execute(READABLE).fetchall()} - OPEN


def test_every_table_that_the_pages_read_is_walled_or_named_here(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        bare = connection.execute(f"{READABLE} and not relrowsecurity".encode()).fetchall()
    assert {str(name) for (name,) in bare} == OPEN


def test_without_a_visitor_nothing_is_shown(town: Database) -> None:
    for table in walled(town):
        for who in (
            {},
            {"organisation": "", "carer": "", "scope": ""},
            {"scope": "organisation"},
            {"carer": "1", "scope": "circle"},
        ):
            with as_visitor(town, **who) as connection:
                found = connection.execute(f"select count(*) from {table}".encode()).fetchone()
            assert found == (0,), (table, who)


def test_an_organisation_sees_its_homes_and_no_other(town: Database) -> None:
    ann = {"organisation": "a", "carer": "1", "scope": "organisation"}
    for table in walled(town) - OF_PEOPLE:
        assert homes_seen(town, table, **ann) == ["a1", "a2"], table
    assert homes_seen(town, "care", **ann) == ["a1", "a1", "a2"]
    with as_visitor(town, **ann) as connection:
        assert connection.execute("select organisation_id from organisation").fetchall() == [("a",)]
        assert connection.execute("select name from carer order by 1").fetchall() == [
            ("Al",),
            ("Ann",),
        ]


def test_a_circle_sees_its_homes_and_no_other(town: Database) -> None:
    ann = {"organisation": "a", "carer": "1", "scope": "circle"}
    for table in walled(town) - OF_PEOPLE:
        assert homes_seen(town, table, **ann) == ["a1"], table
    assert homes_seen(town, "care", **ann) == ["a1", "a1"]  # and who else cares for it
    for scope in ("", "Organisation", "all"):
        assert homes_seen(town, "home", **(ann | {"scope": scope})) == ["a1"], scope


def test_a_carer_of_another_organisation_sees_nothing(town: Database) -> None:
    for table in walled(town) - (OF_PEOPLE - {"care"}):
        assert homes_seen(town, table, organisation="b", carer="1", scope="circle") == [], table


@pytest.mark.parametrize("table", ["self_test", "self_test_message", "self_test_answer"])
@pytest.mark.parametrize(
    ("scope", "carer", "seen"),
    [
        ("organisation", "1", [1, 2]),
        ("circle", "1", [1, 2]),  # both care for a1
        ("circle", "3", []),  # of another organisation
        ("", "", []),
    ],
)
def test_who_is_reachable_is_shown_to_the_circle_and_the_organisation(
    town: Database, table: str, scope: str, carer: str, seen: list[int]
) -> None:
    who = {"organisation": "a", "carer": carer, "scope": scope} if carer else {}
    with as_visitor(town, **who) as connection:
        found = connection.execute(
            (
                f"select s.carer_id from {table} join self_test s using (self_test_id) order by 1"
                if table != "self_test"
                else "select carer_id from self_test order by 1"
            ).encode()
        ).fetchall()
    assert [number for (number,) in found] == seen


def test_nobody_confirms_for_another(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("delete from self_test_answer")
    for carer, number in ((1, 1), (2, 1)):
        ann = {"organisation": "a", "carer": str(carer), "scope": "circle"}
        statement = (
            "insert into self_test_answer select self_test_id, now() from self_test"
            f" where carer_id = {number}"
        )
        with as_visitor(town, **ann) as connection:
            if carer == number:
                assert connection.execute(statement.encode()).rowcount == 1
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("home", "carer", "allowed"),
    [("a1", 1, True), ("a1", 2, False), ("a2", 1, False), ("b1", 1, False)],
)
@pytest.mark.parametrize("table", ["response", "access_record", "missed_event", "margin_decision"])
def test_nobody_writes_for_another_or_over_the_wall(
    town: Database, table: str, home: str, carer: int, allowed: bool
) -> None:
    with psycopg.connect(town.url) as connection:
        row = connection.execute(
            "select alert_id from alert where home_id = %s", (home,)
        ).fetchone()
    assert row is not None
    statements = {
        "response": "insert into response (alert_id, carer_id, kind, at)"
        f" values ({row[0]}, {carer}, 'acknowledge', now())",
        "access_record": "insert into access_record (at, carer_id, home_id, page)"
        f" values (now(), {carer}, '{home}', 'p')",
        "missed_event": "insert into missed_event (home_id, carer_id, at, happened_at, kind)"
        f" values ('{home}', {carer}, now(), now(), 'other')",
        "margin_decision": "insert into margin_decision (home_id, change_id, carer_id, verdict, at)"
        f" select '{home}', max(change_id), {carer}, 'undo', now() from margin_change"
        " where home_id = 'a1'",
    }
    ann = {"organisation": "a", "carer": "1", "scope": "circle"}
    with as_visitor(town, **ann) as connection:
        if allowed:
            assert connection.execute(statements[table].encode()).rowcount == 1
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statements[table].encode())


def test_nobody_decides_about_a_change_of_another_home(town: Database) -> None:
    al = {"organisation": "a", "carer": "2", "scope": "circle"}
    with as_visitor(town, **al) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(
            "insert into margin_decision (home_id, change_id, carer_id, verdict, at)"
            " select 'a2', change_id, 2, 'confirm', now() from margin_change"
            " where home_id = 'a1'"
        )


def test_a_temporary_table_does_not_get_the_owner_s_rights(town: Database) -> None:
    with as_visitor(town) as connection:
        connection.execute(
            "create function pg_temp.evil() returns text language sql as 'select current_user::text';"
            "create temp view carer as select 9::bigint carer_id, 'a'::text organisation_id,"
            " pg_temp.evil() as name, ''::text role, ''::text password_hash, 'evil'::text login,"
            " null::timestamptz disabled_at"
        )
        assert connection.execute("select name from carer_for_login('evil')").fetchall() == []
        assert connection.execute("select name from carer_for_login('ann')").fetchall() == [
            ("Ann",)
        ]


def test_services_see_every_home(town: Database) -> None:
    for role, table in (
        ("gateway", "device"),
        ("analytics", "observation"),
        ("alerts", "finding"),
        ("operator", "alert"),
        ("registrar", "home"),
    ):
        with psycopg.connect(town.url_as(f"wayhome_{role}")) as connection:
            found = connection.execute(f"select count(*) from {table}".encode()).fetchone()
        assert found == (3,), (role, table)
