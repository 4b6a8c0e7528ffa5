"""A fence around each part of a service: what breaks one part stops no other (docs/decisions/0239)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from core.runtime.clock import Clock
    from core.runtime.health import Health

log = logging.getLogger("wayhome.service")

REST_S = 5.0
"""Rest before a part that broke begins anew."""
SOUND_S = 600.0
"""A part that has gone on for so long since it broke is well again."""


async def fenced(
    part: str, work: Callable[[], Coroutine[None, None, None]], clock: Clock, health: Health
) -> None:
    """Run a part that is meant to run for ever; when it breaks, say so and begin it anew.

    Health shows what broke, for ten minutes after the last time. What is meant to end the service, a
    cancellation or an interrupt, passes through.

    Parameters
    ----------
    part
        Its name in the log and in health.
    work
        Makes the part. It is begun in a task of its own each time: one whose `asyncio.TaskGroup` has failed
        stays half cancelled in Python 3.11.
    """
    name, watched = f"part {part}", None
    try:
        while True:
            fault = await _run(part, work)
            if watched is not None:
                watched.cancel()
            health.set(name, ok=False, text=f"broke ({fault}) and begins anew; see the log")
            await clock.sleep(REST_S)
            watched = asyncio.ensure_future(_sound(name, clock, health))
    finally:
        if watched is not None:
            watched.cancel()


async def _run(part: str, work: Callable[[], Coroutine[None, None, None]]) -> str:
    """Run a part until it breaks; return what broke it."""
    try:
        await asyncio.ensure_future(work())
    except Exception as error:
        log.exception("a part is broken", extra={"action": "part_broken", "part": part})
        return _kind(error)
    return "ended"


async def _sound(name: str, clock: Clock, health: Health) -> None:
    await clock.sleep(SOUND_S)
    health.set(name, ok=True)


def _kind(error: BaseException) -> str:
    """Return the kind of an error; its text may be personal."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
