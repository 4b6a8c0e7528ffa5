"""Wait for a real process, with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(ask: Callable[[], T], within_s: float = 30.0) -> T:
    """Ask until the answer is true; return it."""
    deadline = time.monotonic() + within_s
    while not (found := ask()):
        assert time.monotonic() < deadline, f"not within {within_s} s"
        await asyncio.sleep(0.02)
    return found
