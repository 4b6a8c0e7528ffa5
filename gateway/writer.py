"""Writes batches: one transaction each, tried until it is committed."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from core.model.errors import StoreUnavailable
from core.model.intake import Quarantined, Timing
from core.store import (
    battery,
    discovered,
    link,
    observation,
    presence,
    quarantine,
    receipt,
    refusal,
)
from core.store.observation import CopyRefused, Duplicates, RowsRefused, TooSlow
from core.store.pool import transaction, was_ended
from gateway import figures
from gateway.batch import apart
from gateway.parts import Parts
from gateway.receipts import SLOTS
from gateway.topic import storable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from core.model.intake import Arrival, PresenceChange
    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.store.pool import Connection, Pool
    from gateway.admission import Admitted
    from gateway.batch import Batch

log = logging.getLogger("wayhome.gateway")

_ADJUSTED = Timing.ADJUSTED  # the attribute of an enum is slow to look up
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
WHOLE_TRIES = 3
"""A batch that the database has ended as often goes in part by part: else it is tried for ever."""
PART_S = 5
"""So long one part may take then: a transaction holds back the readers of the log (docs/decisions/0002)."""
STAGED_BATCHES = 50
"""After a known key so many batches take the staged path at once: duplicates seldom come alone."""


@dataclass(slots=True)
class Tally:
    """What this process has written since it started."""

    messages: int = 0
    observations: int = 0
    duplicates: int = 0
    retries: int = 0
    #: Messages per outcome.
    outcomes: dict[str, int] = field(default_factory=dict)


class Writer:
    """Commits batches, one after the other.

    Parameters
    ----------
    gateway
        Name of this gateway; its ring of receipts goes by it.
    """

    def __init__(self, pool: Pool, gateway: str, clock: Clock, health: Health) -> None:
        self._pool = pool
        self._gateway = gateway
        self._clock = clock
        self._health = health
        self._staged_left = 0
        self._may_copy = True
        #: What stands beside the observations took too long: the next batch does not wait for it as a whole.
        self._slow_beside = False
        self.tally = Tally()

    async def commit(self, batch: Batch) -> None:
        """Write a batch; returns when it is committed, however long the database is away."""
        begun = perf_counter()
        stored = await self._persist(batch)
        self._health.set("database", ok=True)
        figures.COMMIT.observe(perf_counter() - begun)
        self._count(batch, stored)

    async def _persist(self, batch: Batch) -> int | None:
        attempt = ended = 0
        while True:
            try:
                if ended >= WHOLE_TRIES or self._slow_beside:
                    return await self._write_parts(batch)
                return await self._write(batch, perhaps_there=attempt > 0)
            except StoreUnavailable as error:
                attempt += 1
                ended = ended + 1 if was_ended(error) else 0
                self.tally.retries += 1
                figures.RETRIES.inc()
                self._health.set("database", ok=False, text=str(error))
                if attempt == 1:
                    log.warning("trying again: %s", error, extra={"action": "commit_retry"})
                longest_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(attempt, 10))
                await self._clock.sleep(random.uniform(FIRST_DELAY_S / 2, longest_s))  # noqa: S311

    async def _write(self, batch: Batch, *, perhaps_there: bool) -> int | None:
        """Write a batch once; return the number of new observations, None when it stood there already."""
        slip = batch.slip.encode()
        if perhaps_there and await self._stands(batch, slip):
            return None
        while True:
            try:
                return await self._write_whole(batch, slip)
            except Duplicates:
                self._staged_left = STAGED_BATCHES
            except CopyRefused:
                self._may_copy = False
                log.warning(
                    "the role may not COPY: storing by the slow path; run `wayhome migrate`",
                    extra={"action": "copy_refused"},
                )
            except RowsRefused as error:
                log.error(  # noqa: TRY400 (the trace says nothing more)
                    "the database refuses a row",
                    extra={"action": "rows_refused", "why": str(error)},
                )
                return await self._salvage(batch, slip)

    async def _write_parts(self, batch: Batch) -> int | None:
        """Write a batch that the database ends as a whole, so that it holds up the others no longer."""
        slip = batch.slip.encode()
        if await self._stands(batch, slip):
            return None
        log.error("a batch is too slow as a whole", extra={"action": "batch_in_parts"})
        return await self._salvage(batch, slip, part_s=PART_S)

    async def _write_whole(self, batch: Batch, slip: bytes) -> int:
        async with transaction(self._pool) as connection:
            stored = await self._store(connection, batch.arrivals)
            with observation.translated():
                await self._around(connection, batch, slip)
            return stored

    async def _stands(self, batch: Batch, slip: bytes) -> bool:
        """Tell whether an earlier attempt came through though its answer was lost."""
        slot = batch.slip.number % SLOTS
        async with transaction(self._pool) as connection:
            return await receipt.stands(connection, self._gateway, slot, slip)

    async def _store(self, connection: Connection, arrivals: Sequence[Arrival]) -> int:
        if not arrivals:
            return 0
        adjusted = [one for one in arrivals if one.timing is _ADJUSTED]
        if self._staged_left or not self._may_copy:
            self._staged_left = max(0, self._staged_left - 1)
            return await observation.stage(connection, apart(arrivals))
        if not adjusted:
            return await observation.copy(connection, arrivals)
        final = [one for one in arrivals if one.timing is not _ADJUSTED]
        stored = await observation.copy(connection, final)
        return stored + await observation.stage(connection, apart(adjusted))

    async def _around(self, connection: Connection, batch: Batch, slip: bytes) -> None:
        """Write all that belongs to a batch besides its observations."""
        await quarantine.put(connection, batch.quarantined)
        for changes in _rounds(batch.presence):
            await presence.change(connection, changes)
        await battery.record(connection, batch.presence)
        await link.record(connection, batch.presence)
        await discovered.note(connection, batch.discovered)
        await refusal.count(connection, batch.refusals)
        await self._sign(connection, batch, slip)

    async def _sign(self, connection: Connection, batch: Batch, slip: bytes) -> None:
        slot = batch.slip.number % SLOTS
        await receipt.put(connection, self._gateway, slot, slip, batch.at)

    async def _salvage(self, batch: Batch, slip: bytes, *, part_s: int = 0) -> int:
        """Write a batch part by part: only what the database can not hold ends in quarantine.

        Parameters
        ----------
        part_s
            With a number: so many seconds a part may take; a message that takes longer ends there too.
        """
        async with transaction(self._pool) as connection:
            parts = Parts(connection, part_s)
            stored = await parts.store([a for a in batch.admitted if a.arrivals])
            kept = (*batch.quarantined, *(self._poisonous(o, batch, r) for o, r in parts.poison))
            aside: list[Callable[[], Awaitable[None]]] = [
                *(lambda one=one: quarantine.put(connection, [one]) for one in kept)
            ]
            others: list[Callable[[], Awaitable[None]]] = [
                *(lambda c=c: presence.change(connection, c) for c in _rounds(batch.presence)),
                lambda: battery.record(connection, batch.presence),
                lambda: link.record(connection, batch.presence),
                lambda: discovered.note(connection, batch.discovered),
                lambda: refusal.count(connection, batch.refusals),
            ]
            for each in aside:  # as long as it takes: a message is in the log or here
                await self._attempt(connection, each)
            slow = [await self._attempt(connection, other, part_s) for other in others]
            await self._sign(connection, batch, slip)
        self._beside(slow=any(slow))
        return stored

    def _beside(self, *, slow: bool) -> None:
        """Say whether what stands beside the observations can be written."""
        self._slow_beside = slow
        text = "the database is too slow to note which devices are there; see the log"
        self._health.set("presence", ok=not slow, text=text if slow else "")

    @staticmethod
    async def _attempt(
        connection: Connection, part: Callable[[], Awaitable[None]], part_s: int = 0
    ) -> bool:
        """Write what stands beside the observations, or leave it out; tell whether it was too slow."""
        try:
            async with connection.transaction(), observation.hurried(connection, part_s):
                await part()
        except RowsRefused as error:
            log.error(  # noqa: TRY400
                "a row besides the observations is refused and left out",
                extra={"action": "rows_left_out", "why": str(error)},
            )
            return isinstance(error, TooSlow)
        return False

    def _poisonous(self, one: Admitted, batch: Batch, reason: str) -> Quarantined:
        message = one.message
        unlocated = one.seen is not None and one.seen.track.unlocated  # it would tell the place
        return Quarantined(
            received_at=batch.at,
            gateway=self._gateway,
            topic=storable(message.topic),
            payload=b"" if unlocated else message.payload,
            payload_bytes=len(message.payload),
            home_id=one.arrivals[0].home_id,
            reason=reason,
            retained=message.retained,
        )

    def _count(self, batch: Batch, stored: int | None) -> None:
        new = len(batch.arrivals) if stored is None else stored
        tally = self.tally
        tally.messages += len(batch.messages)
        tally.observations += new
        tally.duplicates += len(batch.arrivals) - new
        figures.STORED.inc(new)
        figures.DUPLICATES.inc(len(batch.arrivals) - new)
        figures.BATCH.observe(len(batch.messages))
        for (outcome, reason), messages in batch.outcomes.items():
            figures.MESSAGES.labels(outcome, reason).inc(messages)
            tally.outcomes[outcome] = tally.outcomes.get(outcome, 0) + messages


def _rounds(changes: Sequence[PresenceChange]) -> list[list[PresenceChange]]:
    """Cut changes into lists in which each device stands once, in order."""
    rounds: list[list[PresenceChange]] = []
    place: dict[int, int] = {}
    for change in changes:
        turn = place.get(change.device_id, 0)
        place[change.device_id] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(change)
    return rounds
