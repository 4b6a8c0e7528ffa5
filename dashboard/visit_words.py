"""What is said of visits that are expected. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.expected_visit import VisitBy
from dashboard.language import _, marked
from dashboard.plan_words import WEEK, clock
from dashboard.wording import WEEKDAYS, calendar_day, names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from core.model.expected_visit import ExpectedVisit

BY: Mapping[VisitBy, str] = {
    VisitBy.CARE: marked("Home care"),
    VisitBy.NURSE: marked("A nurse"),
    VisitBy.FAMILY: marked("Family or friends"),
    VisitBy.OTHER: marked("Somebody else: who cleans, repairs, or brings something"),
}
WHO: Mapping[VisitBy, str] = {
    VisitBy.CARE: marked("home care"),
    VisitBy.NURSE: marked("a nurse"),
    VisitBy.FAMILY: marked("family or friends"),
    VisitBy.OTHER: marked("somebody else"),
}
"""The same within a sentence."""
OTHERWISE = marked("That could not be done: it stands otherwise by now. This is how it stands.")


def said(visit: ExpectedVisit, today: date) -> str:
    """Return a visit in plain words.

    Parameters
    ----------
    today
        By the clock of the home: its year is not said, and no beginning that has passed.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from datetime import date
    >>> from core.model.expected_visit import ExpectedVisit, VisitBy
    >>> from core.model.week import WeeklySpan
    >>> today, days = date(2026, 1, 15), WeeklySpan(days=(0, 1, 2, 3, 4), start=480, end=540)
    >>> visit = ExpectedVisit(visit_id=1, by=VisitBy.CARE, span=days, last=date(2027, 1, 8))
    >>> said(visit, today)
    'Monday to Friday, 08:00 to 09:00, until 8 January 2027, home care'
    >>> said(replace(visit, first=date(2026, 1, 19), last=None), today)
    'Monday to Friday, 08:00 to 09:00, from 19 January, home care'
    >>> night = WeeklySpan(days=(4,), start=1410, end=30)
    >>> once = ExpectedVisit(visit_id=1, by=VisitBy.FAMILY, span=night, first=today, last=today)
    >>> said(once, today)
    'Thursday 15 January, 23:30 to 00:30 the next day, family or friends'
    """
    return _("%(when)s, %(who)s") % {"when": _when(visit, today), "who": _(WHO[visit.by])}


def _when(visit: ExpectedVisit, today: date) -> str:
    span, first = visit.span, visit.first
    over_night = span.end <= span.start and span.end > 0
    values = {
        "days": _day(first, today) if first and visit.once else _days(span.days),
        "start": clock(span.start),
        "end": clock(span.end) if span.end else "24:00",
    }
    text = (
        _("%(days)s, %(start)s to %(end)s the next day") % values
        if over_night
        else _("%(days)s, %(start)s to %(end)s") % values
    )
    if visit.once:
        return text
    if first is not None and first > today:
        text = _("%(when)s, from %(day)s") % {"when": text, "day": calendar_day(first, today)}
    if visit.last is not None:
        text = _("%(when)s, until %(day)s") % {"when": text, "day": calendar_day(visit.last, today)}
    return text


def _day(day: date, today: date) -> str:
    values = {"weekday": _(WEEKDAYS[day.weekday()]), "date": calendar_day(day, today)}
    return _("%(weekday)s %(date)s") % values


def _days(chosen: Sequence[int]) -> str:
    if len(chosen) == WEEK:
        return _("Every day")
    named = [_(WEEKDAYS[day]) for day in chosen]
    if len(chosen) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:  # noqa: PLR2004
        return _("%(first)s to %(last)s") % {"first": named[0], "last": named[-1]}
    return names(named)
