"""Homie 5, 4 and 3: the convention for MQTT devices. Topics as in its text, homieiot.github.io.

===============================================  =====================================================
topic                                            what is read
===============================================  =====================================================
``homie/5/DEVICE/$state``, ``DEVICE/$state``     ready, init, alert and sleeping: there; disconnected
                                                 and lost (its last will): gone
``…/NODE/PROPERTY``                              by the property's name, or the node's, see
                                                 `sensors.names`; the node tells equal ones apart
``DEVICE/$stats/battery``, ``…/supply``          the battery (versions 3 and 4)
``…/$description``, ``…/$alert/ID``              only that the device is there: `describe` tells what a
                                                 description promises
``…/set``, ``…/$target``, ``$broadcast``         not ours
===============================================  =====================================================

A value comes without its unit, which only the description tells: temperatures are taken for °C, voltages for
V. A property called ``contact`` has to say ``open`` or ``closed``: what ``true`` means there is not agreed.
One called ``door``, ``window`` or ``opening`` is ``true`` while open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.errors import Malformed, Unsupported
from sensors import decoding, uplink
from sensors.driver import Decoded, Reporting, Supply
from sensors.names import meaning, named

if TYPE_CHECKING:
    from core.model.quantity import Quantity
    from sensors.driver import Reading

_STATES = {
    "init": True,
    "ready": True,
    "alert": True,
    "sleeping": True,
    "disconnected": False,
    "lost": False,
}
_VERSION = "5"
_STATS = frozenset({"battery", "supply", "cputemp"})
_OUTWARD = frozenset({"set", "$target"})
_PROPERTY_LEVELS = 3
_LONGEST_VALUE = 200


class _Homie:
    family = "homie"
    title = "Homie 5 (and 3, 4)"
    quantities = uplink.QUANTITIES
    setup = 'in the broker of the home, a bridge with topic homie/# out 1 "" homes/HOME/'
    reporting = Reporting(
        interval_s=3600,
        heartbeat=False,
        supply=Supply.EITHER,
        battery="A property called battery, or $stats/battery with versions 3 and 4.",
    )
    protocols = frozenset({"homie", "homie-5", "homie-4"})
    bases = ("homie/",)
    example_topic = "5/device/$state"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        levels = topic.split("/")
        if levels[0] == _VERSION and len(levels) > 2:  # noqa: PLR2004 (version, device, something)
            levels = levels[1:]
        if levels[0].startswith("$"):
            raise Unsupported("homie: to all devices")
        device = decoding.name(levels[0])
        rest = levels[1:]
        if not rest or not all(rest):
            raise Malformed("topic", "DEVICE/$state or DEVICE/NODE/PROPERTY")
        if rest == ["$state"]:
            return Decoded(external_id=device, online=_state(payload))
        if rest == ["$fw", "version"]:
            return Decoded(external_id=device, firmware=decoding.version(_text(payload)))
        if rest[-1] in _OUTWARD:
            raise Unsupported(f"homie: {rest[-1]}")
        return Decoded(external_id=device, readings=tuple(_readings(rest, payload)))


def _state(payload: bytes) -> bool:
    word = payload.decode("utf-8", "replace")
    if word not in _STATES:
        raise Malformed("$state", f"one of {', '.join(_STATES)}")
    return _STATES[word]


def _readings(rest: list[str], payload: bytes) -> list[Reading]:
    if rest[0] == "$stats" and rest[-1] in _STATS:
        return named(f"stats{rest[-1]}" if rest[-1] != "cputemp" else "cputemp", _text(payload))
    if len(rest) != _PROPERTY_LEVELS - 1 or any(level.startswith("$") for level in rest):
        return []
    node, name = rest
    if meaning(name) is not None:
        return named(name, _text(payload), channel="" if node == name else node)
    return named(node, _text(payload), channel=name)


def _text(payload: bytes) -> str:
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise Malformed("payload", "text in UTF-8") from error
    if len(text) > _LONGEST_VALUE:
        raise Malformed("payload", f"a value of at most {_LONGEST_VALUE} characters")
    return text.strip("\0")


def describe(payload: bytes) -> tuple[Quantity, ...]:
    """Return the quantities that a ``$description`` promises, by the names of its properties.

    Raises
    ------
    Malformed
        If it is no JSON object.

    Examples
    --------
    >>> text = b'{"nodes": {"hall": {"properties": {"motion": {"datatype": "boolean"}}}}}'
    >>> [quantity.value for quantity in describe(text)]
    ['motion']
    """
    fields = decoding.decode_object(payload)
    if fields is None:
        raise Malformed("payload", "a JSON object")
    found: dict[Quantity, None] = {}
    for node, about in uplink.part(fields, "nodes").items():
        properties = uplink.part(about, "properties") if isinstance(about, dict) else {}
        for name in properties:
            known = meaning(name) or meaning(node)
            if known is not None:
                found[known.quantity] = None
    return tuple(found)


DRIVER = _Homie()
