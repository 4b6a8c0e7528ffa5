"""``wayhome evaluate faulty``: who is out, when a sensor is at fault."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analytics.evaluation import faulty as study
from analytics.evaluation.saving import save as keep
from wayhome.console import console, emit, progress


def faulty(
    folder: Annotated[
        Path,
        typer.Argument(
            exists=True, file_okay=False, help="HOME/sensors.csv, events.csv and labels.csv."
        ),
    ],
    rounds: Annotated[
        int, typer.Option(min=1, max=1000, help="How often each fault is drawn.")
    ] = study.ROUNDS,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    save: Annotated[
        Path | None, typer.Option("--save", file_okay=False, help="Folder for the report.")
    ] = None,
) -> None:
    """Put a sensor at fault into labelled homes and compare who is out with the labels.

    One that fires by itself, in bursts or by the clock, a bed that stays occupied, a sensor of the home that
    fires more often than it should, a door that is not always heard. Beside it, a rule: the door moved last.
    """
    with progress(None, "homes") as bar:
        report = study.evaluate(
            folder,
            rounds,
            lambda done, of: bar.update(bar.task_ids[0], completed=done, total=of),
        )
    if save is not None:
        keep(save, "faulty", report)
    if json:
        emit(report)
        return
    console.print(_table(report))
    for home, reason in report["left_out"].items():
        console.print(f"{home}: left out: {reason}", markup=False)
    for home, skipped in report["skipped"].items():
        for what, count in skipped.items():
            console.print(f"{home}: skipped, {what}: {count}")
    said = report["all"]
    console.print(
        f"aim reached: {said['aim_reached']:.0%} of {said['homes']} homes with a fault or none"
    )


def _table(report: dict[str, Any]) -> Table:
    table = Table("home", "fault", "sensitivity", "lowest", "specificity", "lowest", "door rule")
    for home, faults in report["homes"].items():
        for fault, row in faults.items():
            keys = ("sensitivity", "sensitivity_lowest", "specificity", "specificity_lowest")
            rule = row["door_rule"]
            table.add_row(
                home,
                fault,
                *(f"{row[key]:.3f}" for key in keys),
                f"{rule['sensitivity']:.3f} / {rule['specificity']:.3f}",
            )
    return table
