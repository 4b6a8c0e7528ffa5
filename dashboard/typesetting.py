"""Numbers stay with their units: a page breaks no line between the two (docs/decisions/0240). Pure.

What is stored and sent keeps plain spaces: a no-break space makes a text message cost two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from babel.numbers import format_percent

from dashboard.language import ENGLISH, PSEUDO, spoken

if TYPE_CHECKING:
    from re import Match

KEPT = "\N{NO-BREAK SPACE}"
UNITS = (
    *("%", "‰", "°C", "°", "min", "min/h", "h", "s", "ms", "km", "m", "cm", "mm"),
    *("B", "kB", "MB", "GB", "V", "W", "lx", "dB", "dBm", "hPa"),
)
_LOOSE = re.compile(
    # what is code, typed or not shown stays as it is, and so does what stands in a tag
    r"<(?P<whole>script|style|textarea|code|pre)\b.*?</(?P=whole)>|<[^>]*>"
    r"|(?<=\d) (?=(?:" + "|".join(map(re.escape, UNITS)) + r")(?![\w/]))",
    re.DOTALL,
)


def kept_together(page: str) -> str:
    """Return a page in which no number is parted from its unit.

    Examples
    --------
    >>> kept_together('<p title="5 m">12 min ago, 64 %, 7 min/h, 3 men</p>').replace(KEPT, "~")
    '<p title="5 m">12~min ago, 64~%, 7~min/h, 3 men</p>'
    >>> kept_together("<textarea>waited 5 min</textarea>")
    '<textarea>waited 5 min</textarea>'
    """
    return _LOOSE.sub(_kept, page)


def _kept(found: Match[str]) -> str:
    return KEPT if found.group() == " " else found.group()


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
