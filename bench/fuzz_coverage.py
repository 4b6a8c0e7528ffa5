"""Let coverage lead the bending: libFuzzer (atheris) against each driver and against the gateway's door.

``.venv/bin/python bench/fuzz_coverage.py --minutes 10`` prints JSON, per target: inputs tried, edges of
our code that were reached, and what crashed, hung for 5 s or took over a gigabyte. An input is a topic, a
line's end and a payload; it begins with the real messages quoted in ``tests/sensors`` and those of
``--file`` (JSON lines as in `sensors.vectors`). A target that fell ends at its first finding, which is
printed as base64: keep it as a test in ``tests/sensors``. ``--corpus`` keeps what was learned for the next
run. Every second input is bent on the level of JSON, as `fuzz_drivers` does; the others byte by byte.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["sensors", "gateway"]):
    from sensors.checks import yield_checks
    from sensors.driver import discover

    FAMILIES = sorted(discover())
from bench.fuzz_drivers import bent, real_messages
from tests.gateway.builders import LIVE, NOON, Desk, message

DOOR = "door"
LONGEST_S, MOST_MB, LONGEST_BYTES = 5, 1024, 8192
SPLIT = b"\n"
MADE: tuple[object, ...] = (None, True, -1, 1e300, "", "on", [], {}, [{"value": 1}], {"value": "1"})
EDGES, TRIED = re.compile(r"cov: (\d+)"), re.compile(r"number_of_executed_units: (\d+)")
FELL = re.compile(r"Uncaught Python exception: ===\n(.*?)\n\n?==", re.DOTALL)


def split(given: bytes) -> tuple[str, bytes]:
    r"""Return topic and payload of an input.

    Examples
    --------
    >>> split(b"hall/state\n{}")
    ('hall/state', b'{}')
    """
    topic, _, payload = given.partition(SPLIT)
    return topic.decode("utf-8", "replace"), payload


def driver_target(family: str) -> Callable[[bytes], None]:
    """Judge each input by the contract of the driver of ``family``."""
    checks = list(yield_checks(discover()[family]))

    def judge(given: bytes) -> None:
        topic, payload = split(given)
        for check in checks:
            check(payload, topic)

    return judge


def door_target() -> Callable[[bytes], None]:
    """Admit each input as the gateway does: it has one outcome, and no driver failed."""
    desk = Desk()

    def judge(given: bytes) -> None:
        topic, payload = split(given)
        (admitted,) = desk.intake.admit([message(f"homes/{LIVE}/{topic}", payload)], NOON)
        if admitted.reason == "driver_failed":
            raise AssertionError("a driver failed")

    return judge


def lay_corpus(folder: Path, inputs: Iterable[bytes]) -> None:
    """Write ``inputs`` where libFuzzer begins."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in inputs:
        (folder / hashlib.sha256(one).hexdigest()[:24]).write_bytes(one)


def seeds(target: str, file: Path | None) -> list[bytes]:
    """Return the real messages of a target as inputs."""
    real = real_messages(file)
    if target == DOOR:
        return [
            f"{family}/{t}".encode() + SPLIT + p for family in FAMILIES for t, p in real[family]
        ]
    return [topic.encode() + SPLIT + payload for topic, payload in real[target]]


def mutate(given: bytes, longest: int, seed: int) -> bytes:
    """Bend an input by its structure or its bytes; libFuzzer keeps what reaches new code."""
    rng = Random(seed)
    if rng.randrange(2):
        topic, payload = bent(rng, [split(given)], rng.choice(MADE))
        return (topic.encode("utf-8", "replace") + SPLIT + payload)[:longest]
    return bytes(atheris.Mutate(given, longest))


def fuzz(target: str, corpus: Path) -> None:
    """Never return: libFuzzer leaves the process when its time is over or something fell."""
    judge = door_target() if target == DOOR else driver_target(target)
    atheris.Setup([sys.argv[0], *_options(), str(corpus)], judge, custom_mutator=mutate)
    atheris.Fuzz()


def _options() -> list[str]:
    return sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []


def run(target: str, seconds: float, corpus: Path, finds: Path) -> dict[str, object]:
    """Fuzz one target in a process of its own and return what became of it."""
    options = (
        f"-max_total_time={seconds:.0f}", f"-timeout={LONGEST_S}", f"-rss_limit_mb={MOST_MB}",
        f"-max_len={LONGEST_BYTES}", f"-artifact_prefix={finds}/", "-print_final_stats=1", "-verbosity=1",
    )  # fmt: skip
    command = [sys.executable, __file__, "--one", target, "--corpus", str(corpus), "--", *options]
    ended = subprocess.run(command, capture_output=True, check=False)
    said = ended.stderr.decode("utf-8", "replace") + ended.stdout.decode("utf-8", "replace")
    found = [base64.b64encode(one.read_bytes()).decode() for one in sorted(finds.iterdir())]
    fell = FELL.search(said)
    return {
        "tried": max(map(int, TRIED.findall(said)), default=0),
        "edges": max(map(int, EDGES.findall(said)), default=0),
        "crashes": len(found) or int(ended.returncode != 0),
        "found": found,
        "why": fell.group(1)[-300:] if fell else said[-300:] if ended.returncode else "",
    }


def main() -> int:
    """Fuzz the targets that were asked for; 1 if one fell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--targets", nargs="*", default=[DOOR, *FAMILIES])
    parser.add_argument("--file", type=Path, help="real messages, as JSON lines")
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was learned")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked, _ = parser.parse_known_args(
        sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else None
    )
    if asked.one:
        fuzz(asked.one, asked.corpus)
    report = {}
    for target in asked.targets:
        with tempfile.TemporaryDirectory(prefix="wayhome-fuzz-") as folder:
            corpus = (asked.corpus or Path(folder)) / target
            finds = Path(folder) / "finds"
            finds.mkdir()
            lay_corpus(corpus, seeds(target, asked.file))
            report[target] = run(target, asked.minutes * 60, corpus, finds)
        print(target, json.dumps(report[target]), file=sys.stderr)
    print(json.dumps(report, indent=1))
    return int(any(one["crashes"] for one in report.values()))


if __name__ == "__main__":
    sys.exit(main())
