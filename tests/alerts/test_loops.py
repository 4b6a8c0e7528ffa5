from __future__ import annotations

import asyncio

import pytest

from core.store.pool import heed_cancellation


async def test_a_swallowed_cancellation_is_heeded() -> None:
    async def deaf() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            heed_cancellation()

    task = asyncio.ensure_future(deaf())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_not_cancelled_goes_on() -> None:
    heed_cancellation()
