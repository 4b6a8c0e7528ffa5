"""``wayhome gateway | analytics | dashboard``: one service here (others: see `alerting`, `identity`)."""

from __future__ import annotations

import typer

from core.runtime import settings
from core.runtime.service import run


def gateway() -> None:
    """Store what devices publish: from the broker into the database, acknowledged after the commit."""
    from gateway.service import main  # noqa: PLC0415 (a container loads only its own service)

    raise typer.Exit(run("gateway", settings.load(settings.GatewaySettings), main))


def analytics() -> None:
    """Notice what is wrong: read the observations, run every home's detectors, write findings."""
    from analytics.service import main  # noqa: PLC0415

    raise typer.Exit(run("analytics", settings.load(settings.AnalyticsSettings), main))


def dashboard() -> None:
    """Serve the pages for carers, clinicians and technicians."""
    from dashboard.service import main  # noqa: PLC0415

    raise typer.Exit(run("dashboard", settings.load(settings.DashboardSettings), main))
