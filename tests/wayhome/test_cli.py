"""The command itself: what it is and which version."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tests.house import tree
from tests.house.test_commands_in_documents import fault
from wayhome import cli
from wayhome.commands import evaluate
from wayhome.contents import Entry
from wayhome.examples import EXAMPLES


def test_it_says_which_version_it_is() -> None:
    told = CliRunner().invoke(cli.app, ["--version"])
    declared = tomllib.loads(tree.text(tree.ROOT / "pyproject.toml"))["project"]["version"]
    assert (told.exit_code, told.stdout.strip()) == (0, f"wayhome {declared}")


@pytest.mark.parametrize("entry", [*cli.COMMANDS, *evaluate.COMMANDS], ids=lambda one: one.name)
def test_the_table_says_what_the_command_says(entry: Entry) -> None:
    command = entry.load()
    said = " ".join((command.help or "").split("\n\n")[0].split())
    assert (entry.help, command.name) == (said, entry.name)
    assert command.rich_help_panel == entry.panel


def everything(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield each command with the words by which it is called."""
    for name, below in getattr(command, "commands", {}).items():
        yield " ".join((*words, name)), below
        yield from everything(below, (*words, name))


ALL = dict(everything(typer.main.get_command(cli.app)))


def test_no_example_is_of_a_command_that_is_gone() -> None:
    assert EXAMPLES.keys() == ALL.keys()


@pytest.mark.parametrize("words", ALL)
def test_each_help_ends_with_an_example_that_can_be_typed(words: str) -> None:
    told = CliRunner().invoke(cli.app, [*words.split(), "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    example = EXAMPLES[words]
    assert f"Example: wayhome {example}" in " ".join(told.output.split())
    assert example.startswith(words)
    assert fault(example) == ""
    typed, shown = shlex.split(example), 1
    while shown < len(typed) and " ".join(typed[: shown + 1]) in ALL:
        shown += 1
    command, typed = ALL[" ".join(typed[:shown])], typed[shown:]
    context = command.make_context(words, [], resilient_parsing=True)
    given, unknown, _ = command.make_parser(context).parse_args(typed)
    lacks = [one.name for one in command.params if one.required and not given.get(one.name)]
    assert lacks == [], "what the command can not do without"
    assert unknown == [], "what the command does not know"


LOADED = """
import sys
from wayhome import cli
{entry.name: entry for entry in cli.COMMANDS}["gateway"].load()
print(*sys.modules)
"""


def test_a_service_loads_no_other_command() -> None:
    said = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    loaded = set(said.stdout.split())
    assert "wayhome.commands.services" in loaded
    assert loaded.isdisjoint({"scipy", "numpy", "aiohttp", "fastapi", "wayhome.commands.demo"})


NOWHERE = "postgresql://127.0.0.1:9/x"


@pytest.mark.parametrize(
    "words",
    [
        ["migrate", "--database-url-file", "/nowhere"],
        ["migrate", "--database-url", NOWHERE, "--passwords", "/nowhere"],
        ["up", "--mqtt-password-file", "/nowhere"],
        ["doctor", "--database-url", NOWHERE, "--mqtt-password-file", "/nowhere"],
    ],
)
def test_a_file_that_is_not_there_is_named(words: list[str]) -> None:
    told = CliRunner().invoke(cli.app, words)
    assert told.exit_code == 2
    assert f"Invalid value for '{words[-2]}'" in told.output


def test_a_command_that_is_not_there_is_named() -> None:
    told = CliRunner().invoke(cli.app, ["docter"])
    assert told.exit_code == 2
    assert "Did you mean 'doctor'" in told.output


def test_a_database_that_is_not_there_is_one_plain_line() -> None:
    """Also where it ends something that runs beside others, as the demo's phone does."""
    command = [sys.executable, "-m", "wayhome", "demo"]
    command += ["--database-url", "postgresql://x:secret@127.0.0.1:9/x"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("wayhome: cannot migrate, the database does not answer: nothing listens")
    assert "secret" not in ended.stderr
