"""The alerting service on a real database, with a real receiver behind its channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from alerts.service import main
from core.runtime.clock import SystemClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AlertsSettings
from tests.alerts.receiver import Receiver, receiving

if TYPE_CHECKING:
    from tests.servers.databases import Database

Running = Callable[..., AbstractAsyncContextManager[Context[AlertsSettings]]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a running HTTP server."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def running(database: Database) -> Running:
    """Give a maker of running services: ``async with running(lease_s=2)``."""

    @asynccontextmanager
    async def run(**changes: Any) -> AsyncIterator[Context[AlertsSettings]]:
        settings = AlertsSettings(
            **{
                "database_url": database.url_as("wayhome_alerts"),
                "instance": "alerts-1",
                "poll_ms": 100,
                "send_timeout_s": 30.0,  # no message is sent twice because this machine is busy
                "public_url": "https://pages.example/",
                **changes,
            }
        )
        clock = SystemClock()
        context = Context(
            settings=settings,
            clock=clock,
            health=Health("alerts", clock),
            instance=settings.instance,
        )
        context.health.set("started", ok=True)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(main(context))
            try:
                yield context
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    return run
