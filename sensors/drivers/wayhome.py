"""Our own format: every message numbered, so that a gap is seen.

Topic ``homes/HOME/wayhome/DEVICE/QUANTITY``, payload a JSON object:

=======  ==========================================================================================
``v``    the value, in the quantity's unit; true and false for states
``t``    when it happened: ISO 8601 with a zone, or seconds since 1970; the gateway's time without it
``seq``  number of the message since ``boot``, from 0; one number line for all quantities of a device
``boot`` changes whenever the device starts to count anew
``d``    discriminator, where one quantity comes from several channels
=======  ==========================================================================================

A position also has ``lat``, ``lon`` (degrees) and may have ``alt`` (m), ``speed`` (m/s) and ``course``
(degrees); its ``v`` is the 68 % radius in metres. ``DEVICE/status`` with ``{"online": false}`` is the
last will; 0 and 1 are understood too, as Mosquitto's bridges say them. With ``{"online": true}`` there may be
``"firmware": "1.2"``, the version of what runs on it.

Something worn sends ``DEVICE/impact`` a few seconds after a hard knock, never a stream of acceleration; its
``t`` is the hardest moment. Either ``v`` (g) with ``tilt`` (degrees) and ``stillness`` (g), measured as in
`sensors.impact_window`; or ``window``, a list of at most 512 samples ``[x, y, z]`` in g, some 3 s before and
after, and ``rate``, samples a second, from which the three are measured here.

A watch best tells ``activity`` every quarter of an hour, in per cent of the minutes since its last report in
which it moved: then somebody who lies is told sooner from somebody who sits (docs/decisions/0230).

>>> DRIVER.decode("door", b'{}')
Traceback (most recent call last):
core.model.errors.Malformed: topic: expected DEVICE/QUANTITY
>>> decoded = DRIVER.decode("door/contact", b'{"v": true, "t": 1790000000, "seq": 7, "boot": "a"}')
>>> decoded.number, decoded.readings[0].value
(7, 1.0)
>>> DRIVER.decode("hub/status", b"0").online
False
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from core.model.errors import Malformed
from core.model.observation import Position
from core.model.quantity import DEFINITIONS, Definition, Quantity, definition
from sensors import decoding
from sensors.driver import Decoded, Reading, Reporting, Supply
from sensors.impact_window import Impact, Sample, measured

_LARGEST_NUMBER = 2**53
_MOST_SAMPLES = 512
_SLOWEST_HZ, _FASTEST_HZ = 20.0, 100.0
_BOOT_LENGTH = 40
_OF_BRIDGES = {b"1": True, b"0": False}
"""What a bridge of Mosquitto publishes on its ``notification_topic`` (mosquitto.conf(5))."""
_QUANTITIES = {one.value: one for one in Quantity}  # to call an enum is slow, and each message asks
_PLAIN = {
    one.quantity.value: one
    for one in DEFINITIONS.values()
    if one.quantity not in {Quantity.POSITION, Quantity.IMPACT}
}
"""Quantities of which a message tells just the value."""


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A plain message without anything odd: no dictionary need be made of it."""

    v: bool | float
    t: float | str | None = None
    seq: int | None = None
    boot: str = ""
    d: str = ""


_SAID = msgspec.json.Decoder(_Said)


class _Wayhome:
    family = "wayhome"
    title = "Wayhome native"
    quantities = frozenset(Quantity)
    setup = "publish to homes/HOME/wayhome/DEVICE/QUANTITY with QoS 1"
    reporting = Reporting(
        interval_s=3600,
        heartbeat=False,
        supply=Supply.EITHER,
        battery="A percentage as the quantity battery.",
    )
    protocols = frozenset({"wayhome"})
    bases = ("wayhome/",)
    example_topic = "device/motion"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        device, _, last = topic.rpartition("/")
        if not device:
            raise Malformed("topic", "DEVICE/QUANTITY")
        external_id = decoding.name(device)
        plain = _PLAIN.get(last)
        if plain is not None:
            decoded = _plainly(external_id, plain, payload)
            if decoded is not None:
                return decoded
        return closely(external_id, last, payload)


