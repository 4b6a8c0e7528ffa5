"""A fence around each part of a service: what breaks one part stops no other (docs/decisions/0239)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from core.model.errors import WayhomeError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from core.runtime.clock import Clock
    from core.runtime.health import Health

log = logging.getLogger("wayhome.service")

REST_S = 5.0
"""Rest before a part that broke for the first time begins anew; twice as long each time after that."""
LONGEST_REST_S = 40.0
SOUND_S = 600.0
"""A part that has gone on for so long since it broke is well again."""


def rest_s(breaks: int) -> float:
    """Seconds of rest after a part broke ``breaks`` times (1 or more) without being well between.

    Examples
    --------
    >>> [rest_s(n) for n in (1, 2, 3, 4, 5000)]
    [5.0, 10.0, 20.0, 40.0, 40.0]
    """
    return float(min(LONGEST_REST_S, REST_S * 2.0 ** min(breaks - 1, 16)))


async def fenced(
    part: str,
    work: Callable[[], Coroutine[None, None, None]],
    clock: Clock,
    health: Health | None = None,
) -> None:
    """Run a part that is meant to run for ever; when it breaks, say so and begin it anew.

    Health, where there is one, shows what broke, for ten minutes after the last time. What is meant to end
    the whole, a cancellation or an interrupt, passes through.

    Parameters
    ----------
    part
        Its name in the log and in health.
    work
        Makes the part. It is begun in a task of its own each time: one whose `asyncio.TaskGroup` has failed
        stays half cancelled in Python 3.11.
    """
    breaks, watched = 0, None

    async def sound() -> None:
        nonlocal breaks
        await clock.sleep(SOUND_S)
        breaks = 0
        _tell(health, part)

    try:
        while True:
            fault = await _run(part, work)
            breaks += 1
            if watched is not None:
                watched.cancel()
            _tell(health, part, fault)
            await clock.sleep(rest_s(breaks))
            watched = asyncio.ensure_future(sound())
    finally:
        if watched is not None:
            watched.cancel()


def _tell(health: Health | None, part: str, fault: str = "") -> None:
    text = f"broke ({fault}) and begins anew; see the log" if fault else ""
    if health is not None:
        health.set(f"part {part}", ok=not fault, text=text)


async def _run(part: str, work: Callable[[], Coroutine[None, None, None]]) -> str:
    """Run a part until it breaks; return what broke it."""
    extra = {"action": "part_broken", "part": part}
    try:
        await asyncio.ensure_future(work())
    except (
        OSError,
        WayhomeError,
    ) as error:  # a full disk, a database that is gone: a sentence says it
        log.critical("%s broke and begins anew: %s", part, error, extra=extra)
        return _kind(error)
    except Exception as error:
        log.exception("a part is broken", extra=extra)
        return _kind(error)
    return "ended"


def _kind(error: BaseException) -> str:
    """Return the kind of an error; its text may be personal."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
