"""Fixtures: the two kinds of database server, and a fresh migrated database for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.databases import Database, DatabaseServer, new_template, with_database
from tests.servers.timescale import timescale_url
from wayhome.embedded.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("plain", "timescale")
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30


def server_folder() -> Path:
    """Make a folder that the unprivileged user of a server started by root can reach."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_BYTES
    place = MEMORY if roomy else Path(tempfile.gettempdir())
    for left in place.glob("wayhome-test-*-*"):  # by sessions that were killed
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"wayhome-test-{os.getpid()}-", dir=place))
    folder.chmod(0o711)
    return folder


@pytest.fixture(scope="session")
def plain_server() -> Iterator[DatabaseServer]:
    """Run a PostgreSQL from the wheel, without extensions, for the whole session."""
    folder = server_folder()
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    postgres.start()
    try:
        server = DatabaseServer(kind="plain", url=postgres.url, template=new_template())
        server.prepare()
        yield server
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def timescale_server() -> Iterator[DatabaseServer]:
    """Use a server that has the TimescaleDB extension."""
    with timescale_url() as url:
        server = DatabaseServer(
            kind="timescale",
            url=lambda name: with_database(url, name),
            template=new_template(),
        )
        if "WAYHOME_TEST_DSN" not in os.environ:
            server.sweep()
        server.prepare()
        yield server
        server.drop(server.url(server.template))


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run the test once on plain PostgreSQL and once on TimescaleDB."""
    return str(request.param)


@pytest.fixture
def database(database_kind: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Give a fresh, migrated, empty database of either kind."""
    yield from fresh(request.getfixturevalue(f"{database_kind}_server"))


@pytest.fixture
def plain_database(plain_server: DatabaseServer) -> Iterator[Database]:
    """Give a fresh, migrated, empty database on plain PostgreSQL."""
    yield from fresh(plain_server)


@pytest.fixture
def timescale_database(timescale_server: DatabaseServer) -> Iterator[Database]:
    """Give a fresh, migrated, empty database on TimescaleDB."""
    yield from fresh(timescale_server)


@pytest.fixture
def empty_url(database_kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a fresh database in which no migration has run."""
    server: DatabaseServer = request.getfixturevalue(f"{database_kind}_server")
    url = server.create_empty()
    yield url
    server.drop(url)


@pytest.fixture
def own_postgres() -> Iterator[EmbeddedPostgres]:
    """Give a running server of the test's own, which it may stop, kill and start."""
    folder = server_folder()
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def fresh(server: DatabaseServer) -> Iterator[Database]:
    """Clone a database and drop it afterwards."""
    database = server.clone()
    yield database
    server.drop(database.url)
