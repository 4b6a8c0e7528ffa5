"""What a review of a resident needs to find: whose home it is, and what was noticed. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.model.home import Home, HomeMode, Resident
from core.model.ids import HomeId, OrganisationId, ResidentId
from core.store.finding import texts_of

if TYPE_CHECKING:
    from core.store.pool import Connection

SLOW = ("day_change", "rhythm", "mobility")
"""Detectors of changes over days and weeks: D9, D10, D12."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A resident and the home."""

    resident: Resident
    home: Home
    #: Last day that was counted; None before the first.
    last_day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A change over days or weeks that detection noticed."""

    detector: str
    onset: datetime
    what: str
    unusual: str
    #: True once the days are as before.
    over: bool


async def lived(connection: Connection, resident_id: ResidentId) -> Lived | None:
    """Return a resident; None when there is none that may be seen."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select r.resident_id, r.name, r.pronoun, h.home_id, h.organisation_id, h.name as home_name,"
        " h.zone, h.mode, (select max(day) from day_count c where c.home_id = h.home_id) as last_day"
        " from resident r join home h using (home_id) where r.resident_id = %s",
        (resident_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    home_id = HomeId(row["home_id"])
    return Lived(
        resident=Resident(
            resident_id=ResidentId(row["resident_id"]),
            home_id=home_id,
            name=row["name"],
            pronoun=row["pronoun"],
        ),
        home=Home(
            home_id=home_id,
            organisation_id=OrganisationId(row["organisation_id"]),
            name=row["home_name"],
            zone=ZoneInfo(row["zone"]),
            mode=HomeMode(row["mode"]),
        ),
        last_day=row["last_day"],
    )


async def noticed(
    connection: Connection, home_id: HomeId, start: datetime, end: datetime
) -> tuple[Noticed, ...]:
    """Return the slow changes of a home that began in a span or went on in it, the latest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select f.detector, f.onset, f.what, f.unusual, f.advice, f.said,"
        " c.noticed_at is not null as over"
        " from finding f left join finding c on c.home_id = f.home_id and c.detector = f.detector"
        "  and c.subject = f.subject and c.onset = f.onset and c.phase = 'cleared'"
        " where f.home_id = %s and f.detector = any(%s) and f.phase = 'opened' and f.onset < %s"
        " and coalesce(c.noticed_at, 'infinity') > %s and f.noticed_at > %s::timestamptz - interval '1 year'"
        " order by f.onset desc limit 20",
        (home_id, list(SLOW), end, start, start),
    )
    return tuple(
        Noticed(
            detector=row["detector"],
            onset=row["onset"],
            what=texts["what"],
            unusual=texts["unusual"],
            over=row["over"],
        )
        for row in await cursor.fetchall()
        for texts in (texts_of(row),)
    )
