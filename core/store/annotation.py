"""What people mark in the days of a resident: every change is a version. Written by the dashboard.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from core.model.annotation import Annotation, AnnotationKind, Marking
from core.model.ids import CarerId, HomeId, ResidentId

if TYPE_CHECKING:
    from core.store.pool import Connection

_COLUMNS = (
    "a.number, a.version, a.kind, a.first_day, a.last_day, a.excludes, a.note, a.withdrawn, a.reason,"
    " a.at, c.name as author"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version of an annotation that is to be kept."""

    resident_id: ResidentId
    home_id: HomeId
    #: None for a new annotation.
    number: int | None
    #: The version that its author had seen; 0 for a new annotation.
    base: int
    marking: Marking
    carer_id: CarerId
    at: datetime
    withdrawn: bool = False
    reason: str = ""


async def annotations_of(
    connection: Connection, resident_id: ResidentId, first: date = date.min, last: date = date.max
) -> tuple[Annotation, ...]:
    """Return what is marked in a span of days and was not taken back, in the order of its days."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"select {_COLUMNS} from annotation a join carer c using (carer_id)"
        " where a.resident_id = %(resident)s and a.first_day <= %(last)s and a.last_day >= %(first)s"
        " and not a.withdrawn and not exists (select 1 from annotation n"
        "  where n.resident_id = a.resident_id and n.number = a.number and n.version > a.version)"
        " order by a.first_day, a.number limit 200",
        {"resident": resident_id, "first": first, "last": last},
    )
    return tuple(_annotation(row) for row in await cursor.fetchall())


async def trail_of(connection: Connection, resident_id: ResidentId) -> tuple[Annotation, ...]:
    """Return every version of every annotation, the latest annotation first, its versions in order."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"select {_COLUMNS} from annotation a join carer c using (carer_id)"
        " where a.resident_id = %s order by a.number desc, a.version limit 2000",
        (resident_id,),
    )
    return tuple(_annotation(row) for row in await cursor.fetchall())


async def keep(connection: Connection, new: NewVersion) -> bool:
    """Keep a version; False when somebody else kept one since, or it was taken back.

    Raises
    ------
    psycopg.errors.InsufficientPrivilege
        If the resident is not of the home, or the author is not the acting person.
    """
    marking = new.marking
    try:
        async with connection.transaction():
            cursor = await connection.execute(
                "insert into annotation (home_id, resident_id, number, version, kind, first_day,"
                " last_day, excludes, note, withdrawn, reason, carer_id, at)"
                " select %(home)s, %(resident)s, coalesce(%(number)s::integer, (select"
                "  coalesce(max(number), 0) + 1 from annotation where resident_id = %(resident)s)),"
                "  %(base)s + 1, %(kind)s, %(first)s, %(last)s, %(excludes)s, %(note)s, %(withdrawn)s,"
                "  %(reason)s, %(carer)s, %(at)s"
                " where %(number)s::integer is null or exists (select 1 from annotation a where"
                "  a.resident_id = %(resident)s and a.number = %(number)s and a.version = %(base)s"
                "  and not a.withdrawn)",
                {
                    "home": new.home_id,
                    "resident": new.resident_id,
                    "number": new.number,
                    "base": new.base,
                    "kind": marking.kind.value,
                    "first": marking.first_day,
                    "last": marking.last_day,
                    "excludes": marking.excludes,
                    "note": marking.note,
                    "withdrawn": new.withdrawn,
                    "reason": new.reason,
                    "carer": new.carer_id,
                    "at": new.at,
                },
            )
    except psycopg.errors.UniqueViolation:
        return False
    return cursor.rowcount == 1


def _annotation(row: dict[str, Any]) -> Annotation:
    return Annotation(
        number=row["number"],
        version=row["version"],
        marking=Marking(
            kind=AnnotationKind(row["kind"]),
            first_day=row["first_day"],
            last_day=row["last_day"],
            excludes=row["excludes"],
            note=row["note"],
        ),
        withdrawn=row["withdrawn"],
        reason=row["reason"],
        author=row["author"],
        at=row["at"],
    )
