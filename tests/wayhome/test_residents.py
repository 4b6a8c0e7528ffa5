"""`wayhome residents`: a person's own archive, and an erasure as an operator does it."""

from __future__ import annotations

import asyncio
import csv
import errno
import json
import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from typer.testing import CliRunner, Result

from core.model.errors import BrokerUnavailable, Held, Misconfigured
from core.model.ids import ResidentId
from core.store import disk, person
from core.store.pool import connect
from tests.stores.seed import SEED
from wayhome import settling, subject_archive, system
from wayhome.cli import app

if TYPE_CHECKING:
    from tests.servers.databases import Database


def run(database: Database, *arguments: str, typed: str = "") -> Result:
    words = ["residents", *arguments, "--database-url", database.url]
    return CliRunner().invoke(app, words, input=typed)


def test_everything_about_a_person_goes_into_one_file(
    plain_database: Database, tmp_path: Path
) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("update resident set name = 'Ada <Hill>' where resident_id = 1")
        connection.execute("update device set name = '=HYPERLINK(1)' where home_id = 'a1'")
        connection.execute(
            "update response set comment = E'+1 \\U0001F642, \"x\"' where alert_id = 1"
        )
        connection.execute("update position set longitude = -1.5 where home_id = 'a1'")
    file = tmp_path / "ada.zip"
    result = run(plain_database, "export", "1", str(file), "--json")
    answer = json.loads(result.stdout.splitlines()[-1])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        page = archive.read("index.html").decode()
        names = set(archive.namelist())
        residents = archive.read("tables/resident.csv").decode().splitlines()
        cells = {
            cell
            for name in ("device", "response", "position")
            for row in csv.reader(archive.read(f"tables/{name}.csv").decode().splitlines())
            for cell in row
        }
        rows = sum(
            len(archive.read(name).decode().splitlines()) - 1
            for name in names
            if name.startswith("tables/")
        )
        whole = b"".join(map(archive.read, names)).decode("utf-8", "replace")
    assert "What Wayhome holds about Ada &lt;Hill&gt;" in page
    assert [line.split(",")[0] for line in residents] == ["resident_id", "1"]
    assert answer == {"file": "ada.zip", "tables": answer["tables"], "rows": rows}
    assert "photos/1.jpg" in names
    assert {"'=HYPERLINK(1)", '\'+1 \U0001f642, "x"', "-1.5"} <= cells, "shown, and not run"
    assert "tables/passkey.csv" not in names
    assert "token_hash" not in whole
    assert "a2" not in residents[1]
    again = run(plain_database, "export", "1", str(file))
    assert again.exit_code != 0


