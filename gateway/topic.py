"""Where a message belongs: ``homes/{home}/{family}/…the family's own topic…``."""

from __future__ import annotations

import re
from typing import NamedTuple

from core.model.errors import Malformed
from core.model.ids import HomeId

HOME = re.compile(r"[A-Za-z0-9_-]{1,64}")
FAMILY = re.compile(r"[a-z0-9_]{1,40}")


class Address(NamedTuple):
    """A topic, taken apart."""

    home_id: HomeId
    family: str
    #: The family's own topic; never empty.
    rest: str


def parse(topic: str) -> Address:
    """Take a topic apart.

    Raises
    ------
    Malformed
        Saying what the topic should have been.

    Examples
    --------
    >>> parse("homes/7f3k/zigbee2mqtt/hall_motion/availability")
    Address(home_id='7f3k', family='zigbee2mqtt', rest='hall_motion/availability')
    >>> parse("homes/7f3k/zigbee2mqtt")
    Traceback (most recent call last):
    core.model.errors.Malformed: topic: expected homes/{home}/{family}/{the family's own topic}
    """
    parts = topic.split("/", 3)
    if len(parts) != 4 or parts[0] != "homes" or not parts[3]:  # noqa: PLR2004
        raise Malformed("topic", "homes/{home}/{family}/{the family's own topic}")
    _, home, family, rest = parts
    if HOME.fullmatch(home) is None:
        raise Malformed("topic", "a home of 1 to 64 letters, digits, hyphens or underscores")
    if FAMILY.fullmatch(family) is None:
        raise Malformed("topic", "a family of 1 to 40 small letters, digits or underscores")
    return Address(HomeId(home), family, rest)


def storable(text: str, limit: int = 65_535) -> str:
    r"""Return ``text`` so that any database takes it: NUL and lone surrogates escaped, cut at ``limit``.

    Examples
    --------
    >>> storable("a\x00b\ud800")
    'a\\x00b\\ud800'
    """
    if text.isascii() and "\x00" not in text:
        return text[:limit]
    whole = text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
    return whole[:limit]


def is_storable(text: str, limit: int) -> bool:
    r"""Tell whether ``text`` can stand in a key as it is: at most ``limit`` characters, nothing odd.

    Examples
    --------
    >>> is_storable("hall_motion", 200), is_storable("a\x00", 200), is_storable("x" * 201, 200)
    (True, False, False)
    """
    return len(text) <= limit and storable(text) == text
