"""From referral to live: steps, walk tests and needs, written by functions that look at who is acting.

Runs inside `core.store.account.acting`. A step that does not follow on how the home stands returns None and
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import errors
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from core.model.away import Away
from core.model.commissioning import HomeStep, NeedStage, NeedStep, Stage, Walked
from core.model.errors import Malformed
from core.model.ids import CarerId, DeviceId, HomeId
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.store.pool import Connection

LIST_LIMIT = 100
_REFUSED = {
    "unfinished": Malformed(marked("walk"), marked("every piece seen, or a reason why not")),
    "open alert": Malformed(
        marked("alert"), marked("none that is open: answer it first, and say how it ended")
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Why a piece of the walk test that counts may be missing."""

    piece: str
    reason: str
    carer: str
    at: datetime


async def stage_of(connection: Connection, home_id: HomeId) -> Stage:
    """Return how far a home is that may be seen."""
    cursor = await connection.execute("select stage_of(%s)", (home_id,))
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        raise LookupError(home_id)
    return Stage(row[0])


async def take_step(
    connection: Connection, home_id: HomeId, wanted: Stage, why: Mapping[str, str], now: datetime
) -> int | None:
    """Take a step; return its number.

    Parameters
    ----------
    why
        ``basis`` and ``said_by`` of a consent, ``until`` of a pause or test (ISO 8601), ``reason`` of any.

    Raises
    ------
    Malformed
        If the home may not go live yet, or an alert is open that carers are being told of.
    """
    try:
        return await _number(
            connection,
            "select take_home_step(%s, %s, %s, %s)",
            (home_id, wanted.value, Jsonb(dict(why)), now),
        )
    except errors.ObjectNotInPrerequisiteState as error:
        raise _REFUSED.get(
            error.diag.message_primary or "", Malformed(marked("step"), marked("later"))
        ) from error


async def waive(
    connection: Connection, home_id: HomeId, piece: str, reason: str, now: datetime
) -> int | None:
    """Say why a piece may be missing; None when it is not missing."""
    values = (home_id, piece, reason, now)
    return await _number(connection, "select waive_piece(%s, %s, %s, %s)", values)


async def missing(connection: Connection, home_id: HomeId) -> tuple[str, ...]:
    """Return what the walk test that counts still lacks, waived or not."""
    cursor = await connection.execute("select piece from walk_missing(%s)", (home_id,))
    return tuple(str(row[0]) for row in await cursor.fetchall())


async def walk_since(connection: Connection, home_id: HomeId) -> datetime | None:
    """Return when the walk test that counts began; None before the first."""
    cursor = await connection.execute("select walk_since(%s)", (home_id,))
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def waivers(connection: Connection, home_id: HomeId) -> tuple[Waiver, ...]:
    """Return the reasons of the walk test that counts, the last one of each piece."""
    cursor = connection.cursor(row_factory=class_row(Waiver))
    await cursor.execute(
        "select distinct on (w.piece) w.piece, w.reason, coalesce(c.name, '') as carer, w.at"
        " from walk_waiver w left join carer c using (carer_id) where w.home_id = %(home)s"
        " and w.at >= coalesce(walk_since(%(home)s), '-infinity') order by w.piece, w.waiver_id desc",
        {"home": home_id},
    )
    return tuple(await cursor.fetchall())


async def walked(connection: Connection, home_id: HomeId) -> tuple[Walked, ...]:
    """Return the devices in use with what the walk test that counts has seen of them."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_WALKED, {"home": home_id})
    return tuple(Walked(**row) for row in await cursor.fetchall())


async def pressed(connection: Connection, home_id: HomeId) -> tuple[tuple[DeviceId, datetime], ...]:
    """Return which call button was pressed when since the walk test began, the latest first."""
    cursor = await connection.execute(
        "select o.device_id, o.observed_at from observation o join device d using (device_id)"
        " where d.home_id = %(home)s and d.retired_at is null and o.quantity = 'sos' and o.value > 0"
        " and o.observed_at >= walk_since(%(home)s) order by 2 desc limit 5",
        {"home": home_id},
    )
    return tuple((DeviceId(device), at) for device, at in await cursor.fetchall())


async def steps_of(connection: Connection, home_id: HomeId) -> tuple[HomeStep, ...]:
    """Return the steps of a home, the latest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select s.home_id, s.at, coalesce(c.name, '') as carer, s.stage, s.basis, s.said_by, s.reason,"
        " s.until, nullif(s.away, '') as away, s.by_itself"
        " from home_step s left join carer c using (carer_id) where s.home_id = %s"
        " order by s.step_id desc limit %s",
        (home_id, LIST_LIMIT),
    )
    return tuple(_step(row) for row in await cursor.fetchall())


def _step(row: dict[str, Any]) -> HomeStep:
    where = None if row["away"] is None else Away(row["away"])
    return HomeStep(**(row | {"stage": Stage(row["stage"]), "away": where}))


async def needs_of(connection: Connection, home_id: HomeId) -> tuple[NeedStep, ...]:
    """Return how each need of a home stands, by name."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select distinct on (n.need, n.resident_id) n.need, n.resident_id, n.stage, n.at,"
        " coalesce(c.name, '') as carer, n.note from need_step n left join carer c using (carer_id)"
        " where n.home_id = %s order by n.need, n.resident_id, n.need_step_id desc limit %s",
        (home_id, LIST_LIMIT),
    )
    return tuple(
        NeedStep(**(row | {"stage": NeedStage(row["stage"])})) for row in await cursor.fetchall()
    )


async def take_need_step(
    connection: Connection, home_id: HomeId, carer_id: CarerId, step: NeedStep
) -> None:
    """Write down how something that is needed stands now; ``step.carer`` is not read."""
    await connection.execute(
        "insert into need_step (home_id, resident_id, carer_id, at, need, stage, note)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (home_id, step.resident_id, carer_id, step.at, step.need, step.stage.value, step.note),
    )


_WALKED: LiteralString = (
    "select d.device_id, d.name, d.placement, coalesce(r.name, '') as room, s.seen_at,"
    " (select extract(epoch from o.received_at - o.claimed_at)::float8 from observation o"
    "  where o.device_id = d.device_id and o.observed_at = s.seen_at and o.claimed_at is not null"
    "  limit 1) as latency_s, p.last_seen, p.battery_percent, p.link_quality"
    " from device d left join room r using (room_id) left join presence p using (device_id)"
    " cross join lateral (select walk_seen(d.device_id, coalesce(walk_since(d.home_id), 'infinity'))"
    # offset 0 keeps it one call: else each chunk of the log asks it anew whether it holds that moment
    "  as seen_at offset 0) s where d.home_id = %(home)s and d.retired_at is null"
    " order by r.room_id nulls last, d.name"
)


async def _number(connection: Connection, query: Any, values: tuple[object, ...]) -> int | None:
    cursor = await connection.execute(query, values)
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])
