"""The ``wayhome`` command: its table of contents. Each command lives in a file of its own."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from core.model.errors import WayhomeError
from wayhome.commands import (
    alerting,
    audit,
    certificates,
    consent,
    demo,
    devices,
    doctor,
    evaluate,
    fhir,
    hubs,
    identity,
    install,
    migrate,
    open_data,
    register,
    replay,
    residents,
    retention,
    services,
    sharing,
    up,
)

EPILOG = (
    "Begin with: wayhome demo (simulated homes, logins for every role, an alert within a minute). "
    "Then: wayhome up (an empty system on this machine), wayhome doctor (is all well?)."
)

app = typer.Typer(
    name="wayhome",
    help=(
        "Watches over people living with dementia by the sensors in their homes,"
        " and goes on telling their carers until somebody answers."
    ),
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wayhome {version('wayhome')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Say which version this is.", callback=_say_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


_RUN = "Run a whole system on this machine"
_SERVICE = "Run one service (containers); settings come from WAYHOME_… variables"
_CARE = "Look after a system"

app.command(rich_help_panel=_RUN)(up.up)
app.command(rich_help_panel=_RUN)(demo.demo)
app.command(rich_help_panel=_SERVICE)(services.gateway)
app.command(rich_help_panel=_SERVICE)(services.analytics)
app.add_typer(alerting.app, name="alerts", rich_help_panel=_SERVICE)
app.command(rich_help_panel=_SERVICE)(services.dashboard)
app.add_typer(identity.app, name="identity", rich_help_panel=_SERVICE)
app.command(rich_help_panel=_CARE)(register.register)
app.command(rich_help_panel=_CARE)(install.install)
app.command(rich_help_panel=_CARE)(migrate.migrate)
app.command(rich_help_panel=_CARE)(doctor.doctor)
app.add_typer(devices.app, name="devices", rich_help_panel=_CARE)
app.add_typer(residents.app, name="residents", rich_help_panel=_CARE)
app.add_typer(consent.app, name="consent", rich_help_panel=_CARE)
app.add_typer(retention.app, name="retention", rich_help_panel=_CARE)
app.add_typer(fhir.app, name="fhir", rich_help_panel=_CARE)
app.add_typer(open_data.app, name="open-data", rich_help_panel=_CARE)
app.add_typer(sharing.app, name="sharing", rich_help_panel=_CARE)
app.add_typer(hubs.app, name="hubs", rich_help_panel=_CARE)
app.add_typer(certificates.app, name="certificates", rich_help_panel=_CARE)
app.add_typer(audit.app, name="audit", rich_help_panel=_CARE)
app.add_typer(replay.app, name="replay", rich_help_panel=_CARE)
app.add_typer(evaluate.app, name="evaluate", rich_help_panel=_CARE)


def main() -> None:
    """Run the command line; an error of ours ends with 1 and one plain sentence, no trace."""
    try:
        app()
    except WayhomeError as error:
        print(f"wayhome: {error}", file=sys.stderr)  # noqa: T201 (the command's own voice)
        sys.exit(1)
