"""Which system a command is pointed at."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model.errors import Misconfigured
from wayhome import system
from wayhome.system import System


def test_a_saved_system_is_found_again_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    saved = System(database_urls={"": "postgresql://a"}, mqtt_url="mqtt://h:1", mqtt_password="p")
    path = system.save(saved, tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    assert system.pointed_at(tmp_path, "", "") == saved


def test_addresses_win_over_the_folder(tmp_path: Path) -> None:
    system.save(System(database_urls={"": "postgresql://a"}), tmp_path)
    found = system.pointed_at(tmp_path, "postgresql://b", "mqtt://c")
    assert found.database("wayhome_operator") == "postgresql://b"
    assert found.broker("x").url == "mqtt://c"


def test_nothing_to_point_at_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="wayhome up"):
        system.pointed_at(tmp_path, "", "")
    with pytest.raises(Misconfigured, match="--mqtt-url"):
        System(database_urls={}).broker("x")
    with pytest.raises(Misconfigured, match="--database-url"):
        System(database_urls={}).database("wayhome_operator")
