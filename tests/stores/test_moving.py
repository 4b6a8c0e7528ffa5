"""One of a couple dies or moves away: the home is the survivor's, and what was told of both stays so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.basis import Purpose
from core.model.errors import Misconfigured
from core.model.finding import Audience
from core.model.home import Device, HomeMode, Placement
from core.model.ids import DeviceId, HomeId, OrganisationId, ResidentId
from core.model.sharing import SharingQuestion
from core.model.watching import watching
from core.store import (
    basis,
    caseload,
    clinical,
    missing,
    moving,
    page,
    person,
    presence,
    registry,
    sharing,
    timeline,
)
from core.store import (
    watching as watching_table,
)
from core.store.clinical import Wanted
from core.store.pool import connect
from tests.stores.seed import SEED
from tests.stores.test_basis import GIVE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from core.store.pool import Connection
    from tests.servers.databases import Database

NOW = datetime.now(UTC)
TODAY = NOW.date()
HOME, ADA, BERT = HomeId("a1"), ResidentId(1), ResidentId(4)
COUPLE = """
update resident set name = 'Ada' where resident_id = 1;
insert into resident (home_id, name, pronoun) values ('a1', 'Bert', 'he');
insert into device (home_id, family, external_id, name, placement, resident_id)
  values ('a1', 'wayhome', 'watch', 'Watch', 'worn', 4);
insert into carer (carer_id, organisation_id, login, name, role, password_hash, resident_id)
  overriding system value values (900, 'a', 'bert', 'Bert', 'resident', '', 4);
update home set mode = 'live', zone = 'UTC';
delete from purpose_basis;
delete from day_count;
insert into day_count (home_id, day, counted_at, seen, active, seen_min, active_min, facts, settled)
  select 'a1', current_date - n, now(), array_fill(15, array[96]), array_fill(0, array[96]), 1440, 0,
    '{"rooms": {}, "moves": [], "night": null, "outings": [], "door": true, "visits": {}}', true
  from generate_series(0, 9) n;
"""


@pytest.fixture
async def owner(plain_database: Database) -> AsyncIterator[Connection]:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED)
        connection.execute(COUPLE)
    async with connect(plain_database.url, autocommit=True) as connection:
        yield connection


async def leave(owner: Connection, days_ago: int = 5) -> None:
    bert = await person.subject(owner, BERT)
    async with owner.transaction():
        await moving.leave(owner, bert, NOW - timedelta(days=days_ago))


async def stands(owner: Connection) -> str:
    """Return how the home stands, which is not what was written down last."""
    for last in ("watched", "unwatched"):
        await owner.execute("update watch_change set state = %s", (last,))
        for one in await watching_table.homes_to_judge(owner, NOW):
            found = watching(one.now, NOW)
            if one.home_id == HOME and found is not None:
                return found.state.value
    return ""


async def test_what_was_agreed_with_who_died_does_not_end_the_watch_over_who_lives_on(
    owner: Connection,
) -> None:
    await owner.execute(
        GIVE, ("care_monitoring", "", NOW - timedelta(days=90), NOW - timedelta(1), BERT)
    )
    assert await presence.guarded_homes(owner) == {HOME}
    assert await stands(owner) == "unwatched"
    before = await presence.registry_fingerprint(owner)
    await leave(owner)
    assert await presence.guarded_homes(owner) == set()
    assert not any(one.unwatched for one in await presence.known_devices(owner))
    assert await presence.registry_fingerprint(owner) != before, "gateways hear of it"
    assert await basis.ledgers(owner, living=True) == {}, "nobody is asked to renew it"
    assert await stands(owner) == "watched"


async def test_from_then_on_who_lives_on_is_watched_named_and_shown_alone(
    owner: Connection,
) -> None:
    alert = "select alert_id from alert where home_id = 'a1'"
    await leave(owner)
    household = await registry.household_of(owner, HOME)
    assert household is not None
    assert [one.name for one in household.residents] == ["Ada"]
    assert [one.name for one in household.devices] == ["d"], "what he wore is in use no more"
    glance = await timeline.glance_of(owner, HOME)
    assert glance is not None
    assert glance.residents == ("Ada",)
    sight = page.Sight(audiences=tuple(Audience))
    cards, _ = await page.open_cards(owner, sight, limit=9)
    ((number,),) = await (await owner.execute(alert)).fetchall()
    assert [one.residents for one in cards if one.alert.alert_id == number] == [("Ada",)]
    await owner.execute("update alert set opened_at = now() - interval '6 days'")
    cards, _ = await page.open_cards(owner, sight, limit=9)
    of_both = [one.residents for one in cards if one.alert.alert_id == number]
    assert of_both == [("Ada", "Bert")], "that was told of both"
    cases, _ = await caseload.cases(owner, NOW, search="", reason=None, limit=9, offset=0)
    assert "Bert" not in {one.name for one in cases}
    assert [one.resident.name for one in await missing.people_of(owner, HOME)] == ["Ada"]
    row = await owner.execute("select disabled_at is not null from carer where login = 'bert'")
    assert await row.fetchone() == (True,)


async def days(owner: Connection, resident: ResidentId) -> list[tuple[int, bool]]:
    """Return which days of the last ten are one resident's, and of which alone."""
    start = (TODAY - timedelta(days=30), "", 0)
    found = await clinical.days(owner, Wanted(resident_id=resident), start, 99, heart=False)
    count, _ = await clinical.count_days(owner, Wanted(resident_id=resident))
    assert count == len(found)
    return [((TODAY - one.count.day).days, one.alone) for one in found]


