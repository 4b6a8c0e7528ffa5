"""``wayhome consent``: what may be done with what is known about a person, for scripts and for reviews."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from core.model.basis import Basis, Purpose, Standing, reviews
from core.model.ids import OrganisationId, ResidentId
from core.store import basis as store
from core.store import person
from core.store.pool import connect
from wayhome import system
from wayhome.commands import consent_entries
from wayhome.console import console, emit

app = typer.Typer(no_args_is_help=True, help="On what basis what is done with what is known.")
app.command()(consent_entries.give)
app.command()(consent_entries.withdraw)

Number = Annotated[
    int, typer.Argument(help="Number of the resident, as `residents list` shows it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _consent() -> None:
    """On what basis what is done with what is known; written down on the page *Consent*."""


@app.command("list")
def list_(
    resident: Number,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Show everything that was written about a person, the oldest first."""

    async def read() -> tuple[Basis, ...]:
        async with connect(_operator(folder, database_url)) as connection:
            await person.subject(connection, ResidentId(resident))
            return await store.entries(connection, ResidentId(resident))

    found = asyncio.run(read())
    if json:
        emit({"resident": resident, "entries": found})
        return
    table = Table("number", "what", "purpose", "for whom", "from (UTC)", "until (UTC)")
    for one in found:
        until = "" if one.valid_until is None else f"{one.valid_until.astimezone(UTC):%Y-%m-%d}"
        since = f"{one.valid_from.astimezone(UTC):%Y-%m-%d %H:%M}"
        table.add_row(
            str(one.basis_id), one.kind.value, one.purpose.value, one.recipient, since, until
        )
    console.print(table)


@app.command()
def check(
    resident: Number,
    purpose: Annotated[Purpose, typer.Argument(help="What is to be done.")],
    organisation: Annotated[str, typer.Option(help="Who wants to do it.")],
    recipient: Annotated[str, typer.Option(help="To whom it would go; empty within.")] = "",
    at: Annotated[datetime | None, typer.Option(help="When (UTC); now when not given.")] = None,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Say whether something may be done: ends with 0 for yes and with 1 for no."""
    moment = datetime.now(UTC) if at is None else at.replace(tzinfo=UTC)

    async def ask() -> Standing:
        async with connect(_operator(folder, database_url)) as connection:
            return await store.may_share(
                connection,
                OrganisationId(organisation),
                ResidentId(resident),
                purpose,
                recipient,
                moment,
            )

    found = asyncio.run(ask())
    if json:
        emit({"allowed": found.allowed, "reason": found.reason, "entry": found.basis})
    else:
        console.print(f"{'yes' if found else 'no'}: {found.reason}")
    raise typer.Exit(0 if found else 1)


@app.command()
def due(
    days: Annotated[int, typer.Option(min=1, max=3660, help="How far to look ahead.")] = 42,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Show what ends soon, or has ended of itself and was not given anew."""

    async def read() -> list[dict[str, object]]:
        now = datetime.now(UTC)
        async with connect(_operator(folder, database_url)) as connection:
            homes = {one.resident_id: one.home_id for one in await person.subjects(connection)}
            until = now + timedelta(days=days)
            known = await store.ledgers(connection, living=True, ends_by=until)
        found = [one for some in known.values() for one in reviews(some, now, timedelta(days=days))]
        return [
            {
                "resident": one.resident_id,
                "home": homes.get(one.resident_id, ""),
                "purpose": one.purpose.value,
                "recipient": one.recipient,
                "ends_at": one.ends_at,
            }
            for one in sorted(found, key=lambda one: one.ends_at)
        ]

    found = asyncio.run(read())
    if json:
        emit({"due": found})
        return
    for one in found:
        console.print(
            f"{one['ends_at']:%Y-%m-%d} {one['home']} {one['resident']}: {one['purpose']}"
        )
    if not found:
        console.print(f"Nothing ends within {days} days.")


def _operator(folder: Path | None, database_url: str) -> str:
    return system.pointed_at(folder, database_url, "").database("wayhome_operator")
