"""Everything about one resident: read out whole, or erased with proof. For the owner of the database."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql
from psycopg.types.json import Jsonb

from core.model.errors import Held, Malformed, Misconfigured
from core.model.ids import HomeId, ResidentId
from core.model.subject import Erasure, Subject
from core.store import retention
from core.store.holdings import HOLDINGS
from core.store.listen import notify
from core.store.moving import check_parted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from core.store.holdings import Holding
    from core.store.pool import Connection

_SUBJECT = (
    "select r.resident_id, r.home_id, h.organisation_id, r.name, not exists (select 1 from resident o"
    " where o.home_id = r.home_id and o.resident_id <> r.resident_id), r.left_at from resident r join home h"
    " using (home_id)"
)


SWEPT = ("observation", "position", "quarantine", "discovered", "refusal")
"""What gateways still write when devices were just retired: by device the first two, by home the others."""


async def subjects(connection: Connection) -> tuple[Subject, ...]:
    """Return everybody who is watched over, by home."""
    cursor = await connection.execute(_SUBJECT + " order by r.home_id, r.resident_id")
    return tuple([_subject(row) for row in await cursor.fetchall()])


async def subject(connection: Connection, resident_id: ResidentId) -> Subject:
    """Return one resident.

    Raises
    ------
    Malformed
        If there is none of this number.
    """
    cursor = await connection.execute(_SUBJECT + " where r.resident_id = %s", (resident_id,))
    row = await cursor.fetchone()
    if row is None:
        raise Malformed("resident", "the number of a resident, see `wayhome residents list`")
    return _subject(row)


def _subject(row: tuple[Any, ...]) -> Subject:
    return Subject(
        resident_id=ResidentId(row[0]),
        home_id=HomeId(row[1]),
        organisation_id=row[2],
        name=row[3],
        alone=row[4],
        left_at=row[5],
    )


async def check_sees_all(connection: Connection) -> None:
    """Refuse to go on where row-level security hides rows: they would be taken for erased.

    Raises
    ------
    Misconfigured
        If the connection is not the owner's.
    """
    cursor = await connection.execute(
        "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
    )
    row = await cursor.fetchone()
    if row is None or not row[0]:
        raise Misconfigured(
            "database_url: expected the owner of the database, whom no row-level security holds"
        )


async def check_not_held(connection: Connection, person: Subject) -> None:
    """Refuse to erase what must stay, e.g. for an inquest: of the person, or of who lives with them.

    Raises
    ------
    Held
        Saying since when, why, and who can end it.
    """
    for hold in await retention.holds(connection):
        if hold.home_id == person.home_id:
            raise Held(
                f"records of resident {hold.resident_id} must stay since {hold.at:%Y-%m-%d}: {hold.reason!r}."
                " Whoever ordered that has to agree; then the operator of this system runs"
                f" `wayhome retention release {hold.resident_id} --reason …`"
            )


def holdings_of(person: Subject) -> tuple[Holding, ...]:
    """Return where the facts about a person are; not what others in the home share."""
    return tuple(one for one in HOLDINGS if person.alone or not one.shared)


async def columns_of(connection: Connection, holding: Holding) -> tuple[tuple[str, bool], ...]:
    """Return the columns of a table that say something, and whether it is text."""
    cursor = await connection.execute(
        "select column_name, data_type = 'text' from information_schema.columns"
        " where table_schema = 'public' and table_name = %s and column_name <> all(%s)"
        " order by ordinal_position",
        (holding.table, list(holding.hidden)),
    )
    return tuple((name, text) for name, text in await cursor.fetchall())


_FORMULA: LiteralString = r"^([=+@\t\r-])"
"""With what a text begins that a spreadsheet would run: it comes from sensors and carers, too."""


def _plain(name: str, *, text: bool) -> sql.Composable:
    """Return a column as a spreadsheet shows it and does not run it."""
    column = sql.Identifier(name)
    if not text:
        return column
    return sql.SQL("regexp_replace({column}, {formula}, {plain}) as {column}").format(
        column=column, formula=sql.Literal(_FORMULA), plain=sql.Literal(r"'\1")
    )


@asynccontextmanager
async def rows_out(
    connection: Connection, holding: Holding, person: Subject
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Copy the rows of a holding out as CSV with a head line, bit by bit."""
    names = await columns_of(connection, holding)
    query = sql.SQL("copy (select {} from {} where {}) to stdout (format csv, header)").format(
        sql.SQL(", ").join(_plain(name, text=text) for name, text in names),
        sql.Identifier(holding.table),
        _where(holding, person),
    )
    async with connection.cursor().copy(query) as copy:
        yield (bytes(part) async for part in copy)


async def photos(connection: Connection, person: Subject) -> list[tuple[int, bytes]]:
    """Return the photos of a person by their number."""
    cursor = await connection.execute(
        "select photo_id, content from profile_photo where resident_id = %s order by photo_id",
        (person.resident_id,),
    )
    return [(number, bytes(content)) for number, content in await cursor.fetchall()]


async def remaining(connection: Connection, person: Subject) -> dict[str, int]:
    """Count the rows about a person, by table; tables without any are left out."""
    found = {}
    for holding in holdings_of(person):
        query = sql.SQL("select count(*) from {} where {}").format(
            sql.Identifier(holding.table), _where(holding, person)
        )
        cursor = await connection.execute(query)
        (count,) = await cursor.fetchone() or (0,)
        if count:
            found[holding.table] = int(count)
    return found


