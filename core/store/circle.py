"""Who is told about a home, in which order, and how to call them. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.ids import CarerId, HomeId

if TYPE_CHECKING:
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class CircleMember:
    """Somebody who is told about a home."""

    carer_id: CarerId
    #: Personal: never in logs.
    name: str
    #: Place in the order of telling, 1 first; equal places are told together.
    order: int


async def circle_of(connection: Connection, home_id: HomeId) -> tuple[CircleMember, ...]:
    """Return who is told about a home, in order."""
    cursor = await connection.execute(
        "select c.carer_id, c.name, care.telling_order from care join carer c using (carer_id)"
        " where care.home_id = %s and c.disabled_at is null"
        " and c.role in ('family_carer', 'care_worker') order by 3, 2, 1",
        (home_id,),
    )
    return tuple(
        CircleMember(carer_id=CarerId(carer_id), name=name, order=order)
        for carer_id, name, order in await cursor.fetchall()
    )


async def telephones_of(connection: Connection, home_id: HomeId) -> dict[CarerId, str]:
    """Return the telephone numbers of the circle of a home, to those who stand in it.

    Numbers begin with ``+`` and the country, as they are dialled.
    """
    cursor = await connection.execute(
        "select carer_id, telephone from telephones_of_circle(%s)", (home_id,)
    )
    return {CarerId(carer_id): telephone for carer_id, telephone in await cursor.fetchall()}
