"""`wayhome up` as somebody runs it: nothing left behind, no secret in sight, a clear word when it can not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.runtime.settings import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "wayhome", "up", "--web-port=0", "--mqtt-port=0")
READY_S = 150.0


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run the command until it is ready; give the process and the file of what it says."""
    said = folder.parent / f"{folder.name}.said"
    with said.open("wb") as file:
        process = subprocess.Popen(
            [*COMMAND, f"--folder={folder}", *options],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=child_environment({}),
        )
    try:
        end = time.monotonic() + READY_S
        while "mqtt://127.0.0.1:" not in said.read_text():
            assert process.poll() is None, said.read_text()[-2000:]
            assert time.monotonic() < end, said.read_text()[-2000:]
            time.sleep(0.05)
        yield process, said
    finally:
        process.terminate()
        process.wait(60)


def descendants(pid: int) -> set[int]:
    """Return the processes below ``pid``."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def left_of(pids: set[int], timeout_s: float = 20.0) -> list[str]:
    """Return the command lines of those that still live when the time is over."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end and any(map(lives, pids)):
        time.sleep(0.05)
    return [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids if lives(pid)]


@pytest.mark.faults
def test_killed_it_leaves_nothing_behind_and_starts_again(folder: Path) -> None:
    state = folder / "state"
    for how in (signal.SIGKILL, signal.SIGTERM):
        with running(state) as (process, _):
            below = descendants(process.pid)
            assert len(below) >= 6  # four services, database and its own, broker
            os.kill(process.pid, how)
            process.wait(60)
        assert left_of(below) == []


@pytest.mark.faults
def test_no_secret_is_in_sight(folder: Path) -> None:
    state = folder / "state"
    with running(state) as (process, said):
        secrets = {path.read_text().strip() for path in (state / "secrets").iterdir()}
        assert len(secrets) > 8
        lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in descendants(process.pid)]
        with pytest.raises(subprocess.CalledProcessError) as second:
            subprocess.run(
                [*COMMAND, f"--folder={state}"],
                check=True,
                capture_output=True,
                text=True,
                cwd=ROOT,
                env=child_environment({}),
                timeout=60,
            )
        assert f"another system runs in {state}" in second.value.stderr
        assert "Traceback" not in second.value.stderr
    logs = [path.read_text() for path in (*state.glob("*.log"), *state.glob("*/log"))]
    logs.append(said.read_text())
    assert len(logs) >= 6
    assert not [secret for secret in secrets for text in (*lines, *logs) if secret in text]


def test_it_tells_a_machine_where_it_is(folder: Path) -> None:
    state = folder / "state"
    with running(state, "--json") as (_, said):
        (line,) = [line for line in said.read_text().splitlines() if "web_url" in line]
    told = json.loads(line)
    assert told["folder"] == str(state)
    assert told["web_url"].startswith("http://127.0.0.1:")
    assert told["mqtt_url"].startswith("mqtt://127.0.0.1:")
