"""The promises, proved on a real stack: `wayhome demo` runs, and `wayhome alerts prove` looks at it."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from core.runtime.settings import child_environment
from tests.journeys.commands import run

pytestmark = pytest.mark.journey


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder that the database's own account can reach."""
    folder = Path(tempfile.mkdtemp(prefix="wayhome-prove-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def folders(place: Path) -> list[Path]:
    """Return the folders of the systems that run there."""
    return [file.parent for file in place.glob("wayhome-demo-*/connections.json")]


async def running(place: Path) -> Path:
    """Wait until a demo runs there; return its folder."""
    async with asyncio.timeout(90):
        while not (found := folders(place)):
            await asyncio.sleep(0.2)
    return found[0]


async def test_a_running_demo_keeps_every_promise(place: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "wayhome",
        "demo",
        "--homes",
        "3",
        env=child_environment({}) | {"TMPDIR": str(place)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        folder = await running(place)
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
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
