"""Answers as they come from a form: tidied, checked, refused with the reason beside the question. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from core.model.errors import Malformed
from dashboard.language import _, marked
from dashboard.missing.form import POINT, Kind
from dashboard.missing.refusing import refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dashboard.missing.form import Field

OLDEST_YEARS = 125
_POINT = re.compile(
    r"(?P<lat>[-+]?\d{1,2}(?:\.\d+)?)°?\s*[,; ]\s*(?P<lon>[-+]?\d{1,3}(?:\.\d+)?)°?"
)
_MOST_LATITUDE, _MOST_LONGITUDE = 90.0, 180.0
_SPACE = re.compile(r"[^\S\n]+")


def check_answers(
    fields: Iterable[Field], given: Mapping[str, str], today: date
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the tidied answers that are not empty, and by name what is wrong with others.

    What is wrong is returned as it was typed too, so that nobody has to type it again.
    """
    answers: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        for name in field.names:
            text = tidy(given.get(name, ""))
            if not text:
                continue
            answers[name] = text
            try:
                answers[name] = checked(field, name, text, today)
            except Malformed as error:
                wrong[name] = complaint(error)
    return answers, wrong


def complaint(error: Malformed) -> str:
    """Return what is wrong with an answer as a sentence.

    Examples
    --------
    >>> complaint(Malformed("born", "a date")), complaint(Malformed("bank", "no card numbers"))
    ('This must be a date.', 'No card numbers.')
    """
    expected = _(error.words) % error.values if error.values else _(error.words)
    if error.words.startswith("no "):
        return f"{expected[0].upper()}{expected[1:]}."
    return _("This must be %(expected)s.") % {"expected": expected}


def checked(field: Field, name: str, text: str, today: date) -> str:
    """Return an answer that may be kept.

    Raises
    ------
    Malformed
        Naming the field and what would be right.
    """
    if len(text) > field.longest:
        longest = marked("at most %(n)s characters long; it has %(now)s")
        raise Malformed(name, longest, n=field.longest, now=len(text))
    if name.endswith(POINT) and field.kind is Kind.PLACE:
        latitude, longitude = point(text, name)
        return f"{latitude:.6g}, {longitude:.6g}"
    if field.kind is Kind.DATE:
        return _date(name, text, today).isoformat()
    reason = refused(text)
    if reason:
        raise Malformed(name, reason)
    return text


def point(text: str, name: str = "point") -> tuple[float, float]:
    """Return a point on the map in degrees.

    Raises
    ------
    Malformed
        If it is none.

    Examples
    --------
    >>> point("53.8008, -1.5491")
    (53.8008, -1.5491)
    """
    found = _POINT.fullmatch(text.strip())
    expected = marked("latitude and longitude, like 53.8008, -1.5491, or empty")
    if found is None:
        raise Malformed(name, expected)
    latitude, longitude = float(found["lat"]), float(found["lon"])
    if abs(latitude) > _MOST_LATITUDE or abs(longitude) > _MOST_LONGITUDE:
        raise Malformed(name, expected)
    return latitude, longitude


def tidy(text: str) -> str:
    """Return text without signs that nobody sees, and with plain ends of lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_plain(line) for line in lines).strip()


def _plain(line: str) -> str:
    seen = "".join(one for one in line if one.isprintable() or one.isspace())
    return _SPACE.sub(" ", seen).strip()


def age_on(born: str, today: date) -> int | None:
    """Return the age in years; None when the date of birth is not known.

    Examples
    --------
    >>> age_on("1944-02-29", date(2026, 2, 28)), age_on("", date(2026, 2, 28))
    (81, None)
    """
    try:
        day = date.fromisoformat(born)
    except ValueError:
        return None
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def _date(name: str, text: str, today: date) -> date:
    expected = marked("a date in the past, like 1944-02-29")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(name, expected) from error
    if not 0 <= today.year - day.year <= OLDEST_YEARS or day > today:
        raise Malformed(name, expected)
    return day
