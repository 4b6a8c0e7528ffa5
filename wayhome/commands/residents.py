"""``wayhome residents``: give a person everything about them, or erase it with proof."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table

from core.model.errors import BrokerUnavailable, Misconfigured, WayhomeError
from core.model.ids import ResidentId
from core.model.subject import KEPT, Erasure, Subject, undone
from core.store import moving, person
from core.store.holdings import HOLDINGS
from core.store.pool import connect
from wayhome import settling, subject_archive, system
from wayhome.commands import erasure_shown
from wayhome.console import console, emit, progress, words
from wayhome.retained import clear_retained

if TYPE_CHECKING:
    from core.store.pool import Connection

app = typer.Typer(no_args_is_help=True, help="What is held about a person: give it, or erase it.")

Number = Annotated[int, typer.Argument(help="Number of the resident, as `list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
CLEARED = "keeps no message of the home"
NOT_CLEARED = "ASKED IN VAIN; clear by hand what it retains below"
UNKNOWN = "not asked; name a --folder whose system has one, or clear what it retains below the home"
SHARED = "not asked, because somebody else lives on in the home"
LONGEST_REASON = 500
SETTLE_S = 5.0
"""So long gateways may need to hear that a device is retired, and to store what they had in hand."""


@app.callback()
def _residents() -> None:
    """Give a person what is held about them, or erase it."""


@app.command("list")
def list_(folder: system.Folder = None, database_url: system.DatabaseUrl = "") -> None:
    """Show the number, the home and the name of everybody who is watched over."""

    async def read() -> tuple[Subject, ...]:
        async with connect(_owner(folder, database_url)) as connection:
            return await person.subjects(connection)

    table = Table("number", "home", "name", "left")
    for one in asyncio.run(read()):
        gone = "" if one.left_at is None else f"{one.left_at.astimezone(UTC):%Y-%m-%d}"
        table.add_row(str(one.resident_id), one.home_id, one.name, gone)
    console.print(table)


@app.command()
def left(
    resident: Number,
    back: Annotated[bool, typer.Option("--back", help="Lives there again, or never left.")] = False,
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Say that somebody died or moved away, where another one lives on in the home.

    From then on the home is watched for who lives there: names, consent and detection go by them alone. What
    was worn or carried is in use no more, and the person's own log-in ends. What is known of them stays.
    """
    url = _owner(folder, database_url)
    devices = asyncio.run(_leave(url, ResidentId(resident), back=back))
    if json:
        emit({"resident": resident, "left": not back, "devices": list(devices)})
    elif back:
        console.print("Lives there again. Put what is worn into use again on the install page.")
    else:
        console.print(f"Noted. Devices in use no more: {len(devices)}.")
        console.print(
            "What is usual was learned from all who lived there. For some six weeks “No movement” may come"
            " earlier than it should: the pages say so, and the carers should hear it from you."
        )


@app.command()
def export(
    resident: Number,
    file: Annotated[Path, typer.Argument(help="The archive to write; must not be there yet.")],
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    json: Json = False,
) -> None:
    """Write everything about a person into one ZIP file: tables, photos, and a page that explains them."""
    if file.exists():
        raise Misconfigured(f"{file.name}: expected a file that is not there yet")
    try:
        parts = asyncio.run(_export(_owner(folder, database_url), ResidentId(resident), file))
    except OSError as error:
        raise Misconfigured(f"{file.name}: {error.strerror}") from error
    rows = sum(part.rows for part in parts)
    if json:
        emit({"file": file.name, "tables": len(parts), "rows": rows})
        return
    console.print(f"{rows} rows of {len(parts)} tables. Open index.html in the archive first.")


@app.command()
def erase(
    resident: Number,
    reason: Annotated[
        str,
        typer.Option(
            callback=words(LONGEST_REASON), help="Why; without a name. It stays with the proof."
        ),
    ],
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    rewrite: Annotated[
        bool,
        typer.Option("--rewrite", help="Write large tables anew too; locks each for that time."),
    ] = False,
    settle_s: Annotated[float, typer.Option(min=0, hidden=True)] = SETTLE_S,
    json: Json = False,
) -> None:
    """Erase everything about a person, for good, and leave a proof that names nobody.

    Switch the home's hub off and end its log-in before: what it sends later is kept as unknown messages.
    """
    target = _target(folder, database_url)
    if not yes:
        erasure_shown.ask(asyncio.run(_subject(target.database(""), ResidentId(resident))))
    broker_files = settling.broker_folder(folder, database_url)
    how = _How(reason=reason, settle_s=settle_s, rewrite=rewrite, broker=broker_files)
    done, left, broker = asyncio.run(_erase(target, ResidentId(resident), how))
    if json:
        emit(asdict(done) | {"left": left, "broker": broker, "kept": dict(KEPT)})
    else:
        erasure_shown.show(done, left, broker)
    raise typer.Exit(1 if left or broker.startswith(NOT_CLEARED) else 0)


