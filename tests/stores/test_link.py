"""How the link of a device is kept, and when it is said to fall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from core.model.ids import DeviceId, HomeId
from core.model.intake import PresenceChange
from core.store import link, presence
from core.store.pool import connect
from tests.gateway.running import HOME, device, register

if TYPE_CHECKING:
    from tests.servers.databases import Database

TODAY = datetime(2026, 5, 1, 9, tzinfo=UTC)


class Book:
    """Writes as the gateway does."""

    def __init__(self, database: Database, number: int) -> None:
        self._database = database
        self.device = DeviceId(number)

    async def days(self, *told: tuple[int, float]) -> None:
        """Record a link so many days ago, the oldest first."""
        async with connect(self._database.url_as("wayhome_gateway")) as connection:
            for ago, quality in told:
                day = (TODAY - timedelta(days=ago)).date()
                change = PresenceChange(
                    device_id=self.device, home_id=HomeId(HOME), link=(day, quality)
                )
                await link.record(connection, [change])

    async def change(self, **told: Any) -> None:
        """Write what is learned."""
        async with connect(self._database.url_as("wayhome_gateway")) as connection:
            change = PresenceChange(device_id=self.device, home_id=HomeId(HOME), **told)
            await presence.change(connection, [change])

    def row(self, query: str) -> tuple[Any, ...]:
        """Return the one row."""
        with psycopg.connect(self._database.url) as connection:
            (row,) = connection.execute(query.encode()).fetchall()
        return row


@pytest.fixture
async def book(plain_database: Database) -> Book:
    await register(plain_database.url, devices=[device("door")])
    with psycopg.connect(plain_database.url) as connection:
        row = connection.execute("select device_id from device").fetchone()
    assert row is not None
    return Book(plain_database, row[0])


async def test_a_link_that_fell_over_weeks_is_found_and_one_that_is_strong_is_not(
    book: Book,
) -> None:
    trend = "select earlier, lately, falling from link_trend"
    before = [(ago, 110.0 + ago % 3) for ago in range(35, 20, -1)]
    await book.days(*before, *((ago, 45.0) for ago in range(7, -1, -1)))
    assert book.row(trend) == (111.0, 45.0, True)
    # a single bad day, and two hundred of 255, say nothing
    await book.days(*((-day, 200.0) for day in range(1, 9)))
    assert book.row(trend)[2] is False
    assert book.row("select count(*) from link_record where day < '2026-03-20'") == (0,)


async def test_too_few_days_say_nothing_and_of_a_day_the_lowest_stays(book: Book) -> None:
    await book.days((30, 200.0), (1, 20.0), (0, 20.0), (0, 30.0), (0, 10.0))
    assert book.row("select earlier, lately, falling from link_trend") == (None, None, False)
    assert book.row("select quality from link_record where day = '2026-05-01'") == (10.0,)


async def test_version_and_late_messages_are_kept(book: Book) -> None:
    kept = "select firmware, firmware_at, late, late_at, late_s from presence"
    await book.change(last_seen=TODAY, firmware="1.0")
    assert book.row(kept) == ("1.0", TODAY, 0, None, None)
    soon = TODAY + timedelta(minutes=20)
    await book.change(last_seen=TODAY, late=(3, 600.0))
    await book.change(last_seen=soon, firmware="1.0", late=(2, 70.0))
    assert book.row(kept) == ("1.0", TODAY, 5, soon, 600.0)
    later = TODAY + timedelta(days=1)
    await book.change(last_seen=later, firmware="1.1", late=(1, 80.0))
    assert book.row(kept) == ("1.1", later, 6, later, 80.0)
