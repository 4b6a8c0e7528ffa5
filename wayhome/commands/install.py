"""``wayhome install``: the secrets of an installation in containers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.model.errors import Misconfigured
from core.runtime.clock import SystemClock
from wayhome import installation


def install(
    folder: Annotated[
        Path, typer.Option(file_okay=False, help="Where the secrets are kept, a folder per reader.")
    ],
    broker_name: Annotated[
        list[str] | None,
        typer.Option(
            help="Name or address under which hubs reach the broker; repeat it for several.",
        ),
    ] = None,
    home: Annotated[
        list[str] | None, typer.Option(help="Let the hub of this home in; repeat it for several.")
    ] = None,
    without_home: Annotated[
        list[str] | None, typer.Option(help="Let the hub of this home in no longer.")
    ] = None,
    crl: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Revocation list of `wayhome certificates crl`."
        ),
    ] = None,
    hubs_authority: Annotated[
        str,
        typer.Option(
            help="begin: another authority signs hubs from now on, both are trusted. end: only that one is."
        ),
    ] = "",
    owners: Annotated[
        bool,
        typer.Option("--owners", help="Give each folder to its container's user; needs root."),
    ] = False,
) -> None:
    """Make certificates, passwords and access rules where they are missing; print nothing.

    Doing it again changes nothing, except that the broker's certificate is renewed when fewer than 30
    days are left. docker-compose.yml does it at every start; docs/how-to/deploy.md says the rest.
    """
    if hubs_authority not in {"", "begin", "end"}:
        raise Misconfigured("--hubs-authority: expected begin or end")
    wanted = installation.Wanted(
        folder=folder,
        broker_names=tuple(broker_name or ()),
        homes=tuple(home or ()),
        without_homes=tuple(without_home or ()),
        revocations=crl.read_text() if crl else "",
        rotation=hubs_authority,
        owners=owners,
    )
    installation.install(wanted, SystemClock().now())
