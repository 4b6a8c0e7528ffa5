"""Homes that are registered while a system runs: hubs come in once the broker has read their accounts."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wayhome.stack import Stack


@asynccontextmanager
async def let_in(stack: Stack) -> AsyncIterator[None]:
    """Register homes in the block; when it ends, their hubs may come in.

    The system looks for new homes by itself too: whichever look is first, the broker reads accounts once more
    than before the block.
    """
    assert stack.broker is not None
    read = stack.broker.has_read()
    yield
    await stack.refresh_accounts()
    async with asyncio.timeout(30):
        while stack.broker.has_read() == read:
            await asyncio.sleep(0.05)
