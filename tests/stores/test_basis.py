"""The ledger of bases in a real database: what SQL says of it, and who may write it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.basis import Purpose, Review, reviews, standing
from core.model.ids import OrganisationId, ResidentId
from core.store import basis as store
from core.store.pool import Connection, connect
from tests.servers.databases import Database
from tests.stores.seed import SEED

if TYPE_CHECKING:
    from typing import LiteralString

START = datetime(2026, 1, 1, tzinfo=UTC)
GIVE: LiteralString = (
    "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6, article9,"
    " decided, said_by, valid_from, valid_until, carer_id, at) select home_id, resident_id, 'given', %s, %s,"
    " 'consent', 'explicit_consent', 'person', 'R', %s, %s, 1, now() from resident where resident_id = %s"
)
WITHDRAW: LiteralString = (
    "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, decided, said_by, valid_from,"
    " carer_id, at) select home_id, resident_id, 'withdrawn', %s, %s, 'person', 'R', %s, 1, now()"
    " from resident where resident_id = %s"
)


@pytest.fixture
def town(plain_database: Database) -> Database:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED)
        connection.execute("delete from purpose_basis")
    return plain_database


def day(number: int) -> datetime:
    return START + timedelta(days=number)


async def test_sql_and_python_say_the_same_of_who_must_not_be_watched(town: Database) -> None:
    chance = random.Random(7)
    async with connect(town.url) as connection:
        for _ in range(60):
            resident, since = chance.randint(1, 3), day(chance.randint(0, 9))
            recipient = chance.choice(["", "", "Somebody"])
            if chance.random() < 0.4:
                await connection.execute(WITHDRAW, ("location", recipient, since, resident))
            else:
                until = chance.choice([None, since + timedelta(days=chance.randint(1, 4))])
                await connection.execute(GIVE, ("location", recipient, since, until, resident))
            for number in (0, 3, 6, 12):
                query = store.stopped("'location'", at="%(at)s")
                cursor = await connection.execute(query, {"at": day(number)})
                stopped = dict(await cursor.fetchall())
                query = store.stopped("'location'", "%(homes)s", at="%(at)s")
                some = chance.sample(["a1", "a2", "b1"], chance.randint(0, 3))
                cursor = await connection.execute(query, {"at": day(number), "homes": some})
                assert dict(await cursor.fetchall()) == {
                    one: home for one, home in stopped.items() if home in some
                }
                known = await store.ledgers(connection)
                assert await _ending(connection, day(number)) == {
                    one: found
                    for one in known
                    if (found := reviews(known[one], day(number), timedelta(days=2)))
                }
                assert set(stopped) == {
                    one
                    for one in known
                    if not standing(known[one], Purpose.LOCATION, "", day(number))
                }


async def _ending(connection: Connection, now: datetime) -> dict[ResidentId, tuple[Review, ...]]:
    ahead = timedelta(days=2)
    known = await store.ledgers(connection, ends_by=now + ahead)
    return {one: found for one in known if (found := reviews(known[one], now, ahead))}


async def test_a_question_is_answered_for_one_s_own_people_only(town: Database) -> None:
    async with connect(town.url) as connection:
        await connection.execute(GIVE, ("record_sharing", "Park Surgery", day(0), None, 1))
        question = (ResidentId(1), Purpose.RECORD_SHARING, "park  surgery", day(1))
        assert await store.may_share(connection, OrganisationId("a"), *question)
        found = await store.may_share(connection, OrganisationId("b"), *question)
        assert (found.allowed, found.reason) == (False, "nobody of this organisation")
        await connection.execute(WITHDRAW, ("record_sharing", "", day(2), 1))
        assert await store.may_share(connection, OrganisationId("a"), *question)
        question = (*question[:3], day(2))
        assert not await store.may_share(connection, OrganisationId("a"), *question)


@pytest.mark.parametrize(
    ("role", "carer", "resident", "writer", "allowed"),
    [
        ("organisation_admin", 1, 1, 1, True),
        ("clinician", 1, 1, 1, True),
        ("family_carer", 1, 1, 1, False),
        ("organisation_admin", 1, 3, 1, False),  # of another organisation
        ("organisation_admin", 1, 1, 2, False),  # in somebody else's name
    ],
)
def test_who_may_write_writes_for_the_own_organisation_in_the_own_name(
    town: Database, role: str, carer: int, resident: int, writer: int, *, allowed: bool
) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("update carer set role = %s where carer_id = %s", (role, carer))
    query = WITHDRAW.replace("%s, 1, now()", f"%s, {writer}, now()").replace(
        "select home_id, resident_id,", "select (array['a1', 'a2', 'b1'])[%s], %s,"
    )
    query = query.split(" from resident")[0]
    values = (resident, resident, "location", "", day(0))
    with psycopg.connect(town.url_as("wayhome_dashboard")) as connection:
        for name, value in {"organisation": "a", "carer": "1", "scope": "organisation"}.items():
            connection.execute("select set_config(%s, %s, true)", (f"wayhome.{name}", value))
        if allowed:
            assert connection.execute(query.encode(), values).rowcount == 1
            for change in ("delete from purpose_basis", "update purpose_basis set note = 'x'"):
                with (
                    pytest.raises(psycopg.errors.InsufficientPrivilege),
                    connection.transaction(),
                ):
                    connection.execute(change.encode())
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(query.encode(), values)


@pytest.mark.parametrize("purpose", ["record_sharing", "research"])
def test_what_leaves_the_organisation_names_its_recipient(town: Database, purpose: str) -> None:
    with (
        psycopg.connect(town.url) as connection,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        connection.execute(GIVE, (purpose, "", day(0), None, 1))
