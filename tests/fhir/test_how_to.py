"""docs/how-to/fhir.md: its examples run against the running service, and its file for openEHR is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fhir.clinic import RUNNING
from tests.servers.availability import unavailable
from wayhome.sharing import plan

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "fhir.md"
BLOCK = re.compile(r"^```(?P<kind>sh|toml)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """Return the examples of one kind."""
    return [one["text"] for one in BLOCK.finditer(PAGE.read_text("utf-8")) if one["kind"] == kind]


def test_the_examples_run(address: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        unavailable("no curl")
    answers = [
        subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            env={"BASE": f"{address}/fhir", "TOKEN": RUNNING, "PATH": "/usr/bin:/bin"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for text in blocks("sh")
    ]
    assert [one.returncode for one in answers] == [0] * 5, [one.stderr for one in answers]
    words = ("CapabilityStatement", '"Ada"', "8867-4", "Provenance", "3 Patient.ndjson")
    for answer, expected in zip(answers, words, strict=True):
        assert expected in answer.stdout


def test_the_file_for_openehr_is_one(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    secret = tmp_path / "ehrbase"
    secret.write_text("x")
    file = tmp_path / "sharing.toml"
    file.write_text(text.replace("/secrets/ehrbase", str(secret)))
    assert plan.read(file).organisations == ("leeds",)
    assert pytest.approx(plan.read(file).settings.timeout_s) == 20
