"""Services are started anew when they end, and end when asked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.errors import Temporary
from core.runtime.clock import SystemClock
from core.runtime.delays import reconnect_delay
from core.runtime.health import Health, serve_health
from core.runtime.settings import child_environment
from tests.servers.ports import free_port
from wayhome.supervisor import (
    LONGEST_DELAY_S,
    STEADY_S,
    Child,
    keep_running,
    restart_delay,
    until_healthy,
)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_delays_are_bounded(failures: int, chance: float) -> None:
    assert 0.25 <= restart_delay(failures, chance) <= 30.0


@given(st.integers(1, 10_000), st.floats(0.01, 0.99))
def test_waits_grow_with_chance_in_them(failures: int, chance: float) -> None:
    for delay in (restart_delay, reconnect_delay):
        assert delay(failures, chance) <= delay(failures + 1, chance) <= LONGEST_DELAY_S
        assert delay(failures, chance) < delay(failures, 1.0)
        assert delay(1, chance) < delay(8, chance)


async def test_a_service_that_ends_is_started_anew(tmp_path: Path) -> None:
    child = Child(
        name="nothing",
        arguments=("migrate", "--help"),
        environment=child_environment({}),
        health_port=free_port(),
        log_file=tmp_path / "log",
    )
    task = asyncio.ensure_future(keep_running(child))
    async with asyncio.timeout(60):
        while child.failures < 2:
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task})
    assert child.process is not None
    assert child.process.returncode is not None
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600  # readable by nobody else


async def test_a_service_that_answers_between_two_ends_is_not_ready() -> None:
    """Its health is served before what breaks it is reached."""
    health, port = Health("broken", SystemClock()), free_port()
    health.set("started", ok=True)
    async with serve_health(health, "127.0.0.1", port):
        child = Child(name="broken", arguments=(), environment={}, health_port=port)
        await until_healthy([child], 10)
        child.failures, child.started = 1, asyncio.get_running_loop().time()
        with pytest.raises(Temporary, match="broken"):
            await until_healthy([child], 0.3)
        child.started -= STEADY_S
        await until_healthy([child], 10)


async def test_what_people_have_to_mend_does_not_keep_a_system_from_starting() -> None:
    health, port = Health("alerts", SystemClock()), free_port()
    health.set("reach", ok=False, text="1 watched homes have no carer", outside=True)
    async with serve_health(health, "127.0.0.1", port):
        child = Child(name="alerts", arguments=(), environment={}, health_port=port)
        with pytest.raises(Temporary, match="alerts"):
            await until_healthy([child], 0.3)
        health.set("started", ok=True)
        await until_healthy([child], 10)
        health.set("findings", ok=False, text="the database does not answer")
        with pytest.raises(Temporary, match="alerts"):
            await until_healthy([child], 0.3)


async def test_a_service_that_never_is_ready_is_named(tmp_path: Path) -> None:
    child = Child(
        name="silent",
        arguments=(),
        environment={},
        health_port=free_port(),
        log_file=tmp_path / "log",
    )
    with pytest.raises(Temporary, match="silent"):
        await until_healthy([child], 0.3)
