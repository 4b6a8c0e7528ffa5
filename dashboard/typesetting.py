"""Numbers stay with their units (docs/decisions/0240), and names in their place. Pure.

What is stored and sent keeps plain spaces: a no-break space makes a text message cost two.
"""

from __future__ import annotations

import re

from babel.numbers import format_percent

from dashboard.language import ENGLISH, PSEUDO, direction, spoken

KEPT = "\N{NO-BREAK SPACE}"
UNITS = (
    *("%", "‰", "°C", "°", "min", "min/h", "h", "s", "ms", "km", "m", "cm", "mm"),
    *("B", "kB", "MB", "GB", "V", "W", "lx", "dB", "dBm", "hPa"),
)
ISOLATE, ISOLATED = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""Hebrew, Arabic and what is written like them."""
_FROM_RIGHT = re.compile(rf"{_RIGHT.pattern}+(?:[^\w<>,;:.()&]+{_RIGHT.pattern}+)*(?![^<>]*>)")
_ASIDE = re.compile(r"(<(script|style|textarea|option|code|pre)\b.*?</\2>)", re.DOTALL)
"""Code, what was typed, and what may be sent: it stays as it is."""
_LOOSE = re.compile(
    # not within a tag: the next sign of one is none that ends it
    r"(?<=\d) (?=(?:" + "|".join(map(re.escape, UNITS)) + r")(?![\w/])(?![^<>]*>))"
)


def kept_together(page: str) -> str:
    """Return a page in which no number is parted from its unit.

    Examples
    --------
    >>> kept_together('<p title="5 m">12 min ago, 64 %, 7 min/h, 3 men</p>').replace(KEPT, "~")
    '<p title="5 m">12~min ago, 64~%, 7~min/h, 3 men</p>'
    >>> kept_together("<option>Shed, 5 m</option>")
    '<option>Shed, 5 m</option>'
    """
    parts = _ASIDE.split(page)
    # text, then what stays, then the name of its tag
    parts[::3] = [isolated(_LOOSE.sub(KEPT, part)) for part in parts[::3]]
    del parts[2::3]
    return "".join(parts)


def isolated(text: str) -> str:
    """Return text in which words written from right to left move nothing that stands beside them.

    Without it the number of a house after such a name is shown before it.

    Examples
    --------
    >>> found = isolated('<a title="זוהרה">זוהרה כהן</a>, 3 Mill Lane')
    >>> found.replace(ISOLATE, "[").replace(ISOLATED, "]")
    '<a title="זוהרה">[זוהרה כהן]</a>, 3 Mill Lane'
    """
    if direction(spoken()) == "rtl" or not _RIGHT.search(text):
        return text
    return _FROM_RIGHT.sub(rf"{ISOLATE}\g<0>{ISOLATED}", text)


def percent(value: float) -> str:
    """Return percent as the language in use writes them.

    Examples
    --------
    >>> percent(64.2)
    '64%'
    """
    return format_percent(round(value) / 100, locale=locale_tag())


def locale_tag() -> str:
    """Return the language in use as Babel knows it."""
    tag = spoken()
    return (ENGLISH if tag == PSEUDO else tag).replace("-", "_")
