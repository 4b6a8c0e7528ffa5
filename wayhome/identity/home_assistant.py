"""What a Home Assistant in a home is told of it, in the form of its MQTT discovery. Pure.

As in its documentation, "MQTT", *device discovery payload*: one retained message describes a device with all
its components, one topic carries their state. The bridge of the hub brings both to ``homeassistant/…`` and
``wayhome/…`` of the hub's own broker. No entity bears the name of a person or of a device.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.model.identity import HOME_STATE
from core.model.own_discovery import ORIGIN, OWN

if TYPE_CHECKING:
    from core.model.ids import HomeId
    from core.store.home_output import ToldDevice, ToldState

_WATCHING = ["watched", "resting", "not watched"]
EXPIRES_S = 900
"""Without news for so long an entity is unavailable: we are away, or the line is cut."""
_PLACES = {
    "hub": "Hub",
    "entrance": "Outer door sensor",
    "worn": "Worn sensor",
    "bed": "Bed sensor",
    "chair": "Chair sensor",
    "object": "Sensor on a thing",
}


def topics(home_id: HomeId) -> tuple[str, str]:
    """Return the topics of description and state at our broker.

    Examples
    --------
    >>> topics("7f3k")[0]
    'home-state/7f3k/homeassistant/device/wayhome-7f3k/config'
    """
    below = f"{HOME_STATE}/{home_id}"
    return f"{below}/homeassistant/device/{OWN}-{home_id}/config", f"{below}/{OWN}/{home_id}/state"


def description(home_id: HomeId, state: ToldState) -> bytes:
    """Return the discovery message of a home."""
    parts = {
        "last_movement": _part(
            home_id, "last_movement", "sensor", "Last movement", device_class="timestamp"
        ),
        "alert": _switch(home_id, "alert", "Alert open", "problem"),
        "watched": _switch(home_id, "watched", "Watched", "running"),
        "watching": _part(
            home_id, "watching", "sensor", "Watching", device_class="enum", options=_WATCHING
        ),
        "rests_until": _part(
            home_id, "rests_until", "sensor", "Watching rests until", device_class="timestamp"
        ),
    }
    for device in state.devices:
        parts |= _of_device(home_id, device)
    return _json(
        {
            "device": {"identifiers": [f"{OWN}-{home_id}"], "name": ORIGIN, "manufacturer": ORIGIN},
            "origin": {"name": ORIGIN},
            "components": parts,
            "state_topic": f"{OWN}/{home_id}/state",
            "availability": [
                {
                    "topic": f"homes/{home_id}/wayhome/hub/status",
                    "payload_available": "1",
                    "payload_not_available": "0",
                }
            ],
            "qos": 1,
        }
    )


def told(state: ToldState) -> bytes:
    """Return the state of a home."""
    rests = state.rests_until is not None and not state.blind
    watching = 1 if rests else 0 if state.watched else 2
    values: dict[str, Any] = {
        "last_movement": state.last_movement.isoformat() if state.last_movement else None,
        "alert": _word(on=state.alert),
        # a rest is neither: an automation that takes "off" for a fault is left alone, and nobody reads "on"
        "watched": None if rests else _word(on=state.watched),
        "watching": _WATCHING[watching],
        "rests_until": state.rests_until.isoformat() if state.rests_until else None,
    }
    for one in state.devices:
        values[f"heard_{one.id}"] = _word(on=one.heard)
        values[f"battery_{one.id}"] = None if one.battery is None else round(one.battery)
    return _json(values)


def _of_device(home_id: HomeId, device: ToldDevice) -> dict[str, dict[str, Any]]:
    name = f"{_named(device)} {device.id}"
    heard, battery = f"heard_{device.id}", f"battery_{device.id}"
    found = {heard: _switch(home_id, heard, f"{name} heard", "connectivity")}
    if device.battery is not None:
        found[battery] = _part(
            home_id,
            battery,
            "sensor",
            f"{name} battery",
            device_class="battery",
            unit_of_measurement="%",
        )
    for one in found.values():
        one["entity_category"] = "diagnostic"
    return found


def _named(device: ToldDevice) -> str:
    place = _PLACES.get(device.placement)
    return place or (f"{device.room.capitalize()} sensor" if device.room else "Sensor")


def _switch(home_id: HomeId, key: str, name: str, device_class: str) -> dict[str, Any]:
    return _part(home_id, key, "binary_sensor", name, device_class=device_class)


def _part(home_id: HomeId, key: str, platform: str, name: str, **more: object) -> dict[str, Any]:
    unique = f"{OWN}_{home_id}_{key}"
    return {
        "platform": platform,
        "unique_id": unique,
        "default_entity_id": f"{platform}.{unique.lower().replace('-', '_')}",
        "name": name,
        "value_template": f"{{{{ value_json.{key} }}}}",
        "expire_after": EXPIRES_S,
        **more,
    }


def _word(*, on: bool) -> str:
    return "ON" if on else "OFF"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
