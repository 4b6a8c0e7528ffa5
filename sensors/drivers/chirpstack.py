"""ChirpStack 4: LoRaWAN devices of an own network. Events as in its documentation, "Integrations", "Events".

=============  =====================================================================================
event          what is read
=============  =====================================================================================
``up``         the bytes by a codec of ours (``sensors/codecs``), or else ``object``; each gateway's
               strength as ``signal``
``status``     the battery, where the device knows it
``location``   a place that the network worked out
``join ack``   only that the device is there
others         not ours: what was sent to the device, logs, other integrations
=============  =====================================================================================

The device profile's name (or a tag ``model``) says which codec: "Milesight WS101", "Dragino TrackerD". Frames
are not numbered here: some carry nothing for us, so gaps would mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding, uplink
from sensors.driver import Decoded, Reporting, Supply
from sensors.names import numeric

if TYPE_CHECKING:
    from datetime import datetime

    from sensors.driver import Reading

_HERE = frozenset({"join", "ack"})


class _ChirpStack:
    family = "chirpstack"
    title = "ChirpStack 4 (LoRaWAN)"
    quantities = uplink.QUANTITIES
    setup = (
        "one application a home; in the broker that ChirpStack publishes to, a bridge with"
        ' topic application/APPLICATION/device/+/event/+ out 1 "" homes/HOME/chirpstack/ ; chirpstack.toml:'
        " [integration.mqtt] json = true; name the device profile after the model (Milesight WS101;"
        " WS101-SOS where a press is a call for help)"
    )
    reporting = Reporting(
        interval_s=86400,
        heartbeat=False,
        supply=Supply.BATTERY,
        battery="A percentage with the daily status, or a voltage in the device's own messages.",
    )
    protocols = frozenset({"chirpstack", "chirpstack-v4"})
    bases = ()
    example_topic = "application/application/device/0101010101010101/event/up"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        levels = topic.split("/")
        if len(levels) < 4 or levels[-4] != "device" or levels[-2] != "event":  # noqa: PLR2004
            raise Malformed("topic", "application/APPLICATION/device/DEVEUI/event/EVENT")
        device, event = decoding.name(levels[-3]), levels[-1]
        if event not in _READ and event not in _HERE:
            raise Unsupported(f"chirpstack: {event[:40]}")
        fields = decoding.decode_object(payload)
        if fields is None:
            raise Malformed("payload", "a JSON object; set json = true")
        at = decoding.moment(fields.get("time"), "time")
        found = _READ[event](fields, at) if event in _READ else []
        return Decoded(external_id=device, readings=tuple(found), online=True)


def _up(fields: dict[str, Any], at: datetime | None) -> list[Reading]:
    about = uplink.part(fields, "deviceInfo")
    tags = uplink.part(about, "tags")
    model = f"{about.get('deviceProfileName', '')} {tags.get('model', '')}"
    found = uplink.readings(
        model, fields.get("fPort"), fields.get("data"), fields.get("object"), at
    )
    heard = (
        (one.get("gatewayId") or one.get("gatewayID"), one.get("rssi"))
        for one in uplink.parts(fields, "rxInfo")
    )
    return [*found, *uplink.signals(heard, at)]


def _status(fields: dict[str, Any], at: datetime | None) -> list[Reading]:
    level = fields.get("batteryLevel")
    if level is None or fields.get("batteryLevelUnavailable") or fields.get("externalPowerSource"):
        return []
    if (numeric(level) or 0.0) < 0:  # the device does not know it
        return []
    value = decoding.number(level, "batteryLevel")
    return [decoding.reading(Quantity.BATTERY, value, "batteryLevel", observed_at=at)]


def _location(fields: dict[str, Any], at: datetime | None) -> list[Reading]:
    return uplink.place(fields.get("location"), at)


_READ = {"up": _up, "status": _status, "location": _location}


DRIVER = _ChirpStack()
