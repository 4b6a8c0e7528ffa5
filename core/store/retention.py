"""Retention: rules, holds, what is due, and carrying it out by functions that keep to the floors.

Rules and holds are written by the registrar, runs by detection; rows are deleted with the owner's rights.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import errors
from psycopg.rows import class_row

from core.model.errors import NotRemoved
from core.model.ids import ResidentId
from core.model.retention import Rule, Task

if TYPE_CHECKING:
    from core.store.pool import Connection

LOGS = ("observations", "positions")
"""Classes that are logs: where TimescaleDB is, whole chunks of them go at once."""
SUMMARY: LiteralString = "run"
"""Class of the row that says that a whole run is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A line of the ledger of what was removed."""

    at: datetime
    name: str
    organisation_id: str | None
    before: datetime | None
    removed: int
    chunks: int = 0
    #: Why it could not be done; empty when it was.
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Somebody whose records must stay."""

    resident_id: ResidentId
    home_id: str
    reason: str
    at: datetime


async def rules(connection: Connection) -> tuple[Rule, ...]:
    """Return every rule that was ever set, in order."""
    cursor = connection.cursor(row_factory=class_row(Rule))
    await cursor.execute(
        "select rule_id, organisation_id, class as name, days, reason, at from retention_rule order by 1"
    )
    return tuple(await cursor.fetchall())


async def set_rule(connection: Connection, rule: Rule) -> None:
    """Let an organisation keep a class for another time; ``rule.rule_id`` is not read. By the registrar."""
    await connection.execute(
        "insert into retention_rule (organisation_id, class, days, reason, at)"
        " values (%s, %s, %s, %s, %s)",
        (rule.organisation_id, rule.name, rule.days, rule.reason, rule.at),
    )


async def organisations(connection: Connection) -> tuple[str, ...]:
    """Return the organisations there are."""
    cursor = await connection.execute("select organisation_id from organisation order by 1")
    return tuple(str(row[0]) for row in await cursor.fetchall())


_HELD: LiteralString = (
    "select distinct on (resident_id) resident_id, home_id, reason, at, kind from legal_hold"
    " order by resident_id, hold_id desc"
)


async def holds(connection: Connection) -> tuple[Hold, ...]:
    """Return who is held."""
    cursor = connection.cursor(row_factory=class_row(Hold))
    await cursor.execute(
        "select resident_id, home_id, reason, at from (" + _HELD + ") h where kind = 'set'"
    )
    return tuple(await cursor.fetchall())


async def hold(
    connection: Connection, resident_id: ResidentId, reason: str, at: datetime, *, release: bool
) -> bool:
    """Hold a resident's records, or let them go again; False when there is no such resident."""
    cursor = await connection.execute(
        "insert into legal_hold (home_id, resident_id, kind, reason, at)"
        " select home_id, resident_id, %s, %s, %s from resident where resident_id = %s",
        ("released" if release else "set", reason, at, resident_id),
    )
    return cursor.rowcount == 1


async def due(connection: Connection, task: Task) -> int:
    """Count the rows that a task would remove. By the operator."""
    cursor = await connection.execute(
        "select retention_due(%s, %s, %s)", (task.name, task.organisation_id, task.before)
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def remove_some(connection: Connection, task: Task, most: int) -> int:
    """Remove at most ``most`` rows of each table of a class; return how many. By detection.

    Raises
    ------
    NotRemoved
        If the database refuses.
    """
    values = (task.name, task.organisation_id, task.before, most)
    row = await _asked(connection, "select retain_rows(%s, %s, %s, %s)", values)
    return int(row[0]) if row else 0


async def drop_chunks(connection: Connection, name: str, before: datetime) -> tuple[int, int]:
    """Drop whole chunks of a log; return how many, and how many rows they held. By detection.

    Without TimescaleDB there are none. A chunk with one row that is to stay stays whole here.

    Raises
    ------
    NotRemoved
        If the database refuses.
    """
    # each chunk is looked through once before it goes: that may take minutes in a city
    await connection.execute("set local statement_timeout = 0")
    row = await _asked(
        connection, "select chunks, removed from retain_chunks(%s, %s)", (name, before)
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


async def _asked(
    connection: Connection, query: LiteralString, values: tuple[object, ...]
) -> tuple[Any, ...] | None:
    try:
        cursor = await connection.execute(query, values)
        return await cursor.fetchone()
    except errors.OperationalError:
        raise  # the door translates it
    except errors.Error as error:  # named by its kind: its words may hold values of a row
        raise NotRemoved(type(error).__name__) from None


async def note(connection: Connection, run: Run) -> None:
    """Write a line of the ledger."""
    await connection.execute(
        "insert into retention_run (at, class, organisation_id, before, removed, chunks, error)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (run.at, run.name, run.organisation_id, run.before, run.removed, run.chunks, run.error),
    )


async def runs(connection: Connection, since: datetime, limit: int = 200) -> tuple[Run, ...]:
    """Return the lines of the ledger that may be seen, the latest first."""
    cursor = connection.cursor(row_factory=class_row(Run))
    await cursor.execute(
        "select at, class as name, organisation_id, before, removed, chunks, error from retention_run"
        " where at >= %s order by run_id desc limit %s",
        (since, limit),
    )
    return tuple(await cursor.fetchall())


async def last_run(connection: Connection) -> Run | None:
    """Return the end of the last whole run; its error names what could not be done."""
    cursor = connection.cursor(row_factory=class_row(Run))
    await cursor.execute(
        "select at, class as name, organisation_id, before, removed, chunks, error from retention_run"
        " where class = %s order by run_id desc limit 1",
        (SUMMARY,),
    )
    return await cursor.fetchone()
