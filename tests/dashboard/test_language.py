"""Translations: collected from the code, read from one file a language, chosen by the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po, write_po

from core.runtime import language
from dashboard import wording
from scripts import translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = translate.write("de", tmp_path)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.languages.cache_clear()
    yield path
    language.languages.cache_clear()


def fill(path: Path) -> None:
    """Translate some of it."""
    with path.open("rb") as text:
        catalog = read_po(text, locale="de")
    for message in catalog:
        for english, german in WORDS:
            if message.id == english:
                message.string = german
    with path.open("wb") as text:
        write_po(text, catalog)


WORDS: tuple[tuple[str | tuple[str, str], str | tuple[str, str]], ...] = (
    ("Act now", "Jetzt handeln"),
    (("%(days)s day", "%(days)s days"), ("%(days)s Tag", "%(days)s Tage")),
)


def test_what_the_pages_say_is_collected_from_code_and_templates() -> None:
    found = {message.id for message in translate.collected()}
    assert "I’m on it" in found, "a template"
    assert "If nothing moves by %(time)s, %(then)s" in found, "a table"
    assert ("%(n)s alert", "%(n)s alerts") in found, "with its plural"
    assert "We could see all the time." in found, "the night"
    assert "Reload" in found, "the scripts"


def test_a_language_is_one_file(german: Path) -> None:
    fill(german)
    language.languages.cache_clear()
    assert language.chosen("de-AT,en;q=0.5") == "de"
    with language.speaking("de"):
        assert language._("Act now") == "Jetzt handeln"
        assert wording.span(2 * 86400) == "2 Tage"
        assert language._("Please check") == "Please check", "what is missing stays English"
    assert language._("Act now") == "Act now"


def test_collecting_again_keeps_what_was_translated(german: Path, tmp_path: Path) -> None:
    fill(german)
    translate.write("de", tmp_path)
    language.languages.cache_clear()
    with language.speaking("de"):
        assert language._("Act now") == "Jetzt handeln"
