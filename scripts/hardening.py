"""Read the tables of hardening, ``docs/safety/*.toml``, and draw them as a page."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path(__file__).parent.parent / "docs" / "safety"
STANDARDS = ("etsi-en-303-645", "owasp-iot-top-10")
CLAUSES = {
    "4": 1,
    "5.1": 5,
    "5.2": 3,
    "5.3": 16,
    "5.4": 4,
    "5.5": 8,
    "5.6": 9,
    "5.7": 2,
    "5.8": 3,
    "5.9": 3,
    "5.10": 1,
    "5.11": 4,
    "5.12": 3,
    "5.13": 1,
    "6": 5,
}
"""Provisions of each clause of ETSI EN 303 645 V2.1.1, 68 altogether."""
OWASP = 10


class State(StrEnum):
    """How far something is met."""

    MET = "met"
    PARTLY = "partly"
    NOT_YET = "not yet"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What a standard asks for and how we answer."""

    number: str
    asks: str
    state: State
    #: ``M`` mandatory, ``R`` recommended, with ``C`` under a condition; empty where there are no levels.
    level: str = ""
    how: str = ""
    #: What is missing, or why it does not apply.
    why: str = ""
    #: ``path::name`` of tests that fail when it no longer holds.
    tests: tuple[str, ...] = ()


def expected() -> dict[str, list[str]]:
    """Give the numbers that each standard has."""
    etsi = [
        f"{clause}-{number}" for clause, count in CLAUSES.items() for number in range(1, count + 1)
    ]
    return {STANDARDS[0]: etsi, STANDARDS[1]: [f"I{number}" for number in range(1, OWASP + 1)]}


def read(standard: str) -> tuple[str, tuple[Control, ...]]:
    """Give a standard's title and its controls, in the order of the file.

    Raises
    ------
    TypeError, ValueError
        If the file has a field or a state that is none.
    """
    content = tomllib.loads((FOLDER / f"{standard}.toml").read_text("utf-8"))
    return content["title"], tuple(_control(entry) for entry in content["control"])


def _control(entry: dict[str, Any]) -> Control:
    return Control(
        **entry | {"state": State(entry["state"]), "tests": tuple(entry.get("tests", ()))}
    )


def rows(controls: Sequence[Control]) -> Iterator[tuple[str, ...]]:
    """Yield the lines of a table."""
    for one in controls:
        why = f"*Missing:* {one.why}" if one.how and one.why else one.why
        answer = " ".join(filter(None, (one.how, why)))
        number = f"{one.number} {one.level}".strip()
        yield number, one.asks, one.state.value, answer, "<br>".join(map(link, one.tests))


def link(test: str) -> str:
    """Lead from a page of safety to a test, named in words."""
    path, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../../{path})"


def count(controls: Sequence[Control]) -> str:
    """Say how many are met.

    Examples
    --------
    >>> count([Control(number="1", asks="", state=State.MET)])
    '1 met, 0 partly, 0 not yet, 0 not applicable'
    """
    found = Counter(one.state for one in controls)
    return ", ".join(f"{found[state]} {state.value}" for state in State)
