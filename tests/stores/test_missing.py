"""Profiles, packs and links on a real database: versions, walls, and what only a code may open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from core.model.ids import CarerId, HomeId, ResidentId
from core.model.missing import LinkId, LinkOpening, Pack, PackAnswer, PackId, PoliceLink, Profile
from core.store import missing, police_link, traces
from core.store.account import CarerRole, Visitor, acting
from core.store.pool import Pool, open_pool, transaction
from tests.dashboard.town import NOW, Town, town_in
from tests.servers.databases import Database

HASH = b"h" * 32


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    with town_in(database) as built:
        yield built


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url_as("wayhome_dashboard")) as opened:
        yield opened


def visitor(town: Town, login: str, organisation: str = "leeds") -> Visitor:
    return Visitor(
        carer_id=CarerId(town.carers[login]),
        organisation_id=organisation,  # type: ignore[arg-type]
        organisation=organisation,
        name=login,
        role=CarerRole.FAMILY_CARER if login == "ben" else CarerRole.ORGANISATION_ADMIN,
        csrf="",
        created_at=NOW,
        expires_at=NOW,
    )


def resident(town: Town, home: str = "ada") -> ResidentId:
    return ResidentId(
        town.number("select resident_id from resident where home_id = %s limit 1", home)
    )


def profile(town: Town, version: int = 1, home: str = "ada", by: str = "ben") -> Profile:
    return Profile(
        resident_id=resident(town, home),
        home_id=HomeId(home),
        version=version,
        form="national",
        answers={"hair": f"grey {version}"},
        section="looks",
        photo_id=None,
        carer_id=CarerId(town.carers[by]),
        at=NOW + timedelta(minutes=version),
    )


async def a_pack(pool: Pool, town: Town, by: str = "ben") -> PackId:
    async with acting(pool, visitor(town, by)) as connection:
        person = await missing.person_of(connection, resident(town))
        assert person is not None
        return await missing.make_pack(
            connection,
            Pack(
                pack_id=PackId(0),
                home_id=HomeId("ada"),
                resident_id=person.resident.resident_id,
                carer_id=CarerId(town.carers[by]),
                at=NOW,
                profile_version=None,
                photo_id=None,
                form="national",
                answers={},
                traces=await traces.traces_of(connection, person, NOW),
            ),
        )


async def a_link(pool: Pool, town: Town, pack: PackId) -> LinkId:
    async with acting(pool, visitor(town, "ben")) as connection:
        return await police_link.make_link(
            connection,
            PoliceLink(
                link_id=LinkId(0),
                home_id=HomeId("ada"),
                resident_id=resident(town),
                pack_id=pack,
                carer_id=CarerId(town.carers["ben"]),
                made_at=NOW,
                ends_at=NOW + timedelta(hours=12),
                share_position=True,
            ),
            HASH,
        )


async def test_every_save_is_a_version_and_none_is_changed(pool: Pool, town: Town) -> None:
    async with acting(pool, visitor(town, "ben")) as connection:
        for version in (1, 2):
            await missing.lock_profile(connection, resident(town))
            await missing.save_profile(connection, profile(town, version))
    async with acting(pool, visitor(town, "ben")) as connection:
        newest = await missing.newest_profile(connection, resident(town))
        assert newest == profile(town, 2)
        assert await missing.profile_version(connection, resident(town), 1) == profile(town, 1)
        assert len(await missing.profile_versions(connection, resident(town), 9)) == 2
        saved = await missing.sections_saved(connection, resident(town))
        assert saved == {"looks": NOW + timedelta(minutes=2)}
        assert await missing.profile_version(connection, resident(town), 3) is None


async def test_two_who_save_at_once_wait_for_each_other(pool: Pool, town: Town) -> None:
    async with (
        acting(pool, visitor(town, "ben")) as first,
        acting(pool, visitor(town, "admin")) as second,
    ):
        await missing.lock_profile(first, resident(town))
        cursor = await second.execute(
            "select pg_try_advisory_xact_lock(%s::int, %s::int)",
            (missing._LOCK, int(resident(town))),
        )
        assert await cursor.fetchone() == (False,)


@pytest.mark.parametrize("statement", ["update", "delete"])
@pytest.mark.parametrize(
    "table",
    [
        "missing_profile",
        "profile_photo",
        "missing_pack",
        "pack_answer",
        "police_link",
        "police_link_end",
        "link_opening",
    ],
)
def test_what_was_written_down_is_never_changed(
    database: Database, town: Town, table: str, statement: str
) -> None:
    query = (
        f"update {table} set home_id = home_id" if statement == "update" else f"delete from {table}"
    )
    assert town.carers
    with (
        psycopg.connect(database.url_as("wayhome_dashboard")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(query.encode())


@pytest.mark.parametrize("role", ["gateway", "analytics", "alerts", "registrar", "operator"])
def test_no_other_service_reads_a_profile(database: Database, town: Town, role: str) -> None:
    assert town.carers
    for table in (
        "missing_profile",
        "profile_photo",
        "missing_pack",
        "police_link",
        "police_token",
    ):
        with (
            psycopg.connect(database.url_as(f"wayhome_{role}")) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"select 1 from {table}".encode())


@pytest.mark.parametrize(
    ("home", "by"),
    [("tom", "ben"), ("eve", "ben"), ("ada", "mia")],
    ids=["other home", "other organisation", "in another's name"],
)
async def test_a_profile_is_written_for_the_own_home_in_the_own_name(
    pool: Pool, town: Town, home: str, by: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting(pool, visitor(town, "ben")) as connection:
            await missing.save_profile(connection, profile(town, 1, home, by))


async def test_a_photo_of_somebody_else_can_not_be_put_into_a_profile(
    pool: Pool, town: Town
) -> None:
    async with acting(pool, visitor(town, "admin")) as connection:
        tom = await missing.person_of(connection, resident(town, "tom"))
        assert tom is not None
        new = missing.NewPhoto(content=b"x", width=1, height=1, taken_on=None)
        photo = await missing.add_photo(connection, tom, new, CarerId(town.carers["admin"]), NOW)
        assert await missing.photo_content(connection, resident(town), photo) is None
        assert await missing.photo_content(connection, tom.resident.resident_id, photo) == b"x"
    mixed = replace(profile(town, 1, "ada", "admin"), photo_id=photo)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting(pool, visitor(town, "admin")) as connection:
            await missing.save_profile(connection, mixed)


async def test_the_last_traces_are_those_of_this_resident(pool: Pool, town: Town) -> None:
    town.observe("ada", "Hall sensor", NOW - timedelta(minutes=14), 1)
    town.observe("ada", "Front door", NOW - timedelta(minutes=12), 1, "contact")
    town.observe("ada", "Front door", NOW - timedelta(minutes=11), 0, "contact")
    town.observe("ada", "Front door", NOW + timedelta(minutes=5), 1, "contact")
    tracker = town.device("ada", "Pendant", "worn", "")
    for minutes, latitude in ((30, 53.80), (4, 53.81), (-9, 53.99)):
        town.execute(
            "insert into position (observed_at, device_id, latitude, longitude, accuracy_m, home_id,"
            " received_at) values (%s, %s, %s, -1.5, 15, 'ada', %s)",
            NOW - timedelta(minutes=minutes),
            tracker,
            latitude,
            NOW,
        )
    async with acting(pool, visitor(town, "ben")) as connection:
        person = await missing.person_of(connection, resident(town))
        assert person is not None
        found = await traces.traces_of(connection, person, NOW)
    assert found.door is not None
    assert (found.door.at, found.door.opened) == (NOW - timedelta(minutes=11), False)
    assert found.movement is not None
    assert found.position is not None
    assert (found.position.latitude, found.position.accuracy_m) == (53.81, 15.0)
    assert found.position.battery_percent == 80


async def test_a_tracker_of_nobody_counts_only_where_one_lives(pool: Pool, town: Town) -> None:
    tracker = town.device("ada", "Pendant", "worn", "")
    town.execute(
        "insert into position (observed_at, device_id, latitude, longitude, home_id, received_at)"
        " values (%s, %s, 53.8, -1.5, 'ada', %s)",
        NOW - timedelta(minutes=1),
        tracker,
        NOW,
    )
    for others in (False, True):
        if others:
            town.execute("insert into resident (home_id, name) values ('ada', 'Joe')")
        async with acting(pool, visitor(town, "ben")) as connection:
            person = await missing.person_of(connection, resident(town))
            assert person is not None
            found = await traces.last_position(connection, person, NOW)
        assert (found is None) is others


async def test_a_code_opens_until_it_ends_and_acts_as_who_made_it(pool: Pool, town: Town) -> None:
    link = await a_link(pool, town, await a_pack(pool, town))
    for token, at, opens in (
        (HASH, NOW, True),
        (b"x" * 32, NOW, False),
        (HASH, NOW + timedelta(hours=12), False),
        (HASH, NOW + timedelta(hours=11, minutes=59), True),
    ):
        async with transaction(pool) as connection:
            holder = await police_link.link_for(connection, token, at)
        assert (holder is not None) is opens
        if holder is not None:
            assert (holder.link_id, holder.maker.carer_id) == (link, town.carers["ben"])
            assert holder.maker.scope == "circle"


async def test_a_link_ends_once_and_opens_nothing_from_then_on(pool: Pool, town: Town) -> None:
    number = await a_link(pool, town, await a_pack(pool, town))
    for minutes in (5, 6):
        async with acting(pool, visitor(town, "admin")) as connection:
            link = await police_link.link_with(connection, number)
            assert link is not None
            by = CarerId(town.carers["admin"])
            await police_link.end_link(connection, link, by, NOW + timedelta(minutes=minutes))
    async with acting(pool, visitor(town, "ben")) as connection:
        link = await police_link.link_with(connection, number)
        assert link is not None
        assert link.ended_at == NOW + timedelta(minutes=5)
        assert not link.is_open(NOW)
        assert await police_link.open_links(connection, resident(town), NOW) == []
    async with transaction(pool) as connection:
        assert await police_link.link_for(connection, HASH, NOW) is None


async def test_a_carer_who_has_left_opens_nothing(pool: Pool, town: Town) -> None:
    await a_link(pool, town, await a_pack(pool, town))
    town.execute("update carer set disabled_at = now() where login = 'ben'")
    async with transaction(pool) as connection:
        assert await police_link.link_for(connection, HASH, NOW) is None


async def test_a_link_can_not_be_made_to_last_for_ever(pool: Pool, town: Town) -> None:
    pack = await a_pack(pool, town)
    with pytest.raises(psycopg.errors.CheckViolation):
        async with acting(pool, visitor(town, "ben")) as connection:
            await connection.execute(
                "insert into police_link (home_id, resident_id, pack_id, carer_id, made_at,"
                " ends_at, share_position) values ('ada', %s, %s, %s, %s, %s, true)",
                (resident(town), pack, town.carers["ben"], NOW, NOW + timedelta(days=31)),
            )


async def test_openings_and_answers_stand_behind_the_wall(pool: Pool, town: Town) -> None:
    pack = await a_pack(pool, town)
    link = await a_link(pool, town, pack)
    async with acting(pool, visitor(town, "ben")) as connection:
        opening = LinkOpening(link_id=link, at=NOW, page="page", place="10.0.0.x")
        await police_link.note_opening(connection, HomeId("ada"), opening)
        answer = PackAnswer(
            pack_id=pack,
            carer_id=CarerId(town.carers["ben"]),
            at=NOW,
            answers={"clothing": "blue coat"},
        )
        await missing.tell_pack(connection, HomeId("ada"), answer)
        assert await police_link.openings(connection, pack, 9) == [opening]
        assert await missing.pack_answers(connection, pack) == [answer]
    async with acting(pool, visitor(town, "stranger", "york")) as connection:
        assert await police_link.openings(connection, pack, 9) == []
        assert await missing.pack_answers(connection, pack) == []
        assert await missing.packs_of(connection, resident(town), 9) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting(pool, visitor(town, "stranger", "york")) as connection:
            await police_link.note_opening(connection, HomeId("eve"), opening)


async def test_old_codes_and_attempts_are_forgotten(pool: Pool, town: Town) -> None:
    later = NOW + timedelta(hours=13)
    await a_link(pool, town, await a_pack(pool, town))
    async with transaction(pool) as connection:
        await police_link.note_guess(connection, "10.0.0.x", NOW)
        await police_link.note_guess(connection, "10.0.0.x", later)
        assert await police_link.sweep(connection, later, later - timedelta(hours=1)) == 1
        found = await police_link.guesses(connection, "10.0.0.x", NOW - timedelta(days=1))
        assert (found.from_here, found.of_all) == (1, 1)


async def test_erasing_a_resident_erases_all_of_it(pool: Pool, town: Town) -> None:
    link = await a_link(pool, town, await a_pack(pool, town))
    async with acting(pool, visitor(town, "ben")) as connection:
        ada = await missing.person_of(connection, resident(town))
        assert ada is not None
        new = missing.NewPhoto(content=b"x", width=1, height=1, taken_on=None)
        photo = await missing.add_photo(connection, ada, new, CarerId(town.carers["ben"]), NOW)
        await missing.save_profile(connection, replace(profile(town), photo_id=photo))
        opening = LinkOpening(link_id=link, at=NOW, page="page", place="10.0.0.x")
        await police_link.note_opening(connection, HomeId("ada"), opening)
    town.execute("delete from resident where home_id = 'ada'")
    for table in (
        "missing_profile", "profile_photo", "missing_pack", "police_link", "link_opening",
        "police_token",
    ):  # fmt: skip
        assert town.number(f"select count(*) from {table}") == 0, table
