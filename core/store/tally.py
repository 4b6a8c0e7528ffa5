"""How much of everything there is: for the demo, the replay and the benches. Read by the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.store.pool import Connection

IMMEDIATE = ("sos", "exit")
"""Detectors that speak at once, so that onset to alert is the system's own delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of a whole system."""

    observations: int
    quarantined: int
    #: Messages of devices that were not registered when they came: known, and not stored.
    discovered: int
    findings: int
    alerts: int
    acknowledged: int
    #: Delay from the sensor's time to the alert that holds it, per episode of an immediate detector:
    #: it may have joined an alert of another detector.
    sensor_to_alert_ms: tuple[float, ...]


async def count(connection: Connection) -> Tally:
    """Count everything."""
    cursor = await connection.execute(
        "select (select count(*) from observation) + (select count(*) from position),"
        " (select count(*) from quarantine), (select coalesce(sum(messages), 0) from discovered),"
        " (select count(*) from finding),"
        " (select count(*) from alert), (select count(*) from alert where acknowledged_at is not null)"
    )
    row = await cursor.fetchone()
    cursor = await connection.execute(
        "select extract(epoch from greatest(a.opened_at, f.recorded_at) - f.onset) * 1000"
        " from alert a join alert_finding using (alert_id) join finding f using (finding_id)"
        " where f.detector = any(%s) and f.phase = 'opened'",
        (list(IMMEDIATE),),
    )
    delays = tuple(float(delay) for (delay,) in await cursor.fetchall())
    observations, quarantined, discovered, findings, alerts, acknowledged = row or (0,) * 6
    return Tally(
        observations=observations,
        quarantined=quarantined,
        discovered=int(discovered),
        findings=findings,
        alerts=alerts,
        acknowledged=acknowledged,
        sensor_to_alert_ms=delays,
    )


async def stored_of(
    connection: Connection, homes: Sequence[str], since: datetime, until: datetime
) -> int:
    """Count the observations of ``homes`` that happened from ``since`` to ``until``, both included."""
    cursor = await connection.execute(
        "select count(*) from observation where home_id = any(%(homes)s)"
        " and observed_at between %(since)s and %(until)s and device_id in"
        " (select device_id from device where home_id = any(%(homes)s))",
        {"homes": list(homes), "since": since, "until": until},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def quarantined_of(connection: Connection, homes: Sequence[str], after: int = 0) -> int:
    """Count the messages of ``homes`` in quarantine with a number above ``after``."""
    cursor = await connection.execute(
        "select count(*) from quarantine where home_id = any(%s) and quarantine_id > %s",
        (list(homes), after),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def last_quarantined(connection: Connection) -> int:
    """Return the number of the newest message in quarantine; 0 for none."""
    cursor = await connection.execute("select coalesce(max(quarantine_id), 0) from quarantine")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """One alert in a line."""

    alert_id: int
    home_id: str
    detector: str
    severity: str
    #: Seconds from the onset to the alert's row.
    delay_s: float


async def alerts_after(connection: Connection, alert_id: int) -> list[AlertLine]:
    """Return the alerts with a number above ``alert_id``."""
    cursor = await connection.execute(
        "select alert_id, home_id, detector, severity, extract(epoch from opened_at - onset)"
        " from alert where alert_id > %s order by alert_id",
        (alert_id,),
    )
    return [
        AlertLine(
            alert_id=number,
            home_id=home,
            detector=detector,
            severity=severity,
            delay_s=float(delay),
        )
        for number, home, detector, severity, delay in await cursor.fetchall()
    ]
