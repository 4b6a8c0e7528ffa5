"""Detection reads anew, and saves, the homes in which something has changed, and not all of a city."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from analytics.recovery import recover, take_in_registry
from analytics.sample_days import HOUSEHOLD
from core.model.ids import HomeId
from core.store.pool import connect, open_pool
from core.store.registry import register_household, register_organisation

if TYPE_CHECKING:
    from analytics.recovery import Recovered
    from core.store.pool import Pool
    from tests.servers.databases import Database

HOMES = [HomeId(f"home{number}") for number in range(4)]
CHANGES = {
    "update home set name = 'Renamed' where home_id = 'home1'": {"home1"},
    "update room set kind = 'other' where home_id = 'home2' and kind = 'kitchen'": {"home2"},
    "update resident set name = 'Ann' where home_id = 'home3'": {"home3"},
    "update device set heartbeat = not heartbeat where home_id in ('home0', 'home1')": {
        "home0",
        "home1",
    },
    "update device set retired_at = now() where home_id = 'home2'": {"home2"},
    "insert into expected_visit (home_id, visitor, days, start_min, end_min, at)"
    " values ('home1', 'care', '{0,1}', 480, 540, now())": {"home1"},
    "update expected_visit set ended_at = now() where home_id = 'home1'": {"home1"},
    "update home set mode = 'archive' where home_id = 'home3'": {"home3"},
    "delete from home where home_id = 'home0'": set(),
}


async def town(url: str) -> None:
    async with connect(url) as connection:
        await register_organisation(connection, HOUSEHOLD.home.organisation_id, "Leeds")
        for home_id in HOMES:
            await register_household(
                connection,
                replace(
                    HOUSEHOLD,
                    home=replace(HOUSEHOLD.home, home_id=home_id),
                    rooms=tuple(replace(one, home_id=home_id) for one in HOUSEHOLD.rooms),
                    residents=tuple(replace(one, home_id=home_id) for one in HOUSEHOLD.residents),
                    devices=tuple(replace(one, home_id=home_id) for one in HOUSEHOLD.devices),
                ),
            )


async def test_what_has_changed_is_read_and_all_is_known_as_if_all_were(
    plain_database: Database,
) -> None:
    await town(plain_database.url)
    async with open_pool(plain_database.url_as("wayhome_analytics"), most=1) as pool:
        going_on = await recover(pool, 0, 1, tick_s=30.0)
        assert await read(pool, going_on) == set()
        with psycopg.connect(plain_database.url, autocommit=True) as owner:
            for change, wanted in CHANGES.items():
                owner.execute(change.encode())
                saved = snapshots(owner)
                assert await read(pool, going_on) == wanted, change
                after = snapshots(owner)
                written = {home for home in after if after[home] != saved.get(home)}
                assert written <= wanted, "what others were saved as stays"
        anew = await recover(pool, 0, 1, tick_s=30.0)
    assert going_on.households == anew.households
    assert list(going_on.engine.homes) == list(anew.engine.homes) == ["home1", "home2"]
    assert {home: one.plan for home, one in going_on.engine.homes.items()} == {
        home: one.plan for home, one in anew.engine.homes.items()
    }


async def read(pool: Pool, going_on: Recovered) -> set[str]:
    """Take the registry in; return the homes of which rooms, people or devices were read."""
    known = dict(going_on.households)
    await take_in_registry(pool, going_on, 0, 1)
    return {home for home, one in going_on.households.items() if known.get(home) is not one}


def snapshots(owner: psycopg.Connection[Any]) -> dict[object, object]:
    rows = owner.execute("select home_id, taken_at from engine_snapshot").fetchall()
    return dict(rows)
