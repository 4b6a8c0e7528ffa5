"""Open data: areas of homes, choices of organisations, and the months of people who may be counted.

Written by the registrar, through the command; no page reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from core.model.ids import HomeId, OrganisationId, ResidentId

if TYPE_CHECKING:
    from core.store.pool import Connection

SEEN_MIN = 1200
"""A day counts that could be seen for 20 hours."""
LEAST_DAYS = 20
"""A month counts with so many such days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMonth:
    """A month of somebody who is watched over, as far as it can be counted."""

    resident_id: ResidentId
    home_id: HomeId
    area: str | None
    #: How many live in the home; what its rooms see of several can not be told apart.
    residents: int
    days: int
    #: Minutes a day with movement, on average; None without a day.
    active_min: float | None


async def set_area(connection: Connection, home_id: HomeId, area: str, at: datetime) -> bool:
    """Say in which area a home lies; False when there is no such home."""
    cursor = await connection.execute(
        "insert into home_area (home_id, area, at) select home_id, %s, %s from home where home_id = %s"
        " on conflict (home_id) do update set area = excluded.area, at = excluded.at",
        (area, at, home_id),
    )
    return cursor.rowcount == 1


async def choose(
    connection: Connection, organisation_id: OrganisationId, said_by: str, at: datetime, *, on: bool
) -> bool:
    """Turn publishing on or off; False when there is no such organisation."""
    cursor = await connection.execute(
        "insert into open_data_choice (organisation_id, publishes, said_by, at)"
        " select organisation_id, %s, %s, %s from organisation where organisation_id = %s",
        (on, said_by, at, organisation_id),
    )
    return cursor.rowcount == 1


async def publishes(connection: Connection, organisation_id: OrganisationId) -> bool:
    """Tell whether an organisation publishes; no where it never chose."""
    cursor = await connection.execute(
        "select publishes from open_data_choice where organisation_id = %s"
        " order by choice_id desc limit 1",
        (organisation_id,),
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def months(
    connection: Connection, organisation_id: OrganisationId, first: date, after: date
) -> tuple[PersonMonth, ...]:
    """Return the month of everybody in the homes of an organisation, live or at rest.

    Parameters
    ----------
    first, after
        First day of the month, and of the next one.
    """
    cursor = connection.cursor(row_factory=class_row(PersonMonth))
    await cursor.execute(
        "select r.resident_id, r.home_id, a.area,"
        " (select count(*) from resident o where o.home_id = r.home_id)::int as residents,"
        " c.days::int, c.active_min::float8 from resident r join home h using (home_id)"
        " left join home_area a using (home_id) cross join lateral ("
        "  select count(*) as days, avg(d.active_min) as active_min from day_count d"
        "  where d.home_id = r.home_id and d.day >= %s and d.day < %s and d.seen_min >= %s) c"
        " where h.organisation_id = %s and (h.mode = 'live' or h.away) and r.left_at is null"
        " order by r.resident_id",
        (first, after, SEEN_MIN, organisation_id),
    )
    return tuple(await cursor.fetchall())


async def published(
    connection: Connection, organisation_id: OrganisationId, month: date
) -> bytes | None:
    """Return the digest of what was published of a month; None for nothing."""
    cursor = await connection.execute(
        "select digest from open_data_publication where organisation_id = %s and month = %s",
        (organisation_id, month),
    )
    row = await cursor.fetchone()
    return None if row is None else bytes(row[0])


async def note_published(
    connection: Connection,
    organisation_id: OrganisationId,
    month: date,
    digest: bytes,
    at: datetime,
) -> None:
    """Keep the digest of what is published; it was looked for before, in the same transaction."""
    await connection.execute(
        "insert into open_data_publication (organisation_id, month, digest, at)"
        " values (%s, %s, %s, %s)",
        (organisation_id, month, digest, at),
    )
