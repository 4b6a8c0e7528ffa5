"""Nothing in the tree says where it was made or fetched, and what is installed is pinned by hash."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house import tree

REQUIREMENTS = (
    "requirements.txt",
    "requirements-build.txt",
    "requirements-fast.txt",
    "requirements-dev.txt",
)
# spelled in pieces, so that this file does not break its own rule
REGISTRIES = re.compile(
    r"py"
    r"pi\.org|python"
    r"hosted|npm"
    r"js\.(org|com)|registry\.n"
    r"pm|deb\.deb"
    r"ian|"
    r"proxy\.go"
    r"lang|artifact"
    r"registry"
)
MACHINE = re.compile(r"(?<![\w.])/wo" r"rk/|/roo" r"t/\.|/hom" r"e/[a-z]+/")
PINNED = re.compile(r"^(?P<name>[a-z0-9-]+)(\[[a-z,]+\])?==(?P<version>\S+)")


def blocks(text: str) -> list[str]:
    """Split a requirements file into one block per package."""
    return [block for block in re.split(r"\n(?=\S)", text.strip()) if block]


@pytest.mark.parametrize("rule", [REGISTRIES, MACHINE], ids=["registry", "machine"])
def test_no_file_names_a_registry_or_a_place_of_one_machine(rule: re.Pattern[str]) -> None:
    found = [
        f"{tree.name(path)}:{number}"
        for path in tree.files()
        for number, line in enumerate(tree.text(path).splitlines(), 1)
        if rule.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_requirements_are_pinned_by_hash_and_name_no_address(file: str) -> None:
    text = (tree.ROOT / file).read_text()
    assert "://" not in text
    assert "index-url" not in text
    found = blocks(text)
    assert found
    for block in found:
        assert PINNED.match(block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_requirements_cover_what_the_project_declares() -> None:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
    declared = {
        "requirements.txt": project["project"]["dependencies"],
        "requirements-build.txt": project["build-system"]["requires"],
        "requirements-dev.txt": project["dependency-groups"]["dev"],
        "requirements-fast.txt": project["dependency-groups"]["fast"],
    }
    for file, wanted in declared.items():
        pinned = {
            match["name"]
            for block in blocks((tree.ROOT / file).read_text())
            if (match := PINNED.match(block))
        }
        names = {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower() for line in wanted}
        assert names - pinned == set(), f"{file} is stale: run scripts/lock"


def test_the_runtime_and_the_tests_agree_on_versions() -> None:
    versions = [
        {
            (match["name"], match["version"])
            for block in blocks((tree.ROOT / file).read_text())
            if (match := PINNED.match(block))
        }
        for file in ("requirements.txt", "requirements-dev.txt")
    ]
    assert versions[0] <= versions[1]


def test_lock_files_that_record_addresses_stay_out() -> None:
    names = {path.name for path in tree.files()}
    assert names.isdisjoint({"uv.lock", "package-lock.json", "poetry.lock", "yarn.lock"})
