"""The Things Stack 3 (The Things Network): LoRaWAN devices. Messages as in its documentation, "Data formats".

Uplinks: the bytes (``frm_payload``) by a codec of ours (``sensors/codecs``, found by brand and model in
``version_ids``, or by the device's name), or else ``normalized_payload`` or ``decoded_payload``; the battery
that the network asks for; each gateway's strength as ``signal``. ``location_solved`` is a place that the
network worked out. ``join_accept`` shows only that the device is there. What was sent to the device, and
uplinks that somebody made up in the console (``simulated``), are not read. Frames are not numbered here: some
carry nothing for us, so gaps would mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding, uplink
from sensors.driver import Decoded, Reporting, Supply

if TYPE_CHECKING:
    from datetime import datetime

    from sensors.driver import Reading

_ENVELOPES = ("result", "data")
_MEASURED = frozenset({"frm-payload", "frm_payload"})
"""Places that the device itself told; others are where somebody said that it is."""


class _TheThingsStack:
    family = "ttn"
    title = "The Things Stack 3 / The Things Network (LoRaWAN)"
    quantities = uplink.QUANTITIES
    setup = (
        "one application a home; in your broker, a bridge to NAME.cloud.thethings.network:8883 with"
        ' topic v3/APPLICATION@TENANT/devices/# in 0 homes/HOME/ttn/ "" ; choose the device from the'
        " repository, so that its model is known; name a WS101 NAME-ws101-sos where a press calls for help"
    )
    reporting = Reporting(
        interval_s=86400,
        heartbeat=False,
        supply=Supply.BATTERY,
        battery="A percentage that the network asks for, or a voltage in the device's own messages.",
    )
    protocols = frozenset({"ttn", "tts-v3", "lorawan-codec"})
    bases = ()
    example_topic = "v3/application@ttn/devices/device/up"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        _, found, rest = topic.partition("/devices/")
        device = decoding.name(rest.partition("/")[0]) if found else ""
        if not device:
            raise Malformed("topic", "v3/APPLICATION@TENANT/devices/DEVICE/up")
        fields = decoding.decode_object(payload)
        if fields is None:
            raise Malformed("payload", "a JSON object")
        for envelope in _ENVELOPES:  # of webhooks, events and the storage of messages
            fields = uplink.part(fields, envelope) or fields
        if fields.get("simulated") is True:
            raise Unsupported("ttn: a simulated uplink")
        at = decoding.moment(fields.get("received_at"), "received_at")
        if "uplink_message" in fields:
            said = uplink.part(fields, "uplink_message")
            return Decoded(
                external_id=device,
                readings=tuple(_up(device, said, at)),
                online=True,
                firmware=decoding.version(uplink.part(said, "version_ids").get("firmware_version")),
            )
        if "location_solved" in fields:
            where = uplink.part(fields, "location_solved").get("location")
            return Decoded(external_id=device, readings=tuple(uplink.place(where, at)))
        if "join_accept" in fields:
            return Decoded(external_id=device, online=True)
        raise Unsupported("ttn: no uplink, join or location")


def _up(device: str, said: dict[str, Any], at: datetime | None) -> list[Reading]:
    at = decoding.moment(said.get("received_at"), "received_at") or at
    about = uplink.part(said, "version_ids")
    model = f"{about.get('brand_id', '')} {about.get('model_id', '')} {device}"
    decoded = said.get("normalized_payload") or said.get("decoded_payload")
    found = uplink.readings(model, said.get("f_port"), said.get("frm_payload"), decoded, at)
    if not any(one.quantity is Quantity.POSITION for one in found):
        places = uplink.part(said, "locations")
        for source in _MEASURED & places.keys():
            found += uplink.place(places[source], at)
    if not any(one.quantity is Quantity.BATTERY for one in found):
        found += _battery(uplink.part(said, "last_battery_percentage"))
    heard = (
        (uplink.part(one, "gateway_ids").get("gateway_id"), one.get("rssi"))
        for one in uplink.parts(said, "rx_metadata")
    )
    return [*found, *uplink.signals(heard, at)]


def _battery(told: dict[str, Any]) -> list[Reading]:
    if told.get("value") is None:
        return []
    at = decoding.moment(told.get("received_at"), "last_battery_percentage.received_at")
    field = "last_battery_percentage"
    value = decoding.number(told["value"], field)
    return [decoding.reading(Quantity.BATTERY, value, field, observed_at=at)]


DRIVER = _TheThingsStack()
