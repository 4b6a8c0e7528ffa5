"""Seven weeks of one household as detection has counted them, written straight into the table."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import msgspec
from psycopg.types.json import Jsonb

from core.model.day_count import DayCount
from core.model.night_bed import BedNight
from core.model.outings import Outing

if TYPE_CHECKING:
    from tests.dashboard.town import Town

DAYS = 49
RESTLESS = 7
"""The last days: up at night more often."""
BLIND_DAY = 20
"""Days before today of which nothing reached us."""
FACTS = ("rooms", "moves", "night", "outings", "door", "visits")


def a_day(day: date, random_: random.Random, *, restless: bool) -> DayCount:
    """Make one day: up at seven, out at two on most days, to bed at ten."""
    active = tuple(
        random_.choice((0, 0, 2, 5, 9)) if 28 <= quarter < 88 else int(random_.random() < 0.05)
        for quarter in range(96)
    )
    rooms = {name: tuple(one // 2 for one in active) for name in ("Bathroom", "Hall", "Kitchen")}

    def at(start: date, hour: int) -> datetime:
        return datetime.combine(start, time(hour, random_.randrange(60)), UTC)

    night = BedNight(
        to_bed=at(day - timedelta(days=1), 22),
        up=at(day, 7),
        in_bed_min=random_.uniform(480, 560),
        exits=random_.choice((4, 5, 6) if restless else (0, 1, 1, 2)),
        longest_absence_min=random_.uniform(2, 20),
        unseen_min=0.0,
    )
    out = Outing(start=at(day, 14), minutes=random_.uniform(20, 90))
    return DayCount(
        day=day,
        seen=(15,) * 96,
        active=active,
        rooms=rooms,
        moves=(("Hall", "Kitchen", random_.randrange(10, 30)),),
        night=night,
        outings=(out,) if random_.random() < 0.8 else (),
        door=True,
        visits={
            "bathroom": (random_.randrange(3, 8), random_.randrange(0, 3), 7.25),
            "kitchen": (random_.randrange(4, 9), 0, 7 + random_.random()),
        },
    )


def put(town: Town, home: str = "ada", days: int = DAYS) -> None:
    """Write the days before today."""
    random_, today = random.Random(1), town.now.date()
    for back in range(days, 0, -1):
        one = a_day(today - timedelta(days=back), random_, restless=back <= RESTLESS)
        seen = (0,) * 96 if back == BLIND_DAY else one.seen
        active = (0,) * 96 if back == BLIND_DAY else one.active
        facts = msgspec.to_builtins({name: getattr(one, name) for name in FACTS})
        if back == BLIND_DAY:
            facts["night"] = None
        town.execute(
            "insert into day_count (home_id, day, counted_at, settled, seen, active, seen_min,"
            " active_min, facts) values (%s, %s, %s, true, %s, %s, %s, %s, %s)",
            home,
            one.day,
            town.now,
            list(seen),
            list(active),
            sum(seen),
            sum(active),
            Jsonb(facts),
        )
