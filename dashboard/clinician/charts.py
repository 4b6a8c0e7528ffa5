"""The charts of a review: each answers one question, and has its numbers as a table. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.clinician.measures import BY_KEY, said
from dashboard.clinician.numbers import Days, daily, profile, weeks
from dashboard.language import _, marked
from dashboard.spreadsheet import plain_cell

if TYPE_CHECKING:
    from dashboard.clinician.measures import Measure

Cell = str | float | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    #: UCUM unit; empty for a day or a name.
    unit: str = ""
    definition: str = ""
    measure: Measure | None = None
    #: True where the name is that of a room: nobody translates it.
    own: bool = False
    #: From which hour to which it goes, where that is its name.
    hours: tuple[int, int] | None = None

    @property
    def title(self) -> str:
        """Name and unit, as files say them."""
        return self._with_unit(self.name)

    @property
    def shown(self) -> str:
        """Name and unit in the language in use."""
        if self.hours is not None:
            words = {"first": f"{self.hours[0]:02}", "last": f"{self.hours[1]:02}"}
            return self._with_unit(_("%(first)s to %(last)s") % words)
        return self.title if self.own else self._with_unit(_(self.name))

    def _with_unit(self, name: str) -> str:
        return f"{name} ({self.unit})" if self.unit not in {"", "1"} else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The numbers of a chart."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def texts(self) -> list[list[str]]:
        """Return all cells as people read them."""
        return [
            [_text(column, cell) for column, cell in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One picture with its question."""

    key: str
    #: The question that it answers, as its title.
    title: str
    #: How to read it, one sentence.
    reading: str
    #: Measures that it is made of.
    measures: tuple[str, ...]
    table: Callable[[Days], Table]


def _text(column: Column, cell: Cell) -> str:
    if cell is None:
        return _("not known")
    if column.measure is not None and isinstance(cell, float):
        return said(column.measure, cell).removesuffix(f" {column.unit}")
    return f"{cell:.1f}".removesuffix(".0") if isinstance(cell, float) else str(cell)


def _column(key: str, name: str = "") -> Column:
    one = BY_KEY[key]
    return Column(
        name=name or one.name, unit=one.unit, definition=one.definition, measure=one, own=bool(name)
    )


DAY = Column(name=marked("Day"))


def _by_day(*keys: str) -> Callable[[Days], Table]:
    def table(days: Days) -> Table:
        values = [daily(days, key) for key in keys]
        rows = tuple(
            (day.isoformat(), *cells) for day, *cells in zip(days.dates, *values, strict=True)
        )
        return Table(columns=(DAY, *(_column(key) for key in keys)), rows=rows)

    return table


def _actogram(days: Days) -> Table:
    seen = days.seen().reshape(-1, 8, 12).sum(axis=2).tolist()
    active = days.active().reshape(-1, 8, 12).sum(axis=2).tolist()
    parts = [
        Column(name=f"{h:02} to {h + 3:02}", unit="min", hours=(h, h + 3)) for h in range(0, 24, 3)
    ]
    columns = (DAY, *parts, _column("unseen"))
    rows = tuple(
        (
            day.isoformat(),
            *(int(moved) if known else None for moved, known in zip(of, could, strict=True)),
            max(0.0, 1440 - sum(could)),
        )
        for day, of, could in zip(days.dates, active, seen, strict=True)
    )
    return Table(columns=columns, rows=rows)


def quarters(days: Days) -> Table:
    """Return every quarter hour of the actogram."""
    columns = (
        DAY,
        Column(name=marked("From")),
        Column(name=marked("Movement"), unit="min", definition=BY_KEY["active"].definition),
        Column(
            name=marked("Seen"),
            unit="min",
            definition=marked("Minutes of the quarter hour that could be seen."),
        ),
    )
    seen, active = days.seen(), days.active()
    rows = tuple(
        (day.isoformat(), f"{q // 4:02}:{q % 4 * 15:02}",
         int(active[n, q]) if seen[n, q] else None, int(seen[n, q]))
        for n, day in enumerate(days.dates)
        for q in range(96)
    )  # fmt: skip
    return Table(columns=columns, rows=rows)


def _profile(days: Days) -> Table:
    unit = BY_KEY["profile"].unit
    names = (
        marked("Last 7 days, median"),
        marked("Before, 10%"),
        marked("Before, median"),
        marked("Before, 90%"),
    )
    columns = (
        Column(name=marked("Hour from")),
        *(Column(name=name, unit=unit, definition=BY_KEY["profile"].definition) for name in names),
        Column(name=marked("Days before"), unit="1"),
    )
    return Table(
        columns=columns,
        rows=tuple((f"{hour:02}:00", *row) for hour, row in enumerate(profile(days))),
    )


