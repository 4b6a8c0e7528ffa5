from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.model.ids import HomeId
from core.model.intake import Discovered, Quarantined, Refusal
from core.store import discovered, quarantine, refusal
from core.store.pool import Connection, connect

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOME = HomeId("7f3k")


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with connect(database.url_as("wayhome_gateway"), autocommit=True) as connection:
        yield connection


def a_message(**more: Any) -> Quarantined:
    values: dict[str, Any] = {
        "received_at": NOON,
        "gateway": "g",
        "topic": "homes/7f3k/wayhome/é",
        "payload": b"\x00\xff{",
        "payload_bytes": 3,
        "home_id": HOME,
        "reason": "malformed",
        "field": "payload",
        "expected": "JSON",
    }
    return Quarantined(**(values | more))


async def test_messages_are_kept_whole_until_they_are_replayed(connection: Connection) -> None:
    kept = [a_message(), a_message(reason="unknown_home", home_id=None), a_message(retained=True)]
    await quarantine.put(connection, kept)
    rows = await quarantine.waiting(connection, 0, 10)
    assert [(row.payload, row.topic, row.retained) for row in rows] == [
        (one.payload, one.topic, one.retained) for one in kept
    ]
    assert len(await quarantine.waiting(connection, 0, 2)) == 2
    assert len(await quarantine.waiting(connection, rows[0].quarantine_id, 10)) == 2
    assert len(await quarantine.waiting(connection, 0, 10, "unknown_home")) == 1
    await quarantine.mark_replayed(connection, {rows[0].quarantine_id: "stored"}, NOON)
    assert len(await quarantine.waiting(connection, 0, 10)) == 2


async def test_room_taken_is_counted_by_home(connection: Connection) -> None:
    await quarantine.put(
        connection, [a_message(), a_message(), a_message(home_id=None), a_message(home_id="x")]
    )
    await quarantine.put(connection, [a_message(received_at=NOON - timedelta(days=1))])
    found = await quarantine.occupancy(connection, NOON)
    by_home = {one.home_id: (one.messages, one.payload_bytes) for one in found}
    assert by_home == {HOME: (2, 6), None: (1, 3), "x": (1, 3)}


async def test_refusals_add_up_by_day_source_and_reason(connection: Connection) -> None:
    one = Refusal(
        day=NOON.date(), home_id=HOME, source="7", reason="rate_limited", messages=3, last_at=NOON
    )
    await refusal.count(connection, [one])
    await refusal.count(connection, [one])
    await refusal.count(connection, [])
    (found,) = await refusal.refusals(connection, NOON.date())
    assert found.messages == 6
    assert await refusal.refusals(connection, NOON.date() + timedelta(days=1)) == ()


async def test_discovered_devices_keep_their_first_moment_and_last_word(
    connection: Connection,
) -> None:
    for seconds, payload in ((0, b"1"), (9, b"2")):
        at = NOON + timedelta(seconds=seconds)
        one = Discovered(
            home_id=HOME,
            family="wayhome",
            external_id="door",
            first_seen=at,
            last_seen=at,
            messages=2,
            last_topic="homes/7f3k/wayhome/door/contact",
            last_payload=payload,
        )
        await discovered.note(connection, [one])
    (found,) = await discovered.discovered(connection, HOME)
    assert (found.first_seen, found.last_seen) == (NOON, NOON + timedelta(seconds=9))
    assert (found.messages, found.last_payload) == (4, b"2")
    assert await discovered.names(connection) == ((HOME, "wayhome", "door"),)
