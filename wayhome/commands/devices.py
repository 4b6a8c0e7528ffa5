"""``wayhome devices``: many devices at once, from a list."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from core.model.errors import Malformed
from core.store import moving, registry
from core.store.pool import connect
from wayhome import system, van
from wayhome.console import console, emit, progress
from wayhome.van import Checked

app = typer.Typer(no_args_is_help=True, help="Many devices at once, from a list.")
MOST_SHOWN = 50


@app.callback()
def _devices() -> None:
    """Many devices at once, from a list."""


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help=f"CSV with the columns {','.join(van.COLUMNS)}."
        ),
    ],
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    check: Annotated[bool, typer.Option("--check", help="Only look for faults.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Register every device of a list in homes that are registered: all of them, or none.

    The whole file is checked first, and each fault is named with its line.
    """
    text = van.read(file)
    target = system.pointed_at(folder, database_url, "")
    begun = time.monotonic()
    checked = asyncio.run(_run(target.database("wayhome_registrar"), text, only_check=check))
    registered = 0 if check or checked.faults else len(checked.devices)
    if json:
        faults = [{"line": one.line, "fault": one.text} for one in checked.faults]
        seconds = round(time.monotonic() - begun, 2)
        emit({"registered": registered, "faults": faults, "seconds": seconds})
    else:
        _show(checked, registered)
    if checked.faults:
        raise Malformed(
            file.name, f"no faults, found {len(checked.faults)}; nothing was registered"
        )


async def _run(url: str, text: str, *, only_check: bool) -> Checked:
    async with connect(url) as connection:
        over = await moving.homes_over(connection)
        checked = van.check(text, await registry.households(connection), over)
        if checked.faults or only_check:
            return checked
        with progress(len(checked.devices), "registering") as bar:
            (task,) = bar.task_ids
            await van.register(connection, checked.devices, lambda some: bar.advance(task, some))
        return checked


def _show(checked: Checked, registered: int) -> None:
    if not checked.faults:
        console.print(f"{len(checked.devices)} devices are in order, {registered} registered.")
        return
    table = Table("line", "fault")
    for fault in checked.faults[:MOST_SHOWN]:
        table.add_row(str(fault.line), Text(fault.text))  # it is of the file: no markup of ours
    console.print(table)
    if len(checked.faults) > MOST_SHOWN:
        console.print(f"… and {len(checked.faults) - MOST_SHOWN} more.")