def _rooms(days: Days) -> Table:
    rooms = days.rooms()
    seen = days.seen().sum(axis=1)
    minutes = {room: days.of_room(room).sum(axis=1) for room in rooms}
    there = [one.rooms if one else {} for one in days.counts]
    moves = daily(days, "moves")
    rows = tuple(
        (
            day.isoformat(),
            # a room that had no sensor yet is no quiet room
            *(float(minutes[room][n]) if seen[n] and room in there[n] else None for room in rooms),
            moves[n],
        )
        for n, day in enumerate(days.dates)
    )
    return Table(
        columns=(DAY, *(_column("room", room) for room in rooms), _column("moves")), rows=rows
    )


def _rhythm(days: Days) -> Table:
    keys = ("is", "iv", "ra", "l5", "l5_at", "m10")
    columns = (
        Column(name=marked("Seven days to")),
        *map(_column, keys),
        Column(name=marked("Valid days"), unit="1"),
    )
    rows = tuple(
        (week.last.isoformat(), *(week.values[key] for key in keys), week.valid_days)
        for week in weeks(days)
    )
    return Table(columns=columns, rows=rows)


CHARTS = {
    one.key: one
    for one in (
        Chart(
            key="actogram", title=marked("Is the night shifting?"),
            reading=marked(
                "Two days a row, midnight in the middle; the second day of a row is the first of the"
            " next. Darker is more movement, the darkest what is reached in one of twenty quarter hours with"
            " movement. Hatched was not seen: it is no quiet time."),
            measures=("active", "unseen"), table=_actogram,
        ),
        Chart(
            key="profile", title=marked("Are the days as they were before?"),
            reading=marked(
                "The line is the last seven days. The band is what was usual for this person before."),
            measures=("profile",), table=_profile,
        ),
        Chart(
            key="nights", title=marked("How are the nights?"),
            reading=marked("A bar goes from to bed to up; a dot is one time out of bed a night, above it how"
            " often. Times in bed, not sleep."),
            measures=("to_bed", "up", "in_bed", "exits", "absence", "night_active"),
            table=_by_day("to_bed", "up", "in_bed", "exits", "absence", "night_active", "unseen"),
        ),
        Chart(
            key="rooms", title=marked("Where is the day spent?"),
            reading=marked("Minutes with movement in each room, a column a day."),
            measures=("room", "moves"), table=_rooms,
        ),
        Chart(
            key="mobility", title=marked("Is moving about the home getting slower?"),
            reading=marked(
                "A dot is a day, the thick line the median of the seven days to it. Higher is slower."),
            measures=("pace", "ways"), table=_by_day("pace", "ways", "unseen"),
        ),
        Chart(
            key="outings", title=marked("Does the person still go out?"),
            reading=marked("Minutes out a day, and the usual band of the days before the last seven."),
            measures=("outings", "out"), table=_by_day("outings", "out", "unseen"),
        ),
        Chart(
            key="use", title=marked("Are bathroom and kitchen used as before?"),
            reading=marked("Visits a day, each with its usual band."),
            measures=("bathroom_day", "bathroom_night", "kitchen", "first_kitchen"),
            table=_by_day("bathroom_day", "bathroom_night", "kitchen", "first_kitchen", "unseen"),
        ),
        Chart(
            key="rhythm", title=marked("Is the rhythm of day and night changing?"),
            reading=marked("A point is seven days. The band is what was usual in the weeks before the last."),
            measures=("is", "iv", "ra", "l5", "l5_at", "m10"), table=_rhythm,
        ),
    )
}  # fmt: skip


def as_json(chart: Chart, table: Table, facts: dict[str, Any]) -> dict[str, Any]:
    """Return numbers with units and definitions."""
    return facts | {
        "chart": chart.key,
        "title": chart.title,
        "columns": [
            {"name": one.name, "unit": one.unit, "definition": one.definition}
            for one in table.columns
        ],
        "measures": [
            {"name": one.name, "unit": one.unit, "definition": one.definition,
             "formula": one.formula, "source": one.source}
            for one in (BY_KEY[key] for key in chart.measures)
        ],
        "rows": table.rows,
    }  # fmt: skip


def as_csv(table: Table) -> str:
    """Return numbers for a spreadsheet; what is not known is empty."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow([one.title for one in table.columns])
    lines.writerows(
        [plain_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows
    )
    return text.getvalue()
