"""Bulk exports that somebody asked for: what, when, and how much it is. Written by the dashboard.

Everything here runs inside `core.store.account.acting`: a job is shown to whom it belongs only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.model.ids import HomeId

if TYPE_CHECKING:
    from core.model.ids import CarerId
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWish:
    """What is to be exported."""

    carer_id: CarerId
    #: None for all that the account may see.
    home_id: HomeId | None
    asked_at: datetime
    ends_at: datetime
    #: Address that asked, as the manifest must repeat it.
    request: str
    kinds: tuple[str, ...]
    #: Only what changed since then; None for all.
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """An export and how far its counting got."""

    export_id: int
    wish: ExportWish
    #: Resources of each kind that was counted.
    counts: Mapping[str, int]

    @property
    def waiting(self) -> tuple[str, ...]:
        """Kinds that are not counted yet."""
        return tuple(kind for kind in self.wish.kinds if kind not in self.counts)


_COLUMNS: LiteralString = (
    "export_id, carer_id, home_id, asked_at, ends_at, request, kinds, since, counts"
)


async def open_job(connection: Connection, wish: ExportWish) -> int:
    """Keep an export; return its number. What is over of the same account is forgotten."""
    await connection.execute("delete from fhir_export where ends_at <= %s", (wish.asked_at,))
    cursor = await connection.execute(
        "insert into fhir_export (carer_id, home_id, asked_at, ends_at, request, kinds, since)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning export_id",
        (
            wish.carer_id,
            wish.home_id,
            wish.asked_at,
            wish.ends_at,
            wish.request,
            list(wish.kinds),
            wish.since,
        ),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the statement returned no row")
    return int(row[0])


async def running(connection: Connection, now: datetime) -> int:
    """Count the exports of the acting account that are not over."""
    cursor = await connection.execute("select count(*) from fhir_export where ends_at > %s", (now,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def job_of(connection: Connection, export_id: int, now: datetime) -> ExportJob | None:
    """Return an export of the acting account; None when there is none, or it is over."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"select {_COLUMNS} from fhir_export where export_id = %s and ends_at > %s",
        (export_id, now),
    )
    row = await cursor.fetchone()
    return None if row is None else _job(row)


async def note_count(connection: Connection, export_id: int, kind: str, count: int) -> None:
    """Note how many resources of a kind an export has."""
    await connection.execute(
        "update fhir_export set counts = counts || %s where export_id = %s",
        (Jsonb({kind: count}), export_id),
    )


async def end_job(connection: Connection, export_id: int) -> bool:
    """Forget an export; return whether there was one."""
    cursor = await connection.execute("delete from fhir_export where export_id = %s", (export_id,))
    return bool(cursor.rowcount)


def _job(row: dict[str, Any]) -> ExportJob:
    counts, number, home = row.pop("counts"), row.pop("export_id"), row.pop("home_id")
    kinds = tuple(row.pop("kinds"))
    wish = ExportWish(**row, kinds=kinds, home_id=None if home is None else HomeId(home))
    return ExportJob(export_id=number, wish=wish, counts=counts)
