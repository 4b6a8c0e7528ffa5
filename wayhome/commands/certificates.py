"""``wayhome certificates``: which there are, until when, and what was revoked."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from core.model.errors import Misconfigured
from core.runtime import settings
from core.runtime.clock import SystemClock
from core.store import hub_credential
from core.store.pool import connect
from wayhome import certificates, system
from wayhome.console import console, emit
from wayhome.identity import rotation

_HELP = "Certificates of this installation: which there are, until when, what was revoked."
app = typer.Typer(no_args_is_help=True, help=_HELP)


@app.callback()
def _certificates() -> None:
    """Certificates of this installation: which there are, until when, what was revoked."""


@app.command()
def show(
    folder: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Where they are kept; that of `wayhome up` if not given."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the certificates below a folder, the one that ends first on top. Keys are not shown."""
    place = folder or system.default_folder() / "certificates"
    found = sorted(_found(place), key=lambda one: one[1].ends_at)
    if not found:
        raise Misconfigured(f"no certificate below {place}: say --folder")
    now = SystemClock().now()
    if json:
        emit(
            {
                "certificates": [
                    {"file": str(file), "name": one.name, "ends": one.ends_at.isoformat()}
                    for file, one in found
                ]
            }
        )
        return
    table = Table("file", "stands for", "ends", "days left")
    for file, one in found:
        left = (one.ends_at - now).days
        table.add_row(str(file), one.name, f"{one.ends_at:%Y-%m-%d}", str(left))
    console.print(table)


def _found(place: Path) -> list[tuple[Path, certificates.Facts]]:
    try:
        return [(file, certificates.facts(file.read_text())) for file in place.rglob("*.crt")]
    except OSError as error:
        raise Misconfigured(f"--folder {place}: {error.strerror}") from error


@app.command()
def crl() -> None:
    """Print the list of revoked certificates (CRL), signed now, for a broker that takes one.

    Needs the settings of `wayhome identity`. A revoked hub is out within a second without it, because the
    broker forgets its name; the list is a second lock. Give it to Mosquitto with `wayhome install --crl FILE`
    and a SIGHUP.
    """
    wanted = settings.load(settings.IdentitySettings)
    now = SystemClock().now()
    revoked = asyncio.run(_revoked(wanted.database_url, now))
    sys.stdout.write(rotation.lists(Path(wanted.authority_folder), revoked, now))


async def _revoked(url: str, now: datetime) -> tuple[tuple[str, datetime], ...]:
    async with connect(url) as connection:
        return await hub_credential.revoked_serials(connection, now)
