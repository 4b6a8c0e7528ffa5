"""Run the drivers on a file of device messages and count what became of them."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from core.model.errors import Malformed, Misconfigured, Unsupported
from sensors import driver as drivers
from sensors.driver import Driver

log = logging.getLogger("wayhome.vectors")

OUTCOMES = ("vectors", "decoded", "state_only", "unsupported", "quarantined", "crashed")
"""Columns of the report; every vector is counted in the first and in one other."""
UNREADABLE = "unreadable"
"""Protocol under which lines that are no vectors are counted."""


class Vector(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file."""

    protocol: str
    payload: Any = None
    #: Full topic of the product, its base included; made up when missing.
    topic: str = ""
    #: The payload as it was captured, where that is known.
    raw: Any = None
    device: str = ""


def read(file: Path) -> Iterator[Vector | None]:
    """Yield the vectors of a file of JSON lines; None for a line that is none."""
    with file.open("rb") as lines:
        for line in lines:
            if not line.strip():
                continue
            try:
                yield msgspec.json.decode(line, type=Vector)
            except (msgspec.DecodeError, ValueError, RecursionError):
                yield None


def message(vector: Vector, driver: Driver) -> tuple[str, bytes]:
    """Return the topic below the family's base, and the payload, as a broker would give them."""
    if vector.protocol == "lorawan-codec" and isinstance(vector.payload, dict):
        return _as_uplink(vector.device, vector.payload)
    topic = vector.topic
    if not topic and isinstance(vector.payload, dict):
        topic = str(vector.payload.get("topic", ""))
    for base in driver.bases:
        topic = topic.removeprefix(base)
    topic = topic or driver.example_topic
    return topic, _payload(vector)


def _payload(vector: Vector) -> bytes:
    """Return the payload as it was captured; ``raw`` may also be a line of a log with it inside."""
    said = vector.payload
    if isinstance(vector.raw, str):
        raw = vector.raw.encode()
        if raw.strip() == said or _is_json(raw) or said is None:
            return raw
    return said.encode() if isinstance(said, str) else msgspec.json.encode(said)


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return True


def _as_uplink(device: str, example: dict[str, Any]) -> tuple[str, bytes]:
    """Return the example of a codec, ``{"input": {"fPort", "bytes"}, "output": {"data"}}``, as the uplink in
    which a network server with that codec would tell it.
    """  # noqa: D205
    given, made = example.get("input"), example.get("output")
    given = given if isinstance(given, dict) else {}
    numbers = given.get("bytes")
    numbers = numbers if isinstance(numbers, list) else []
    valid = all(isinstance(one, int) and 0 <= one <= 255 for one in numbers)  # noqa: PLR2004 (a byte)
    uplink = {
        "f_port": given.get("fPort"),
        "frm_payload": base64.b64encode(bytes(numbers)).decode() if valid else "not bytes",
        "decoded_payload": made.get("data") if isinstance(made, dict) else None,
        "version_ids": {"model_id": device},
    }
    told = {"received_at": given.get("recvTime"), "uplink_message": uplink}
    return "v3/codecs@examples/devices/example/up", msgspec.json.encode(told)


def by_protocol() -> Mapping[str, Driver]:
    """Return the drivers by the names under which collections of messages know their families."""
    return {
        protocol: driver
        for driver in drivers.discover().values()
        for protocol in sorted(driver.protocols)
    }


def outcome(driver: Driver, topic: str, payload: bytes) -> str:
    """Return the column in which this message counts."""
    try:
        decoded = driver.decode(topic, payload)
    except Malformed:
        return "quarantined"
    except Unsupported:
        return "unsupported"
    except Exception:  # a defect of ours, and the figure that must be 0
        log.exception("driver failed", extra={"action": "driver_failed", "family": driver.family})
        return "crashed"
    return "decoded" if decoded.readings else "state_only"


def evaluate(file: Path) -> dict[str, dict[str, dict[str, int]]]:
    """Count the outcomes of every vector of ``file`` by protocol.

    Returns
    -------
    dict
        ``{"protocols": {NAME: {column of OUTCOMES: count}}}``.

    Raises
    ------
    Misconfigured
        If no line of it is a message.
    """
    known = by_protocol()
    report: dict[str, dict[str, int]] = {}
    for vector in read(file):
        name = UNREADABLE if vector is None else vector.protocol
        counts = report.setdefault(name, dict.fromkeys(OUTCOMES, 0))
        counts["vectors"] += 1
        driver = known.get(name)
        if vector is None:
            counts["quarantined"] += 1
        elif driver is None:
            counts["unsupported"] += 1
        else:
            counts[outcome(driver, *message(vector, driver))] += 1
    if not report.keys() - {UNREADABLE}:
        raise Misconfigured(f"{file}: expected lines of JSON objects with protocol and payload")
    return {"protocols": report}
