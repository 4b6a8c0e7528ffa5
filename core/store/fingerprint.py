"""What tells whether something has changed in the registry, home by home, without reading all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.ids import HomeId

if TYPE_CHECKING:
    from core.store.pool import Connection


async def of_households(connection: Connection) -> dict[HomeId, str]:
    """Return for each home a short text that changes whenever what is registered of it does."""
    cursor = await connection.execute(
        "select h.home_id, concat_ws(',', hashtextextended(h::text, 0), r.print, p.print, d.print, v.print)"
        " from home h"
        " left join (select home_id, sum(hashtextextended(r::text, 0)) as print from room r"
        "  group by home_id) r using (home_id)"
        " left join (select home_id, sum(hashtextextended(p::text, 1)) as print from resident p"
        "  where left_at is null group by home_id) p using (home_id)"
        " left join (select home_id, sum(hashtextextended(d::text, 2)) as print from device d"
        "  where retired_at is null group by home_id) d using (home_id)"
        " left join (select home_id, sum(hashtextextended(v::text, 3)) as print from expected_visit v"
        "  where ended_at is null group by home_id) v using (home_id)"
    )
    return {HomeId(home_id): text for home_id, text in await cursor.fetchall()}
