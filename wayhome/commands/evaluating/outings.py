"""``wayhome evaluate outings`` and ``wayhome evaluate tracks``: people outdoors, simulated and real."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from analytics.evaluation import outings as studies
from analytics.evaluation import tracks as real
from analytics.evaluation.saving import save as keep
from wayhome.console import console, emit

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Save = Annotated[
    Path | None, typer.Option("--save", file_okay=False, help="Folder for the report.")
]


def outings(
    homes: Annotated[int, typer.Option(min=1, help="Simulated homes.")] = 16,
    days: Annotated[int, typer.Option(min=20, help="Days of each.")] = 50,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the first home; 0-999 tune, 10000 and above test.")
    ] = 0,
    save: Save = None,
    json: Json = False,
) -> None:
    """Send simulated residents out with a tracker; some lose their way. Count who is told of.

    Nothing of the first 14 days counts. In the end each goes on walks where she has never been.
    """
    report = studies.report(studies.OutingStudy(homes=homes, days=days, seed=seed))
    if save is not None:
        keep(save, "outings", report)
    if json:
        emit(report)
        return
    table = Table("told as", "recall", "median, min", "usual outings", "new ways")
    for level, row in report["lost"].items():
        shares = (row["recall"], row["normal"]["share"], row["new_ways"]["share"])
        recall, usual, new = ("-" if one is None else f"{100 * one:.1f} %" for one in shares)
        table.add_row(level, recall, str(row["delay_min"]["median"]), usual, new)
    console.print(table)
    fence = report["fence"]
    console.print(f"{fence['exits']} exits, {fence['false']} false in {report['device_days']} days")


def tracks(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Archives of tracks.")
    ],
    save: Save = None,
    json: Json = False,
) -> None:
    """Run the rules for people outdoors over real tracks of strangers, walking and driving.

    All of their ways are new to us: what is counted is who would be told of on a first walk, and whether
    driving and walking are told apart.
    """
    report = real.report(folder)
    if save is not None:
        keep(save, "tracks", report)
    if json:
        emit(report)
        return
    table = Table("label", "tracks", "with a path on foot", "told as lost", "told as riding")
    for label, row in report["labels"].items():
        table.add_row(label, *(str(row[name]) for name in ("tracks", "paths", "lost", "rides")))
    console.print(table)
