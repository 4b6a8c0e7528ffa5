"""``wayhome sharing``: days and findings for the record of somebody else, as openEHR; off unless started."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from core.runtime.clock import SystemClock
from core.store import sharing as outbox
from core.store.pool import connect, open_pool
from wayhome import system
from wayhome.console import console, emit
from wayhome.sharing import plan
from wayhome.sharing.sender import Round, Sender

_HELP = "Send days and findings to the record of somebody else, as openEHR compositions."
app = typer.Typer(no_args_is_help=True, help=_HELP)
File = Annotated[Path, typer.Argument(help="File that says from where to where.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
MOST_ROUNDS = 100_000


@app.callback()
def _sharing() -> None:
    """Send days and findings to the record of somebody else, as openEHR compositions."""


@app.command()
def run(
    file: File,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    once: Annotated[bool, typer.Option("--once", help="Send what is due, then end.")] = False,
    json: Json = False,
) -> None:
    """Send what is new, for ever or once; what fails stays in the outbox and is tried again.

    With --once the exit status is 1 where something was refused or is to be tried again.
    """
    wanted = plan.read(file)
    url = system.pointed_at(folder, database_url, "").database("wayhome_sharing")
    done = asyncio.run(_send(url, wanted, once=once))
    if json:
        emit({"sent": done.sent, "failed": done.failed, "refused": done.refused,
              "withheld": done.withheld})  # fmt: skip
    else:
        console.print(f"{done.sent} sent, {done.failed} to be tried again, {done.refused} refused.")
    raise typer.Exit(1 if done.refused or done.failed else 0)


async def _send(url: str, wanted: plan.Plan, *, once: bool) -> Round:
    connector = wanted.make()
    try:
        async with open_pool(url, name="wayhome sharing") as pool:
            sender = Sender(pool, SystemClock(), wanted.route, connector)
            if not once:
                await sender.run()
            return await _until_idle(sender)
    finally:
        await connector.close()


async def _until_idle(sender: Sender) -> Round:
    total = Round()
    for _ in range(MOST_ROUNDS):
        done = await sender.round()
        total = Round(
            gathered=total.gathered + done.gathered,
            withheld=total.withheld + done.withheld,
            sent=total.sent + done.sent,
            failed=total.failed + done.failed,
            refused=total.refused + done.refused,
        )
        if done.idle:
            break
    return total


@app.command()
def state(
    file: File,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Count what waits, was sent, was refused, and was withheld."""
    wanted = plan.read(file)

    async def count() -> dict[str, int]:
        target = system.pointed_at(folder, database_url, "").database("wayhome_sharing")
        async with connect(target) as connection:
            return await outbox.states(connection, wanted.route)

    found = asyncio.run(count())
    if json:
        emit(found)
        return
    for name, number in found.items():
        console.print(f"{name}: {number}")