async def test_half_an_archive_does_not_stay(plain_database: Database, tmp_path: Path) -> None:
    def full(_: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with connect(plain_database.url) as connection:
        await connection.execute(SEED.encode())
        ada = await person.subject(connection, ResidentId(1))
        with pytest.raises(OSError, match="No space left"):
            await subject_archive.write(
                connection, ada, tmp_path / "a.zip", datetime.now(UTC), full
            )
    assert await asyncio.to_thread(os.listdir, tmp_path) == []
    elsewhere = tmp_path / "not there" / "a.zip"
    result = await asyncio.to_thread(run, plain_database, "export", "1", str(elsewhere))
    assert isinstance(result.exception, Misconfigured)
    assert str(result.exception) == "a.zip: No such file or directory"


def test_an_erasure_asks_before_and_proves_after(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
    wrong = run(plain_database, "erase", "1", "--reason", "asked for", typed="b1\n")
    assert wrong.exit_code != 0
    for command in (("residents", "erase", "1", "--yes"), ("retention", "hold", "1")):
        words = [*command, "--reason", " ", "--database-url", plain_database.url]
        assert CliRunner().invoke(app, words).exit_code == 2
    with psycopg.connect(plain_database.url) as connection:
        row = connection.execute("select count(*) filter (where retired_at is null) from device")
        assert row.fetchone() == (3,), "nothing was begun"
    options = ("--reason", "asked for", "--settle-s", "0", "--json")
    result = run(plain_database, "erase", "1", *options, typed="a1\n")
    answer = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == 0
    assert answer["left"] == {}
    assert answer["rows"]["resident"] == 1
    assert "the record of who looked" in answer["kept"]
    proofs = json.loads(run(plain_database, "erased", "--json").stdout.splitlines()[-1])
    assert [(one["home_id"], one["reason"]) for one in proofs] == [("a1", "asked for")]
    gone = run(plain_database, "erase", "1", *options, "--yes")
    assert gone.exit_code != 0


def test_a_home_of_which_nothing_was_erased_is_watched_on(
    plain_database: Database, tmp_path: Path
) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("update device set retired_at = '2026-01-01' where home_id = 'a2'")
        connection.execute("insert into device (home_id, family, external_id, name, placement,"
                           " retired_at) values ('a1', 'f', 'old', 'Old', 'hub', '2026-01-01')")  # fmt: skip
        before = connection.execute(
            "select device_id, retired_at from device order by 1"
        ).fetchall()
    urls = {"": plain_database.url}
    system.save(system.System(database_urls=urls, mqtt_url="mqtt://127.0.0.1:9"), tmp_path)
    words = ("residents", "erase", "1", "--reason", "asked for", "--settle-s", "0", "--yes")
    result = CliRunner().invoke(app, [*words, "--folder", str(tmp_path)])
    assert isinstance(result.exception, BrokerUnavailable)
    with psycopg.connect(plain_database.url) as connection:
        after = connection.execute("select device_id, retired_at from device order by 1").fetchall()
    assert after == before


def test_somebody_who_died_leaves_the_home_to_who_lives_on(plain_database: Database) -> None:
    """Also while their records are held for the coroner, and an erasure is refused."""
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("insert into resident (home_id, name) values ('a1', 'Bert')")
        connection.execute(
            "insert into device (home_id, family, external_id, name, placement, resident_id)"
            " values ('a1', 'wayhome', 'watch', 'Watch', 'worn', 4) returning device_id"
        )
    hold = ("retention", "hold", "4", "--reason", "coroner", "--database-url", plain_database.url)
    assert CliRunner().invoke(app, list(hold)).exit_code == 0
    said = json.loads(run(plain_database, "left", "4", "--json").stdout.splitlines()[-1])
    assert (said["resident"], said["left"], len(said["devices"])) == (4, True, 1)
    assert run(plain_database, "list").exit_code == 0
    with psycopg.connect(plain_database.url) as connection:
        gone = connection.execute("select resident_id from resident where left_at is not null")
        assert gone.fetchall() == [(4,)]
    for arguments in (("left", "4"), ("left", "1"), ("left", "1", "--back")):
        assert isinstance(run(plain_database, *arguments).exception, Misconfigured), arguments
    assert run(plain_database, "left", "4", "--back").exit_code == 0


def test_a_hold_stops_an_erasure_and_says_who_can_end_it(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("insert into resident (home_id, name) values ('a1', 'Lives there too')")
    url = ("--database-url", plain_database.url)
    hold = ("retention", "hold", "4", "--reason", "coroner, reference 991", *url)
    assert CliRunner().invoke(app, list(hold)).exit_code == 0
    options = ("--reason", "asked for", "--settle-s", "0", "--json", "--yes")
    for number in ("1", "4"):
        result = run(plain_database, "erase", number, *options)
        assert isinstance(result.exception, Held)
        for words in ("resident 4", "coroner, reference 991", "wayhome retention release 4"):
            assert words in str(result.exception)
    with psycopg.connect(plain_database.url) as connection:
        row = connection.execute("select count(*) filter (where retired_at is null) from device")
        assert row.fetchone() == (3,), "nothing was begun"
    release = ("retention", "release", "4", "--reason", "closed", *url)
    assert CliRunner().invoke(app, list(release)).exit_code == 0
    assert run(plain_database, "erase", "4", *options).exit_code == 0


async def test_what_files_still_hold_is_in_the_proof_until_it_is_ended(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
    monkeypatch.setattr(disk, "SMALL_BYTES", 0)
    options = ("--reason", "asked for", "--settle-s", "0", "--json", "--yes")
    result = await asyncio.to_thread(run, plain_database, "erase", "1", *options)
    answer = json.loads(result.stdout.splitlines()[-1])
    assert list(answer["disk"]) == ["tables"]
    assert "wayhome residents settle --rewrite" in answer["disk"]["tables"]

    async def proof() -> object:
        shown = await asyncio.to_thread(run, plain_database, "erased", "--json")
        (one,) = json.loads(shown.stdout.splitlines()[-1])
        return one["disk"]

    # what `wayhome up` does of itself each hour locks no table
    assert await settling.settle_open(plain_database.url, Path("/nowhere")) == answer["disk"]
    assert await proof() == answer["disk"]
    finished = await asyncio.to_thread(run, plain_database, "settle", "--rewrite", "--json")
    assert (finished.exit_code, json.loads(finished.stdout.splitlines()[-1])) == (0, {"disk": {}})
    assert await proof() == {}
    assert await settling.settle_open(plain_database.url, Path("/nowhere")) is None


def test_who_was_erased_and_is_there_again_is_erased_again_and_nobody_else(
    plain_database: Database, tmp_path: Path
) -> None:
    """After a restore of a backup of before, by the proofs that were kept elsewhere."""
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("delete from legal_hold")
        connection.execute(
            "insert into legal_hold (home_id, resident_id, kind, reason, at)"
            " select home_id, resident_id, 'set', 'r', now() from resident where home_id = 'b1'"
        )
    kept = tmp_path / "erased.json"
    proof = {"at": "2026-03-01T12:00:00Z", "rows": {}, "whole_home": True, "reason": "asked for"}
    people = [(1, "a1"), (2, "b1"), (3, "b1"), (99, "a1")]  # 2 lives elsewhere, 99 is not there
    kept.write_text(json.dumps([proof | {"resident_id": n, "home_id": h} for n, h in people]))
    words = ("erase-again", str(kept), "--settle-s", "0", "--json")
    assert run(plain_database, *words, typed="1\n").exit_code != 0, "it asks how many"
    result = run(plain_database, *words, typed="2\n")
    answer = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == 1
    assert answer["erased"] == 1
    assert list(answer["failed"]) == ["3"], "who is held stays, and the others go all the same"
    with psycopg.connect(plain_database.url) as connection:
        left = connection.execute("select resident_id from resident order by 1").fetchall()
        proofs = connection.execute("select resident_id, reason from erasure").fetchall()
    assert left == [(2,), (3,)]
    assert proofs == [(1, "again after a restore: asked for")]
    kept.write_text("{")
    assert isinstance(run(plain_database, *words).exception, Misconfigured)
