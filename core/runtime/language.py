"""The languages that pages and messages speak (docs/decisions/0152, 0279).

The words stand in English where they are used; a translation is one file, ``core/locales/TAG/wayhome.po``.
What cannot be shown rightly in a language is shown in English: a file that cannot be read, a message that is
not translated, and one whose places for values are not those of the English.
"""

from __future__ import annotations

import gettext as catalogues
import io
import logging
import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from babel.messages.catalog import Catalog, Message

log = logging.getLogger("wayhome.language")

FOLDER = Path(__file__).parent.parent / "locales"
ENGLISH = "en-GB"
PSEUDO = "en-XA"
"""Every letter accented: what stays plain is not ready to be translated."""
LONGEST_WISH = 100
"""Characters of an ``Accept-Language`` that are kept."""
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = str.maketrans(_LETTERS, "áƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÁƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ")
_PLACE = re.compile(r"(%\(\w+\)[sd]|%%|%s)")
_ANY_PLACE = re.compile(r"%\(\w+\)[a-z]?|%%|%s|%")
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
_SCRIPTS = frozenset({"arab", "hebr", "nkoo", "thaa"})
_ISOLATE, _END = "\u2068", "\u2069"


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


class _Apart(str):
    """A message that runs from right to left: what is put into its places is isolated."""

    __slots__ = ()

    def __mod__(self, values: object) -> str:
        if isinstance(values, dict):
            values = {key: set_apart(value) for key, value in values.items()}
        return super().__mod__(values)


class Language(catalogues.GNUTranslations):
    """A language as it stands in its file."""

    def gettext(self, message: str) -> str:
        """Return the message; of no text none: to gettext that is the head of the file."""
        return super().gettext(message) if message else ""


class RightToLeft(Language):
    """A language that is written from right to left."""

    def gettext(self, message: str) -> str:
        """Return the message, whose places isolate what is put into them."""
        return _Apart(super().gettext(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for that number, whose places isolate what is put into them."""
        return _Apart(super().ngettext(msgid1, msgid2, n))


def set_apart(value: object) -> object:
    """Return a name, a time or an address as it can stand in words of the other direction.

    Examples
    --------
    >>> len(str(set_apart("Ada (2)"))), set_apart("482913"), set_apart(7)
    (9, '482913', 7)
    """
    if not isinstance(value, str) or value.isdecimal() or not value.strip():
        return value
    return type(value)(_ISOLATE) + value + type(value)(_END)


@cache
def languages() -> Mapping[str, catalogues.NullTranslations]:
    """Return every language that can be read by its tag, English first."""
    found: dict[str, catalogues.NullTranslations] = {ENGLISH: catalogues.NullTranslations()}
    for path in sorted(FOLDER.glob("*/wayhome.po")):
        try:
            found[path.parent.name] = _read(path)
        except (ValueError, OSError, LookupError):
            # no page and no message may fail for it: `make translate` says what is wrong in which line
            extra = {"action": "language_broken", "language": path.parent.name}
            log.error("a language cannot be read; English is shown instead", extra=extra)  # noqa: TRY400 (it may quote the file)
    return found | {PSEUDO: Pseudo()}


def offered() -> tuple[str, ...]:
    """Return the tags of the languages that people may choose, English first."""
    return tuple(tag for tag in languages() if tag != PSEUDO)


def _read(path: Path) -> catalogues.NullTranslations:
    from babel.messages.mofile import write_mo  # noqa: PLC0415 (who speaks English only need not load it)
    from babel.messages.pofile import PoFileError, read_po  # noqa: PLC0415

    compiled = io.BytesIO()
    with path.open("rb") as text:
        try:
            catalog = read_po(text, abort_invalid=True)
        except PoFileError as error:
            raise ValueError("no gettext file") from error
    write_mo(compiled, _sound(catalog))
    compiled.seek(0)
    kind = RightToLeft if right_to_left(path.parent.name) else Language
    return kind(compiled)


def _sound(catalog: Catalog) -> Catalog:
    """Take out what would break where it is shown."""
    for message in catalog:
        if message.id and wrong_places(message):
            empty = ("",) * len(_texts(message.string))
            message.string = empty if message.pluralizable else ""
    return catalog


def wrong_places(message: Message) -> bool:
    """Tell whether a translation has other places for values than the English, as ``%(name)s``.

    A form of a plural may leave a place out: "one day".
    """
    ids, strings = _texts(message.id), _texts(message.string)
    known = {place for one in ids for place in _ANY_PLACE.findall(one)}
    shown = [set(_ANY_PLACE.findall(one)) for one in strings if one]
    return any(not one <= known or (len(ids) == 1 and one != known) for one in shown)


def _texts(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


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


def words(tag: str) -> catalogues.NullTranslations:
    """Return the words of a language; those of English where there is no such language.

    Examples
    --------
    >>> words("xx").gettext("Act now"), words(PSEUDO).gettext("Act now")
    ('Act now', 'Áçţ ñöŵ')
    """
    return languages().get(tag) or languages()[ENGLISH]


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
        for tag in offered():
            if tag.split("-")[0].lower() == wanted.split("-")[0]:
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


def wish(accepted: str) -> str:
    """Return what of an ``Accept-Language`` is kept for messages: it may name what is translated later.

    Examples
    --------
    >>> wish("de-AT,de;q=0.9"), wish("*;q=0, <script>"), wish("de," * 50) == "de," * 33
    ('de-AT,de;q=0.9', '', True)
    """
    if not re.fullmatch(r"[A-Za-z0-9,;=.* -]*", accepted):
        return ""
    return (
        accepted
        if len(accepted) <= LONGEST_WISH
        else accepted[:LONGEST_WISH].rpartition(",")[0] + ","
    )


def of_reader(choice: str, heard: str) -> str:
    """Return the language of messages to somebody: what they chose, else what their browser asked for.

    Parameters
    ----------
    choice
        Tag of a language; empty where nothing was chosen. One that is gone counts as not chosen.
    heard
        What `wish` kept; the accented language of those who translate is no wish.

    Examples
    --------
    >>> of_reader("en-XA", ""), of_reader("", "en-XA"), of_reader("gone", "fr"), of_reader("en-GB", "fr")
    ('en-XA', 'en-GB', 'en-GB', 'en-GB')
    """
    if choice in languages():
        return choice
    found = chosen(heard)
    return ENGLISH if found == PSEUDO else found


def right_to_left(tag: str) -> bool:
    """Tell whether a language is written from right to left.

    Examples
    --------
    >>> right_to_left("ur-PK"), right_to_left("pa-Arab-PK"), right_to_left("pa"), right_to_left("en-GB")
    (True, True, False, False)
    """
    spoken, *rest = tag.lower().split("-")
    return spoken in _RIGHT_TO_LEFT or bool(_SCRIPTS & set(rest))


def direction(tag: str) -> str:
    """Return ``rtl`` or ``ltr``, as HTML and notifications name it."""
    return "rtl" if right_to_left(tag) else "ltr"


def isolated(text: str, tag: str) -> str:
    """Keep a name or an English sentence apart from words that run from right to left around it.

    Examples
    --------
    >>> isolated("Ada", "en-GB"), len(isolated("Ada", "ur"))
    ('Ada', 5)
    """
    return str(set_apart(text)) if right_to_left(tag) else text


def translations() -> catalogues.NullTranslations:
    """Return the words of the language in use."""
    return words(spoken())


def _(message: str) -> str:
    """Return a message in the language in use."""
    return translations().gettext(message)


def ngettext(one: str, several: str, number: int) -> str:
    """Return the message that fits the number, in the language in use."""
    return translations().ngettext(one, several, number)
