"""Real days of real homes through a real broker and the gateway into the database, twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.store import tally
from core.store.pool import connect
from tests.gateway.running import running_gateway
from tests.journeys.commands import answer
from tests.servers.broker_fixtures import Broker
from tests.servers.databases import Database


@pytest.mark.data
@pytest.mark.journey
async def test_a_replay_stores_everything_once(
    database: Database, broker: Broker, data_folder: Path
) -> None:
    command = ("replay", "tihm", data_folder / "tihm", "--days", "1", "--json")
    place = ("--database-url", database.url, "--mqtt-url", broker.url)
    async with running_gateway(database.url_as("wayhome_gateway"), broker.url):
        first = await answer(*command, *place)
        second = await answer(*command, *place)
    assert first["published"] == first["stored"] == first["added"] > 5000
    assert (first["quarantined"], first["duplicates"], first["homes"]) == (0, 0, 23)
    assert second["published"] == second["stored"] == second["duplicates"]
    assert second["added"] == 0
    async with connect(database.url) as connection:
        assert (await tally.count(connection)).observations == first["stored"]


@pytest.mark.data
@pytest.mark.journey
async def test_a_private_system_is_gone_afterwards(data_folder: Path) -> None:
    report = await answer(
        "replay", "tihm", data_folder / "tihm", "--days", "1", "--temporary", "--json"
    )
    assert report["published"] == report["stored"] == report["added"]


@pytest.mark.data
async def test_payloads_are_evaluated(data_folder: Path) -> None:
    report = await answer(
        "evaluate", "payloads", data_folder / "payloads" / "vectors.jsonl", "--json"
    )
    assert all(counts["crashed"] == 0 for counts in report["protocols"].values())
