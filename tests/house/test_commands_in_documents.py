"""Each `wayhome …` line that a document tells people to type names a command and options that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import typer

from tests.house import tree
from wayhome.cli import app

WAYHOME = r"(?:\.venv/bin/|python -m )?(?:wayhome|docker compose run .*?\boperator)"
LINE = re.compile(rf"(?:^ {{4}}(?:sudo )?|`){WAYHOME} (?P<rest>[^`\n]+)", re.MULTILINE)
END = re.compile(r"\s*(?:#|\||>|&&|…|<|;).*$")
ROOT = typer.main.get_command(app)


def fault(line: str) -> str:
    """Return what is wrong with the arguments of one line; empty where nothing is.

    Examples
    --------
    >>> fault("doctor --json"), fault("docter"), fault("doctor --joson")
    ('', 'no command docter', 'doctor has no --joson')
    """
    command, path = ROOT, ""
    for word in shlex.split(END.sub("", line)):
        below = getattr(command, "commands", {})
        if below and not word.startswith("-"):
            if word not in below:
                return f"no command {path}{word}"
            command, path = below[word], f"{path}{word} "
        elif word.startswith("--"):
            known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
            if word.partition("=")[0] not in known | {"--help"}:
                return f"{path.strip()} has no {word}"
    return ""


def lines() -> Iterator[tuple[str, str]]:
    """Yield document and arguments of each line, history of changes and decisions apart."""
    for path in tree.files():
        told = tree.name(path)
        if path.suffix == ".md" and not told.startswith(("docs/decisions", "CHANGELOG")):
            for match in LINE.finditer(tree.text(path)):
                yield told, match["rest"].strip()


def test_what_documents_say_to_type_exists() -> None:
    told = list(lines())
    assert len(told) > 40
    wrong = [f"{where}: wayhome {line}: {found}" for where, line in told if (found := fault(line))]
    assert wrong == []


@pytest.mark.parametrize(
    ("document", "command"),
    [
        ("docs/how-to/personal-data.md", "residents erase"),
        ("docs/how-to/personal-data.md", "residents export"),
        ("docs/how-to/deploy.md", "doctor"),
        ("docs/how-to/hubs.md", "hubs bundle"),
    ],
)
def test_people_are_told_how_to_erase_and_how_to_set_up(document: str, command: str) -> None:
    assert any(where == document and line.startswith(command) for where, line in lines())


def test_python_is_the_one_of_the_virtual_environment() -> None:
    """Debian has no ``python``, and its ``python3`` has none of what our files import."""
    bare = re.compile(
        r"(?<!\.venv/bin/)(?<!\.venv-fast/bin/)\bpython3? (?:-m (?:analytics|pytest|tests)|bench/|scripts/)"
    )
    wrong = [
        f"{tree.name(path)}: {match.group()}"
        for path in tree.files()
        if path.suffix == ".md" and not tree.name(path).startswith(("docs/decisions", "CHANGELOG"))
        for match in bare.finditer(tree.text(path))
    ]
    assert wrong == []
