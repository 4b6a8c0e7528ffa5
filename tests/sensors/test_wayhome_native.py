"""The numbered native format."""

from __future__ import annotations

import pytest

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors.driver import discover

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
