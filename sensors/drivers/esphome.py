"""ESPHome: boards of one's own making, above all mmWave radars, bed mats and doors with reed contacts.

Topics as in ESPHome's documentation of its MQTT client: ``PREFIX/COMPONENT/OBJECT/state`` and
``PREFIX/status``. A message carries a state and nothing else: what it means is read from the object's name
(`sensors.naming`), so an object is named by what it senses (``hall_motion``, ``bed_occupied``,
``front_door``, ``sos_button``). A node is one device; the object is the discriminator.
"""

from __future__ import annotations

import math

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding, naming, words
from sensors.driver import Decoded, Reading, Reporting, Supply

_LEVELS = 4
_UNKNOWN = frozenset({"", "nan", "unknown", "none", "unavailable", "na"})
"""What ESPHome tells before a sensor has a value."""
_SWITCHES = frozenset({"switch", "light", "fan"})


_TELLS_VERSION = ("sensor", "text_sensor")
"""The platform ``version`` publishes a text as a sensor."""


class _EspHome:
    family = "esphome"
    title = "ESPHome"
    quantities = naming.STATES_NAMED | naming.AMOUNTS_NAMED
    setup = (
        "mqtt: topic_prefix: homes/HOME/esphome/NODE, discovery: false. Name each sensor by what it senses:"
        " Hall Motion, Bed Occupied, Front Door (ON means open), SOS Button, Water Leak, Bedroom Temperature"
    )
    reporting = Reporting(
        interval_s=60,
        heartbeat=False,
        supply=Supply.MAINS,
        battery="None, or a sensor that has battery in its name: a percentage, or volts as battery voltage.",
    )
    protocols = frozenset({"esphome"})
    bases = ("esphome/",)
    example_topic = "node/binary_sensor/motion/state"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        levels = topic.split("/")
        if levels[-1] == "status" and len(levels) > 1:
            return Decoded(
                external_id=decoding.name("/".join(levels[:-1])), online=words.online(payload)
            )
        if levels[-1] != "state" or len(levels) < _LEVELS:
            raise Unsupported("esphome: no state")
        node, component, thing = "/".join(levels[:-3]), levels[-3], levels[-2]
        if component in _TELLS_VERSION and thing.endswith("version"):
            found = decoding.version(words.text(payload))
            return Decoded(external_id=decoding.name(node), firmware=found)
        return Decoded(
            external_id=decoding.name(node), readings=tuple(_readings(component, thing, payload))
        )


def _readings(component: str, thing: str, payload: bytes) -> list[Reading]:
    if component == "binary_sensor":
        return _state(thing, words.text(payload))
    if component == "sensor":
        return _amount(thing, words.text(payload))
    if component == "event":
        return _event(thing, payload)
    if component in _SWITCHES:
        return _switched(thing, payload)
    raise Unsupported(f"esphome: {component[:40]}")


def _state(thing: str, said: str) -> list[Reading]:
    quantity = naming.state_named(thing)
    if quantity is None:
        raise Unsupported("esphome: a name that does not say what is sensed")
    if said.casefold() in _UNKNOWN:
        return []
    value = words.yes(said, thing)
    if quantity is Quantity.BUTTON and not value:  # letting go is no second press
        return []
    return [decoding.reading(quantity, value, thing, discriminator=thing)]


def _amount(thing: str, said: str) -> list[Reading]:
    known = naming.amount_named(thing)
    if known is None:
        raise Unsupported("esphome: a name that does not say what is measured")
    if said.casefold() in _UNKNOWN:
        return []
    quantity, factor = known
    value = words.amount(said, thing) * factor
    if not math.isfinite(value):
        raise Malformed(thing, "a finite number")
    return [decoding.reading(quantity, value, thing, discriminator=thing)]


def _event(thing: str, payload: bytes) -> list[Reading]:
    """Read what happened at a button, a pendant or a keypad."""
    fields = decoding.decode_object(payload)
    how = fields.get("event_type") if fields is not None else words.text(payload)
    if not isinstance(how, str) or not how:
        raise Malformed("event_type", "the kind of event")
    named = naming.state_named(thing)
    quantity = Quantity.SOS if named is Quantity.SOS else Quantity.BUTTON
    return [decoding.reading(quantity, 1.0, "event_type", discriminator=f"{thing}:{how}"[:200])]


def _switched(thing: str, payload: bytes) -> list[Reading]:
    """Read a relay or lamp; a light tells JSON."""
    fields = decoding.decode_object(payload) if payload.lstrip().startswith(b"{") else None
    said = words.text(payload) if fields is None else fields.get("state")
    if said is None:
        return []
    return [decoding.reading(Quantity.SWITCH, words.yes(said, thing), thing, discriminator=thing)]


DRIVER = _EspHome()
