"""Where a resident went, for those who said what for. The dashboard writes the purposes.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from psycopg.rows import dict_row

if TYPE_CHECKING:
    from core.model.ids import HomeId, ResidentId
    from core.store.account import Visitor
    from core.store.pool import Connection

Fix = tuple[datetime, float, float, float | None]
"""When, latitude and longitude in degrees, 68 % radius in metres if it was said."""


class PurposeKind(StrEnum):
    """What for somebody may look at places."""

    REVIEW = "review"
    SAFETY = "safety"
    MISSING = "missing"
    ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What for somebody looks at the places of a resident, and until when that holds."""

    kind: PurposeKind
    #: In the person's own words, 5 to 300 characters.
    words: str
    stated_at: datetime
    until: datetime


async def state(
    connection: Connection, visitor: Visitor, home_id: HomeId, purpose: Purpose
) -> None:
    """Keep what somebody said."""
    await connection.execute(
        "insert into stated_purpose (home_id, carer_id, session_id, kind, words, stated_at, until)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            home_id,
            visitor.carer_id,
            visitor.session_id,
            purpose.kind.value,
            purpose.words,
            purpose.stated_at,
            purpose.until,
        ),
    )


async def stated(
    connection: Connection, visitor: Visitor, home_id: HomeId, now: datetime
) -> Purpose | None:
    """Return what this person said in this session and what still holds; None for nothing."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select kind, words, stated_at, until from stated_purpose where home_id = %s and carer_id = %s"
        " and session_id = %s and until > %s order by until desc limit 1",
        (home_id, visitor.carer_id, visitor.session_id, now),
    )
    row = await cursor.fetchone()
    return None if row is None else Purpose(**row | {"kind": PurposeKind(row["kind"])})


async def fixes(
    connection: Connection, resident_id: ResidentId, home_id: HomeId, start: datetime, end: datetime
) -> tuple[Fix, ...]:
    """Return where the trackers of a resident were in a span, in order of time.

    One that belongs to nobody counts where the resident lives alone: else it may be that of the other.
    """
    cursor = await connection.execute(
        "select observed_at, latitude, longitude, accuracy_m from position where device_id = any(array("
        "  select device_id from device where home_id = %(home)s and (resident_id = %(one)s or"
        "   (resident_id is null and (select count(*) from resident where home_id = %(home)s) = 1))))"
        " and observed_at >= %(start)s and observed_at < %(end)s order by observed_at",
        {"home": home_id, "one": resident_id, "start": start, "end": end},
    )
    return tuple(await cursor.fetchall())
