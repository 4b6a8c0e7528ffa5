"""The walls: between organisations, around a circle, and against tricks of a role that got out of hand."""

from __future__ import annotations

import psycopg
import pytest

from tests.servers.databases import Database
from tests.stores.seed import SEED
from tests.stores.unwalled import WITHOUT_WALL

OPEN = {
    "alert_cursor", "engine_step", "gateway_heartbeat", "login_attempt", "login_challenge",
    "link_attempt", "police_token", "channel_offer", "credential_door", "dashboard_heartbeat",
}  # fmt: skip
"""Tables that the dashboard reads whole: progress of services, and what is needed before anybody is known."""
OWN = {"login_session", "passkey", "authenticator", "recovery_code", "fhir_export"}
"""What belongs to one person, whatever that person may see."""
WAYS = {"contact_point", "own_contact", "telling_choice", "contact_test"}
"""Ways to a person: of these everybody sees the own rows only, also an administrator."""
OF_WAYS = {
    "lost_contact", "delivery_seen", "device_label", "label_refusal", "retention_rule", "retention_run",
}  # fmt: skip
"""Of ways to a person, and of labels (see tests/stores/test_commissioning.py): rows of no home."""
BY_ROTA = {"rota_shift", "rota_cover"}
ROTAS = {"quiet_hours", "rota_feed", "self_test", "self_test_message", "self_test_answer"}
"""Rows that belong to people: see tests/stores/test_plan_walls.py and test_self_test.py."""
ARRANGED = {"invitation"}
"""What is seen by who arranges the circle or the organisation."""
BY_ALERT = {"delivery", "response", "alert_finding", "phone_answer"}
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
    if table == "watch_message":
        query = "select home_id from watch_message join watch_notice using (notice_id)"
    elif table in BY_ALERT:
        query = f"select home_id from {table} join alert using (alert_id)"
    elif table in BY_ROTA:
        query = f"select home_id from {table} join rota using (rota_id)"
    elif table == "delivery_attempt":
        query = (
            "select home_id from delivery_attempt join delivery using (delivery_id)"
            " join alert using (alert_id)"
        )
    with as_visitor(town, **who) as connection:
        of_homes = "where alert_id is not null" if table == "delivery" else ""
        counted = f"select count(*) from {table} {of_homes}".encode()
        whole = connection.execute(counted).fetchone()
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


def test_every_table_is_behind_a_forced_wall_or_named_with_its_reason(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        bare = connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'p') and relname not like '%yoyo%'"
            " and not (relrowsecurity and relforcerowsecurity)"
        ).fetchall()
    assert {str(name) for (name,) in bare} == set(WITHOUT_WALL)


