"""The log of carers' answers, as the alerting service reads it: in order, none skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from core.model.finding import Outcome, Response, ResponseKind
from core.model.ids import AlertId, CarerId
from core.model.observation import LogPosition

if TYPE_CHECKING:
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedResponse:
    """An answer as the log gives it out."""

    at: LogPosition
    response: Response


async def responses_after(
    connection: Connection, position: LogPosition, limit: int
) -> list[LoggedResponse]:
    """Return the next answers of the log; one that commits late is never skipped."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select txid::text::bigint as transaction, response_id, alert_id, carer_id, kind, at,"
        " outcome, comment from response"
        " where txid < pg_snapshot_xmin(pg_current_snapshot())"
        " and (txid, response_id) > (%s::text::xid8, %s)"
        " order by txid, response_id limit %s",
        (str(position.transaction), position.sequence, limit),
    )
    return [
        LoggedResponse(
            at=LogPosition(transaction=row["transaction"], sequence=row["response_id"]),
            response=Response(
                alert_id=AlertId(row["alert_id"]),
                carer_id=CarerId(row["carer_id"]),
                kind=ResponseKind(row["kind"]),
                at=row["at"],
                outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
                comment=row["comment"],
            ),
        )
        for row in await cursor.fetchall()
    ]
