"""Devices registered on the pages: each step by a function of the database that looks at who is acting.

Runs inside `core.store.account.acting`. A step that makes no sense any more (somebody was quicker, the device
is of another organisation) returns None and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
from psycopg import errors
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from core.model.errors import Malformed
from core.model.home import Placement, RoomKind
from core.model.ids import CarerId, DeviceId, HomeId, ResidentId, RoomId
from core.model.intake import Discovered
from core.model.words import marked

if TYPE_CHECKING:
    from core.store.pool import Connection

LIST_LIMIT = 100


class Step(StrEnum):
    """What was done to a device."""

    REGISTERED = "registered"
    CHANGED = "changed"
    REPLACED = "replaced"
    RETIRED = "retired"
    RESTORED = "restored"
    UNDONE = "undone"
    CORRECTED = "corrected"


class DeviceTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What of a device a person decides."""

    family: str
    external_id: str
    name: str
    placement: Placement
    room_id: RoomId | None = None
    resident_id: ResidentId | None = None
    #: Seconds between two messages at most.
    reporting_interval_s: float = 3600.0
    heartbeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChange:
    """One step that was written down."""

    change_id: int
    device_id: DeviceId
    name: str
    carer_id: CarerId
    carer: str
    at: datetime
    kind: Step
    #: Whether it stands, and all that came after it was taken back.
    may_undo: bool
    #: Of a correction: since when it holds. None for ever, and of other steps.
    holds_since: datetime | None = None


async def unregistered(connection: Connection, home_id: HomeId) -> tuple[Discovered, ...]:
    """Return what speaks in a home and is not registered, the one last heard of first."""
    cursor = connection.cursor(row_factory=class_row(Discovered))
    await cursor.execute(
        "select home_id, family, external_id, first_seen, last_seen, messages, last_topic,"
        " substring(last_payload for 2000) as last_payload from discovered x where home_id = %s"
        " and not exists (select 1 from device d where d.home_id = x.home_id and d.family = x.family"
        "  and d.external_id = x.external_id and d.retired_at is null)"
        " order by last_seen desc, external_id limit %s",
        (home_id, LIST_LIMIT),
    )
    return tuple(await cursor.fetchall())


async def register(
    connection: Connection, home_id: HomeId, terms: DeviceTerms, now: datetime
) -> int | None:
    """Register a device; return the number of the step, None when it is registered already.

    Raises
    ------
    Malformed
        If the room or the wearer is of another home, or no consent is on record.
    """
    return await _number(
        connection,
        "select register_device(%s, %s, %s)",
        (home_id, Jsonb(msgspec.to_builtins(terms)), now),
    )


async def change(
    connection: Connection, device_id: DeviceId, step: Step, terms: DeviceTerms, now: datetime
) -> int | None:
    """Change, replace, retire or restore a device; return the number of the step.

    `Step.REPLACED` takes family, name in the family and reporting from ``terms`` and keeps the place, so
    that the history goes on; `Step.CHANGED` takes the rest.

    Raises
    ------
    Malformed
        If the room or the wearer is of another home, or the new device is registered already.
    """
    values = (device_id, step.value, Jsonb(msgspec.to_builtins(terms)), now)
    return await _number(connection, "select change_device(%s, %s, %s, %s)", values)


async def correct(
    connection: Connection,
    device_id: DeviceId,
    terms: DeviceTerms,
    since: datetime | None,
    now: datetime,
) -> int | None:
    """Put a device where it was in truth; return the number of the step.

    The days since then are counted anew, and detection learns anew from what is recorded.

    Parameters
    ----------
    since
        From when on it was there; None for ever. Only then who wears it can be put right too.

    Raises
    ------
    Malformed
        If the room or the wearer is of another home.
    """
    values = (device_id, Jsonb(msgspec.to_builtins(terms)), since, now)
    return await _number(connection, "select correct_device(%s, %s, %s, %s)", values)


async def undo(connection: Connection, change_id: int, now: datetime) -> int | None:
    """Take a step back; None when a later one of its device stands.

    Raises
    ------
    Malformed
        If what stood before is taken by another device meanwhile.
    """
    return await _number(connection, "select undo_device_change(%s, %s)", (change_id, now))


async def add_room(
    connection: Connection, home_id: HomeId, name: str, kind: RoomKind, *, leads_out: bool
) -> int | None:
    """Add a room; None when the home has one of this name."""
    values = (home_id, name, kind.value, leads_out)
    return await _number(connection, "select add_room(%s, %s, %s, %s)", values)


async def changes_of(connection: Connection, home_id: HomeId) -> tuple[DeviceChange, ...]:
    """Return the steps of a home's registration, the latest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select c.change_id, c.device_id, c.after ->> 'name' as name, c.carer_id,"
        " coalesce(p.name, '') as carer, c.at, c.kind, stands_last(c.change_id) as may_undo,"
        " case when c.kind = 'corrected' then nullif(c.holds_since, '-infinity') end as holds_since"
        " from device_change c left join carer p using (carer_id)"
        " where c.home_id = %s order by c.change_id desc limit %s",
        (home_id, LIST_LIMIT),
    )
    return tuple(
        DeviceChange(**(row | {"kind": Step(row["kind"])})) for row in await cursor.fetchall()
    )


async def terms_of(
    connection: Connection, device_id: DeviceId
) -> tuple[HomeId, DeviceTerms, bool] | None:
    """Return the home of a device, its terms, and whether it is retired."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select home_id, family, external_id, name, placement, room_id, resident_id,"
        " reporting_interval_s, heartbeat, retired_at from device where device_id = %s",
        (device_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    home, retired = HomeId(row.pop("home_id")), row.pop("retired_at") is not None
    return home, msgspec.convert(row, DeviceTerms), retired


async def _number(connection: Connection, query: Any, values: tuple[object, ...]) -> int | None:
    try:
        cursor = await connection.execute(query, values)
    except errors.ForeignKeyViolation as error:
        raise Malformed(marked("room"), marked("a room and a wearer of this home")) from error
    except errors.ObjectNotInPrerequisiteState as error:
        raise Malformed(
            marked("consent"), marked("on record before anything is registered")
        ) from error
    except errors.UniqueViolation as error:
        raise Malformed(
            marked("device"), marked("one that is not registered in this home already")
        ) from error
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])
