"""``wayhome alerts``: the alerting service; ``wayhome alerts prove``: whether its promises were kept."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from core.runtime import settings
from core.runtime.service import run
from wayhome import proving, system
from wayhome.console import console, emit

app = typer.Typer(invoke_without_command=True)


@app.callback()
def alerts(context: typer.Context) -> None:
    """Tell carers: open alerts from findings and go on until somebody answers.

    Without a further word this is the service itself. `wayhome alerts prove` checks what it did.
    """
    if context.invoked_subcommand is not None:
        return
    from alerts.service import main  # noqa: PLC0415 (a container loads only its own service)

    raise typer.Exit(run("alerts", settings.load(settings.AlertsSettings), main))


@app.command()
def prove(
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days to look back.")] = 7,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check each promise of alerting from the ledger alone, alert by alert; it only reads.

    Ends with 0 when every promise was kept and with 1 otherwise.
    """
    url = system.pointed_at(folder, database_url, "").database("wayhome_operator")
    proof = asyncio.run(proving.prove(url, days))
    if json:
        emit(proof)
    else:
        _show(proof)
    raise typer.Exit(0 if proof.ok else 1)


def _show(proof: proving.Proof) -> None:
    table = Table("", "promise", "means", "broken")
    for kept in proof.promises:
        mark = "[red]NO[/]" if kept.broken else "[green]ok[/]"
        table.add_row(mark, kept.name.replace("_", " "), kept.text, str(kept.broken))
    console.print(table)
    if proof.violations:
        broken = Table("alert", "promise", "expected", "found")
        for one in proof.violations:
            home = "" if one.home_id is None else f"home {one.home_id}"
            alert = home if one.alert_id is None else str(one.alert_id)
            broken.add_row(alert, one.promise.replace("_", " "), one.expected, one.found)
        console.print(broken)
    console.print(
        f"{proof.alerts} alerts, {proof.deliveries} deliveries, {proof.attempts} attempts in"
        f" {proof.days} days: {len(proof.violations)} promises broken."
    )
