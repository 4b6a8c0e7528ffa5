"""`wayhome audit verify`: follows every chain and names the first link that does not hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from typer.testing import CliRunner

from core.model.errors import Misconfigured
from wayhome.cli import app

if TYPE_CHECKING:
    from tests.servers.databases import Database

SEED = """
insert into organisation (organisation_id, name) values ('a', 'A');
insert into home (home_id, organisation_id, name) values ('a1', 'a', 'x');
insert into access_record (at, carer_id, home_id, page)
  select now(), 1, 'a1', 'today' from generate_series(1, 5);
"""


def run(database: Database, *options: str) -> tuple[int, dict[str, object]]:
    url = database.url_as("wayhome_operator")
    result = CliRunner().invoke(app, ["audit", "verify", "--json", "--database-url", url, *options])
    if isinstance(result.exception, Misconfigured):
        raise result.exception
    return result.exit_code, json.loads(result.stdout.splitlines()[-1])


def test_a_record_that_holds_and_one_that_was_changed(
    plain_database: Database, tmp_path: Path
) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
    code, answer = run(plain_database)
    assert (code, answer["ok"], answer["records"], answer["breaks"]) == (0, True, 5, [])
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(answer))
    assert run(plain_database, "--earlier", str(kept))[0] == 0
    with psycopg.connect(plain_database.url) as connection:
        connection.execute("alter table access_record disable trigger user")
        connection.execute("update access_record set page = 'nothing' where sequence = 3")
    code, answer = run(plain_database)
    assert code == 1
    assert answer["breaks"] == [
        {"organisation_id": "a", "sequence": 3, "access_id": 3, "what": "the record was changed"}
    ]
    url = plain_database.url_as("wayhome_operator")
    shown = CliRunner().invoke(app, ["audit", "verify", "--database-url", url])
    assert (shown.exit_code, shown.stdout) == (1, "")


def test_a_file_that_is_no_earlier_check_is_named(plain_database: Database, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    with pytest.raises(Misconfigured, match=r"wrong\.json: expected what"):
        run(plain_database, "--earlier", str(wrong))
