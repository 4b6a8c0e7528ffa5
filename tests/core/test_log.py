"""A log line is one JSON object, whatever is put into it, and nothing of ours makes it fail."""

from __future__ import annotations

import logging
import math
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from core.model.errors import Misconfigured
from core.runtime import log as logs
from core.runtime.log import JsonLines

LINES = JsonLines("gateway", "gateway-1")


def line(message: object = "text", *args: object, **extra: object) -> dict[str, object]:
    record = logging.getLogger("wayhome.test").makeRecord(
        "wayhome.test", logging.INFO, "file", 1, message, args, None, extra=extra
    )
    written = LINES.format(record)
    assert "\n" not in written
    return msgspec.json.decode(written, type=dict[str, object])


def test_a_line_says_when_who_and_what() -> None:
    found = line("took %d ms", 7, action="committed", rows=3, ids=[1, 2], places={"a": None})
    assert str(found.pop("at")).endswith("+00:00")
    assert found == {
        "level": "info",
        "service": "gateway",
        "instance": "gateway-1",
        "logger": "wayhome.test",
        "message": "took 7 ms",
        "action": "committed",
        "rows": 3,
        "ids": [1, 2],
        "places": {"a": None},
    }


def test_an_extra_field_does_not_hide_one_of_the_line() -> None:
    found = line(level="urgent", service="other", at="noon")
    assert (found["level"], found["service"]) == ("info", "gateway")
    assert (found["level_"], found["service_"], found["at_"]) == ("urgent", "other", "noon")


@pytest.mark.parametrize(
    "odd", ["half \udc80", 10**30, {(1, 2): 3}, object(), math.nan, b"\xff", {1, 2}, Path("/x")]
)
def test_what_json_does_not_know_is_written_all_the_same(odd: object) -> None:
    assert line("text", odd=odd)["odd"] != ""
    assert "text" in str(line("text", odd=odd)["message"])


def test_an_endless_structure_is_no_harm() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "odd" in line(odd=endless)


def test_a_trace_stands_on_the_same_line_without_the_words_of_others() -> None:
    record = logging.makeLogRecord({})
    try:
        int("Ada\nb")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "file", 1, "failed", (), sys.exc_info()
        )
    written = LINES.format(record)
    assert "\n" not in written
    trace = msgspec.json.decode(written, type=dict[str, str])["error"].splitlines()
    assert trace[-1] == "ValueError"
    assert trace[0].startswith("test_log.py:")
    assert "Ada" not in written


PROCESS = """
import logging, sys, warnings
from core.runtime import log
log.set_up("gateway", "g", "warning")
logging.getLogger("wayhome.x").info("quiet")
logging.getLogger("wayhome.x").warning("loud %s", "\\udcff")
logging.getLogger("wayhome.x").warning("wrong %d", "arguments")
warnings.warn("careful")
"""


def test_a_process_writes_nothing_but_lines() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], check=True, capture_output=True, text=True
    )
    assert done.stdout == ""
    found = [msgspec.json.decode(text, type=dict[str, object]) for text in done.stderr.splitlines()]
    assert [one["logger"] for one in found] == ["wayhome.x", "wayhome.x", "py.warnings"]
    assert "loud" in str(found[0]["message"])
    assert "wrong" in str(found[1]["message"])


def test_a_level_that_is_none_is_named() -> None:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        with pytest.raises(Misconfigured, match="log_level"):
            logs.set_up("gateway", "g", "LOUD")
    finally:
        logging.captureWarnings(capture=False)
        logging.getLogger().handlers[:], logging.getLogger().level = before
