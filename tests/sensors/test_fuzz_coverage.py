"""The fuzzer that coverage leads runs, learns and ends by itself."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_tries_inputs_against_a_driver_and_says_what_it_reached() -> None:
    command = [sys.executable, "bench/fuzz_coverage.py", "--minutes", "0.03", "--targets", "homie"]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        text=True,
    )
    if platform.machine() != "x86_64":  # no wheel of the fuzzer elsewhere
        assert "atheris" in ended.stderr
        return
    assert ended.returncode == 0, ended.stderr[-800:]
    told = json.loads(ended.stdout)["homie"]
    assert (told["crashes"], told["found"]) == (0, [])
    assert told["tried"] > 100
    assert told["edges"] > 20
