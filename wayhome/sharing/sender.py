"""From the tables through the outbox to a connector: each thing once, and nothing that may not be shared."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.model.errors import Permanent, Temporary
from core.model.finding import Audience
from core.model.sharing import SharingQuestion
from core.store import clinical, noted, sharing
from core.store.clinical import Wanted
from core.store.noted import WantedFindings
from core.store.page import Sight
from core.store.pool import transaction
from wayhome.sharing import composition
from wayhome.sharing.connector import Parcel

if TYPE_CHECKING:
    from core.model.sharing import Share
    from core.runtime.clock import Clock
    from core.store.pool import Connection, Pool
    from core.store.sharing import Route
    from wayhome.sharing.connector import Composition, Connector

log = logging.getLogger("wayhome.sharing")

AT_ONCE = 20
GATHERED = 500
LEASE = timedelta(minutes=5)
EVERY_S = 60.0
FOR_CARERS = Sight(audiences=(Audience.CARERS,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round did."""

    gathered: int = 0
    withheld: int = 0
    sent: int = 0
    failed: int = 0
    refused: int = 0

    @property
    def idle(self) -> bool:
        """True when there is nothing left to do now, or nobody takes it; what is refused is done with."""
        return not (self.gathered or self.withheld or self.sent or self.refused)


class Sender:
    """One route's sender."""

    def __init__(self, pool: Pool, clock: Clock, route: Route, connector: Connector) -> None:
        self._pool = pool
        self._clock = clock
        self._route = route
        self._connector = connector

    async def run(self) -> None:
        """Send for ever; what fails stays in the outbox and is tried again."""
        while True:
            try:
                done = await self.round()
            except Temporary as error:
                log.warning("no round: %s", error, extra={"action": "sharing_failed"})
                done = Round()
            if done.idle:
                await self._clock.sleep(EVERY_S)

    async def round(self) -> Round:
        """Gather what is new, and send what is due."""
        done = await self._gather()
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            claimed = await sharing.claim(connection, self._route, now, LEASE, AT_ONCE)
        for share in claimed:
            done = await self._deliver(share, done)
        return done

    async def _gather(self) -> Round:
        done, now = Round(), self._clock.now()
        async with transaction(self._pool) as connection:
            for what, organisation in await sharing.waiting(connection, self._route, GATHERED):
                question = SharingQuestion(
                    organisation_id=organisation,
                    resident_id=what.resident_id,
                    purpose=self._route.purpose,
                    recipient=self._route.recipient,
                    at=now,
                    of_home=what.kind == "day",
                    day=what.day,
                )
                allowed = await self._may(connection, question)
                await sharing.put(connection, self._route, what, now, allowed=allowed)
                done = replace(
                    done, gathered=done.gathered + allowed, withheld=done.withheld + (not allowed)
                )
        return done

    async def _may(self, connection: Connection, question: SharingQuestion) -> bool:
        return await sharing.may_be_shared(connection, question, named=self._route.organisations)

    async def _deliver(self, share: Share, done: Round) -> Round:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            # asked again: a basis may have ended while it waited
            question = SharingQuestion(
                organisation_id=share.organisation_id,
                resident_id=share.resident_id,
                purpose=self._route.purpose,
                recipient=self._route.recipient,
                at=now,
                of_home=share.kind == "day",
                day=date.fromisoformat(share.day) if share.kind == "day" else None,
            )
            if not await self._may(connection, question):
                await sharing.ended(connection, share, "withheld", "it may not be shared any more")
                return replace(done, withheld=done.withheld + 1)
            found = await composed(connection, share)
            if found is None:
                await sharing.ended(connection, share, "withheld", "it is not there any more")
                return replace(done, withheld=done.withheld + 1)
        parcel = Parcel(key=share.key, subject=str(share.resident_id), composition=found)
        try:
            reference = await self._connector.send(parcel)
        except Temporary as error:
            async with transaction(self._pool) as connection:
                await sharing.failed(connection, share, str(error), self._clock.now())
            log.warning("not sent: %s", error, extra={"action": "share_failed"})
            return replace(done, failed=done.failed + 1)
        except Permanent as error:
            async with transaction(self._pool) as connection:
                await sharing.ended(connection, share, "refused", str(error))
            log.warning("refused: %s", error, extra={"action": "share_refused"})
            return replace(done, refused=done.refused + 1)
        async with transaction(self._pool) as connection:
            await sharing.sent(connection, share, reference, self._clock.now())
        return replace(done, sent=done.sent + 1)


async def composed(connection: Connection, share: Share) -> Composition | None:
    """Return what a share says, from the tables as they are; None when it is gone."""
    wanted = Wanted(resident_id=share.resident_id)
    if share.kind == "day":
        day = date.fromisoformat(share.day)
        days = await clinical.days(connection, wanted, (day, "", 0), 1, heart=False)
        return next((composition.of_day(share, one) for one in days if one.count.day == day), None)
    which = WantedFindings(number=share.finding_id)
    found = await noted.findings(connection, FOR_CARERS, which, 0, 1)
    return composition.of_finding(share, found[0]) if found else None
