"""What was said as facts, in the language of its reader (docs/decisions/0283).

English is shown where a language lacks a sentence or a part of one, and where it cannot be put together.
"""

from __future__ import annotations

import logging
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from core.model.said import Figure, Said
from core.runtime.language import ENGLISH, PSEUDO, words

if TYPE_CHECKING:
    from gettext import NullTranslations

log = logging.getLogger("wayhome.language")

_PLACE = re.compile(r"%\(\w+\)s|%%")
_LETTER = re.compile(r"[^\W\d_]")
_SPACES = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "})
"""They cost a text message its second half; pages put their own where they belong."""


def translated(text: str, tag: str) -> str | None:
    """Return in a language what a text says; None where it says so in English alone.

    Parameters
    ----------
    tag
        One of `core.runtime.language.languages`.

    Examples
    --------
    >>> from core.model.said import say
    >>> translated(say("Not up yet at %(time)s", time="10:20"), PSEUDO)
    'Ñöţ ûþ ýéţ áţ 10:20'
    >>> translated("Not up yet at 10:20", PSEUDO), translated(say("It is night"), "en-GB")
    (None, None)
    """
    if tag == ENGLISH or not isinstance(text, Said):
        return None
    known = words(tag)
    try:
        template = _template(text, known)
        if template in {text.template, text.several} and _LETTER.search(_PLACE.sub("", template)):
            return None
        return _put(text, known, tag)
    except (KeyError, TypeError, ValueError):
        # nothing may fail for a translation: it is English then
        extra = {"action": "sentence_broken", "language": tag}
        log.error("a sentence cannot be put into a language", extra=extra)  # noqa: TRY400 (it may quote the sentence)
        return None


def in_language(text: str, tag: str) -> str:
    """Return what a text says in a language, else as it is.

    Examples
    --------
    >>> from core.model.said import say
    >>> in_language(say("It is night"), PSEUDO), in_language("It is night", PSEUDO)
    ('Îţ îš ñîĝĥţ', 'It is night')
    """
    found = translated(text, tag)
    return str(text) if found is None else found


def _template(text: Said, known: NullTranslations) -> str:
    if text.several:
        return known.ngettext(text.template, text.several, text.number)
    return known.gettext(text.template)


def _put(text: Said, known: NullTranslations, tag: str) -> str:
    """Put a sentence together; a part for which there are no words is English, or the same in both."""
    values = {key: _value(value, known, tag) for key, value in text.values.items()}
    return _template(text, known) % values


def _value(value: str | int, known: NullTranslations, tag: str) -> str | int:
    if isinstance(value, Said):
        return _put(value, known, tag)
    return _figure(value, tag) if isinstance(value, Figure) else value


def _figure(value: Figure, tag: str) -> str:
    from babel import UnknownLocaleError  # noqa: PLC0415 (who speaks English only need not load it)
    from babel.numbers import format_decimal, format_percent  # noqa: PLC0415

    locale = (ENGLISH if tag == PSEUDO else tag).replace("-", "_")
    digits = len(value.partition(".")[2])
    try:
        if value.percent:
            return format_percent(Decimal(value.rstrip("%")) / 100, locale=locale).translate(
                _SPACES
            )
        places = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(Decimal(value), places, locale).translate(_SPACES)
    except (InvalidOperation, UnknownLocaleError, ValueError):
        return str(value)
