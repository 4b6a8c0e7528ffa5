"""Days in words of the language in use. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.language import _, marked, ngettext
from dashboard.wording import MONTHS

if TYPE_CHECKING:
    from datetime import date

SHORT_MONTHS = (
    marked("Jan"),
    marked("Feb"),
    marked("Mar"),
    marked("Apr"),
    marked("May"),
    marked("Jun"),
    marked("Jul"),
    marked("Aug"),
    marked("Sep"),
    marked("Oct"),
    marked("Nov"),
    marked("Dec"),
)


def day_words(day: date) -> str:
    """Say a day and its month.

    Examples
    --------
    >>> from datetime import date
    >>> day_words(date(2026, 1, 5))
    '5 January'
    """
    return f"{day.day} {_(MONTHS[day.month - 1])}"


def short_words(day: date) -> str:
    """Say a day where there is little room.

    Examples
    --------
    >>> from datetime import date
    >>> short_words(date(2026, 1, 5))
    '5 Jan'
    """
    return f"{day.day} {_(SHORT_MONTHS[day.month - 1])}"


def date_words(day: date) -> str:
    """Say a day with its year.

    Examples
    --------
    >>> from datetime import date
    >>> date_words(date(2026, 1, 5))
    '5 January 2026'
    """
    return f"{day_words(day)} {day.year}"


def span_words(first: date, last: date) -> str:
    """Say a span of days.

    Examples
    --------
    >>> from datetime import date
    >>> span_words(date(2026, 1, 5), date(2026, 1, 5)), span_words(date(2026, 1, 5), date(2026, 1, 7))
    ('5 January 2026', '5 to 7 January 2026')
    >>> span_words(date(2026, 1, 30), date(2026, 2, 2))
    '30 January to 2 February 2026'
    """
    if first == last:
        return date_words(first)
    begun = date_words(first)
    if first.year == last.year:
        begun = f"{first.day}" if first.month == last.month else day_words(first)
    return _("%(first)s to %(last)s") % {"first": begun, "last": date_words(last)}


def days_words(number: int) -> str:
    """Say a number of days.

    Examples
    --------
    >>> days_words(1), days_words(3)
    ('1 day', '3 days')
    """
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": number}


def weeks_words(number: int) -> str:
    """Say a number of weeks.

    Examples
    --------
    >>> weeks_words(1), weeks_words(3)
    ('1 week', '3 weeks')
    """
    return ngettext("%(n)s week", "%(n)s weeks", number) % {"n": number}
