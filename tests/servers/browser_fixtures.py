"""Fixtures: a real Chromium, from the host's packages, driven by Playwright."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.servers.availability import cache_folder, program, unavailable

FLAGS = (
    "--no-sandbox",  # not to be had as root or in many containers; it shows our own pages only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Nothing that would reach beyond the loopback, nothing that needs a screen."""


def pytest_configure() -> None:
    """Lend Playwright's driver the library that a bare Debian lacks."""
    for library in cache_folder().glob("libatomic/usr/lib/*/libatomic.so.1"):
        os.environ.setdefault("LD_LIBRARY_PATH", str(library.parent))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the host's Chromium instead of one that Playwright would download."""
    chromium = program("chromium", variable="CHROMIUM", unpacked="chromium/launch")
    if chromium is None:
        unavailable("no Chromium: run scripts/test-servers")
    return {
        **browser_type_launch_args,
        "executable_path": str(chromium),
        "args": list(FLAGS),
    }
