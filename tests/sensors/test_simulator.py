"""The simulated home as messages: the same seed the same bytes, lifelike in rough, wrong where asked."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.home import Household
from core.model.ids import HomeId, OrganisationId
from core.model.quantity import Quantity
from sensors import driver
from sensors.simulator import homes
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.stream import Message, stream

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = (START, START + timedelta(days=7))


def observed(messages: list[Message]) -> list[tuple[datetime, str, Quantity, float]]:
    found = []
    for message in messages:
        _, _, family, rest = message.topic.split("/", 3)
        decoded = driver.discover()[family].decode(rest, message.payload)
        found += [
            (message.at, decoded.external_id, one.quantity, one.value) for one in decoded.readings
        ]
    return found


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert stream("h", LONDON, WEEK, seed=5) == stream("h", LONDON, WEEK, seed=5)
    assert stream("h", LONDON, WEEK, seed=5) != stream("h", LONDON, WEEK, seed=6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), hours=st.integers(1, 72))
def test_every_message_is_read_and_in_order(seed: int, hours: int) -> None:
    span = (START, START + timedelta(hours=hours))
    messages = stream("h", LONDON, span, seed=seed)
    assert messages == sorted(messages, key=lambda one: one.at)
    assert all(span[0] <= one.at < span[1] for one in messages)
    assert len(observed(messages)) >= len(messages)


def test_a_week_is_lifelike_in_rough() -> None:
    seen = [one for seed in range(4) for one in observed(stream("h", LONDON, WEEK, seed=seed))]
    motions = [
        at.astimezone(LONDON) for at, _, quantity, value in seen if quantity == "motion" and value
    ]
    by_hour = Counter(at.hour for at in motions)
    night = sum(by_hour[hour] for hour in (1, 2, 3, 4)) / 4
    day = sum(by_hour[hour] for hour in range(9, 21)) / 12
    assert night < day / 2
    openings = sum(1 for _, _, quantity, value in seen if quantity == "contact" and value)
    assert 28 <= openings <= 400  # a home and week; twice an outing, and post, milk and neighbours
    devices = {device for _, device, _, _ in seen}
    registered = {device.external_id for device in household().devices}
    assert devices <= registered


def household() -> Household:
    return homes.household(
        HomeId("h"), organisation_id=OrganisationId("o"), name="Home", resident="Ada"
    )


def test_two_spans_are_one() -> None:
    middle = START + timedelta(days=3)
    whole = observed(stream("h", LONDON, WEEK, seed=2))
    parts = [
        one
        for span in ((WEEK[0], middle), (middle, WEEK[1]))
        for one in observed(stream("h", LONDON, span, seed=2))
    ]
    assert parts == whole


def test_native_messages_are_numbered_without_gaps() -> None:
    bodies = [
        msgspec.json.decode(one.payload)
        for one in stream("h", LONDON, WEEK, seed=1)
        if "/wayhome/" in one.topic
    ]
    assert [body["seq"] for body in bodies] == list(range(len(bodies)))


@pytest.mark.parametrize("kind", [Kind.LONG_LIE, Kind.NOT_BACK, Kind.DOOR_AT_NIGHT])
def test_nobody_moves_in_the_episode(kind: Kind) -> None:
    at = START + timedelta(hours=2)
    span = (START, START + timedelta(hours=8))
    seen = observed(stream("h", LONDON, span, seed=3, wrong=[Episode(kind=kind, at=at)]))
    inside = [one for one in seen if at + timedelta(minutes=2) < one[0] < at + timedelta(hours=3)]
    moved = {"motion", "contact", "bed"}
    phantoms = [one for one in inside if one[2] in moved and one[3]]
    assert len(phantoms) <= 3
    assert any(one[2] == "battery" for one in inside)


@pytest.mark.parametrize("hour", [1, 9, 14, 22])
def test_the_door_opens_within_half_a_minute_of_the_exit(hour: int) -> None:
    at = (START + timedelta(days=1)).replace(hour=hour)
    span = (at - timedelta(hours=1), at + timedelta(hours=1))
    wrong = [Episode(kind=Kind.DOOR_AT_NIGHT, at=at, lasts=timedelta(hours=1))]
    for seed in range(5):
        seen = observed(stream("h", LONDON, span, seed=seed, wrong=wrong))
        opened = [one[0] for one in seen if one[2] is Quantity.CONTACT and one[3] and one[0] >= at]
        before = [one for one in seen if one[2] in {"motion", "bed", "contact"} and one[0] < at]
        indoors = [one for one in before if one[2] == "contact" or one[3]]
        was_out = not indoors or indoors[-1][2] == "contact"
        assert was_out or opened[0] - at < timedelta(seconds=40)


def test_the_pendant_and_the_dead_sensor() -> None:
    at = START + timedelta(hours=1)
    span = (START, START + timedelta(hours=8))
    wrong = [
        Episode(kind=Kind.SOS, at=at),
        Episode(kind=Kind.DEAD_SENSOR, at=at, lasts=timedelta(days=1), device="lounge_motion"),
    ]
    seen = observed(stream("h", LONDON, span, seed=3, wrong=wrong))
    assert [one[0] for one in seen if one[2] is Quantity.SOS] == [at]
    assert not [one for one in seen if one[1] == "lounge_motion" and one[0] >= at]
