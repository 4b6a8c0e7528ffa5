"""The weeks before the demo: days as they are counted, and a slow change that detection noticed.

A clinician sees how days change (docs/decisions/0201, 0215).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from analytics.detector import discover
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from core.model.day_count import bounds
from core.model.finding import Phase
from core.store import day_count
from core.store.finding import record_findings
from core.store.pool import connect
from core.store.review import SLOW
from sensors.simulator import homes
from sensors.simulator.counting import counted
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.faults import PLAIN
from sensors.simulator.recording import Recording
from sensors.simulator.rows import observations
from sensors.simulator.stream import home_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.day_count import DayCount
    from core.model.finding import Finding
    from core.model.home import Household

WEEKS = 6
SETTLED = timedelta(hours=day_count.SETTLE_H)
PATIENCE = 10
"""How much the counting stands back behind the services that answer people."""
_STORIES = (
    # kind, days before the demo, for how many days, how badly, which device
    (Kind.BATHROOM_CHANGE, 8, 8, 2, ""),
    (Kind.DECLINE, 22, 10, 3, ""),
    (Kind.HUB_OUTAGE, 16, 3, 2, ""),
    (None, 0, 0, 0, ""),
    (Kind.HOSPITAL, 22, 5, 2, ""),
    (Kind.DEAD_SENSOR, 9, 9, 2, homes.BED),
)
"""What happened in the homes, by turns: something to find on the pages of most."""
SLOW_STORY = Kind.DECLINE
"""Detection reads the weeks of this home, two seconds of work: the caseload names what it noticed.

It comes over ten days: one over four weeks was not noticed yet at every fifth moment of the year.
"""


def story(number: int, start: datetime) -> tuple[Episode, ...]:
    """Return what went wrong in home ``number`` in the weeks before ``start``."""
    kind, before, days, severity, device = _STORIES[number % len(_STORIES)]
    if kind is None:
        return ()
    at, lasts = start - timedelta(days=before), timedelta(days=days)
    return (Episode(kind=kind, at=at, lasts=lasts, severity=severity, device=device),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of the weeks before in one home."""

    days: tuple[DayCount, ...]
    #: What the detectors of slow changes said and what goes on, in the home of `SLOW_STORY` alone.
    noticed: tuple[Finding, ...] = ()


def past(household: Household, number: int, start: datetime) -> Past:
    """Return the whole days of home ``number`` before the day of ``start``; the same life goes on in it."""
    home = household.home
    episodes = story(number, start)
    today = start.astimezone(home.zone).date()
    # From a midnight on: so many hours before would be another day where the clocks were changed since.
    begun, _ = bounds(today - timedelta(weeks=WEEKS, days=1), home.zone)
    record = Recording(
        home=home_of(number + 1, home.zone),
        span=(begun, start + SETTLED),
        episodes=episodes,
        circumstances=PLAIN,
    )
    slow = any(one.kind is SLOW_STORY for one in episodes)
    return Past(
        days=tuple(one for one in counted(record, household.devices) if one.day < today),
        noticed=noticed(record, household, start) if slow else (),
    )


def noticed(record: Recording, household: Household, start: datetime) -> tuple[Finding, ...]:
    """Return what the real detectors of slow changes say of a record by ``start`` and what goes on then."""
    engine = HomeEngine(plan(household), {name: discover()[name] for name in SLOW})
    begun = record.span[0]
    said = [engine.tick(begun)]
    engine.look(Inputs(heard_at=record.span[1], heard_since=begun - SETTLED))
    devices = [device.device_id for device in household.devices]
    for batch in record.stored():
        rows = observations(household.home.home_id, batch, devices)
        said += [engine.feed(one) for one in rows if one.received_at < start]
    said.append(engine.tick(start))
    found = [one for step in said if step is not None for one in step.findings]
    over = {_episode(one) for one in found if one.phase is Phase.CLEARED}
    return tuple(one for one in found if _episode(one) not in over)


def _episode(one: Finding) -> tuple[str, str, datetime]:
    return one.detector, one.subject, one.onset


def _stand_back() -> None:
    os.nice(PATIENCE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo, which ends us


async def tell(url: str, households: Sequence[Household], start: datetime) -> int:
    """Write the days of all homes, and what was noticed, as detection; return how many days.

    They are worked out in a process of their own.
    """
    loop, written = asyncio.get_running_loop(), 0
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, context, initializer=_stand_back)
    try:
        waiting = [
            loop.run_in_executor(pool, past, household, number, start)
            for number, household in enumerate(households)
        ]
        for household, known in zip(households, waiting, strict=True):
            found = await known
            async with connect(url) as connection:
                for one in found.days:
                    await day_count.put_day(
                        connection, household.home.home_id, one, start, settled=True
                    )
                await record_findings(connection, found.noticed, shard=0, step=0)
            written += len(found.days)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return written
