"""Searches by date as FHIR defines them: a value with a prefix is a span, rows are moments or spans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTest:
    """One condition: ``prefix`` and the span ``[low, high)`` that the value names."""

    prefix: str
    #: With a zone, or without one where the value names none: it is then meant in the zone of the home.
    low: datetime
    high: datetime

    @property
    def local(self) -> bool:
        """True where the value names no zone."""
        return self.low.tzinfo is None


_SPAN: dict[str, LiteralString] = {
    "eq": "({start} >= {low} and {end} <= {high})",
    "ne": "not ({start} >= {low} and {end} <= {high})",
    "gt": "{end} > {high}",
    "lt": "{start} < {low}",
    "ge": "({end} > {high} or {start} >= {low})",
    "le": "({start} < {low} or {end} <= {high})",
    "sa": "{start} >= {high}",
    "eb": "{end} <= {low}",
}
_MOMENT: dict[str, LiteralString] = {
    "eq": "({start} >= {low} and {start} < {high})",
    "ne": "not ({start} >= {low} and {start} < {high})",
    "gt": "{start} >= {high}",
    "lt": "{start} < {low}",
    "ge": "{start} >= {low}",
    "le": "{start} < {high}",
    "sa": "{start} >= {high}",
    "eb": "{start} < {low}",
}
PREFIXES = frozenset(_SPAN)


def conditions(
    name: LiteralString,
    tests: Sequence[DateTest],
    absolute: tuple[LiteralString, ...],
    local: tuple[LiteralString, ...],
) -> tuple[LiteralString, dict[str, object]]:
    """Return further conditions of a query and the values they need.

    Parameters
    ----------
    name
        What the names of the values begin with.
    absolute, local
        Expressions of a moment, or of first and last moment: in absolute time, and on the clock of the home.

    Examples
    --------
    >>> test = DateTest(prefix="ge", low=datetime(2026, 1, 1), high=datetime(2026, 1, 2))
    >>> conditions("d", [test], ("at",), ("local_at",))[0]
    ' and local_at >= %(d0_low)s'
    """
    text: LiteralString = ""
    values: dict[str, object] = {}
    for number, test in enumerate(tests):
        columns = local if test.local else absolute
        form = (_MOMENT if len(columns) == 1 else _SPAN)[test.prefix]
        low, high = f"{name}{number}_low", f"{name}{number}_high"
        text += " and " + form.format(
            start=columns[0], end=columns[-1], low=f"%({low})s", high=f"%({high})s"
        )
        values |= {low: test.low, high: test.high}
    return text, values
