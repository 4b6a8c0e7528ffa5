"""Visits that are expected: said and taken back on the pages, registered with a home, read by detection.

What the pages do runs inside `core.store.account.acting`; the database looks at who is acting.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import errors
from psycopg.types.json import Jsonb

from core.model.errors import Malformed
from core.model.expected_visit import MOST, ExpectedVisit, VisitBy
from core.model.ids import HomeId
from core.model.week import WeeklySpan
from core.model.words import marked
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

log = logging.getLogger("wayhome.store")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidVisit:
    """A visit with who said that it is expected, and what became of it."""

    visit: ExpectedVisit
    at: datetime
    #: Who said it; empty where it stood in a list that was registered. Personal: never in logs.
    carer: str
    #: When it was taken back, or was over for good; None while it stands.
    ended_at: datetime | None = None
    #: Who took it back; empty where it ended by itself.
    ended_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MayExpect:
    """What who is acting may do about the visits of a home."""

    #: Say that one is expected.
    say: bool
    #: Take one back.
    end: bool


async def standing(
    connection: Connection, only: Sequence[HomeId] | None = None
) -> dict[HomeId, tuple[ExpectedVisit, ...]]:
    """Return the visits of all homes that have some, or of these, by their number: one statement.

    One that can not be read is left out: better told too much than one home's row in the way of all.
    """
    found: dict[HomeId, list[ExpectedVisit]] = {}
    for row in await named_rows(connection, _STANDING, {"only": only and list(only)}):
        try:
            visit = _visit(row)
        except (ValueError, Malformed):
            extra = {"action": "visit_unread", "home": row["home_id"], "visit": row["visit_id"]}
            log.error("an expected visit can not be read", extra=extra)  # noqa: TRY400
            continue
        found.setdefault(HomeId(row["home_id"]), []).append(visit)
    return {home_id: tuple(visits) for home_id, visits in found.items()}


async def said_of(connection: Connection, home_id: HomeId, now: datetime) -> tuple[SaidVisit, ...]:
    """Return the visits of a home that are still to come, by their number."""
    rows = await named_rows(connection, _SAID, {"home": home_id, "now": now})
    return tuple(_said(row) for row in rows)


async def ended_of(
    connection: Connection, home_id: HomeId, limit: int = 20
) -> tuple[SaidVisit, ...]:
    """Return the visits of a home that were taken back or are over, the latest first."""
    rows = await named_rows(connection, _ENDED, {"home": home_id, "limit": limit})
    return tuple(_said(row) for row in rows)


async def may_expect(connection: Connection, home_id: HomeId) -> MayExpect:
    """Tell what who is acting may do."""
    cursor = await connection.execute(
        "select says_visits(%(home)s, false), says_visits(%(home)s, true)", {"home": home_id}
    )
    ((say, end),) = await cursor.fetchall()
    return MayExpect(say=say, end=end)


async def expect(
    connection: Connection, home_id: HomeId, visit: ExpectedVisit, now: datetime
) -> int | None:
    """Write down a visit; ``visit.visit_id`` is not read. One that stands as it is stays one.

    Returns
    -------
    int or None
        Its number; None where who is acting may not, or the home is not watched any more.

    Raises
    ------
    Malformed
        If so many are expected already as a home may have.
    """
    return await _number(
        connection, "select expect_visit(%s, %s, %s)", (home_id, _terms(visit), now)
    )


async def end(connection: Connection, home_id: HomeId, visit_id: int, now: datetime) -> int | None:
    """Take a visit back; None where who is acting may not, or it does not stand."""
    return await _number(connection, "select end_visit(%s, %s, %s)", (home_id, visit_id, now))


async def register(
    connection: Connection, home_id: HomeId, visits: tuple[ExpectedVisit, ...]
) -> None:
    """Write down the visits of a list of homes, each once. By the registrar.

    What was taken back on the pages does not come back with an old list.

    Raises
    ------
    Malformed
        If they are more than a home may have; names the home.
    """
    for visit in visits:
        try:
            await _number(connection, "select register_visit(%s, %s)", (home_id, _terms(visit)))
        except Malformed as error:
            raise Malformed(f"home {home_id}.visit", error.expected) from error


_STANDING: LiteralString = (
    "select home_id, visit_id, visitor, days, start_min, end_min, first_day, last_day from expected_visit"
    " where ended_at is null and (%(only)s::text[] is null or home_id = any(%(only)s)) order by visit_id"
)
_WHOSE: LiteralString = (
    "select v.*, coalesce(c.name, '') as carer, coalesce(e.name, '') as ender from expected_visit v"
    " join home h using (home_id) left join carer c on c.carer_id = v.carer_id"
    " left join carer e on e.carer_id = v.ended_by where v.home_id = %(home)s"
)
_SAID: LiteralString = (
    _WHOSE + " and v.ended_at is null and (v.last_day is null"
    "  or v.last_day + (v.end_min <= v.start_min)::integer >= (%(now)s at time zone h.zone)::date)"
    " order by v.visit_id"
)
_ENDED: LiteralString = (
    _WHOSE + " and v.ended_at is not null order by v.ended_at desc, v.visit_id desc limit %(limit)s"
)


async def _number(
    connection: Connection, query: LiteralString, values: tuple[object, ...]
) -> int | None:
    try:
        cursor = await connection.execute(query, values)
    except errors.ProgramLimitExceeded as error:
        expected = marked("at most %(n)s that are still to come: end one that is no longer right")
        raise Malformed(marked("visits"), expected, n=MOST) from error
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _terms(visit: ExpectedVisit) -> Jsonb:
    return Jsonb(
        {
            "visitor": visit.by.value,
            "days": visit.span.days,
            "start_min": visit.span.start,
            "end_min": visit.span.end,
            "first_day": visit.first.isoformat() if visit.first else None,
            "last_day": visit.last.isoformat() if visit.last else None,
        }
    )


def _visit(row: dict[str, Any]) -> ExpectedVisit:
    span = WeeklySpan(days=tuple(row["days"]), start=row["start_min"], end=row["end_min"])
    return ExpectedVisit(
        visit_id=row["visit_id"],
        by=VisitBy(row["visitor"]),
        span=span,
        first=row["first_day"],
        last=row["last_day"],
    )


def _said(row: dict[str, Any]) -> SaidVisit:
    return SaidVisit(
        visit=_visit(row),
        at=row["at"],
        carer=row["carer"],
        ended_at=row["ended_at"],
        ended_by=row["ender"],
    )
