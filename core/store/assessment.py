"""Assessments: begun, extended, ended, and the versions of their numbers. Written by the dashboard.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from core.model.assessment import Assessment, AssessmentId, AssessmentStep, NamedAs
from core.model.ids import CarerId, HomeId, ResidentId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection

MOST = 200
_BEGINS, _VERSIONS, _HALF = 0x61736573, 0x61736576, 2**31
"""First halves of the advisory locks: of who begins for a resident, and of the versions of a report."""
_SELECT = (
    "select a.assessment_id, a.resident_id, a.home_id, a.question, a.asked_by, a.named_as, a.reference,"
    " a.first_day, a.last_day as planned_day, a.at, c.name as author"
    " from assessment a join carer c using (carer_id)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssessment:
    """An assessment that is to begin."""

    resident_id: ResidentId
    home_id: HomeId
    question: str
    asked_by: str
    named_as: NamedAs
    reference: str
    first_day: date
    last_day: date
    carer_id: CarerId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportVersion:
    """The numbers of a report as they were from a moment on."""

    version: int
    digest: str
    at: datetime


async def begin(connection: Connection, new: NewAssessment) -> AssessmentId | None:
    """Begin an assessment; None while another one of the resident has not ended."""
    await connection.execute(
        "select pg_advisory_xact_lock(%s::int, %s::int)", (_BEGINS, new.resident_id % _HALF)
    )
    cursor = await connection.execute(
        "insert into assessment (home_id, resident_id, question, asked_by, named_as, reference,"
        " first_day, last_day, carer_id, at) select %(home)s, %(resident)s, %(question)s, %(asked_by)s,"
        " %(named_as)s, %(reference)s, %(first)s, %(last)s, %(carer)s, %(at)s"
        " where not exists (select 1 from assessment a where a.resident_id = %(resident)s"
        "  and not exists (select 1 from assessment_step s"
        "   where s.assessment_id = a.assessment_id and s.kind = 'ended'))"
        " returning assessment_id",
        {
            "home": new.home_id,
            "resident": new.resident_id,
            "question": new.question,
            "asked_by": new.asked_by,
            "named_as": new.named_as.value,
            "reference": new.reference,
            "first": new.first_day,
            "last": new.last_day,
            "carer": new.carer_id,
            "at": new.at,
        },
    )
    row = await cursor.fetchone()
    return AssessmentId(row[0]) if row else None


async def take_step(
    connection: Connection, one: Assessment, step: AssessmentStep, carer_id: CarerId
) -> bool:
    """Extend or end an assessment; False when it has ended meanwhile."""
    try:
        async with connection.transaction():
            cursor = await connection.execute(
                "insert into assessment_step (home_id, assessment_id, kind, last_day, reason, carer_id,"
                " at) select %(home)s, %(number)s, %(kind)s, %(last)s, %(reason)s, %(carer)s, %(at)s"
                " where not exists (select 1 from assessment_step s"
                "  where s.assessment_id = %(number)s and s.kind = 'ended')",
                {
                    "home": one.home_id,
                    "number": one.assessment_id,
                    "kind": "ended" if step.ends else "extended",
                    "last": step.last_day,
                    "reason": step.reason,
                    "carer": carer_id,
                    "at": step.at,
                },
            )
    except psycopg.errors.UniqueViolation:
        return False
    return cursor.rowcount == 1


async def assessments_of(connection: Connection, resident_id: ResidentId) -> tuple[Assessment, ...]:
    """Return all assessments of a resident, the latest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"{_SELECT} where a.resident_id = %s order by a.assessment_id desc limit %s",
        (resident_id, MOST),
    )
    return await _with_steps(connection, await cursor.fetchall())


async def assessment_of(
    connection: Connection, resident_id: ResidentId, assessment_id: int
) -> Assessment | None:
    """Return one assessment of a resident; None when there is none that may be seen."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"{_SELECT} where a.resident_id = %s and a.assessment_id = %s",
        (resident_id, assessment_id),
    )
    found = await _with_steps(connection, await cursor.fetchall())
    return found[0] if found else None


async def open_assessments(
    connection: Connection,
) -> tuple[tuple[Assessment, str, str], ...]:
    """Return what has not ended, that which is due first at the front, with resident and home."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"select q.*, r.name as resident_name, h.name as home_name from ({_SELECT}) q"
        " join resident r using (resident_id) join home h on h.home_id = q.home_id"
        " where not exists (select 1 from assessment_step s"
        "  where s.assessment_id = q.assessment_id and s.kind = 'ended')"
        " order by q.planned_day, q.assessment_id limit %s",
        (MOST,),
    )
    rows = await cursor.fetchall()
    named = [(row.pop("resident_name"), row.pop("home_name")) for row in rows]
    found = await _with_steps(connection, rows)
    return tuple((one, *names) for one, names in zip(found, named, strict=True))


async def version_of(
    connection: Connection, one: Assessment, digest: str, by: tuple[CarerId, datetime]
) -> ReportVersion:
    """Return the version that has these numbers now; a new one where they have changed."""
    await connection.execute(
        "select pg_advisory_xact_lock(%s::int, %s::int)", (_VERSIONS, one.assessment_id % _HALF)
    )
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select version, digest, at from report_version where assessment_id = %s"
        " order by version desc limit 1",
        (one.assessment_id,),
    )
    last = await cursor.fetchone()
    if last is not None and last["digest"] == digest:
        return ReportVersion(**last)
    version = (last["version"] if last else 0) + 1
    carer_id, at = by
    await connection.execute(
        "insert into report_version (home_id, assessment_id, version, digest, carer_id, at)"
        " values (%s, %s, %s, %s, %s, %s)",
        (one.home_id, one.assessment_id, version, digest, carer_id, at),
    )
    return ReportVersion(version=version, digest=digest, at=at)


async def _with_steps(
    connection: Connection, rows: Sequence[dict[str, Any]]
) -> tuple[Assessment, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select s.assessment_id, s.kind = 'ended' as ends, s.last_day, s.reason, c.name as author, s.at"
        " from assessment_step s join carer c using (carer_id) where s.assessment_id = any(%s)"
        " order by s.assessment_step_id",
        ([row["assessment_id"] for row in rows],),
    )
    steps: dict[int, list[AssessmentStep]] = defaultdict(list)
    for row in await cursor.fetchall():
        steps[row.pop("assessment_id")].append(AssessmentStep(**row))
    return tuple(
        Assessment(
            **row | {"named_as": NamedAs(row["named_as"])}, steps=tuple(steps[row["assessment_id"]])
        )
        for row in rows
    )
