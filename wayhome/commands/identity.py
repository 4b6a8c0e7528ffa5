"""``wayhome identity``: the identity service; ``rotate`` and ``changed``: another authority of hubs."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from core.model.errors import Misconfigured
from core.runtime import settings
from core.runtime.clock import SystemClock
from core.runtime.service import run
from core.store import hub_credential
from core.store.pool import connect
from wayhome import system
from wayhome.console import console, emit
from wayhome.identity import rotation

app = typer.Typer(invoke_without_command=True)


@app.callback()
def identity(context: typer.Context) -> None:
    """Make certificates of hubs and devices, and tell the broker whom to let in.

    Without a further word this is the service itself. `rotate` and `changed` replace the authority of hubs.
    """
    if context.invoked_subcommand is not None:
        return
    from wayhome.identity.service import main  # noqa: PLC0415 (a container loads only its own)

    raise typer.Exit(run("identity", settings.load(settings.IdentitySettings), main))


@app.command()
def rotate(
    end: Annotated[
        bool, typer.Option("--end", help="Trust the authority before no longer: all have changed.")
    ] = False,
    folder: system.Folder = None,
) -> None:
    """Let another authority sign hubs and devices from now on; the one before stays trusted until --end.

    For `wayhome up`, which is to be started anew afterwards. In containers: `docker compose run --rm init
    --hubs-authority begin`, see docs/how-to/hubs.md.
    """
    place = (folder or system.default_folder()) / "certificates"
    if not end:
        rotation.begin(place, SystemClock().now())
        console.print("Done. Stop `wayhome up` and start it again; hubs change as they renew.")
        return
    left = asyncio.run(_older(system.pointed_at(folder, "", "").database("wayhome_identity")))
    if left:
        raise Misconfigured(
            f"{len(left)} still live by the authority before: wayhome identity changed"
        )
    rotation.end(place)
    console.print("Done. Stop `wayhome up` and start it again.")


@app.command()
def changed(
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List who still lives by an older authority; ends with 1 while there is anybody."""
    target = system.pointed_at(folder, database_url, "").database("wayhome_identity")
    left = asyncio.run(_older(target))
    if json:
        emit({"left": list(left)})
    else:
        console.print("\n".join(left) or "All have changed.")
    raise typer.Exit(1 if left else 0)


async def _older(url: str) -> tuple[str, ...]:
    async with connect(url) as connection:
        return await hub_credential.of_older_authority(connection)
