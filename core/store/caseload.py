"""The residents of an organisation, those whose days are changing first. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.model.annotation import AnnotationKind, Marking
from core.model.assessment import AssessmentId
from core.model.home import HomeMode
from core.model.ids import HomeId, ResidentId
from core.model.said import said
from core.store.page import OF_PEOPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection

WEEK = timedelta(days=7)
LEAST_SEEN_MIN = 16 * 60
"""Of a day so much must have been seen for its movement to be known."""
UNSEEN_SHARE = 0.5
"""Of the last seven days so much was not seen: missing data is a reason to look."""


class Reason(StrEnum):
    """Why somebody stands where they stand, in the order of the list."""

    CHANGED = "changed"
    """Detection noticed a change over days or weeks that goes on."""
    URGENT = "urgent"
    """An urgent alert in the last seven days."""
    MISSING = "missing"
    """Half of the last seven days was not seen."""
    ALERTS = "alerts"
    """Another alert in the last seven days."""
    USUAL = "usual"
    ARCHIVE = "archive"
    """A record of the past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One resident in the list."""

    resident_id: ResidentId
    name: str
    home_id: HomeId
    home_name: str
    zone: ZoneInfo
    mode: HomeMode
    reason: Reason
    #: What detection noticed last, and since when; empty and None when nothing goes on.
    what: str
    onset: datetime | None
    #: Alerts of the last seven days, and those of them that were urgent.
    alerts: int
    urgent: int
    #: Minutes of the last seven days that were seen, of 10,080.
    seen_min: int


# The detectors are those of `SLOW`, by name for the index.
_CASES: LiteralString = (
    """
with opened as materialized (
    select home_id, detector, subject, onset, what, said from finding
    where detector in ('day_change', 'rhythm', 'mobility') and phase = 'opened' and noticed_at > %(month)s),
slow as (
    select distinct on (f.home_id) f.home_id, f.onset, f.what, f.said->'what' as said from opened f
    where not exists (select 1 from finding c where c.detector in ('day_change', 'rhythm', 'mobility')
        and c.home_id = f.home_id and c.detector = f.detector
        and c.subject = f.subject and c.onset = f.onset and c.phase = 'cleared' offset 0)
    order by f.home_id, f.onset desc),
lately as (
    select home_id, count(*) as alerts, count(*) filter (where severity = 'urgent') as urgent
    from alert a where onset > %(week)s and audience = 'carers' and not silent and """
    + OF_PEOPLE
    + """ group by home_id),
counted as (
    select home_id, sum(seen_min) as seen_min from day_count
    where day between %(today)s::date - 7 and %(today)s::date - 1 group by home_id),
cases as (
    select r.resident_id, r.name, h.home_id, h.name as home_name, h.zone, h.mode,
        coalesce(s.what, '') as what, s.said, s.onset, coalesce(l.alerts, 0) as alerts,
        coalesce(l.urgent, 0) as urgent, coalesce(c.seen_min, 0) as seen_min,
        case when h.mode = 'archive' then 'archive' when s.onset is not null then 'changed'
            when l.urgent > 0 then 'urgent'
            when coalesce(c.seen_min, 0) < %(least)s then 'missing'
            when l.alerts > 0 then 'alerts' else 'usual' end as reason
    from resident r join home h using (home_id) left join slow s using (home_id)
    left join lately l using (home_id) left join counted c using (home_id)
    where r.left_at is null
        and (%(search)s = '' or strpos(lower(r.name || ' ' || h.name), lower(%(search)s)) > 0))
