"""Policies, rotas and quiet hours on a real database, as the dashboard writes and the alerts read them."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from core.model.finding import Severity
from core.model.ids import CarerId
from core.model.plan import Policy, Step
from core.model.quiet import QuietHours
from core.model.rota import Cover, CoverState, Shift, on_call
from core.model.week import WeeklySpan
from core.store import duty, plan, quiet, rota
from core.store.account import CarerRole, Visitor, acting
from core.store.pool import Pool, open_pool, transaction
from tests.alerts.builders import NINE, at
from tests.alerts.houses import ORGANISATION, House, furnish
from tests.servers.databases import Database

LONDON = ZoneInfo("Europe/London")
FAST = Policy(steps=(Step(after_s=0, on_call=True),), repeat_s=60, fallback_s=120)
SLOW = Policy(steps=(Step(after_s=0, rank=1, channels=("ntfy",)),), repeat_s=600)
DAY = WeeklySpan(days=tuple(range(7)), start=0, end=0)


def visitor(house: House, number: int, role: CarerRole = CarerRole.FAMILY_CARER) -> Visitor:
    return Visitor(
        carer_id=house.carers[number],
        organisation_id=ORGANISATION,
        organisation="Leeds",
        name="x",
        role=role,
        csrf="",
        created_at=NINE,
        expires_at=NINE,
    )


@pytest.fixture
async def house(database: Database) -> House:
    return await furnish(database, contacts=({"ntfy": "x"}, {"webhook": "y"}, {}))


async def test_a_policy_of_the_home_stands_above_the_organisation_s(
    database: Database, house: House
) -> None:
    admin = visitor(house, 0, CarerRole.ORGANISATION_ADMIN)
    async with open_pool(database.url_as("wayhome_dashboard")) as pages:
        async with acting(pages, admin) as connection:
            await plan.write_policy(connection, admin, None, Severity.URGENT, SLOW, NINE)
            await plan.write_policy(connection, admin, None, Severity.CHECK, SLOW, NINE)
        async with acting(pages, visitor(house, 1)) as connection:
            await plan.write_policy(
                connection, visitor(house, 1), house.home_id, Severity.URGENT, FAST, NINE
            )
            await plan.write_policy(
                connection, visitor(house, 1), house.home_id, Severity.URGENT, FAST, at(1)
            )
        async with open_pool(database.url_as("wayhome_alerts")) as alerts:
            async with transaction(alerts) as connection:
                found = await plan.policies_of(connection, house.home_id)
            assert (found.plan().urgent, found.plan().check) == (FAST, SLOW)
            async with acting(pages, visitor(house, 1)) as connection:
                await plan.drop_policy(connection, house.home_id, Severity.URGENT)
            house.execute("update escalation_policy set policy = '{}' where severity = 'check'")
            async with transaction(alerts) as connection:
                found = await plan.policies_of(connection, house.home_id)
            assert found.of_organisation == {Severity.URGENT: SLOW}, (
                "what can not be read is left out"
            )


async def test_of_other_families_only_who_stands_in_the_rota_of_the_home_is_read(
    database: Database, house: House
) -> None:
    """The page of an alert asks for them: an organisation has ten thousands of other families."""
    other = await furnish(database, "other", contacts=({}, {}))
    for home, carer in (("other", other.carers[0]), (house.home_id, other.carers[1])):
        house.execute(
            "with r as (insert into rota (organisation_id, home_id, zone) values (%s, %s, 'UTC')"
            " returning rota_id) insert into rota_shift (rota_id, carer_id, days, start_min, end_min)"
            " select rota_id, %s, '{0}', 0, 60 from r",
            ORGANISATION,
            home,
            carer,
        )
    async with (
        open_pool(database.url_as("wayhome_dashboard")) as pages,
        acting(pages, visitor(house, 0, CarerRole.ORGANISATION_ADMIN)) as connection,
    ):
        homes = [house.home_id, None]
        found = await plan.colleagues_of(connection, homes)
    of_home = {one.carer_id for one in found[house.home_id]}
    assert of_home == {*house.carers, house.technician, other.carers[1]}
    assert {one.carer_id for one in found[None]} == {house.technician}


async def test_colleagues_come_with_their_place_and_the_names_of_their_channels(
    database: Database, house: House
) -> None:
    house.execute("update carer set disabled_at = now() where carer_id = %s", house.carers[2])
    async with (
        open_pool(database.url_as("wayhome_dashboard")) as pages,
        acting(pages, visitor(house, 0)) as connection,
    ):
        found = await plan.colleagues(connection, house.home_id)
        first = await plan.homes_first_for(connection, house.carers[0], [house.home_id])
        assert not await plan.homes_first_for(connection, house.carers[1], [house.home_id])
    assert [(one.order, one.channels, one.disabled_at is None) for one in found] == [
        (1, ("ntfy",), True),
        (2, ("webhook",), True),
        (3, (), False),
        (None, (), True),
    ]
    assert [one.may_be_told for one in found] == [True, True, True, False]
    assert first == {house.home_id}


async def test_a_way_that_has_ended_is_no_way_to_be_reached(
    database: Database, house: House
) -> None:
    carer = house.carers[2]
    ((contact,),) = house.execute(
        "insert into own_contact (carer_id, channel, address, created_at)"
        " values (%s, 'webpush', 'https://x', now()) returning contact_id",
        carer,
    )
    async with open_pool(database.url_as("wayhome_dashboard")) as pages:
        for ways in (("webpush",), ()):
            async with acting(pages, visitor(house, 0)) as connection:
                found = await plan.colleagues(connection, house.home_id)
            assert [one.channels for one in found if one.carer_id == carer] == [ways]
            house.execute(
                "insert into lost_contact values (%s, now(), 'gone') on conflict do nothing",
                contact,
            )


async def written(pages: Pool, house: House, *shifts: Shift) -> int:
    async with acting(pages, visitor(house, 0)) as connection:
        return await rota.write_shifts(connection, ORGANISATION, house.home_id, LONDON, shifts)


async def test_a_swap_counts_when_the_other_agrees_and_not_before(
    database: Database, house: House
) -> None:
    one, two, _ = house.carers
    cover = Cover(
        starts_at=at(60), ends_at=at(120), carer_id=two, asked_by=one, state=CoverState.ASKED
    )

    async with (
        open_pool(database.url_as("wayhome_dashboard")) as pages,
        open_pool(database.url_as("wayhome_alerts")) as alerts,
    ):

        async def who(minutes: float) -> CarerId | None:
            async with transaction(alerts) as connection:
                found = await rota.rota_for(connection, house.home_id, NINE)
            return None if found is None else on_call(found, at(minutes))

        assert await who(0) is None
        rota_id = await written(pages, house, Shift(hours=DAY, carer_id=one))
        async with acting(pages, visitor(house, 0)) as connection:
            cover_id = await rota.add_cover(connection, rota_id, cover, NINE)
            assert not await rota.decide_cover(connection, cover_id, one, CoverState.AGREED, at(1))
        assert await who(90) == one
        async with acting(pages, visitor(house, 1)) as connection:
            (asked,) = await rota.asked_covers(connection, two, at(1))
            assert (asked.cover.cover_id, asked.cover.asked_by) == (cover_id, one)
            assert await rota.decide_cover(connection, cover_id, two, CoverState.AGREED, at(1))
            assert not await rota.decide_cover(
                connection, cover_id, two, CoverState.DECLINED, at(2)
            )
            assert await rota.asked_covers(connection, two, at(1)) == ()
        assert [await who(minutes) for minutes in (59, 60, 119, 120)] == [one, two, two, one]
        async with acting(pages, visitor(house, 0)) as connection:
            assert await rota.end_cover(connection, rota_id, cover_id, at(61))
            assert not await rota.end_cover(connection, rota_id, cover_id, at(62))
            late = replace(cover, ends_at=at(61))
            late_id = await rota.add_cover(connection, rota_id, late, NINE)
            assert not await rota.decide_cover(connection, late_id, two, CoverState.AGREED, at(70))
        assert await who(90) == one


async def write_for_all(pages: Pool, admin: Visitor, shift: Shift) -> None:
    """Write down the organisation's rota."""
    async with acting(pages, admin) as connection:
        await rota.write_shifts(connection, ORGANISATION, None, LONDON, [shift])


