"""The log of observations, read so that no committed row is ever skipped (docs/decisions/0002)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from core.model.errors import Misconfigured
from core.model.ids import DeviceId, HomeId
from core.model.observation import LoggedObservation, LogPosition, Observation, Position
from core.model.quantity import Quantity
from core.store import lineage

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.pool import Connection

START = LogPosition()
_QUANTITIES = {quantity.value: quantity for quantity in Quantity}

# Rows of transactions older than the oldest one still running: whatever commits later comes later.
_SETTLED: LiteralString = (
    "txid < pg_snapshot_xmin(pg_current_snapshot())"
    " and (txid, sequence) > (%(transaction)s::text::xid8, %(sequence)s::bigint)"
    " order by txid, sequence limit %(limit)s"
)
_VALUES: LiteralString = (
    "select txid::text::bigint as transaction, sequence, home_id, device_id, quantity, value,"
    " observed_at, received_at, discriminator, claimed_at, null::double precision as latitude,"
    " null::double precision, null::double precision, null::double precision, null::double precision,"
    " null::double precision from observation"
)
_PLACES: LiteralString = (
    "select txid::text::bigint, sequence, home_id, device_id, 'position', coalesce(accuracy_m, 0),"
    " observed_at, received_at, discriminator, claimed_at, latitude, longitude, accuracy_m, altitude_m,"
    " speed_m_s, course_deg from position"
)
PAGE: LiteralString = (
    f"({_VALUES} where {_SETTLED}) union all ({_PLACES} where {_SETTLED})"
    " order by transaction, sequence limit %(limit)s"
)
_UNREAD: LiteralString = (
    "where (txid, sequence) > (%(transaction)s::text::xid8, %(sequence)s::bigint)"
    " order by txid, sequence limit 1"
)
WAITING: LiteralString = (
    "select received_at from ("
    f"(select txid, sequence, received_at from observation {_UNREAD}) union all "
    f"(select txid, sequence, received_at from position {_UNREAD})) w"
    " order by txid, sequence limit 1"
)
_OF_DEVICES: LiteralString = (
    "device_id in (select d.device_id from device d where d.home_id = %(home)s)"
    " and home_id = %(home)s and observed_at >= %(since)s"
    " and (txid, sequence) <= (%(transaction)s::text::xid8, %(sequence)s::bigint)"
    " order by txid desc, sequence desc limit %(limit)s"
)
RECORD: LiteralString = (
    f"({_VALUES} where {_OF_DEVICES}) union all ({_PLACES} where {_OF_DEVICES})"
    " order by transaction desc, sequence desc limit %(limit)s"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """One stretch of the log."""

    rows: tuple[LoggedObservation, ...]
    #: Where to read on; the place of the last row, also of one that this version can not read.
    end: LogPosition
    #: True when there may be more at once.
    full: bool


async def read_page(
    connection: Connection, after: LogPosition, limit: int, until: LogPosition | None = None
) -> LogPage:
    """Return the rows that follow ``after``, in log order, as far as the log is settled.

    Parameters
    ----------
    limit
        Rows at most, at least 1.
    until
        Last place to return, for a replay; None for all.
    """
    cursor = await connection.execute(
        PAGE,
        {"transaction": str(after.transaction), "sequence": after.sequence, "limit": limit},
    )
    found = await cursor.fetchall()
    kept = found if until is None else [row for row in found if _place(row) <= until]
    rows = tuple(
        LoggedObservation(at=_place(row), observation=_observation(row))
        for row in kept
        if row[4] in _QUANTITIES
    )
    end = _place(kept[-1]) if kept else after
    return LogPage(rows=rows, end=end, full=len(kept) == limit)


async def record_of(
    connection: Connection, home_id: HomeId, since: datetime, until: LogPosition, limit: int
) -> tuple[Observation, ...]:
    """Return the last rows of a home's present devices up to a place in the log, in log order.

    Parameters
    ----------
    since
        What was observed before is left out.
    limit
        Rows at most, the newest; at least 1.
    """
    cursor = await connection.execute(
        RECORD,
        {
            "home": home_id,
            "since": since,
            "transaction": str(until.transaction),
            "sequence": until.sequence,
            "limit": limit,
        },
    )
    found = sorted(await cursor.fetchall(), key=_place)
    return tuple(_observation(row) for row in found if row[4] in _QUANTITIES)


async def waiting_since(connection: Connection, after: LogPosition) -> datetime | None:
    """Return when the oldest unread row was received, settled or not; None when all is read."""
    cursor = await connection.execute(
        WAITING, {"transaction": str(after.transaction), "sequence": after.sequence}
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def check_lineage(connection: Connection, after: LogPosition) -> None:
    """Make sure that this server will give out larger transaction numbers than the log holds.

    Raises
    ------
    Misconfigured
        If not: the tables came from another server, and new rows would be skipped in silence.
    """
    known = ("observation", "position")
    fault = await lineage.fault(connection, known, reached=after.transaction)
    if fault:
        raise Misconfigured(fault)


def _place(row: tuple[Any, ...]) -> LogPosition:
    return LogPosition(transaction=row[0], sequence=row[1])


def _observation(row: tuple[Any, ...]) -> Observation:
    return Observation(
        home_id=HomeId(row[2]),
        device_id=DeviceId(row[3]),
        quantity=_QUANTITIES[row[4]],
        value=row[5],
        observed_at=row[6],
        received_at=row[7],
        discriminator=row[8],
        claimed_at=row[9],
        position=None if row[10] is None else _position(row),
    )


def _position(row: tuple[Any, ...]) -> Position:
    return Position(
        latitude=row[10],
        longitude=row[11],
        accuracy_m=row[12],
        altitude_m=row[13],
        speed_m_s=row[14],
        course_deg=row[15],
    )
