"""The numbers of two periods as JSON and as a table. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.clinician.annotated import facts_of
from dashboard.clinician.charts import Cell, Column, Table
from dashboard.clinician.comparing import RULE, RULE_SOURCE, said_difference
from dashboard.clinician.measures import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.clinician.annotated import MarkedDays
    from dashboard.clinician.comparing import Pair, Side

_SIDE = (
    ("median", "The value of the middle day."),
    ("mean", "Sum of the values over their number."),
    ("middle half from", "25th percentile: the spread goes from here"),
    ("middle half to", "75th percentile: to here."),
    ("days that count", "Days, or weeks, with a known value that are not left out."),
    ("days missing", "Days, or weeks, of which the value is not known."),
    ("days left out", "Days that somebody marked to be left out."),
)


def period_of(found: MarkedDays) -> dict[str, Any]:
    """Return a period and what is marked in it."""
    dates = found.days.dates
    return {
        "first_day": dates[0].isoformat(),
        "last_day": dates[-1].isoformat(),
        "days": len(dates),
    } | facts_of(found)


def numbers_of(one: Pair) -> dict[str, Any]:
    """Return one measure of both periods, each number also as people read it."""
    median, mean = one.differences
    usual = one.usual
    return {
        "key": one.measure.key,
        "name": one.name,
        "unit": one.measure.unit,
        "value_of": "week" if one.weekly else "day",
        "definition": one.measure.definition,
        "formula": one.measure.formula,
        "source": one.measure.source,
        "first": _side(one, one.first),
        "second": _side(one, one.second),
        "difference": {
            "median": median,
            "mean": mean,
            "median_text": said_difference(one.measure, median),
            "mean_text": said_difference(one.measure, mean),
        },
        "usual": list(usual) if usual else None,
        "usual_text": [said(one.measure, value) for value in usual] if usual else None,
        "verdict": one.verdict.value,
        "verdict_text": one.verdict_words,
    }


def as_json(first: MarkedDays, second: MarkedDays, found: Sequence[Pair]) -> dict[str, Any]:
    """Return all numbers with units, definitions, rule and source."""
    return {
        "first": period_of(first),
        "second": period_of(second),
        "rule": RULE,
        "rule_source": RULE_SOURCE,
        "rows": [numbers_of(one) for one in found],
    }


def as_table(found: Sequence[Pair]) -> Table:
    """Return the same numbers for a spreadsheet."""
    sides = [
        Column(name=f"{side}: {name}", definition=definition)
        for side in ("First", "Second")
        for name, definition in _SIDE
    ]
    columns = (
        Column(name="Measure"),
        Column(name="Unit"),
        Column(name="Value of a"),
        *sides,
        Column(name="Difference of medians"),
        Column(name="Difference of means"),
        Column(name="Usual from"),
        Column(name="Usual to"),
        Column(name="Second against usual", definition=RULE),
    )
    return Table(columns=columns, rows=tuple(_row(one) for one in found))


def _side(one: Pair, side: Side) -> dict[str, Any]:
    low, high = side.quartiles
    values = {"median": side.median, "mean": side.mean, "from": low, "to": high}
    return (
        values
        | {f"{key}_text": said(one.measure, value) for key, value in values.items()}
        | {"counted": side.counted, "missing": side.missing, "left_out": side.left_out}
    )


def _row(one: Pair) -> tuple[Cell, ...]:
    cells: list[Cell] = [one.name, one.measure.unit, "week" if one.weekly else "day"]
    for side in (one.first, one.second):
        cells += [side.median, side.mean, *side.quartiles]
        cells += [side.counted, side.missing, side.left_out]
    return (*cells, *one.differences, *(one.usual or (None, None)), one.verdict_words)
