"""The ``wayhome`` command: its table of contents. Each command lives in a file of its own."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from core.model.errors import WayhomeError
from wayhome.contents import Entry, contents

EPILOG = (
    "Begin with: wayhome demo (simulated homes, logins for every role, an alert within a minute). "
    "Then: wayhome up (an empty system on this machine), wayhome doctor (is all well?)."
)
_RUN = "Run a whole system on this machine"
_SERVICE = "Run one service (containers); settings come from WAYHOME_… variables"
_CARE = "Look after a system"
COMMANDS = (
    Entry(
        "up",
        "wayhome.commands.up:up",
        "Run database, broker and all services here until Ctrl-C.",
        _RUN,
    ),
    Entry(
        "demo",
        "wayhome.commands.demo:demo",
        "Run everything on this machine with simulated homes and logins for every role.",
        _RUN,
    ),
    Entry(
        "gateway",
        "wayhome.commands.services:gateway",
        "Store what devices publish: from the broker into the database, acknowledged after the commit.",
        _SERVICE,
    ),
    Entry(
        "analytics",
        "wayhome.commands.services:analytics",
        "Notice what is wrong: read the observations, run every home's detectors, write findings.",
        _SERVICE,
    ),
    Entry(
        "alerts",
        "wayhome.commands.alerting:app",
        "Tell carers: open alerts from findings and go on until somebody answers.",
        _SERVICE,
    ),
    Entry(
        "dashboard",
        "wayhome.commands.services:dashboard",
        "Serve the pages for carers, clinicians and technicians.",
        _SERVICE,
    ),
    Entry(
        "identity",
        "wayhome.commands.identity:app",
        "Make certificates of hubs and devices, and tell the broker whom to let in.",
        _SERVICE,
    ),
    Entry(
        "register",
        "wayhome.commands.register:register",
        "Register an organisation's homes, rooms, residents, devices and carers from a TOML file.",
        _CARE,
    ),
    Entry(
        "install",
        "wayhome.commands.install:install",
        "Make certificates, passwords and access rules where they are missing; print nothing.",
        _CARE,
    ),
    Entry(
        "migrate",
        "wayhome.commands.migrate:migrate",
        "Bring the database to the present schema; doing it twice changes nothing.",
        _CARE,
    ),
    Entry(
        "doctor",
        "wayhome.commands.doctor:doctor",
        "Check disk, broker, database, clock, versions, services, people and messages, and say what to do.",
        _CARE,
    ),
    Entry(
        "backed-up",
        "wayhome.commands.backed_up:backed_up",
        "Write down that a backup was made just now: doctor says when the last one is too old.",
        _CARE,
    ),
    Entry("devices", "wayhome.commands.devices:app", "Many devices at once, from a list.", _CARE),
    Entry(
        "residents",
        "wayhome.commands.residents:app",
        "What is held about a person: give it, or erase it.",
        _CARE,
    ),
    Entry(
        "consent",
        "wayhome.commands.consent:app",
        "On what basis what is done with what is known.",
        _CARE,
    ),
    Entry(
        "retention",
        "wayhome.commands.retention:app",
        "For how long what is kept; without a command: what would go now.",
        _CARE,
    ),
    Entry(
        "fhir",
        "wayhome.commands.fhir:app",
        "Let programs read over FHIR, and shut them out again.",
        _CARE,
    ),
    Entry(
        "open-data",
        "wayhome.commands.open_data:app",
        "Counts of people by area for everybody to use.",
        _CARE,
    ),
    Entry(
        "sharing",
        "wayhome.commands.sharing:app",
        "Send days and findings to the record of somebody else, as openEHR compositions.",
        _CARE,
    ),
    Entry(
        "hubs",
        "wayhome.commands.hubs:app",
        "Let hubs and single devices in with certificates, and shut them out again.",
        _CARE,
    ),
    Entry(
        "certificates",
        "wayhome.commands.certificates:app",
        "Certificates of this installation: which there are, until when, what was revoked.",
        _CARE,
    ),
    Entry("audit", "wayhome.commands.audit:app", "Check the record of who looked at whom.", _CARE),
    Entry("replay", "wayhome.commands.replay:app", "Tell a record of the past once more.", _CARE),
    Entry(
        "evaluate",
        "wayhome.commands.evaluate:app",
        "Measure a part of the system on real input.",
        _CARE,
    ),
)

app = typer.Typer(
    cls=contents(*COMMANDS),
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


def main() -> None:
    """Run the command line; an error of ours ends with 1 and one plain sentence, no trace."""
    try:
        app()
    except WayhomeError as error:
        _end(error)
    except BaseExceptionGroup as group:
        # what ended something that runs beside others
        ours, others = group.split(WayhomeError)
        if others is not None or ours is None:
            raise
        _end(_first(ours))


def _first(group: BaseExceptionGroup[WayhomeError]) -> WayhomeError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _end(error: WayhomeError) -> NoReturn:
    print(f"wayhome: {error}", file=sys.stderr)  # noqa: T201 (the command's own voice)
    sys.exit(1)
