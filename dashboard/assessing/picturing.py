"""The pictures of a report, each with words for who does not see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.clinician.charts import CHARTS
from dashboard.clinician.drawing import draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.clinician.annotated import MarkedDays
    from dashboard.clinician.marks import Mark

FIRST_OF = {
    "nights": ("to_bed", "exits"),
    "outings": ("outings", "out"),
    "use": ("bathroom_day", "bathroom_night", "kitchen"),
    "rooms": ("moves",),
    "mobility": ("pace",),
    "rhythm": ("is", "iv", "ra"),
}
"""A chart is left out where none of these is known."""
WIDE = {"actogram": 0.92, "use": 0.8, "rhythm": 0.85}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture."""

    title: str
    reading: str
    alt: str
    svg: bytes
    #: Share of the width of the page.
    wide: float


def pictures(
    told: dict[str, Any], found: MarkedDays | None, marks: Sequence[Mark]
) -> tuple[Picture, ...]:
    """Draw what is known."""
    if found is None:
        return ()
    rows = {one["key"]: one for one in told["measures"]}
    return tuple(
        Picture(
            title=chart.title,
            reading=chart.reading,
            alt=_alt(
                chart.title, [rows[key] for key in FIRST_OF.get(key_of, ()) if key in rows], told
            ),
            svg=draw(chart, found, marks if key_of == "actogram" else []),
            wide=WIDE.get(key_of, 0.88),
        )
        for key_of, chart in CHARTS.items()
        if key_of not in FIRST_OF or any(key in rows for key in FIRST_OF[key_of])
    )


def _alt(title: str, rows: list[dict[str, Any]], told: dict[str, Any]) -> str:
    span = told["assessment"]["span"]
    numbers = "; ".join(
        f"{one['name']}: median {one['median_text']}, from {one['lowest_text']} to {one['highest_text']}"
        for one in rows
    )
    text = f"{title} A picture of the days {span}."
    return f"{text} {numbers}." if numbers else f"{text} The numbers stand in the tables."
