"""Analytics killed at random moments: findings and state as if it had never been."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from analytics.detector import discover
from analytics.sample_days import HOUSEHOLD, eventful, said
from core.model.home import Placement
from core.model.ids import DeviceId
from core.model.quantity import Quantity
from core.runtime.settings import child_environment
from tests.analytics.journal import brought_back, keep_every_step, recorded, uninterrupted
from tests.analytics.log_rows import beat, furnish, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.model.home import Household
    from core.model.observation import Observation
    from tests.servers.databases import Database

pytestmark = pytest.mark.faults

TICK_S = 5.0
KILLS = 5
DEADLINE_S = 60.0
ROOT = Path(__file__).parent.parent.parent


class Writer:
    """Writes what happens now, little by little, as a gateway does, with its heartbeat."""

    def __init__(self, url: str, household: Household) -> None:
        self._url = url
        self._household = household
        self._stop = threading.Event()

    def run(self) -> None:
        """Write until told to stop."""
        chance = random.Random(5)
        since = datetime.now(UTC) - timedelta(days=30)
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._stop.wait(chance.uniform(0.0, 0.15)):
                beat(connection, datetime.now(UTC), since)
                write(connection, [self._one(chance) for _ in range(chance.randrange(1, 4))])

    def _one(self, chance: random.Random) -> Observation:
        device = chance.choice(self._household.devices)
        quantity = {Placement.WORN: Quantity.SOS, Placement.ENTRANCE: Quantity.CONTACT}.get(
            device.placement, Quantity.MOTION
        )
        now = datetime.now(UTC)
        late = timedelta(seconds=chance.choice((0, 0, 0, 5, 400)))
        return said(device.device_id, quantity, float(chance.random() < 0.7), now - late, now)

    def stop(self) -> None:
        self._stop.set()


def past(household: Household) -> list[Observation]:
    """Days that end about now, with the device ids that the database gave."""
    ids = {
        before.device_id: after.device_id
        for before, after in zip(
            HOUSEHOLD.devices,
            sorted(
                household.devices,
                key=lambda device: [one.name for one in HOUSEHOLD.devices].index(device.name),
            ),
            strict=True,
        )
    }
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = eventful(7, start=midnight - timedelta(days=6))
    return [
        replace(row, device_id=DeviceId(ids[row.device_id]))
        for row in days.observations
        if row.received_at < now
    ]


@contextmanager
def running(database: Database, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run analytics as a process of its own."""
    environment = child_environment(
        {
            "database_url": database.url_as("wayhome_analytics"),
            "tick_s": TICK_S,
            "snapshot_s": 0.3,
            "poll_ms": 50,
            "batch_rows": 40,
        }
    )
    with (folder / "analytics.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "analytics"], cwd=ROOT, env=environment, stderr=log
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


def watching(folder: Path) -> bool:
    """Tell whether the process that logs into ``folder`` is past its start."""
    return '"action":"watching"' in (folder / "analytics.log").read_text()


def caught_up(database: Database) -> bool:
    with psycopg.connect(database.url, autocommit=True) as owner:
        row = owner.execute(
            "select (select max(sequence) from observation)"
            " - (select max(sequence) from engine_step) < 20,"
            " (select max(step) from engine_step where tick_at is not null)"
        ).fetchone()
    return row is not None and bool(row[0]) and row[1] is not None


async def be_killed(database: Database, folder: Path, seconds: float) -> None:
    """Run analytics for a while and kill it as a power cut would."""
    with running(database, folder) as process:
        await asyncio.sleep(seconds)
        assert process.poll() is None, (folder / "analytics.log").read_text()[-3000:]
        process.send_signal(signal.SIGKILL)
        process.wait(10)


async def run_to_the_end(database: Database, folder: Path) -> None:
    """Run analytics until it has caught up, and end it in order."""
    folder.mkdir()  # noqa: ASYNC240 (a test has nothing else to do)
    with running(database, folder) as process:
        deadline = time.monotonic() + DEADLINE_S
        while not (watching(folder) and caught_up(database)):
            assert time.monotonic() < deadline, (folder / "analytics.log").read_text()
            await asyncio.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, (folder / "analytics.log").read_text()


async def test_killed_at_random_moments_it_says_and_knows_the_same(
    database: Database, tmp_path: Path
) -> None:
    household = await furnish(database, HOUSEHOLD)
    keep_every_step(database)
    with psycopg.connect(database.url_as("wayhome_gateway")) as gateway:
        write(gateway, past(household))
    writer = Writer(database.url_as("wayhome_gateway"), household)
    thread = threading.Thread(target=writer.run)
    thread.start()
    chance = random.Random(11)
    try:
        for _ in range(KILLS):
            await be_killed(database, tmp_path, chance.uniform(0.6, 1.8))
        await run_to_the_end(database, tmp_path / "last")
    finally:
        writer.stop()
        thread.join()
    findings, states = await uninterrupted(database, TICK_S)
    assert recorded(database) == findings
    assert await brought_back(database, TICK_S) == states
    spoke = {row[2] for row in findings}
    assert {"exit", "inactivity", "liveness", "not_back", "sos"} <= spoke <= set(discover())