async def test_days_of_two_are_never_the_record_of_one(owner: Connection) -> None:
    both = [(ago, False) for ago in range(9, -1, -1)]
    assert await days(owner, ADA) == await days(owner, BERT) == both
    await leave(owner, days_ago=5)
    assert await days(owner, ADA) == [(ago, ago < 5) for ago in range(9, -1, -1)]
    assert await days(owner, BERT) == [(ago, False) for ago in range(9, 4, -1)]
    assert (await clinical.count_days(owner, Wanted(home_id=HOME)))[0] == 15
    bert = await person.subject(owner, BERT)
    async with owner.transaction():
        await person.erase(owner, bert, (NOW, "asked for"))
    assert await days(owner, ADA) == [(ago, ago < 5) for ago in range(9, -1, -1)]


async def test_a_day_of_two_goes_to_a_record_only_where_both_had_agreed(owner: Connection) -> None:
    async def asked(ago: int) -> bool:
        question = SharingQuestion(
            organisation_id=OrganisationId("a"),
            resident_id=ADA,
            purpose=Purpose.RECORD_SHARING,
            recipient="R",
            at=NOW,
            of_home=True,
            day=TODAY - timedelta(days=ago),
        )
        return await sharing.may_be_shared(owner, question, named=[OrganisationId("a")])

    await owner.execute(GIVE, ("record_sharing", "R", NOW - timedelta(days=90), None, ADA))
    assert [await asked(ago) for ago in (6, 5, 4)] == [False] * 3
    await leave(owner, days_ago=5)
    assert [await asked(ago) for ago in (6, 5, 4)] == [False, False, True]
    await owner.execute(GIVE, ("record_sharing", "R", NOW - timedelta(days=90), None, BERT))
    assert [await asked(ago) for ago in (6, 5, 4)] == [True] * 3
    async with owner.transaction():
        await person.erase(owner, await person.subject(owner, BERT), (NOW, "asked for"))
    assert [await asked(ago) for ago in (6, 5, 4)] == [False, False, True]


async def test_the_last_one_does_not_leave_but_the_home_ends(owner: Connection) -> None:
    await leave(owner)
    for one in (ADA, BERT):
        with pytest.raises(Misconfigured, match="end the home"):
            await moving.leave(owner, await person.subject(owner, one), NOW)
    assert not await moving.come_back(owner, await person.subject(owner, ADA))
    assert await moving.come_back(owner, await person.subject(owner, BERT))
    household = await registry.household_of(owner, HOME)
    assert household is not None
    assert [one.name for one in household.residents] == ["Ada", "Bert"]


