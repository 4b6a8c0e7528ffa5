"""``wayhome audit``: check that the record of who looked is still the one that was written."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from core.model.errors import Misconfigured
from core.store.audit import ChainReport, Head, verify
from core.store.pool import connect
from wayhome import system
from wayhome.console import console, emit

app = typer.Typer(help="Check the record of who looked at whom.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Check the record of who looked at whom."""


@app.command("verify")
def check(
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    earlier: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="What an earlier check printed with --json."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Follow the chain of every organisation and name the first link that does not hold.

    Keep what --json prints outside of the database and give it to the next check: then it is noticed
    even when somebody with all rights wrote a whole chain anew. Ends with 0 when all chains hold.
    """
    anchors = anchors_in(earlier) if earlier else ()
    target = system.pointed_at(folder, database_url, "")

    async def follow() -> ChainReport:
        async with connect(target.database("wayhome_operator")) as connection:
            return await verify(connection, anchors)

    report = asyncio.run(follow())
    if json:
        emit(report)
    else:
        _show(report)
    raise typer.Exit(0 if report.ok else 1)


def anchors_in(file: Path) -> tuple[Head, ...]:
    """Read the heads that an earlier check printed.

    Raises
    ------
    Misconfigured
        If the file holds something else.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Earlier).heads
    except msgspec.MsgspecError as error:
        raise Misconfigured(
            f"--earlier {file.name}: expected what `wayhome audit verify --json` printed"
        ) from error


class _Earlier(msgspec.Struct):
    heads: tuple[Head, ...]


def _show(report: ChainReport) -> None:
    for broken in report.breaks:
        record = f" (access_id {broken.access_id})" if broken.access_id is not None else ""
        console.print(
            f"[red]NO[/] {broken.organisation_id}: record {broken.sequence}{record}: {broken.what}"
        )
    for head in report.heads:
        console.print(f"   {head.organisation_id}: {head.sequence} records, head {head.hash[:16]}…")
    console.print(f"{report.records} records, " + ("all chains hold" if report.ok else "BROKEN"))
