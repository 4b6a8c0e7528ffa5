"""Snapshots as former releases wrote them: an update must not make a home forget its habits.

``snapshots/format_N.txt`` is the snapshot, deflated and in base64, that the last code of format N wrote after
forty eventful days of `analytics.sample_days`.
"""

from __future__ import annotations

import base64
import zlib
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from analytics.former_states import FORMAT, lifted
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import MONDAY, eventful
from core.model.finding import Audience

SAVED = Path(__file__).parent / "snapshots"
DAYS = 40
END = MONDAY + timedelta(days=DAYS)
OF_PAUSES = 7
BEDS_APART = 6
"""Up to this format occupied beds stood between who is away and what is doubted."""


def former(number: int) -> bytes:
    return zlib.decompress(base64.b64decode((SAVED / f"format_{number}.txt").read_text()))


def learned(state: bytes) -> bytes:
    """Return what a snapshot knows of a home beside what the view and D0 note for the next tick.

    How often places are visited and how long sensors near doors are blind is not known before format 5, what
    waits for a person to vouch for it (nothing, in this home) not before format 6, whose word is good on
    who is home not before format 7.
    """
    saved = msgspec.msgpack.decode(state, strict=False)
    view = {key: value for key, value in saved["view"].items() if key not in {"stirred", "lone"}}
    view["pauses"] = view["pauses"][:OF_PAUSES]  # what follows is learned anew (format 5)
    home = view["occupancy"]
    view["occupancy"] = home[:8] if saved["format"] > BEDS_APART else [*home[:6], *home[7:9]]
    new = {"liveness", "wrist_stillness", "hazard"}  # the latter two are younger than these formats
    detectors = {name: one for name, one in saved["detectors"].items() if name not in new}
    return msgspec.msgpack.encode(view | detectors, order="deterministic")


def test_a_snapshot_of_the_former_format_can_be_read() -> None:
    assert (SAVED / f"format_{FORMAT - 1}.txt").exists()


@pytest.mark.parametrize("number", range(3, FORMAT))
def test_what_was_learned_is_kept(number: int) -> None:
    state = former(number)
    home = HomeEngine.restored(state)
    assert home.view is not None
    assert home.view.days_watched == DAYS
    assert home.view.pauses.days > DAYS / 2
    assert learned(home.snapshot()) == learned(state)


@pytest.mark.parametrize("number", range(3, FORMAT))
def test_the_watch_goes_on_as_one_that_was_never_stopped(number: int) -> None:
    old = msgspec.msgpack.decode(former(number), strict=False)
    sights = old["detectors"]["liveness"][1]
    home = HomeEngine.restored(former(number))
    after = eventful(5, start=END, seed=2)
    home.look(Inputs(heard_at=END + timedelta(days=6), heard_since=END))
    for row in after.observations:
        noticed = home.feed(row)
        assert noticed is None or not noticed.failures
    noticed = home.tick(END + timedelta(days=5, hours=20))
    said = [] if noticed is None else noticed.findings
    assert any(one.audience is Audience.CARERS for one in said)
    assert home.detectors["liveness"].snapshot()[2][0] > sights[2][0]


def test_an_older_state_of_the_devices_alone_starts_their_sights_anew() -> None:
    saved = msgspec.msgpack.decode(former(3), strict=False)
    version, (opened, due, *_) = saved["detectors"]["liveness"]
    saved["detectors"]["liveness"] = [version, [opened, due]]
    home = HomeEngine.restored(msgspec.msgpack.encode(saved))
    assert home.detectors["liveness"].snapshot()[2] == [0, float("-inf"), []]


def test_a_home_that_was_never_watched_is_lifted_too() -> None:
    saved = msgspec.msgpack.decode(former(3), strict=False) | {"view": None}
    assert HomeEngine.restored(msgspec.msgpack.encode(saved)).view is None


def test_other_formats_are_not_guessed_at() -> None:
    assert lifted({"format": 2}) is None
    assert lifted({"format": FORMAT + 1}) is None
    assert lifted({}) is None
