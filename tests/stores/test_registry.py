"""The registry: registering again changes nothing, all hear of a change, names stay with their owner."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from zoneinfo import ZoneInfo

import psycopg
import pytest

from core.model.errors import Misconfigured
from core.model.home import Animal, HomeMode, Household, RoomKind
from core.model.ids import CarerId, HomeId, OrganisationId
from core.store import registry
from core.store.listen import wakeups
from core.store.pool import Connection, connect
from sensors.simulator import homes
from tests.servers.databases import Database

LEEDS, YORK = OrganisationId("leeds"), OrganisationId("york")
HOME = HomeId("7f3k")


def household(organisation: OrganisationId = LEEDS) -> Household:
    return homes.household(HOME, organisation_id=organisation, name="Mill Lane", resident="Ada")


async def carer(connection: Connection, organisation: OrganisationId, login: str) -> CarerId:
    return await registry.register_carer(
        connection, organisation, login, name="Ann", role="family_carer", password_hash="h"
    )


async def two_organisations(connection: Connection) -> None:
    await registry.register_organisation(connection, LEEDS, "Leeds")
    await registry.register_organisation(connection, YORK, "York")


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    tables = (
        "organisation", "home", "room", "resident", "device", "carer", "care", "contact_point",
    )  # fmt: skip
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(f"select * from {table} order by 1, 2".encode()).fetchall()
            for table in tables
        }


async def register_everything(connection: Connection) -> None:
    await two_organisations(connection)
    await registry.register_household(connection, household())
    ann = await carer(connection, LEEDS, "ann")
    await registry.assign_care(connection, HOME, ann, order=2)
    await registry.set_contact(connection, ann, "ntfy", "https://push/ann")


async def test_who_does_not_know_of_an_animal_denies_none(database: Database) -> None:
    told = household()
    unsaid = replace(told, home=replace(told.home, animal=Animal.UNKNOWN))
    cat = replace(told, home=replace(told.home, animal=Animal.SMALL))
    async with connect(database.url) as connection:
        await two_organisations(connection)
        for given, stands in (
            (unsaid, Animal.UNKNOWN), (cat, Animal.SMALL), (unsaid, Animal.SMALL), (told, Animal.NONE),
        ):  # fmt: skip
            found = await registry.register_household(connection, given)
            assert found.home.animal is stands


async def test_registering_again_changes_nothing(database: Database) -> None:
    url = database.url_as("wayhome_registrar")
    async with connect(url) as connection:
        await register_everything(connection)
    before = contents(database.url)
    async with connect(url) as connection:
        await register_everything(connection)
    assert contents(database.url) == before
    assert all(before.values())


async def test_a_change_is_taken_over(plain_database: Database) -> None:
    async with connect(plain_database.url_as("wayhome_registrar")) as connection:
        await register_everything(connection)
        first = await registry.household_of(connection, HOME)
        assert first is not None
        home = replace(
            first.home, name="Mill Lane 2", zone=ZoneInfo("Europe/Dublin"), mode=HomeMode.TEST
        )
        room = replace(first.rooms[0], kind=RoomKind.OTHER, exit=False)
        person = replace(first.residents[0], pronoun="he")
        device = replace(
            first.devices[0], name="moved", room=room, resident_id=None, reporting_interval_s=60.0
        )
        others = (
            replace(one, room=room) if one.room and one.room.room_id == room.room_id else one
            for one in first.devices[1:]
        )
        wanted = Household(
            home=home,
            rooms=(room, *first.rooms[1:]),
            residents=(person,),
            devices=(device, *others),
        )
        assert await registry.register_household(connection, wanted) == wanted
        assert await registry.households(connection) == (wanted,)
        assert set(await registry.devices(connection)) == set(wanted.devices)


async def test_a_retired_device_is_out_until_it_is_registered_again(
    plain_database: Database,
) -> None:
    async with connect(plain_database.url_as("wayhome_registrar")) as connection:
        await register_everything(connection)
        every = await registry.devices(connection)
        await connection.execute(
            "update device set retired_at = now() where device_id = %s", (every[0].device_id,)
        )
        assert await registry.devices(connection) == every[1:]
        assert await registry.register_device(connection, every[0]) == every[0].device_id
        assert await registry.devices(connection) == every


async def test_everyone_hears_of_a_change(plain_database: Database) -> None:
    url = plain_database.url_as("wayhome_registrar")
    async with connect(url) as connection:
        await two_organisations(connection)
        await registry.register_home(connection, household().home)
    (hall, *_), (ada, *_), (door, *_) = (
        household().rooms,
        household().residents,
        household().devices,
    )
    async with (
        asyncio.timeout(30),
        aclosing(wakeups(plain_database.url, "registry", poll_s=60)) as waking,
    ):
        assert [await anext(waking), await anext(waking)] == ["", ""]
        async with connect(url) as connection:
            await registry.register_home(connection, household().home)
        assert await anext(waking) == HOME
        async with connect(url) as connection:
            await registry.register_room(connection, HOME, hall.name, hall.kind, exit=True)
        assert await anext(waking) == HOME
        async with connect(url) as connection:
            await registry.register_resident(connection, HOME, ada.name)
        assert await anext(waking) == HOME
        async with connect(url) as connection:
            await registry.register_device(connection, replace(door, room=None, resident_id=None))
        assert await anext(waking) == HOME


async def test_one_person_registered_at_once_by_two_is_one(plain_database: Database) -> None:
    url = plain_database.url_as("wayhome_registrar")
    async with connect(url) as connection:
        await two_organisations(connection)
        await registry.register_home(connection, household().home)

    async def register() -> int:
        async with connect(url) as connection:
            found = await registry.register_resident(connection, HOME, "Ada")
            await connection.execute("select pg_sleep(0.2)")
            return found

    assert len(set(await asyncio.gather(register(), register(), register()))) == 1


async def test_names_of_another_organisation_are_not_taken_over(plain_database: Database) -> None:
    url = plain_database.url_as("wayhome_registrar")
    async with connect(url) as connection:
        await register_everything(connection)
        bob = await carer(connection, YORK, "bob")
    before = contents(plain_database.url)
    for named, attempt in (
        ("home 7f3k", lambda connection: registry.register_household(connection, household(YORK))),
        ("login", lambda connection: carer(connection, YORK, "ann")),
        ("home 7f3k", lambda connection: registry.assign_care(connection, HOME, bob)),
    ):
        with pytest.raises(Misconfigured, match=named):
            async with connect(url) as connection:
                await attempt(connection)
    assert contents(plain_database.url) == before
