"""Live pages: one LISTEN for all, fanned out to the open pages over server-sent events.

An event says which alert changed, and only to those who may see it; the page then asks for itself again.
So what travels here is never more than a number (docs/decisions/0060).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.errors import StoreUnavailable
from core.model.ids import AlertId, CarerId
from core.store import page as page_store
from core.store.account import Visitor, acting
from core.store.listen import wakeups
from core.store.pool import transaction
from dashboard.roles import sight_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.store.page import Sight
    from core.store.pool import Pool

log = logging.getLogger("wayhome.dashboard")

QUEUE = 8
"""Events that wait for one page; any one of them makes it look at everything."""
MOST_PAGES = 2000
MOST_OF_ONE = 8
"""Open pages of one person; a ninth closes the first."""
RETRY_MS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTimes:
    """How the streams run, in seconds."""

    #: Between signs of life; a page that misses two says that it is not live.
    beat_s: float = 10.0
    #: After so long a stream ends and the page comes back, so that its log-in is looked at again.
    lifetime_s: float = 600.0
    #: Between looks at the database while nothing happens.
    poll_s: float = 5.0


class Listener:
    """One open page."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self._words: asyncio.Queue[str] = asyncio.Queue(QUEUE)
        #: True once the stream is to end.
        self.closed = False

    def put(self, word: str) -> None:
        """Hand over an event; dropped when so many wait that the page will look anyway."""
        if not self._words.full():
            self._words.put_nowait(word)

    def close(self) -> None:
        """Let the stream end."""
        self.closed = True
        self.put("")

    async def next(self, patience_s: float) -> str:
        """Return the next event; a sign of life when none comes."""
        try:
            async with asyncio.timeout(patience_s):
                return await self._words.get()
        except TimeoutError:
            return event("beat")


class Live:
    """The open pages, and what wakes them."""

    def __init__(self, pool: Pool, clock: Clock, times: LiveTimes | None = None) -> None:
        self.times = times or LiveTimes()
        self._pool = pool
        self._clock = clock
        self._listeners: list[Listener] = []
        #: False while the database does not answer.
        self.seeing = True

    @contextmanager
    def listening(self, visitor: Visitor) -> Iterator[Listener | None]:
        """Hold a place for one page; None when there is none."""
        own = [one for one in self._listeners if one.visitor.carer_id == visitor.carer_id]
        if len(own) >= MOST_OF_ONE:
            own[0].close()
        if len(self._listeners) >= MOST_PAGES:
            yield None
            return
        listener = Listener(visitor)
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)

    async def stream(self, visitor: Visitor) -> AsyncIterator[str]:
        """Yield the events of one page until its time is over."""
        with self.listening(visitor) as listener:
            if listener is None:
                yield event("full")
                return
            loop = asyncio.get_running_loop()
            end = loop.time() + self.times.lifetime_s
            yield f"retry: {RETRY_MS}\n\n"
            yield event("live" if self.seeing else "blind")
            while not listener.closed and (left := end - loop.time()) > 0:
                yield await listener.next(min(self.times.beat_s, left))

    async def run(self, url: str, health: Health) -> None:
        """Listen until cancelled."""
        async for payload in wakeups(url, "alert", "response", poll_s=self.times.poll_s):
            try:
                if payload.isdecimal():
                    await self._spread(AlertId(int(payload)))
                else:
                    await self._look()
            except StoreUnavailable as error:
                self._see(seeing=False)
                health.set("database", ok=False, text=str(error))
            else:
                self._see(seeing=True)
                health.set("database", ok=True)

    def leave(self, carer_id: CarerId) -> None:
        """Let the streams of a person end: a log-in that has ended hears nothing more."""
        for listener in self._listeners:
            if listener.visitor.carer_id == carer_id:
                listener.close()

    def close(self) -> None:
        """Let all streams end."""
        for listener in self._listeners:
            listener.close()

    @property
    def pages(self) -> int:
        """How many pages are open."""
        return len(self._listeners)

    async def _look(self) -> None:
        async with transaction(self._pool) as connection:
            await connection.execute("select 1")

    async def _spread(self, alert_id: AlertId) -> None:
        groups: dict[tuple[object, ...], list[Listener]] = defaultdict(list)
        for listener in self._listeners:
            groups[_view(listener.visitor)].append(listener)
        near = await self._near(alert_id)
        word = event("changed", alert=alert_id)
        for listeners in groups.values():
            visitor = listeners[0].visitor
            if visitor.scope == "circle" and visitor.carer_id not in near:
                continue
            async with acting(self._pool, visitor) as connection:
                seen = await page_store.may_see(connection, sight_of(visitor), alert_id)
            for listener in listeners if seen else ():
                listener.put(word)

    async def _near(self, alert_id: AlertId) -> frozenset[CarerId]:
        """Return whose own home it is about: hundreds of families have a page open, and one is asked."""
        people = {one.visitor.carer_id for one in self._listeners if one.visitor.scope == "circle"}
        if not people:
            return frozenset()
        async with transaction(self._pool) as connection:
            return await page_store.of_circle(connection, alert_id, people)

    def _see(self, *, seeing: bool) -> None:
        if seeing == self.seeing:
            return
        self.seeing = seeing
        log.warning("database %s", "is back" if seeing else "lost", extra={"action": "live_store"})
        for listener in self._listeners:
            listener.put(event("live" if seeing else "blind"))


def event(name: str, **facts: object) -> str:
    """Return one server-sent event."""
    return f"event: {name}\ndata: {json.dumps(facts)}\n\n"


def _view(visitor: Visitor) -> tuple[object, ...]:
    """Return what decides who sees an alert: people with the same view are asked about once."""
    sight: Sight = sight_of(visitor)
    person = visitor.carer_id if visitor.scope == "circle" else None
    return (visitor.organisation_id, person, sight.audiences, sight.silent)
