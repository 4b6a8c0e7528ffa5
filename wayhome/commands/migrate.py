"""``wayhome migrate``: bring the database to the present schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.model.errors import Misconfigured
from core.store.migrate import ROLES
from core.store.migrate import migrate as bring_up_to_date
from wayhome.console import console, emit

DatabaseUrl = Annotated[
    str,
    typer.Option(
        envvar="WAYHOME_DATABASE_URL",
        help="libpq URI of a role that may create roles and tables.",
        show_default=False,
    ),
]
DatabaseUrlFile = Annotated[
    Path | None,
    typer.Option(
        envvar="WAYHOME_DATABASE_URL_FILE",
        exists=True,
        dir_okay=False,
        help="File that holds the URI instead.",
    ),
]
Passwords = Annotated[
    Path | None,
    typer.Option(
        exists=True,  # or every role would be left without a password, and nobody told
        file_okay=False,
        help="Folder with a file per database role (wayhome_gateway, …) that holds its password.",
    ),
]


def migrate(
    database_url: DatabaseUrl = "",
    database_url_file: DatabaseUrlFile = None,
    passwords: Passwords = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Bring the database to the present schema; doing it twice changes nothing.

    Creates a database role per service, applies the numbered SQL files of core/store/migrations, and
    turns the logs into hypertables where TimescaleDB is there.
    """
    url = database_url or (database_url_file.read_text().strip() if database_url_file else "")
    if not url:
        raise Misconfigured("say which database: --database-url or WAYHOME_DATABASE_URL_FILE")
    report = bring_up_to_date(url, passwords=read_passwords(passwords))
    if json:
        emit(report)
        return
    console.print(
        f"{len(report.applied)} of {report.known} migrations applied now; TimescaleDB: {report.timescale}."
    )


def read_passwords(folder: Path | None) -> dict[str, str]:
    """Read the roles' passwords from ``folder``; roles without a file are left out."""
    if folder is None:
        return {}
    files = {role: folder / role for role in ROLES}
    return {role: file.read_text().strip() for role, file in files.items() if file.exists()}
