"""A day is counted by where each device stood on it; what was never sensed is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from analytics.day_counts import UNTIL_REST, count_some
from analytics.sample_days import HOME, HOUSEHOLD, said
from core.model.home import Household
from core.model.ids import DeviceId, RoomId
from core.model.quantity import Quantity
from core.store import day_count
from core.store.day_count import DueDay
from core.store.migrate import FOLDER
from core.store.pool import Connection, connect, open_pool
from tests.analytics.log_rows import furnish, write
from tests.servers.databases import Database

MIDNIGHT = datetime(2026, 1, 12, tzinfo=UTC)
DAYS = 4


async def counted(database: Database, now: datetime) -> dict[date, dict[str, int]]:
    """Count all that is due; return the minutes of each room by day, where it is known."""
    async with open_pool(database.url_as("wayhome_analytics")) as pool:
        while await count_some(pool, now):
            continue
    async with connect(database.url) as owner:
        days = await day_count.days_of(owner, HOME, date(2026, 1, 1), date(2026, 2, 1))
    return {one.day: {name: sum(minutes) for name, minutes in one.rooms.items()} for one in days}


async def test_a_device_that_was_moved_leaves_the_days_before_in_the_room_where_it_was(
    plain_database: Database,
) -> None:
    household = await furnish(plain_database, HOUSEHOLD)
    devices = {one.name: one for one in household.devices}
    kitchen, lounge = devices["Kitchen motion"], devices["Lounge motion"]
    with psycopg.connect(plain_database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        write(
            gateway,
            [
                said(
                    kitchen.device_id,
                    Quantity.MOTION,
                    1,
                    MIDNIGHT + timedelta(days=day, hours=hour),
                )
                for day in range(DAYS)
                for hour in (8, 9, 12, 13, 14)
            ],
        )
    first, second = (date(2026, 1, 12) + timedelta(days=day) for day in range(2))
    before = await counted(plain_database, MIDNIGHT + timedelta(days=2, hours=7))
    assert {before[day]["Kitchen"] for day in (first, second)} == {5}
    moved = MIDNIGHT + timedelta(days=2, hours=12, minutes=30)
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        _move(owner, int(kitchen.device_id), lounge.room.room_id if lounge.room else 0, moved)
    after = await counted(plain_database, MIDNIGHT + timedelta(days=DAYS, hours=7))
    third, fourth = (date(2026, 1, 14) + timedelta(days=day) for day in range(2))
    assert {after[day]["Kitchen"] for day in (first, second)} == {5}
    assert {after[day]["Lounge"] for day in (first, second)} == {0}
    assert (after[third]["Kitchen"], after[third]["Lounge"]) == (3, 2)
    # a plug stands in the kitchen still, and sees nobody
    assert (after[fourth].get("Kitchen", 0), after[fourth]["Lounge"]) == (0, 5)


@pytest.mark.parametrize("away", ["holiday", ""])
async def test_of_a_day_on_which_nobody_is_watched_nothing_is_known(
    plain_database: Database, away: str
) -> None:
    """A carer has said that nobody is there, or a technician has paused it: it is no day of stillness."""
    household = await furnish(plain_database, HOUSEHOLD)
    kitchen = next(one for one in household.devices if one.name == "Kitchen motion")
    with psycopg.connect(plain_database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        hours = (timedelta(days=day, hours=hour) for day in range(DAYS) for hour in (8, 9, 12))
        write(
            gateway,
            [said(kitchen.device_id, Quantity.MOTION, 1, MIDNIGHT + at) for at in hours],
        )
    noon = MIDNIGHT + timedelta(days=1, hours=11)
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute(
            "insert into carer (organisation_id, login, name, role, password_hash)"
            " select organisation_id, 'ben', 'Ben', 'family_carer', '' from home limit 1"
        )
        for stage, at, until in (
            ("paused", noon, noon + timedelta(days=1)), ("live", noon + timedelta(days=1), None)
        ):  # fmt: skip
            owner.execute(
                "insert into home_step (home_id, carer_id, at, stage, reason, away, until)"
                " select %s, carer_id, %s, %s, 'x', %s, %s from carer limit 1",
                (HOME, at, stage, away, until),
            )
    known = await counted(plain_database, MIDNIGHT + timedelta(days=DAYS, hours=7))
    assert [known[date(2026, 1, 12 + day)].get("Kitchen", 0) for day in range(DAYS)] == [3, 2, 1, 3]
    async with connect(plain_database.url) as owner:
        days = await day_count.days_of(owner, HOME, date(2026, 1, 1), date(2026, 2, 1))
    second = next(one for one in days if one.day == date(2026, 1, 13))
    assert sum(second.seen[44:]) == 0, "the neighbour who waters the flowers is nobody's day"


async def test_a_move_that_was_taken_back_was_none(plain_database: Database) -> None:
    household = await furnish(plain_database, HOUSEHOLD)
    devices = {one.name: one for one in household.devices}
    kitchen, lounge = devices["Kitchen motion"], devices["Lounge motion"]
    assert kitchen.room is not None
    assert lounge.room is not None
    at = MIDNIGHT + timedelta(hours=10)
    with psycopg.connect(plain_database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        write(
            gateway,
            [
                said(kitchen.device_id, Quantity.MOTION, 1, MIDNIGHT + timedelta(hours=hour))
                for hour in (8, 12)
            ],
        )
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        change = _move(owner, int(kitchen.device_id), lounge.room.room_id, at)
        later = at + timedelta(hours=3)
        _move(owner, int(kitchen.device_id), kitchen.room.room_id, later, undoes=change)
    found = await counted(plain_database, MIDNIGHT + timedelta(days=1, hours=7))
    assert found[date(2026, 1, 12)]["Kitchen"] == 2


def _move(
    owner: psycopg.Connection[object],
    device_id: int,
    room_id: int,
    at: datetime,
    undoes: int | None = None,
) -> int:
    """Move a device as the page of devices does it, which writes down the device before and after."""
    terms = "select to_jsonb(d) - 'device_id' - 'home_id' from device d where device_id = %s"
    earlier = owner.execute(terms, (device_id,)).fetchone()
    owner.execute("update device set room_id = %s where device_id = %s", (room_id, device_id))
    later = owner.execute(terms, (device_id,)).fetchone()
    owner.execute(
        "insert into carer (organisation_id, login, name, role, password_hash) values"
        " ('sample', 'tess', 'Tess', 'technician', 'x') on conflict do nothing"
    )
    row = owner.execute(
        "insert into device_change (home_id, device_id, carer_id, at, kind, before, after, undoes)"
        " select %s, %s, carer_id, %s, %s, %s, %s, %s from carer where login = 'tess' returning change_id",
        (
            HOME,
            device_id,
            at,
            "changed" if undoes is None else "undone",
            Jsonb(earlier[0] if earlier else None),  # type: ignore[index]
            Jsonb(later[0] if later else None),  # type: ignore[index]
            undoes,
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])  # type: ignore[index]


async def test_days_counted_long_ago_know_no_more_of_rooms_in_which_nothing_senses(
    plain_database: Database,
) -> None:
    bare = replace(
        HOUSEHOLD,
        devices=tuple(
            one for one in HOUSEHOLD.devices if one.room is None or one.room.name != "Bathroom"
        ),
    )
    await furnish(plain_database, bare)
    nothing, some = [0] * 96, [0] * 95 + [3]
    facts = {
        "rooms": {"Bathroom": nothing, "Kitchen": nothing, "Hall": some},
        "visits": {"bathroom": [0, 0, None], "kitchen": [0, 0, None]},
        "moves": [], "outings": [], "night": None, "door": True,
    }  # fmt: skip
    text = (FOLDER / "0036_days_as_they_were.sql").read_text(encoding="utf-8")
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        for day, rooms in ((1, facts["rooms"]), (2, {"Bathroom": some, "Hall": some})):
            owner.execute(
                "insert into day_count (home_id, day, counted_at, settled, seen, active, seen_min,"
                " active_min, facts) values (%s, %s, now(), true, %s, %s, 0, 0, %s)",
                (HOME, date(2026, 1, day), nothing, nothing, Jsonb(facts | {"rooms": rooms})),
            )
        with owner.transaction():
            owner.execute(text[text.index("alter table day_count no force") :].encode())
        rows = owner.execute("select facts from day_count order by day").fetchall()
    first, second = (row[0] for row in rows)
    assert set(first["rooms"]) == {"Kitchen", "Hall"}
    assert first["visits"] == {"kitchen": [0, 0, None]}
    assert set(second["rooms"]) == {"Bathroom", "Hall"}  # it was sensed once, whatever is there now


async def test_days_that_were_counted_by_a_wrong_place_are_counted_anew_when_it_is_put_right(
    plain_database: Database,
) -> None:
    """It was saved on the third day, and hung there since noon of the second; then that was taken back."""
    household, kitchen, lounge = await _heard_in_the_kitchen(plain_database, 8, 9, 12, 13, 14)
    now = MIDNIGHT + timedelta(days=DAYS + 3)
    before = await counted(plain_database, now)
    days = [date(2026, 1, 12) + timedelta(days=day) for day in range(DAYS)]
    assert [before[day]["Kitchen"] for day in days] == [5] * DAYS
    noon = MIDNIGHT + timedelta(days=1, hours=12)
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        number = _put_right(owner, kitchen, lounge, noon)
    after = await counted(plain_database, now)
    assert [after[day].get("Kitchen", 0) for day in days] == [5, 2, 0, 0]
    assert [after[day]["Lounge"] for day in days] == [0, 3, 5, 5]
    # the second one hides what was thought before: it never hung in the lounge
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        bedroom = next(one.room_id for one in household.rooms if one.name == "Bedroom")
        second = _put_right(owner, kitchen, bedroom, MIDNIGHT + timedelta(days=1))
    third = await counted(plain_database, now)
    assert [third[day]["Lounge"] for day in days] == [0] * DAYS
    assert [third[day]["Bedroom"] for day in days] == [0, 5, 5, 5]
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        for one in (second, number):
            _as_technician(owner)
            row = owner.execute("select undo_device_change(%s, now())", (one,)).fetchone()
            assert row is not None
            assert row[0] is not None
    assert await counted(plain_database, now) == before


async def test_what_is_counted_from_is_gone_stays_as_it_was_counted(
    plain_database: Database,
) -> None:
    _, kitchen, lounge = await _heard_in_the_kitchen(plain_database, 8)
    now = MIDNIGHT + timedelta(days=DAYS + 3)
    before = await counted(plain_database, now)
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        gone = MIDNIGHT + timedelta(days=1, hours=4)
        owner.execute("delete from observation where observed_at < %s", (gone,))
        _put_right(owner, kitchen, lounge, None)
    after = await counted(plain_database, now)
    days = [date(2026, 1, 12) + timedelta(days=day) for day in range(DAYS)]
    assert [after[day] == before[day] for day in days] == [True, True, False, False]
    assert [after[day]["Lounge"] for day in days] == [0, 0, 1, 1]


async def _heard_in_the_kitchen(
    database: Database, *hours: int
) -> tuple[Household, DeviceId, RoomId]:
    """Movement at these hours of each day; the household, the device, and the room next door."""
    household = await furnish(database, HOUSEHOLD)
    devices = {one.name: one for one in household.devices}
    kitchen, lounge = devices["Kitchen motion"].device_id, devices["Lounge motion"].room
    assert lounge is not None
    with psycopg.connect(database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        at = [MIDNIGHT + timedelta(days=day, hours=hour) for day in range(DAYS) for hour in hours]
        write(gateway, [said(kitchen, Quantity.MOTION, 1, one) for one in at])
    return household, kitchen, lounge.room_id


def _as_technician(owner: psycopg.Connection[object]) -> None:
    owner.execute(
        "insert into carer (organisation_id, login, name, role, password_hash) values"
        " ('sample', 'tess', 'Tess', 'technician', 'x') on conflict do nothing"
    )
    owner.execute(
        "select set_config('wayhome.organisation', 'sample', false),"
        " set_config('wayhome.carer', carer_id::text, false) from carer where login = 'tess'"
    )


def _put_right(
    owner: psycopg.Connection[object], device_id: DeviceId, room_id: RoomId, since: datetime | None
) -> int:
    _as_technician(owner)
    row = owner.execute(
        "select correct_device(%s, %s, %s, now())", (device_id, Jsonb({"room_id": room_id}), since)
    ).fetchone()
    assert row is not None
    return int(row[0])  # type: ignore[index]


async def test_which_days_are_due_is_asked_once_and_detection_gets_its_turn(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten thousand homes it takes a second: asked for each twenty days, it took the night."""
    asked = rests = 0

    async def counting(connection: Connection, now: datetime, limit: int) -> tuple[DueDay, ...]:
        nonlocal asked
        asked += 1
        return await due_days(connection, now, limit)

    async def rest() -> None:
        nonlocal rests
        rests += 1

    due_days = day_count.due_days
    monkeypatch.setattr(day_count, "due_days", counting)
    household = await furnish(plain_database, HOUSEHOLD)
    door = next(one for one in household.devices if one.name == "Kitchen motion")
    with psycopg.connect(plain_database.url_as("wayhome_gateway"), autocommit=True) as gateway:
        write(gateway, [said(door.device_id, Quantity.MOTION, 1.0, MIDNIGHT)])
    days = 2 * UNTIL_REST + 5
    now = MIDNIGHT + timedelta(days=days, hours=7)
    async with open_pool(plain_database.url_as("wayhome_analytics")) as pool:
        assert await count_some(pool, now, rest=rest) == days
        assert (asked, rests) == (1, 2)
