from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.dashboard.process import dashboard
from tests.dashboard.thread import serving
from tests.dashboard.town import PASSWORD, Town, town_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.servers.databases import Database

SOON_MS = 15_000
"""What is live comes by itself: long before a page asks again (a minute), and also on a busy machine."""
expect.set_options(timeout=20_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """A dashboard that serves a town of its own."""

    address: str
    town: Town

    def log_in(self, page: Page, login: str = "ben", path: str = "/") -> None:
        """Log in as a person does."""
        page.goto(f"{self.address}/login?next={path}")
        page.get_by_label("Login").fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/login" not in url)


@dataclass(frozen=True, slots=True, kw_only=True)
class MortalPages(Pages):
    """A dashboard as a process of its own."""

    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """Let it be gone from one moment to the next."""
        self.process.kill()


@pytest.fixture
def named_pages(plain_database: Database) -> Iterator[Pages]:
    """Give a running dashboard at an address that may have passkeys."""
    with (
        town_in(plain_database, datetime.now(UTC)) as town,
        serving(plain_database.url_as("wayhome_dashboard"), "localhost") as address,
    ):
        yield Pages(address=address, town=town)


@pytest.fixture
def pages(plain_database: Database) -> Iterator[Pages]:
    """Give a running dashboard."""
    with (
        town_in(plain_database, datetime.now(UTC)) as town,
        serving(plain_database.url_as("wayhome_dashboard")) as address,
    ):
        yield Pages(address=address, town=town)


@pytest.fixture
def mortal_pages(plain_database: Database) -> Iterator[MortalPages]:
    """Give a running dashboard that can be killed."""
    with (
        town_in(plain_database, datetime.now(UTC)) as town,
        dashboard(plain_database.url_as("wayhome_dashboard")) as (address, process),
    ):
        yield MortalPages(address=address, town=town, process=process)
