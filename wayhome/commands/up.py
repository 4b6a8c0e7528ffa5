"""``wayhome up``: everything in one command on one machine."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from alerts.dead_man import pingable
from core.model.errors import Misconfigured
from core.model.security_txt import contacts
from core.runtime import log as logs
from core.runtime.clock import SystemClock
from core.runtime.set_clock import until_set
from wayhome import system
from wayhome.console import console, emit
from wayhome.stack import Stack, StackSettings


def up(
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    mqtt_url: system.MqttUrl = "",
    mqtt_username: system.MqttUsername = "",
    mqtt_password_file: system.MqttPasswordFile = None,
    web_host: Annotated[str, typer.Option(help="Address that the pages listen on.")] = "127.0.0.1",
    web_port: Annotated[int, typer.Option(help="Port of the pages; 0 chooses one.")] = 8080,
    mqtt_host: Annotated[
        str, typer.Option(help="Address of the embedded broker; 0.0.0.0 lets hubs of the house in.")
    ] = "127.0.0.1",
    mqtt_port: Annotated[int, typer.Option(help="Port of the embedded broker.")] = 1883,
    dead_man_url_file: Annotated[
        Path | None,
        typer.Option(
            envvar="WAYHOME_DEAD_MAN_URL_FILE",
            help="File with the address that is told every minute that all is well; when that stops,"
            " somebody outside calls you (https, as healthchecks.io).",
        ),
    ] = None,
    security_contact: Annotated[
        str,
        typer.Option(
            envvar="WAYHOME_SECURITY_CONTACT",
            help="Who takes reports of weaknesses: e-mail or https, by comma; served as security.txt.",
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object when ready.")] = False,
) -> None:
    """Run database, broker and all services here until Ctrl-C.

    Data, logs and secrets live in --folder. Next: wayhome register FILE, then let the devices publish.
    """
    contacts(security_contact)
    settings = StackSettings(
        folder=folder or system.default_folder(),
        database_url=database_url,
        mqtt_url=mqtt_url,
        mqtt_username=mqtt_username,
        mqtt_password=mqtt_password_file.read_text().strip() if mqtt_password_file else "",
        web_host=web_host,
        web_port=web_port,
        mqtt_host=mqtt_host,
        mqtt_port=mqtt_port,
        dead_man_url=address_in(dead_man_url_file),
        security_contact=security_contact,
    )
    logs.set_up("up", "up")
    asyncio.run(_run(settings, json=json))


def address_in(file: Path | None) -> str:
    """Read the address of the dead-man's switch, before anything is started."""
    if file is None:
        return ""
    try:
        return pingable(file.read_text().strip())
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"--dead-man-url-file {file} can not be read") from error


async def _run(settings: StackSettings, *, json: bool) -> None:
    await until_set(SystemClock())
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with Stack(settings) as stack:
        if json:
            emit(
                {
                    "web_url": stack.web_url,
                    "mqtt_url": stack.system.mqtt_url,
                    "folder": str(settings.folder),
                }
            )
        else:
            console.print(
                f"Wayhome runs. Pages: [b]{stack.web_url}[/]  MQTT: {stack.system.mqtt_url}"
            )
            console.print(f"Logs and secrets: {settings.folder}. Is all well? wayhome doctor")
            console.print("Ctrl-C ends it.")
        await ended.wait()
