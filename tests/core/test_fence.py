from __future__ import annotations

import asyncio
import errno
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.model.errors import Temporary
from core.runtime.fence import LONGEST_REST_S, REST_S, SOUND_S, fenced, rest_s
from core.runtime.health import Health

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class WaitingClock:
    """Stands still until it is moved, and lets who sleeps wait for that."""

    def __init__(self) -> None:
        self._now = NOON
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.Event()
        self._sleepers.append((self._now + timedelta(seconds=seconds), awake))
        await awake.wait()

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        for due, awake in self._sleepers:
            if due <= self._now:
                awake.set()


class Part:
    """Breaks as often as it is told to, then goes on."""

    def __init__(self, *breaks: Exception) -> None:
        self._breaks = list(breaks)
        self.begun = 0
        self.goes_on = asyncio.Event()

    async def run(self) -> None:
        self.begun += 1
        if self._breaks:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._break(self._breaks.pop(0)))
        self.goes_on.set()
        await asyncio.Event().wait()

    async def _break(self, error: Exception) -> None:
        raise error


async def settle() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def kept(
    work: Callable[[], Coroutine[None, None, None]], clock: WaitingClock, health: Health | None
) -> AsyncIterator[asyncio.Task[None]]:
    """Keep a part within the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(fenced("findings", work, clock, health))
        await settle()
        yield task
        task.cancel()


async def test_a_part_that_breaks_is_told_and_begins_anew() -> None:
    clock = WaitingClock()
    health = Health("s", clock)
    health.set("started", ok=True)
    part = Part(ZeroDivisionError("Ada"), ValueError("Mill Lane"))
    async with kept(part.run, clock, health):
        for times, kind in ((1, "ZeroDivisionError"), (2, "ValueError")):
            assert part.begun == times
            assert not health.ok
            said = health.report()["parts"]["part findings"]["text"]
            assert kind in said
            assert "Ada" not in said
            assert "Mill" not in said
            clock.advance(rest_s(times))
            await settle()
        assert part.goes_on.is_set()
        clock.advance(SOUND_S - 1.0)
        await settle()
        assert not health.ok, "it broke ten minutes ago at most"
        clock.advance(1.0)
        await settle()
        assert health.ok


async def test_a_part_that_keeps_breaking_rests_longer_until_it_has_been_well() -> None:
    clock = WaitingClock()
    part = Part(*(ValueError() for _ in range(6)))
    async with kept(part.run, clock, Health("s", clock)):
        for begun, rest in enumerate((5.0, 10.0, 20.0, 40.0, LONGEST_REST_S, LONGEST_REST_S), 1):
            clock.advance(rest - 0.1)
            await settle()
            assert part.begun == begun, "it rests"
            clock.advance(0.1)
            await settle()
            assert part.begun == begun + 1
        assert part.goes_on.is_set()


async def test_after_ten_sound_minutes_the_first_rest_is_short_again() -> None:
    clock, broken, begun = WaitingClock(), asyncio.Event(), 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        await broken.wait()
        broken.clear()
        raise ValueError

    async with kept(work, clock, Health("s", clock)):
        for rest in (5.0, 10.0, 5.0):
            if rest == 5.0:
                clock.advance(SOUND_S)
                await settle()
            broken.set()
            await settle()
            clock.advance(rest)
            await settle()
        assert begun == 4


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (Temporary("the database is gone"), "findings broke and begins anew: the database is gone"),
        (ValueError("Ada, born 1940"), "a part is broken"),
    ],
)
async def test_beside_the_services_the_log_says_it(
    error: Exception, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock, troubles = WaitingClock(), [error]

    async def work() -> None:
        if troubles:
            raise troubles.pop()
        await asyncio.Event().wait()

    async with kept(work, clock, None):
        clock.advance(REST_S)
        await settle()
    (said,) = [record.getMessage() for record in caplog.records]
    assert line in said
    assert "Ada" not in said


async def test_a_part_that_ends_begins_anew_too() -> None:
    clock, begun = WaitingClock(), 0

    async def ends() -> None:
        nonlocal begun
        begun += 1

    async with kept(ends, clock, Health("s", clock)):
        clock.advance(REST_S)
        await settle()
        assert begun == 2


async def test_who_is_to_end_ends_with_its_part() -> None:
    clock, ended = WaitingClock(), asyncio.Event()

    async def lasts() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with kept(lasts, clock, Health("s", clock)) as task:
        assert not ended.is_set()
    assert task.cancelled()
    assert ended.is_set()
