"""`wayhome residents`: a person's own archive, and an erasure as an operator does it."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from typer.testing import CliRunner, Result

from tests.stores.seed import SEED
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
    file = tmp_path / "ada.zip"
    result = run(plain_database, "export", "1", str(file), "--json")
    answer = json.loads(result.stdout.splitlines()[-1])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        page = archive.read("index.html").decode()
        names = set(archive.namelist())
        residents = archive.read("tables/resident.csv").decode().splitlines()
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
    assert "tables/passkey.csv" not in names
    assert "token_hash" not in whole
    assert "a2" not in residents[1]
    again = run(plain_database, "export", "1", str(file))
    assert again.exit_code != 0


def test_an_erasure_asks_before_and_proves_after(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
    wrong = run(plain_database, "erase", "1", "--reason", "asked for", typed="b1\n")
    assert wrong.exit_code != 0
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
