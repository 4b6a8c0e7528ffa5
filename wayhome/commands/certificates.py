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
    files = sorted(_files(place))
    if not files:
        raise Misconfigured(f"no certificate below {place}: say --folder")
    known = {file: _facts(file) for file in files}
    found = sorted(((f, one) for f, one in known.items() if one), key=lambda one: one[1].ends_at)
    odd = [str(file) for file, one in known.items() if one is None]
    now = SystemClock().now()
    if json:
        emit(
            {
                "certificates": [
                    {"file": str(file), "name": one.name, "ends": one.ends_at.isoformat()}
                    for file, one in found
                ],
                "unreadable": odd,
            }
        )
        raise typer.Exit(1 if odd else 0)
    table = Table("file", "stands for", "ends", "days left")
    for file, one in found:
        left = (one.ends_at - now).days
        table.add_row(str(file), one.name, f"{one.ends_at:%Y-%m-%d}", str(left))
    for name in odd:
        table.add_row(name, "can not be read as a certificate", "", "")
    console.print(table)
    raise typer.Exit(1 if odd else 0)


def _files(place: Path) -> list[Path]:
    try:
        return list(place.rglob("*.crt"))
    except OSError as error:
        raise Misconfigured(f"--folder {place}: {error.strerror}") from error


def _facts(file: Path) -> certificates.Facts | None:
    """Return what a certificate says of itself; None where the file holds none."""
    try:
        return certificates.facts(file.read_text())
    except (OSError, UnicodeDecodeError, Misconfigured):
        return None


@app.command()
def crl() -> None:
    """Print the list of revoked certificates (CRL), signed now, for a broker that takes one.

    Needs the settings of `wayhome identity`, which keeps the list of a broker in containers by itself
    (WAYHOME_REVOCATION_LIST). For another Mosquitto: `wayhome install --crl FILE` and a SIGHUP.
    """
    wanted = settings.load(settings.IdentitySettings)
    now = SystemClock().now()
    revoked = asyncio.run(_revoked(wanted.database_url, now))
    sys.stdout.write(rotation.lists(Path(wanted.authority_folder), revoked, now))


async def _revoked(url: str, now: datetime) -> tuple[tuple[str, datetime], ...]:
    async with connect(url) as connection:
        return await hub_credential.revoked_serials(connection, now)