async def test_a_home_goes_by_its_own_rota_else_by_its_organisation_s(
    database: Database, house: House
) -> None:
    one, two, _ = house.carers
    admin = visitor(house, 2, CarerRole.ORGANISATION_ADMIN)
    async with open_pool(database.url_as("wayhome_dashboard")) as pages:
        await write_for_all(pages, admin, Shift(hours=DAY, carer_id=two))
        async with acting(pages, admin) as connection:
            found = await rota.rota_for(connection, house.home_id, NINE)
            assert found is not None
            assert found.home_id is None
            assert found.people == {two}
        await written(pages, house, Shift(hours=DAY, carer_id=one))
        await written(pages, house, Shift(hours=DAY, carer_id=one))
        async with acting(pages, admin) as connection:
            found = await rota.rota_for(connection, house.home_id, NINE)
            reserve = await rota.reserve_rota(connection, house.home_id, NINE)
            all_of_them = await rota.rotas_of(connection, ORGANISATION, NINE)
    assert found is not None
    assert reserve is not None
    assert [shift.carer_id for shift in found.shifts] == [one]
    assert reserve.people == {two}
    assert [other.home_id for other in all_of_them] == [None, house.home_id]


async def test_a_rota_of_a_home_without_anybody_is_none(database: Database, house: House) -> None:
    one, two, _ = house.carers
    admin = visitor(house, 2, CarerRole.ORGANISATION_ADMIN)
    async with open_pool(database.url_as("wayhome_dashboard")) as pages:
        await write_for_all(pages, admin, Shift(hours=DAY, carer_id=two))
        number = await written(pages, house)
        async with acting(pages, admin) as connection:
            found = await rota.rota_for(connection, house.home_id, NINE)
            assert found is not None
            assert found.people == {two}, "else nobody is on call"
            cover = Cover(carer_id=one, asked_by=admin.carer_id, starts_at=NINE, ends_at=at(60))
            await rota.add_cover(connection, number, cover, NINE)
            found = await rota.rota_for(connection, house.home_id, NINE)
            assert found is not None
            assert on_call(found, NINE) == one


