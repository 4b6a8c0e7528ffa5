"""Brings a broker to the desired state, and says so: what was asked for, what is so, what hinders.

A notice of the database makes it quick; looking at the whole broker each minute, and after each fault, makes
it right: a broker that was away or has lost its memory is given everything again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.errors import Temporary
from core.model.identity import Difference, Grant, difference
from core.store import hub_credential as store
from core.store.listen import wakeups
from core.store.pool import connect
from wayhome.certificates import facts
from wayhome.identity.issuing import issue

if TYPE_CHECKING:
    from core.runtime.clock import Clock
    from core.store.hub_credential import HubCredential
    from core.store.pool import Connection
    from wayhome.identity.door import CredentialsDoor
    from wayhome.identity.issuing import Terms

log = logging.getLogger("wayhome.identity")

WHOLE_LOOK = timedelta(seconds=60)
POLL_S = 1.0
LISTED_BEFORE = timedelta(seconds=60)
"""So long before it is dismissed a certificate that ends stands in the list: a broker that knows no more than
its name takes what a hub has kept, says that all is well, and throws it away (docs/decisions/0303)."""


@dataclass(slots=True, kw_only=True)
class Reconciler:
    """Keeps one broker as the database wants it."""

    door: CredentialsDoor
    terms: Terms
    clock: Clock
    #: Told after each round: what hinders, or nothing.
    report: Callable[[str], None] | None = None
    #: Returns who else shall be let in, of whom the database does not know; asked at each whole look.
    others: Callable[[], Sequence[Grant]] = tuple
    #: Keeps the broker's list of certificates that have ended: serial numbers and since when.
    keep_list: Callable[[Sequence[tuple[str, datetime]]], None] | None = None
    _looked_at: datetime | None = None
    _fault: str = ""
    _clients: int = 0

    async def run(self, database_url: str) -> None:
        """Go on until cancelled; a database that is away is waited for."""
        async with aclosing(wakeups(database_url, store.CHANNEL, poll_s=POLL_S)) as calls:
            async for _ in calls:
                try:
                    async with connect(database_url) as connection:
                        await self.round(connection)
                except Temporary as error:
                    self._say(str(error))

    async def round(self, connection: Connection) -> None:
        """Issue what was asked for and bring the broker to the desired state, once."""
        await self._issue(connection)
        await connection.commit()
        fault = await self._list(connection)
        try:
            await self._apply(connection, await store.standing(connection))
        except Temporary as error:
            fault = str(error)
            self._looked_at = None
        stands = store.DoorState(
            door=self.door.name, looked_at=self.clock.now(), fault=fault, clients=self._clients
        )
        await store.note_door(
            connection, stands, facts(self.terms.authority.certificate).fingerprint
        )
        await connection.commit()
        self._say(fault)

    async def _issue(self, connection: Connection) -> None:
        now = self.clock.now()
        for one in await store.standing(connection):
            if one.issued_at is None and one.revoked_at is None:
                made = issue(one, self.terms, now)
                await store.note_issued(connection, one, made, now, self.terms.overlap)
                log.info("issued", extra={"action": "issued", "client": one.client})

    async def _list(self, connection: Connection) -> str:
        """Bring the list up to date, a little early; return what hinders, which keeps nobody inside."""
        if self.keep_list is None:
            return ""
        soon = self.clock.now() + LISTED_BEFORE
        try:
            self.keep_list(await store.revoked_serials(connection, soon))
        except OSError as error:
            return f"the list of revocations can not be written: {error.strerror}"
        return ""

    async def _apply(self, connection: Connection, standing: tuple[HubCredential, ...]) -> None:
        now = self.clock.now()
        wanted = [one for one in standing if one.is_wanted(now)]
        over = [one.client for one in standing if one not in wanted and _is_over(one, now)]
        todo = await self._todo(wanted, over, now)
        await self.door.dismiss(todo.surplus)
        # written down at once: each name that is out must be known as out, whatever comes next
        await store.note_dead(connection, over, self.clock.now())
        await self.door.admit(todo.missing)
        new = [one.client for one in wanted if one.live_at is None]
        await store.note_live(connection, new, self.clock.now())
        self._clients = len(wanted)
        for action, clients in (
            ("dismissed", todo.surplus),
            ("admitted", [g.client for g in todo.missing]),
        ):
            for client in clients:
                log.info(action, extra={"action": action, "client": client})

    async def _todo(
        self, wanted: list[HubCredential], over: list[str], now: datetime
    ) -> Difference:
        """Tell what must be done: by a look at the whole broker; between two looks by what is new."""
        if self._looked_at is None or now - self._looked_at >= WHOLE_LOOK:
            grants = [*(one.grant for one in wanted), *self.others()]
            found = difference(grants, await self.door.present())
            self._looked_at = now
            return found
        return Difference(
            surplus=tuple(over), missing=tuple(one.grant for one in wanted if one.live_at is None)
        )

    def _say(self, fault: str) -> None:
        if fault != self._fault:
            if fault:
                log.error("credentials wait: %s", fault, extra={"action": "credentials_wait"})
            else:
                log.info("the broker is as wanted", extra={"action": "credentials_done"})
        self._fault = fault
        if self.report is not None:
            self.report(fault)


def _is_over(credential: HubCredential, now: datetime) -> bool:
    return credential.revoked_at is not None or (
        credential.ends_at is not None and credential.ends_at <= now
    )
