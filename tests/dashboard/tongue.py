"""A language that has everything: made of all that can be translated, each letter accented."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po, write_po

from core.runtime import language
from core.runtime.language import accented
from scripts import translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


@contextmanager
def whole(tag: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Offer a language beside English in which each message says the same with accents.

    A plural says in each form which one it is, by as many dots.
    """
    path = translate.write(tag, folder)
    with path.open("rb") as text:
        catalog = read_po(text, locale=tag.replace("-", "_"))
    for message in catalog:
        if isinstance(message.id, str):
            message.string = accented(message.id)
        else:
            forms = range(catalog.num_plurals)
            message.string = tuple(accented(message.id[1]) + "·" * form for form in forms)
    with path.open("wb") as text:
        write_po(text, catalog)
    assert translate.check(path) == 0
    monkeypatch.setattr(language, "FOLDER", folder)
    language.languages.cache_clear()
    yield tag
    language.languages.cache_clear()
