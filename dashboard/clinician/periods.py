"""Which two periods are compared: presets, around something that is marked, or by dates. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.model.errors import Malformed
from dashboard.clinician.annotating import EARLIEST, day_in
from dashboard.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.model.annotation import Annotation

FOUR_WEEKS = timedelta(days=28)
DAY = timedelta(days=1)
LONGEST = timedelta(days=366)
FIELDS = ("first_from", "first_to", "second_from", "second_to")
WEEKS = "weeks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span of days, both ends in it."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


Two = tuple[Period, Period]


def last_weeks(last: date) -> Two:
    """Return the four weeks before the last four, and the last four.

    Examples
    --------
    >>> first, second = last_weeks(date(2026, 3, 1))
    >>> first.last.isoformat(), second.first.isoformat(), first.length, second.length
    ('2026-02-01', '2026-02-02', 28, 28)
    """
    middle = last - FOUR_WEEKS
    return (
        Period(first=middle - FOUR_WEEKS + DAY, last=middle),
        Period(first=middle + DAY, last=last),
    )


def around(one: Annotation, last: date) -> Two:
    """Return four weeks before something that is marked, and up to four weeks after it.

    Raises
    ------
    Malformed
        If no day after it was counted yet.
    """
    begin, end = one.marking.first_day, one.marking.last_day
    if end >= last:
        raise Malformed("around", _("something with days after it: none was counted yet"))
    return (
        Period(first=begin - FOUR_WEEKS, last=begin - DAY),
        Period(first=end + DAY, last=min(last, end + FOUR_WEEKS)),
    )


def two_in(form: Mapping[str, str], annotations: Sequence[Annotation], last: date) -> Two:
    """Read which two periods somebody wants to compare.

    Parameters
    ----------
    last
        The last day that may be counted.

    Raises
    ------
    Malformed
        Naming the field and what was expected.
    """
    wanted = form.get("around", "")
    if wanted and wanted != WEEKS:
        found = [one for one in annotations if str(one.number) == wanted]
        if not found:
            raise Malformed("around", _("something that is marked: one of the list"))
        return around(found[0], last)
    if wanted or not any(form.get(field) for field in FIELDS):
        return last_weeks(last)
    first = _period(form, "first", last)
    second = _period(form, "second", last)
    if first.first <= second.last and second.first <= first.last:
        raise Malformed("second_from", _("days that are not in the first period as well"))
    return first, second


def _period(form: Mapping[str, str], side: str, last: date) -> Period:
    begin = day_in(form, f"{side}_from", EARLIEST, last)
    end = day_in(form, f"{side}_to", begin, min(last, begin + LONGEST - DAY))
    return Period(first=begin, last=end)


def query_of(two: Two) -> str:
    """Return the periods as a query.

    Examples
    --------
    >>> query_of(last_weeks(date(2026, 3, 1)))[:38]
    'first_from=2026-01-05&first_to=2026-02'
    """
    days = (two[0].first, two[0].last, two[1].first, two[1].last)
    return "&".join(f"{field}={day.isoformat()}" for field, day in zip(FIELDS, days, strict=True))
