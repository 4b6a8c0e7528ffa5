"""A machine without a clock of its own starts in 1970: nothing is judged or signed before it is set."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured

if TYPE_CHECKING:
    from core.runtime.clock import Clock
    from core.runtime.health import Health

log = logging.getLogger("wayhome.service")

NOT_BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
"""This program is younger: a clock that says less was never set."""
PART = "time"
PAUSE_S = 1.0


def fault(now: datetime) -> str:
    """Say that a clock was never set; empty where it may be right.

    Examples
    --------
    >>> fault(datetime(1970, 1, 1, 0, 3, tzinfo=UTC))
    'the clock of this machine says 1 January 1970: set it, or let it find its time server'
    >>> fault(datetime(2026, 11, 30, tzinfo=UTC))
    ''
    """
    if now >= NOT_BEFORE:
        return ""
    said = f"{now.day} {now:%B %Y}"
    return f"the clock of this machine says {said}: set it, or let it find its time server"


def check_set(now: datetime) -> None:
    """Refuse to make what is good from now on and until then.

    Raises
    ------
    Misconfigured
        If the clock was never set.
    """
    if found := fault(now):
        raise Misconfigured(found)


async def until_set(clock: Clock, health: Health | None = None) -> None:
    """Wait for a clock that may be right.

    Messages wait at the broker meanwhile. Taken in, what devices say of today would be "a time that has not
    come", a press of the button as well, and what has no time of its own would be of 1970.
    """
    told = False
    while text := fault(clock.now()):
        if health is not None:
            health.set(PART, ok=False, text=text)
        if not told:
            log.critical("it waits: %s", text, extra={"action": "clock_not_set"})
        told = True
        await clock.sleep(PAUSE_S)
    if told and health is not None:
        health.set(PART, ok=True)
