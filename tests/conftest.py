"""What every test may ask for: real servers, a browser, the public data; and no other machine."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

from tests.servers import loopback
from tests.servers.availability import program, unavailable

pytest_plugins = (
    "tests.servers.postgres_fixtures",
    "tests.servers.broker_fixtures",
    "tests.servers.browser_fixtures",
)

ROOT = Path(__file__).parent.parent
BROWSER_FIXTURES = frozenset({"browser", "page", "context", "playwright"})


def pytest_configure() -> None:
    """Keep the whole session on the loopback, and let no example fail for a busy machine."""
    loopback.install()
    hypothesis.settings.register_profile(
        "wayhome", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("wayhome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last, and the tests on TimescaleDB into one worker.

    Playwright holds an event loop that asyncio tests can not share. The workers of a run share one
    TimescaleDB server, and an open transaction of any of its databases holds back the readers of the logs
    in all of them (docs/decisions/0002).
    """
    items.sort(key=lambda item: not BROWSER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())))
    for item in items:
        kind = getattr(item, "callspec", None)
        fixtures = getattr(item, "fixturenames", ())
        if "timescale_database" in fixtures or (
            kind and kind.params.get("database_kind") == "timescale"
        ):
            item.add_marker(pytest.mark.xdist_group("timescale"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Give the folder of public data: ``$WAYHOME_DATA``, else beside the repository."""
    folder = Path(os.environ.get("WAYHOME_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        unavailable(f"the public data is not at {folder}: set WAYHOME_DATA")
    return folder.resolve()


@pytest.fixture(scope="session")
def docker_compose() -> Path:
    """Give the docker-compose program; ``config -q`` needs no engine."""
    found = program(
        "docker-compose",
        variable="WAYHOME_DOCKER_COMPOSE",
        unpacked="docker-compose/usr/libexec/docker/cli-plugins/docker-compose",
    )
    return found or unavailable("no docker-compose: run scripts/test-servers")
