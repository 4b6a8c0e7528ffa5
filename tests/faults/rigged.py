"""An alerting service that lives by a clock served to it, and kills itself at a point chosen beforehand.

The service is the real one, in a real process, on a real database; nothing of it knows of this file. What is
wrapped here are the statements that changed something, the commits after them, and the sends: between any two
of those points nothing has an effect, so that a kill -9 at each of them is a kill -9 anywhere.
"""

from __future__ import annotations

import asyncio
import logging
import mmap
import os
import re
import signal
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import psycopg

from alerts.channel import discover
from alerts.service import main
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AlertsSettings

CHANGES = re.compile(r"\b(insert|update|delete|pg_notify)\b")
PACE_S = 0.012


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one process lives and dies."""

    database_url: str
    instance: str
    clock: Path
    log: Path
    lease_s: float
    send_timeout_s: float
    #: Number of the point at which it kills itself; 0 for never.
    dies_at: int = 0


class ServedClock:
    """The time that the test holds, read from a file of eight bytes that both have in memory."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)

    def now(self) -> datetime:
        return datetime.fromtimestamp(struct.unpack("d", self._shared[:8])[0], UTC)

    def move(self, moment: datetime) -> None:
        self._shared[:8] = struct.pack("d", moment.timestamp())

    async def sleep(self, seconds: float) -> None:
        end = self.now().timestamp() + seconds
        await asyncio.sleep(0)
        while self.now().timestamp() < end:
            await asyncio.sleep(PACE_S)


class Points:
    """Counts what has an effect, and ends the process at the chosen one."""

    def __init__(self, dies_at: int) -> None:
        self._left = dies_at
        self._changed: set[int] = set()

    def reach(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def changed(self, cursor: psycopg.AsyncCursor[Any], query: object) -> None:
        if cursor.rowcount > 0 and CHANGES.search(str(query)):
            self._changed.add(id(cursor.connection))
            self.reach()

    def left(self, connection: object) -> bool:
        """Tell whether a transaction that ends has changed something."""
        known = id(connection) in self._changed
        self._changed.discard(id(connection))
        return known


def rig(points: Points) -> None:
    """Wrap what has an effect."""
    _rig_statements(points)
    _rig_commits(points)
    for channel in discover().values():
        _rig_channel(channel, points)


def _rig_statements(points: Points) -> None:
    cursor = psycopg.AsyncCursor
    for name in ("execute", "executemany"):
        run = getattr(cursor, name)

        @wraps(run)
        async def watched(self: Any, query: Any, *rest: Any, _run: Any = run, **more: Any) -> Any:
            answer = await _run(self, query, *rest, **more)
            points.changed(self, query)
            return answer

        setattr(cursor, name, watched)


def _rig_commits(points: Points) -> None:
    leave = psycopg.AsyncTransaction.__aexit__

    async def watched(self: Any, *error: Any) -> Any:
        changed = points.left(self.connection)
        if changed:
            points.reach()
        answer = await leave(self, *error)
        if changed:
            points.reach()
        return answer

    setattr(psycopg.AsyncTransaction, "__aexit__", watched)  # noqa: B010 (mypy: a method)


def _rig_channel(channel: Any, points: Points) -> None:
    send = channel.send

    async def watched(self: Any, delivery: Any) -> Any:
        points.reach()
        try:
            return await send(self, delivery)
        finally:
            points.reach()

    channel.send = watched


def live(plan: Plan) -> None:
    """Be the alerting service until killed."""
    logging.basicConfig(filename=plan.log, level=logging.INFO)
    rig(Points(plan.dies_at))
    clock = ServedClock(plan.clock)
    settings = AlertsSettings(
        database_url=plan.database_url,
        instance=plan.instance,
        poll_ms=60,
        lease_s=plan.lease_s,
        send_timeout_s=plan.send_timeout_s,
    )
    health = Health("alerts", clock)
    context = Context(settings=settings, clock=clock, health=health, instance=plan.instance)
    health.set("started", ok=True)
    asyncio.run(main(context))
