"""Shelly: plugs, buttons, doors, motion, flood and smoke, over Wi-Fi or Bluetooth (BLU), of all generations.

The generations speak differently (`sensors.shelly_gen1`, `sensors.shelly_gen2`); a topic tells which it is.
BLU devices come through a script on another Shelly as BTHome fields (`sensors.bthome`), each as a device of
its own.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from core.model.errors import Malformed, Unsupported
from sensors import bthome, decoding, shelly_gen1, shelly_gen2, words
from sensors.driver import Decoded, Reading, Reporting, Supply

_SLEEPERS = (
    "shellyht",
    "shellydw",
    "shellyflood",
    "shellysmoke",
    "shellybutton",
    "shellyplusht",
    "shellyplussmoke",
)
"""How the names of devices begin that sleep between two messages: their last will then says nothing."""
_NOTIFICATIONS = ("NotifyStatus", "NotifyFullStatus", "NotifyEvent")
_BASE = "shellies/"
_MOST_EVENTS = 32
_LAMP = re.compile(r"(.+)/(?:light|color|white)/(\d{1,3})/status")


class _Shelly:
    family = "shelly"
    title = "Shelly"
    quantities = frozenset(shelly_gen1.QUANTITIES | shelly_gen2.QUANTITIES | bthome.QUANTITIES)
    setup = (
        "Generation 2 and later: MQTT prefix homes/HOME/shelly/NAME, with RPC and status notifications on."
        " Generation 1 has no prefix: bridge its broker (mosquitto: topic # out 1 shellies/"
        " homes/HOME/shelly/) and set mqtt_update_period=0, or a press is told again every 30 s."
        " BLU: the script ble-shelly-blu.js on a Shelly of generation 2 or later nearby; what it hears comes"
        " among that one's events, or at homes/HOME/shelly/blu/ADDRESS if a script publishes it"
    )
    reporting = Reporting(
        interval_s=43200,
        heartbeat=False,
        supply=Supply.EITHER,
        battery="A percentage each time that it wakes: at events, and at the latest after some hours.",
    )
    protocols = frozenset({"shelly", "shelly-gen1", "shelly-gen2"})
    bases = (_BASE, "shelly-blu/events/")
    example_topic = "shellydevice-AABBCC/info"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        topic = topic.removeprefix(_BASE)
        device, _, last = topic.rpartition("/")
        if last == "online":
            return _alive(decoding.name(device), words.online(payload))
        if topic.endswith("/events/rpc"):
            return _notified(topic.removesuffix("/events/rpc"), payload)
        prefix, found, component = topic.rpartition("/status/")
        if found and component:
            return _component(prefix, component, payload)
        return _other(topic, payload)


def _alive(device: str, online: bool) -> Decoded:
    if not online and device.startswith(_SLEEPERS):
        raise Unsupported("shelly: it sleeps")
    return Decoded(external_id=device, online=online)


def _object(payload: bytes) -> dict[str, Any]:
    fields = decoding.decode_object(payload)
    if fields is None:
        raise Malformed("payload", "a JSON object")
    return fields


def _component(prefix: str, component: str, payload: bytes) -> Decoded:
    whose = f"{prefix}/{component}" if shelly_gen2.is_own_device(component) else prefix
    found = shelly_gen2.status(component, _object(payload))
    return Decoded(external_id=decoding.name(whose), readings=tuple(found))


def _notified(device: str, payload: bytes) -> Decoded:
    fields = _object(payload)
    method, params = fields.get("method"), fields.get("params")
    if method not in _NOTIFICATIONS:
        raise Unsupported("shelly: an answer to a request")
    if not isinstance(params, dict):
        raise Malformed("params", "an object")
    at = decoding.moment(params["ts"], "ts") if params.get("ts") else None
    if method == "NotifyEvent":
        return _events(device, params.get("events"), at)
    own = [one for one in params if shelly_gen2.is_own_device(one)]
    if len(own) == 1 and set(params) == {"ts", own[0]}:
        found = shelly_gen2.status(own[0], params[own[0]], at)
        return Decoded(external_id=decoding.name(f"{device}/{own[0]}"), readings=tuple(found))
    return Decoded(
        external_id=decoding.name(device), readings=tuple(shelly_gen2.several(params, at))
    )


def _events(device: str, events: object, at: datetime | None) -> Decoded:
    if not isinstance(events, list) or len(events) > _MOST_EVENTS:
        raise Malformed("events", f"a list of at most {_MOST_EVENTS}")
    found: list[Reading] = []
    for event in events:
        if not isinstance(event, dict):
            raise Malformed("events", "objects with component and event")
        heard = event.get("data")
        if isinstance(heard, dict) and "BTHome_version" in heard:
            return _blu(heard, "", device, at)
        component = event.get("component")
        own = isinstance(component, str) and shelly_gen2.is_own_device(component)
        if own and len(events) == 1:
            device = f"{device}/{component}"
        found += shelly_gen2.pushed(event, at)
    return Decoded(external_id=decoding.name(device), readings=tuple(found))


def _blu(fields: dict[str, Any], topic: str, receiver: str, at: datetime | None = None) -> Decoded:
    """Read what a Bluetooth device advertised, as a device of its own."""
    address = fields.get("address") or topic.rpartition("/")[2]
    if not isinstance(address, str):
        raise Malformed("address", "the address of the Bluetooth device")
    found = bthome.readings(fields, receiver, at)
    return Decoded(external_id=decoding.name(address.lower()), readings=tuple(found))


def _other(topic: str, payload: bytes) -> Decoded:
    """Read a topic of the first generation, a whole status, or an advertisement."""
    device, _, rest = topic.partition("/")
    if payload.lstrip()[:1] == b"{" and not rest.startswith("input_event/"):
        return _of_object(topic, _object(payload))
    if not rest:
        raise Unsupported("shelly: no device in the topic")
    return Decoded(
        external_id=decoding.name(device), readings=tuple(shelly_gen1.plain(rest, payload))
    )


def _of_object(topic: str, fields: dict[str, Any]) -> Decoded:
    if "BTHome_version" in fields:
        return _blu(fields, topic, _receiver(fields))
    lamp = _LAMP.fullmatch(topic)
    if lamp is not None:
        device, found = lamp[1], shelly_gen1.lamp(int(lamp[2]), fields)
    else:
        device, _, last = topic.rpartition("/")
        if last == "ext_temperatures":  # the probes of an add-on, in one object
            fields = {"ext_temperature": fields}
        elif last == "announce":  # says who it is, under its own topic and under one of all
            return _announced(fields)
        elif last not in ("status", "info"):
            raise Unsupported(f"shelly: {last[:40]}")
        found = shelly_gen1.status(fields)
        if any(":" in one for one in fields):
            found += shelly_gen2.several(fields, None)
    told = fields.get("update")
    return Decoded(
        external_id=decoding.name(device),
        readings=tuple(found),
        firmware=decoding.version(told.get("old_version")) if isinstance(told, dict) else "",
    )


def _announced(fields: dict[str, Any]) -> Decoded:
    device, firmware = fields.get("id"), decoding.version(fields.get("fw_ver"))
    if not firmware or not isinstance(device, str):
        raise Unsupported("shelly: announce")
    return Decoded(external_id=decoding.name(device), firmware=firmware)


def _receiver(fields: dict[str, Any]) -> str:
    heard_by = fields.get("gateway") or fields.get("src") or ""
    return heard_by if isinstance(heard_by, str) else ""


DRIVER = _Shelly()
