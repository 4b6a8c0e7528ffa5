"""Shelly: which device it is, sleep, times, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.driver import discover

DRIVER = discover()["shelly"]


def rpc(method: str, params: object) -> bytes:
    return json.dumps({"src": "s", "method": method, "params": params}).encode()


@pytest.mark.parametrize(
    ("topic", "payload", "device"),
    [
        ("shellies/shellydw2-1/sensor/state", b"open", "shellydw2-1"),
        ("kitchen/plug/status/switch:0", b'{"output":true}', "kitchen/plug"),
        ("kitchen/plug/status", b'{"switch:0":{"output":true}}', "kitchen/plug"),
        ("shellydimmer-1/light/1/status", b'{"ison":true}', "shellydimmer-1"),
        ("gw/status/bthomedevice:200", b'{"battery":9}', "gw/bthomedevice:200"),
        ("blu", b'{"BTHome_version":2,"address":"7C:C6:B6:7F:48:ED"}', "7c:c6:b6:7f:48:ed"),
        ("blu/7C:C6:B6:7F:48:ED", b'{"BTHome_version":2}', "7c:c6:b6:7f:48:ed"),
    ],
)
def test_which_device_it_is(topic: str, payload: bytes, device: str) -> None:
    assert DRIVER.decode(topic, payload).external_id == device


def test_what_is_heard_of_a_device_of_its_own_is_not_the_gateways() -> None:
    both = {"ts": 1790000000, "bthomedevice:200": {"battery": 5}, "switch:0": {"output": True}}
    told = DRIVER.decode("gw/events/rpc", rpc("NotifyStatus", both))
    assert [one.quantity for one in told.readings] == [Quantity.SWITCH]
    alone = {"ts": 1790000000, "bthomedevice:200": {"battery": 5}}
    told = DRIVER.decode("gw/events/rpc", rpc("NotifyStatus", alone))
    assert told.external_id == "gw/bthomedevice:200"
    push = {"component": "bthomedevice:200", "event": "single_push", "ts": 1790000000}
    told = DRIVER.decode("gw/events/rpc", rpc("NotifyEvent", {"events": [push]}))
    assert told.external_id == "gw/bthomedevice:200"


def test_a_device_that_sleeps_is_not_lost() -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode("shellyht-1/online", b"false")
    assert DRIVER.decode("shellyht-1/online", b"true").online is True
    assert DRIVER.decode("shellyplug-1/online", b"false").online is False


def test_the_time_of_a_notification_is_the_devices() -> None:
    told = DRIVER.decode(
        "a/events/rpc", rpc("NotifyStatus", {"ts": 1790000000, "flood:0": {"alarm": True}})
    )
    assert told.readings[0].observed_at == datetime.fromtimestamp(1790000000, UTC)


def test_on_a_cable_without_a_battery_there_is_none() -> None:
    power = {"battery": {"V": 0.4, "percent": 0}, "external": {"present": True}}
    assert DRIVER.decode("a/status/devicepower:0", json.dumps(power).encode()).readings == ()
    power["external"] = {"present": False}
    told = DRIVER.decode("a/status/devicepower:0", json.dumps(power).encode())
    assert [one.quantity for one in told.readings] == [Quantity.BATTERY, Quantity.VOLTAGE]


@pytest.mark.parametrize("payload", [b"unknown", b"test"])
def test_a_gas_alarm_that_tests_itself_tells_no_gas(payload: bytes) -> None:
    assert DRIVER.decode("shellygas-1/sensor/gas", payload).readings == ()


@pytest.mark.parametrize(
    ("topic", "payload", "named"),
    [
        ("x/sensor/state", b"ajar", "sensor/state"),
        ("x/sensor/gas", b"much", "sensor/gas"),
        ("x/sensor/battery", b"250", "sensor/battery"),
        ("x/sensor/temperature", b"warm", "sensor/temperature"),
        ("x/input_event/0", b'{"event":"X"}', "event"),
        ("x/info", b'{"bat":{"value":101}}', "bat"),
        ("x/status/temperature:0", b'{"tC":900}', "tC"),
        ("x/status/switch:0", b"[]", "payload"),
        ("x/events/rpc", b'{"method":"NotifyStatus"}', "params"),
        ("x/events/rpc", b'{"method":"NotifyEvent","params":{}}', "events"),
        ("x/events/rpc", b'{"method":"NotifyEvent","params":{"events":[{}]}}', "events"),
        ("blu/a", b'{"BTHome_version":2,"button":900}', "button"),
        ("blu/a", b'{"BTHome_version":2,"window":7}', "window"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(
    topic: str, payload: bytes, named: str
) -> None:
    with pytest.raises(Malformed) as refused:
        DRIVER.decode(topic, payload)
    assert refused.value.field == named


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("announce", b'{"id":"shelly1-1"}'),
        ("shelly1-1/announce", b'{"id":"shelly1-1"}'),
        ("shelly1-1/relay/0/energy", b"12"),
        ("shelly1-1/longpush/0", b"1"),
        ("shelly1-1/relay/0/command", b"on"),
        ("x/rpc", b'{"id":1,"method":"Switch.Set"}'),
        ("x/events/rpc", b'{"id":1,"result":{}}'),
    ],
)
def test_what_is_none_of_our_business(topic: str, payload: bytes) -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode(topic, payload)
