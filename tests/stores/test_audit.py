"""The record of who looked: chained by the database, added to only, and any change of it is found."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from core.model.ids import CarerId, HomeId, OrganisationId
from core.store.account import CarerRole, Visitor, acting, record_access
from core.store.audit import Break, ChainReport, Head, verify
from core.store.migrate import FOLDER
from core.store.pool import connect, open_pool
from tests.servers.databases import Database

NOW = datetime(2026, 1, 15, 3, 20, tzinfo=UTC)
SEED = """
insert into organisation (organisation_id, name) values ('a', 'A'), ('b', 'B');
insert into home (home_id, organisation_id, name) values ('a1', 'a', 'x'), ('a2', 'a', 'x'), ('b1', 'b', 'x');
insert into carer (carer_id, organisation_id, login, name, role, password_hash) overriding system value
  values (1, 'a', 'ann', 'Ann', 'care_worker', ''), (3, 'b', 'bob', 'Bob', 'care_worker', '');
"""
LOOKS = "select access_id, at, carer_id, home_id, page from access_record order by access_id"


@pytest.fixture
def seeded(database: Database) -> Database:
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED.encode())
    return database


def visitor(carer: int, organisation: str) -> Visitor:
    return Visitor(
        carer_id=CarerId(carer),
        organisation_id=OrganisationId(organisation),
        organisation="",
        name="",
        role=CarerRole.CARE_WORKER,
        csrf="",
        created_at=NOW,
        expires_at=NOW,
    )


async def look(database: Database, times: int = 1) -> None:
    """Let Ann look at two homes and Bob at one, so many times."""
    async with open_pool(database.url_as("wayhome_dashboard")) as pool:
        for number in range(times):
            at = NOW + timedelta(minutes=number)
            async with acting(pool, visitor(1, "a")) as connection:
                await record_access(
                    connection, visitor(1, "a"), [HomeId("a1"), HomeId("a2")], "tägliches 'x'", at
                )
            async with acting(pool, visitor(3, "b")) as connection:
                await record_access(connection, visitor(3, "b"), [HomeId("b1")], "today", at)


async def checked(database: Database, *anchors: Head) -> ChainReport:
    async with connect(database.url_as("wayhome_operator")) as connection:
        return await verify(connection, anchors)


def tamper(database: Database, *statements: str) -> None:
    """Do what only the owner can: switch the guards off, then write."""
    with psycopg.connect(database.url) as connection:
        connection.execute("alter table access_record disable trigger user")
        connection.execute("alter table audit_head disable trigger user")
        for statement in statements:
            connection.execute(statement.encode())


async def test_an_untouched_record_holds(seeded: Database) -> None:
    assert await checked(seeded) == ChainReport(ok=True, records=0, heads=(), breaks=())
    await look(seeded, 3)
    report = await checked(seeded)
    assert (report.ok, report.records) == (True, 9)
    assert [(one.organisation_id, one.sequence) for one in report.heads] == [("a", 6), ("b", 3)]


async def test_looks_side_by_side_make_one_chain_without_forks(seeded: Database) -> None:
    async with open_pool(seeded.url_as("wayhome_dashboard"), most=8) as pool:

        async def one() -> None:
            async with acting(pool, visitor(1, "a")) as connection:
                await record_access(connection, visitor(1, "a"), [HomeId("a1")], "today", NOW)

        async with asyncio.TaskGroup() as group:
            for _ in range(40):
                group.create_task(one())
    report = await checked(seeded)
    assert (report.ok, report.heads[0].sequence) == (True, 40)


@pytest.mark.parametrize(
    "statement",
    [
        "update access_record set page = 'nothing'",
        "delete from access_record where home_id = 'a1'",
        "truncate access_record",
        "truncate audit_head",
    ],
)
async def test_even_the_owner_is_refused_a_change(seeded: Database, statement: str) -> None:
    await look(seeded)
    with (
        psycopg.connect(seeded.url) as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match="only ever added to"),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "update access_record set page = 'x'",
        "delete from access_record",
        "truncate access_record",
    ],
)
async def test_no_service_has_the_right(seeded: Database, statement: str) -> None:
    for role in ("dashboard", "operator", "registrar", "alerts"):
        with (
            psycopg.connect(seeded.url_as(f"wayhome_{role}")) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("statement", "sequence", "what"),
    [
        ("update access_record set page = 'y' where sequence = 3", 3, "was changed"),
        ("update access_record set carer_id = 3 where sequence = 2", 2, "was changed"),
        ("update access_record set at = at + interval '1 us' where sequence = 6", 6, "was changed"),
        ("update access_record set role = 'clinician' where sequence = 1", 1, "was changed"),
        ("delete from access_record where sequence = 4", 4, "is missing"),
        ("delete from access_record where sequence > 4", 5, "missing at the end"),
        ("delete from access_record where sequence = 1", 1, "is missing"),
        ("truncate access_record", 1, "missing at the end"),
        ("truncate audit_head", 6, "head of the chain is missing"),
        ("update access_record set hash = sha256('x') where sequence = 5", 5, "was changed"),
    ],
)
async def test_what_the_owner_did_by_force_is_found(
    seeded: Database, statement: str, sequence: int, what: str
) -> None:
    await look(seeded, 3)
    tamper(seeded, statement)
    report = await checked(seeded)
    assert not report.ok
    first = report.breaks[0]
    assert (first.organisation_id, first.sequence) == ("a", sequence)
    assert what in first.what


async def test_a_chain_that_was_written_anew_is_found_with_what_was_kept_elsewhere(
    seeded: Database,
) -> None:
    await look(seeded, 3)
    kept = (await checked(seeded)).heads
    await look(seeded)
    assert (await checked(seeded, *kept)).ok
    with psycopg.connect(seeded.url) as connection:
        connection.execute("alter table access_record disable trigger append_only")
        connection.execute("alter table audit_head disable trigger user")
        connection.execute("create temporary table kept as select * from access_record")
        connection.execute("delete from access_record")
        connection.execute("delete from audit_head")
        connection.execute(
            "insert into access_record (at, carer_id, role, home_id, page)"
            " select at, carer_id, role, home_id, page from kept where sequence <> 2 order by sequence"
        )
    assert (await checked(seeded)).ok, "by itself it looks right"
    report = await checked(seeded, *kept)
    assert report.breaks[0].what == "an earlier check saw another record here"


async def test_a_record_that_is_gone_altogether_is_missed(seeded: Database) -> None:
    await look(seeded)
    kept = (await checked(seeded)).heads
    tamper(seeded, "truncate access_record", "truncate audit_head")
    assert (await checked(seeded)).ok
    report = await checked(seeded, *kept)
    assert report.breaks[0] == Break(
        organisation_id="a",
        sequence=1,
        access_id=None,
        what="records that an earlier check saw are missing",
    )


async def test_what_was_recorded_before_there_was_a_chain_becomes_its_beginning(
    empty_url: str,
) -> None:
    files = sorted(FOLDER.glob("*.sql"))
    place = next(number for number, file in enumerate(files) if file.stem == "0014_people")
    with psycopg.connect(empty_url) as connection:
        connection.execute("create table _yoyo_migration (migration_id text)")
        for file in files[:place]:
            connection.execute(file.read_bytes())
        connection.execute(SEED.encode())
        connection.execute(
            "insert into access_record (at, carer_id, home_id, page) values"
            " (now(), 1, 'a1', 'today'), (now(), 3, 'b1', 'today'), (now(), 1, 'gone', 'alert')"
        )
        before = connection.execute(LOOKS).fetchall()
        connection.execute(files[place].read_bytes())
        assert connection.execute(LOOKS).fetchall() == before
    async with connect(empty_url) as reading:
        report = await verify(reading)
    assert (report.ok, report.records) == (True, 3)
    assert [(one.organisation_id, one.sequence) for one in report.heads] == [("a", 2), ("b", 1)]
