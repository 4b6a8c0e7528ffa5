"""Devices on loan for assessments: each step of each device. Written by the dashboard.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import dict_row

from core.model.assessment import AssessmentId, KitItem, KitState
from core.model.ids import CarerId, DeviceId, HomeId

if TYPE_CHECKING:
    from core.store.pool import Connection

MOST = 500
_STATES = {
    "lent": KitState.LENT,
    "due": KitState.LENT,
    "returned": KitState.RETURNED,
    "lost": KitState.LOST,
    "not_lent": KitState.NOT_LENT,
}
_ITEMS: LiteralString = (
    "select distinct on (k.assessment_id, k.device_id) k.assessment_id, k.device_id, k.home_id,"
    " h.name as home_name, d.name, coalesce(r.name, '') as room, k.kind, k.note, c.name as author, k.at,"
    " (select e.due_on from kit_step e where e.assessment_id = k.assessment_id"
    "  and e.device_id = k.device_id and e.due_on is not null order by e.kit_step_id desc limit 1)"
    "  as due_on"
    " from kit_step k join home h using (home_id) join device d using (device_id)"
    " left join room r using (room_id) join carer c on c.carer_id = k.carer_id"
)
_LAST: LiteralString = " order by k.assessment_id, k.device_id, k.kit_step_id desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class KitStep:
    """Something happens to a device on loan."""

    assessment_id: AssessmentId
    device_id: DeviceId
    home_id: HomeId
    #: ``lent``, ``due``, ``returned``, ``lost`` or ``not_lent``.
    kind: str
    due_on: date | None
    note: str
    carer_id: CarerId
    at: datetime


async def note_step(connection: Connection, step: KitStep) -> None:
    """Write down what happened.

    Raises
    ------
    psycopg.errors.InsufficientPrivilege
        If the device or the assessment is not of the home.
    """
    await connection.execute(
        "insert into kit_step (home_id, assessment_id, device_id, kind, due_on, note, carer_id, at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            step.home_id,
            step.assessment_id,
            step.device_id,
            step.kind,
            step.due_on,
            step.note,
            step.carer_id,
            step.at,
        ),
    )


async def lend_all(
    connection: Connection,
    assessment_id: AssessmentId,
    home_id: HomeId,
    due_on: date,
    by: tuple[CarerId, datetime],
) -> int:
    """Lend every device that is registered in the home; return how many."""
    cursor = await connection.execute(
        "insert into kit_step (home_id, assessment_id, device_id, kind, due_on, carer_id, at)"
        " select home_id, %s, device_id, 'lent', %s, %s, %s from device"
        " where home_id = %s and retired_at is null order by device_id",
        (assessment_id, due_on, *by, home_id),
    )
    return cursor.rowcount


async def items_of(connection: Connection, assessment_id: AssessmentId) -> tuple[KitItem, ...]:
    """Return the kit of an assessment, by name."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"select * from ({_ITEMS} where k.assessment_id = %s{_LAST}) k order by name, device_id",
        (assessment_id,),
    )
    return tuple(_item(row) for row in await cursor.fetchall())


async def item_of(connection: Connection, assessment_id: int, device_id: int) -> KitItem | None:
    """Return one device of a kit; None when there is none that may be seen."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"{_ITEMS} where k.assessment_id = %s and k.device_id = %s{_LAST}",
        (assessment_id, device_id),
    )
    row = await cursor.fetchone()
    return None if row is None else _item(row)


async def items_out(connection: Connection) -> tuple[KitItem, ...]:
    """Return what is on loan and not back, what is due first at the front."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"select * from ({_ITEMS}{_LAST}) k where kind in ('lent', 'due')"
        " order by due_on, home_name, name, device_id limit %s",
        (MOST,),
    )
    return tuple(_item(row) for row in await cursor.fetchall())


def _item(row: dict[str, Any]) -> KitItem:
    kind = row.pop("kind")
    return KitItem(**row, state=_STATES[kind])
