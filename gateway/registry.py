"""Keeps the directory up to date with the registry, and reads what the last process left."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.errors import StoreUnavailable
from core.store import discovered, presence, quarantine, receipt
from core.store.listen import wakeups
from core.store.pool import transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from core.model.ids import HomeId
    from core.model.intake import KnownDevice
    from core.runtime.clock import Clock
    from core.store.pool import Connection, Pool
    from core.store.quarantine import Occupancy
    from gateway.directory import Directory
    from gateway.quota import DiscoveredQuota

log = logging.getLogger("wayhome.gateway")

POLL_S = 30.0
RECHECK_S = 1.0
"""After a message of something unknown the registry is asked again, at most so often."""
AT_ONCE = 200
"""Homes whose devices are read by one statement: nothing else happens while its rows are taken over."""
NAMES_S = 3600.0
"""How often the names of unregistered devices are read again: retention and erasure make room among them."""


class Registry:
    """The directory of a running gateway."""

    def __init__(self, pool: Pool, directory: Directory, clock: Clock) -> None:
        self._pool = pool
        self._directory = directory
        self._clock = clock
        self._fingerprint = ""
        #: Of each home, as it was read last.
        self._prints: dict[HomeId, str] = {}
        self._checked: float | None = None
        self._lock = asyncio.Lock()

    async def refresh(self) -> bool:
        """Read the registry anew if it changed; tell whether it did.

        Raises
        ------
        StoreUnavailable
            If the database does not answer; the directory stays as it was.
        """
        async with self._lock, transaction(self._pool) as connection:
            fingerprint = await presence.registry_fingerprint(connection)
            self._checked = asyncio.get_running_loop().time()
            if fingerprint == self._fingerprint:
                return False
            await presence.expect(connection)
            homes = await presence.homes(connection)
            prints = await presence.home_fingerprints(connection)
            changed = sorted(
                home
                for home in prints.keys() | self._prints
                if prints.get(home) != self._prints.get(home)
            )
            known = [one async for one in _devices(connection, changed)]
            guarded = await presence.guarded_homes(connection)
        self._directory.change(homes, changed, known, guarded)
        self._fingerprint, self._prints = fingerprint, prints
        log.info(
            "registry read",
            extra={
                "action": "registry_read",
                "homes": len(homes),
                "changed": len(changed),
                "devices": len(self._directory.tracks),
            },
        )
        return True

    async def recheck(self) -> bool:
        """Read the registry anew because of something unknown, unless that was done just now."""
        now = asyncio.get_running_loop().time()
        if self._checked is not None and now - self._checked < RECHECK_S:
            return False
        try:
            return await self.refresh()
        except StoreUnavailable:
            return False

    async def follow(self, url: str) -> None:
        """Keep the directory up to date for ever."""
        wake = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(_listen(url, wake), name="registry notices")
            while True:
                await wake.wait()
                wake.clear()
                try:
                    await self.refresh()
                except StoreUnavailable as error:
                    log.warning("registry not read: %s", error, extra={"action": "registry_lost"})
                await self._clock.sleep(0.1)  # many registrations are read at once


async def _devices(connection: Connection, homes: Sequence[HomeId]) -> AsyncIterator[KnownDevice]:
    """Yield the devices of these homes; messages are taken in between one part and the next."""
    for first in range(0, len(homes), AT_ONCE):
        for one in await presence.known_devices(connection, homes[first : first + AT_ONCE]):
            yield one


async def keep_names(pool: Pool, quota: DiscoveredQuota, clock: Clock) -> None:
    """Keep the quota of unregistered devices up to date with their table, for ever."""
    while True:
        await clock.sleep(NAMES_S)
        try:
            async with transaction(pool) as connection:
                names = await discovered.names(connection)
        except StoreUnavailable as error:
            log.warning("names not read: %s", error, extra={"action": "names_lost"})
        else:
            quota.replace(names)


async def _listen(url: str, wake: asyncio.Event) -> None:
    async for _ in wakeups(url, "registry", poll_s=POLL_S):
        wake.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """What the last process of a gateway's name left in the database."""

    #: Its ring of receipts.
    slots: tuple[bytes, ...]
    #: What stands in quarantine from today on.
    used: tuple[Occupancy, ...]
    #: Home, family and name of devices that are not registered and were noted.
    discovered: tuple[tuple[str, str, str], ...]


async def left_behind(pool: Pool, gateway: str, today: datetime) -> LeftBehind:
    """Read what the last process left.

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    """
    async with transaction(pool) as connection:
        return LeftBehind(
            slots=await receipt.ring(connection, gateway),
            used=await quarantine.occupancy(connection, today),
            discovered=await discovered.names(connection),
        )
