"""Any device that publishes JSON or plain values: fields are read by their names, see `sensors.names`.

For devices that have no driver of their own and for what somebody builds: ``DEVICE`` with ``{"motion": true,
"battery": 87}``, or ``DEVICE/temperature`` with ``21.5``. Nested objects and values with a unit are read too.
A message in which no name is known shows only that the device is there. The time is taken from ``time``,
``timestamp``, ``ts`` or ``last_seen``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from core.model.errors import Malformed, Unsupported
from sensors import decoding, fields, uplink
from sensors.driver import Decoded, Reporting, Supply
from sensors.names import meaning, named

if TYPE_CHECKING:
    from datetime import datetime

_TIMES = ("time", "timestamp", "ts", "last_seen", "Time")
_STATUS = frozenset({"status", "availability", "online"})
_WORDS = {"online": True, "offline": False, "true": True, "false": False, "1": True, "0": False}
_LONGEST_VALUE = 200


class _Generic:
    family = "generic"
    title = "Any device that publishes JSON or plain values"
    quantities = uplink.QUANTITIES
    setup = (
        "publish to homes/HOME/generic/DEVICE a JSON object whose fields have usual names (motion, door,"
        " temperature, battery, sos …), or to homes/HOME/generic/DEVICE/NAME a plain value; the last will"
        " offline to homes/HOME/generic/DEVICE/status"
    )
    reporting = Reporting(
        interval_s=3600,
        heartbeat=False,
        supply=Supply.EITHER,
        battery="A field called battery (per cent or volts) or battery_low.",
    )
    protocols = frozenset({"generic", "other-mqtt"})
    bases = ()
    example_topic = "device"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        device, _, last = topic.rpartition("/")
        if device and last in _STATUS and (online := _online(payload)) is not None:
            return Decoded(external_id=decoding.name(device), online=online)
        if device and meaning(last) is not None and not payload.lstrip().startswith(b"{"):
            value = _plain(payload)
            return Decoded(external_id=decoding.name(device), readings=tuple(named(last, value)))
        told = decoding.decode_object(payload)
        if told is None:
            raise Unsupported("generic: neither a JSON object nor a value under a known name")
        found = fields.read(told, _time(told))
        return Decoded(external_id=decoding.name(topic), readings=tuple(found))


def _online(payload: bytes) -> bool | None:
    return _WORDS.get(payload.decode("utf-8", "replace").strip(' "').lower())


def _plain(payload: bytes) -> object:
    if len(payload) > _LONGEST_VALUE:
        raise Malformed("payload", f"a value of at most {_LONGEST_VALUE} bytes")
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, ValueError):
        return payload.decode("utf-8", "replace").strip()


def _time(told: dict[str, Any]) -> datetime | None:
    for key in _TIMES:
        if key in told:
            try:
                return decoding.moment(told[key], key)
            except Malformed:  # of another form: then the gateway's time counts
                return None
    return None


DRIVER = _Generic()
