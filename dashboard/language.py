"""Which language a page speaks: that of its browser (docs/decisions/0152)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError

from core.model.words import marked
from core.runtime.language import (
    ENGLISH,
    PSEUDO,
    _,
    accented,
    chosen,
    direction,
    languages,
    ngettext,
    offered,
    set_apart,
    speaking,
    spoken,
    translations,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = [
    "ENGLISH",
    "PSEUDO",
    "Speaking",
    "_",
    "accented",
    "chosen",
    "direction",
    "languages",
    "marked",
    "name_of_language",
    "ngettext",
    "offered",
    "set_apart",
    "speaking",
    "spoken",
    "tongues",
    "translations",
]


def name_of_language(tag: str) -> str:
    """Return the name of a language in that language; the tag where nobody knows one.

    Examples
    --------
    >>> name_of_language("de"), name_of_language("en-GB"), name_of_language("ur"), name_of_language("x1")
    ('Deutsch', 'English', 'اردو', 'x1')
    """
    try:
        found = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return tag
    return found.get_language_name(found.language) or tag


def tongues() -> dict[str, str]:
    """Return the languages that people may choose with their names, English first."""
    return {tag: name_of_language(tag) for tag in offered()}


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
