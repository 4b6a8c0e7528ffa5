"""Alerts that are not resolved: which to look at, and which say the same as a new one would."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

from core.model.ids import AlertId, HomeId
from core.store.alert import TO_LOOK_AT, one_alert

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.alert import StoredAlert
    from core.store.pool import Connection

_SUCH: LiteralString = (
    " from alert join home using (home_id) where state <> 'resolved'"
    " and detector = %(detector)s and subject = %(subject)s and organisation_id ="
    " (select organisation_id from home where home_id = %(home)s) limit 1"
)


async def numbers_to_look_at(
    connection: Connection, now: datetime, limit: int, *, beyond: AlertId | None = None
) -> list[AlertId]:
    """Return the ids of the alerts that `alerts_to_look_at` would give, without reading them."""
    cursor = await connection.execute(
        "select alert_id" + TO_LOOK_AT, {"now": now, "limit": limit, "beyond": beyond}
    )
    return [AlertId(row[0]) for row in await cursor.fetchall()]


async def put_off(connection: Connection, alert_id: AlertId, until: datetime) -> None:
    """Let the escalation leave an alert alone until then."""
    await connection.execute(
        "update alert set policy = policy || jsonb_build_object('next_at', %s::float8)"
        " where alert_id = %s",
        (until.timestamp(), alert_id),
    )


async def home_of(connection: Connection, alert_id: AlertId) -> HomeId | None:
    """Return the home of an alert; None where there is none."""
    cursor = await connection.execute("select home_id from alert where alert_id = %s", (alert_id,))
    row = await cursor.fetchone()
    return None if row is None else HomeId(row[0])


async def is_open(connection: Connection, home_id: HomeId, detector: str, subject: str) -> bool:
    """Tell whether such an alert waits for an end in the organisation of this home."""
    cursor = await connection.execute(
        "select 1" + _SUCH, {"home": home_id, "detector": detector, "subject": subject}
    )
    return await cursor.fetchone() is not None


async def open_with(
    connection: Connection, home_id: HomeId, detector: str, subject: str
) -> StoredAlert | None:
    """Return such an alert, locked; None where another process is at it just now."""
    return await one_alert(
        connection,
        "select alert.*" + _SUCH + " for no key update of alert skip locked",
        {"home": home_id, "detector": detector, "subject": subject},
    )
