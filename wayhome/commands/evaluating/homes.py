"""``wayhome evaluate homes``: where people are, beside what they wrote down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analytics.evaluation import homes as study
from analytics.evaluation.saving import save as keep
from wayhome.console import console, emit


def homes(
    folder: Annotated[
        Path,
        typer.Argument(
            exists=True, file_okay=False, help="HOME/sensors.csv, events.csv and labels.csv."
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    save: Annotated[
        Path | None, typer.Option("--save", file_okay=False, help="Folder for the report.")
    ] = None,
) -> None:
    """Compare who is out, nights in bed and the toilet at night with labelled days.

    Any homes of the layout: kinds and rooms come from sensors.csv. Rows that can not be true are skipped and
    counted, with their first lines; so is a home that can not be read. No run fits anything.
    """
    report = study.evaluate(folder)
    if save is not None:
        keep(save, "homes", report)
    if json:
        emit(report)
        return
    console.print(_table(report))
    for line in _left_out(report):
        console.print(line, markup=False)


def _left_out(report: dict[str, Any]) -> Iterator[str]:
    """Say what was not read, skipped or not scored."""
    for home, reason in report["unread"].items():
        yield f"{home}: not read: {reason}"
    for home, skipped in report["skipped"].items():
        for what, count in skipped.items():
            lines = report["skipped_where"][home].get(what)
            yield f"{home}: skipped, {what}: {count}" + (f" ({lines})" if lines else "")
    for part in ("away", "nights", "toilet_at_night"):
        for home, row in report[part].items():
            if row["reason"]:
                yield f"{home}, {part}: not scored: {row['reason']}"


def _table(report: dict[str, Any]) -> Table:
    table = Table(
        "home",
        "away: sens.",
        "spec.",
        "night: start, min",
        "end, min",
        "toilet: recall",
        "precision",
    )
    for home, away in report["away"].items():
        night, toilet = report["nights"][home], report["toilet_at_night"][home]
        table.add_row(
            home,
            *(_text(away, key) for key in ("sensitivity", "specificity")),
            *(_text(night, key) for key in ("start_error_min", "end_error_min")),
            *(_text(toilet, key) for key in ("recall", "precision")),
        )
    return table


def _text(row: dict[str, Any], key: str) -> str:
    if row[key] is None:
        return "-"
    return f"{row[key]:.3g}" if row["scored"] else f"({row[key]:.3g})"
