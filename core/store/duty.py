"""People who may be told of a home beside its circle: on call, named, or in charge of the organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString
from zoneinfo import ZoneInfo

from core.model.ids import OrganisationId
from core.store.alert import ADDRESSES, TeamMember, members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.ids import CarerId, HomeId
    from core.store.pool import Connection

_ADMINISTRATORS: LiteralString = (
    "select c.carer_id, 99 as place,"
    + ADDRESSES
    + " from home h join carer c using (organisation_id) where h.home_id = %s"
    " and c.disabled_at is null and c.role = 'organisation_admin' order by c.carer_id"
)
_PEOPLE: LiteralString = (
    "select c.carer_id, coalesce(k.telling_order, 99) as place,"
    + ADDRESSES
    + " from home h join carer c using (organisation_id) left join care k"
    " on k.carer_id = c.carer_id and k.home_id = h.home_id where h.home_id = %s"
    " and c.carer_id = any(%s) and c.disabled_at is null and (c.role in ('care_worker',"
    " 'organisation_admin') or c.role = 'family_carer' and k.carer_id is not null)"
    " order by place, c.carer_id"
)


async def people_of(
    connection: Connection, home_id: HomeId, carers: Sequence[CarerId]
) -> tuple[TeamMember, ...]:
    """Return those of these people who may be told of the residents of a home, whatever their place."""
    return await members(connection, _PEOPLE, home_id, list(carers))


async def administrators_of(connection: Connection, home_id: HomeId) -> tuple[TeamMember, ...]:
    """Return the administrators of a home's organisation."""
    return await members(connection, _ADMINISTRATORS, home_id)


async def zone_of(connection: Connection, home_id: HomeId) -> ZoneInfo:
    """Return the zone of a home."""
    cursor = await connection.execute("select zone from home where home_id = %s", (home_id,))
    row = await cursor.fetchone()
    return ZoneInfo(row[0] if row else "UTC")


async def unheard_organisations(connection: Connection) -> tuple[OrganisationId, ...]:
    """Return the organisations that watch over a home and of whose operators nobody can be woken."""
    cursor = await connection.execute(
        "select organisation_id from unheard_organisations() order by 1"
    )
    return tuple(OrganisationId(row[0]) for row in await cursor.fetchall())
