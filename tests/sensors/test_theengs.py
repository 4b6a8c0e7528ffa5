"""Theengs and OpenMQTTGateway: one device whichever gateway hears it, and what is nobody's device."""

from __future__ import annotations

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.driver import discover

DRIVER = discover()["theengs"]


def test_a_wearable_is_one_device_whichever_gateway_hears_it() -> None:
    heard = [
        DRIVER.decode("hall/BTtoMQTT/AABBCCDDEEFF", b'{"rssi":-80}'),
        DRIVER.decode("lounge/BTtoMQTT/aa:bb:cc:dd:ee:ff", b'{"rssi":"-52"}'),
        DRIVER.decode("home_presence/bath", b'{"id":"AA:BB:CC:DD:EE:FF","rssi":-91}'),
    ]
    assert {one.external_id for one in heard} == {"AABBCCDDEEFF"}
    signals = [one.readings[0] for one in heard]
    assert {one.quantity for one in signals} == {Quantity.SIGNAL}
    assert max(signals, key=lambda one: one.value).discriminator == "lounge"


def test_a_beacon_keeps_its_number_where_its_address_changes() -> None:
    number = "1de4b189115e45f6b44e509352269977"
    told = DRIVER.decode(f"hall/BTtoMQTT/{number}", b'{"id":"7B:63:C6:82:DC:57","rssi":-83}')
    assert told.external_id == number


def test_a_tracker_that_is_no_longer_heard() -> None:
    told = DRIVER.decode("h/BTtoMQTT/AABBCCDDEEFF", b'{"id":"x","state":"offline"}')
    assert (told.online, told.readings) == (False, ())


def test_the_gateways_own_state() -> None:
    assert DRIVER.decode("hall/LWT", b"offline").online is False
    told = DRIVER.decode("hall/SYStoMQTT", b'{"rssi":-50}')
    assert (told.external_id, told.online) == ("hall", True)


def test_phones_that_pass_by_are_nobodys_device() -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode("h/BTtoMQTT/AABBCCDDEEFF", b'{"type":"RMAC","rssi":-50}')


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        (b'{"hum":127.5}', "hum"),
        (b'{"tempc":-127.99}', "tempc"),
        (b'{"batt":"full"}', "batt"),
        (b'{"open":7}', "open"),
        (b'{"button":3.5}', "button"),
        (b'{"rssi":900}', "rssi"),
        (b"[1]", "payload"),
        (b"{", "payload"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(payload: bytes, named: str) -> None:
    with pytest.raises(Malformed) as refused:
        DRIVER.decode("h/BTtoMQTT/AABBCCDDEEFF", payload)
    assert refused.value.field == named


@pytest.mark.parametrize(
    "topic", ["h/commands/MQTTtoBT/config", "h/433toMQTT", "x", "", "h/BTtoMQTT/"]
)
def test_what_is_none_of_our_business(topic: str) -> None:
    with pytest.raises(Unsupported):
        DRIVER.decode(topic, b"{}")
