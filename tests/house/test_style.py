"""House rules that no linter knows: sizes, names, who may read the environment."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.house import tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES_CEILING = 400
FUNCTION_CEILING = 60
SCRIPT_CEILING = 1_500
BANNED = re.compile(r"(manager|helper|util|handler|processor)s?$")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
READS_ENVIRONMENT = ("core/runtime/settings.py", "tests/", "scripts/", "bench/")
PROMISES = re.compile(r"\b(TODO|FIXME|XXX)\b|NotImplementedError|assert True\b|mark\.xfail")


def own_text() -> str:
    """Name this file, which spells what it forbids."""
    return "tests/house/"


def words(name: str) -> list[str]:
    """Split a name into its words: ``retryHandler_2`` has retry, handler and 2."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


def attribute_uses(path: Path, owner: str, attribute: str) -> Iterator[int]:
    """Yield the lines that read ``owner.attribute`` or import it by name."""
    for node in ast.walk(tree.parsed(path)):
        match node:
            case ast.Attribute(value=ast.Name(id=base), attr=attr) if (base, attr) == (
                owner,
                attribute,
            ):
                yield node.lineno
            case ast.ImportFrom(module=module) if module == owner and any(
                alias.name == attribute for alias in node.names
            ):
                yield node.lineno


def test_no_file_is_longer_than_the_ceiling() -> None:
    long = {
        tree.name(path): lines
        for path in tree.python_files()
        if (lines := len(tree.text(path).splitlines())) > LINES_CEILING
    }
    assert long == {}


def test_no_function_is_longer_than_the_ceiling() -> None:
    long = {
        f"{tree.name(path)}:{node.lineno} {node.name}": length
        for path in tree.python_files()
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, FUNCTIONS)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_CEILING
    }
    assert long == {}


def test_our_own_javascript_stays_small() -> None:
    scripts = [path for path in tree.files() if path.suffix in {".js", ".mjs", ".ts"}]
    assert sum(len(tree.text(path).splitlines()) for path in scripts) <= SCRIPT_CEILING


def test_no_name_says_nothing() -> None:
    found = [
        f"{tree.name(path)}:{node.lineno} {node.name}"
        for path in tree.python_files()
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, DEFINITIONS) and any(BANNED.match(word) for word in words(node.name))
    ]
    modules = [
        tree.name(path)
        for path in tree.python_files()
        if path.stem == "data" or any(BANNED.match(word) for word in words(path.stem))
    ]
    assert found + modules == []


def test_only_the_settings_read_the_environment() -> None:
    found = [
        f"{tree.name(path)}:{line}"
        for path in tree.python_files()
        if not tree.name(path).startswith(READS_ENVIRONMENT)
        for attribute in ("environ", "getenv")
        for line in attribute_uses(path, "os", attribute)
    ]
    assert found == []


def test_every_task_has_an_owner() -> None:
    found = [
        f"{tree.name(path)}:{line}"
        for path in tree.python_files()
        for line in attribute_uses(path, "asyncio", "create_task")
    ]
    assert found == []


def test_no_file_promises_later() -> None:
    found = [
        f"{tree.name(path)}:{number}"
        for path in tree.python_files()
        if not tree.name(path).startswith(own_text())
        for number, line in enumerate(tree.text(path).splitlines(), 1)
        if PROMISES.search(line)
    ]
    assert found == []


def test_every_package_declares_its_place() -> None:
    folders = {path.relative_to(tree.ROOT).parts[0] for path in tree.python_files()}
    assert folders - {"tests", "bench", "scripts"} == set(tree.PACKAGES)
