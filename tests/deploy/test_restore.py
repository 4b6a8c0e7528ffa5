"""What the guide tells an operator to type for a backup and a restore, typed, on a real TimescaleDB."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from typer.testing import CliRunner

from core.store.lineage import fault
from core.store.migrate import migrate
from core.store.pool import connect
from tests.house.tree import ROOT
from tests.servers.machine import Machine, machine
from tests.stores.seed import SEED
from wayhome.cli import app
from wayhome.commands.migrate import read_passwords
from wayhome.embedded import postgres
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    from pathlib import Path

LOGS = ("observation", "finding", "response", "alert_cursor")


def typed(heading: str) -> list[str]:
    """Return the blocks that a section of the guide gives to type."""
    guide = (ROOT / "docs" / "how-to" / "deploy.md").read_text("utf-8")
    section = guide.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


async def lineage(url: str) -> str:
    """Return what readers of the logs complain of."""
    async with connect(url) as connection:
        return await fault(connection, LOGS)


async def residents(url: str, *words: str) -> dict[str, object]:
    """Run a command about residents in this process; return what it says."""
    order = ["residents", *words, "--json", "--database-url", url]
    done = await asyncio.to_thread(CliRunner().invoke, app, order)
    assert done.exit_code == 0, done.output
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said


def people(one: Machine) -> list[tuple[int]]:
    with psycopg.connect(one.url) as owner:
        return owner.execute("select resident_id from resident order by 1").fetchall()


@pytest.mark.faults
async def test_a_backup_is_restored_as_the_guide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres._SETTINGS, "shared_preload_libraries", "timescaledb")
    secrets, kept = tmp_path / "secrets", tmp_path / "erased.json"
    install(Wanted(folder=secrets), datetime.now(UTC))
    with machine(secrets) as old:
        migrate(old.url, passwords=read_passwords(secrets / "migrate"))
        with psycopg.connect(old.url, autocommit=True) as owner:
            owner.execute(SEED.encode())
        old.type(typed("Back up")[0], tmp_path)
        assert (tmp_path / "wayhome.dump").stat().st_mode & 0o077 == 0
        await residents(old.url, "erase", "1", "--reason", "asked", "--yes", "--settle-s", "0")
        old.type(typed("Back up")[1], tmp_path)
        before = old.schema()
    with machine(secrets) as new:
        new.database.stop()
        restore, epoch, again, start = typed("Restore")
        number = new.type(restore, tmp_path).split()[-1]
        assert f"--epoch={number} " in epoch
        assert people(new) == [(1,), (2,), (3,)]
        with psycopg.connect(new.url) as owner:
            owner.execute("update observation set txid = '9000000'")  # as after months
        assert f"--epoch={number}" in await lineage(new.url)
        new.type(epoch, tmp_path)
        assert await lineage(new.url) == ""
        assert new.schema() == before, "tables, grants and walls are those of before"
        assert new.started() == "database mosquitto", "no service runs before it is done again"
        new.type(again, tmp_path, answer="1\n")
        assert people(new) == [(2,), (3,)]
        twice = await residents(new.url, "erase-again", str(kept))
        assert twice == {"erased": 0, "failed": {}}
        assert start.startswith("docker compose up -d --wait gateway identity\nunset HUBS_FROM")
