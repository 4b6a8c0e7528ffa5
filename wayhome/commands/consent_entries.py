"""``wayhome consent give`` and ``withdraw``: one entry about many residents, as a shared record needs it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from core.model.basis import Article6, Article9, Basis, Decided, Kind, Purpose
from core.model.errors import Malformed
from core.model.ids import ResidentId
from core.store import basis as store
from core.store.pool import connect
from dashboard import basis_form
from wayhome import system
from wayhome.console import console, emit

Residents = Annotated[
    list[int] | None, typer.Argument(help="Numbers of residents, as `residents list` shows them.")
]
Everybody = Annotated[bool, typer.Option("--all", help="Everybody of the organisation.")]
What = Annotated[Purpose, typer.Option(help="What is, or is no longer, to be done.")]
For = Annotated[str, typer.Option(help="For whom; empty within, or for everybody.")]
As = Annotated[
    str, typer.Option("--as", help="Log-in name of the clinician or administrator who writes it.")
]
SaidBy = Annotated[str, typer.Option(help="Name of who decided.")]
Who = Annotated[Decided, typer.Option(help="Who decided.")]
Note = Annotated[str, typer.Option(help="Where the evidence is.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def give(
    *,
    residents: Residents = None,
    everybody: Everybody = False,
    purpose: What,
    recipient: For = "",
    article6: Annotated[Article6, typer.Option(help="Lawful basis.")],
    article9: Annotated[Article9, typer.Option(help="Condition for what tells of health.")],
    decided: Who,
    said_by: SaidBy,
    note: Note = "",
    until: Annotated[str, typer.Option(help="Day on which it ends, e.g. 2027-03-14.")] = "",
    login: As,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Write a basis down about residents, as the page Consent does; all of them or none."""
    form = {"kind": Kind.GIVEN.value, "purpose": purpose.value, "recipient": recipient,
            "article6": article6.value, "article9": article9.value, "decided": decided.value,
            "said_by": said_by, "note": note, "valid_until": until}  # fmt: skip
    _run(form, login, None if everybody else residents or [], (folder, database_url), json=json)


def withdraw(
    *,
    residents: Residents = None,
    everybody: Everybody = False,
    purpose: What,
    recipient: For = "",
    decided: Who,
    said_by: SaidBy,
    note: Note = "",
    login: As,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Write down that something may be done no longer; it works at once."""
    form = {"kind": Kind.WITHDRAWN.value, "purpose": purpose.value, "recipient": recipient,
            "decided": decided.value, "said_by": said_by, "note": note}  # fmt: skip
    _run(form, login, None if everybody else residents or [], (folder, database_url), json=json)


def _run(
    form: dict[str, str],
    login: str,
    residents: list[int] | None,
    where: tuple[Path | None, str],
    *,
    json: bool,
) -> None:
    if residents is not None and not residents:
        raise Malformed("residents", "numbers of residents, or --all")
    target = system.pointed_at(where[0], where[1], "")
    count = asyncio.run(_write(target, form, login, residents))
    if json:
        emit({"written": count})
        return
    console.print(f"Written about {count} residents.")


async def _write(
    target: system.System, form: dict[str, str], login: str, residents: list[int] | None
) -> int:
    async with connect(target.database("wayhome_registrar")) as connection:
        who = await store.writer(connection, login)
    if who is None:
        raise Malformed("as", "the log-in name of a clinician or an administrator")
    wanted = list(who.residents) if residents is None else [ResidentId(one) for one in residents]
    for one in wanted:
        if one not in who.residents:
            raise Malformed("residents", f"residents of the organisation of {login}; {one} is none")
    entries = [_entry(form, one) for one in wanted]
    async with connect(target.database("wayhome_dashboard"), autocommit=True) as connection:
        await store.write_all(connection, who, entries)
    return len(entries)


def _entry(form: dict[str, str], resident: ResidentId) -> Basis:
    return basis_form.entry_of(form, resident, datetime.now(UTC), ZoneInfo("UTC"))
