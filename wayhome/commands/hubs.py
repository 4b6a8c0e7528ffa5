"""``wayhome hubs``: certificates of hubs and devices, made, listed and taken back."""

from __future__ import annotations

import asyncio
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from core.model.errors import Malformed, Misconfigured, Temporary
from core.model.identity import CODE_LASTS, about_of, hub_grant, thing_grant
from core.model.ids import HomeId
from core.model.one_time_code import Code, new_code, unseal
from core.runtime.clock import SystemClock
from core.store import hub_credential, registry
from core.store.hub_credential import HubCredential, Wish
from core.store.pool import Connection, connect
from wayhome import system
from wayhome.console import console, emit
from wayhome.secret import new_private_file

_HELP = "Let hubs and single devices in with certificates, and shut them out again."
app = typer.Typer(no_args_is_help=True, help=_HELP)
WAIT_S = 30.0
Home = Annotated[str, typer.Argument(help="Id of a registered home, e.g. 7f3k.")]


@app.callback()
def _hubs() -> None:
    """Let hubs and single devices in with certificates, and shut them out again."""


@app.command()
def bundle(
    home: Home,
    out: Annotated[Path, typer.Option(help="File to write, for its owner only; - for stdout.")],
    device: Annotated[
        str, typer.Option(help="For one device instead of the hub: FAMILY/NAME, as in its topics.")
    ] = "",
    beside: Annotated[
        str, typer.Option(help="Name of a further hub beside the one that is there, e.g. annex.")
    ] = "",
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """Make a certificate and write all that the hub of HOME needs into one zip file.

    Without --beside it is for the hub. A certificate that was made before for the same goes on working for
    some days. The key is in that file and nowhere else.
    """
    if out != Path("-") and out.exists():
        raise Misconfigured(f"--out {out} exists: name a new file")
    target = system.pointed_at(folder, database_url, "").database("wayhome_identity")
    if out == Path("-"):
        sys.stdout.buffer.write(asyncio.run(_bundle(target, HomeId(home), device, beside)))
        return
    try:
        # before all else: a certificate for which there is no place would end the one before it
        with new_private_file(out) as file:
            file.write(asyncio.run(_bundle(target, HomeId(home), device, beside)))
    except OSError as error:
        raise Misconfigured(f"--out {out}: {error.strerror}") from error
    console.print(f"{out} holds everything, and a secret: read its README.txt.")


async def _bundle(url: str, home_id: HomeId, device: str, beside: str) -> bytes:
    clock, code = SystemClock(), new_code()
    word = secrets.token_hex(4)
    family, _, external_id = device.partition("/")
    grant = thing_grant(home_id, family, external_id, word) if device else hub_grant(home_id, word)
    now = clock.now()
    wish = Wish(
        home_id=home_id,
        grant=grant,
        about=about_of(device, beside),
        asked_at=now,
        code_ends_at=now + CODE_LASTS,
    )
    async with connect(url) as connection:
        await _known(connection, home_id)
        number = await hub_credential.ask(connection, wish, code)
    return await _parcel(url, number, code)


async def _parcel(url: str, number: int, code: Code) -> bytes:
    """Wait until the identity service has made it; it alone has the authority's key."""
    try:
        async with asyncio.timeout(WAIT_S):
            while True:
                async with connect(url) as connection:
                    now = SystemClock().now()
                    sealed = await hub_credential.take_own(connection, number, now)
                if sealed is not None:
                    return unseal(sealed, code)
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        async with connect(url) as connection:
            await hub_credential.revoke(connection, [number], SystemClock().now())
        raise Temporary(
            "nobody makes certificates here: `wayhome identity` does not run"
            " (on one machine: `wayhome up --mqtt-host 0.0.0.0`)"
        ) from error


@app.command("list")
def list_(
    home: Home,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the certificates of a home and how the broker stands."""
    target = system.pointed_at(folder, database_url, "").database("wayhome_identity")
    found, doors = asyncio.run(_listed(target, HomeId(home)))
    if json:
        emit({"certificates": [_row(one) for one in found], "brokers": list(doors)})
        return
    table = Table("name", "for", "at the broker", "ends")
    for one in found:
        row = _row(one)
        table.add_row(row["name"], row["for"], row["state"], row["ends"])
    console.print(table)
    for door in doors:
        console.print(f"{door.door}: {door.fault or f'as wanted, {door.clients} clients'}")


async def _listed(
    url: str, home_id: HomeId
) -> tuple[tuple[HubCredential, ...], tuple[hub_credential.DoorState, ...]]:
    async with connect(url) as connection:
        await _known(connection, home_id)
        found = await hub_credential.of_home(connection, home_id)
        return found, await hub_credential.doors(connection)


async def _known(connection: Connection, home_id: HomeId) -> None:
    if home_id not in await registry.home_ids(connection):
        raise Malformed("home", "the id of a registered home")


def _row(one: HubCredential) -> dict[str, str]:
    return {
        "name": one.client,
        "for": one.about,
        "state": state_of(one),
        "ends": f"{one.ends_at:%Y-%m-%d}" if one.ends_at else "",
    }


def state_of(one: HubCredential) -> str:
    """Say how a certificate stands, as desired and as it is at the broker."""
    if one.dead_at is not None:
        return "out"
    if one.revoked_at is not None:
        return "revoked, the broker is yet to be told"
    if one.live_at is not None:
        return "let in"
    return "waits for the broker" if one.issued_at else "waits to be made"


@app.command()
def revoke(
    home: Home,
    name: Annotated[
        str, typer.Option(help="One certificate, by its name; all of the home if not given.")
    ] = "",
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """Shut a hub or device out at once and for good: its connection ends, its name is forgotten."""
    target = system.pointed_at(folder, database_url, "").database("wayhome_identity")
    count = asyncio.run(_revoke(target, HomeId(home), name))
    if not count:
        raise Malformed("home", "one with certificates that are not revoked (wayhome hubs list)")
    console.print(f"{count} revoked. Is it done? wayhome hubs list {home}")


async def _revoke(url: str, home_id: HomeId, name: str) -> int:
    async with connect(url) as connection:
        found = await hub_credential.of_home(connection, home_id)
        chosen = [one.credential_id for one in found if not name or one.client == name]
        return await hub_credential.revoke(connection, chosen, SystemClock().now())
