"""Migrations: side by side on one cluster, by an owner without special powers, and quiet about secrets."""

from __future__ import annotations

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest

from core.model.errors import Misconfigured, StoreUnavailable
from core.store import migrate as migrations
from core.store.migrate import FOLDER, ROLES, migrate
from tests.servers.databases import Database
from wayhome.embedded.postgres import EmbeddedPostgres

PASSWORDS = {role: f"p@ss/{role}:%" for role in ROLES}


def as_role(url: str, role: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{place}"))


def run(url: str) -> int:
    for _ in range(3):
        migrate(url, passwords=PASSWORDS)
    with psycopg.connect(as_role(url, "wayhome_gateway", PASSWORDS["wayhome_gateway"])) as one:
        row = one.execute("select count(*) from observation").fetchone()
    assert row is not None
    return int(row[0])


def make(server: EmbeddedPostgres, *names: str) -> list[str]:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        for name in names:
            connection.execute(f"create database {name}".encode())
    return [server.url(name) for name in names]


def test_processes_on_one_cluster_do_not_disturb_each_other(own_postgres: EmbeddedPostgres) -> None:
    first, second = make(own_postgres, "first", "second")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=context) as processes:
        assert list(processes.map(run, [first, second, first, second])) == [0, 0, 0, 0]


