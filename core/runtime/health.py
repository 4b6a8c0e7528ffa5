"""Whether a service can do its job, in parts, at ``/health``; its figures at ``/metrics``."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import prometheus_client
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.model.errors import Misconfigured
from core.runtime.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from starlette.requests import Request

    from core.runtime.clock import Clock


PROGRAM = prometheus_client.Gauge(
    "wayhome_compiled_modules", "Modules that run as machine code; 0 where Python runs alone."
)


HANG_UP_S = 0.5
"""How long an answer that nobody hears any more may take to end by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """State of one thing that a service needs."""

    ok: bool
    #: What is wrong and what to do; short, no personal detail.
    text: str
    #: Since when it has been so.
    since: datetime
    #: False where the service can not do its job because of it.
    works: bool = True


class Health:
    """State of one service: well when all its parts are."""

    def __init__(self, service: str, clock: Clock) -> None:
        self.service = service
        self._clock = clock
        self._parts: dict[str, Part] = {
            "started": Part(ok=False, text="starting", since=clock.now(), works=False)
        }

    def set(self, part: str, *, ok: bool, text: str = "", outside: bool = False) -> None:
        """Note the state of ``part``.

        Parameters
        ----------
        outside
            True where people or other services have to mend it: this one does its job.
        """
        old = self._parts.get(part)
        since = old.since if old is not None and old.ok == ok else self._clock.now()
        self._parts[part] = Part(ok=ok, text=text, since=since, works=ok or outside)

    @property
    def ok(self) -> bool:
        """True when every part is well."""
        return all(part.ok for part in self._parts.values())

    @property
    def works(self) -> bool:
        """True when the service can do its job, whatever others have to mend."""
        return all(part.works for part in self._parts.values())

    def report(self) -> dict[str, Any]:
        """Return everything for a machine."""
        return {
            "service": self.service,
            "ok": self.ok,
            "works": self.works,
            "compiled_modules": len(compiled()),
            "parts": {
                name: asdict(part) | {"since": part.since.isoformat()}
                for name, part in self._parts.items()
            },
        }


class _QuietServer(uvicorn.Server):
    """A uvicorn server that leaves the signals to the service."""

    @asynccontextmanager
    async def stopped_with(self, listening: socket.socket) -> AsyncIterator[None]:
        try:
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(self._serve([listening]), name="http")
                try:
                    yield
                finally:
                    self.should_exit = True
                    self.force_exit = True
                    try:
                        await asyncio.wait({task})
                    finally:  # also when somebody is too impatient to wait
                        await self._hang_up()
        except BaseExceptionGroup as group:
            if len(group.exceptions) > 1:
                raise
            # the error of the block is as if nothing had been served beside it
            (only,) = group.exceptions
            raise only from only.__cause__

    async def _hang_up(self) -> None:
        """Close what is still open: a forced exit of uvicorn leaves its sockets to the next collection."""
        for connection in tuple(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        # an answer that hears that nobody listens ends by itself; a socket closes in the next round
        await asyncio.sleep(0)
        if tasks := tuple(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=HANG_UP_S)
            for task in late:
                task.cancel()
            await asyncio.wait(tasks)


def _listen(host: str, port: int) -> socket.socket:
    # uvicorn itself ends the whole process when the port is taken
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "no such port"
        raise Misconfigured(f"cannot listen on {host}:{port}: {why}") from error


def check_listening(host: str, port: int) -> None:
    """Say at once that an address cannot be listened on, rather than after everything has started.

    Raises
    ------
    Misconfigured
        Naming address, port and reason.
    """
    _listen(host, port).close()


@asynccontextmanager
async def serve_app(app: Any, host: str, port: int) -> AsyncIterator[None]:
    """Serve an ASGI application while the block runs; leaves signals alone.

    Raises
    ------
    Misconfigured
        Naming address and port, if they can not be listened on.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    with closing(_listen(host, port)) as listening:
        async with _QuietServer(config).stopped_with(listening):
            yield


@asynccontextmanager
async def serve_health(health: Health, host: str, port: int) -> AsyncIterator[None]:
    """Serve ``/health`` (200 or 503) and ``/metrics`` while the block runs; port 0 serves nothing."""

    async def state(_: Request) -> Response:
        return JSONResponse(health.report(), status_code=200 if health.ok else 503)

    async def metrics(_: Request) -> Response:
        return Response(prometheus_client.generate_latest(), media_type="text/plain; version=0.0.4")

    if port == 0:
        yield
        return
    PROGRAM.set(len(compiled()))
    app = Starlette(routes=[Route("/health", state), Route("/metrics", metrics)])
    async with serve_app(app, host, port):
        yield
