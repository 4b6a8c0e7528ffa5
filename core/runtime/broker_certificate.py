"""Until when a broker's certificate is good, as it shows it to who connects now.

A connection that stands goes by what was shown when it began, a year ago perhaps.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.runtime.clock import Clock
    from core.runtime.subscriber import BrokerSettings

EVERY_S = 3600.0
ANSWER_S = 10.0
NONE = ""
"""Of a broker without TLS."""


async def shown_until(settings: BrokerSettings) -> datetime | None:
    """Return until when the certificate is good that the broker shows now; None where it has none.

    Raises
    ------
    OSError
        If it is not there, or shows one that is not good (`ssl.SSLCertVerificationError`).
    TimeoutError
        If it does not answer.
    """
    context = settings.tls_context()
    if context is None:
        return None
    host, port = settings.address
    async with asyncio.timeout(ANSWER_S):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        shown = writer.get_extra_info("peercert") or {}
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    finally:
        writer.close()


class Shown:
    """What a broker has shown last."""

    def __init__(self) -> None:
        #: When it ends, as ISO 8601; `NONE` of a broker without one; None until it was seen.
        self.ends: str | None = None

    async def follow(self, settings: BrokerSettings, clock: Clock) -> None:
        """Look now and each hour, until cancelled; what can not be seen is as it was."""
        while True:
            try:
                ends = await shown_until(settings)
                self.ends = NONE if ends is None else ends.isoformat()
            except (OSError, TimeoutError, KeyError):
                pass  # who connects says why
            await clock.sleep(EVERY_S if self.ends is not None else ANSWER_S)
