"""``wayhome doctor``: is all well, and what to do if not."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from core.runtime.compiled import compiled
from wayhome import checkup, system
from wayhome.console import console, emit


def doctor(
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    mqtt_url: system.MqttUrl = "",
    mqtt_username: system.MqttUsername = "",
    mqtt_password_file: system.MqttPasswordFile = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check disk, broker, database, clock, versions, services, people and messages, and say what to do.

    Ends with 0 when all is well and with 1 otherwise. It says as well whether this is the program that
    `make fast` compiled; with --json, which modules.
    """
    target = system.pointed_at(folder, database_url, mqtt_url, mqtt_username, mqtt_password_file)
    place = None if database_url else folder or system.default_folder()
    checks = asyncio.run(checkup.examine(target, place))
    if json:
        well = all(check.ok for check in checks)
        emit({"ok": well, "checks": checks, "compiled_modules": compiled()})
    else:
        _show(checks)
    raise typer.Exit(0 if all(check.ok for check in checks) else 1)


def _show(checks: list[checkup.Check]) -> None:
    table = Table("", "check", "found", "what to do")
    for check in checks:
        table.add_row(
            "[green]ok[/]" if check.ok else "[red]NO[/]",
            check.name,
            check.found,
            "" if check.ok else check.advice,
        )
    console.print(table)
