"""What a discovery message for Home Assistant tells of a device: for registration, before it has spoken.

Topic ``homeassistant/COMPONENT/[NODE/]OBJECT/config``, or ``homeassistant/device/OBJECT/config`` with all
``components`` at once, as in its documentation, "MQTT discovery". Zigbee2MQTT, Tasmota, ESPHome,
OpenMQTTGateway and others send them. They carry no reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding
from sensors.homeassistant import quantity_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG = {
    "avty": "availability",
    "avty_t": "availability_topic",
    "cmps": "components",
    "dev": "device",
    "dev_cla": "device_class",
    "exp_aft": "expire_after",
    "ids": "identifiers",
    "cns": "connections",
    "mdl": "model",
    "mf": "manufacturer",
    "obj_id": "object_id",
    "p": "platform",
    "stat_t": "state_topic",
    "sw": "sw_version",
    "t": "topic",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
}
"""Abbreviations of the keys that are read here."""
_LEVELS = (3, 4)
_BATTERIES = frozenset({Quantity.BATTERY, Quantity.BATTERY_LOW})
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One thing that the device tells or does."""

    component: str
    name: str
    #: None where it is nothing of ours.
    quantity: Quantity | None
    unit: str
    #: Where its state is published; empty where it has none.
    state_topic: str
    #: Seconds after which silence means that it is gone; None when it does not say.
    expire_after_s: float | None
    #: Topics of its last wills.
    availability: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One device, as far as one message describes it."""

    #: Its first identifier.
    device: str
    name: str
    manufacturer: str
    model: str
    firmware: str
    entities: tuple[Entity, ...]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it tells that concerns us, each once."""
        told = (one.quantity for one in self.entities if one.quantity is not None)
        return tuple(dict.fromkeys(told))

    @property
    def battery(self) -> bool:
        """True when it tells how its battery is."""
        return not _BATTERIES.isdisjoint(self.quantities)


def describe(topic: str, payload: bytes) -> Description:
    """Return what a discovery message tells.

    Parameters
    ----------
    topic
        With or without ``homeassistant/`` before it.

    Raises
    ------
    Malformed
        If the topic or the payload is none of discovery.
    Unsupported
        If it is empty: then the entity was removed.

    Examples
    --------
    >>> said = b'{"stat_t": "z/hall", "dev_cla": "motion", "dev": {"ids": "0x1", "name": "Hall"}}'
    >>> found = describe("homeassistant/binary_sensor/0x1/motion/config", said)
    >>> found.device, found.name, [quantity.value for quantity in found.quantities]
    ('0x1', 'Hall', ['motion'])
    """
    levels = topic.removeprefix("homeassistant/").split("/")
    if len(levels) not in _LEVELS or levels[-1] != "config" or not all(levels):
        raise Malformed("topic", "COMPONENT/[NODE/]OBJECT/config")
    if not payload:
        raise Unsupported("homeassistant: a discovery entry was removed")
    fields = decoding.decode_object(payload)
    if fields is None:
        raise Malformed("payload", "a JSON object")
    fields = _long(fields)
    about = _long(fields["device"]) if isinstance(fields.get("device"), dict) else {}
    entities = tuple(_entity(*one) for one in _components(levels, fields))
    return Description(
        device=_device(about) or "/".join(levels[:-1])[:_LONGEST],
        name=_text(about, "name"),
        manufacturer=_text(about, "manufacturer"),
        model=_text(about, "model"),
        firmware=decoding.version(about.get("sw_version")),
        entities=entities,
    )


def _long(fields: dict[str, Any]) -> dict[str, Any]:
    return {_LONG.get(key, key): value for key, value in fields.items()}


def _components(
    levels: list[str], fields: dict[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if levels[0] != "device":
        yield levels[0], levels[-2], fields
        return
    told = fields.get("components")
    for name, one in told.items() if isinstance(told, dict) else ():
        if isinstance(one, dict) and len(one) > 1:  # with its platform alone it is being removed
            inner = {**fields, **_long(one)}
            yield _text(inner, "platform"), name, inner


def _entity(component: str, name: str, fields: dict[str, Any]) -> Entity:
    after = fields.get("expire_after")
    base = _text(fields, "~")
    words = _text(fields, "object_id") or name
    return Entity(
        component=component,
        name=words,
        quantity=quantity_of(component, _text(fields, "device_class"), words.lower()),
        unit=_text(fields, "unit_of_measurement"),
        state_topic=_topic(_text(fields, "state_topic"), base),
        expire_after_s=None if not after else decoding.number(after, "expire_after"),
        availability=tuple(_topic(one, base) for one in _availability(fields)),
    )


def _availability(fields: dict[str, Any]) -> Iterator[str]:
    if single := _text(fields, "availability_topic"):
        yield single
    told = fields.get("availability")
    for one in told if isinstance(told, list) else [told]:
        if isinstance(one, dict) and (topic := _text(_long(one), "topic")):
            yield topic


def _topic(topic: str, base: str) -> str:
    if topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic


def _device(about: dict[str, Any]) -> str:
    told = about.get("identifiers")
    if not told and isinstance(about.get("connections"), list):
        pairs = about["connections"]
        told = [pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2]  # noqa: PLR2004
    first = told[0] if isinstance(told, list) and told else told
    return first[:_LONGEST] if isinstance(first, str) and first.isprintable() else ""


def _text(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    return value[:_LONGEST] if isinstance(value, str) else ""
