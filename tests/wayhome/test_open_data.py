"""`wayhome open-data`: off by default, only who agreed, one version of a month, valid by the standard."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from csvw import CSVW  # type: ignore[import-untyped]
from typer.testing import CliRunner, Result

from wayhome.cli import app
from wayhome.open_data import LICENCE

if TYPE_CHECKING:
    from tests.servers.databases import Database

WARD, HAMLET = "E05011391", "E05011392"
TOWN = """
insert into organisation (organisation_id, name) values ('leeds', 'Leeds');
insert into carer (carer_id, organisation_id, login, name, role, password_hash) overriding system value
  values (1, 'leeds', 'x', 'X', 'organisation_admin', '');
insert into home (home_id, organisation_id, name) select 'h' || n, 'leeds', 'x' from generate_series(1, 60) n;
insert into resident (home_id, name) select home_id, 'R' from home;
insert into home_area select 'h' || n, case when n <= 55 then 'E05011391' else 'E05011392' end, now()
  from generate_series(1, 59) n;
insert into day_count (home_id, day, counted_at, seen, active, seen_min, active_min, facts)
  select 'h' || n, '2026-01-01'::date + d, now(), array_fill(15, array[96]), array_fill(0, array[96]), 1440,
    case when n % 4 = 0 then 60 when n % 4 = 1 then 200 when n % 4 = 2 then 400 else 600 end, '{}'
  from generate_series(1, 60) n, generate_series(0, 30) d where not (n = 1 and d > 15);
insert into purpose_basis (home_id, resident_id, kind, purpose, article6, article9, decided, said_by,
    valid_from, carer_id, at)
  select home_id, resident_id, 'given', 'open_data', 'consent', 'explicit_consent', 'person', 'R',
    '2025-12-01', 1, now() from resident where home_id <> 'h2';
insert into resident (home_id, name) values ('h3', 'Other');
update home set mode = 'test', away = true where home_id = 'h5';
"""
"""Who is away for a weekend has had a month like others: h5 is counted."""


@pytest.fixture
def town(plain_database: Database) -> Database:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(TOWN)
    return plain_database


def run(town: Database, *words: str) -> Result:
    return CliRunner().invoke(app, ["open-data", *words, "--database-url", town.url])


def publish(town: Database, folder: Path, *more: str) -> Any:
    result = run(town, "publish", "leeds", "2026-01", str(folder), "--json", *more)
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout.splitlines()[-1])


def table(folder: Path, name: str) -> dict[tuple[str, str], str]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return {(row["area"], row["band"]): row["people"] for row in csv.DictReader(file)}


def test_only_who_agreed_and_only_where_it_was_turned_on(town: Database, tmp_path: Path) -> None:
    assert run(town, "publish", "leeds", "2026-01", str(tmp_path / "x")).exit_code != 0
    assert run(town, "on", "leeds", "--said-by", "Caldicott guardian").exit_code == 0
    answer = publish(town, tmp_path)
    # h1 was seen for too few days, h2 did not agree, h3 is two people of whom one agreed, h60 is nowhere
    assert answer["counted"] == 56
    assert answer["left_out"] == {
        "no basis for open data": 2, "several live in the home": 1, "no area": 1,
        "too few days that could be seen": 1,
    }  # fmt: skip
    rows = table(tmp_path, answer["files"][0])
    assert {area for area, _ in rows} == {WARD, "all"}, (
        "four people of a hamlet are not even a total"
    )
    assert rows[WARD, "all"] == "50"
    assert rows[WARD, "under-2-hours"] == "15"
    assert HAMLET not in (tmp_path / answer["files"][0]).read_text()
    assert run(town, "off", "leeds", "--said-by", "Caldicott guardian").exit_code == 0
    assert run(town, "publish", "leeds", "2026-01", str(tmp_path)).exit_code != 0


def test_a_month_has_one_version(town: Database, tmp_path: Path) -> None:
    run(town, "on", "leeds", "--said-by", "X")
    first = publish(town, tmp_path / "a")
    assert publish(town, tmp_path / "b") == first
    with psycopg.connect(town.url) as connection:
        connection.execute(
            "insert into purpose_basis (home_id, resident_id, kind, purpose, decided, said_by, valid_from,"
            " carer_id, at) select home_id, resident_id, 'withdrawn', 'open_data', 'person', 'R', now(), 1,"
            " now() from resident where home_id in ('h4', 'h8', 'h12', 'h16', 'h20')"
        )
    again = run(town, "publish", "leeds", "2026-01", str(tmp_path / "c"))
    assert again.exit_code != 0
    assert "who came or went" in str(again.exception)
    assert not (tmp_path / "c").exists()


def test_what_could_not_be_written_is_not_published(town: Database, tmp_path: Path) -> None:
    run(town, "on", "leeds", "--said-by", "X")
    (tmp_path / "file").touch()
    refused = run(town, "publish", "leeds", "2026-01", str(tmp_path / "file"))
    assert str(refused.exception) == f"{tmp_path / 'file'}: File exists"
    with psycopg.connect(town.url) as connection:
        assert connection.execute("select 1 from open_data_publication").fetchall() == []


def test_what_is_published_is_valid_by_the_standards(town: Database, tmp_path: Path) -> None:
    run(town, "on", "leeds", "--said-by", "X")
    name, metadata, catalogue = publish(town, tmp_path)["files"]
    assert metadata == f"{name}-metadata.json", "where CSVW looks for it"
    read = CSVW(str(tmp_path / name), md_url=str(tmp_path / metadata), validate=True)
    assert read.is_valid
    (found,) = read.to_json()["tables"]
    assert len(found["row"]) == len(table(tmp_path, name))
    spoilt = (tmp_path / name).read_text().replace(WARD, "Leeds", 1)
    (tmp_path / name).write_text(spoilt)
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # it collects them as what is wrong
        wrong = CSVW(str(tmp_path / name), md_url=str(tmp_path / metadata), validate=True)
        assert not wrong.is_valid, "the check notices"
    described = json.loads((tmp_path / catalogue).read_text())
    assert described["dct:license"] == {"@id": LICENCE}
    assert described["dct:temporal"]["dcat:endDate"]["@value"] == "2026-01-31"
    assert described["dcat:distribution"][0]["dcat:downloadURL"] == {"@id": name}


def test_what_makes_no_sense_is_refused_by_name(town: Database, tmp_path: Path) -> None:
    run(town, "on", "leeds", "--said-by", "X")
    for words, said in (
        (("publish", "leeds", "January", str(tmp_path)), "month"),
        (("publish", "leeds", "2100-01", str(tmp_path)), "month"),
        (("publish", "leeds", "9999-12", str(tmp_path)), "month"),
        (("publish", "leeds", "2026-01", str(tmp_path), "--k", "5"), ""),
        (("area", "h1", "LS1 4AP"), "area"),
        (("area", "nowhere", WARD), "home"),
        (("on", "nobody", "--said-by", "X"), "organisation"),
    ):
        result = run(town, *words)
        assert result.exit_code != 0, words
        assert said in str(result.exception)
    assert run(town, "area", "h60", WARD).exit_code == 0
