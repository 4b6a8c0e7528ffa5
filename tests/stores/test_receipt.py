from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.store import receipt
from core.store.pool import connect

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def test_a_slot_holds_the_last_commit_and_wakes_the_readers(database: Database) -> None:
    async with (
        connect(database.url_as("wayhome_gateway"), autocommit=True) as connection,
        connect(database.url, autocommit=True) as reader,
    ):
        await reader.execute("listen observation")
        for slot, what in ((1, b"a\x00"), (2, b"b"), (1, b"c")):
            await receipt.put(connection, "g", slot, what, NOON)
        await receipt.put(connection, "other", 1, b"x", NOON)
        assert set(await receipt.ring(connection, "g")) == {b"b", b"c"}
        assert await receipt.stands(connection, "g", 1, b"c")
        assert not await receipt.stands(connection, "g", 1, b"a\x00")
        assert not await receipt.stands(connection, "g", 3, b"c")
        heard = [notice.channel async for notice in reader.notifies(timeout=2, stop_after=1)]
    assert set(heard) == {"observation"}