async def erase(
    connection: Connection,
    person: Subject,
    when: tuple[datetime, str],
    step: Callable[[str], None] = lambda _: None,
) -> Erasure:
    """Delete every row about a person and leave the proof, all in the caller's transaction.

    Parameters
    ----------
    when
        The present moment, and why it is done.
    step
        Called with the name of each table that is done.

    Raises
    ------
    Held
        If records of the home must stay.
    Misconfigured
        If the person is the last one there, and records of who left are kept.
    """
    at, reason = when
    await check_not_held(connection, person)
    await check_parted(connection, person)
    rows: dict[str, int] = {}
    found = holdings_of(person)
    # What takes minutes comes before anything is locked for which detection and alerting would wait, with the
    # findings and alerts of all other homes behind it.
    for holding in found:
        if holding.table in SWEPT[:2]:
            rows |= await _deleted(connection, holding, person)
            step(holding.table)
    await connection.execute("select 1 from home where home_id = %s for update", (person.home_id,))
    for holding in found:
        if holding.table not in SWEPT[:2]:
            rows |= await _deleted(connection, holding, person)
            step(holding.table)
    done = Erasure(
        resident_id=person.resident_id,
        home_id=person.home_id,
        whole_home=person.alone,
        at=at,
        reason=reason,
        rows=rows,
    )
    if rows:
        await _prove(connection, person.organisation_id, done)
    return done


async def _deleted(connection: Connection, holding: Holding, person: Subject) -> dict[str, int]:
    """Delete the rows of a holding; return how many, by table, nothing for none."""
    query = sql.SQL("delete from {} where {}").format(
        sql.Identifier(holding.table), _where(holding, person)
    )
    cursor = await connection.execute(query)
    return {holding.table: cursor.rowcount} if cursor.rowcount else {}


async def _prove(connection: Connection, organisation_id: str, done: Erasure) -> None:
    await connection.execute(
        "insert into erasure (organisation_id, home_id, resident_id, whole_home, at, reason, rows)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            organisation_id,
            done.home_id,
            done.resident_id,
            done.whole_home,
            done.at,
            done.reason,
            Jsonb(dict(done.rows)),
        ),
    )


async def erasures(connection: Connection) -> tuple[Erasure, ...]:
    """Return all proofs, the oldest first."""
    cursor = await connection.execute(
        "select resident_id, home_id, whole_home, at, reason, rows, disk from erasure"
        " order by erasure_id"
    )
    return tuple(
        Erasure(
            resident_id=ResidentId(row[0]),
            home_id=HomeId(row[1]),
            whole_home=row[2],
            at=row[3],
            reason=row[4],
            rows=row[5],
            disk=row[6],
        )
        for row in await cursor.fetchall()
    )


async def note_disk(connection: Connection, disk: Mapping[str, str], done: Erasure | None) -> None:
    """Write into a proof what files still hold and until when; None: into all of those that are open."""
    await connection.execute(
        "update erasure set disk = %s where coalesce(disk <> '{}', true) and %s::bigint is null"
        " or resident_id = %s",
        (Jsonb(dict(disk)), *(2 * [None if done is None else done.resident_id])),
    )


async def open_disks(connection: Connection) -> tuple[Mapping[str, str], ...]:
    """Return what is still held, of each erasure that files still know something of or were not asked."""
    cursor = await connection.execute(
        "select coalesce(disk, '{}') from erasure where coalesce(disk <> '{}', true) order by erasure_id"
    )
    return tuple([row[0] for row in await cursor.fetchall()])


async def quieten(connection: Connection, person: Subject, at: datetime) -> tuple[int, ...]:
    """Retire the devices about to go, so that gateways take nothing more from them; return their numbers."""
    cursor = await connection.execute(
        sql.SQL(
            "update device set retired_at = coalesce(retired_at, {}) where {} returning device_id"
        ).format(sql.Literal(at), _who(person))
    )
    numbers = tuple(number for (number,) in await cursor.fetchall())
    await notify(connection, "registry", person.home_id)
    return numbers


async def rouse(connection: Connection, person: Subject, at: datetime) -> None:
    """Let the devices speak again that were retired at this moment: the erasure was broken off."""
    await connection.execute(
        sql.SQL("update device set retired_at = null where {} and retired_at = {}").format(
            _who(person), sql.Literal(at)
        )
    )
    await notify(connection, "registry", person.home_id)


async def sweep(connection: Connection, person: Subject, devices: Sequence[int]) -> int:
    """Delete what a gateway had still under way when the rest was erased; return how many rows."""
    swept = 0
    for table in SWEPT[:2]:
        cursor = await connection.execute(
            sql.SQL("delete from {} where device_id = any(%s)").format(sql.Identifier(table)),
            (list(devices),),
        )
        swept += cursor.rowcount
    for holding in HOLDINGS if person.alone else ():
        if holding.table in SWEPT[2:]:
            cursor = await connection.execute(
                sql.SQL("delete from {} where {}").format(
                    sql.Identifier(holding.table), _where(holding, person)
                )
            )
            swept += cursor.rowcount
    return swept


def _who(person: Subject) -> sql.Composed:
    column, value = (
        ("home_id", person.home_id) if person.alone else ("resident_id", person.resident_id)
    )
    return sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(value))


def _where(holding: Holding, person: Subject) -> sql.Composed:
    return sql.SQL(holding.where).format(who=_who(person), home=sql.Literal(person.home_id))
