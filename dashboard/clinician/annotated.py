"""Days with what is marked in them: which count, and the marks beside every number. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from core.model.annotation import left_out
from dashboard import language
from dashboard.clinician.annotating import marking_words, on_days
from dashboard.clinician.charts import DAY, Column, Table
from dashboard.clinician.numbers import Days

if TYPE_CHECKING:
    from core.model.annotation import Annotation
    from dashboard.clinician.charts import Chart

BY_COUNTED = frozenset({"profile", "rhythm"})
"""Charts whose rows are no days: they are made of the days that count only."""
MARKED = Column(
    name=language.marked("Marked"),
    definition=language.marked(
        "What people marked on these days. Days that are left out have their own numbers here, and"
        " count in no average, median, band or rhythm."
    ),
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedDays:
    """Days and what is marked in them."""

    days: Days
    #: In the order of their first day.
    annotations: tuple[Annotation, ...] = ()

    @property
    def left_out(self) -> frozenset[date]:
        """Days that count in no average."""
        dates = self.days.dates
        return left_out(self.annotations, dates[0], dates[-1])

    @property
    def counted(self) -> Days:
        """The same days; those left out stand there as not counted."""
        out = self.left_out
        if not out:
            return self.days
        counts = tuple(
            None if day in out else one
            for day, one in zip(self.days.dates, self.days.counts, strict=True)
        )
        return Days(first=self.days.first, zone=self.days.zone, counts=counts)

    def lettered(self) -> tuple[tuple[str, Annotation], ...]:
        """Return each annotation with the letter by which pictures name it."""
        return tuple((letter_of(n), one) for n, one in enumerate(self.annotations))


def letter_of(n: int) -> str:
    """Return the letter of an annotation.

    Examples
    --------
    >>> letter_of(0), letter_of(25), letter_of(26)
    ('A', 'Z', 'A2')
    """
    again, place = divmod(n, len(_LETTERS))
    return _LETTERS[place] + (str(again + 1) if again else "")


def table_of(chart: Chart, found: MarkedDays) -> Table:
    """Return the numbers of a chart with a column that says what is marked."""
    days = found.counted if chart.key in BY_COUNTED else found.days
    return marked(chart.table(days), found)


def marked(table: Table, found: MarkedDays) -> Table:
    """Add the column that says what is marked on each row's days."""
    dates = found.days.dates
    rows = []
    for row in table.rows:
        first, last = dates[0], dates[-1]
        if table.columns[0] == DAY:
            first = last = date.fromisoformat(str(row[0]))
        elif table.columns[0].name == "Seven days to":
            last = date.fromisoformat(str(row[0]))
            first = last - timedelta(days=6)
        rows.append((*row, on_days(found.annotations, first, last)))
    return Table(columns=(*table.columns, MARKED), rows=tuple(rows))


def facts_of(found: MarkedDays) -> dict[str, Any]:
    """Return what is marked, for the numbers as JSON."""
    return {
        "annotations": [
            {
                "number": one.number,
                "version": one.version,
                "kind": one.marking.kind.value,
                "first_day": one.marking.first_day.isoformat(),
                "last_day": one.marking.last_day.isoformat(),
                "left_out": one.marking.excludes,
                "note": one.marking.note,
                "author": one.author,
                "at": one.at.isoformat(),
            }
            for one in found.annotations
        ],
        "left_out_days": sorted(day.isoformat() for day in found.left_out),
    }


def line_of(one: Annotation) -> str:
    """Say one annotation in a line."""
    return marking_words(one.marking)
