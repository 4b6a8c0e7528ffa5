"""People who may be told of a home beside its circle: on call, named, or in charge of the organisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString
from zoneinfo import ZoneInfo

from core.model.ids import HomeId, OrganisationId
from core.store.alert import ADDRESSES, TeamMember, members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.ids import CarerId
    from core.store.pool import Connection

_ADMINISTRATORS: LiteralString = (
    "select h.home_id, c.carer_id, 99 as place,"
    + ADDRESSES
    + " from home h join carer c using (organisation_id) where h.home_id = any(%s)"
    " and c.disabled_at is null and c.role = 'organisation_admin' order by c.carer_id"
)
_PEOPLE: LiteralString = (
    "select h.home_id, c.carer_id, coalesce(k.telling_order, 99) as place,"
    + ADDRESSES
    + " from home h join carer c using (organisation_id) left join care k"
    " on k.carer_id = c.carer_id and k.home_id = h.home_id where h.home_id = any(%s)"
    " and c.carer_id = any(%s) and c.disabled_at is null and (c.role in ('care_worker',"
    " 'organisation_admin') or c.role = 'family_carer' and k.carer_id is not null)"
    " order by place, c.carer_id"
)


async def people_of(
    connection: Connection, home_id: HomeId, carers: Sequence[CarerId]
) -> tuple[TeamMember, ...]:
    """Return those of these people who may be told of the residents of a home, whatever their place."""
    return (await people_of_all(connection, [home_id], carers)).get(home_id, ())


async def people_of_all(
    connection: Connection, homes: Sequence[HomeId], carers: Sequence[CarerId]
) -> dict[HomeId, tuple[TeamMember, ...]]:
    """Return for each home those of these people who may be told of it; a home without is left out."""
    return await members(connection, _PEOPLE, homes, list(carers))


async def administrators_of(connection: Connection, home_id: HomeId) -> tuple[TeamMember, ...]:
    """Return the administrators of a home's organisation."""
    return (await members(connection, _ADMINISTRATORS, [home_id])).get(home_id, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a home belongs, and by whose clock its people live."""

    organisation_id: OrganisationId
    zone: ZoneInfo


async def places_of(connection: Connection, homes: Sequence[HomeId]) -> dict[HomeId, Place]:
    """Return where each of these homes belongs; one that is gone is left out."""
    cursor = await connection.execute(
        "select home_id, organisation_id, zone from home where home_id = any(%s)", (list(homes),)
    )
    return {
        HomeId(home): Place(organisation_id=OrganisationId(organisation), zone=ZoneInfo(zone))
        for home, organisation, zone in await cursor.fetchall()
    }


async def unheard_organisations(connection: Connection) -> tuple[OrganisationId, ...]:
    """Return the organisations that watch over a home and of whose operators nobody can be woken."""
    cursor = await connection.execute(
        "select organisation_id from unheard_organisations() order by 1"
    )
    return tuple(OrganisationId(row[0]) for row in await cursor.fetchall())
