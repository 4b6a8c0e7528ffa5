"""``wayhome gateway | analytics | dashboard``: one service here (others: see `alerting`, `identity`)."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from core.runtime import settings
from core.runtime.service import Context, run


def gateway(
    leave: Annotated[
        bool,
        typer.Option(
            "--leave", help="Of several: store what this one was sent, give up its share, and end."
        ),
    ] = False,
) -> None:
    """Store what devices publish: from the broker into the database, acknowledged after the commit."""
    from gateway.service import main  # noqa: PLC0415 (a container loads only its own service)

    async def go(context: Context[settings.GatewaySettings]) -> None:
        await main(context, leaving=True)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.Event().wait()

    given = settings.load(settings.GatewaySettings)
    raise typer.Exit(run("gateway", given, go if leave else main))


def analytics() -> None:
    """Notice what is wrong: read the observations, run every home's detectors, write findings."""
    from analytics.service import main  # noqa: PLC0415

    raise typer.Exit(run("analytics", settings.load(settings.AnalyticsSettings), main))


def dashboard() -> None:
    """Serve the pages for carers, clinicians and technicians."""
    from dashboard.service import main  # noqa: PLC0415

    raise typer.Exit(run("dashboard", settings.load(settings.DashboardSettings), main))
