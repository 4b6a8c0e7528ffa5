"""The documents say what the code does: generated pages are fresh, links lead somewhere."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from scripts import docs
from tests.house import tree

LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(#[^)]*)?\)")


@pytest.mark.parametrize("page", docs.PAGES)
def test_a_reference_page_says_what_the_code_says(page: str) -> None:
    assert not docs.is_stale(page), f"docs/reference/{page}.md is stale: run make docs"


def test_every_class_of_the_model_is_in_the_glossary() -> None:
    text = (docs.FOLDER / "glossary.md").read_text("utf-8")
    missing = [kind.__name__ for kind in docs.model_classes() if f"`{kind.__name__}`" not in text]
    assert missing == []


def test_every_table_has_its_sentence() -> None:
    assert "observation" in docs.table_comments()


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{tree.name(path)}: {match['target']}"
        for path in tree.files()
        if path.suffix == ".md"
        for match in LINK.finditer(tree.text(path))
        if "://" not in match["target"] and not match["target"].startswith("mailto:")
        if not (path.parent / unquote(match["target"])).exists()
    ]
    assert broken == []


def test_the_readme_names_the_two_commands() -> None:
    text = (tree.ROOT / "README.md").read_text("utf-8")
    assert "make demo" in text
    assert "make test" in text


def test_contributing_begins_with_four_recipes_of_eight_steps_at_most() -> None:
    text = (tree.ROOT / "CONTRIBUTING.md").read_text("utf-8")
    recipes = re.split(r"^## ", text, flags=re.MULTILINE)[1:5]
    for recipe, plugin in zip(recipes, ("driver", "detector", "channel", "page"), strict=True):
        assert recipe.splitlines()[0].startswith(f"Add a {plugin}")
        steps = re.findall(r"^\d+\. ", recipe, flags=re.MULTILINE)
        assert 3 <= len(steps) <= 8