def test_the_owner_need_not_be_a_superuser(own_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(own_postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("create role boss login createrole password 'p@s/s:w%rd#'")
        connection.execute("create database mine owner boss")
    boss = as_role(own_postgres.url("mine"), "boss", "p@s/s:w%rd#")
    assert len(migrate(boss, passwords=PASSWORDS).applied) == len(list(FOLDER.glob("*.sql")))
    assert migrate(boss, passwords=PASSWORDS).applied == ()
    registrar, dashboard = (
        as_role(boss, role, PASSWORDS[role]) for role in ("wayhome_registrar", "wayhome_dashboard")
    )
    with psycopg.connect(registrar) as connection:
        connection.execute("insert into organisation (organisation_id, name) values ('a', 'A')")
        connection.execute(
            "insert into carer (organisation_id, login, name, role, password_hash)"
            " values ('a', 'ann', 'Ann', 'organisation_admin', 'hash')"
        )
        connection.execute(
            "insert into home (home_id, organisation_id, name) values ('h', 'a', 'H')"
        )
    with psycopg.connect(dashboard) as connection:
        connection.execute(
            "select set_config('wayhome.carer', '1', true), set_config('wayhome.scope', '', true)"
        )
        connection.execute(
            "insert into login_session values ('x', 1, 'c', now(), now() + interval '1 hour')"
        )
        found = connection.execute("select name from carer_for_login('ann')").fetchall()
        behind = connection.execute("select name from carer_for_session('x', now())").fetchall()
        assert connection.execute("select name from carer").fetchall() == []
    assert found == behind == [("Ann",)]
    with psycopg.connect(dashboard) as connection:
        connection.execute(
            "select set_config('wayhome.carer', '1', true), set_config('wayhome.organisation', 'a', true),"
            " set_config('wayhome.scope', 'organisation', true)"
        )
        connection.execute(
            "insert into access_record (at, carer_id, home_id, page) values (now(), 1, 'h', 'p')"
        )
        connection.execute(
            "insert into invitation (organisation_id, token_hash, name, role, home_id, invited_by,"
            " created_at, expires_at)"
            " values ('a', 'x', 'Bo', 'family_carer', 'h', 1, now(), now() + interval '1 hour')"
        )
        made = connection.execute("select accept_invitation('x', now(), 'Bo', 'bo', '')").fetchone()
        assert made == (2,)
        assert connection.execute("select end_carer(2, now())").fetchone() == (True,)
        assert connection.execute("select home_id from care").fetchall() == []


OF_0014 = """
insert into organisation (organisation_id, name) values ('a', 'A');
insert into home (home_id, organisation_id, name) values ('h', 'a', 'H');
insert into alert (home_id, detector, severity, audience, onset, opened_at, what, policy)
    values ('h', 'd', 'urgent', 'carers', now(), now(), 'x',
        '{"since": "2026-01-01T09:00:00Z", "first_step": 0, "asked": null}');
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
    select 'h', 'd', 'urgent', 'carers', phase, '2026-01-01', '2026-01-01', 'x', 1
    from (values ('opened'), ('cleared')) p (phase);
"""
OF_0025 = """
insert into hub_credential (home_id, client, about, topics, asked_at, code_hash, code_key, code_ends_at,
        serial, fingerprint, issued_at, ends_at, taken_at)
    select 'h', 'hub-h-' || n, 'hub', '{x}', now(), sha256(n::text::bytea), sha256('k'), now(),
        n, sha256('f'), now(), now(), '2026-01-01T09:00:00Z' from generate_series(1, 2) n;
"""
# Paused for a day: of the first part nothing is kept to count it from.
OF_0050 = """
insert into carer (carer_id, organisation_id, login, name, role, password_hash) overriding system value
    values (7, 'a', 'tim', 'Tim', 'technician', '');
insert into home_step (home_id, carer_id, at, stage, reason) values
    ('h', 7, '2026-01-02', 'live', ''), ('h', 7, '2026-01-05 10:00Z', 'paused', 'r'),
    ('h', 7, '2026-01-06 10:00Z', 'live', '');
insert into device (device_id, home_id, family, external_id, name, placement) overriding system value
    values (7, 'h', 'zigbee2mqtt', 'x', 'X', 'room');
insert into observation (observed_at, device_id, quantity, value, home_id, received_at)
    values ('2026-01-05 09:00Z', 7, 'motion', 1, 'h', '2026-01-05 09:00Z');
insert into day_count (home_id, day, counted_at, settled, seen, active, seen_min, active_min, facts)
    select 'h', '2026-01-04'::date + n, now(), true, array_fill(15, array[96]), array_fill(0, array[96]),
        1440, 0, '{}' from generate_series(0, 3) n;
"""


def up_to(last: str, folder: Path, url: str, patch: pytest.MonkeyPatch) -> None:
    """Migrate by the migrations up to one of them, as an older release did."""
    for path in FOLDER.glob("*.sql"):
        if path.name[:4] <= last:
            (folder / path.name).write_bytes(path.read_bytes())
    with patch.context() as patched:
        patched.setattr(migrations, "FOLDER", folder)
        migrate(url)


def test_an_upgrade_by_an_owner_without_special_powers_changes_what_it_must(
    own_postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the walls such an owner sees no row: what a migration makes of rows was made of none."""
    with psycopg.connect(own_postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("create role boss login createrole password 'boss'")
        connection.execute("create database old owner boss")
    boss = as_role(own_postgres.url("old"), "boss", "boss")
    with psycopg.connect(own_postgres.url("old"), autocommit=True) as superuser:
        for last, rows in (("0014", OF_0014), ("0025", OF_0025), ("0050", OF_0050)):
            up_to(last, tmp_path, boss, monkeypatch)
            superuser.execute(rows.encode())
        migrate(boss)
        assert superuser.execute("select count(*) from alert_run").fetchone() == (1,)
        going = "select phase, goes_on from finding order by finding_id"
        assert superuser.execute(going).fetchall() == [("opened", False), ("cleared", True)]
        replaced = "select client, replaced_at is not null from hub_credential order by 1"
        assert superuser.execute(replaced).fetchall() == [("hub-h-1", True), ("hub-h-2", False)]
        settled = "select settled from day_count order by day"
        assert superuser.execute(settled).fetchall() == [(True,), (True,), (False,), (True,)]
        bare = (
            "select relname from pg_class c where relrowsecurity and not relforcerowsecurity"
            " and relname in ('alert', 'alert_run', 'finding', 'hub_credential', 'home', 'home_step',"
            " 'day_count', 'device', 'observation')"
        )
        assert superuser.execute(bare).fetchall() == []


def test_what_a_migration_makes_of_rows_it_makes_of_all() -> None:
    """A change of rows lifts the walls for it, or an owner that is no superuser changes none."""
    for path in sorted(FOLDER.glob("*.sql")):
        text = re.sub(r"(\$\w*\$).*?\1", "", path.read_text("utf-8"), flags=re.DOTALL)
        for table in re.findall(r"^(?:update|delete from|insert into) (\w+)", text, re.MULTILINE):
            if path.name[:4] > "0036":
                assert f"alter table {table} no force row level security;" in text, path.name


def test_a_new_password_is_in_no_log_of_the_server(own_postgres: EmbeddedPostgres) -> None:
    (url,) = make(own_postgres, "logged")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter system set log_statement = 'all'")
        connection.execute("select pg_reload_conf()")
    run(url)
    logs = [path for path in Path(own_postgres.folder).rglob("*log*") if path.is_file()]
    text = "".join(path.read_text(errors="replace") for path in logs)
    assert "alter role" in text
    assert "p@ss/" not in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://owner:hunt%zzer2@127.0.0.1/x",
        "host=127.0.0.1 user=owner password=hunter2 dbname=x",
        "mysql://owner:hunter2@127.0.0.1/x",
        "",
    ],
)
def test_what_is_no_address_is_said_without_its_text(url: str) -> None:
    with pytest.raises(Misconfigured, match="database_url") as said:
        migrate(url)
    assert "hunt" not in str(said.value)
    assert said.value.__suppress_context__ or said.value.__context__ is None


def test_a_wrong_password_is_no_defect(own_postgres: EmbeddedPostgres) -> None:
    with pytest.raises(StoreUnavailable) as said:
        migrate(as_role(own_postgres.url("postgres"), "wayhome", "hunter2"))
    assert "hunter2" not in str(said.value)


def test_a_run_that_was_killed_does_not_lock_the_next_one_out(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute("insert into yoyo_lock (locked, ctime, pid) values (1, now(), 4711)")
    assert migrate(plain_database.url).applied == ()


def test_a_role_that_may_not_migrate_is_named(plain_database: Database) -> None:
    with pytest.raises(Misconfigured, match="a role that may create roles and tables"):
        migrate(plain_database.url_as("wayhome_gateway"))


def test_an_owner_who_did_not_make_the_roles_is_told_what_to_run(
    own_postgres: EmbeddedPostgres,
) -> None:
    (first,) = make(own_postgres, "first")
    migrate(first, passwords=PASSWORDS)  # another system on the same server made them
    with psycopg.connect(own_postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("create role boss login createrole password 'boss'")
        connection.execute("create database mine owner boss")
    boss = as_role(own_postgres.url("mine"), "boss", "boss")
    with pytest.raises(Misconfigured, match="made by another role") as raised:
        migrate(boss, passwords=PASSWORDS)
    (command,) = re.findall(r"grant [^;]+;", str(raised.value))
    with psycopg.connect(own_postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(command.encode())
    assert len(migrate(boss, passwords=PASSWORDS).applied) == len(list(FOLDER.glob("*.sql")))


def test_roles_that_are_as_they_should_be_need_no_right_over_them(
    own_postgres: EmbeddedPostgres,
) -> None:
    (first,) = make(own_postgres, "first")
    migrate(first, passwords=PASSWORDS)
    with psycopg.connect(own_postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("create role boss login password 'boss'")
        connection.execute("create database mine owner boss")
    boss = as_role(own_postgres.url("mine"), "boss", "boss")
    assert len(migrate(boss).applied) == len(list(FOLDER.glob("*.sql")))
