from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.conftest import clock, visitors
from tests.dashboard.thread import serving
from tests.dashboard.town import Town, town_in
from tests.fhir import clinic
from tests.servers.databases import Database
from tests.servers.postgres_fixtures import fresh

if TYPE_CHECKING:
    from tests.servers.databases import DatabaseServer

__all__ = ["clock", "visitors"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder in one worker: they read one database, which takes seconds to fill."""
    for item in items:
        if "/tests/fhir/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("fhir"))


@pytest.fixture(scope="session")
def plain_database(plain_server: DatabaseServer) -> Iterator[Database]:
    """Give the one database that the tests of this folder read; what they add hurts no other."""
    yield from fresh(plain_server)


@pytest.fixture(scope="session")
def town(plain_database: Database) -> Iterator[Town]:
    """Give three weeks of a household."""
    with town_in(plain_database) as built:
        asyncio.run(clinic.fill(built, plain_database.url_as("wayhome_analytics")))
        yield built


@pytest.fixture(scope="session")
def address(plain_database: Database, town: Town) -> Iterator[str]:
    """Run the service on it, and let a program in: its key is in `clinic.RUNNING`."""
    clinic.token(town, "system/*.rs", key=clinic.RUNNING, login="admin")
    with serving(plain_database.url_as("wayhome_dashboard")) as running:
        yield running
