"""Square codes on devices, and which rooms lie beside each other. Runs inside `core.store.account.acting`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from core.model.home import HomeMode
from core.model.ids import CarerId, DeviceId, HomeId, OrganisationId, RoomId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection

LIST_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label, and where it sticks."""

    token: str
    #: Home and device on which it sticks; None where it is free, or its device is out of use.
    home_id: HomeId | None
    device_id: DeviceId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A home in which a technician may be at work."""

    home_id: HomeId
    name: str
    #: When this person last opened its page of registration; None for never.
    opened_at: datetime | None


async def make_labels(
    connection: Connection,
    organisation_id: OrganisationId,
    carer_id: CarerId,
    tokens: Sequence[str],
    now: datetime,
) -> None:
    """Keep labels that are being printed."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into device_label (token, organisation_id, carer_id, at) values (%s, %s, %s, %s)",
            [(token, organisation_id, carer_id, now) for token in tokens],
        )


async def label_for(connection: Connection, token: str, now: datetime) -> Label | None:
    """Return a label of the acting organisation; one of another is noted there and not returned."""
    cursor = connection.cursor(row_factory=class_row(Label))
    await cursor.execute(
        "select token, home_id, device_id from label_for(%s, %s)",
        (token, now),
    )
    return await cursor.fetchone()


async def put_label(
    connection: Connection, token: str, device_id: DeviceId, now: datetime
) -> int | None:
    """Stick a label on a device; None where either is of another organisation or out of use."""
    cursor = await connection.execute("select put_label(%s, %s, %s)", (token, device_id, now))
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRefusal:
    """Somebody of another organisation opened a label of ours; who it was is not ours to know."""

    at: datetime
    token: str
    #: Where the label sticks; None where it sticks on nothing.
    device_id: DeviceId | None
    device: str
    home_id: HomeId | None
    home: str


async def refusals(connection: Connection, since: datetime) -> tuple[LabelRefusal, ...]:
    """Return who opened labels of the acting organisation from outside, the latest first."""
    cursor = connection.cursor(row_factory=class_row(LabelRefusal))
    await cursor.execute(
        "select r.at, r.token, d.device_id, coalesce(d.name, '') as device, d.home_id,"
        " coalesce(h.name, '') as home"
        " from label_refusal r left join lateral (select device_id from label_use u"
        "  where u.token = r.token order by u.use_id desc limit 1) u on true"
        " left join device d on d.device_id = u.device_id left join home h on h.home_id = d.home_id"
        " where r.at > %s order by r.refusal_id desc limit %s",
        (since, LIST_LIMIT),
    )
    return tuple(await cursor.fetchall())


async def labelled(connection: Connection, home_id: HomeId) -> frozenset[DeviceId]:
    """Return the devices of a home that carry a label."""
    cursor = await connection.execute(
        "select device_id from (select distinct on (token) token, device_id from label_use"
        " where home_id = %s order by token, use_id desc) last",
        (home_id,),
    )
    return frozenset(DeviceId(row[0]) for row in await cursor.fetchall())


async def device_named(
    connection: Connection, home_id: HomeId, family: str, external_id: str
) -> DeviceId | None:
    """Return the device in use of this name in its family."""
    cursor = await connection.execute(
        "select device_id from device where home_id = %s and family = %s and external_id = %s"
        " and retired_at is null",
        (home_id, family, external_id),
    )
    row = await cursor.fetchone()
    return None if row is None else DeviceId(row[0])


async def places(connection: Connection, carer_id: CarerId) -> tuple[Place, ...]:
    """Return the homes that are not of the past, first those where this person was last at work."""
    cursor = connection.cursor(row_factory=class_row(Place))
    await cursor.execute(
        "select h.home_id, h.name, (select max(a.at) from access_record a"
        "  where a.home_id = h.home_id and a.carer_id = %s and a.page in ('install', 'walk'))"
        "  as opened_at"
        " from home h where h.mode <> %s order by 3 desc nulls last, h.name limit %s",
        (carer_id, HomeMode.ARCHIVE.value, LIST_LIMIT),
    )
    return tuple(await cursor.fetchall())


async def doors(connection: Connection, home_id: HomeId) -> tuple[tuple[RoomId, RoomId], ...]:
    """Return the pairs of rooms of a home that lie beside each other, each once."""
    cursor = await connection.execute(
        "select room_id, other_id from room_door where home_id = %s order by 1, 2", (home_id,)
    )
    return tuple((RoomId(one), RoomId(other)) for one, other in await cursor.fetchall())


async def join_rooms(
    connection: Connection, room_id: RoomId, others: Sequence[RoomId], *, leads_out: bool
) -> HomeId | None:
    """Say which rooms lie beside one, and whether it leads out; return the home, None if not allowed."""
    cursor = await connection.execute(
        "select mark_exit(%s, %s) from join_rooms(%s, %s) as joined where joined is not null",
        (room_id, leads_out, room_id, list(others)),
    )
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else HomeId(row[0])
