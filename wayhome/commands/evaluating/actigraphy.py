"""``wayhome evaluate actigraphy``: the circadian metrics beside those of pyActigraphy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analytics.evaluation import actigraphy as study
from analytics.evaluation.saving import save as keep
from wayhome.console import console, emit, progress


def actigraphy(
    folder: Annotated[
        Path,
        typer.Argument(
            exists=True, file_okay=False, help="Recordings and reference_metrics_*.json."
        ),
    ],
    save: Annotated[
        Path | None, typer.Option("--save", file_okay=False, help="Folder for the report.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compute the circadian metrics of wrist recordings and compare them with pyActigraphy's.

    A recording is a table with the columns timestamp and activity, *.csv or *.csv.xz. What the reference
    itself could not compute is listed, not counted.
    """
    with progress(len(study.recordings(folder)), "Reading recordings") as bar:
        report = study.report(folder, lambda: bar.advance(bar.task_ids[0]))
    if save is not None:
        keep(save, "actigraphy", report)
    if json:
        emit(report)
        return
    console.print(_table(report))
    for name, names in report["reference_lacks"].items():
        console.print(
            f"The reference lacks {name}: {names if names == 'all' else ', '.join(names)}"
        )


def _table(report: dict[str, Any]) -> Table:
    table = Table(
        "metric",
        "compared",
        "within 1e-6",
        "largest difference",
        "median, textbook",
        title=f"{report['recordings']} recordings beside pyActigraphy",
    )
    for name, largest in report["max_abs_difference"].items():
        compared, agree = report["compared"][name], report["agree_1e6"][name]
        median = report["textbook_median"][name]
        table.add_row(name, str(compared), str(agree), f"{largest:.1e}", f"{median:.4g}")
    return table
