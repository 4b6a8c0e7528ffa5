"""LoRaWAN network servers in and readings out: ChirpStack 4 and The Things Stack 3.

Messages as in the products' documentation: chirpstack/chirpstack-docs,
``src/chirpstack/integrations/events.md``; The Things Stack, "Data formats".
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors.driver import Decoded, Reading, discover

CHIRPSTACK, TTN = discover()["chirpstack"], discover()["ttn"]
TOPIC = "application/17c82e96/device/0101010101010101/event/"
TIME = "2022-07-18T09:34:15.775023242+00:00"
RX = [{"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -36, "snr": 10.5}]


def based(data: str) -> str:
    return base64.b64encode(bytes.fromhex(data)).decode()


def up(profile: str = "Test device-profile", **fields: object) -> Decoded:
    about = {"devEui": "0101010101010101", "deviceProfileName": profile}
    body = {"time": TIME, "deviceInfo": about, "fPort": 1, "rxInfo": RX, **fields}
    return CHIRPSTACK.decode(TOPIC + "up", json.dumps(body).encode())


def event(kind: str, **fields: object) -> Decoded:
    return CHIRPSTACK.decode(TOPIC + kind, json.dumps({"time": TIME, **fields}).encode())


def uplink(device: str = "eui-1", **said: object) -> Decoded:
    heard = [{"gateway_ids": {"gateway_id": "piegn-0"}, "rssi": -103, "channel_rssi": -103}]
    body = {
        "end_device_ids": {"device_id": device},
        "received_at": "2022-08-25T21:12:53.828332832Z",
        "uplink_message": {"f_port": 2, "rx_metadata": heard, **said},
    }
    return TTN.decode(f"v3/app@ttn/devices/{device}/up", json.dumps(body).encode())


def values(decoded: Decoded) -> dict[tuple[str, str], float]:
    return {(one.quantity.value, one.discriminator): one.value for one in decoded.readings}


def position(decoded: Decoded) -> Reading:
    (found,) = (one for one in decoded.readings if one.quantity is Quantity.POSITION)
    return found


def test_an_uplink_without_codec_tells_how_strongly_it_was_heard_and_when() -> None:
    decoded = up(data="qg==")
    assert decoded.external_id == "0101010101010101"
    assert decoded.online is True
    assert values(decoded) == {("signal", "0016c001f153a14c"): -36.0}
    assert decoded.readings[0].observed_at == datetime(2022, 7, 18, 9, 34, 15, 775023, UTC)


def test_the_bytes_count_where_we_have_a_codec() -> None:
    decoded = up("Milesight WS101", data=based("ff2e01"), object={"button": "long"})
    assert values(decoded)["button", "short"] == 1.0
    sos = up("Milesight WS101-SOS", data=based("ff2e01"))
    assert values(sos)["sos", ""] == 1.0


def test_a_tag_may_name_the_model() -> None:
    about = {"deviceProfileName": "EU868", "tags": {"model": "Dragino TrackerD"}}
    decoded = up(deviceInfo=about, data=based("4fa230"), fPort=7)
    assert values(decoded)["sos", ""] == 1.0


def test_what_the_network_server_decoded_is_read_by_its_names() -> None:
    decoded = up(
        object={
            "battery": 92,
            "magnet_status": "open",
            "tamper_status": "installed",
            "temperature": 27.2,
            "humidity": 46.5,
            "firmware_version": "v1.2",
            "history": [{"temperature": 20}],
        },
        data="qg==",
    )
    assert values(decoded) == {
        ("battery", ""): 92.0,
        ("contact", ""): 1.0,
        ("tamper", ""): 0.0,
        ("temperature", ""): 27.2,
        ("humidity", ""): 46.5,
        ("temperature", "history.temperature"): 20.0,
        ("signal", "0016c001f153a14c"): -36.0,
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"temperatureSensor": {"1": 22.5}, "humiditySensor": {"2": 40}}, {
            ("temperature", "1"): 22.5, ("humidity", "2"): 40.0,
        }),
        ({"temperature_1": 22.5, "relative_humidity_2": 40}, {
            ("temperature", "1"): 22.5, ("humidity", "2"): 40.0,
        }),
        ({"BatV": 3.062, "TempC_SHT": 28.29, "Hum_SHT": 88.6, "TempC_DS": 327.67}, {
            ("voltage", ""): 3062.0, ("temperature", ""): 28.29, ("humidity", ""): 88.6,
        }),
        ({"BatV": 3.6, "Door_status": "OPEN", "EXTI_Trigger": "FALSE"}, {
            ("voltage", ""): 3600.0, ("contact", ""): 1.0,
        }),
        ({"ALARM_status": "TRUE", "Latitude": 22.7, "Longitud": 114.2}, {
            ("sos", ""): 1.0, ("position", ""): 0.0,
        }),
        ({"battery": 3.6, "temperatureBoard": 20}, {
            ("voltage", ""): 3600.0, ("device_temperature", ""): 20.0,
        }),
        ({"pir": "trigger", "light": "dark"}, {("motion", ""): 1.0}),
        ({"motion": 6, "occupancy": 2, "vdd": 3600}, {
            ("motion", ""): 1.0, ("presence", ""): 1.0, ("voltage", ""): 3600.0,
        }),
        ({"button_event": {"status": "short press", "msgid": 5}}, {("button", "short press"): 1.0}),
        ({"leakage_status": "leak"}, {("water_leak", ""): 1.0}),
        ({"Bat": "3.384 V", "TempC1": "21.50 °C", "water_SOIL": "0.00 %"}, {
            ("voltage", ""): 3384.0, ("temperature", "1"): 21.5,
        }),
        ({"temperature": [24.53], "barometer": 101325}, {
            ("temperature", ""): 24.53, ("pressure", ""): 1013.25,
        }),
        ({"messages": [[{"measurementId": "4097", "measurementValue": 23.4, "type": "Air Temperature"}]]}, {
            ("temperature", ""): 23.4,
        }),
    ],
)  # fmt: skip
def test_objects_of_many_makers(
    told: dict[str, Any], expected: dict[tuple[str, str], float]
) -> None:
    found = values(up(object=told, rxInfo=[]))
    assert found == pytest.approx(expected)


def test_status_tells_the_battery_where_the_device_knows_it() -> None:
    assert values(event("status", margin=10, batteryLevel=88.3)) == {("battery", ""): 88.3}
    assert event("status", margin=10, batteryLevelUnavailable=True, batteryLevel=0).readings == ()
    assert event("status", margin=10, externalPowerSource=True, batteryLevel=0).readings == ()
    assert event("status", margin=10, batteryLevel=-1).online is True


def test_a_place_that_the_network_worked_out() -> None:
    told = {"latitude": 37.344214, "longitude": -8.839375, "altitude": 2}
    where = position(event("location", location=told)).position
    assert where is not None
    assert (where.latitude, where.longitude, where.altitude_m) == (37.344214, -8.839375, 2.0)


def test_joining_and_acknowledging_show_only_that_it_is_there() -> None:
    for kind in ("join", "ack"):
        decoded = event(kind, devAddr="00189440")
        assert (decoded.readings, decoded.online) == ((), True)


@pytest.mark.parametrize("kind", ["txack", "log", "integration", "somethingnew"])
def test_what_is_none_of_our_business(kind: str) -> None:
    with pytest.raises(Unsupported):
        event(kind)


def test_the_strongest_eight_gateways_are_told() -> None:
    many = [{"gatewayId": f"g{number}", "rssi": -40 - number} for number in range(12)]
    twice = [{"gatewayId": "g3", "rssi": -30}]
    found = values(up(rxInfo=many + twice))
    assert len(found) == 8
    assert found["signal", "g3"] == -30.0
    assert ("signal", "g9") not in found


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"object": {"battery": 250}}, "battery"),
        ({"object": {"temperature": 900}}, "temperature"),
        ({"object": {"door": "perhaps"}}, "door"),
        ({"object": {"latitude": 95, "longitude": 1}}, "latitude"),
        ({"profile": "WS101", "data": "not base64"}, "data"),
        ({"profile": "WS101", "data": "/y4B", "fPort": 999}, "port"),
        ({"rxInfo": [{"gatewayId": "g", "rssi": 4000}]}, "rssi"),
        ({"rxInfo": [{"gatewayId": "g", "rssi": "far"}]}, "rssi"),
        ({"time": "yesterday"}, "time"),
    ],
)
def test_what_is_impossible_is_refused_with_its_field(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Malformed) as refused:
        up(**fields)
    assert refused.value.field == named


@pytest.mark.parametrize("topic", ["", "application/a/device//event/up", "up", "a/b/c/d/e/up"])
def test_a_topic_of_another_form_is_refused(topic: str) -> None:
    with pytest.raises(Malformed, match="topic"):
        CHIRPSTACK.decode(topic, b"{}")
    with pytest.raises(Malformed, match="topic"):
        TTN.decode(topic, b"{}")


def test_the_things_stack_knows_the_model_by_its_version() -> None:
    version = {"brand_id": "dragino", "model_id": "lht52"}
    decoded = uplink(
        frm_payload="Cz0B9H//AWMH5bY=",
        decoded_payload={"TempC_SHT": 99, "TempC_DS": 327.67},
        version_ids=version,
        received_at="2022-08-25T21:12:53.621251971Z",
    )
    assert values(decoded) == {
        ("temperature", ""): 28.77,
        ("humidity", ""): 50.0,
        ("signal", "piegn-0"): -103.0,
    }
    assert decoded.readings[0].observed_at == datetime.fromtimestamp(1661461942, UTC)
    assert decoded.readings[-1].observed_at == datetime(2022, 8, 25, 21, 12, 53, 621251, UTC)


def test_normalised_payloads_are_read_by_their_own_schema() -> None:
    # lib/payload.json of TheThingsNetwork/lorawan-devices
    told = [{"air": {"temperature": 21.5, "relativeHumidity": 40, "lightIntensity": 12}}]
    found = values(uplink(normalized_payload=told, decoded_payload={"t": 1}, rx_metadata=[]))
    assert found == {("temperature", ""): 21.5, ("humidity", ""): 40.0, ("illuminance", ""): 12.0}


def test_the_network_may_know_the_battery_and_the_place() -> None:
    decoded = uplink(
        last_battery_percentage={"value": 98.4, "received_at": "2022-08-25T20:00:00Z"},
        locations={
            "user": {"latitude": 1.0, "longitude": 2.0},
            "frm-payload": {"latitude": 53.8, "longitude": -1.55, "source": "SOURCE_GPS"},
        },
    )
    assert values(decoded)["battery", ""] == 98.4
    where = position(decoded).position
    assert where is not None
    assert where.latitude == 53.8


def test_uplinks_out_of_events_and_stores() -> None:
    said = {"uplink_message": {"f_port": 1, "decoded_payload": {"Temperature": 21.83}}}
    for body in ({"name": "as.up.data.forward", "data": said}, {"result": said}):
        decoded = TTN.decode("v3/app@ttn/devices/eui-1/up", json.dumps(body).encode())
        assert values(decoded) == {("temperature", ""): 21.83}


def test_other_messages_of_the_things_stack() -> None:
    topic = "v3/app@ttn/devices/eui-1/join"
    joined = TTN.decode(topic, b'{"join_accept": {"received_at": "2022-08-25T20:00:00Z"}}')
    assert (joined.online, joined.readings) == (True, ())
    solved = (
        b'{"location_solved": {"location": {"latitude": 53.8, "longitude": -1.5, "accuracy": 40}}}'
    )
    where = position(TTN.decode("v3/app@ttn/devices/eui-1/location/solved", solved))
    assert where.value == 40.0
    for body in (b'{"downlink_sent": {}}', b'{"simulated": true, "uplink_message": {}}'):
        with pytest.raises(Unsupported):
            TTN.decode("v3/app@ttn/devices/eui-1/up", body)
