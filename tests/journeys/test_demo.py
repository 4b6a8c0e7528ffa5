"""The main job, end to end: `wayhome demo` as a stranger runs it, a carer who answers in a browser, and what
`wayhome alerts prove` then says of every promise."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, expect

from core.runtime.settings import child_environment
from tests.journeys.commands import answer

pytestmark = pytest.mark.journey
KEYS = {
    "observations", "findings", "alerts", "acknowledged", "sensor_to_alert_ms", "lost", "duplicates",
}  # fmt: skip


async def test_it_ends_by_itself_and_says_what_it_measured() -> None:
    figures = await answer("demo", "--for", "45", "--json")
    assert figures.keys() >= KEYS
    assert (figures["lost"], figures["duplicates"]) == (0, 0), figures
    assert figures["observations"] > 5000
    assert figures["findings"] >= 3
    assert figures["alerts"] >= 3
    assert figures["acknowledged"] >= 2
    assert figures["days"] >= 6 * 42
    delay_ms = figures["sensor_to_alert_ms"]
    assert delay_ms["p50"] is not None, figures
    assert 0 < delay_ms["p50"] <= delay_ms["p99"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the demo prints for people."""

    url: str
    passwords: dict[str, str]
    ready_at: float
    folder: Path


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder that the database's own account can reach."""
    folder = Path(tempfile.mkdtemp(prefix="wayhome-journey-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shown(place: Path) -> Iterator[Shown]:
    process = subprocess.Popen(
        [sys.executable, "-m", "wayhome", "demo", "--homes", "3"],
        env=child_environment({}) | {"COLUMNS": "200", "TMPDIR": str(place)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        url, passwords = "", {}
        for line in process.stderr:
            if found := re.search(r"Pages: (http\S+)", line):
                url = found.group(1)
            elif found := re.match(r"\s+(\w+)\s+(\S+)\s+\w.*\(", line):
                passwords[found.group(1)] = found.group(2)
            if "Ctrl-C" in line:
                break
        (connections,) = place.glob("wayhome-demo-*/connections.json")
        yield Shown(
            url=url, passwords=passwords, ready_at=time.monotonic(), folder=connections.parent
        )
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.browser
def test_an_episode_is_answered_in_a_browser_and_every_promise_is_kept(
    shown: Shown, page: Page
) -> None:
    page.goto(f"{shown.url}/login")
    page.get_by_label("Login").fill("ruth")
    page.get_by_label("Password").fill(shown.passwords["ruth"])
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{shown.url}/alerts")
    expect(page.get_by_role("heading", level=1)).to_contain_text("alert", timeout=60_000)
    button = page.get_by_role("button", name="I’m on it").first
    expect(button).to_be_visible(timeout=60_000)
    assert time.monotonic() - shown.ready_at < 60
    button.click()
    expect(page.locator("#answer")).to_contain_text("You are on it")
    status, proof = proved(shown.folder)
    assert (status, proof["violations"]) == (0, [])
    assert {kept["broken"] for kept in proof["promises"]} == {0}


def proved(folder: Path) -> tuple[int, dict[str, Any]]:
    """Ask for the proof until two alerts and two attempts to tell are in it."""
    command = [
        sys.executable,
        "-m",
        "wayhome",
        "alerts",
        "prove",
        "--json",
        "--folder",
        str(folder),
    ]
    proof: dict[str, Any] = {}
    for _ in range(120):
        done = subprocess.run(
            command, env=child_environment({}), capture_output=True, text=True, check=False
        )
        proof = msgspec.json.decode(done.stdout.splitlines()[-1])
        if proof["alerts"] >= 2 and proof["attempts"] >= 2:
            return done.returncode, proof
        time.sleep(1)
    pytest.fail(f"too little was told: {proof}")
