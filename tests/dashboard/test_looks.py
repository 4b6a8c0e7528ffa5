"""What the record of looks says of every page is a phrase that fits after *looked at*."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from dashboard.looks import page_words
from tests.house import tree


def recorded() -> Iterator[str]:
    """Yield the name under which each page of people records a look."""
    for path in sorted((tree.ROOT / "dashboard" / "pages").glob("*.py")):
        for node in ast.walk(ast.parse(tree.text(path))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr == "looked_at" and isinstance(node.args[-1], ast.Constant):
                yield str(node.args[-1].value)


@pytest.mark.parametrize("page", sorted(set(recorded())))
def test_each_page_has_words_of_its_own(page: str) -> None:
    assert page_words(page) != page.replace("_", " ")
