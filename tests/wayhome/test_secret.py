"""What is secret is whole on the disk, whatever happens while it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from wayhome import system
from wayhome.secret import secret, write_secret
from wayhome.system import System


def test_who_reads_a_secret_while_it_is_replaced_finds_the_old_one_whole(tmp_path: Path) -> None:
    path = write_secret(tmp_path, "word", "before")
    with path.open() as reader:
        write_secret(tmp_path, "word", "after")
        assert reader.read() == "before"
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_that_can_not_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    path = write_secret(tmp_path, "word", "before")
    with pytest.raises(UnicodeEncodeError):
        write_secret(tmp_path, "word", "\ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path], "and nothing beside it"


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    words = [secret(tmp_path / "new", "word").read_text() for _ in range(2)]
    assert words[0] == words[1] != ""


def test_connections_are_replaced_whole(tmp_path: Path) -> None:
    first = System(database_urls={"": "postgresql://a"})
    with system.save(first, tmp_path).open("rb") as reader:
        system.save(System(database_urls={"": "postgresql://b"}), tmp_path)
        assert b"postgresql://a" in reader.read()
    assert system.load(tmp_path).database("") == "postgresql://b"
