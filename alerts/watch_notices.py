"""Tell each of a circle that their home is not watched any more, or is again: once, by all their channels.

What is written down is compared with how it stands, change and promises are one transaction, and the outbox
sends them: a process may die at any line (docs/decisions/0236).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import resting, unwatched
from alerts.escalation import WEB
from alerts.rounds import Complaint, complain
from core.model.errors import StoreUnavailable
from core.model.ids import HomeId
from core.model.playbook import PLAYBOOKS
from core.model.said import say
from core.model.watching import (
    RENEWERS_AHEAD,
    Listener,
    NoticeKind,
    Watching,
    changed,
    due_at,
    ending,
    foretells,
    kind_of,
    may_wake,
)
from core.store import alert as alert_table
from core.store import watching as watch_table
from core.store.listen import wakeups
from core.store.pool import heed_cancellation, transaction
from core.store.quiet import quiet_hours_of
from core.store.watching import Notice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence
    from datetime import datetime

    from core.model.basis import Review
    from core.model.ids import CarerId
    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.store.pool import Connection, Pool
    from core.store.watching import DueNotice, WatchedHome

log = logging.getLogger("wayhome.alerts")

PART = "word of watching"
EVERY_S = 5.0
"""A date that passes wakes nobody, so it is looked for; what somebody writes down wakes us."""
USE_EVERY = timedelta(minutes=1)
"""Whether somebody is in a home that is not watched is looked for so often."""
REST_S = 0.5
"""Between two looks, however much is being registered."""
AGAIN = timedelta(hours=4)
"""After so long who could not be told is tried again, for a day."""
DAY = timedelta(days=1)
RESTING = HomeId("")
"""Stands for the homes in which nobody is, looked at all at once."""


class WatchNotices:
    """Looks whether something has changed, and puts what is owed into the outbox."""

    def __init__(
        self, pool: Pool, clock: Clock, health: Health, *, url: str, waking: Collection[str]
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._health = health
        self._url = url
        self._waking = frozenset(waking)
        self._news = asyncio.Event()
        #: When homes that nobody watches were last looked at for somebody in them.
        self._looked_at: datetime | None = None
        #: Called when there is something to send.
        self.wake: Callable[[], None] = lambda: None

    async def listen(self) -> None:
        """Note that a basis was written, or a home paused, until cancelled."""
        async for _ in wakeups(self._url, "registry", poll_s=EVERY_S):
            self._news.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._news.clear()
            await self.look_once()
            heed_cancellation()
            await self._clock.sleep(REST_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._news.wait()

    async def look_once(self) -> None:
        """Look now."""
        odd: list[HomeId] = []
        try:
            async with transaction(self._pool) as connection:
                asked = await look(connection, self._clock.now(), self._waking, odd)
                asked += await self._look_for_use(connection, odd)
        except StoreUnavailable as error:
            self._health.set(PART, ok=False, text=str(error))
            log.warning("%s: %s", PART, error, extra={"action": "store_unavailable"})
            return
        text = f"{len(odd)} homes break us: nobody is told how they stand; see the log"
        self._health.set(PART, ok=not odd, text=text if odd else "", outside=True)
        if asked:
            self.wake()

    async def _look_for_use(self, connection: Connection, odd: list[HomeId]) -> int:
        now = self._clock.now()
        if self._looked_at is not None and now - self._looked_at < USE_EVERY:
            return 0
        if not await watch_table.alone(connection):
            return 0
        self._looked_at = now
        found = await unwatched.look(connection, now)
        async with _apart(connection, RESTING, odd):
            found += await resting.look(connection, now)
        return found


async def look(
    connection: Connection, now: datetime, waking: Collection[str], odd: list[HomeId]
) -> int:
    """Write down what has changed, promise it to whom it concerns, and ask what is due; return how much.

    Several processes may do it side by side: one looks, the others find nothing to do.

    Parameters
    ----------
    odd
        Gets the homes that broke us: what was done of them is undone, and the others go on.
    """
    if not await watch_table.alone(connection):
        return 0
    async with _apart(connection, RESTING, odd):
        await resting.end_due(connection, now)
    for home in await watch_table.homes_to_judge(connection, now):
        async with _apart(connection, home.home_id, odd):
            await _note(connection, home, now)
    await watch_table.drop_unwanted(connection, now)
    await _promise(connection, now)
    reminders = await _remind(connection, now, odd)
    async with _apart(connection, RESTING, odd):
        reminders += await resting.ask_before_end(connection, now)
    await _ask(connection, reminders, now, waking)
    due = await watch_table.due(connection, now)
    for one in due:
        await _ask(connection, [one], now, waking)
    again = await watch_table.unheard(connection, now, pause=AGAIN, most=DAY)
    for one in again:
        ways = [channel for channel in one.channels if channel in waking]
        await watch_table.ask(connection, [one], ways, now)
    for one in await watch_table.unreached(connection, now, DAY):
        await _complain(connection, one, now)
    return len(due) + len(reminders) + len(again)


@asynccontextmanager
async def _apart(connection: Connection, home_id: HomeId, odd: list[HomeId]) -> AsyncIterator[None]:
    """Undo what is done of a home where it breaks us, and let the others go on."""
    try:
        async with connection.transaction():
            yield
    except Exception:  # of a database that is gone the next statement says so
        extra = {"action": "watch_broken", "home": home_id}
        log.exception("the watch of a home is broken", extra=extra)
        if home_id not in odd:
            odd.append(home_id)


async def _note(connection: Connection, home: WatchedHome, now: datetime) -> None:
    found = changed(home.last, home.now, now, said=home.said)
    if found is None:
        return
    if await watch_table.note_change(connection, home, found, now):
        await watch_table.cancel_older(connection, home.home_id)
        if home.last is not None:
            extra = {"action": "watch_changed", "home": home.home_id, "state": found.state.value}
            log.info("watch changed", extra=extra)


async def _promise(connection: Connection, now: datetime) -> None:
    """Promise each of a circle the word of how their home stands, where they were told otherwise."""
    untold = await watch_table.untold(connection)
    hours = await quiet_hours_of(connection, {one.carer_id for one in untold})
    for one in untold:
        listener = Listener(
            told=one.told,
            hours=hours.get(one.carer_id),
            zone=one.zone,
            foretold=one.foretold,
            missed=one.missed,
        )
        watch = Watching(state=one.state, why=one.why)
        due = due_at(watch, listener, now)
        if due is not None:
            notice = Notice(
                home_id=one.home_id,
                carer_id=one.carer_id,
                kind=kind_of(watch, listener),
                about=one.number,
            )
            await watch_table.promise(connection, notice, now, due)


async def _remind(connection: Connection, now: datetime, odd: list[HomeId]) -> list[DueNotice]:
    """Promise that a basis ends soon to the circle and to who can renew it, at hours at which they may be."""
    found: list[DueNotice] = []
    for home in await watch_table.homes_ending(connection, now, RENEWERS_AHEAD):
        async with _apart(connection, home.home_id, odd):
            found += await _reminders(connection, home, now)
    return found


async def _reminders(connection: Connection, home: WatchedHome, now: datetime) -> list[DueNotice]:
    found = []
    for review in ending(home.now, now):
        for kind, people in await _to_remind(connection, home, review):
            if not foretells(review, kind, now):
                continue
            hours = await quiet_hours_of(connection, people)
            for carer in people:
                if may_wake(hours.get(carer), home.zone, now):
                    number = review.basis.basis_id
                    notice = Notice(home_id=home.home_id, carer_id=carer, kind=kind, about=number)
                    found.append(await watch_table.promise(connection, notice, now, now))
    return [one for one in found if one is not None]


async def _to_remind(
    connection: Connection, home: WatchedHome, review: Review
) -> tuple[tuple[NoticeKind, tuple[CarerId, ...]], ...]:
    team = await alert_table.carers_of(connection, home.home_id)
    renew = await watch_table.renewers(connection, home.home_id, review.basis.basis_id)
    return (
        (NoticeKind.ENDS, tuple(member.carer_id for member in team)),
        (NoticeKind.RENEW, renew),
    )


async def _ask(
    connection: Connection, notices: Sequence[DueNotice], now: datetime, waking: Collection[str]
) -> None:
    """Put the messages of notices into the outbox: of what one person hears in the same words, one."""
    together: dict[tuple[CarerId, NoticeKind], list[DueNotice]] = defaultdict(list)
    for one in notices:
        together[one.notice.carer_id, one.notice.kind].append(one)
    for some in together.values():
        ways = [channel for channel in some[0].channels if channel in waking]
        await watch_table.ask(connection, some, [WEB, *ways], now)


async def _complain(connection: Connection, one: DueNotice, now: datetime) -> None:
    book = PLAYBOOKS["not-told-of-watch"]
    await complain(
        connection,
        Complaint(
            home_id=one.notice.home_id,
            subject=f"watch/{one.notice.carer_id}",
            what=say("%(text)s: no way to them works.", text=say(book.title)),
            advice=say(book.first),
        ),
        now,
    )
