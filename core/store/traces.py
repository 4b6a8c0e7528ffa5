"""What the sensors saw last of a resident who is missing: door, movement, position. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from core.model.basis import Purpose, standing
from core.model.ids import DeviceId
from core.model.missing import DoorEvent, LastMovement, LastPosition, Traces
from core.store import basis, timeline

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.missing import Person
    from core.store.pool import Connection

LOOK_BACK = timedelta(days=30)
"""What is older says nothing of where somebody is now."""


async def traces_of(connection: Connection, person: Person, now: datetime) -> Traces:
    """Return the last traces up to ``now``."""
    moved = await timeline.last_movements(connection, [person.home], now)
    movement = moved.get(person.home.home_id)
    return Traces(
        door=await _last_door(connection, person, now),
        movement=None if movement is None else LastMovement(at=movement.at, place=movement.place),
        position=await last_position(connection, person, now),
    )


async def last_position(
    connection: Connection, person: Person, now: datetime
) -> LastPosition | None:
    """Return the newest position of what this resident wears.

    None where no basis stands for knowing where this resident is. What is worn and belongs to nobody
    counts where the resident lives alone: a tracker of somebody else in the home would send the search the
    wrong way.
    """
    known = await basis.entries(connection, person.resident.resident_id)
    if not standing(known, Purpose.LOCATION, "", now):
        return None
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select d.device_id, d.name as device, p.observed_at as at, p.latitude, p.longitude,"
        " p.accuracy_m, s.battery_percent, s.last_seen as heard_at"
        " from device d cross join lateral ("
        "  select * from position q where q.device_id = d.device_id and q.observed_at <= %(now)s"
        "  and q.observed_at > %(since)s order by q.observed_at desc limit 1) p"
        " left join presence s on s.device_id = d.device_id"
        " where d.home_id = %(home)s and (d.resident_id = %(resident)s or (d.resident_id is null"
        "  and (select count(*) from resident r where r.home_id = %(home)s and r.left_at is null) = 1))"
        " order by p.observed_at desc, d.device_id limit 1",
        {
            "home": person.home.home_id,
            "resident": person.resident.resident_id,
            "now": now,
            "since": now - LOOK_BACK,
        },
    )
    row = await cursor.fetchone()
    return (
        None if row is None else LastPosition(**(row | {"device_id": DeviceId(row["device_id"])}))
    )


async def _last_door(connection: Connection, person: Person, now: datetime) -> DoorEvent | None:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select o.observed_at as at, d.name as door, o.value > 0 as opened from device d"
        " cross join lateral (select observed_at, value from observation s"
        "  where s.device_id = d.device_id and s.quantity = 'contact'"
        "  and s.observed_at <= %(now)s and s.observed_at > %(since)s"
        "  order by s.observed_at desc limit 1) o"
        " where d.home_id = %(home)s and d.placement = 'entrance'"
        " order by o.observed_at desc, d.device_id limit 1",
        {"home": person.home.home_id, "now": now, "since": now - LOOK_BACK},
    )
    row = await cursor.fetchone()
    return None if row is None else DoorEvent(**row)