def test_a_wall_lets_through_by_role_and_nobody_by_public(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        found = connection.execute(
            "select tablename, policyname from pg_policies where 'public' = any(roles)"
        ).fetchall()
    assert found == []


@pytest.mark.parametrize("table", sorted(OWN))
def test_what_is_somebody_s_own_is_shown_to_nobody_else(town: Database, table: str) -> None:
    query = f"select carer_id from {table}".encode()
    for scope in ("circle", "organisation", "audit"):
        for who, seen in (("1", [(1,)]), ("3", [(3,)]), ("", []), ("9", [])):
            with as_visitor(town, organisation="a", carer=who, scope=scope) as connection:
                assert connection.execute(query).fetchall() == seen, (table, scope, who)


def test_a_session_is_also_for_who_shows_its_cookie(town: Database) -> None:
    with as_visitor(town, session=b"ann".hex()) as connection:
        assert connection.execute("select carer_id from login_session").fetchall() == [(1,)]
        assert connection.execute("delete from login_session").rowcount == 1


def test_an_invitation_is_seen_by_who_arranges_its_circle(town: Database) -> None:
    ann = {"organisation": "a", "carer": "1", "scope": "circle"}
    assert homes_seen(town, "invitation", **ann) == ["a1"]
    assert homes_seen(town, "invitation", **(ann | {"carer": "2"})) == ["a2"]
    assert homes_seen(town, "invitation", **(ann | {"organisation": "b"})) == []
    with psycopg.connect(town.url) as connection:
        connection.execute("update carer set role = 'organisation_admin' where carer_id = 2")
    admin = ann | {"carer": "2", "scope": "organisation"}
    assert homes_seen(town, "invitation", **admin) == ["a1", "a2"]


def test_an_auditor_sees_who_looked_and_no_home(town: Database) -> None:
    auditor = {"organisation": "a", "carer": "1", "scope": "audit"}
    assert homes_seen(town, "access_record", **auditor) == ["a1", "a2"]
    for table in (
        walled(town)
        - {"access_record", "organisation", "carer"}
        - OWN
        - ARRANGED
        - WAYS
        - OF_WAYS
        - ROTAS
    ):
        assert homes_seen(town, table, **auditor) == [], table


def test_a_resident_sees_the_own_home_and_no_other(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("delete from care where carer_id = 2")
        connection.execute(
            "update carer set role = 'resident',"
            " resident_id = (select resident_id from resident where home_id = 'a2') where carer_id = 2"
        )
    resident = {"organisation": "a", "carer": "2", "scope": "circle"}
    for table in (
        walled(town) - {"organisation", "carer", "care"} - OWN - ARRANGED - WAYS - OF_WAYS - ROTAS
    ):
        assert homes_seen(town, table, **resident) == ["a2"], table


@pytest.mark.parametrize(
    "statement",
    [
        "select arrange_order('b1', array[3::bigint])",
        "select arrange_order('a1', array[1::bigint])",
        "select join_care('b1', 3)",
        "select join_care('a1', 3)",
        "select end_care('b1', 3, now())",
        "select end_care('a2', 2, now())",
        "select end_care('a1', 1, now())",
        "select end_carer(3, now())",
        "select end_carer(2, now())",
        "select demand_second_factor(true)",
    ],
)
def test_nobody_arranges_what_is_not_theirs(town: Database, statement: str) -> None:
    ann = {"organisation": "a", "carer": "1", "scope": "organisation"}
    with as_visitor(town, **ann) as connection:
        assert connection.execute(statement.encode()).fetchone() == (False,)
    with psycopg.connect(town.url) as connection:
        whole = connection.execute("select count(*) from care").fetchone()
        shut = connection.execute("select count(*) from carer where disabled_at is not null")
        assert (whole, shut.fetchone()) == ((4,), (0,))


@pytest.mark.parametrize(
    ("home", "role", "carer", "allowed"),
    [
        ("a1", "family_carer", 1, True),
        ("a1", "care_worker", 1, False),
        ("a1", "family_carer", 2, False),
        ("a2", "family_carer", 1, False),
        ("b1", "family_carer", 1, False),
        (None, "organisation_admin", 1, False),
    ],
)
def test_family_invites_family_into_the_own_circle_only(
    town: Database, home: str | None, role: str, carer: int, *, allowed: bool
) -> None:
    ann = {"organisation": "a", "carer": "1", "scope": "circle"}
    statement = (
        "insert into invitation (organisation_id, token_hash, name, role, home_id, invited_by,"
        " created_at, expires_at) values ('a', 'x', 'N', %s, %s, %s, now(), now())"
    )
    with as_visitor(town, **ann) as connection:
        if allowed:
            assert connection.execute(statement, (role, home, carer)).rowcount == 1
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement, (role, home, carer))


def test_without_a_visitor_nothing_is_shown(town: Database) -> None:
    for table in walled(town) - OWN - WAYS - OF_WAYS - ROTAS:
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
    for table in (
        walled(town) - {"organisation", "carer", "care"} - OWN - ARRANGED - WAYS - OF_WAYS - ROTAS
    ):
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
    for table in (
        walled(town) - {"organisation", "carer", "care"} - OWN - ARRANGED - WAYS - OF_WAYS - ROTAS
    ):
        assert homes_seen(town, table, **ann) == ["a1"], table
    assert homes_seen(town, "care", **ann) == ["a1", "a1"]  # and who else cares for it
    for scope in ("", "Organisation", "all"):
        assert homes_seen(town, "home", **(ann | {"scope": scope})) == ["a1"], scope


def test_a_carer_of_another_organisation_sees_nothing(town: Database) -> None:
    for table in walled(town) - {"organisation", "carer"} - OWN - WAYS - OF_WAYS - ROTAS:
        assert homes_seen(town, table, organisation="b", carer="1", scope="circle") == [], table


@pytest.mark.parametrize(
    "table", ["self_test", "self_test_message", "self_test_answer", "delivery"]
)
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
                "select carer_id from self_test order by 1"
                if table == "self_test"
                else "select carer_id from delivery join self_test_message using (delivery_id) order by 1"
                if table == "delivery"
                else f"select s.carer_id from {table} join self_test s using (self_test_id) order by 1"
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


@pytest.mark.parametrize(
    "statement",
    [
        "insert into own_contact (carer_id, channel, address, created_at) values (2, 'sms', 'y', now())",
        "insert into telling_choice values (3, 'name', now())",
        "insert into contact_test (carer_id, channel, asked_at) values (2, 'sms', now())",
        "insert into contact_test (carer_id, channel, contact_id, asked_at) values (1, 'sms', 2, now())",
        "insert into delivery_seen select max(delivery_id), 1, now() from delivery where kind = 'alert'",
        # a weekly test of somebody else, whose messages are seen
        "insert into delivery_seen select delivery_id, 1, now() from delivery where carer_id = 2",
        "insert into delivery_seen select delivery_id, 2, now() from delivery where carer_id = 2",
    ],
)
def test_nobody_changes_or_confirms_for_somebody_else(town: Database, statement: str) -> None:
    ann = {"organisation": "a", "carer": "1", "scope": "organisation"}
    with as_visitor(town, **ann) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
        connection.rollback()
    with as_visitor(town, **ann) as connection:
        changed = connection.execute(
            "update own_contact set removed_at = now() where carer_id <> 1"
        )
        assert changed.rowcount == 0


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
