"""The weeks before the demo, as day counts alone: a clinician sees how days change (docs/decisions/0201)."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.store import day_count
from core.store.pool import connect
from sensors.simulator import homes
from sensors.simulator.counting import counted
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.faults import PLAIN
from sensors.simulator.recording import Recording
from sensors.simulator.stream import home_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.day_count import DayCount
    from core.model.home import Household

WEEKS = 6
SETTLED = timedelta(hours=day_count.SETTLE_H)
PATIENCE = 10
"""How much the counting stands back behind the services that answer people."""
_STORIES = (
    # kind, days before the demo, for how many days, how badly, which device
    (Kind.BATHROOM_CHANGE, 8, 8, 2, ""),
    (Kind.DECLINE, 28, 28, 3, ""),
    (Kind.HUB_OUTAGE, 16, 3, 2, ""),
    (None, 0, 0, 0, ""),
    (Kind.HOSPITAL, 22, 5, 2, ""),
    (Kind.DEAD_SENSOR, 9, 9, 2, homes.BED),
)
"""What happened in the homes, by turns: something to find on the pages of most."""


def story(number: int, start: datetime) -> tuple[Episode, ...]:
    """Return what went wrong in home ``number`` in the weeks before ``start``."""
    kind, before, days, severity, device = _STORIES[number % len(_STORIES)]
    if kind is None:
        return ()
    at, lasts = start - timedelta(days=before), timedelta(days=days)
    return (Episode(kind=kind, at=at, lasts=lasts, severity=severity, device=device),)


def past(household: Household, number: int, start: datetime) -> tuple[DayCount, ...]:
    """Return the whole days of home ``number`` before the day of ``start``; the same life goes on in it."""
    home = household.home
    record = Recording(
        home=home_of(number + 1, home.zone),
        span=(start - timedelta(weeks=WEEKS, days=1), start + SETTLED),
        episodes=story(number, start),
        circumstances=PLAIN,
    )
    today = start.astimezone(home.zone).date()
    return tuple(one for one in counted(record, household.devices) if one.day < today)


def _stand_back() -> None:
    os.nice(PATIENCE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo, which ends us


async def tell(url: str, households: Sequence[Household], start: datetime) -> int:
    """Write the days of all homes as detection, worked out in a process of their own; return how many."""
    loop, written = asyncio.get_running_loop(), 0
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, context, initializer=_stand_back)
    try:
        waiting = [
            loop.run_in_executor(pool, past, household, number, start)
            for number, household in enumerate(households)
        ]
        for household, days in zip(households, waiting, strict=True):
            found = await days
            async with connect(url) as connection:
                for one in found:
                    await day_count.put_day(
                        connection, household.home.home_id, one, start, settled=True
                    )
            written += len(found)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return written
