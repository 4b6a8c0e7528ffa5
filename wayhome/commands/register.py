"""``wayhome register``: homes, devices and people from a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from core.store.pool import connect
from wayhome import roster, system
from wayhome.console import console, emit


def register(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A TOML roster.")],
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Register an organisation's homes, rooms, residents, devices and carers from a TOML file.

    docs/how-to/register.md shows such a file. Doing it again changes what differs and removes nothing; what
    somebody has put in its place on the pages stays there.
    Passwords of new log-ins are shown once, here.
    """
    wanted = roster.read(file)
    target = system.pointed_at(folder, database_url, "")

    async def write() -> tuple[dict[str, str], tuple[str, ...]]:
        async with connect(target.database("wayhome_registrar")) as connection:
            return await roster.register(connection, wanted), await roster.kept(connection, wanted)

    passwords, kept = asyncio.run(write())
    if json:
        counts = {"homes": len(wanted.home), "carers": len(wanted.carer)}
        emit({**counts, "passwords": passwords, "kept": kept})
        return
    console.print(
        f"Registered: {_count(len(wanted.home), 'home')}, {_count(len(wanted.carer), 'carer')}."
    )
    for device in kept:
        console.print(Text(f"  {device}: stays as it was put on the pages, or its home has ended"))
    for login, password in passwords.items():
        console.print(f"  log-in [b]{login}[/]  password [b]{password}[/]  (shown once)")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
