"""`wayhome consent`: what stands, for a script by its exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest
from typer.testing import CliRunner, Result

from tests.stores.seed import SEED
from wayhome.cli import app

if TYPE_CHECKING:
    from tests.servers.databases import Database


@pytest.fixture
def town(plain_database: Database) -> Database:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute(
            "update purpose_basis set purpose = 'location', recipient = '',"
            " valid_until = now() + interval '9 days'"
        )
    return plain_database


def run(town: Database, *words: str) -> Result:
    options = ("--database-url", town.url, "--json")
    return CliRunner().invoke(app, ["consent", *words, *options])


def test_a_script_is_told_by_the_exit_status_and_why(town: Database) -> None:
    yes = run(town, "check", "1", "location", "--organisation", "a")
    assert (yes.exit_code, json.loads(yes.stdout)["reason"]) == (0, "it was given")
    later = run(town, "check", "1", "location", "--organisation", "a", "--at", "2100-01-01")
    assert (later.exit_code, json.loads(later.stdout)["reason"]) == (1, "it has lapsed")
    share = ("record_sharing", "--organisation", "a", "--recipient", "Park Surgery")
    assert run(town, "check", "1", *share).exit_code == 1


def test_what_ends_soon_and_what_was_written_are_told(town: Database) -> None:
    due = json.loads(run(town, "due").stdout)["due"]
    assert [(one["home"], one["purpose"]) for one in due] == [
        (home, "location") for home in ("a1", "a2", "b1")
    ]
    assert json.loads(run(town, "due", "--days", "1").stdout) == {"due": []}
    entries = json.loads(run(town, "list", "1").stdout)["entries"]
    assert [(one["purpose"], one["decided"]) for one in entries] == [("location", "person")]


GIVE = ("--purpose", "record_sharing", "--recipient", "Leeds Care Record", "--article6", "public_task",
        "--article9", "health_or_social_care", "--decided", "not_asked", "--said-by", "The council",
        "--as", "ann")  # fmt: skip
TAKE = ("--purpose", "record_sharing", "--decided", "person", "--said-by", "Ada", "--as", "ann")


def test_a_basis_is_written_about_everybody_and_withdrawn_for_one(town: Database) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("update carer set role = 'organisation_admin' where login = 'ann'")
    given = run(town, "give", "--all", *GIVE)
    assert (given.exit_code, json.loads(given.stdout)) == (0, {"written": 2}), given.exception
    share = ("record_sharing", "--organisation", "a", "--recipient", "leeds care record")
    assert [run(town, "check", one, *share).exit_code for one in "12"] == [0, 0]
    assert json.loads(run(town, "withdraw", "1", *TAKE).stdout) == {"written": 1}
    assert [run(town, "check", one, *share).exit_code for one in "12"] == [1, 0]
    (entry, *_) = json.loads(run(town, "list", "2").stdout)["entries"][::-1]
    assert (entry["said_by"], entry["recipient"]) == ("The council", "Leeds Care Record")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1", *GIVE), "as: expected"),  # a family carer
        ((*GIVE,), "residents: expected"),
        (("3", *GIVE[:-1], "al"), "3 is none"),
        (("1", *GIVE[:-1], "al", "--recipient", " "), "for whom: expected"),
    ],
)
def test_what_may_not_be_written_is_not(town: Database, words: tuple[str, ...], said: str) -> None:
    with psycopg.connect(town.url) as connection:
        connection.execute("update carer set role = 'clinician' where login = 'al'")
    result = run(town, "give", *words)
    assert said in str(result.exception)
    assert run(town, "check", "1", *("record_sharing", "--organisation", "a")).exit_code == 1


def test_who_is_not_there_has_no_list_that_is_empty(town: Database) -> None:
    nobody = run(town, "list", "99")
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    assert "resident: expected" in str(nobody.exception)
    for home, told in (("a1", None), ("nowhere", "home: expected the id of a registered home")):
        words = ["hubs", "list", home, "--database-url", town.url, "--json"]
        found = CliRunner().invoke(app, words)
        assert found.exit_code == (1 if told else 0)
        assert told is None or told in str(found.exception)
