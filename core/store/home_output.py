"""Homes whose own Home Assistant is told how they stand. Written by the identity service; a page switches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from core.model.ids import DeviceId, HomeId
from core.store.timeline import PERSON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.pool import Connection


class ToldDevice(msgspec.Struct, frozen=True, kw_only=True):
    """What a home is told of one of its devices: nothing that names anybody."""

    id: DeviceId
    #: Kind of its room; empty where it is in none.
    room: str
    placement: str
    #: Percent; None where it does not say.
    battery: float | None
    #: False where it is gone, silent for too long, or was never heard.
    heard: bool


class ToldState(msgspec.Struct, frozen=True, kw_only=True):
    """How a home stands, as it is told there."""

    #: Last sign of a person within 30 days; None where there is none.
    last_movement: datetime | None
    #: True while an alert for carers is not over.
    alert: bool
    #: True where it is live, can be seen, and everybody in it may be watched.
    watched: bool
    #: Until when watching rests, because a carer said that nobody is at home; None where it does not.
    rests_until: datetime | None = None
    #: True where the home can not be seen, or somebody in it must not be watched, whether it rests or not.
    blind: bool = False
    devices: tuple[ToldDevice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One home that is told, or has to be told that no more comes."""

    home_id: HomeId
    #: None where nothing is to be told any more.
    state: ToldState | None
    #: When it was told last; None where nothing stands at the broker.
    told_at: datetime | None


async def outputs(connection: Connection, now: datetime) -> tuple[Output, ...]:
    """Return the homes that are told, and those of which something still stands at the broker."""
    cursor = await connection.execute(
        "select home_id, state::text, told_at from home_states(%s, %s)", (now, list(PERSON))
    )
    return tuple(
        Output(
            home_id=HomeId(home_id),
            state=None if state is None else msgspec.json.decode(state, type=ToldState),
            told_at=told_at,
        )
        for home_id, state, told_at in await cursor.fetchall()
    )


async def note_told(connection: Connection, homes: Sequence[HomeId], now: datetime) -> None:
    """Write down that these were told."""
    await connection.execute(
        "update home_output set told_at = %s where home_id = any(%s)", (now, list(homes))
    )


async def note_taken_back(connection: Connection, homes: Sequence[HomeId]) -> None:
    """Write down that nothing of these stands at the broker; a home that is gone is forgotten."""
    await connection.execute(
        "update home_output set told_at = null where home_id = any(%s)", (list(homes),)
    )
    await connection.execute(
        "delete from home_output o where home_id = any(%s)"
        " and not exists (select 1 from home h where h.home_id = o.home_id)",
        (list(homes),),
    )


async def is_wanted(connection: Connection, home_id: HomeId) -> bool:
    """Tell whether somebody has switched it on for a home."""
    cursor = await connection.execute(
        "select wanted from home_output where home_id = %s", (home_id,)
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def switch(connection: Connection, home_id: HomeId, now: datetime, *, on: bool) -> bool:
    """Switch it on behalf of the acting person; False where that person may not."""
    cursor = await connection.execute("select set_home_output(%s, %s, %s)", (home_id, on, now))
    row = await cursor.fetchone()
    return bool(row and row[0])
