"""``wayhome demo``: the whole journey on simulated homes."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from core.runtime import log as logs
from wayhome.console import console, emit
from wayhome.demonstration.figures import Figures
from wayhome.demonstration.run import DemoSettings, run


def demo(
    lasts: Annotated[
        float | None,
        typer.Option(
            "--for", min=1, help="End by itself after so many seconds; a carer then answers."
        ),
    ] = None,
    homes: Annotated[int, typer.Option(min=1, max=200, help="Simulated homes.")] = 6,
    web_port: Annotated[int, typer.Option(help="Port of the pages; 0 chooses one.")] = 0,
    web_host: Annotated[str, typer.Option(help="Address that the pages listen on.")] = "127.0.0.1",
    database_url: Annotated[
        str, typer.Option(help="A real database instead of the embedded one, e.g. TimescaleDB.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Run everything on this machine with simulated homes and logins for every role.

    Needs nothing but this package: PostgreSQL and the MQTT broker come with it. Within a minute
    something goes wrong in two homes and becomes an alert. Everything is removed at the end.
    """
    logs.set_up("demo", "demo", "WARNING")
    settings = DemoSettings(
        homes=homes, lasts_s=lasts, web_port=web_port, web_host=web_host, database_url=database_url
    )
    measured = asyncio.run(_until_told(settings))
    if json:
        emit(measured)
    else:
        console.print(
            f"{measured.observations} observations, {measured.findings} findings,"
            f" {measured.alerts} alerts, {measured.acknowledged} acknowledged,"
            f" {measured.lost} lost, {measured.duplicates} twice."
        )


async def _until_told(settings: DemoSettings) -> Figures:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    return await run(settings, ended)
