"""Bent messages of every family at the door: each has one outcome, and all that is kept can be stored."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.fuzz_drivers import bent
from core.model.errors import Malformed, Unsupported
from core.model.quantity import definition
from gateway.admission import Outcome
from sensors.driver import discover
from tests.contracts import shapes
from tests.gateway.builders import LIVE, NOON, Desk, known, message
from tests.sensors.quoted import QUOTED

if TYPE_CHECKING:
    from core.model.intake import Arrival, KnownDevice
    from core.runtime.mqtt import IncomingMessage

DRIVERS = discover()
REAL = [(f"{one.family}/{one.topic}", one.payload.encode()) for one in QUOTED]
LEVELS = ("", "homes", LIVE, "nobody", "+", "#", "..", "\x00", "é", "x" * 300, *DRIVERS)
LATEST = timedelta(seconds=5)


def _devices() -> tuple[KnownDevice, ...]:
    """Register every device that the quoted messages are from."""
    found = set()
    for one in QUOTED:
        with suppress(Malformed, Unsupported):
            decoded = DRIVERS[one.family].decode(one.topic, one.payload.encode())
            found.add((one.family, decoded.external_id))
    return tuple(
        known(number, name, family=family) for number, (family, name) in enumerate(sorted(found), 1)
    )


DEVICES = _devices()


def _topic(rng: Random, topic: str) -> str:
    """Bend a topic on the levels that say where it belongs, now and then."""
    levels = ["homes", LIVE, *topic.split("/")]
    if rng.randrange(4) == 0:
        at = rng.randrange(len(levels) + 1)
        levels[at : at + rng.randrange(2)] = [rng.choice(LEVELS)]
    return "/".join(levels)


def _messages(seed: int, made: Any) -> list[IncomingMessage]:
    rng = Random(seed)
    found = []
    for number in range(1, 20):
        topic, payload = bent(rng, [rng.choice(REAL)], made)
        family = topic if "/" in topic else f"zigbee2mqtt/{topic}"
        flags = {"retained": rng.randrange(8) == 0, "duplicate": rng.randrange(8) == 0}
        found.append(message(_topic(rng, family), payload, packet_id=number, **flags))
    return found


def _storable(arrival: Arrival) -> None:
    definition(arrival.quantity).check(arrival.value)
    assert math.isfinite(arrival.value)
    assert arrival.observed_at <= arrival.received_at + LATEST
    assert "\x00" not in arrival.discriminator
    assert arrival.discriminator.encode("utf-8") is not None


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**62), made=shapes.documents)
def test_whatever_comes_in_at_the_door_has_one_outcome_and_can_be_stored(
    seed: int, made: Any
) -> None:
    desk = Desk(devices=DEVICES)
    messages = _messages(seed, made)
    admitted = desk.intake.admit(messages, NOON)
    batch = desk.intake.close(admitted, NOON)
    assert batch.messages == tuple(messages)
    assert sum(batch.outcomes.values()) == len(messages)
    assert [one.quarantine for one in admitted if one.reason == "driver_failed"] == []
    for one in admitted:
        assert bool(one.arrivals) == (one.outcome is Outcome.STORED)
        for arrival in one.arrivals:
            _storable(arrival)
        if one.quarantine is not None:
            told = one.quarantine
            for text in (told.topic, told.field, told.expected):
                assert "\x00" not in text
                assert text.encode("utf-8") is not None


def test_the_quoted_messages_do_get_through_the_door() -> None:
    desk = Desk(devices=DEVICES)
    messages = [message(f"homes/{LIVE}/{topic}", payload) for topic, payload in REAL]
    outcomes = [one.outcome for one in desk.intake.admit(messages, NOON)]
    assert outcomes.count(Outcome.STORED) > len(REAL) / 2


@pytest.mark.parametrize(
    "topic", ["", "/", "homes", f"homes/{LIVE}", f"homes/{LIVE}/", "+/#", "\x00"]
)
def test_a_topic_that_leads_nowhere_is_kept_apart(topic: str) -> None:
    (admitted,) = Desk().intake.admit([message(topic)], NOON)
    assert (admitted.outcome, admitted.reason) == (Outcome.QUARANTINED, "bad_topic")
