"""OwnTracks in and readings out."""

from __future__ import annotations

import json

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.driver import Decoded, discover

DRIVER = discover()["owntracks"]
PLACE = {"_type": "location", "lat": 53.8, "lon": -1.55, "tst": 1790000000}


def decode(**fields: object) -> Decoded:
    return DRIVER.decode("ada/watch", json.dumps(fields).encode())


def test_a_position_with_its_accuracy_speed_and_battery() -> None:
    position, battery = decode(**PLACE, acc=12, vel=36, cog=90, alt=40, batt=41).readings
    assert position.position is not None
    assert (position.value, position.position.accuracy_m) == (12.0, 12.0)
    assert position.position.speed_m_s == pytest.approx(10.0)
    assert (battery.quantity, battery.value) == (Quantity.BATTERY, 41.0)


def test_negative_means_not_known() -> None:
    (position,) = decode(**PLACE, acc=-1, vel=-1, cog=-1, batt=-1).readings
    assert position.position is not None
    assert position.position.accuracy_m is None
    assert position.position.speed_m_s is None
    assert position.position.course_deg is None


def test_a_transition_is_a_zone_and_a_position() -> None:
    zone, position = decode(
        _type="transition", event="leave", desc="Home", lat=53.8, lon=-1.5, tst=1790000000
    ).readings
    assert (zone.quantity, zone.value, zone.discriminator) == (Quantity.ZONE, 0.0, "Home")
    assert position.quantity is Quantity.POSITION


def test_the_last_will_is_presence() -> None:
    assert decode(_type="lwt", tst=1).online is False


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({**PLACE, "lat": 95.0}, "lat"),
        ({**PLACE, "lon": "1"}, "lon"),
        ({**PLACE, "lat": None}, "lat"),
        ({**PLACE, "batt": 250}, "batt"),
        ({**PLACE, "tst": 1e300}, "tst"),
        ({"_type": "transition", "event": "jump", "tst": 1790000000}, "event"),
        ({"_type": "steps", "tst": 1790000000}, "steps"),
        ({"lat": 1, "lon": 2}, "_type"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(
    fields: dict[str, object], named: str
) -> None:
    with pytest.raises(Malformed) as refused:
        decode(**fields)
    assert refused.value.field == named


@pytest.mark.parametrize(
    "kind", ["card", "cmd", "encrypted", "waypoints", "configuration", "request"]
)
def test_what_is_none_of_our_business(kind: str) -> None:
    with pytest.raises(Unsupported):
        decode(_type=kind, tst="1385997757")


def test_a_topic_without_device_is_refused() -> None:
    with pytest.raises(Malformed, match="topic"):
        DRIVER.decode("ada", b"{}")
