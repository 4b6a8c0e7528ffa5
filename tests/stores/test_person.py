"""Everything about one person can be found, read out, and erased: in every table there is."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import psycopg
import pytest
from psycopg import sql

from core.model.errors import Malformed, Misconfigured
from core.model.ids import ResidentId
from core.store import disk, person
from core.store.holdings import ELSEWHERE, HOLDINGS
from core.store.pool import Connection, connect
from tests.journeys.searching import in_tables
from tests.servers.databases import Database
from tests.stores.marking import mark
from tests.stores.seed import SEED
from wayhome import subject_archive

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
MARK = "Zwanzigfach"
"""A word that stands in every text about the one person, and nowhere else."""
LEAST_MARKED = 70
"""Columns that the word stands in."""
SECOND = """
insert into resident (home_id, name) values ('a1', 'Other');
insert into device (home_id, family, external_id, name, placement, resident_id)
  select home_id, 'wayhome', 'watch', 'watch', 'worn', resident_id from resident where name = 'R';
insert into observation (observed_at, device_id, quantity, value, home_id, received_at)
  select now(), device_id, 'battery', 1, home_id, now() from device where placement = 'worn';
"""
OWN_ACCOUNT = """
insert into carer (carer_id, organisation_id, login, name, role, password_hash, resident_id)
  overriding system value select 900, 'a', 'ada', 'Ada', 'resident', '', resident_id from resident
  where home_id = 'a1';
insert into quiet_hours values (900, 'UTC', '[]', now());
insert into login_attempt (login, at, succeeded, address) values ('ada', now(), true, 'x');
insert into self_test (carer_id, asked_at) values (900, now());
insert into delivery (carer_id, channel, step, next_try_at, kind) values (900, 'web', 0, now(), 'lost');
"""


@pytest.fixture
def town(database: Database) -> Database:
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute(OWN_ACCOUNT)
    return database


@pytest.fixture
async def owner(town: Database) -> AsyncIterator[Connection]:
    async with connect(town.url, autocommit=True) as connection:
        yield connection


def tables(town: Database) -> set[str]:
    with psycopg.connect(town.url) as connection:
        found = connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'p') and relname not like '%yoyo%'"
        ).fetchall()
    return {str(name) for (name,) in found}


def counts(town: Database) -> dict[str, int]:
    with psycopg.connect(town.url) as connection:
        found = {}
        for table in tables(town):
            query = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
            (number,) = connection.execute(query).fetchone() or (0,)
            found[table] = cast("int", number)
    return found


def test_every_table_says_how_it_leads_to_a_person(town: Database) -> None:
    held = [one.table for one in HOLDINGS]
    assert len(held) == len(set(held))
    assert set(held) & set(ELSEWHERE) == set()
    assert set(held) | set(ELSEWHERE) == tables(town)
    assert all(one.title and one.title[0].isupper() for one in HOLDINGS)


async def test_an_erasure_leaves_nothing_and_touches_nobody_else(
    town: Database, owner: Connection
) -> None:
    ada = await person.subject(owner, ResidentId(1))
    assert (ada.home_id, ada.alone) == ("a1", True)
    with psycopg.connect(town.url) as connection:
        assert len(mark(connection, "a1", MARK)) > LEAST_MARKED
    await owner.execute("analyze")
    before = counts(town)
    seen: list[str] = []
    before_all = {table for table, _ in in_tables(town.url, [MARK])}
    assert {"public.alert", "public.profile_photo", "pg_catalog.pg_statistic"} <= before_all
    async with owner.transaction():
        devices = await person.quieten(owner, ada, NOW)
    async with owner.transaction():
        done = await person.erase(owner, ada, (NOW, "asked for"), seen.append)
    assert await person.sweep(owner, ada, devices) == 0
    assert await person.remaining(owner, ada) == {}
    assert sorted(seen) == sorted(one.table for one in person.holdings_of(ada))
    after = counts(town)
    assert await disk.clean(owner, (one.table for one in HOLDINGS), done.rows) == ()
    assert in_tables(town.url, [MARK]) == set()
    assert {table for table, _ in in_tables(town.url, ["(a1,", ",a1,", "homes/a1/"])} == {
        "public.access_record",
        "public.erasure",
    }
    # each of the three homes of the seed has as much as any other
    for table, gone in done.rows.items():
        # its own account has rows beside those of the home, and the seed's doors lead into other homes
        if table not in {
            "carer",
            "quiet_hours",
            "self_test",
            "delivery",
            "login_attempt",
            "room_door",
        }:
            assert before[table] == after[table] + gone, table
    assert after["access_record"] == before["access_record"]
    assert after["resident"] == 2
    (proof,) = await person.erasures(owner)
    assert proof == done
    assert (proof.whole_home, proof.reason, proof.rows["observation"]) == (True, "asked for", 1)


async def test_while_what_takes_long_is_erased_detection_and_alerting_go_on(
    town: Database, owner: Connection
) -> None:
    """They would wait for the one home's rows, and all other homes for them."""
    ada = await person.subject(owner, ResidentId(1))
    looked = []

    def meanwhile(table: str) -> None:
        if table not in {"observation", "position"}:
            return
        looked.append(table)
        with psycopg.connect(town.url, options="-c lock_timeout=2000") as other:
            other.execute("update engine_snapshot set step = step where home_id = 'a1'")
            other.execute("delete from forecast where home_id = 'a1'")
            other.execute("select 1 from alert where home_id = 'a1' for no key update")
            other.execute("select 1 from home where home_id = 'a1' for key share")
            other.rollback()

    async with owner.transaction():
        await person.erase(owner, ada, (NOW, "asked for"), meanwhile)
    assert sorted(looked) == ["observation", "position"]
    assert await person.remaining(owner, ada) == {}