@app.command("erase-again")
def erase_again(
    file: Annotated[Path, typer.Argument(help="What `erased --json` said before the restore.")],
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settle_s: Annotated[float, typer.Option(min=0, hidden=True)] = SETTLE_S,
    json: Json = False,
) -> None:
    """After a restore: erase again who had been erased since the backup was made.

    Nobody else is touched; doing it twice changes nothing. Ends with 1 where somebody could not be erased.
    """
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=list[Erasure])
    except (OSError, msgspec.DecodeError) as error:
        raise Misconfigured(f"{file.name}: expected what `residents erased --json` says") from error
    target = _target(folder, database_url)
    due = asyncio.run(_undone(target.database(""), kept))
    if due and not yes:
        erasure_shown.ask_again(due)
    broker = settling.broker_folder(folder, database_url)
    failed: dict[str, str] = {}
    for one, proof in due:
        reason = f"again after a restore: {proof.reason}"[:LONGEST_REASON]
        how = _How(reason=reason, settle_s=settle_s, rewrite=False, broker=broker)
        try:
            _, left, said = asyncio.run(_erase(target, one.resident_id, how))
        except WayhomeError as error:  # the next may go all the same
            failed[str(one.resident_id)] = str(error)
        else:
            why = (
                f"not all is gone: {left}" if left else said if said.startswith(NOT_CLEARED) else ""
            )
            failed |= {str(one.resident_id): why} if why else {}
    if json:
        emit({"erased": len(due) - len(failed), "failed": failed})
    else:
        console.print(f"Erased again: {len(due) - len(failed)}.")
        for number, why in failed.items():
            console.print(f"[red]NOT erased: resident {number}[/]: {why}")
    raise typer.Exit(1 if failed else 0)


@app.command()
def settle(
    folder: system.Folder = None,
    database_url: system.DatabaseUrl = "",
    rewrite: Annotated[
        bool,
        typer.Option("--rewrite", help="Write large tables anew too; locks each for that time."),
    ] = False,
    json: Json = False,
) -> None:
    """Finish what erasures could not: let files of database and broker go of what was deleted.

    Nobody is erased by it. Ends with 1 where something still holds what was deleted.
    """
    target = _target(folder, database_url)
    broker = settling.broker_folder(folder, database_url)
    tables = tuple(one.table for one in HOLDINGS)

    async def finish() -> dict[str, str]:
        async with connect(target.database(""), autocommit=True) as connection:
            await person.check_sees_all(connection)
            found = await settling.settle(connection, (tables, tables), (broker, ""), whole=rewrite)
            await person.note_disk(connection, found, None)
            return found

    found = asyncio.run(finish())
    if json:
        emit({"disk": found})
    else:
        erasure_shown.show_disk(found)
    raise typer.Exit(1 if found else 0)


@app.command()
def erased(
    folder: system.Folder = None, database_url: system.DatabaseUrl = "", json: Json = False
) -> None:
    """Show the proofs of all erasures."""

    async def read() -> tuple[Erasure, ...]:
        target = system.pointed_at(folder, database_url, "")
        async with connect(target.database("wayhome_operator")) as connection:
            return await person.erasures(connection)

    proofs = asyncio.run(read())
    if json:
        emit([asdict(one) for one in proofs])
        return
    table = Table("when (UTC)", "home", "resident", "rows", "why", "still held by")
    for one in proofs:
        rows = str(sum(one.rows.values()))
        when = f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M}"
        held = "not looked at" if one.disk is None else ", ".join(one.disk) or "nothing"
        table.add_row(when, one.home_id, str(one.resident_id), rows, one.reason, held)
    console.print(table)


