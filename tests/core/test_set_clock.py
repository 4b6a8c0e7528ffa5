"""A small computer that starts in 1970 waits for its clock, takes nothing in, and makes no certificates."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.model.errors import Misconfigured
from core.model.time import EPOCH
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.runtime.set_clock import NOT_BEFORE, PART, until_set
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    from pathlib import Path

TODAY = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def test_it_goes_on_by_itself_when_the_clock_is_set() -> None:
    clock = ManualClock(EPOCH)
    health = Health("gateway", clock)
    waiting = asyncio.ensure_future(until_set(clock, health))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    assert "says 1 January 1970: set it" in health.report()["parts"][PART]["text"]
    clock.advance((TODAY - EPOCH).total_seconds())
    await waiting
    assert health.report()["parts"][PART]["ok"]


async def test_a_clock_that_may_be_right_is_not_spoken_of() -> None:
    health = Health("gateway", ManualClock(TODAY))
    await until_set(ManualClock(NOT_BEFORE), health)
    assert PART not in health.report()["parts"]


def test_no_authority_is_made_that_ended_long_ago(tmp_path: Path) -> None:
    """It lasts twenty years and is made once: of 1970 it would keep every hub out for ever."""
    with pytest.raises(Misconfigured, match="says 1 January 1970"):
        install(Wanted(folder=tmp_path / "secrets"), EPOCH + timedelta(minutes=3))
    assert not (tmp_path / "secrets").exists()
