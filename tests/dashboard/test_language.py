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

    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


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


def test_a_language_says_what_is_missing_and_what_would_not_be_shown(
    german: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert translate.check(german) == 0
    known = translate.standing(german)
    assert len(known.missing) == known.messages, "a plural without a word is missing too"
    assert "alerts/" in known.missing[0].locations[0][0], "what wakes people comes first"
    with german.open("rb") as text:
        catalog = read_po(text, locale="de")
    catalog["Reload"].string, catalog["Live"].string = "Neu laden", "Geraten"
    catalog["Live"].flags.add("fuzzy")
    catalog["As of %s."].string = "Stand."
    with german.open("wb") as text:
        write_po(text, catalog)
    capsys.readouterr()
    assert translate.check(german) == 1
    said = capsys.readouterr().out
    assert f"1 of {known.messages} messages are translated." in said
    assert f"{known.messages - 3} messages to translate" in said
    assert "not those of the English:\n  dashboard/layout.py" in said
    assert "fuzzy" in said
    language.languages.cache_clear()
    with language.speaking("de"):
        shown = [language._(one) for one in ("Reload", "Live", "As of %s.")]
    assert shown == ["Neu laden", "Live", "As of %s."]


def test_a_file_that_is_broken_is_named_and_shown_in_english(
    german: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    german.write_text('msgid "Act now\nmsgstr "Jetzt"\n')
    assert translate.check(german) == 1
    assert "Not known here" in capsys.readouterr().out
    german.write_text("msgid broken")
    assert translate.check(german) == 1
    assert "wayhome.po cannot be read, all is shown in English" in capsys.readouterr().err
    language.languages.cache_clear()
    assert language.chosen("de") == language.ENGLISH


@pytest.mark.parametrize("tag", ["de", "ar"])
async def test_where_nothing_is_said_nothing_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visitors: Visitors, town: Town, tag: str
) -> None:
    """To gettext no text is the head of its file: it stood on a page, or the page of a language broke."""
    translate.write(tag, tmp_path)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.languages.cache_clear()
    for number, state in enumerate(("watched", "unwatched", "watched"), 1):
        town.execute("insert into watch_change values ('ada', %s, %s, '', now())", number, state)
    mia = await visitors.of("mia")
    mia.client.headers["accept-language"] = tag
    answer = await mia.get("/watching")
    language.languages.cache_clear()
    assert (answer.status_code, "Plural-Forms" in answer.text) == (200, False)
    assert f'lang="{tag}"' in answer.text
