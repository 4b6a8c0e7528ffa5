"""The whole gateway against real servers: what becomes of good and bad messages."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.model.home import HomeMode
from core.runtime.broker import BrokerSettings, Publisher, Will
from core.runtime.clock import ManualClock, SystemClock
from core.store.pool import open_pool
from gateway.quota import DiscoveredQuota
from gateway.registry import keep_names
from gateway.replay import replay_quarantine
from tests.gateway.running import (
    HOME,
    Table,
    device,
    publisher,
    register,
    running_gateway,
    until,
)

if TYPE_CHECKING:
    from tests.servers.broker_fixtures import Broker
    from tests.servers.databases import Database
    from tests.servers.mosquitto import Mosquitto

PREFIX = f"homes/{HOME}"


def native(value: object, **more: object) -> bytes:
    return json.dumps({"v": value, **more}).encode()


@pytest.fixture
async def ids(plain_database: Database) -> dict[str, int]:
    devices = [device("door"), device("motion"), device("hall", "zigbee2mqtt")]
    devices.append(device("resident1/watch", "owntracks"))
    found = await register(plain_database.url, devices)
    return {name: int(number) for name, number in found.items()}


async def test_a_message_becomes_a_row(
    plain_database: Database, broker: Broker, ids: dict[str, int]
) -> None:
    table = Table(plain_database.url)
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), broker.url),
        publisher(broker) as hub,
    ):
        await hub.publish(f"{PREFIX}/wayhome/door/contact", native(1, seq=0, boot="a"))
        await until(lambda: table.observations() == 1)
    rows = table.rows("select device_id, quantity, value, home_id, claimed_at from observation")
    assert rows == [(ids["door"], "contact", 1.0, HOME, None)]
    assert table.rows(
        "select last_number, missed, online from presence where last_seen is not null"
    ) == [(0, 0, None)]
    assert table.one("select count(*) from quarantine") == 0


BAD = {
    # topic, payload: reason and field
    ("homes/7f3k", b"{}"): ("bad_topic", "topic"),
    ("homes/7f!3k/wayhome/door/contact", b"{}"): ("bad_topic", "topic"),
    ("homes/nobody/wayhome/door/contact", native(1)): ("unknown_home", ""),
    (f"{PREFIX}/nonsense/door", b"1"): ("unknown_family", "topic"),
    (f"{PREFIX}/wayhome/door", native(1)): ("malformed", "topic"),
    (f"{PREFIX}/wayhome/door/contact", b"{"): ("malformed", "payload"),
    (f"{PREFIX}/wayhome/door/contact", b"\xff\xfe\x00"): ("malformed", "payload"),
    (f"{PREFIX}/wayhome/door/contact", native("open")): ("malformed", "v"),
    (f"{PREFIX}/wayhome/door/battery", native(250)): ("malformed", "v"),
    (f"{PREFIX}/wayhome/door/contact", native(1, t="2061-01-01T00:00:00")): ("malformed", "t"),
    (f"{PREFIX}/zigbee2mqtt/hall", b'{"battery": 250}'): ("malformed", "battery"),
    (
        f"{PREFIX}/owntracks/resident1/watch",
        b'{"_type":"location","lat":95,"lon":1,"tst":1700000000}',
    ): ("malformed", "lat"),
    (f"{PREFIX}/wayhome/door/contact", b'{"v":1,"x":"' + b"x" * 1_000_000 + b'"}'): (
        "oversize",
        "payload",
    ),
}


async def test_each_bad_message_has_its_place_and_the_others_are_stored(
    plain_database: Database, broker: Broker, ids: dict[str, int]
) -> None:
    table = Table(plain_database.url)
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), broker.url),
        publisher(broker) as hub,
    ):
        for number, (topic, payload) in enumerate(BAD):
            await hub.publish(topic, payload)
            await hub.publish(f"{PREFIX}/wayhome/motion/motion", native(1, seq=number))
        await hub.publish(f"{PREFIX}/wayhome/kitchen/motion", native(1))
        await hub.publish(f"{PREFIX}/wayhome/kitchen/motion", native(0))
        await hub.publish(f"{PREFIX}/zigbee2mqtt/bridge/groups", b"[]")
        await until(lambda: table.observations() == len(BAD), what="good messages are stored")
        await until(lambda: table.one("select count(*) from refusal") == 1)
    kept = table.rows(
        "select topic, payload, payload_bytes, home_id, reason, field from quarantine"
    )
    assert len(kept) == len(BAD)
    for topic, payload, size, home, reason, field in kept:
        whole = next(p for (t, p) in BAD if t == topic and p[:4096] == payload[:4096])
        assert (reason, field) == BAD[topic, whole]
        assert size == len(whole)
        assert home == (None if reason == "bad_topic" else topic.split("/")[1])
    found = table.rows("select external_id, messages, last_payload from discovered")
    assert found == [("kitchen", 2, native(0))]
    assert table.rows("select device_id, missed from presence where missed > 0") == []
    assert ids["motion"] == table.one("select distinct device_id from observation")


async def test_a_retained_message_is_state_and_never_an_event(
    plain_database: Database, broker: Broker, ids: dict[str, int]
) -> None:
    table = Table(plain_database.url)
    async with publisher(broker) as hub:
        await hub.publish(f"{PREFIX}/wayhome/door/contact", native(1), retain=True)
        await hub.publish(f"{PREFIX}/wayhome/door/status", b'{"online": true}', retain=True)
        await hub.publish(f"{PREFIX}/wayhome/door/battery", native(71), retain=True)
    refused = "select coalesce(sum(messages), 0) from refusal where reason = 'retained'"
    for told in (3, 6):
        async with running_gateway(plain_database.url_as("wayhome_gateway"), broker.url):
            await until(lambda: table.one(refused) >= told)  # noqa: B023
            await until(lambda: table.rows("select 1 from presence where battery_percent = 71"))
            await until(lambda: table.rows("select 1 from presence where online"))
    assert table.observations() == 0
    presence = table.rows(
        "select device_id, online, battery_percent, last_seen from presence where online"
    )
    assert presence == [(ids["door"], True, 71.0, None)]
    assert table.one(refused) == 6


async def test_a_last_will_takes_a_device_offline(
    plain_database: Database, mosquitto: Mosquitto, ids: dict[str, int]
) -> None:
    table = Table(plain_database.url)
    will = Will(topic=f"{PREFIX}/wayhome/door/status", payload=b'{"online": false}')
    door = BrokerSettings(url=mosquitto.url, client_id="door", protocol="3.1.1")
    query = "select online, last_seen from presence where online is not null"
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), mosquitto.url),
        Publisher(door, will=will) as sensor,
    ):
        await sensor.publish(f"{PREFIX}/wayhome/door/status", b'{"online": true}')
        await until(lambda: table.rows(query) and table.rows(query)[0][0] is True)
        seen = table.rows(query)[0][1]
        assert sensor._client is not None
        sensor._client._sock_close()
        await until(lambda: table.rows(query)[0][0] is False)
    assert table.rows(query)[0][1] == seen
    assert table.one("select device_id from presence where online is not null") == ids["door"]


async def test_a_flood_is_counted_and_does_not_hold_up_the_others(
    plain_database: Database, broker: Broker, ids: dict[str, int]
) -> None:
    table = Table(plain_database.url)
    url = plain_database.url_as("wayhome_gateway")
    async with (
        running_gateway(url, broker.url, device_rate_per_s=0.001, device_burst=50),
        publisher(broker) as hub,
    ):
        topic = f"{PREFIX}/wayhome/motion/illuminance"
        sent = [await hub.enqueue(topic, native(number)) for number in range(300)]
        await asyncio.gather(*sent)
        await hub.publish(f"{PREFIX}/wayhome/motion/sos", native(1))
        await hub.publish(f"{PREFIX}/wayhome/door/contact", native(1))
        await until(lambda: table.observations() == 52)
    assert table.rows("select source, reason, messages from refusal") == [
        (str(ids["motion"]), "rate_limited", 250)
    ]
    assert table.rows("select reason from quarantine") == [("rate_limited",)]
    assert table.one("select count(*) from observation where quantity = 'sos'") == 1


async def test_a_device_counts_from_the_moment_it_is_registered(
    plain_database: Database, broker: Broker, ids: dict[str, int]
) -> None:
    table = Table(plain_database.url)
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), broker.url),
        publisher(broker) as hub,
    ):
        for number in range(3):
            name = f"new{number}"
            await hub.publish(f"{PREFIX}/wayhome/{name}/motion", native(1))
            await until(lambda: table.one("select count(*) from discovered") == number + 1)  # noqa: B023
            await register(plain_database.url, [device(name)])
            await asyncio.sleep(1.1)
            await hub.publish(f"{PREFIX}/wayhome/{name}/motion", native(0))
            await until(lambda: table.observations() == number + 1)  # noqa: B023
    assert table.one("select count(*) from observation where value = 1") == 0
    assert len(ids) == 4


async def test_an_archive_keeps_its_own_times_and_a_second_run_adds_nothing(
    database: Database, broker: Broker
) -> None:
    table = Table(database.url)
    await register(database.url, [device("door", home="old")], home="old", mode=HomeMode.ARCHIVE)
    async with (
        running_gateway(database.url_as("wayhome_gateway"), broker.url, device_burst=10),
        publisher(broker) as hub,
    ):
        for _ in range(2):
            for hour in range(24):
                at = f"2019-07-01T{hour:02}:00:00+00:00"
                await hub.publish("homes/old/wayhome/door/contact", native(hour % 2, t=at))
        await until(
            lambda: table.one("select count(*) from presence where last_seen is not null") == 1
        )
        await until(lambda: table.observations() == 24)
    assert table.one("select count(distinct observed_at) from observation") == 24
    assert table.one("select clock_trusted from presence where last_seen is not null")


async def test_a_new_device_is_discovered_once_old_names_are_gone(
    plain_database: Database,
) -> None:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    quota = DiscoveredQuota([("7f3k", "wayhome", "neighbour")], limit=1)
    url = plain_database.url_as("wayhome_gateway")
    async with open_pool(url, most=1) as pool, asyncio.TaskGroup() as group:
        task = group.create_task(keep_names(pool, quota, clock))
        assert not quota.take("7f3k", "wayhome", "new")
        await until(lambda: quota.take("7f3k", "wayhome", "new"))
        task.cancel()


async def test_what_is_fixed_comes_out_of_quarantine(
    plain_database: Database, broker: Broker
) -> None:
    table = Table(plain_database.url)
    url = plain_database.url_as("wayhome_gateway")
    async with running_gateway(url, broker.url), publisher(broker) as hub:
        for number in range(5):
            await hub.publish(f"{PREFIX}/wayhome/door/contact", native(number % 2))
        await hub.publish(f"{PREFIX}/wayhome/door/contact", b"{")
        await until(lambda: table.one("select count(*) from quarantine") == 6)
    await register(plain_database.url, [device("hall")])
    early = await replay_quarantine(url, SystemClock())
    assert (early.messages, early.stored) == (6, 0)
    assert early.outcomes == {"discovered": 5, "quarantined": 1}
    await register(plain_database.url, [device("door")])
    report = await replay_quarantine(url, SystemClock())
    assert (report.messages, report.stored) == (6, 5)
    assert report.outcomes == {"stored": 5, "quarantined": 1}
    again = await replay_quarantine(url, SystemClock())
    assert (again.messages, again.stored) == (1, 0)
    outcomes = table.rows("select replay_outcome, count(*) from quarantine group by 1 order by 1")
    assert outcomes == [("stored", 5), (None, 1)]
    times = "select count(*) from observation o join quarantine q on o.received_at = q.received_at"
    assert table.one(times) == 5


async def test_a_place_is_not_stored_from_the_withdrawal_on(
    plain_database: Database, broker: Broker, ids: dict[str, int]
) -> None:
    table, at = Table(plain_database.url), f"{PREFIX}/owntracks/resident1/watch"
    now = int(datetime.now(UTC).timestamp())

    def place(second: int) -> bytes:
        said = {"_type": "location", "lat": 53.8, "lon": -1.5, "tst": now - second, "batt": second}
        return json.dumps(said).encode()

    async def say(second: int) -> int:
        """Tell a place and a charge; return how many places are stored once the charge is."""
        await hub.publish(at, place(second))
        stored = "select count(*) from observation where quantity = 'battery' and value = %s"
        await until(lambda: table.one(stored, second) == 1)
        return int(table.one("select count(*) from position"))

    table.rows(
        "insert into resident (home_id, name) values (%s, 'R') returning resident_id", str(HOME)
    )
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), broker.url),
        publisher(broker) as hub,
    ):
        places = [await say(60)]
        assert places == [1]
        withdraw(plain_database.url)
        # the gateway hears of it within a moment: then a message brings its charge and no place
        while len(places) < 50 and places[-1:] != places[-2:-1]:
            places.append(await say(60 - len(places)))
        assert places[-1] == places[-2] == await say(1)
    assert ids["resident1/watch"]


async def test_nothing_is_stored_of_who_is_watched_no_longer(
    plain_database: Database, broker: Broker, ids: dict[str, int]
) -> None:
    table = Table(plain_database.url)
    refused = "select coalesce(sum(messages), 0) from refusal where reason = 'no_basis'"
    table.rows(
        "insert into resident (home_id, name) values (%s, 'R') returning resident_id", str(HOME)
    )
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), broker.url),
        publisher(broker) as hub,
    ):
        await hub.publish(f"{PREFIX}/wayhome/motion/motion", native(1))
        await until(lambda: table.observations() == 1)
        withdraw(plain_database.url, "care_monitoring")
        # the gateway hears of it within a moment: from the first refusal on nothing is stored
        sent = 0
        while table.one(refused) == 0:
            sent += 1
            assert sent < 1000, "it is refused at last"
            await hub.publish(f"{PREFIX}/wayhome/motion/motion", native(sent % 2))
            await asyncio.sleep(0.02)
        stored, before = table.observations(), table.one(refused)
        await hub.publish(f"{PREFIX}/wayhome/motion/motion", native(1))
        await hub.publish(f"{PREFIX}/wayhome/door/contact", native(1))
        await until(lambda: table.one(refused) >= before + 2)
        assert table.observations() == stored
    assert table.one("select count(*) from quarantine") == 0
    assert ids["motion"]


@pytest.mark.parametrize("withdrawn", [True, False])
async def test_of_a_home_that_has_ended_nothing_is_kept_of_what_its_sensors_go_on_saying(
    plain_database: Database, broker: Broker, ids: dict[str, int], *, withdrawn: bool
) -> None:
    """Its sensors are in use no more, and may tell of whoever lives there now."""
    table = Table(plain_database.url)
    table.rows(
        "insert into resident (home_id, name) values (%s, 'R') returning resident_id", str(HOME)
    )
    withdraw(plain_database.url, "care_monitoring" if withdrawn else "research")
    end(plain_database.url)
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), broker.url),
        publisher(broker) as hub,
    ):
        at = f"{PREFIX}/owntracks/resident1"
        place = {"_type": "location", "lat": 53.8, "lon": -1.5, "tst": 1}
        await hub.publish(f"{at}/watch", json.dumps(place).encode())
        await hub.publish(f"{at}/other", json.dumps({**place, "lat": "53.8 N"}).encode())
        await until(lambda: table.one("select count(*) from quarantine") == 1)
        await until(lambda: table.one("select count(*) from discovered") == 1)
        assert table.observations() == 0
        kept = "select convert_from(last_payload, 'utf8') from discovered union all select"
        kept += " convert_from(payload, 'utf8') from quarantine"
        assert table.rows(kept) == [("",), ("",)]
        # agreed to anew, it is set up as any other
        table.rows(
            "insert into home_step (home_id, carer_id, at, stage, basis, said_by) select home_id,"
            " carer_id, now(), 'consented', 'person', 'R' from home_step limit 1 returning 1"
        )
        table.rows("delete from purpose_basis returning 1")
        with psycopg.connect(plain_database.url) as connection:
            connection.execute("select pg_notify('registry', %s)", (str(HOME),))
        sent = 0
        while not any("53.8" in text for (text,) in table.rows(kept)):
            sent += 1
            assert sent < 1000, "the gateway hears of it within a moment"
            await hub.publish(f"{at}/watch", json.dumps(place).encode())
            await asyncio.sleep(0.02)
    assert ids["motion"]


def end(url: str) -> None:
    """End a home as its last step does: its devices are in use no more."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into home_step (home_id, carer_id, at, stage, reason)"
            " select h.home_id, c.carer_id, now(), 'ended', 'r' from home h cross join carer c"
        )
        connection.execute("update device set retired_at = now()")
        connection.execute("update home set mode = 'archive'")
        connection.execute("select pg_notify('registry', %s)", (str(HOME),))


def withdraw(url: str, purpose: str = "location") -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into carer (organisation_id, login, name, role, password_hash)"
            " values ('care', 'x', 'X', 'organisation_admin', '')"
        )
        connection.execute(
            "insert into purpose_basis (home_id, resident_id, kind, purpose, decided, said_by, valid_from,"
            " carer_id, at) select r.home_id, r.resident_id, 'withdrawn', %s, 'person', 'R', now(),"
            " c.carer_id, now() from resident r cross join carer c",
            (purpose,),
        )
        connection.execute("select pg_notify('registry', %s)", (str(HOME),))
