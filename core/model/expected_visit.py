"""Visits that are expected: who comes to a home, on which days, between what times of its clock. Pure.

A carer on a round, a nurse, the family on Sundays. While somebody else is there, walking, restless nights and
doors are not the resident's alone (detection.md §7); no sensor of a room tells a guest from her
(docs/decisions/0117), so what is told in advance is what detection goes by, and only once the door has opened
in that time and somebody has moved inside (docs/decisions/0309).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.model.errors import Malformed
from core.model.week import WeeklySpan
from core.model.words import marked

SHORTEST_MIN, LONGEST_MIN = 10, 240
"""Minutes between when somebody comes and goes: what is longer hides too much, and is said in parts."""
MOST = 24
"""Visits of one home: four a day, told apart by weekends, and as many more."""


class VisitBy(StrEnum):
    """Who comes."""

    CARE = "care"
    """Home care on its round."""
    NURSE = "nurse"
    FAMILY = "family"
    """Family or friends."""
    OTHER = "other"
    """Somebody who cleans, repairs, brings something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedVisit:
    """A visit that comes back every week, or comes once.

    Raises
    ------
    Malformed
        If it is shorter or longer than a visit may be, or ends before its first day.

    Examples
    --------
    >>> morning = WeeklySpan(days=(0, 1, 2, 3, 4), start=8 * 60, end=9 * 60)
    >>> ExpectedVisit(visit_id=1, by=VisitBy.CARE, span=morning).once
    False
    >>> ExpectedVisit(
    ...     visit_id=1, by=VisitBy.CARE, span=WeeklySpan(days=(0,), start=480, end=960)
    ... )
    Traceback (most recent call last):
    core.model.errors.Malformed: how long: expected 10 minutes to 4 hours
    """

    visit_id: int
    by: VisitBy
    #: Between these times of the home's clock somebody comes and goes.
    span: WeeklySpan
    #: The first and the last day on which it begins; None for no such bound.
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        """Refuse what is no visit."""
        if not SHORTEST_MIN <= self.span.minutes <= LONGEST_MIN:
            expected = marked("%(least)s minutes to %(most)s hours")
            hours = LONGEST_MIN // 60
            raise Malformed(marked("how long"), expected, least=SHORTEST_MIN, most=hours)
        if self.first and self.last and self.last < self.first:
            raise Malformed(marked("last day"), marked("no day before the first one"))

    @property
    def once(self) -> bool:
        """Whether it comes on one day only."""
        return self.first is not None and self.first == self.last
