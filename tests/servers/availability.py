"""A missing server fails in CI and skips with its reason elsewhere; programs are found here."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def in_ci() -> bool:
    """Whether this run may leave nothing out."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def unavailable(reason: str) -> NoReturn:
    """End the test that needed it: failed in CI, skipped elsewhere."""
    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def cache_folder() -> Path:
    """Where `scripts/test-servers` unpacks what the host lacks."""
    if chosen := os.environ.get("WAYHOME_TEST_CACHE"):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/cache/wayhome")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wayhome"


def program(name: str, *, variable: str, unpacked: str) -> Path | None:
    """Find a program: named by an environment variable, on the host, or unpacked in the cache."""
    candidates = (
        os.environ.get(variable),
        shutil.which(name),
        f"/usr/sbin/{name}",
        str(cache_folder() / unpacked),
    )
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    return None


def later_mosquitto() -> Path | None:
    """Find the Mosquitto that is as late as that of our containers; hubs with Debian 12 have an older one."""
    chosen = os.environ.get("WAYHOME_LATER_MOSQUITTO")
    found = Path(chosen or cache_folder() / "mosquitto-trixie/usr/sbin/mosquitto")
    return found if os.access(found, os.X_OK) else None
