"""Tasmota: names, times, what a name says of an input, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.driver import discover

DRIVER = discover()["tasmota"]


def test_the_prefix_may_stand_before_or_after_the_device() -> None:
    for topic in ("tele/hall/pir/SENSOR", "hall/tele/pir/SENSOR", "hall/pir/tele/SENSOR"):
        assert DRIVER.decode(topic, b'{"Switch1":"ON"}').external_id == "hall/pir"


def test_last_will() -> None:
    assert DRIVER.decode("tele/x/LWT", b"Offline").online is False
    assert DRIVER.decode("tele/x/LWT", b"Online").online is True


def test_a_time_counts_only_with_its_zone() -> None:
    told = {"Time": "2026-11-29T02:00:00+01:00", "Switch1": "ON"}
    (one,) = DRIVER.decode("tele/pir/SENSOR", json.dumps(told).encode()).readings
    assert one.observed_at == datetime(2026, 11, 29, 1, tzinfo=UTC)
    for other in ("2026-11-29T02:00:00", "1970-01-01T00:00:34+00:00", "soon", 5, None):
        said = json.dumps({**told, "Time": other}).encode()
        (one,) = DRIVER.decode("tele/pir/SENSOR", said).readings
        assert one.observed_at is None


def test_what_a_bridge_hears_is_a_device_of_its_own() -> None:
    def name(fields: object) -> str:
        return DRIVER.decode("tele/bridge/SENSOR", json.dumps(fields).encode()).external_id

    assert name({"ZbReceived": {"0x128F": {"Name": "Box", "Contact": 1}}}) == "bridge/Box"
    assert name({"LwReceived": {"0x4AD6": {"DoorOpen": 1}}}) == "bridge/0x4AD6"
    assert name({"MJYD2S-ca1a3e": {"Motion": 1}}) == "bridge/MJYD2S-ca1a3e"
    assert name({"IBEACON": {"MAC": "A4C1387FC1E1", "RSSI": -56, "STATE": "ON"}}) == "A4C1387FC1E1"
    assert name({"DS18B20": {"Temperature": 21}}) == "bridge"


def test_several_sensors_in_one_message_are_channels_without_a_battery() -> None:
    two = {
        "A-52680f": {"Temperature": 21.1, "Battery": 2},
        "B-a2fd09": {"Battery": 9, "Humidity": 50},
    }
    told = DRIVER.decode("tele/bridge/SENSOR", json.dumps(two).encode())
    assert told.external_id == "bridge"
    assert {(one.quantity, one.discriminator) for one in told.readings} == {
        (Quantity.TEMPERATURE, "A-52680f"),
        (Quantity.HUMIDITY, "B-a2fd09"),
    }


def test_a_beacon_that_is_no_longer_heard_tells_no_strength() -> None:
    gone = DRIVER.decode(
        "tele/b/SENSOR", b'{"IBEACON":{"MAC":"A4C1387FC1E1","RSSI":-56,"STATE":"OFF"}}'
    )
    assert (gone.online, gone.readings) == (False, ())


def test_what_a_bridge_remembers_is_nothing_that_happens() -> None:
    kept = {"Device": "0x1", "Occupancy": 1, "LinkQuality": 9, "Reachable": False}
    told = DRIVER.decode("tele/b/SENSOR", json.dumps({"ZbInfo": {"0x1": kept}}).encode())
    assert [one.quantity for one in told.readings] == [Quantity.LINK_QUALITY]
    assert told.online is False


def test_letting_go_of_a_button_is_no_second_press() -> None:
    for payload in (b'{"ACTION":"OFF"}', b'{"ACTION":"CLEAR"}'):
        assert DRIVER.decode("stat/x/BUTTON1", payload).readings == ()


def test_words_of_ones_own_for_a_relay_say_nothing() -> None:
    told = DRIVER.decode("tele/x/STATE", b'{"POWER":"AN","Vcc":3.1}')
    assert [one.quantity for one in told.readings] == [Quantity.VOLTAGE]


@pytest.mark.parametrize(
    ("topic", "fields", "named"),
    [
        ("tele/x/SENSOR", {"BME280": {"Temperature": 900}}, "Temperature"),
        ("tele/x/SENSOR", {"BME280": {"Humidity": "wet"}}, "Humidity"),
        ("tele/x/SENSOR", {"B": {"Pressure": 1}, "PressureUnit": "bar"}, "PressureUnit"),
        ("tele/x/SENSOR", {"ENERGY": {"Power": [1] * 99}}, "Power"),
        ("tele/x/SENSOR", {"ZbReceived": {"a": {"Occupancy": 7}}}, "Occupancy"),
        ("tele/x/SENSOR", {"ZbReceived": {"a": {}, "b": {}}}, "ZbReceived"),
        ("tele/pir/SENSOR", [1], "payload"),
        ("stat/pir/RESULT", {"Switch1": {"Action": [1]}}, "Switch1"),
        ("SENSOR", {}, "topic"),
        ("tele/SENSOR", {}, "topic"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(
    topic: str, fields: object, named: str
) -> None:
    with pytest.raises(Malformed) as refused:
        DRIVER.decode(topic, json.dumps(fields).encode())
    assert refused.value.field == named


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("cmnd/x/POWER", b"TOGGLE"),
        ("tele/x/INFO1", b"{}"),
        ("stat/x/STATUS5", b"{}"),
        ("stat/x/RESULT", b'{"SetOption3":"ON"}'),
        ("tele/x/RESULT", b'{"IrReceived":{"Protocol":"NEC"}}'),
        ("tele/x/RESULT", b'{"RfReceived":{"Data":"0x7028D2"}}'),
        ("stat/x/LED1", b"ON"),
    ],
)
def test_what_is_none_of_our_business(topic: str, payload: bytes) -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode(topic, payload)
