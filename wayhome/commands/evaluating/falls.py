"""``wayhome evaluate falls``: knocks at the wrist, with each subject left out in turn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analytics.evaluation import falls as study
from analytics.evaluation.saving import plain
from analytics.evaluation.saving import save as keep
from wayhome.console import console, emit, progress


def falls(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Archives *.tar.xz of WEDA-FALL.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    save: Annotated[
        Path | None, typer.Option("--save", file_okay=False, help="Folder for the report.")
    ] = None,
) -> None:
    """Measure the rule and the model of a fall at the wrist on people that neither has seen.

    Simulated falls of young people, daily activities of young and older ones. Nothing of it is a rate of
    real falls found.
    """
    with progress(None, "subjects") as bar:
        report = study.evaluate(
            folder, lambda done, total: bar.update(bar.task_ids[0], completed=done, total=total)
        )
    if save is not None:
        keep(save, "falls", report)
    if json:
        emit(plain(report))
        return
    table = Table("what", "group", "falls", "sensitivity", "activities", "specificity")
    for name in ("rule", "rule_refitted", "model"):
        table.add_row(name, "all", *_cells(report[name]))
        for group in ("young", "older"):
            table.add_row(name, group, *_cells(report[group][name]))
    console.print(table)
    console.print(f"Area under the curve of the model: {report['model']['auc']:.3f}")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (str(row["falls"]), _share(row, "sensitivity"), *_rest(row))


def _rest(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["activities"]), _share(row, "specificity")


def _share(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return "-"
    low, high = row[f"{name}_interval"]
    return f"{row[name]:.3f} ({low:.3f}–{high:.3f})"
