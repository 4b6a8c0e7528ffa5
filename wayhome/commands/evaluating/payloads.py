"""``wayhome evaluate payloads``: run every driver on a file of device messages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from sensors import vectors
from wayhome.console import console, emit


def payloads(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run every driver on a file of device messages and count what became of them.

    Each line is an object with protocol, payload and, where known, topic, raw and device. decoded:
    at least one quantity was read; state_only: presence or nothing we measure; unsupported: not our
    business, or no driver yet; quarantined: breaks its format; crashed: a defect of ours, must be 0.
    """
    report = vectors.evaluate(file)
    if json:
        emit(report)
        return
    # narrow enough for the words of all columns in 80 characters
    table = Table("protocol", box=SIMPLE, padding=0, pad_edge=False)
    for column in vectors.OUTCOMES:
        table.add_column(column, justify="right", no_wrap=True)
    for name, counts in sorted(report["protocols"].items()):
        table.add_row(name, *(str(counts[column]) for column in vectors.OUTCOMES))
    console.print(table)
