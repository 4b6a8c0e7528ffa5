"""The tables of hardening: nothing is left out, what is met is tested, and the tests are there."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from scripts import hardening
from scripts.hardening import Control, State
from tests.house import tree

CONTROLS = [one for standard in hardening.STANDARDS for one in hardening.read(standard)[1]]


@pytest.mark.parametrize("standard", hardening.STANDARDS)
def test_no_provision_is_left_out(standard: str) -> None:
    numbers = [one.number for one in hardening.read(standard)[1]]
    assert numbers == hardening.expected()[standard]


def test_etsi_has_33_requirements_and_35_recommendations() -> None:
    levels = [one.level[0] for one in hardening.read("etsi-en-303-645")[1]]
    assert (levels.count("M"), levels.count("R")) == (33, 35)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda one: one.number)
def test_what_is_met_is_tested_and_what_is_not_has_its_reason(control: Control) -> None:
    assert control.asks
    assert bool(control.how) == bool(control.tests), "an answer has tests, and tests an answer"
    assert bool(control.tests) == (control.state in {State.MET, State.PARTLY})
    assert bool(control.why) == (control.state is not State.MET)
    assert len(set(control.tests)) == len(control.tests)
    assert [test for test in control.tests if not tree.is_test(test)] == []


def test_a_test_that_is_not_there_is_found() -> None:
    here = "tests/house/test_hardening.py"
    assert tree.is_test(f"{here}::test_a_test_that_is_not_there_is_found")
    assert not tree.is_test(f"{here}::test_that_nobody_wrote")
    assert not tree.is_test("tests/house/test_nothing.py::test_no_provision_is_left_out")
    assert not tree.is_test("scripts/hardening.py::read")


def test_the_policy_says_where_when_and_how_long() -> None:
    text = (tree.ROOT / "SECURITY.md").read_text("utf-8")
    for words in (
        "/.well-known/security.txt",
        "WAYHOME_SECURITY_CONTACT",
        "2 working days",
        "every 14 days until it is resolved",
        "a fix for a grave one",
        "## Supported versions",
        "at least two years",
    ):
        assert words in text


def test_the_picture_of_the_threats_can_be_read_without_seeing_it() -> None:
    picture = ET.parse(hardening.FOLDER / "threat-model.svg").getroot()  # noqa: S314 (ours)
    space = "{http://www.w3.org/2000/svg}"
    described = [picture.find(f"{space}{name}") for name in ("title", "desc")]
    assert all(one is not None and (one.text or "").strip() for one in described)
    page = (hardening.FOLDER / "threat-model.md").read_text("utf-8")
    assert "](threat-model.svg)" in page
    marks = [
        one.text
        for one in picture.iter(f"{space}text")
        if one.get("class") == "mark" and one.text is not None
    ]
    assert len(marks) > 5
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]
    assert sorted(set(marks), key=int) == [row for row in rows if row.isdigit()]


def test_each_commit_is_checked_whole() -> None:
    run = (tree.ROOT / ".ci" / "run").read_text("utf-8")
    for step in ("make check", "scripts/audit.py", "make test"):
        assert step in run
    check = (
        (tree.ROOT / "Makefile").read_text("utf-8").partition("\ncheck:")[2].partition("\n\n")[0]
    )
    for tool in ("ruff check .", "ruff format --check .", "mypy", "lint-imports"):
        assert tool in check
    assert "exit $$failed" in check
