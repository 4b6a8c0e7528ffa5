"""`wayhome hubs`: what goes wrong before a certificate is asked for asks for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from typer.testing import CliRunner

from core.model.errors import Misconfigured
from tests.stores.seed import SEED
from wayhome.cli import app

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.databases import Database


def test_a_bundle_for_which_there_is_no_place_leaves_the_one_before(
    plain_database: Database, tmp_path: Path
) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        before = connection.execute("select count(*) from hub_credential").fetchone()
    words = ["hubs", "bundle", "a1", "--out", str(tmp_path / "not there" / "hub.zip")]
    result = CliRunner().invoke(app, [*words, "--database-url", plain_database.url])
    assert isinstance(result.exception, Misconfigured)
    assert str(result.exception).endswith("No such file or directory")
    with psycopg.connect(plain_database.url) as connection:
        assert connection.execute("select count(*) from hub_credential").fetchone() == before
