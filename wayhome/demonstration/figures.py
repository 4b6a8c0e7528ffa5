"""What the demo measured: read from the tables, compared with what was published."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.store import day_count, tally
from core.store.pool import connect
from wayhome.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One run of the demo in numbers."""

    observations: int
    findings: int
    alerts: int
    acknowledged: int
    #: Milliseconds from the sensor's own time to the alert's row, p50 and p99, of the demo's episodes.
    sensor_to_alert_ms: dict[str, float | None]
    #: Published, acknowledged by the broker, and neither stored nor in quarantine nor discovered.
    lost: int
    #: Rows more than were published.
    duplicates: int
    published: int
    quarantined: int
    #: Came before the gateway had read that their device is registered.
    discovered: int
    #: Days of the past that clinicians see.
    days: int


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that is not below ``share`` of ``values``; None for none.

    Examples
    --------
    >>> quantile([3.0, 1.0, 2.0], 0.5), quantile([], 0.5)
    (2.0, None)
    """
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)


async def read(system: System, published: int) -> Figures:
    """Read the tables of a demo in which ``published`` observations were sent."""
    async with connect(system.database("wayhome_operator")) as connection:
        seen = await tally.count(connection)
        days = await day_count.count_all(connection)
    missing = published - seen.observations - seen.quarantined
    return Figures(
        observations=seen.observations,
        findings=seen.findings,
        alerts=seen.alerts,
        acknowledged=seen.acknowledged,
        sensor_to_alert_ms={
            "p50": quantile(seen.sensor_to_alert_ms, 0.5),
            "p99": quantile(seen.sensor_to_alert_ms, 0.99),
        },
        lost=max(0, missing - seen.discovered),
        duplicates=max(0, -missing),
        published=published,
        quarantined=seen.quarantined,
        discovered=seen.discovered,
        days=days,
    )
