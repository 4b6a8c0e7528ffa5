"""Files of the database let go of deleted rows, or it is said what hinders them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from core.store import disk
from core.store.pool import connect
from tests.journeys.searching import files_below, in_files
from tests.servers.databases import Database
from wayhome.embedded import postgres

if TYPE_CHECKING:
    from wayhome.embedded.postgres import EmbeddedPostgres

WORD = "Floccinaucinihilipilification"


async def test_the_log_of_changes_ends_with_every_file_from_before(
    own_postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = own_postgres.data / "pg_wal"
    own_postgres.stop()
    with monkeypatch.context() as before:  # a server that keeps files of it to be used again
        before.setitem(postgres._SETTINGS, "wal_recycle", "on")
        own_postgres.start()
        with psycopg.connect(own_postgres.url(), autocommit=True) as owner:
            owner.execute("create table said (words text)")
            for _ in range(3):
                owner.execute("insert into said select %s from generate_series(1, 999)", (WORD,))
                owner.execute("select pg_switch_wal()")
                owner.execute("checkpoint")
            owner.execute("truncate said")
        async with connect(own_postgres.url(), autocommit=True) as connection:
            assert "wal_recycle = on" in await disk.end_log(connection)
        own_postgres.stop()
    own_postgres.start()
    assert in_files(files_below(log), [WORD])
    async with connect(own_postgres.url(), autocommit=True) as connection:
        assert await disk.end_log(connection) == ""
        assert in_files(files_below(log), [WORD]) == set()
        assert in_files(files_below(own_postgres.data), [WORD]) == set()
        await connection.execute("select pg_create_physical_replication_slot('a_copy', true)")
        assert "replication slot a_copy" in await disk.end_log(connection)


async def test_a_large_table_is_left_to_who_asks_for_it(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "SMALL_BYTES", 100_000)
    monkeypatch.setattr(disk, "LOCK_WAIT", "50ms")
    async with connect(plain_database.url, autocommit=True) as connection:
        for table in ("organisation", "home"):  # the server's own cleaning locks a table for longer
            await connection.execute(f"alter table {table} set (autovacuum_enabled = off)".encode())
        await connection.execute(
            "insert into organisation select 'o' || n, repeat(%s, 20) from generate_series(1, 999) n",
            (WORD,),
        )
        await connection.execute("delete from organisation where organisation_id <> 'o999'")
        both = ("organisation", "home")
        assert await disk.clean(connection, both, ["home"]) == (), "nobody asked about it"
        assert await disk.clean(connection, both, both) == ("organisation",)
        with psycopg.connect(plain_database.url) as other:
            other.execute("lock table home in access share mode")
            assert await disk.clean(connection, ("home",), ("home",)) == ("home",), "it is in use"
        assert await disk.clean(connection, both, both, whole=True) == ()


async def test_what_somebody_still_reads_as_it_was_is_not_said_to_be_gone(
    own_postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup or an archive that is being written keeps what was deleted since it began, in each table."""
    monkeypatch.setattr(disk, "READERS_WAIT_S", 0.1)
    with psycopg.connect(own_postgres.url(), autocommit=True) as owner:
        owner.execute("create table said (words text)")
        owner.execute("create table other (words text)")
        owner.execute("insert into said select %s from generate_series(1, 99)", (WORD,))
    with psycopg.connect(own_postgres.url()) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("select 1 from other")  # it has not come to the other table yet
        async with connect(own_postgres.url(), autocommit=True) as connection:
            await connection.execute("delete from said")
            assert await disk.clean(connection, ["said"], ["said"]) == ("said",)
            await connection.execute("checkpoint")
            assert in_files(files_below(own_postgres.data / "base"), [WORD]), "and it is true"
        assert reader.execute("select count(*) from said").fetchone() == (99,)
    async with connect(own_postgres.url(), autocommit=True) as connection:
        assert await disk.clean(connection, ["said"], ["said"]) == ()
        await connection.execute("checkpoint")
        assert in_files(files_below(own_postgres.data / "base"), [WORD]) == set()


async def test_who_is_no_superuser_is_told_what_a_superuser_does(
    own_postgres: EmbeddedPostgres,
) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("create role small login password 'small' createrole bypassrls")
        connection.execute("create database small owner small")
    url = own_postgres.url("small").replace("//wayhome:", "//small:", 1)
    url = url.replace(own_postgres.url().split("@")[0].rpartition(":")[2], "small", 1)
    async with connect(url, autocommit=True) as connection:
        await connection.execute("create table said (words text)")
        assert await disk.clean(connection, ("said",), ("said",)) == ()
        assert "a superuser sets wal_recycle = off" in await disk.end_log(connection)