"""
)
# Of what was opened of late each is looked up (`offset 0`), or all that ever ended is gathered for it.
# How many changes go on cannot be guessed from the parts of the key: taken for one, each home is compared
# with each of them, 10,000 times 1,000; and the walls make reading in order look cheap.
_HASHED: LiteralString = (
    "select set_config(knob, %s, true)"
    " from unnest(array['enable_nestloop', 'enable_mergejoin', 'enable_sort']) knob"
)


async def cases(
    connection: Connection,
    now: datetime,
    *,
    search: str,
    reason: Reason | None,
    limit: int,
    offset: int,
) -> tuple[tuple[Case, ...], int]:
    """Return a page of residents, those who changed first, and how many there are."""
    cursor = connection.cursor(row_factory=dict_row)
    await connection.execute(_HASHED, ("off",))
    await cursor.execute(
        _CASES + "select *, count(*) over () as total from cases"
        " where %(reason)s::text is null or reason = %(reason)s"
        " order by array_position(%(order)s, reason), urgent desc, alerts desc, onset desc nulls last,"
        " name, resident_id limit %(limit)s offset %(offset)s",
        {
            "month": now - timedelta(days=28),
            "week": now - WEEK,
            "today": now.date(),
            "least": int(WEEK.total_seconds() / 60 * UNSEEN_SHARE),
            "search": search,
            "reason": None if reason is None else reason.value,
            "order": [one.value for one in Reason],
            "limit": limit,
            "offset": offset,
        },
    )
    rows = await cursor.fetchall()
    await connection.execute(_HASHED, ("on",))
    total = int(rows[0].pop("total")) if rows else 0
    for row in rows:
        row.pop("total", None)
        row["what"] = said(row["what"], row.pop("said"))
    return tuple(
        Case(
            **row
            | {
                "zone": ZoneInfo(row["zone"]),
                "mode": HomeMode(row["mode"]),
                "reason": Reason(row["reason"]),
            }
        )
        for row in rows
    ), total


async def movement(
    connection: Connection, homes: Sequence[HomeId], days: int, until: date
) -> dict[HomeId, tuple[float | None, ...]]:
    """Return minutes with movement of each of the last counted days of these homes, over what was seen.

    None for a day that was not counted, or of which 16 hours were not seen. An archive's days are its last.
    """
    cursor = await connection.execute(
        "with ends as materialized (select h.home_id, least(coalesce((select max(day) from day_count n"
        "  where n.home_id = h.home_id), %(until)s), %(until)s) as last"
        "  from unnest(%(homes)s::text[]) h(home_id))"
        " select e.home_id, e.last, c.day, c.seen_min, c.active_min from ends e join day_count c"
        " on c.home_id = e.home_id and c.day > e.last - %(days)s::int and c.day <= e.last",
        {"homes": list(homes), "days": days, "until": until},
    )
    found: dict[HomeId, list[float | None]] = {home: [None] * days for home in homes}
    for home, last, day, seen, active in await cursor.fetchall():
        if seen >= LEAST_SEEN_MIN:
            found[HomeId(home)][days - 1 - (last - day).days] = active * 1440.0 / seen
    return {home: tuple(values) for home, values in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What somebody who reads a line of the list should know beside it."""

    #: What is marked in the days that were asked for, the latest first, and how many marks there are.
    latest: Marking | None = None
    marks: int = 0
    #: The assessment that has not ended, and its last day as things stand.
    assessment_id: AssessmentId | None = None
    until: date | None = None


async def beside(
    connection: Connection, residents: Sequence[ResidentId], first: date, last: date
) -> dict[ResidentId, Beside]:
    """Return what is marked from one day to another, and assessments that have not ended."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select p.resident_id, coalesce(m.marks, 0) as marks, m.kind, m.first_day, m.last_day, m.excludes,"
        " m.note, q.assessment_id, q.until from unnest(%(residents)s::bigint[]) p(resident_id)"
        " left join lateral (select a.*, count(*) over () as marks from annotation a"
        "  where a.resident_id = p.resident_id and a.first_day <= %(last)s and a.last_day >= %(first)s"
        "  and not a.withdrawn and not exists (select 1 from annotation n where n.resident_id ="
        "   a.resident_id and n.number = a.number and n.version > a.version)"
        "  order by a.last_day desc, a.number desc limit 1) m on true"
        " left join lateral (select a.assessment_id, coalesce((select s.last_day from assessment_step s"
        "   where s.assessment_id = a.assessment_id order by s.assessment_step_id desc limit 1),"
        "   a.last_day) as until from assessment a where a.resident_id = p.resident_id"
        "  and not exists (select 1 from assessment_step e"
        "   where e.assessment_id = a.assessment_id and e.kind = 'ended')"
        "  order by a.assessment_id desc limit 1) q on true",
        {"residents": list(residents), "first": first, "last": last},
    )
    return {ResidentId(row["resident_id"]): _beside(row) for row in await cursor.fetchall()}


def _beside(row: dict[str, Any]) -> Beside:
    latest = None
    if row["marks"]:
        latest = Marking(
            kind=AnnotationKind(row["kind"]), first_day=row["first_day"], last_day=row["last_day"],
            excludes=row["excludes"], note=row["note"],
        )  # fmt: skip
    return Beside(
        latest=latest, marks=row["marks"], assessment_id=row["assessment_id"], until=row["until"]
    )
