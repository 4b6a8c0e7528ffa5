"""``wayhome fhir``: keys for programs that read over FHIR: made, listed and taken back."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from core.model.errors import Malformed
from core.model.ids import OrganisationId, ResidentId
from core.runtime.clock import SystemClock
from core.store import application
from core.store.account import CarerRole
from core.store.application import NewToken, Token
from core.store.pool import connect
from dashboard.entrance import hashed
from dashboard.fhir.scopes import context_of, parsed
from dashboard.roles import SEE_DAYS
from wayhome import system
from wayhome.console import console, emit

_HELP = "Let programs read over FHIR, and shut them out again."
app = typer.Typer(no_args_is_help=True, help=_HELP)
LONGEST_DAYS = 366
LONGEST_NAME = 100
SHOWN = 20
Organisation = Annotated[str, typer.Argument(help="Id of the organisation, e.g. leeds.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _fhir() -> None:
    """Let programs read over FHIR, and shut them out again."""


@app.command()
def token(
    organisation: Organisation,
    name: Annotated[str, typer.Argument(help="What the people there call the program.")],
    scope: Annotated[
        list[str], typer.Option(help="What it may read: system/*.rs, patient/*.rs; again for more.")
    ],
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="How long it works.")] = 90,
    patient: Annotated[
        int, typer.Option(min=0, help="With patient/ scopes: the number of the one resident.")
    ] = 0,
    login: Annotated[
        str, typer.Option("--as", help="With user/ scopes: the log-in name of whom it reads for.")
    ] = "",
    role: Annotated[
        CarerRole, typer.Option(help="Role of the program: what the pages show it, it may read.")
    ] = CarerRole.CLINICIAN,
    recipient: Annotated[
        str, typer.Option(help="Who gets what it reads, as bases name it; the program's name else.")
    ] = "",
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Make a bearer token and print it, this once: only a hash of it is kept.

    It reads about those of whom a basis for sharing with its recipient stands, and nobody else.
    """
    key, now = secrets.token_urlsafe(32), SystemClock().now()
    wanted = NewToken(
        token_hash=hashed(key),
        organisation_id=OrganisationId(organisation),
        name=_name(name),
        recipient=_recipient(recipient or name),
        scopes=_scopes(scope, patient, login),
        resident_id=ResidentId(patient) if patient else None,
        made_at=now,
        ends_at=now + timedelta(days=days),
    )
    if role not in SEE_DAYS:
        raise Malformed("role", " or ".join(sorted(SEE_DAYS)))
    url = system.pointed_at(folder, database_url, "").database("wayhome_registrar")
    number = asyncio.run(_make(url, wanted, login, role))
    if json:
        emit({"token": key, "number": number, "ends": wanted.ends_at.isoformat()})
        return
    console.print(f"Token {number}, works until {wanted.ends_at:%Y-%m-%d}. It is not shown again:")
    print(key)  # noqa: T201 (whole, on a line of its own)
    console.print(
        f"For its recipient, {wanted.recipient!r}, see: wayhome fhir people {organisation}"
    )


def _name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= 60 or not name.isprintable():  # noqa: PLR2004
        raise Malformed("name", "1 to 60 signs")
    return name


def _recipient(text: str) -> str:
    recipient = " ".join(text.split())
    if not 0 < len(recipient) <= LONGEST_NAME or not recipient.isprintable():
        raise Malformed("recipient", f"1 to {LONGEST_NAME} signs, as the page Consent takes them")
    return recipient


def _scopes(texts: list[str], patient: int, login: str) -> tuple[str, ...]:
    """Check the scopes, and that whom they are about is named.

    Raises
    ------
    Malformed
        Naming the option.
    """
    scopes = [parsed(part) for text in texts for part in text.split()]
    context = context_of(scopes)
    if (context == "patient") != bool(patient):
        raise Malformed("patient", "the number of a resident with patient/ scopes, and only then")
    if (context == "user") != bool(login):
        raise Malformed("as", "a log-in name with user/ scopes, and only then")
    return tuple(str(one) for one in scopes)


async def _make(url: str, wanted: NewToken, login: str, role: CarerRole) -> int:
    async with connect(url) as connection:
        organisation = wanted.organisation_id
        if login:
            carer = await application.person_account(connection, organisation, login)
        else:
            carer = await application.program_account(connection, organisation, wanted.name, role)
        if wanted.resident_id is not None:
            await application.check_resident(connection, organisation, wanted.resident_id)
        return await application.make_token(connection, wanted, carer)


@app.command("list")
def list_(
    organisation: Organisation,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """List the tokens of an organisation: what each may read, for whom, and until when."""

    async def read() -> tuple[Token, ...]:
        target = system.pointed_at(folder, database_url, "").database("wayhome_registrar")
        async with connect(target) as connection:
            return await application.tokens_of(connection, OrganisationId(organisation))

    rows = [_row(one) for one in asyncio.run(read())]
    if json:
        emit(rows)
        return
    table = Table("number", "program", "for", "reads as", "scopes", "patient", "state")
    for row in rows:
        table.add_row(*row.values())
    console.print(table)


def _row(one: Token) -> dict[str, str]:
    return {
        "number": str(one.token_id),
        "program": one.name,
        "recipient": one.recipient,
        "reads as": f"{one.acts_as}, {one.role}",
        "scopes": " ".join(one.scopes),
        "patient": str(one.resident_id or ""),
        "state": state_of(one, SystemClock().now()),
    }


def state_of(one: Token, now: datetime) -> str:
    """Say whether a token works.

    Examples
    --------
    >>> end = datetime(2026, 3, 1, tzinfo=UTC)
    >>> one = Token(token_id=1, name="R", acts_as="R", role="clinician", scopes=("system/*.rs",),
    ...     resident_id=None, recipient="R", made_at=end - timedelta(days=90), ends_at=end, revoked_at=None)
    >>> state_of(one, end - timedelta(days=1)), state_of(one, end)
    ('works until 2026-03-01', 'over')
    """
    if one.revoked_at is not None:
        return f"revoked on {one.revoked_at.astimezone(UTC):%Y-%m-%d}"
    return f"works until {one.ends_at:%Y-%m-%d}" if now < one.ends_at else "over"


@app.command()
def people(
    organisation: Organisation,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Show for each recipient of keys that work how many residents a basis stands of, and of whom none."""

    async def count() -> tuple[application.Reach, ...]:
        target = system.pointed_at(folder, database_url, "").database("wayhome_registrar")
        async with connect(target) as connection:
            return await application.reach_of(
                connection, OrganisationId(organisation), SystemClock().now()
            )

    found = asyncio.run(count())
    if json:
        emit([asdict(one) for one in found])
        return
    table = Table("recipient", "may read about", "not about", "numbers of those")
    for one in found:
        missing = " ".join(str(number) for number in one.without[:SHOWN])
        more = " …" if len(one.without) > SHOWN else ""
        table.add_row(one.recipient, str(one.with_basis), str(len(one.without)), missing + more)
    console.print(table)


@app.command()
def revoke(
    organisation: Organisation,
    number: Annotated[int, typer.Argument(help="Number of the token, as `list` shows it.")],
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """Shut a program out at once; what it is reading breaks off."""

    async def end() -> bool:
        target = system.pointed_at(folder, database_url, "").database("wayhome_registrar")
        async with connect(target) as connection:
            return await application.revoke_token(
                connection, OrganisationId(organisation), number, SystemClock().now()
            )

    if not asyncio.run(end()):
        raise Malformed("number", "that of a token that works (wayhome fhir list)")
    console.print(f"Token {number} is revoked.")
