"""Values as products really send them: numbers as text, and the many words for yes and no."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from core.model.errors import Malformed
from core.model.quantity import Quantity
from sensors import decoding
from sensors.driver import Reading

Rule = Callable[[object, str], float]
"""Takes a value and its field's name; returns the value in the quantity's unit or raises Malformed."""
Table = Mapping[str, tuple[Quantity, Rule]]
"""What the fields of a family mean."""

_YES = frozenset({"on", "true", "yes", "1", "detected", "present", "occupied", "alarm"})
_NO = frozenset({"off", "false", "no", "0", "clear", "absent", "unoccupied", "normal"})
_OPEN = _YES | {"open", "opened", "opening"}
_CLOSED = _NO | {"close", "closed", "closing"}
_LONGEST = 40
_AMOUNT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)\s*[^\d\s.,+-]{0,6}\s*")
"""A number, and after it at most a unit."""


def amount(value: object, field: str) -> float:
    """Return a number that may come as text, with its unit after it.

    Raises
    ------
    Malformed
        If it is anything else.

    Examples
    --------
    >>> amount("52.6", "hum"), amount("21.5 °C", "temperature"), amount(7, "lux")
    (52.6, 21.5, 7.0)
    """
    if isinstance(value, str):
        found = _AMOUNT.fullmatch(value) if len(value) <= _LONGEST else None
        if found is None:
            raise Malformed(field, "a number")
        return float(found[1])
    return decoding.number(value, field)


def scaled(factor: float) -> Rule:
    """Return a rule for a number in another unit.

    Examples
    --------
    >>> scaled(1000)("3.1 V", "volt")
    3100.0
    """
    return lambda value, field: amount(value, field) * factor


def fahrenheit(value: object, field: str) -> float:
    """Return degrees Celsius.

    Examples
    --------
    >>> fahrenheit("66.56", "tempf")
    19.2
    """
    return round((amount(value, field) - 32) / 1.8, 6)


def yes(value: object, field: str) -> float:
    """Return 1 or 0 for a state however it is spelt.

    Raises
    ------
    Malformed
        If it is neither.

    Examples
    --------
    >>> yes(True, "a"), yes("OFF", "a"), yes(1, "a"), yes("true", "a")
    (1.0, 0.0, 1.0, 1.0)
    """
    return _one_of(value, field, (_YES, _NO), "on or off, true or false, 1 or 0")


def no(value: object, field: str) -> float:
    """Return 0 for yes and 1 for no, as `yes`."""
    return 1.0 - yes(value, field)


def opened(value: object, field: str) -> float:
    """Return 1 for open and 0 for closed.

    Raises
    ------
    Malformed
        If it is neither.

    Examples
    --------
    >>> opened("close", "state"), opened("open", "state"), opened(1, "window")
    (0.0, 1.0, 1.0)
    """
    return _one_of(value, field, (_OPEN, _CLOSED), "open or closed")


def _one_of(
    value: object, field: str, words: tuple[frozenset[str], frozenset[str]], expected: str
) -> float:
    if value is True or value is False:
        return float(value)
    if isinstance(value, int | float):
        if value in (0, 1):
            return float(value)
    elif isinstance(value, str) and len(value) <= _LONGEST:
        word = value.strip().casefold()
        if word in words[0]:
            return 1.0
        if word in words[1]:
            return 0.0
    raise Malformed(field, expected)


def text(payload: bytes, field: str = "payload") -> str:
    """Return a payload that is one short word or number, without quotes around it.

    Raises
    ------
    Malformed
        If it is longer than 200 characters or no UTF-8.
    """
    if len(payload) > decoding.NAME_LENGTH:
        raise Malformed(field, f"at most {decoding.NAME_LENGTH} bytes")
    try:
        return payload.decode().strip().strip('"')
    except UnicodeDecodeError as error:
        raise Malformed(field, "text in UTF-8") from error


def online(payload: bytes) -> bool:
    """Return what a last will or availability says: a word, or a JSON object with ``state``.

    Raises
    ------
    Malformed
        If it says neither.

    Examples
    --------
    >>> online(b"Online"), online(b'{"state":"offline"}'), online(b"true")
    (True, False, True)
    """
    word: object = text(payload, "state")
    if payload.lstrip().startswith(b"{"):
        word = (decoding.decode_object(payload) or {}).get("state")
    known = {"online": True, "true": True, "offline": False, "false": False}
    found = known.get(word.casefold()) if isinstance(word, str) else None
    if found is None:
        raise Malformed("state", "online or offline")
    return found


def read(
    fields: Mapping[str, Any],
    table: Table,
    *,
    at: datetime | None = None,
    discriminator: str = "",
    without: Iterable[str] = (),
) -> list[Reading]:
    """Return the readings of the fields that ``table`` knows; null says nothing.

    Raises
    ------
    Malformed
        Naming the field, if one is not what the table expects or impossible.
    """
    found: list[Reading] = []
    for key, value in fields.items():
        meaning = table.get(key)
        if meaning is None or value is None or key in without:
            continue
        quantity, rule = meaning
        found.append(
            decoding.reading(
                quantity, rule(value, key), key, discriminator=discriminator, observed_at=at
            )
        )
    return found
