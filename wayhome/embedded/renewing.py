"""Certificates of a broker that listens beyond this machine, made anew in time while the system runs.

A system that is left alone for a year would shut its hubs and its own gateway out, all at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.runtime.clock import SystemClock
from wayhome.embedded import tls

if TYPE_CHECKING:
    from datetime import datetime

    from wayhome.embedded.broker import EmbeddedBroker
    from wayhome.supervisor import Child

log = logging.getLogger("wayhome.stack")

EVERY_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Renewal:
    """Looks after the certificates of one broker and of those of our services that speak to it."""

    folder: Path
    #: Address that the broker listens on.
    host: str
    broker: EmbeddedBroker
    #: Services, of which the gateway has read its certificate already.
    children: Sequence[Child]

    async def run(self) -> None:
        """Look now and then until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look(SystemClock().now())

    async def look(self, now: datetime) -> bool:
        """Make all of them anew where one has less than a month left; tell whether that was so.

        The broker starts anew for it, for it reads the certificate of its door then only.
        """
        if not tls.are_due(self.folder, self.host, now):
            return False
        tls.certificate(self.folder, self.host, now)
        tls.client_check(self.folder, now)
        tls.own_certificates(self.folder, now)
        log.warning("certificates made anew", extra={"action": "certificates_renewed"})
        self.broker.stop()
        self.broker.start()
        for child in self.children:
            if child.name == "gateway":
                await child.stop()  # it is started anew
        return True
