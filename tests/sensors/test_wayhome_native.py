"""The numbered native format."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors.driver import discover
from sensors.drivers.wayhome import closely

if TYPE_CHECKING:
    from collections.abc import Callable

DRIVER = discover()["wayhome"]


def test_a_numbered_value() -> None:
    decoded = DRIVER.decode(
        "bed_mat/bed",
        b'{"v": true, "t": "2026-01-01T00:00:00Z", "seq": 4, "boot": "x", "d": "left"}',
    )
    (reading,) = decoded.readings
    assert (decoded.external_id, decoded.number, decoded.boot) == ("bed_mat", 4, "x")
    assert (reading.quantity, reading.value, reading.discriminator) == (Quantity.BED, 1.0, "left")


def test_a_position() -> None:
    (reading,) = DRIVER.decode("w/position", b'{"v": 8, "lat": 1, "lon": 2, "speed": 1.2}').readings
    assert reading.position is not None
    assert (reading.position.accuracy_m, reading.position.speed_m_s) == (8.0, 1.2)


def knock(**fields: object) -> bytes:
    return json.dumps({"t": 1_790_000_000, **fields}).encode()


def window(before: int = 150, after: int = 150) -> list[list[float]]:
    return [[0.0, 0.0, 1.0]] * before + [[0.0, 0.0, -6.0]] + [[1.0, 0.0, 0.0]] * after


def test_a_knock_is_three_readings_of_one_moment() -> None:
    decoded = DRIVER.decode("watch/impact", knock(v=5.1, tilt=80, stillness=0.05, seq=3))
    assert decoded.number == 3
    assert {one.observed_at for one in decoded.readings} == {
        datetime.fromtimestamp(1_790_000_000, UTC)
    }
    assert {one.quantity: one.value for one in decoded.readings} == {
        Quantity.IMPACT: 5.1,
        Quantity.TILT: 80.0,
        Quantity.STILLNESS: 0.05,
    }


@pytest.mark.parametrize("rate", [20, 50, 80])
def test_a_knock_is_measured_from_its_window(rate: int) -> None:
    some = window(3 * rate, 3 * rate)
    peak, tilt, still = DRIVER.decode("watch/impact", knock(window=some, rate=rate)).readings
    assert (peak.value, tilt.value, still.value) == (6.0, 90.0, 0.0)


def test_a_device_may_tell_the_peak_alone() -> None:
    (reading,) = DRIVER.decode("watch/impact", knock(v=5.1)).readings
    assert (reading.quantity, reading.value) == (Quantity.IMPACT, 5.1)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 512), scale=st.floats(1e-6, 50.0))
@settings(max_examples=15, deadline=None)
def test_a_window_is_measured_when_long_enough(seed: int, count: int, scale: float) -> None:
    chance = random.Random(seed)
    samples = [[chance.uniform(-scale, scale) for _ in range(3)] for _ in range(count)]
    lengths = [math.hypot(*one) for one in samples]
    hardest = lengths.index(max(lengths))
    if hardest < 75 or count - hardest < 100:
        with pytest.raises(Malformed) as refused:
            DRIVER.decode("w/impact", knock(window=samples, rate=50))
        assert refused.value.field == "window"
    else:
        peak, tilt, _ = DRIVER.decode("w/impact", knock(window=samples, rate=50)).readings
        assert peak.value == pytest.approx(lengths[hardest])
        assert 0.0 <= tilt.value <= 180.0


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"v": 5.0, "tilt": 80}, "stillness"),
        ({"tilt": 80, "stillness": 0.1}, "v"),
        ({"v": 5.0, "tilt": 200, "stillness": 0.1}, "tilt"),
        ({"v": 5.0, "tilt": 20, "stillness": -0.1}, "stillness"),
        ({"window": window()}, "rate"),
        ({"window": window(), "rate": 5}, "rate"),
        ({"window": 7, "rate": 50}, "window"),
        ({"window": [], "rate": 50}, "window"),
        ({"window": window(400, 400), "rate": 50}, "window"),
        ({"window": window(150, 20), "rate": 50}, "window"),
        ({"window": window(20, 150), "rate": 50}, "window"),
        ({"window": [*window(), [1.0, 2.0]], "rate": 50}, "window"),
        ({"window": [*window(), [1.0, 2.0, "x"]], "rate": 50}, "window"),
        ({"window": [*window(), [1.0, 2.0, 1e9]], "rate": 50}, "window"),
        ({"window": [*window(), [1.0, 2.0, True]], "rate": 50}, "window"),
    ],
)
def test_a_knock_that_can_not_be_is_refused(fields: dict[str, object], named: str) -> None:
    with pytest.raises(Malformed) as refused:
        DRIVER.decode("w/impact", knock(**fields))
    assert refused.value.field == named


def test_the_last_will() -> None:
    assert DRIVER.decode("bed_mat/status", b'{"online": false}').online is False


@pytest.mark.parametrize(
    ("topic", "payload", "named"),
    [
        ("d/motion", b"7", "payload"),
        ("d/motion", b'{"v": 2}', "v"),
        ("d/motion", b'{"v": "1"}', "v"),
        ("d/motion", b"{}", "v"),
        ("d/flavour", b'{"v": 1}', "topic"),
        ("motion", b'{"v": 1}', "topic"),
        ("d/motion", b'{"v": 1, "seq": -1}', "seq"),
        ("d/motion", b'{"v": 1, "seq": 1.5}', "seq"),
        ("d/motion", b'{"v": 1, "boot": 4}', "boot"),
        ("d/position", b'{"v": 1, "lat": 95, "lon": 0}', "lat"),
        ("d/status", b'{"online": "no"}', "online"),
    ],
)
def test_what_is_wrong_is_refused_with_its_field(topic: str, payload: bytes, named: str) -> None:
    with pytest.raises(Malformed) as refused:
        DRIVER.decode(topic, payload)
    assert refused.value.field == named


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=60)
    | st.sampled_from(["2026-01-01T00:00:00Z", 1_790_000_000, 1_790_000_000_000, 2_840_140_800.0])
)
FIELDS = st.dictionaries(
    st.sampled_from(["v", "t", "seq", "boot", "d", "else"]), SCALARS | st.lists(SCALARS, max_size=2)
)
USUAL = st.fixed_dictionaries(
    {"v": st.floats(0, 1) | st.booleans()},
    optional={
        "t": st.floats(1_200_000_000, 2_900_000_000) | st.integers(1_200_000_000, 2_900_000_000),
        "seq": st.integers(-1, 2**54),
        "boot": st.text(max_size=45),
    },
)


def outcome(read: Callable[[], object]) -> object:
    try:
        return read()
    except Malformed as error:
        return str(error)


@settings(max_examples=400)
@given(st.sampled_from(Quantity), USUAL.map(json.dumps) | FIELDS.map(json.dumps) | st.text())
def test_a_quick_look_at_a_message_says_the_same_as_a_close_one(
    quantity: Quantity, text: str
) -> None:
    payload = text.encode("utf-8", "surrogatepass")
    quick = outcome(lambda: DRIVER.decode(f"door/{quantity}", payload))
    assert quick == outcome(lambda: closely("door", quantity.value, payload))


def test_the_usual_message_needs_no_close_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("sensors.drivers.wayhome.closely")
    assert DRIVER.decode("door/contact", b'{"v":true,"t":1790000000.5,"seq":7,"boot":"a"}').number
