from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.model.home import HomeMode
from core.model.ids import DeviceId, HomeId
from core.model.intake import NumberedStretch, PresenceChange
from core.store import presence
from core.store.pool import Connection, connect
from tests.gateway.running import HOME, device, register

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

CHANGES_OF_ONE = """
update device set external_id = 'gate' where home_id = 'one';
insert into device (home_id, family, external_id, name, placement)
values ('one', 'zigbee2mqtt', 'hall', 'Hall', 'room');
insert into resident (home_id, name) values ('one', 'Ada');
insert into carer (organisation_id, login, name, role, password_hash)
values ('x', 'tom', 'Tom', 'technician', 'x');
insert into purpose_basis (resident_id, home_id, kind, purpose, decided, said_by, valid_from, carer_id, at)
select r.resident_id, r.home_id, 'withdrawn', 'care_monitoring', 'person', 'Ada', now(), c.carer_id, now()
from resident r, carer c;
update device set retired_at = now() where home_id = 'one';
update home set mode = 'archive' where home_id = 'one'
"""


@pytest.fixture
async def connection(plain_database: Database) -> AsyncIterator[Connection]:
    url = plain_database.url_as("wayhome_gateway")
    async with connect(url, autocommit=True) as connection:
        yield connection


def change(seconds: float = 0, number: int = 7, **more: Any) -> PresenceChange:
    at = NOON + timedelta(seconds=seconds)
    return PresenceChange(device_id=DeviceId(number), home_id=HomeId(HOME), last_seen=at, **more)


def stretch(low: int, high: int, received: int, boot: str = "b") -> NumberedStretch:
    return NumberedStretch(boot=boot, lowest=low, highest=high, received=received)


async def missed(connection: Connection) -> int:
    (one,) = await presence.presences(connection, HomeId(HOME))
    return one.missed


async def test_news_is_merged_and_no_news_changes_nothing(connection: Connection) -> None:
    await presence.change(connection, [change(0, online=True, battery_percent=70.0, skew_s=-1.5)])
    await presence.change(connection, [change(-60, link_quality=120.0)])
    (one,) = await presence.presences(connection, HomeId(HOME))
    assert (one.last_seen, one.online, one.battery_percent) == (NOON, True, 70.0)
    assert (one.link_quality, one.skew_s, one.missed) == (120.0, -1.5, 0)
    await presence.change(connection, [])
    with pytest.raises(ValueError, match="twice"):
        await presence.change(connection, [change(), change()])


async def test_what_a_gateway_wrote_whose_clock_ran_ahead_does_not_hold(
    connection: Connection,
) -> None:
    ahead = datetime.now(UTC) - NOON + timedelta(days=300)
    await presence.change(connection, [change(ahead.total_seconds(), numbers=stretch(1, 5, 5))])
    await presence.change(connection, [change(0, numbers=stretch(1, 3, 3, boot="c"))])
    (one,) = await presence.presences(connection, HomeId(HOME))
    assert one.last_seen == NOON
    (known,) = [row[0] async for row in await connection.execute("select boot from presence")]
    assert known == "c"


async def test_a_device_that_was_never_heard_is_looked_for(
    connection: Connection, plain_database: Database
) -> None:
    await register(plain_database.url, devices=[device("door"), device("hall")])
    for _ in range(2):
        await presence.expect(connection)
    found = await presence.presences(connection, HomeId(HOME))
    assert [one.last_seen for one in found] == [None, None]


async def test_gaps_add_up_in_any_order(connection: Connection) -> None:
    await presence.change(connection, [change(0, numbers=stretch(1, 10, 8))])
    assert await missed(connection) == 2
    await presence.change(connection, [change(1, numbers=stretch(5, 12, 3))])
    assert await missed(connection) == 1
    await presence.change(connection, [change(2, numbers=stretch(7, 7, 1))])
    await presence.change(connection, [change(3, numbers=stretch(7, 7, 1))])
    assert await missed(connection) == 0, "never below nothing"
    await presence.change(connection, [change(4)])
    assert await missed(connection) == 0


async def test_a_new_boot_starts_anew_and_a_late_report_of_the_old_one_is_left_out(
    connection: Connection,
) -> None:
    await presence.change(connection, [change(0, numbers=stretch(1, 10, 9))])
    await presence.change(connection, [change(2, numbers=stretch(0, 3, 4, boot="c"))])
    assert await missed(connection) == 1
    await presence.change(connection, [change(1, numbers=stretch(11, 20, 1))])
    assert await missed(connection) == 1
    cursor = await connection.execute("select boot, last_number from presence")
    assert await cursor.fetchone() == ("c", 3)


async def test_absurd_numbers_do_not_break_the_table(connection: Connection) -> None:
    for turn in range(3):
        numbers = stretch(0, 2**53, 1, boot=f"b{turn}")
        await presence.change(connection, [change(turn, numbers=numbers)])
    assert await missed(connection) == 10**15


async def test_the_fingerprint_follows_the_registry(
    plain_database: Database, connection: Connection
) -> None:
    prints = [await presence.registry_fingerprint(connection)]
    await register(plain_database.url, [device("door")])
    prints.append(await presence.registry_fingerprint(connection))
    await register(plain_database.url, [device("door")])
    assert await presence.registry_fingerprint(connection) == prints[-1]
    await register(plain_database.url, [device("door")], mode=HomeMode.ARCHIVE)
    prints.append(await presence.registry_fingerprint(connection))
    async with connect(plain_database.url) as owner:
        await owner.execute("update device set retired_at = now()")
    prints.append(await presence.registry_fingerprint(connection))
    assert len(set(prints)) == len(prints)
    assert await presence.known_devices(connection) == ()
    assert await presence.homes(connection) == {HOME: "archive"}


async def test_the_fingerprint_of_a_home_changes_with_it_and_with_no_other(
    plain_database: Database, connection: Connection
) -> None:
    """Each change of one device made every gateway read all of 150,000 again, and take in nothing."""
    async with connect(plain_database.url, autocommit=True) as owner:
        await owner.execute("insert into organisation (organisation_id, name) values ('x', 'X')")
        for home in ("one", "two"):
            await owner.execute(
                "insert into home (home_id, organisation_id, name) values (%s, 'x', 'H')", (home,)
            )
            await owner.execute(
                "insert into device (home_id, family, external_id, name, placement)"
                " values (%s, 'zigbee2mqtt', 'door', 'Door', 'entrance')",
                (home,),
            )
        before = await presence.home_fingerprints(connection)
        whole = await presence.registry_fingerprint(connection)
        for step in CHANGES_OF_ONE.split(";"):
            known = await presence.known_devices(connection, [HomeId("one")])
            await owner.execute(step.encode())
            after = await presence.home_fingerprints(connection)
            anew = await presence.registry_fingerprint(connection)
            told = known != await presence.known_devices(connection, [HomeId("one")])
            mode = "update home" in step
            assert (after[HomeId("one")] != before[HomeId("one")]) is (told or mode), step
            assert (anew != whole) is (told or mode), step
            assert after[HomeId("two")] == before[HomeId("two")]
            before, whole = after, anew


async def test_the_last_heartbeat_stands(connection: Connection) -> None:
    for seconds, connected in ((0, True), (5, False)):
        at = NOON + timedelta(seconds=seconds)
        await presence.beat(
            connection,
            presence.Heartbeat(
                gateway="g", at=at, broker_connected=connected, counters={"received": seconds}
            ),
        )
    (beat,) = await presence.heartbeats(connection)
    assert (beat.at, beat.broker_connected) == (NOON + timedelta(seconds=5), False)
    assert beat.counters == {"received": 5}
