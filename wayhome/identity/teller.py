"""Tells homes how they stand, for a Home Assistant that runs there; takes it back where that is ended.

Tells the gateway of hubs that were shut out, too: a broker that cuts one off says nothing of it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.errors import Temporary
from core.runtime.broker import Publisher
from core.store import home_output as store
from core.store import hub_credential
from core.store.pool import connect
from wayhome.identity import home_assistant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from core.model.ids import HomeId
    from core.runtime.broker import BrokerSettings
    from core.runtime.clock import Clock
    from core.store.home_output import Output
    from core.store.pool import Connection

log = logging.getLogger("wayhome.identity")

POLL_S = 15.0
AGAIN = timedelta(minutes=5)
"""What has not changed is told again so often: well before it expires over there."""
GONE = b"0"
"""As a bridge says it by its last will."""
Message = tuple[str, bytes]


@dataclass(slots=True, kw_only=True)
class Teller:
    """Keeps what stands at one broker as the database wants it."""

    settings: Callable[[], BrokerSettings]
    clock: Clock
    report: Callable[[str], None] | None = None
    #: What stands there, by topic, and since when.
    _told: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    _fault: str = ""

    async def run(self, database_url: str) -> None:
        """Go on until cancelled."""
        while True:
            try:
                async with connect(database_url) as connection:
                    await self.round(connection)
            except Temporary as error:
                self._say(str(error))
            else:
                self._say("")
            await asyncio.sleep(POLL_S)

    async def round(self, connection: Connection) -> None:
        """Tell what has changed, once."""
        now = self.clock.now()
        outputs = await store.outputs(connection, now)
        messages = [one for output in outputs for one in self._due(output, now)]
        messages += self._gone(await hub_credential.locked_out(connection, now), now)
        if not messages:
            return
        async with Publisher(self.settings()) as publisher:
            for topic, payload in messages:
                await publisher.publish(topic, payload, retain=True)
                self._told[topic] = (payload, now)
        ended = [one.home_id for one in outputs if one.state is None]
        await store.note_told(connection, [one.home_id for one in outputs if one.state], now)
        await store.note_taken_back(connection, ended)
        for home_id in ended:
            self._forget(home_id)
        await connection.commit()
        log.info("homes told", extra={"action": "homes_told", "messages": len(messages)})

    def _due(self, output: Output, now: datetime) -> Iterator[Message]:
        description, state = home_assistant.topics(output.home_id)
        if output.state is None:
            yield from ((description, b""), (state, b""))
            return
        for topic, payload in (
            (description, home_assistant.description(output.home_id, output.state)),
            (state, home_assistant.told(output.state)),
        ):
            before, at = self._told.get(topic, (None, now))
            if before != payload or now - at >= AGAIN:
                yield topic, payload

    def _gone(self, hubs: Sequence[tuple[HomeId, str]], now: datetime) -> list[Message]:
        """Say in place of hubs that were cut off what their last will would have said."""
        topics = [f"homes/{home_id}/wayhome/{hub}/status" for home_id, hub in hubs]
        for topic in [one for one in self._told if one.endswith("/status") and one not in topics]:
            del self._told[topic]
        told = {topic: self._told.get(topic) for topic in topics}
        return [
            (topic, GONE)
            for topic, last in told.items()
            if last is None or not timedelta(0) <= now - last[1] < AGAIN
        ]

    def _forget(self, home_id: HomeId) -> None:
        for topic in home_assistant.topics(home_id):
            self._told.pop(topic, None)

    def _say(self, fault: str) -> None:
        if fault and fault != self._fault:
            log.error("homes are not told: %s", fault, extra={"action": "homes_not_told"})
        self._fault = fault
        if self.report is not None:
            self.report(fault)
