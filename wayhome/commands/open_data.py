"""``wayhome open-data``: counts of people by area, k-anonymous, off until an organisation turns it on."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.model.basis import Purpose, standing
from core.model.errors import Malformed, Misconfigured
from core.model.ids import HomeId, OrganisationId
from core.model.open_data import LEAST_K, Band, band_of, table_of
from core.store import basis
from core.store import open_data as store
from core.store.pool import connect
from wayhome import system
from wayhome.console import console, emit, words
from wayhome.open_data import Subject, as_csv, files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.store.pool import Connection

app = typer.Typer(no_args_is_help=True, help="Counts of people by area for everybody to use.")

Organisation = Annotated[str, typer.Argument(help="Code of the organisation.")]
SaidBy = Annotated[str, typer.Option(callback=words(100), help="Who decided for the organisation.")]
AREA = re.compile(r"[A-Z][0-9]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Who is counted, and how many are not, by reason. For the operator only."""

    people: tuple[tuple[str, Band], ...]
    left_out: dict[str, int]


@app.callback()
def _open_data() -> None:
    """Publish counts of people by area; nothing is published before an organisation turns it on."""


@app.command()
def on(
    organisation: Organisation,
    said_by: SaidBy,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """Let an organisation publish; who is counted is decided for each person on the page *Consent*."""
    _choose(_registrar(folder, database_url), organisation, said_by, on=True)
    console.print(f"{organisation} may publish. Only who agreed to open data is counted.")


@app.command()
def off(
    organisation: Organisation,
    said_by: SaidBy,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """End publishing; what is out stays out."""
    _choose(_registrar(folder, database_url), organisation, said_by, on=False)
    console.print(f"{organisation} publishes nothing more.")


@app.command()
def area(
    home: Annotated[str, typer.Argument(help="Code of the home.")],
    code: Annotated[str, typer.Argument(help="ONS code of its ward or LSOA, e.g. E05011391.")],
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
) -> None:
    """Say in which area a home lies; a home without one is counted nowhere."""

    async def write() -> bool:
        async with connect(_registrar(folder, database_url)) as connection:
            return await store.set_area(connection, HomeId(home), code, datetime.now(UTC))

    if not AREA.fullmatch(code):
        raise Malformed("area", "a letter and eight digits, such as E05011391")
    if not asyncio.run(write()):
        raise Malformed("home", "the code of a home that is registered")
    console.print(f"Home {home} lies in {code}.")


@app.command()
def publish(
    organisation: Organisation,
    month: Annotated[str, typer.Argument(help="Month that is over, e.g. 2026-01.")],
    target: Annotated[Path, typer.Argument(help="Folder to write to; made when missing.")],
    k: Annotated[int, typer.Option(help="No cell is about fewer people.", min=LEAST_K)] = LEAST_K,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the table of a month with its metadata; a month is published in one version only."""
    now = datetime.now(UTC)
    about = Subject(
        organisation_id=organisation, organisation=organisation, month=_month(month, now), k=k
    )
    try:
        written, counted = asyncio.run(
            _publish(_registrar(folder, database_url), about, now, target)
        )
    except OSError as error:
        raise Misconfigured(f"{target}: {error.strerror}") from error
    if json:
        emit({"files": written, "counted": len(counted.people), "left_out": counted.left_out})
        return
    console.print(", ".join(written) or f"Nothing: fewer than {k} people can be counted.")
    console.print(
        f"Not for publication: {len(counted.people)} counted, left out {counted.left_out}"
    )


async def _publish(
    url: str, about: Subject, now: datetime, target: Path
) -> tuple[list[str], Counted]:
    organisation = OrganisationId(about.organisation_id)
    async with connect(url) as connection:
        if not await store.publishes(connection, organisation):
            raise Misconfigured(
                f"{organisation} does not publish open data: see `wayhome open-data on`"
            )
        counted = await count(connection, organisation, about.month, now)
        table = table_of(counted.people, about.k)
        if table is not None:
            digest = hashlib.sha256(as_csv(about, table).encode()).digest()
            before = await store.published(connection, organisation, about.month)
            if before is None:
                await store.note_published(connection, organisation, about.month, digest, now)
            elif before != digest:
                raise Misconfigured(
                    f"{about.month:%Y-%m} was published with other counts: the difference would tell who"
                    " came or went. Publish the next month"
                )
        # before it is committed: what counts as published can be published in no other version
        return _write(target, {} if table is None else files(about, table, now)), counted


def _write(target: Path, texts: Mapping[str, str]) -> list[str]:
    for name, text in texts.items():
        target.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text, encoding="utf-8", newline="")
    return list(texts)


async def count(
    connection: Connection, organisation: OrganisationId, month: date, now: datetime
) -> Counted:
    """Find who may be counted in a month, and why others are not."""
    after = _next(month)
    ledgers = await basis.ledgers(connection)
    people, left_out = [], Counter[str]()
    for one in await store.months(connection, organisation, month, after):
        ledger = ledgers.get(one.resident_id, ())
        end = datetime(after.year, after.month, 1, tzinfo=UTC) - timedelta(seconds=1)
        # of the month, and still so: who has withdrawn since is not published any more
        agreed = all(standing(ledger, Purpose.OPEN_DATA, "", at) for at in (end, now))
        if not agreed:
            left_out["no basis for open data"] += 1
        elif one.residents > 1:
            left_out["several live in the home"] += 1
        elif one.area is None:
            left_out["no area"] += 1
        elif one.days < store.LEAST_DAYS or one.active_min is None:
            left_out["too few days that could be seen"] += 1
        else:
            people.append((one.area, band_of(one.active_min)))
    return Counted(people=tuple(people), left_out=dict(left_out))


def _choose(url: str, organisation: str, said_by: str, *, on: bool) -> None:
    async def write() -> bool:
        async with connect(url) as connection:
            now = datetime.now(UTC)
            return await store.choose(connection, OrganisationId(organisation), said_by, now, on=on)

    if not asyncio.run(write()):
        raise Malformed("organisation", "the code of one that is registered")


def _month(text: str, now: datetime) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
        after = _next(month)
    except (ValueError, OverflowError) as error:
        raise Malformed("month", "year and month, such as 2026-01") from error
    if after > now.date():
        raise Malformed("month", "one that is over")
    return month


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _registrar(folder: Path | None, database_url: str) -> str:
    return system.pointed_at(folder, database_url, "").database("wayhome_registrar")
