"""The dashboard as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from core.runtime.settings import child_environment
from tests.dashboard.town import KEY
from tests.servers.ports import free_port

READY_S = 60.0


@contextmanager
def dashboard(
    url: str, host: str = "127.0.0.1", **changes: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the service and give its address; passkeys work where ``host`` is ``localhost``."""
    port = free_port()
    address = f"http://{host}:{port}"
    environment = child_environment(
        {
            "database_url": url,
            "web_port": port,
            "public_url": address,
            "identity_key": KEY,
            "cookie_secure": "false",
            **changes,
        }
    )
    process = subprocess.Popen([sys.executable, "-m", "dashboard"], env=environment)
    try:
        _wait(address, process)
        yield address, process
    finally:
        process.terminate()
        process.wait(READY_S)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/login").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the dashboard did not start")
