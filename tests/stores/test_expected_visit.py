"""Expected visits come with the homes that detection reads, in one statement for all of them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.errors import Malformed
from core.model.expected_visit import MOST, ExpectedVisit, VisitBy
from core.model.ids import HomeId
from core.model.week import WeeklySpan
from core.store import expected_visit as store
from core.store import registry
from core.store.pool import Connection, connect
from tests.stores.asked import listening
from tests.stores.test_registry import HOME, household, register_everything

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.servers.databases import Database

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
MORNING = ExpectedVisit(
    visit_id=0, by=VisitBy.CARE, span=WeeklySpan(days=(0, 1, 2, 3, 4), start=480, end=540)
)
SUNDAY = ExpectedVisit(
    visit_id=0,
    by=VisitBy.FAMILY,
    span=WeeklySpan(days=(6,), start=23 * 60, end=60),
    first=date(2026, 1, 18),
    last=date(2026, 1, 18),
)


@asynccontextmanager
async def ann(database: Database) -> AsyncIterator[Connection]:
    """Act as a carer of the home."""
    async with connect(database.url_as("wayhome_dashboard")) as connection:
        await connection.execute(
            "select set_config('wayhome.organisation', 'leeds', true),"
            " set_config('wayhome.scope', 'circle', true), set_config('wayhome.carer', %s, true)",
            (str(number_of_ann(database)),),
        )
        yield connection


def number_of_ann(database: Database) -> int:
    with psycopg.connect(database.url) as owner:
        row = owner.execute("select carer_id from carer").fetchone()
    assert row is not None
    return int(row[0])


async def furnish(database: Database) -> None:
    async with connect(database.url_as("wayhome_registrar")) as connection:
        await register_everything(connection)


async def test_what_a_carer_says_is_read_with_the_home_and_no_more_once_it_is_taken_back(
    plain_database: Database,
) -> None:
    await furnish(plain_database)
    async with ann(plain_database) as connection:
        first = await store.expect(connection, HOME, MORNING, NOW)
        again = await store.expect(connection, HOME, MORNING, NOW)
        second = await store.expect(connection, HOME, SUNDAY, NOW)
        assert first == again, "pressed twice is said once"
        assert first is not None
        assert second is not None
    wanted = (replace(MORNING, visit_id=first), replace(SUNDAY, visit_id=second))
    async with connect(plain_database.url_as("wayhome_analytics")) as connection:
        (found,) = await registry.households(connection)
    assert found.home.visits == wanted
    async with ann(plain_database) as connection:
        seen = await registry.household_of(connection, HOME)
        assert seen is not None
        assert seen.home.visits == wanted
        said = await store.said_of(connection, HOME, NOW)
        assert [(one.visit, one.carer, one.at) for one in said] == [
            (one, "Ann", NOW) for one in wanted
        ]
        assert await store.end(connection, HOME, first, NOW + timedelta(hours=1)) == first
        assert await store.end(connection, HOME, first, NOW) is None
        (ended,) = await store.ended_of(connection, HOME)
        assert (ended.visit, ended.ended_by, ended.ended_at) == (
            wanted[0],
            "Ann",
            NOW + timedelta(hours=1),
        )
    async with connect(plain_database.url_as("wayhome_analytics")) as connection:
        (found,) = await registry.households(connection)
    assert found.home.visits == wanted[1:]


async def test_one_that_lasts_past_midnight_is_over_with_its_end(plain_database: Database) -> None:
    await furnish(plain_database)
    async with ann(plain_database) as connection:
        await store.expect(connection, HOME, SUNDAY, NOW)
        for at, seen in (
            (datetime(2026, 1, 19, 0, 30, tzinfo=UTC), 1),
            (datetime(2026, 1, 19, 23, 59, tzinfo=UTC), 1),
            (datetime(2026, 1, 20, 0, 1, tzinfo=UTC), 0),
        ):
            assert len(await store.said_of(connection, HOME, at)) == seen


async def test_a_home_has_a_bounded_number_and_says_so(plain_database: Database) -> None:
    await furnish(plain_database)
    async with ann(plain_database) as connection:
        for number in range(MOST):
            span = WeeklySpan(days=(0,), start=number, end=number + 60)
            await store.expect(connection, HOME, replace(MORNING, span=span), NOW)
        with pytest.raises(Malformed, match="at most 24 that are still to come"):
            async with connection.transaction():
                await store.expect(connection, HOME, SUNDAY, NOW)
    async with connect(plain_database.url_as("wayhome_registrar")) as connection:
        with pytest.raises(Malformed, match=f"home {HOME}.visit: expected at most 24"):
            await store.register(connection, HOME, (SUNDAY,))
        await connection.rollback()


async def test_all_homes_are_asked_for_in_one_statement(plain_database: Database) -> None:
    async with connect(plain_database.url_as("wayhome_registrar")) as connection:
        await register_everything(connection)
        for number in range(1, 6):
            home_id = HomeId(f"h{number}")
            home = replace(household().home, home_id=home_id, visits=(MORNING, SUNDAY))
            await registry.register_home(connection, home)
            await store.register(connection, home_id, home.visits)
    async with connect(plain_database.url_as("wayhome_analytics")) as connection:
        with listening(connection) as asked:
            found = await registry.households(connection)
    assert [len(one.home.visits) for one in found] == [0, 2, 2, 2, 2, 2]
    assert sum("expected_visit" in str(query) for query, _ in asked) == 1


async def test_an_old_list_brings_nothing_back_that_was_taken_back(
    plain_database: Database,
) -> None:
    await furnish(plain_database)
    listed = household()
    listed = replace(listed, home=replace(listed.home, visits=(MORNING, SUNDAY)))
    url = plain_database.url_as("wayhome_registrar")
    async with connect(url) as connection:
        first = await registry.register_household(connection, listed)
        again = await registry.register_household(connection, listed)
    assert first.home.visits == again.home.visits
    assert [one.by for one in first.home.visits] == [VisitBy.CARE, VisitBy.FAMILY]
    async with ann(plain_database) as connection:
        assert await store.end(connection, HOME, first.home.visits[0].visit_id, NOW) is not None
    async with connect(url) as connection:
        after = await registry.register_household(connection, listed)
        unsaid = await registry.register_household(connection, household())
    assert after.home.visits == unsaid.home.visits == first.home.visits[1:]


async def test_a_row_of_a_later_release_keeps_no_home_from_being_read(
    plain_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await furnish(plain_database)
    async with ann(plain_database) as connection:
        await store.expect(connection, HOME, MORNING, NOW)
        await store.expect(connection, HOME, SUNDAY, NOW)
    with psycopg.connect(plain_database.url) as owner:
        owner.execute("alter table expected_visit drop constraint expected_visit_visitor_check")
        owner.execute("update expected_visit set visitor = 'robot' where first_day is null")
    async with connect(plain_database.url_as("wayhome_analytics")) as connection:
        (found,) = await registry.households(connection)
    assert [one.by for one in found.home.visits] == [VisitBy.FAMILY]
    assert [record.action for record in caplog.records] == ["visit_unread"]  # type: ignore[attr-defined]
