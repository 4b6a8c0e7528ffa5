"""``wayhome retention``: for how long what is kept, what would go now, what went, and who is held."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from core.model.errors import Malformed
from core.model.ids import ResidentId
from core.model.retention import CLASSES, KEPT_OTHERWISE, Rule, check_rule, tasks
from core.store import retention as store
from core.store.pool import connect
from wayhome import system
from wayhome.console import console, emit, words

app = typer.Typer(help="For how long what is kept; without a command: what would go now.")

SHOWN = timedelta(days=30)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Number = Annotated[
    int, typer.Argument(help="Number of the resident, as `residents list` shows it.")
]
Reason = Annotated[str, typer.Option(callback=words(500), help="Why; without a name.")]


@app.callback(invoke_without_command=True)
def retention(
    context: typer.Context,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Show periods, what would go now, what went in the last 30 days, and who is held.

    Nothing is removed by this command: the detection service does it once a day.
    """
    if context.invoked_subcommand is not None:
        return
    url = system.pointed_at(folder, database_url, "").database("wayhome_operator")
    answer = asyncio.run(_read(url))
    if json:
        emit(answer)
    else:
        _show(answer)
    last = answer["last_run"]
    raise typer.Exit(1 if last and last["error"] else 0)


@app.command("set")
def set_(
    organisation: Annotated[str, typer.Argument(help="Code of the organisation.")],
    name: Annotated[str, typer.Argument(metavar="CLASS", help=f"One of {', '.join(CLASSES)}.")],
    days: Annotated[int, typer.Argument(help="For how many days.")],
    reason: Reason,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """Let an organisation keep a class for another time than the built-in one, within its bounds."""

    async def write() -> None:
        async with connect(_registrar(folder, database_url)) as connection:
            if organisation not in await store.organisations(connection):
                raise Malformed("organisation", "the code of one that is registered")
            check_rule(await store.rules(connection), organisation, name, days)
            rule = Rule(
                rule_id=0,
                organisation_id=organisation,
                name=name,
                days=days,
                reason=reason,
                at=datetime.now(UTC),
            )
            await store.set_rule(connection, rule)

    asyncio.run(write())
    console.print(f"{organisation} keeps {name} for {days} days from now on.")


@app.command()
def hold(
    resident: Number,
    reason: Reason,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """Let everything about a resident's home stay, whatever its age, e.g. for an inquest."""
    _hold(_registrar(folder, database_url), resident, reason, release=False)
    console.print("Nothing of this home is removed by age until it is released.")


@app.command()
def release(
    resident: Number,
    reason: Reason,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """End a hold: what is too old goes with the next run."""
    _hold(_registrar(folder, database_url), resident, reason, release=True)
    console.print("The hold is over.")


def _hold(url: str, resident: int, reason: str, *, release: bool) -> None:
    async def write() -> bool:
        async with connect(url) as connection:
            now = datetime.now(UTC)
            return await store.hold(connection, ResidentId(resident), reason, now, release=release)

    if not asyncio.run(write()):
        raise Malformed("resident", "the number of a resident, see `wayhome residents list`")


async def _read(url: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    async with connect(url) as connection:
        rules = await store.rules(connection)
        organisations = await store.organisations(connection)
        due = [
            asdict(task)
            | {"days": (now - task.before).days, "rows": await store.due(connection, task)}
            for task in tasks(rules, organisations, now)
        ]
        last = await store.last_run(connection)
        return {
            "at": now,
            "classes": [asdict(one) for one in CLASSES.values()],
            "due": due,
            "holds": [asdict(one) for one in await store.holds(connection)],
            "removed": [asdict(one) for one in await store.runs(connection, now - SHOWN)],
            "last_run": asdict(last) if last else None,
            "kept_otherwise": dict(KEPT_OTHERWISE),
        }


def _show(answer: dict[str, Any]) -> None:
    table = Table("class", "organisation", "kept for", "rows too old now")
    for one in answer["due"]:
        whose = one["organisation_id"] or "(of no home)"
        table.add_row(one["name"], whose, f"{one['days']} days", str(one["rows"]))
    console.print(table)
    for one in answer["holds"]:
        console.print(
            f"Held: resident {one['resident_id']}, home {one['home_id']}: {one['reason']}"
        )
    last = answer["last_run"]
    if last is None:
        console.print("Nothing was removed yet: the detection service does it once a day.")
    else:
        how = f"[red]{last['error']}[/]" if last["error"] else f"{last['removed']} rows removed"
        console.print(f"Last run {last['at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC: {how}")


def _registrar(folder: Path | None, database_url: str) -> str:
    return system.pointed_at(folder, database_url, "").database("wayhome_registrar")