def _owner(folder: Path | None, database_url: str) -> str:
    return system.pointed_at(folder, database_url, "").database("")


def _target(folder: Path | None, database_url: str) -> system.System:
    """Return the system of the folder, with another address of the database where one is given."""
    if folder is not None and database_url:
        return replace(system.load(folder), database_urls={"": database_url})
    return system.pointed_at(folder, database_url, "")


async def _subject(url: str, resident: ResidentId) -> Subject:
    async with connect(url) as connection:
        return await person.subject(connection, resident)


async def _undone(url: str, kept: list[Erasure]) -> tuple[tuple[Subject, Erasure], ...]:
    async with connect(url) as connection:
        await person.check_sees_all(connection)
        proofs, subjects = await person.erasures(connection), await person.subjects(connection)
        return undone(kept, proofs, subjects)


async def _leave(url: str, resident: ResidentId, *, back: bool) -> tuple[int, ...]:
    async with connect(url) as connection:
        await person.check_sees_all(connection)
        one = await person.subject(connection, resident)
        if not back:
            return await moving.leave(connection, one, datetime.now(UTC))
        if not await moving.come_back(connection, one):
            raise Misconfigured(f"resident {resident}: expected somebody who had left")
        return ()


async def _export(url: str, resident: ResidentId, file: Path) -> tuple[subject_archive.Part, ...]:
    async with connect(url, autocommit=True) as connection:
        await person.check_sees_all(connection)
        one = await person.subject(connection, resident)
        with progress(len(person.holdings_of(one)), "writing") as bar:
            (task,) = bar.task_ids
            async with connection.transaction():
                await connection.execute(
                    "set transaction isolation level repeatable read, read only"
                )
                return await subject_archive.write(
                    connection, one, file, datetime.now(UTC), lambda _: bar.advance(task)
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    reason: str
    settle_s: float
    rewrite: bool
    broker: Path | None


async def _erase(
    target: system.System, resident: ResidentId, how: _How
) -> tuple[Erasure, dict[str, int], str]:
    async with connect(target.database(""), autocommit=True) as connection:
        await person.check_sees_all(connection)
        one = await person.subject(connection, resident)
        await person.check_not_held(connection, one)
        await moving.check_parted(connection, one)
        begun = datetime.now(UTC)
        async with connection.transaction():
            devices = await person.quieten(connection, one, begun)
        try:
            done = await _carry_out(target, connection, one, how)
        except BaseException:
            # also a Ctrl-C: of whom nothing was erased, the home goes on being watched
            async with connect(target.database("")) as another:
                await person.rouse(another, one, begun)
            raise
        async with connection.transaction():
            await person.sweep(connection, one, devices)
        left = await person.remaining(connection, one)
        try:
            broker = await _clear_broker(target, one)  # what came meanwhile
        except BrokerUnavailable as error:
            broker = f"{NOT_CLEARED} homes/{one.home_id}/: {error}"
        tables = tuple(holding.table for holding in person.holdings_of(one))
        queue = (how.broker, one.home_id if one.alone else "")
        emptied = {*done.rows, *person.SWEPT}
        disk = await settling.settle(connection, (tables, emptied), queue, whole=how.rewrite)
        await person.note_disk(connection, disk, done)
        return replace(done, disk=disk), left, broker


async def _carry_out(
    target: system.System, connection: Connection, one: Subject, how: _How
) -> Erasure:
    await _clear_broker(target, one)  # raises where it can not be done: nothing is erased then
    await asyncio.sleep(how.settle_s)
    with progress(len(person.holdings_of(one)), "erasing") as bar:
        (task,) = bar.task_ids
        async with connection.transaction():
            when = (datetime.now(UTC), how.reason)
            return await person.erase(connection, one, when, lambda _: bar.advance(task))


async def _clear_broker(target: system.System, one: Subject) -> str:
    """Let the broker forget the home; say how that went.

    Raises
    ------
    BrokerUnavailable
        If it does not answer, or is told more as soon as it has forgotten.
    """
    if not one.alone:
        return SHARED
    if not target.mqtt_url:
        return UNKNOWN
    kept = await clear_retained(target, one.home_id)
    if kept:
        raise BrokerUnavailable(
            f"the broker is told more as soon as it forgets ({len(kept)} messages): switch the hub off first"
        )
    return CLEARED
