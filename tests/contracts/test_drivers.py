"""Every driver found keeps the contract on rubbish, on any JSON and on bent real messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.errors import PluginBroken
from core.model.plugins import discover as discover_plugins
from sensors import driver as drivers
from sensors.checks import Check, yield_checks
from sensors.vectors import Vector, by_protocol, message, read
from tests.contracts import shapes

ALL = [check for driver in drivers.discover().values() for check in yield_checks(driver)]
NAMES = [
    f"{driver.family}-{check.__name__}"
    for driver in drivers.discover().values()
    for check in yield_checks(driver)
]
KEYS = [
    "occupancy",
    "contact",
    "battery",
    "action",
    "state",
    "last_seen",
    "linkquality",
    "illuminance",
    "illuminance_lux",
    "_type",
    "lat",
    "lon",
    "tst",
    "acc",
    "vel",
    "batt",
    "event",
    "desc",
    "steps",
    "v",
    "t",
    "seq",
    "boot",
    "d",
    "online",
    "alt",
    "speed",
    "course",
    "state_l1",
    "tilt",
    "stillness",
    "window",
    "rate",
    *shapes.KEYS,
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from(["location", "transition", "steps", "lwt", "enter", "ON", "online", "sos"])
    | st.sampled_from(shapes.WORDS)
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=12,
)
topics = st.sampled_from(
    [
        *shapes.TOPICS,
        "a/b",
        "x/motion",
        "x/position",
        "x/impact",
        "x/status",
        "bridge/state",
        "x/availability",
        "x/set",
        "",
        "/",
        "a",
    ]
) | st.text(max_size=30)


@pytest.mark.parametrize("check", ALL, ids=NAMES)
@settings(max_examples=60)
@given(
    payload=st.binary(max_size=200) | documents.map(lambda value: json.dumps(value).encode()),
    topic=topics,
)
def test_a_driver_keeps_its_contract(check: Check, payload: bytes, topic: str) -> None:
    check(payload, topic)


@settings(max_examples=25, deadline=None)
@given(bend=st.randoms(use_true_random=False))
def test_bent_real_messages(bend: st.DrawFn, real: list[tuple[str, str, bytes]]) -> None:
    rng: Callable[[int], int] = bend.randrange  # type: ignore[attr-defined]
    found = drivers.discover()
    for family, topic, payload in real:
        bent = bytearray(payload)
        for _ in range(1 + rng(3)):
            if bent:
                bent[rng(len(bent))] = rng(256)
        for check in yield_checks(found[family]):
            check(bytes(bent), topic)


@pytest.fixture(scope="module")
def real(data_folder: Path) -> list[tuple[str, str, bytes]]:
    """Messages of real devices that a driver of ours reads."""
    known = by_protocol()
    vectors = read(data_folder / "payloads" / "vectors.jsonl")
    return [
        (known[one.protocol].family, *message(one, known[one.protocol]))
        for one in vectors
        if isinstance(one, Vector) and one.protocol in known
    ]


def test_a_plugin_that_does_not_load_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "broken_plugins"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "fine.py").write_text("DRIVER = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("broken_plugins")
    assert discover_plugins(module, "DRIVER") == {"fine": 1}
    (package / "worse.py").write_text("raise ValueError('no')\n")
    with pytest.raises(PluginBroken, match=r"broken_plugins/worse\.py"):
        discover_plugins(module, "DRIVER")
    (package / "worse.py").write_text("OTHER = 1\n")
    with pytest.raises(PluginBroken, match=r"worse\.py does not offer DRIVER"):
        discover_plugins(module, "DRIVER")
