"""Wake a loop when there is something to do. Polling alone is correct; NOTIFY only makes it quick."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql

from core.store.pool import check_url, heed_cancellation

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

RETRY_S = 1.0


async def wakeups(
    url: str, *channels: LiteralString, poll_s: float = 0.5
) -> AsyncGenerator[str, None]:
    """Yield at once, then whenever one of ``channels`` is notified, and at least every ``poll_s`` s.

    Yields the payload of the notification, or an empty string after a silent ``poll_s``. A lost
    connection only means that it goes on by polling until the database answers again. Close it (with
    `contextlib.aclosing`) where the loop around it may end.

    Raises
    ------
    Misconfigured
        If ``url`` is none.
    """
    check_url(url)
    yield ""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url, autocommit=True, connect_timeout=5
            ) as connection:
                await _listen(connection, channels)
                yield ""  # something may have come before we listened
                while True:
                    heed_cancellation()
                    silent = True
                    async for notice in connection.notifies(timeout=poll_s, stop_after=1):
                        silent = False
                        yield notice.payload
                    if silent:
                        yield ""
        except (psycopg.OperationalError, psycopg.InterfaceError):
            heed_cancellation()
            await asyncio.sleep(min(RETRY_S, poll_s))
            yield ""


async def _listen(
    connection: psycopg.AsyncConnection[Any], channels: tuple[LiteralString, ...]
) -> None:
    for channel in channels:
        await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))


async def notify(
    connection: psycopg.AsyncConnection[Any], channel: LiteralString, payload: str = ""
) -> None:
    """Notify ``channel`` when this transaction commits."""
    await connection.execute("select pg_notify(%s, %s)", (channel, payload))
