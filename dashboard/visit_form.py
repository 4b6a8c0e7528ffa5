"""The form about a visit that is expected: what was typed, and what is wrong with it, by field. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

from core.model.errors import Malformed
from core.model.expected_visit import ExpectedVisit, VisitBy
from core.model.week import DAY_WORDS, DAYS, WeeklySpan
from dashboard.asking_again import AskAgain, chosen, said_wrong
from dashboard.language import marked
from dashboard.plan_form import read_time
from dashboard.visit_words import BY
from dashboard.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
Bounds = tuple[tuple[int, ...], date | None, date | None]
"""Days of the week, first day, last day."""

FURTHEST = timedelta(days=731)
"""Days of a visit are at most so far ahead: what is typed beyond that is a slip."""
LABELS: Mapping[str, str] = {
    "by": marked("Who comes"),
    "days": marked("On which days"),
    "once": marked("On one day only"),
    "start": marked("From"),
    "end": marked("Until"),
    "first": marked("First day"),
    "last": marked("Last day"),
}
"""What the fields are called on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedVisit:
    """What a form about a visit said, and what is wrong with it."""

    #: Numbered 0; None where something is wrong.
    visit: ExpectedVisit | None
    #: A sentence by the name of the field.
    mistakes: Mapping[str, str]


def read_visit(fields: Mapping[str, str], today: date) -> TypedVisit:
    """Read who comes and when.

    Parameters
    ----------
    fields
        ``by``; days of the week as ``day0`` (Monday) to ``day6`` or as ``days`` (``mon,tue``), or one day
        as ``once`` (``2026-12-04``); ``start`` and ``end`` (``08:00``); perhaps ``first`` and ``last``.
    today
        By the clock of the home.

    Examples
    --------
    >>> day = date(2026, 12, 1)
    >>> sent = {"by": "care", "days": "mon,fri", "start": "08:00", "end": "09:00"}
    >>> read_visit(sent, day).visit.span
    WeeklySpan(days=(0, 4), start=480, end=540)
    >>> dict(read_visit(sent | {"end": "14:00", "days": "moon"}, day).mistakes)
    {'days': 'On which days: expected days of the week, or one day only.'}
    >>> dict(read_visit(sent | {"end": "14:00"}, day).mistakes)
    {'end': 'Until: expected 10 minutes to 4 hours after the start.'}
    """
    wrong: dict[str, str] = {}
    by = _try(wrong, "by", lambda: chosen(BY, fields.get("by", ""), "by", LABELS["by"]))
    read_days = _one_day if fields.get("once", "").strip() else _every_week
    bounds = read_days(wrong, fields, today)
    start = _try(wrong, "start", lambda: read_time(fields, "start"))
    end = _try(wrong, "end", lambda: read_time(fields, "end"))
    if by is None or start is None or end is None or wrong:
        return TypedVisit(visit=None, mistakes=wrong)
    visit = _try(wrong, "end", lambda: _visit(by, start, end, bounds))
    return TypedVisit(visit=visit, mistakes=wrong)


def _one_day(wrong: dict[str, str], fields: Mapping[str, str], today: date) -> Bounds:
    """Return the one day on which a visit comes."""

    def read() -> date:
        if _chosen_days(fields) or any(fields.get(name, "").strip() for name in ("first", "last")):
            raise Malformed("once", marked("days of the week, or one day only"))
        return _day(fields["once"], today, today)

    day = _try(wrong, "once", read)
    return ((), None, None) if day is None else ((day.weekday(),), day, day)


def _every_week(wrong: dict[str, str], fields: Mapping[str, str], today: date) -> Bounds:
    """Return the days of the week on which a visit comes, and its first and last day."""

    def read() -> tuple[int, ...]:
        days = _chosen_days(fields)
        if not days:
            raise Malformed("days", marked("days of the week, or one day only"))
        return days

    days = _try(wrong, "days", read) or ()
    first = _try(wrong, "first", lambda: _perhaps(fields, "first", today - FURTHEST, today))
    last = _try(wrong, "last", lambda: _perhaps(fields, "last", today, today))
    if days and last is not None:
        begins = max(first or today, today)
        _try(wrong, "last", lambda: _check_comes(days, begins, last))
    return days, first, last


def _chosen_days(fields: Mapping[str, str]) -> tuple[int, ...]:
    """Return the days of the week; none where a word is no day."""
    words = [word.strip() for word in fields.get("days", "").lower().split(",") if word.strip()]
    if not set(words) <= set(DAY_WORDS):
        return ()
    named = {DAY_WORDS.index(word) for word in words}
    return tuple(day for day in range(DAYS) if day in named or fields.get(f"day{day}"))


def _perhaps(fields: Mapping[str, str], name: str, earliest: date, today: date) -> date | None:
    text = fields.get(name, "").strip()
    return _day(text, earliest, today) if text else None


def _day(text: str, earliest: date, today: date) -> date:
    """Return a day that was typed.

    Raises
    ------
    Malformed
        If it is none, before ``earliest``, or further ahead than `FURTHEST`.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise Malformed("day", marked("a day, such as 2026-12-04")) from error
    if day < earliest:
        raise Malformed("day", marked("a day that is still to come"))
    if day - today > FURTHEST:
        raise Malformed("day", marked("a day within two years"))
    return day


def _check_comes(days: tuple[int, ...], begins: date, last: date) -> None:
    if last < begins:
        raise Malformed("last", marked("no day before the first one"))
    ahead = min((last - begins).days + 1, DAYS)
    if not any((begins.weekday() + one) % DAYS in days for one in range(ahead)):
        raise Malformed("last", marked("a day by which a visit has come"))


def _visit(by: VisitBy, start: int, end: int, bounds: Bounds) -> ExpectedVisit:
    days, first, last = bounds
    span = WeeklySpan(days=days, start=start, end=end)
    try:
        return ExpectedVisit(visit_id=0, by=by, span=span, first=first, last=last)
    except Malformed as error:  # days are in order by now: it is how long it lasts
        words = marked("%(least)s minutes to %(most)s hours after the start")
        raise Malformed("end", words, **error.values) from error


def _try(wrong: dict[str, str], field: str, read: Callable[[], T]) -> T | None:
    """Return what is read, or note what is wrong with a field."""
    try:
        return read()
    except AskAgain as error:
        wrong[field] = error.words
    except Malformed as error:
        wrong[field] = sentence(said_wrong(Malformed(LABELS[field], error.words, **error.values)))
    return None
