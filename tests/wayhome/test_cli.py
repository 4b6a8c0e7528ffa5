"""The command itself: what it is and which version."""

from __future__ import annotations

import tomllib

from typer.testing import CliRunner

from tests.house import tree
from wayhome.cli import app


def test_it_says_which_version_it_is() -> None:
    told = CliRunner().invoke(app, ["--version"])
    declared = tomllib.loads(tree.text(tree.ROOT / "pyproject.toml"))["project"]["version"]
    assert (told.exit_code, told.stdout.strip()) == (0, f"wayhome {declared}")