def closely(external_id: str, last: str, payload: bytes) -> Decoded:
    """Read any message of a device, and say what is wrong with it.

    Raises
    ------
    Malformed
        Naming the field.
    """
    if last == "status" and payload in _OF_BRIDGES:
        return Decoded(external_id=external_id, online=_OF_BRIDGES[payload])
    fields = decoding.decode_object(payload)
    if fields is None:
        raise Malformed("payload", "a JSON object")
    if last == "status":
        return Decoded(
            external_id=external_id,
            online=decoding.flag(fields.get("online"), "online"),
            firmware=_text(fields, "firmware", decoding.VERSION_LENGTH),
        )
    quantity = _QUANTITIES.get(last)
    if quantity is None:
        raise Malformed("topic", "a quantity of docs/reference/quantities.md at its end")
    if quantity is Quantity.IMPACT and ("window" in fields or "tilt" in fields):
        readings = _knock(fields)
    else:
        readings = (_value(quantity, fields),)
    return Decoded(
        external_id=external_id,
        readings=readings,
        number=_number(fields.get("seq")),
        boot=_text(fields, "boot", _BOOT_LENGTH),
    )


def _plainly(external_id: str, plain: Definition, payload: bytes) -> Decoded | None:
    """Read a plain message; None for one that needs a closer look, with the same outcome for all others."""
    try:
        said = _SAID.decode(payload)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    value, number, boot = float(said.v), said.seq, said.boot
    if (
        said.d
        or not plain.low <= value <= plain.high
        or (number is not None and not 0 <= number < _LARGEST_NUMBER)
        or (boot and (len(boot) > _BOOT_LENGTH or not boot.isprintable()))
    ):
        return None
    reading = Reading(
        quantity=plain.quantity, value=value, observed_at=decoding.moment(said.t, "t")
    )
    return Decoded(external_id=external_id, readings=(reading,), number=number, boot=boot)


def _value(quantity: Quantity, fields: dict[str, Any]) -> Reading:
    value = fields.get("v")
    return decoding.reading(
        quantity,
        float(value) if isinstance(value, bool) else decoding.number(value, "v"),
        "v",
        discriminator=_text(fields, "d", decoding.NAME_LENGTH),
        observed_at=decoding.moment(fields.get("t"), "t"),
        position=_position(fields) if quantity is Quantity.POSITION else None,
    )


def _knock(fields: dict[str, Any]) -> tuple[Reading, ...]:
    if "window" in fields:
        impact, where = _from_window(fields), ("window", "window", "window")
    else:
        where = ("v", "tilt", "stillness")
        impact = Impact(*(decoding.number(fields.get(key), key) for key in where))
    at: datetime | None = decoding.moment(fields.get("t"), "t")
    named = _text(fields, "d", decoding.NAME_LENGTH)
    return tuple(
        decoding.reading(quantity, value, key, discriminator=named, observed_at=at)
        for quantity, value, key in zip(
            (Quantity.IMPACT, Quantity.TILT, Quantity.STILLNESS), impact, where, strict=True
        )
    )


def _from_window(fields: dict[str, Any]) -> Impact:
    rate_hz = decoding.number(fields.get("rate"), "rate")
    if not _SLOWEST_HZ <= rate_hz <= _FASTEST_HZ:
        raise Malformed("rate", f"samples a second from {_SLOWEST_HZ:g} to {_FASTEST_HZ:g}")
    window = fields["window"]
    if not isinstance(window, list) or not 0 < len(window) <= _MOST_SAMPLES:
        raise Malformed("window", f"a list of 1 to {_MOST_SAMPLES} samples")
    impact = measured([_sample(one) for one in window], rate_hz)
    if impact is None:
        raise Malformed("window", "2 s and more before and after its hardest sample")
    return impact


def _sample(value: object) -> Sample:
    if not isinstance(value, list) or len(value) != 3:  # noqa: PLR2004 (the axes)
        raise Malformed("window", "samples [x, y, z] in g")
    x, y, z = (decoding.number(one, "window") for one in value)
    for one in (x, y, z):
        definition(Quantity.IMPACT).check(abs(one), "window")
    return x, y, z


def _number(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST_NUMBER:
        raise Malformed("seq", "a whole number from 0")
    return value


def _text(fields: dict[str, Any], key: str, longest: int) -> str:
    value = fields.get(key, "")
    if not isinstance(value, str) or len(value) > longest or (value and not value.isprintable()):
        raise Malformed(key, f"a text of at most {longest} printable characters")
    return value


def _position(fields: dict[str, Any]) -> Position:
    latitude, longitude = decoding.coordinates(fields, "lat", "lon")
    more = {
        name: decoding.number(fields[key], key) if fields.get(key) is not None else None
        for key, name in (("alt", "altitude_m"), ("speed", "speed_m_s"), ("course", "course_deg"))
    }
    return Position(
        latitude=latitude,
        longitude=longitude,
        accuracy_m=decoding.number(fields.get("v"), "v"),
        altitude_m=more["altitude_m"],
        speed_m_s=more["speed_m_s"],
        course_deg=more["course_deg"],
    )


DRIVER = _Wayhome()
