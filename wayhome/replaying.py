"""Publish a record of the past and see it arrive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics.day_counts import count_some
from core.model.errors import Malformed, Temporary
from core.runtime.broker import Publisher
from core.runtime.clock import SystemClock
from core.store import registry, tally
from core.store.pool import Connection, connect, open_pool
from sensors import tihm
from sensors.drivers.activage import split
from wayhome.console import progress
from wayhome.system import System

WINDOW = 1000
"""Messages under way between us and the broker."""
STALL_S = 30.0
"""The gateway has stopped when no further row arrives for so long."""
SETTLE_S = 2.0
"""A gateway reads newly registered homes within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of a replay."""

    published: int
    #: Of what was published, so much is in the database now.
    stored: int
    #: Of that, so much is new.
    added: int
    #: Of that, so much was there before.
    duplicates: int
    quarantined: int
    #: Rows that the record says twice and that were published once.
    source_duplicates: int
    homes: int
    seconds: float
    #: Days that were counted for the pages of clinicians.
    days: int


async def tell_tihm(system: System, folder: Path, days: int | None) -> Replayed:
    """Publish the TIHM record, wait until all of it is stored, and count its days.

    Raises
    ------
    Temporary
        If the gateway does not store it.
    """
    record = await asyncio.to_thread(tihm.read, folder, days)
    homes = [household.home.home_id for household in record.households]
    since, until = record.activations[0].at, record.activations[-1].at
    registrar = system.database("wayhome_registrar")
    async with connect(registrar) as connection:
        await registry.register_organisation(connection, tihm.ORGANISATION, "TIHM study")
        for household in record.households:
            await registry.register_household(connection, household)
    async with connect(registrar, autocommit=True) as connection:
        before = await tally.stored_of(connection, homes, since, until)
        quarantine = await tally.last_quarantined(connection)
        await asyncio.sleep(SETTLE_S)
        started = time.monotonic()
        await _publish(system, record.activations)
        stored = await _arrived(connection, homes, record.activations)
        seconds = time.monotonic() - started
        quarantined = await tally.quarantined_of(connection, homes, quarantine)
    published = len(record.activations)
    return Replayed(
        published=published,
        stored=stored,
        added=stored - before,
        duplicates=published - quarantined - (stored - before),
        quarantined=quarantined,
        source_duplicates=record.source_duplicates,
        homes=len(homes),
        seconds=round(seconds, 2),
        days=await _count_days(system),
    )


async def _count_days(system: System) -> int:
    """Count what is due at once: a running system looks for such days only every quarter of an hour."""
    url, now = system.database("wayhome_analytics"), SystemClock().now()
    async with open_pool(url, most=1) as pool:
        days = 0
        while counted := await count_some(pool, now):
            days += counted
    return days


def activage_messages(home: str, file: Path) -> list[tuple[str, bytes]]:
    """Return topic and payload of each entity in a file of NGSI version 2, one document a line or in all.

    The whole file is read before anything is said of it.

    Raises
    ------
    Malformed
        Naming the line, if one is no entity, list, notification or batch; or the home, if it is no id.
    """
    if not set("+#/").isdisjoint(home):
        raise Malformed("home", "the id of a home: letters, numbers, - and _")
    text = file.read_bytes()
    try:
        return [(f"homes/{home}/activage/{name}", part) for name, part in split(text)]
    except Malformed:  # then it is a document a line
        found: list[tuple[str, bytes]] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                found += [(f"homes/{home}/activage/{name}", part) for name, part in split(line)]
            except Malformed as error:
                raise Malformed(f"line {number}, {error.field}", error.expected) from error
        return found


async def tell_messages(system: System, messages: Sequence[tuple[str, bytes]]) -> int:
    """Publish ``messages`` at QoS 1 and return how many the broker took.

    Raises
    ------
    BrokerUnavailable
        If the broker does not take them.
    """
    async with Publisher(system.publisher("wayhome-replay"), inflight=WINDOW) as publisher:
        for topic, payload in messages:
            await publisher.enqueue(topic, payload)
        await publisher.flush()
    return len(messages)


async def _publish(system: System, activations: Sequence[tihm.Activation]) -> None:
    settings = system.publisher("wayhome-replay")
    with progress(len(activations), "publishing") as bar:
        async with Publisher(settings, inflight=WINDOW) as publisher:
            for number, activation in enumerate(activations, 1):
                await publisher.enqueue(activation.topic, activation.payload)
                if number % 500 == 0:
                    bar.update(bar.task_ids[0], completed=number)
            await publisher.flush()
        bar.update(bar.task_ids[0], completed=len(activations))


async def _arrived(
    connection: Connection, homes: Sequence[str], activations: Sequence[tihm.Activation]
) -> int:
    """Wait until everything is stored, or nothing more comes; return how much there is."""
    wanted, last, changed = len(activations), -1, time.monotonic()
    with progress(wanted, "stored    ") as bar:
        while True:
            stored = await tally.stored_of(connection, homes, activations[0].at, activations[-1].at)
            bar.update(bar.task_ids[0], completed=stored)
            if stored >= wanted:
                return stored
            if stored != last:
                last, changed = stored, time.monotonic()
            elif time.monotonic() - changed > STALL_S:
                if stored == 0:
                    raise Temporary(
                        "nothing arrives in the database: does a gateway run? wayhome doctor"
                    )
                return stored
            await asyncio.sleep(0.3)
