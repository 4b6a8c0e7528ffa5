"""Run the `wayhome` command as its users do: as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec

from core.runtime.settings import child_environment


async def run(*arguments: str | Path, timeout_s: float = 170.0) -> tuple[int, str, str]:
    """Return the exit status, stdout and stderr of ``wayhome ARGUMENTS``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "wayhome",
        *map(str, arguments),
        env=child_environment({}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(timeout_s):
            out, err = await process.communicate()
    except TimeoutError:
        process.terminate()
        await process.wait()
        raise
    return process.returncode or 0, out.decode(), err.decode()


async def answer(*arguments: str | Path, timeout_s: float = 170.0) -> dict[str, Any]:
    """Return the JSON object that a command prints as its last line."""
    status, out, err = await run(*arguments, timeout_s=timeout_s)
    assert status == 0, err[-3000:]
    found: dict[str, Any] = msgspec.json.decode(out.splitlines()[-1])
    return found
