"""The guide names every class of retention with its period and bounds, and every purpose of the ledger."""

from __future__ import annotations

import re

from core.model.retention import CLASSES
from tests.house import tree

GUIDE = (tree.ROOT / "docs" / "how-to" / "personal-data.md").read_text("utf-8")


def test_the_guide_says_for_how_long_what_is_kept() -> None:
    rows = re.findall(r"^\| (\w+) \| (\d+) days \| (\d+) to (\d+) \|", GUIDE, flags=re.MULTILINE)
    assert rows == [
        (one.name, str(one.days), str(one.least), str(one.most)) for one in CLASSES.values()
    ]