async def test_the_last_one_is_erased_with_the_home_and_not_beside_it(owner: Connection) -> None:
    """What the rooms told since he left is hers alone: it must not stay as what the home shares."""
    await leave(owner)
    with pytest.raises(Misconfigured, match=r"who left it \(4\)"):
        await person.erase(owner, await person.subject(owner, ADA), (NOW, "asked for"))
    for one in (BERT, ADA):
        async with owner.transaction():
            await person.erase(owner, await person.subject(owner, one), (NOW, "asked for"))
    for table in ("home", "day_count", "observation"):
        found = await owner.execute(f"select count(*) from {table} where home_id = 'a1'".encode())
        assert await found.fetchone() == (0,), table


async def test_an_old_roster_brings_nobody_back_and_nothing_that_they_wore(
    owner: Connection,
) -> None:
    before = await registry.household_of(owner, HOME)
    assert before is not None
    await leave(owner)
    after = await registry.register_household(owner, before)
    assert [one.name for one in after.residents] == ["Ada"]
    assert [one.name for one in after.devices] == ["d"]


async def test_the_hub_of_a_home_that_has_ended_is_let_in_no_more(owner: Connection) -> None:
    """It stands on the shelf where somebody else lives now, and renews its certificate by itself."""
    let_in = "select home_id from hub_credential where revoked_at is null order by 1"
    await owner.execute("update hub_credential set revoked_at = null")
    before = [home for (home,) in await (await owner.execute(let_in)).fetchall()]
    assert "a1" in before
    after: list[str] = []
    for stage in ("paused", "ended"):
        await owner.execute(
            "insert into home_step (home_id, carer_id, at, stage, reason) values ('a1', 1, now(), %s, 'r')",
            (stage,),
        )
        after = [home for (home,) in await (await owner.execute(let_in)).fetchall()]
        assert ("a1" in after) == (stage == "paused")
    assert after == [home for home in before if home != "a1"]


async def test_nobody_moves_into_the_record_of_somebody_else(owner: Connection) -> None:
    """Who cared for the one would see how the other lives, and old habits would be taken for theirs."""
    step = (
        "insert into home_step (home_id, carer_id, at, stage, reason, basis, said_by)"
        " select 'a1', 1, now(), s, 'r', case s when 'consented' then 'person' else '' end,"
        " case s when 'consented' then 'R' else '' end from (select %s::text as s) s"
    )
    await registry.register_resident(owner, HOME, "Moves in")
    await owner.execute(step, ("ended",))
    await owner.execute("update home set mode = %s where home_id = 'a1'", (HomeMode.ARCHIVE.value,))
    for stage in ("referred", "consented", "installed", "commissioning"):
        with pytest.raises(Misconfigured, match="a home of their own"):
            await registry.register_resident(owner, HOME, "New tenant")
        assert await registry.register_resident(owner, HOME, "Ada") == ADA, "who comes back may"
        await owner.execute(step, (stage,))
    await owner.execute(step, ("live",))
    assert await registry.register_resident(owner, HOME, "Lives with Ada now") > BERT


async def test_what_he_wore_goes_to_her_and_what_it_told_stays_his(owner: Connection) -> None:
    ((his,),) = await _rows(owner, "select device_id from device where external_id = 'watch'")
    await owner.execute(
        "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
        " values (now(), %s, 'heart_rate', 60, 'a1', now())",
        (his,),
    )
    await leave(owner)
    watch = Device(
        device_id=DeviceId(0), home_id=HOME, family="wayhome", external_id="watch", name="Watch",
        placement=Placement.WORN, room=None, resident_id=ADA, reporting_interval_s=900.0,
    )  # fmt: skip
    async with owner.transaction():
        hers = await registry.register_device(owner, watch)
        assert await registry.register_device(owner, watch) == hers, "once is enough"
    assert hers != his
    assert await _rows(owner, "select resident_id from device where device_id = %s", his) == [
        (BERT,)
    ]
    bert = await person.subject(owner, BERT)
    async with owner.transaction():
        await person.erase(owner, bert, (NOW, "asked for"))
    told = "select count(*) from observation where quantity = 'heart_rate' and home_id = 'a1'"
    assert await _rows(owner, told) == [(0,)]


async def _rows(owner: Connection, query: str, *values: object) -> list[tuple[object, ...]]:
    cursor = await owner.execute(query.encode(), values)
    return await cursor.fetchall()
