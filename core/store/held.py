"""Deliveries that are due and wait: quiet hours have begun since they were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString
from zoneinfo import ZoneInfo

from core.model.finding import Severity
from core.model.ids import CarerId, DeliveryId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.store.pool import Connection

_FREE: LiteralString = "(d.state = 'pending' or d.state = 'sending' and d.lease_until <= %(now)s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery that is due and may wait until the morning."""

    delivery_id: DeliveryId
    carer_id: CarerId
    severity: Severity
    #: Of the home that it is about.
    zone: ZoneInfo


async def may_wait(connection: Connection, channel: str, now: datetime) -> list[DueDelivery]:
    """Return what is due by a channel and may wait until the morning.

    No urgent alert may, nor word that a home is not watched any more, nor a test that somebody has asked for.
    """
    cursor = await connection.execute(
        "select d.delivery_id, d.carer_id, coalesce(a.severity, 'check'), coalesce(h.zone, 'UTC')"
        " from delivery d left join alert a using (alert_id) left join home h on h.home_id = a.home_id"
        " where d.channel = %(channel)s and d.state in ('pending', 'sending')"
        " and d.next_try_at <= %(now)s and d.test_id is null"
        " and d.kind <> 'watch_ended'"
        " and a.severity is distinct from 'urgent' and " + _FREE,
        {"channel": channel, "now": now},
    )
    return [
        DueDelivery(
            delivery_id=DeliveryId(delivery_id),
            carer_id=CarerId(carer_id),
            severity=Severity(severity),
            zone=ZoneInfo(zone),
        )
        for delivery_id, carer_id, severity, zone in await cursor.fetchall()
    ]


async def hold(connection: Connection, until: Mapping[DeliveryId, datetime], now: datetime) -> None:
    """Let these deliveries wait, each until then; one that a worker has meanwhile stays as it is."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "update delivery d set state = 'pending', lease_until = null, lease_holder = null,"
            " next_try_at = %(until)s where d.delivery_id = %(delivery)s and " + _FREE,
            [{"delivery": one, "until": end, "now": now} for one, end in until.items()],
        )
