"""Nothing here commands a device: who publishes to a broker, and what."""

from __future__ import annotations

import ast

from core.model.ids import HomeId
from core.store.home_output import ToldState
from tests.house import tree
from wayhome.identity.home_assistant import description as description_of
from wayhome.identity.home_assistant import topics

SPEAK = {
    "wayhome/checkup.py",  # its own probe
    "wayhome/demonstration/homes.py",  # as the hub of a made-up home
    "wayhome/identity/teller.py",  # how a home stands, below
    "wayhome/replaying.py",  # as the hub of a replay
    "wayhome/retained.py",  # takes back what an erased home left
}
"""Whoever may publish; a module that is added here has to say what it says."""


def speakers() -> set[str]:
    """Return every module of the product that can publish to a broker."""
    return {
        tree.name(path)
        for path in tree.python_files()
        if not tree.name(path).startswith(("tests/", "scripts/", "bench/"))
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "core.runtime.broker"
        and any(name.name == "Publisher" for name in node.names)
    }


def test_no_service_can_say_anything_to_a_device() -> None:
    assert speakers() == SPEAK


def test_a_home_is_told_how_it_stands_and_nothing_else() -> None:
    description, state = topics(HomeId("7f3k"))
    assert (description.split("/")[-1], state.split("/")[-1]) == ("config", "state")
    stands = ToldState(last_movement=None, alert=False, watched=True, devices=())
    assert b"command" not in description_of(HomeId("7f3k"), stands)
