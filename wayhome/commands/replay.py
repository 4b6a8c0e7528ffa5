"""``wayhome replay``: tell a record of the past, or what was in quarantine, once more."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from core.model.errors import Malformed
from core.runtime import log as logs
from core.runtime.clock import SystemClock
from core.store.private import private_database
from gateway.replay import replay_quarantine
from wayhome import system
from wayhome.console import console, emit
from wayhome.replaying import Replayed, activage_messages, tell_messages, tell_tihm
from wayhome.stack import Stack, StackSettings
from wayhome.system import System

app = typer.Typer(no_args_is_help=True, help="Tell a record of the past once more.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _replay() -> None:
    """Tell a record of the past, or what was in quarantine, once more."""


@app.command()
def tihm(
    record: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder of the record.")
    ],
    days: Annotated[
        int | None, typer.Option(min=1, help="First days of each home; all when not given.")
    ] = None,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="A private system that is gone afterwards.")
    ] = False,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    mqtt_url: system.MqttUrl = "",
    mqtt_username: system.MqttUsername = "",
    mqtt_password_file: system.MqttPasswordFile = None,
    json: Json = False,
) -> None:
    """Publish the real days of the TIHM study through the broker and the gateway into the database.

    The 23 homes are registered as an archive: stored by the record's own times, shown, never watched. Their
    days are counted at once, for the pages of clinicians. Telling it again adds no row. A gateway of the
    system pointed at must be running. With --temporary a private one does it, with a database of its own (on
    the server of --database-url, if given) that is gone afterwards.
    """
    logs.set_up("replay", "replay", "WARNING")

    async def run() -> Replayed:
        target = (folder, database_url, mqtt_url, mqtt_username, mqtt_password_file)
        async with _target(target, temporary=temporary) as there:
            return await tell_tihm(there, record, days)

    report = asyncio.run(run())
    if json:
        emit(report)
    else:
        console.print(
            f"{report.published} published, {report.stored} in the database ({report.added} new),"
            f" {report.quarantined} in quarantine, {report.seconds:.1f} s; {report.days} days counted"
        )
    raise typer.Exit(0 if report.stored == report.published else 1)


@app.command()
def activage(
    home: Annotated[str, typer.Argument(help="Id of the home that the entities belong to.")],
    record: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="NGSI version 2: JSON, or a document a line."
        ),
    ],
    folder: system.Folder = None,
    mqtt_url: system.MqttUrl = "",
    mqtt_username: system.MqttUsername = "",
    mqtt_password_file: system.MqttPasswordFile = None,
    json: Json = False,
) -> None:
    """Publish entities of the Leeds pilot of ACTIVAGE, each to its own topic below the home.

    Register the entities as devices of the family activage first; telling a record again adds no row.
    """
    logs.set_up("replay", "replay", "WARNING")
    try:
        messages = activage_messages(home, record)
    except Malformed as error:
        raise typer.BadParameter(str(error), param_hint="RECORD") from error
    target = system.pointed_at(folder, "", mqtt_url, mqtt_username, mqtt_password_file)
    published = asyncio.run(tell_messages(target, messages))
    if json:
        emit({"published": published})
    else:
        console.print(f"{published} messages published")


@app.command()
def quarantine(
    reason: Annotated[
        str, typer.Option(help="Only messages with this reason; all when not given.")
    ] = "",
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Admit what waits in quarantine once more, after a fix: a device registered, a driver mended.

    What can be stored now is stored, with the time at which it first came; the rest stays where it is.
    """
    logs.set_up("replay", "replay", "WARNING")
    url = system.pointed_at(folder, database_url, "").database("wayhome_gateway")
    report = asyncio.run(replay_quarantine(url, SystemClock(), reason=reason or None))
    if json:
        emit(report)
        return
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(report.outcomes.items()))
    console.print(
        f"{report.messages} messages: {outcomes or 'none'}; {report.stored} observations are new."
    )


@asynccontextmanager
async def _target(
    options: tuple[Path | None, str, str, str, Path | None], *, temporary: bool
) -> AsyncIterator[System]:
    folder, database_url, mqtt_url, username, password_file = options
    if not temporary:
        yield system.pointed_at(folder, database_url, mqtt_url, username, password_file)
        return
    place = Path(tempfile.mkdtemp(prefix="wayhome-replay-"))
    place.chmod(0o755)
    try:
        with ExitStack() as private:
            settings = StackSettings(
                folder=place,
                database_url=private.enter_context(private_database(database_url))
                if database_url
                else "",
                own_roles=not database_url,
                mqtt_url=mqtt_url,
                mqtt_username=username,
                mqtt_password=password_file.read_text().strip() if password_file else "",
                web_port=0,
                services=("gateway",),
            )
            async with Stack(settings) as stack:
                yield stack.system
    finally:
        shutil.rmtree(place, ignore_errors=True)
