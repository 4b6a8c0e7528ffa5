from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from core.runtime.clock import ManualClock
from core.runtime.settings import DashboardSettings
from core.store.pool import open_pool
from dashboard.app import build
from dashboard.service import make_site
from tests.dashboard.town import KEY, NOW, PASSWORD, Town, town_in
from tests.dashboard.visitors import Browser, Visitors

if TYPE_CHECKING:
    from tests.servers.databases import Database


@pytest.fixture
def town(plain_database: Database) -> Iterator[Town]:
    with town_in(plain_database) as built:
        yield built


@pytest.fixture
def circle(town: Town) -> Town:
    """Ben is first for Ada, Mia second; both have a phone, the admin has none."""
    town.execute("update care set telling_order = 2 where carer_id = %s", town.carers["mia"])
    for login in ("ben", "mia", "worker"):
        town.execute(
            "insert into contact_point values (%s, 'ntfy', 'https://x')", town.carers[login]
        )
    return town


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def visitors(
    plain_database: Database,
    town: Town,  # noqa: ARG001
    clock: ManualClock,
) -> AsyncIterator[Visitors]:
    """Give browsers on a dashboard that works on a real database, as its own role."""
    url = plain_database.url_as("wayhome_dashboard")
    settings = DashboardSettings(database_url=url, cookie_secure=False, identity_key=KEY)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(url))
        site = make_site(pool, clock, settings)
        transport = httpx.ASGITransport(build(site), raise_app_exceptions=False)

        async def open_browser() -> Browser:
            client = httpx.AsyncClient(transport=transport, base_url="http://testserver")
            return Browser(await stack.enter_async_context(client))

        yield Visitors(site=site, open_browser=open_browser, password=PASSWORD)
