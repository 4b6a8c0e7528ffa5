"""``wayhome evaluate stillness``: what telling stillness earlier costs, in simulated homes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analytics.evaluation import simulated as studies
from analytics.evaluation import trade_off
from analytics.evaluation.saving import save as keep
from wayhome.console import console, emit, progress


def stillness(
    homes: Annotated[int, typer.Option(min=1, help="Simulated homes.")] = 40,
    days: Annotated[int, typer.Option(min=16, help="Days of each.")] = 60,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the first home; 0-999 tune, 10000 and above test.")
    ] = 0,
    silences: Annotated[int, typer.Option(min=0, help="Silences put into each home.")] = 24,
    save: Annotated[
        Path | None, typer.Option("--save", file_okay=False, help="Folder for the report.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Try other prices of a false alarm and fixed limits: false alarms against lies and delays.

    Only what speaks of stillness watches; nothing of the first 14 days counts.
    """
    asked = trade_off.study(homes, days, seed, silences)
    asked.check()
    with progress(homes, "Watching simulated homes") as bar:
        watched = list(studies.homes(asked, lambda: bar.advance(bar.task_ids[0])))
    report = trade_off.report(asked, watched)
    if save is not None:
        keep(save, "stillness", report)
    if json:
        emit(report)
        return
    console.print(_table(report))


def _table(report: dict[str, Any]) -> Table:
    table = Table(
        "rule",
        "false a week",
        "day, mean h",
        "p90 h",
        "night, mean h",
        "lies of 1 h, in 1 h",
        "of 3 h, in 3 h",
        title=f"Stillness in {report['homes']} simulated homes, {report['resident_weeks']:.0f} weeks",
    )
    for name, row in _rows(report):
        delay = row["delay_h"]
        shares = (row[key]["share"] for key in ("lies_1_h", "lies_3_h"))
        numbers = (delay[key] for key in ("day_mean", "day_p90", "night_mean"))
        table.add_row(
            name,
            f"{row['false_per_week']:.2f}",
            *("-" if one is None else f"{one:.2f}" for one in (*numbers, *shares)),
        )
    return table


def _rows(report: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Wayhome, all of stillness", report["shipped"]
    for row in report["curve"]:
        chosen = ", chosen" if row["chosen"] else ""
        yield f"No movement at {row['price_h']} h a weekly alarm{chosen}", row
    for row in report["fixed"]:
        yield f"fixed {row['hours']:g} h", row
