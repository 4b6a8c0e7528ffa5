"""Which language a page speaks (docs/decisions/0152).

The words stand in English where they are used, wrapped in `_` or `ngettext`; a translation is one file,
``dashboard/locales/TAG/wayhome.po``. The language of a request is chosen by what its browser asks for.
"""

from __future__ import annotations

import gettext as catalogues
import io
import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).parent / "locales"
ENGLISH = "en-GB"
PSEUDO = "en-XA"
"""Every letter accented: what stays plain on a page is not ready to be translated."""
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = str.maketrans(_LETTERS, "áƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÁƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ")
_PLACE = re.compile(r"(%\(\w+\)[sd]|%%)")


class Pseudo(catalogues.NullTranslations):
    """English with every letter accented."""

    def gettext(self, message: str) -> str:
        """Return the message accented, its places for values untouched."""
        return accented(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for that number, accented."""
        return accented(super().ngettext(msgid1, msgid2, n))


def accented(message: str) -> str:
    """Return a message with every letter accented.

    Examples
    --------
    >>> accented("Page %(page)s of 3")
    'Þáĝé %(page)s öƒ 3'
    """
    parts = _PLACE.split(message)
    return "".join(part if _PLACE.fullmatch(part) else part.translate(_ACCENTED) for part in parts)


@cache
def languages() -> Mapping[str, catalogues.NullTranslations]:
    """Return every language there is by its tag, English first.

    Raises
    ------
    ValueError
        If a file of translations cannot be read; it names the place.
    """
    found: dict[str, catalogues.NullTranslations] = {ENGLISH: catalogues.NullTranslations()}
    for path in sorted(FOLDER.glob("*/wayhome.po")):
        found[path.parent.name] = _read(path)
    return found | {PSEUDO: Pseudo()}


def _read(path: Path) -> catalogues.NullTranslations:
    compiled = io.BytesIO()
    with path.open("rb") as text:
        write_mo(compiled, read_po(text, abort_invalid=True))
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def spoken() -> str:
    """Return the tag of the language in use."""
    return _spoken.get()


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Use a language of `languages` for a while."""
    before = _spoken.set(tag)
    try:
        yield
    finally:
        _spoken.reset(before)


def chosen(accepted: str) -> str:
    """Return the language that suits a browser best, by its ``Accept-Language``.

    Examples
    --------
    >>> chosen("xx, en-XA;q=0.8, en;q=0.5"), chosen("en-XA;q=0"), chosen(""), chosen("q=,;;")
    ('en-XA', 'en-GB', 'en-GB', 'en-GB')
    """
    known = {tag.lower(): tag for tag in languages()}
    for wanted in _by_weight(accepted):
        if wanted in known:
            return known[wanted]
        for tag in languages():
            if tag != PSEUDO and tag.split("-")[0].lower() == wanted.split("-")[0]:
                return tag
    return ENGLISH


def _by_weight(accepted: str) -> list[str]:
    weighed = []
    for entry in accepted.lower().split(","):
        tag, _, weight = entry.partition(";q=")
        try:
            share = float(weight or 1)
        except ValueError:
            continue
        if tag.strip() and share > 0:
            weighed.append((-share, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda pair: pair[0])]


def translations() -> catalogues.NullTranslations:
    """Return the words of the language in use."""
    return languages()[spoken()]


def _(message: str) -> str:
    """Return a message in the language in use."""
    return translations().gettext(message)


def ngettext(one: str, several: str, number: int) -> str:
    """Return the message that fits the number, in the language in use."""
    return translations().ngettext(one, several, number)


def marked(message: str) -> str:
    """Mark a message for translation where it is written down; it is translated where it is shown."""
    return message


class Speaking:
    """Lets each request speak its browser's language."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = dict(scope.get("headers", ()))
        accepted = headers.get(b"accept-language", b"").decode("latin-1")
        with speaking(chosen(accepted)):
            await self._app(scope, receive, send)
