"""Throw bent messages at every driver for a while: nothing may crash, hang or break the contract.

``.venv/bin/python bench/fuzz_drivers.py --minutes 10`` prints JSON, per driver: examples, crashes, the
slowest decoding in milliseconds of processor time, and what crashed it. Hypothesis makes up messages of the
families' own keys, and seeds; from each seed some real messages are bent on the level of JSON and of bytes:
those quoted in ``tests/sensors``, and those of ``--file`` (JSON lines as in `sensors.vectors`). Keep a
finding as a test in ``tests/sensors``.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sensors import vectors
from sensors.checks import yield_checks
from sensors.driver import Driver, discover
from tests.contracts import shapes
from tests.sensors.quoted import QUOTED

Message = tuple[str, bytes]
BATCH = 200
"""Examples of Hypothesis between two looks at the clock."""
BENT = 30
"""Real messages that are bent from one seed."""
MOST_KEPT = 20
DEEPEST = 8
POISON = (
    b"1e999",
    b"[[[[",
    b'"\\ud800"',
    b"-",
    b"9" * 400,
    b"\xff",
    b"\x00",
    b"null",
    b"NaN",
    b"{}",
)


@dataclass(slots=True)
class Count:
    """What became of one driver."""

    examples: int = 0
    slowest_ms: float = 0.0
    crashes: dict[str, dict[str, str]] = field(default_factory=dict)


def real_messages(file: Path | None) -> dict[str, list[Message]]:
    """Return real messages by family; every family has at least its example topic."""
    found: dict[str, list[Message]] = defaultdict(list)
    known = vectors.by_protocol()
    for vector in vectors.read(file) if file else ():
        if vector is not None and vector.protocol in known:
            driver = known[vector.protocol]
            found[driver.family].append(vectors.message(vector, driver))
    for family, driver in discover().items():
        found[family] += [(o.topic, o.payload.encode()) for o in QUOTED if o.family == family]
        found[family] += [(driver.example_topic, b"{}"), (driver.example_topic, b"ON")]
    return found


def bent(rng: Random, real: list[Message], made: Any) -> Message:
    """Bend a real message; ``made`` is a made-up document that may be put into it."""
    topic, payload = rng.choice(real)
    if rng.randrange(6) == 0:
        topic = rng.choice(shapes.TOPICS)
    if rng.randrange(3):
        try:
            value = msgspec.json.decode(payload)
        except (msgspec.DecodeError, ValueError):
            return topic, bytes_bent(rng, payload)
        for _ in range(rng.randrange(1, 4)):
            value = replaced(rng, value, made)
        return topic, json.dumps(value).encode()
    return topic, bytes_bent(rng, payload)


def bytes_bent(rng: Random, payload: bytes) -> bytes:
    """Change, put in, take out or repeat some bytes."""
    data = bytearray(payload)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 | 1:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 2:
                del data[at : at + rng.randrange(1, 20)]
            case 3:
                data[at:at] = data[at : at + 40]
            case 4:
                data[at:at] = rng.choice(POISON)
            case _:
                del data[at:]
    return bytes(data)


def replaced(rng: Random, value: Any, made: Any, depth: int = 0) -> Any:
    """Replace one thing somewhere inside ``value``, rename a key, or wrap something up."""
    if not isinstance(value, dict | list) or not value or depth > DEEPEST or rng.randrange(8) == 0:
        odd = (None, True, -1, 0, 1, 255, 1e300, 10**30, "", "nan", rng.choice(shapes.WORDS), made)
        return rng.choice((*odd, [value], {rng.choice(shapes.KEYS): value}))
    if isinstance(value, list):
        at = rng.randrange(len(value))
        return [*value[:at], replaced(rng, value[at], made, depth + 1), *value[at + 1 :]]
    key = rng.choice(list(value))
    changed = dict(value)
    if rng.randrange(3):
        changed[key] = replaced(rng, value[key], made, depth + 1)
    else:
        changed[rng.choice(shapes.KEYS)] = changed.pop(key)
    return changed


def fuzz(driver: Driver, real: list[Message], seconds: float) -> Count:
    """Bend messages for ``seconds`` and count what became of them."""
    count = Count()
    until = time.monotonic() + seconds

    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made=shapes.documents, topic=shapes.topics, seed=st.integers(0, 2**62))
    def once(made: Any, topic: str, seed: int) -> None:
        for message in _messages(Random(seed), real, made, topic):
            _judge(driver, message, count)

    while time.monotonic() < until:
        once()
    return count


def _messages(rng: Random, real: list[Message], made: Any, topic: str) -> Iterator[Message]:
    yield topic, json.dumps(made).encode()
    for _ in range(BENT):
        yield bent(rng, real, made)


def _judge(driver: Driver, message: Message, count: Count) -> None:
    topic, payload = message
    for place, check in enumerate(yield_checks(driver)):
        gc.disable()  # collecting what Hypothesis leaves is not the driver's time
        began = time.thread_time()
        try:
            check(payload, topic)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the finding)
            kind = f"{type(error).__name__}: {error}"[:200]
            if len(count.crashes) < MOST_KEPT:
                told = {"topic": topic, "payload": payload.decode("latin-1")}
                count.crashes.setdefault(kind, told)
        if place == 1:  # this one decodes once
            count.slowest_ms = max(count.slowest_ms, (time.thread_time() - began) * 1000)
        gc.enable()
    count.examples += 1


def main() -> int:
    """Fuzz the drivers that were asked for; 1 if one crashed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for each driver")
    parser.add_argument("--drivers", nargs="*", default=sorted(discover()), help="families")
    parser.add_argument("--file", type=Path, help="real messages, as JSON lines")
    asked = parser.parse_args()
    real = real_messages(asked.file)
    report = {}
    for family in asked.drivers:
        count = fuzz(discover()[family], real[family], asked.minutes * 60)
        report[family] = {
            "examples": count.examples,
            "crashes": len(count.crashes),
            "slowest_ms": round(count.slowest_ms, 3),
            "found": count.crashes,
        }
    print(json.dumps(report, indent=1))
    return int(any(one["crashes"] for one in report.values()))


if __name__ == "__main__":
    sys.exit(main())
