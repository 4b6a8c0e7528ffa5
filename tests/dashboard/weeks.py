"""Seven weeks of one household, told observation by observation, and counted as detection does."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analytics.day_counts import count_some
from core.model.ids import DeviceId
from core.store.pool import open_pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.dashboard.town import Town

DAYS = 49
RESTLESS = 7
"""The last days: up at night more often."""
BLIND_DAY = 20
"""Days before the last of which nothing reached us."""
Said = tuple[datetime, str, str, float]


def _day(start: datetime, random_: random.Random, *, restless: bool) -> Iterator[Said]:
    """Tell one day from midnight on: up at seven, out at two on most days, to bed at ten."""

    def seen(hours: float, name: str, quantity: str = "motion", value: float = 1.0) -> Said:
        return start + timedelta(hours=hours + random_.uniform(0, 0.02)), name, quantity, value

    for _ in range(random_.choice((4, 5, 6)) if restless else random_.choice((0, 1, 1, 2))):
        at = random_.uniform(1, 5.5)
        yield seen(at, "Bed mat", "bed", 0)
        yield seen(at + 0.05, "Bathroom sensor")
        yield seen(at + 0.2, "Bed mat", "bed", 1)
    up = random_.gauss(7, 0.3)
    yield seen(up, "Bed mat", "bed", 0)
    for minute in range(int((21.8 - up) * 60 / 7)):
        at = up + 0.05 + minute * 7 / 60
        if not 14 < at < 15.5 and random_.random() < 0.7:
            room = random_.choice(("Kitchen", "Kitchen", "Hall", "Bathroom", "Bedroom"))
            yield seen(at, f"{room} sensor")
    if random_.random() < 0.8:
        yield seen(13.98, "Front door", "contact", 1)
        yield seen(15.5, "Front door", "contact", 1)
    yield seen(random_.gauss(22, 0.3), "Bed mat", "bed", 1)
    for minute in range(0, 1440, 20):
        yield seen(minute / 60, "Hall sensor", "temperature", 20)


def tell(town: Town, home: str = "ada", days: int = DAYS, seed: int = 1) -> None:
    """Write the days before today into the log."""
    town.execute(
        "update device set heartbeat = true, reporting_interval_s = 1200 where home_id = %s"
        " and name = 'Hall sensor'",
        home,
    )
    midnight = town.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    random_ = random.Random(seed)
    rows = [
        (*one, home)
        for back in range(days, 0, -1)
        if back != BLIND_DAY
        for one in _day(midnight - timedelta(days=back), random_, restless=back <= RESTLESS)
    ]
    rows += [  # and today goes on
        (midnight + timedelta(minutes=n), "Hall sensor", "temperature", 20.0, home)
        for n in range(0, 200, 20)
    ]
    with town.connection.cursor() as cursor:
        cursor.executemany(
            "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
            " select o.at, d.device_id, o.quantity, o.value, d.home_id, o.at from (values"
            " (%s::timestamptz, %s, %s, %s::float8, %s)) o(at, name, quantity, value, home)"
            " join device d on d.home_id = o.home and d.name = o.name on conflict do nothing",
            rows,
        )


async def count(url: str, now: datetime) -> None:
    """Count all that is due, as detection does."""
    async with open_pool(url) as pool:
        while await count_some(pool, now):
            continue


def devices(town: Town, home: str = "ada") -> dict[DeviceId, str]:
    """Return the names of devices."""
    found = town.execute("select device_id, name from device where home_id = %s", home)
    return {DeviceId(number): name for number, name in found}
