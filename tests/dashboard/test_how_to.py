"""docs/how-to/people.md, away.md and visits.md: their examples run, and the table says what the code says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from core.store.account import CarerRole
from dashboard.roles import MAY, Right

PAGE = Path(__file__).parent.parent.parent / "docs" / "how-to" / "people.md"
ROWS = {
    "How a person lives": Right.ACTIVITY,
    "Alerts about people": Right.CARE_ALERTS,
    "Alerts about the system": Right.REPAIR_ALERTS,
    "Devices": Right.DEVICES,
    "Circles and invitations": Right.CIRCLES,
}


def test_the_example_runs() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted == 4
    assert found.failed == 0


def test_the_example_of_being_away_runs() -> None:
    found = doctest.testfile(str(PAGE.with_name("away.md")), module_relative=False)
    assert found.attempted == 7
    assert found.failed == 0


def test_the_example_of_expected_visits_runs() -> None:
    found = doctest.testfile(str(PAGE.with_name("visits.md")), module_relative=False)
    assert found.attempted == 8
    assert found.failed == 0


def test_the_table_says_what_the_code_says() -> None:
    text = PAGE.read_text("utf-8")
    for title, right in ROWS.items():
        (line,) = re.findall(rf"^\| {title} \|(.+)\|$", text, re.MULTILINE)
        given = [cell.strip() for cell in line.split("|")]
        roles = {role for role, cell in zip(CarerRole, given, strict=True) if cell}
        assert roles == {role for role in CarerRole if right in MAY[role]}, title
