"""``wayhome evaluate``: measure a part of the system on a file of real input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sensors import vectors
from wayhome.commands.evaluating.actigraphy import actigraphy
from wayhome.commands.evaluating.falls import falls
from wayhome.commands.evaluating.homes import homes
from wayhome.commands.evaluating.outings import outings, tracks
from wayhome.commands.evaluating.report import report
from wayhome.commands.evaluating.simulated import calibration, simulated
from wayhome.commands.evaluating.stillness import stillness
from wayhome.commands.evaluating.tihm import tihm
from wayhome.console import console, emit

app = typer.Typer(no_args_is_help=True, help="Measure a part of the system on real input.")


@app.callback()
def _evaluate() -> None:
    """Measure a part of the system on real input."""


app.command()(actigraphy)
app.command()(falls)
app.command()(homes)
app.command()(simulated)
app.command()(stillness)
app.command()(calibration)
app.command()(outings)
app.command()(tracks)
app.command()(tihm)
app.command()(report)


@app.command()
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
    table = Table("protocol", *vectors.OUTCOMES)
    for name, counts in sorted(report["protocols"].items()):
        table.add_row(name, *(str(counts[column]) for column in vectors.OUTCOMES))
    console.print(table)
