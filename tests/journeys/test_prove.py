"""The promises, proved on a real stack: `wayhome demo` runs, and `wayhome alerts prove` looks at it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from core.runtime.settings import child_environment
from tests.journeys.commands import run

pytestmark = pytest.mark.journey


async def connections(place: Path) -> Path:
    """Wait until a demo runs there; return its folder."""
    async with asyncio.timeout(90):
        while not (found := list(place.glob("wayhome-demo-*/connections.json"))):
            await asyncio.sleep(0.2)
    return found[0].parent


async def test_a_running_demo_keeps_every_promise(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "wayhome",
        "demo",
        "--homes",
        "3",
        env=child_environment({}) | {"TMPDIR": str(tmp_path)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        folder = await connections(tmp_path)
        async with asyncio.timeout(120):
            while True:
                status, out, err = await run("alerts", "prove", "--json", "--folder", folder)
                proof = msgspec.json.decode(out.splitlines()[-1])
                if proof["alerts"] >= 2 and proof["attempts"] >= 2:
                    break
                await asyncio.sleep(1)
        assert (status, proof["violations"]) == (0, []), err
        assert {kept["broken"] for kept in proof["promises"]} == {0}
    finally:
        process.terminate()
        await process.wait()
