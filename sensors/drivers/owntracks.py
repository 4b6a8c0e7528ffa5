"""OwnTracks: the position of a phone or watch.

Messages as described in the OwnTracks booklet, chapter "JSON". Negative accuracies, speeds, courses and
battery levels mean "not known" there. A place's name becomes the discriminator of ``zone``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed, Unsupported
from core.model.observation import Position
from core.model.quantity import Quantity
from sensors import decoding
from sensors.driver import Decoded, Reading, Reporting, Supply

if TYPE_CHECKING:
    from datetime import datetime

_KMH_IN_M_S = 1 / 3.6
_KINDS = frozenset({"location", "transition", "steps"})
_LEVELS = 2
"""A device is ``user/device``."""


class _OwnTracks:
    family = "owntracks"
    title = "OwnTracks"
    quantities = frozenset({Quantity.POSITION, Quantity.ZONE, Quantity.BATTERY, Quantity.STEPS})
    setup = "pubTopicBase: homes/HOME/owntracks/%u/%d"
    reporting = Reporting(
        interval_s=1800,
        heartbeat=False,
        supply=Supply.BATTERY,
        battery="The percentage of the phone with every position.",
    )
    protocols = frozenset({"owntracks"})
    bases = ("owntracks/",)
    example_topic = "person/phone"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        levels = topic.split("/")
        if len(levels) < _LEVELS or not all(levels[:_LEVELS]):
            raise Malformed("topic", "user/device")
        device = decoding.name("/".join(levels[:_LEVELS]))
        fields = decoding.decode_object(payload)
        if fields is None:
            raise Malformed("payload", "a JSON object")
        kind = fields.get("_type")
        if not isinstance(kind, str):
            raise Malformed("_type", "the kind of message")
        if kind == "lwt":
            return Decoded(external_id=device, online=False)
        if kind not in _KINDS:
            raise Unsupported(f"owntracks: {kind[:40]}")
        at = decoding.moment(fields.get("tst"), "tst")
        if kind == "location":
            return Decoded(external_id=device, readings=_location(fields, at), online=True)
        if kind == "transition":
            return Decoded(external_id=device, readings=_transition(fields, at), online=True)
        steps = decoding.number(fields.get("steps"), "steps")
        taken = decoding.reading(Quantity.STEPS, max(steps, 0.0), "steps", observed_at=at)
        return Decoded(external_id=device, readings=(taken,), online=True)


def _known(fields: dict[str, Any], key: str) -> float | None:
    value = fields.get(key)
    if value is None:
        return None
    amount = decoding.number(value, key)
    return amount if amount >= 0 else None


def _location(fields: dict[str, Any], at: datetime | None) -> tuple[Reading, ...]:
    found = [_position(fields, at)]
    battery = _known(fields, "batt")
    if battery is not None:
        found.append(decoding.reading(Quantity.BATTERY, battery, "batt", observed_at=at))
    return tuple(found)


def _position(fields: dict[str, Any], at: datetime | None) -> Reading:
    latitude, longitude = decoding.coordinates(fields, "lat", "lon")
    accuracy = _known(fields, "acc")
    speed = _known(fields, "vel")
    altitude = fields.get("alt")
    place = Position(
        latitude=latitude,
        longitude=longitude,
        accuracy_m=accuracy,
        altitude_m=None if altitude is None else decoding.number(altitude, "alt"),
        speed_m_s=None if speed is None else speed * _KMH_IN_M_S,
        course_deg=_known(fields, "cog"),
    )
    return decoding.reading(
        Quantity.POSITION, accuracy or 0.0, "acc", observed_at=at, position=place
    )


def _transition(fields: dict[str, Any], at: datetime | None) -> tuple[Reading, ...]:
    event = fields.get("event")
    if event not in ("enter", "leave"):
        raise Malformed("event", "enter or leave")
    place = fields.get("desc", "")
    if not isinstance(place, str):
        raise Malformed("desc", "the name of the place")
    entered = decoding.reading(
        Quantity.ZONE,
        float(event == "enter"),
        "desc",
        discriminator=place[: decoding.NAME_LENGTH],
        observed_at=at,
    )
    if fields.get("lat") is None and fields.get("lon") is None:
        return (entered,)
    return (entered, _position(fields, at))


DRIVER = _OwnTracks()