async def test_where_another_lives_on_what_the_home_shares_stays(
    town: Database, owner: Connection
) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute(SECOND)
    ada = await person.subject(owner, ResidentId(1))
    assert not ada.alone
    async with owner.transaction():
        done = await person.erase(owner, ada, (NOW, "asked for"))
    assert done.rows["resident"] == 1
    assert done.rows["observation"] == 1, "the watch, not the sensor of the hall"
    assert {"home", "room", "care", "quarantine"} & set(done.rows) == set()
    left = await person.subjects(owner)
    assert [(one.home_id, one.name, one.alone) for one in left if one.home_id == "a1"] == [
        ("a1", "Other", True)
    ]


WORN = """
insert into finding (home_id, detector, subject, severity, audience, phase, onset, noticed_at, what, step)
  select 'a1', v.detector, replace(v.subject, '?', d.device_id::text), 'urgent', 'carers', 'opened', now(),
    now(), v.what, 1 from device d cross join (values ('sos', 'device:?', 'Zwanziger (watch)'),
    ('liveness', 'device:?:battery', 'Zwanziger (watch)'), ('day_change', 'bath', 'Theirs'),
    ('sos', 'device:?1', 'Theirs')) as v(detector, subject, what)
  where d.placement = 'worn' and d.home_id = 'a1';
insert into alert (home_id, detector, subject, severity, audience, onset, opened_at, what, advice)
  select home_id, detector, subject, severity, audience, onset, now(), what, '' from finding
  where what ~ 'Zwanziger|Theirs';
insert into alert_finding (alert_id, finding_id) select a.alert_id, f.finding_id from alert a
  join finding f using (home_id, detector, subject, onset) where a.what ~ 'Zwanziger|Theirs';
insert into response (alert_id, carer_id, kind, at, comment)
  select alert_id, 1, 'comment', now(), 'Zwanziger: I rang' from alert where what like 'Zwanziger%';
"""


async def test_what_is_told_of_something_that_one_of_two_wears_is_theirs(
    town: Database, owner: Connection, tmp_path: Path
) -> None:
    """No detector names one of two; yet who pressed the button on her wrist is no secret of the home."""
    with psycopg.connect(town.url) as connection:
        connection.execute(SECOND)
        connection.execute(WORN)
    ada = await person.subject(owner, ResidentId(1))
    async with owner.transaction():
        parts = await subject_archive.write(owner, ada, tmp_path / "ada.zip", NOW)
    rows = {part.file.removeprefix("tables/").removesuffix(".csv"): part.rows for part in parts}
    assert (rows["finding"], rows["alert"], rows["response"]) == (2, 2, 2)
    with zipfile.ZipFile(tmp_path / "ada.zip") as archive:
        for table in ("finding", "alert", "response"):
            text = archive.read(f"tables/{table}.csv").decode()
            assert ("Zwanziger" in text, "Theirs" in text) == (True, False), table
    async with owner.transaction():
        await person.erase(owner, ada, (NOW, "asked for"))
    assert in_tables(town.url, ["Zwanziger"]) == set()
    assert "public.finding" in {table for table, _ in in_tables(town.url, ["Theirs"])}


async def test_what_a_gateway_had_in_hand_is_swept(town: Database, owner: Connection) -> None:
    ada = await person.subject(owner, ResidentId(1))
    async with owner.transaction():
        devices = await person.quieten(owner, ada, NOW)
    async with owner.transaction():
        await person.erase(owner, ada, (NOW, "asked for"))
    with psycopg.connect(town.url) as connection:
        connection.execute(
            "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
            " values (now(), %s, 'motion', 1, 'a1', now())",
            (devices[0],),
        )
        connection.execute(
            "insert into discovered values ('a1', 'f', 'late', now(), now(), 1, 't', '')"
        )
    assert await person.sweep(owner, ada, devices) == 2


async def test_only_who_sees_every_row_may_erase(town: Database) -> None:
    async with connect(town.url_as("wayhome_operator")) as connection:
        with pytest.raises(Misconfigured, match="owner"):
            await person.check_sees_all(connection)
        with pytest.raises(Malformed, match="resident"):
            await person.subject(connection, ResidentId(12345))
