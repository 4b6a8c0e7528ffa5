"""Bytes of LoRaWAN devices in and readings out.

The examples are those that makers publish beside their codecs in TheThingsNetwork/lorawan-devices
(``vendor/*/*-codec.yaml``) or in their user manuals; where a test says so they are put together
by the manual.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity, definition
from sensors.codec import Codec, Collected, discover, for_model

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
CODECS = discover()


def said(codec: str, port: int, data: str) -> Collected:
    found = Collected(AT)
    CODECS[codec].decode(port, bytes.fromhex(data), found)
    return found


def values(codec: str, port: int, data: str) -> dict[tuple[Quantity, str], float]:
    readings = said(codec, port, data).readings
    return {(one.quantity, one.discriminator): one.value for one in readings}


def q(**told: float) -> dict[tuple[Quantity, str], float]:
    return {(Quantity(name), ""): value for name, value in told.items()}


@pytest.mark.parametrize(
    ("codec", "port", "data", "expected"),
    [
        ("ws101", 85, "ff2e01", {(Quantity.BUTTON, "short"): 1.0}),
        ("ws101", 85, "017564ff2e02", {(Quantity.BUTTON, "long"): 1.0, (Quantity.BATTERY, ""): 100.0}),
        ("ws101_sos", 85, "ff2e01", q(sos=1.0)),
        ("ws202", 85, "030001", q(motion=1.0)),
        ("ws202", 85, "040000", {}),
        ("ws301", 85, "030001", q(contact=1.0)),
        ("ws301", 85, "040001", q(tamper=1.0)),
        ("em300", 85, "01755c050000", q(battery=92.0, water_leak=0.0)),
        ("em300", 85, "01755c050001", q(battery=92.0, water_leak=1.0)),
        ("em300", 85, "01755c03673401046865060000",
            q(battery=92.0, temperature=30.8, humidity=50.5, contact=0.0)),
        ("vs330", 85, "0175620282 0f00 038e01048e01", q(battery=98.0, presence=1.0)),
        ("wt101", 85, "01756104672c0103670a01059264099000000b900000", q(battery=97.0, temperature=26.6)),
        ("at101", 85, "ff0bffff0101ff166745e27566240008ff090110ff0a0102", {}),
        ("lht65", 2, "cbf60b0d0376010add7fff", {
            **q(voltage=3062.0, temperature=28.29, humidity=88.6), (Quantity.TEMPERATURE, "probe"): 27.81,
        }),
        ("lds02", 10, "0b880100250001", q(voltage=2952.0, contact=0.0)),
        ("lds02", 10, "8b8801", q(voltage=2952.0, contact=1.0)),
        ("lds02", 10, "4b8802", q(voltage=2952.0, water_leak=1.0)),
        ("tbms100", 102, "01bb340400dc7801", q(voltage=3600.0, device_temperature=20.0, motion=1.0)),
        ("tbdw100", 100, "00cb3500008a3a00", q(voltage=3600.0, device_temperature=21.0, contact=0.0)),
        ("tbwl100", 106, "110b362836", q(
            voltage=3600.0, device_temperature=22.0, water_leak=1.0, humidity=40.0, temperature=22.0
        )),
        ("elsys", 5, "0100e202290400270506110 1",
            q(temperature=22.6, humidity=41.0, illuminance=39.0, motion=1.0)),
        ("elsys", 5, "1102", q(presence=1.0)),
        ("elsys", 5, "1100070e10", q(presence=0.0, voltage=3600.0)),
        ("lht52", 5, "091100010c12ce0b0a", q(voltage=0x12CE)),
        ("pb01", 2, "0cf60001 00fa 0258", q(voltage=3318.0, sos=1.0, temperature=25.0, humidity=60.0)),
        ("pb01", 2, "0cf60000 ffe7 0258", q(voltage=3318.0, temperature=-2.5, humidity=60.0)),
        ("trackerd", 7, "4fa230", q(sos=1.0, voltage=4002.0)),
        ("abeeway", 18, "0a00f9860000", {
            **q(voltage=4172.0, device_temperature=23.8),
        }),
        ("abeeway", 18, "0a10f9860007", q(voltage=4172.0, device_temperature=23.8, sos=1.0)),
        ("abeeway", 18, "0a00f9860008", q(voltage=4172.0, device_temperature=23.8, sos=0.0)),
        ("abeeway", 18, "0500508600", q(battery=80.0, device_temperature=23.8)),
        ("abeeway_3", 19, "09007f4230", q(vibration=1.0)),
        ("abeeway_3", 19, "49327f4230", q(vibration=1.0, sos=1.0, battery=50.0)),
        ("t1000", 5, "0557010100", q(battery=87.0)),
    ],
)  # fmt: skip
def test_published_messages(
    codec: str, port: int, data: str, expected: dict[tuple[Quantity, str], float]
) -> None:
    found = values(codec, port, data.replace(" ", ""))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("codec", "port", "data", "place", "more"),
    [
        ("abeeway", 18, "036ac18900001d28b901603702", (48.9208064, 2.3082752), {"accuracy_m": 7.84}),
        ("abeeway_3", 19, "105e0c248a00000119ff3ff20436458000a10000000a1765", (43.615845, 7.06656), {
            "accuracy_m": 23, "altitude_m": 161, "speed_m_s": 0.1, "course_deg": 0,
        }),
        ("lgt92", 2, "015a785406cf33d80d2060004b019000", (22.70626, 114.24252), {}),
        ("trackerd", 2, "015a706606cf3cf80fa23001ae00da", (22.70423, 114.244856), {}),
        ("oyster", 1, "0030edec00322445000 0de", (-32.0, 116.0), {"speed_m_s": 0, "course_deg": 0}),
        # put together by the manuals: Milesight's "AT101 uplink", Browan's "TBOL100 payload"
        ("at101", 85, "048836bf7701eec4f106 02", (24.62495, 116.507886), {}),
        ("tbol100", 136, "010b360a8bff02c0a55a42", (50.301706, 39.495104), {"accuracy_m": 16}),
    ],
)  # fmt: skip
def test_published_places(
    codec: str, port: int, data: str, place: tuple[float, float], more: dict[str, float]
) -> None:
    found = said(codec, port, data.replace(" ", ""))
    (where,) = (one.position for one in found.readings if one.position is not None)
    assert (where.latitude, where.longitude) == pytest.approx(place, abs=1e-6)
    for name, value in more.items():
        assert getattr(where, name) == pytest.approx(value)


def test_trackers_tell_what_else_they_know() -> None:
    assert values("lgt92", 2, "015a785406cf33d84d2060004b019000")[Quantity.SOS, ""] == 1.0
    known = values("trackerd", 2, "015a706606cf3cf80fa23001ae00da")
    assert (Quantity.SOS, "") not in known
    assert known[Quantity.HUMIDITY, ""] == 43.0
    assert known[Quantity.TEMPERATURE, ""] == pytest.approx(21.8)
    assert values("tbol100", 136, "010b360a8bff02c0a55a42")[Quantity.BUTTON, ""] == 1.0


@pytest.mark.parametrize(
    ("codec", "port", "data"),
    [
        ("lgt92", 2, "00000000000000000d2060004b019000"),
        ("lgt92", 2, "ffffffffffffffff0d2060004b019000"),
        ("oyster", 1, "0030edec0032244502 00de"),
        ("tbol100", 136, "090b360a8bff02c0a55a42"),
        ("abeeway", 18, "036ac18901001d28b901603702"),
    ],
)
def test_no_fix_is_no_place(codec: str, port: int, data: str) -> None:
    found = values(codec, port, data.replace(" ", ""))
    assert found
    assert (Quantity.POSITION, "") not in found


def test_the_time_of_the_device_counts() -> None:
    # Dragino's LHT52 manual, 2.3.2: 0b3d01f47fff016307e5b6 of the vector collection, without a probe
    found = said("lht52", 2, "0b3d01f47fff016307e5b6")
    assert [(one.quantity, one.value) for one in found.readings] == [
        (Quantity.TEMPERATURE, pytest.approx(28.77)),
        (Quantity.HUMIDITY, 50.0),
    ]
    assert found.readings[0].observed_at == datetime.fromtimestamp(1661461942, UTC)
    door = said("lds03a", 2, "0100000100000a6307e5b6")
    assert door.readings[0].observed_at == datetime.fromtimestamp(1661461942, UTC)
    kept = said("trackerd", 4, "015a706606cf3cf807e60819 0e0f10".replace(" ", ""))
    assert kept.readings[0].observed_at == datetime(2022, 8, 25, 14, 15, 16, tzinfo=UTC)
    # SenseCAP's user guide, frame 06: event, motion, time, longitude, latitude, temperature, light, battery
    card = said("t1000", 5, "06 000040 00 6307e5b6 06cba4b2 0158bb80 00e6 0032 55".replace(" ", ""))
    told = {one.quantity: (one.value, one.observed_at) for one in card.readings}
    at = datetime.fromtimestamp(1661461942, UTC)
    assert told[Quantity.SOS] == (1.0, at)
    assert told[Quantity.BATTERY] == (85.0, at)
    assert told[Quantity.TEMPERATURE] == (23.0, at)
    assert Quantity.POSITION in told


def test_a_place_kept_without_a_clock_is_not_told() -> None:
    assert values("trackerd", 4, "015a706606cf3cf8" + "00" * 7) == {}
    assert values("at101", 85, "20ce" + "00" * 4 + "eec4f106" + "36bf7701") == {}


@pytest.mark.parametrize(
    ("codec", "port", "data", "field"),
    [
        ("ws101", 85, "ff2e", "payload"),
        ("ws101", 85, "ff2e09", "button"),
        ("em300", 85, "0175ff", "battery"),
        ("em300", 85, "0367ff7f", "temperature"),
        ("lgt92", 2, "0000", "payload"),
        ("lgt92", 2, "0fffffff06cf33d80d2060004b019000", "latitude"),
        ("abeeway", 18, "", "payload"),
        ("elsys", 5, "01", "payload"),
        ("elsys", 5, "02ff", "humidity"),
        ("t1000", 5, "06", "payload"),
        ("trackerd", 4, "015a706606cf3cf807e60d19000000", "time"),
        ("pb01", 2, "0cf60001 7fff 0258", "TempC_SHT41"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(
    codec: str, port: int, data: str, field: str
) -> None:
    with pytest.raises(Malformed) as refused:
        said(codec, port, data.replace(" ", ""))
    assert refused.value.field == field


@pytest.mark.parametrize(
    "codec", ["lgt92", "trackerd", "pb01", "lds02", "lds03a", "tbms100", "oyster", "t1000", "lht52"]
)
def test_ports_without_readings(codec: str) -> None:
    with pytest.raises(Unsupported):
        said(codec, 200, "00" * 30)


@pytest.mark.parametrize("codec", CODECS.values(), ids=list(CODECS))
@given(port=st.integers(0, 255), data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(codec: Codec, port: int, data: bytes) -> None:
    found = Collected(AT)
    try:
        codec.decode(port, data, found)
    except (Malformed, Unsupported):
        return
    for one in found.readings:
        definition(one.quantity).check(one.value)
        assert (one.position is not None) == (one.quantity is Quantity.POSITION)
        assert one.observed_at is not None


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("dragino trackerd", "trackerd"),
        ("Milesight WS101-SOS", "ws101_sos"),
        ("milesight-iot ws101", "ws101"),
        ("Abeeway Compact Tracker", "abeeway"),
        ("Abeeway asset tracker 3 (GNSS)", "abeeway_3"),
        ("SenseCAP T1000-A", "t1000"),
        ("browan tbms100", "tbms100"),
        ("elsys ers-eye", "elsys"),
    ],
)
def test_models_are_found_by_what_people_call_them(text: str, codec: str) -> None:
    assert for_model(text) is CODECS[codec]
