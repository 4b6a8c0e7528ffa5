"""What a program may see at all: its homes, where they are few, and which detectors have spoken there."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

from core.model.ids import HomeId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection

FEW = 200
"""So few homes are named in a search: what is of them is found by indexes, and not among what is of all."""


async def few_homes(connection: Connection) -> tuple[HomeId, ...] | None:
    """Return the homes that whoever asks may see; None where they are many."""
    cursor = await connection.execute("select home_id from home limit %s", (FEW + 1,))
    found = [HomeId(home_id) for (home_id,) in await cursor.fetchall()]
    return tuple(sorted(found)) if len(found) <= FEW else None


# From one to the next by an index that holds all (`finding_id > 0`): a dozen among the findings of years.
_DETECTORS: LiteralString = (
    "with recursive known as ((select detector, detector_version from finding where finding_id > 0"
    "  order by 1, 2 limit 1)"
    " union all select n.* from known k cross join lateral (select * from ("
    "  (select detector, detector_version from finding where finding_id > 0"
    "   and detector = k.detector and detector_version > k.detector_version order by 1, 2 limit 1)"
    "  union all (select detector, detector_version from finding where finding_id > 0"
    "   and detector > k.detector order by 1, 2 limit 1)) m order by 1, 2 limit 1) n)"
    " select detector, detector_version from known order by 1, 2"
)


async def detectors(
    connection: Connection, homes: Sequence[HomeId] | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the name and the version of every detector that has said something, by name.

    Parameters
    ----------
    homes
        All that may be seen, where they are few.
    """
    if homes is None:
        cursor = await connection.execute(_DETECTORS)
    else:
        cursor = await connection.execute(
            "select distinct detector, detector_version from finding where home_id = any(%s)"
            " order by 1, 2",
            (list(homes),),
        )
    return tuple((name, version) for name, version in await cursor.fetchall())
