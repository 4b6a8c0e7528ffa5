"""The one place that owns a process: log, signals, health server, event loop, and the last word."""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import uvloop

from core.model.errors import WayhomeError
from core.runtime import log as logs
from core.runtime.clock import Clock, SystemClock
from core.runtime.health import Health, serve_health
from core.runtime.set_clock import until_set
from core.runtime.settings import ServiceSettings, redacted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

S = TypeVar("S", bound=ServiceSettings)

log = logging.getLogger("wayhome.service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(Generic[S]):
    """What a service is given."""

    settings: S
    clock: Clock
    health: Health
    #: Stable name of this process.
    instance: str


def run(name: str, settings: S, main: Callable[[Context[S]], Awaitable[None]]) -> int:
    """Run a service until SIGTERM or SIGINT; return the exit status.

    Parameters
    ----------
    name
        The service's name, e.g. ``gateway``.
    main
        Runs until it is cancelled. Whatever it raises, and an end that nobody asked for, is logged and
        ends the process with 1, so that the supervisor starts it anew.
    """
    instance = settings.instance or name
    context = Context(
        settings=settings,
        clock=SystemClock(),
        health=Health(name, SystemClock()),
        instance=instance,
    )
    try:
        logs.set_up(name, instance, settings.log_level)
        uvloop.run(_supervise(context, main))
    except WayhomeError as error:
        log.critical("service stopped: %s", error, extra={"action": "service_failed"})
        return 1
    except Exception:
        log.critical("service stopped", extra={"action": "service_failed"}, exc_info=True)
        return 1
    log.info("service stopped", extra={"action": "service_stopped"})
    return 0


async def _supervise(context: Context[S], main: Callable[[Context[S]], Awaitable[None]]) -> None:
    settings = context.settings
    log.info("service starts", extra={"action": "service_starts", "settings": redacted(settings)})
    loop = asyncio.get_running_loop()
    async with serve_health(context.health, settings.health_host, settings.health_port):
        task = asyncio.ensure_future(_begin(context, main))
        asked = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _ask, asked, task)
        context.health.set("started", ok=True)
        try:
            await task
        except asyncio.CancelledError:
            pass
        except BaseExceptionGroup as group:
            ours, rest = group.split(WayhomeError)
            if rest is not None or ours is None:
                raise
            raise _first(ours) from group
        if not (asked.is_set() or _is_cancelled()):
            raise WayhomeError("the service ended without being asked to")


async def _begin(context: Context[S], main: Callable[[Context[S]], Awaitable[None]]) -> None:
    await until_set(context.clock, context.health)
    await main(context)


def _ask(asked: asyncio.Event, task: asyncio.Future[None]) -> None:
    """End the service; a second signal does not disturb its end."""
    if not asked.is_set():
        asked.set()
        task.cancel()


def _is_cancelled() -> bool:
    """Tell whether we end because something beside the service failed; that error is on its way."""
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())


def _first(group: BaseExceptionGroup[WayhomeError]) -> WayhomeError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