async def test_until_a_cover_of_a_home_without_shifts_begins_its_organisation_s_rota_counts(
    database: Database, house: House
) -> None:
    one, two, _ = house.carers
    admin = visitor(house, 2, CarerRole.ORGANISATION_ADMIN)
    async with open_pool(database.url_as("wayhome_dashboard")) as pages:
        await write_for_all(pages, admin, Shift(hours=DAY, carer_id=two))
        number = await written(pages, house)
        holiday = Cover(carer_id=one, asked_by=admin.carer_id, starts_at=at(60), ends_at=at(120))
        async with acting(pages, admin) as connection:
            await rota.add_cover(connection, number, holiday, NINE)
            told = {}
            for minutes in (0, 59, 60, 119, 120):
                found = await rota.rota_for(connection, house.home_id, at(minutes))
                told[minutes] = None if found is None else on_call(found, at(minutes))
    assert told == {0: two, 59: two, 60: one, 119: one, 120: two}


async def test_the_hours_of_an_organisation_stay_what_they_were_whatever_home_is_its_first(
    database: Database, house: House
) -> None:
    one, two, _ = house.carers
    admin = visitor(house, 2, CarerRole.ORGANISATION_ADMIN)
    dhaka = ZoneInfo("Asia/Dhaka")
    nights = Shift(hours=WeeklySpan(days=DAY.days, start=22 * 60, end=7 * 60), carer_id=two)
    async with open_pool(database.url_as("wayhome_dashboard")) as pages:
        async with acting(pages, admin) as connection:
            await rota.write_shifts(connection, ORGANISATION, None, LONDON, [nights])
            held = await rota.held_rota(connection, ORGANISATION, None, dhaka, NINE)
            assert held.zone == LONDON
            await rota.write_shifts(connection, ORGANISATION, None, dhaka, held.shifts)
            found = await rota.rota_for(connection, house.home_id, NINE)
            assert found is not None
            assert found.zone == LONDON
            await rota.write_shifts(connection, ORGANISATION, None, LONDON, [])
            begun = await rota.held_rota(connection, ORGANISATION, None, dhaka, NINE)
            assert begun.zone == dhaka, "one that begins anew has the clock of those it is for"
        await written(pages, house, Shift(hours=nights.hours, carer_id=one))
        house.execute("update home set zone = 'Asia/Dhaka' where home_id = %s", house.home_id)
        async with acting(pages, admin) as connection:
            own = await rota.rota_for(connection, house.home_id, NINE)
    assert own is not None
    assert own.zone == dhaka, (
        "the hours of a home are on its own clock, from when that is put right"
    )


async def test_quiet_hours_come_back_and_nonsense_keeps_nobody_from_being_told(
    database: Database, house: House
) -> None:
    hours = QuietHours(zone=LONDON, windows=(WeeklySpan(days=(5, 6), start=1320, end=420),))
    async with open_pool(database.url_as("wayhome_dashboard")) as pages:
        for number in (0, 1):
            async with acting(pages, visitor(house, number)) as connection:
                await quiet.write_quiet_hours(connection, house.carers[number], hours, NINE)
        house.execute(
            "update quiet_hours set windows = '[{}]' where carer_id = %s", house.carers[1]
        )
        async with acting(pages, visitor(house, 0)) as connection:
            found = await quiet.quiet_hours_of(connection, house.carers)
    assert found == {house.carers[0]: hours}


async def test_a_calendar_s_address_is_replaced_and_revoked(
    database: Database, house: House
) -> None:
    one = house.carers[0]
    async with open_pool(database.url_as("wayhome_dashboard")) as pages:
        async with acting(pages, visitor(house, 0)) as connection:
            await rota.open_feed(connection, one, b"first", NINE)
            await rota.open_feed(connection, one, b"second", at(1))
            assert await rota.has_feed(connection, one)
        async with transaction(pages) as connection:
            assert await rota.visitor_for_feed(connection, b"first", at(2)) is None
            found = await rota.visitor_for_feed(connection, b"second", at(2))
        assert found is not None
        assert (found.carer_id, found.scope) == (one, "circle")
        async with acting(pages, visitor(house, 0)) as connection:
            assert await rota.revoke_feeds(connection, one, at(3)) == 1
            assert not await rota.has_feed(connection, one)
        async with transaction(pages) as connection:
            assert await rota.visitor_for_feed(connection, b"second", at(4)) is None


async def test_only_who_may_see_a_home_is_told_of_it(database: Database, house: House) -> None:
    other = await furnish(database, "other", contacts=({},))
    house.execute(
        "update carer set role = 'organisation_admin' where carer_id = %s", house.carers[2]
    )
    everybody = [*house.carers, *other.carers, house.technician]
    async with (
        open_pool(database.url_as("wayhome_alerts")) as alerts,
        transaction(alerts) as connection,
    ):
        found = await duty.people_of(connection, house.home_id, everybody)
        administrators = await duty.administrators_of(connection, house.home_id)
        assert (await duty.places_of(connection, [house.home_id]))[house.home_id].zone == LONDON
    assert [one.carer_id for one in found] == list(house.carers)
    assert [one.carer_id for one in administrators] == [house.carers[2]]
