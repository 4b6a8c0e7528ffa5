"""What every driver needs: JSON, numbers, flags and times out of untrusted bytes, with clear refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from core.model.errors import Malformed
from core.model.quantity import Quantity, definition
from sensors.driver import Reading

if TYPE_CHECKING:
    from core.model.observation import Position

CLOCK_SET_SINCE = datetime(2010, 1, 1, tzinfo=UTC)
"""A device that tells an earlier time has not set its clock yet: it tells no time."""
_SET_S, _QUICK_S = CLOCK_SET_SINCE.timestamp(), 4e9
_MILLISECONDS_FROM = 1e11
"""Epoch numbers above this are milliseconds: as seconds they would lie beyond the year 5000."""
NAME_LENGTH = 200
VERSION_LENGTH = 60
_LARGEST_VERSION = 1 << 63


def decode_object(payload: bytes) -> dict[str, Any] | None:
    """Return the JSON object in ``payload``; None when it is JSON of another kind.

    Raises
    ------
    Malformed
        If it is no JSON.
    """
    try:
        value = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Malformed("payload", "JSON") from error
    return value if isinstance(value, dict) else None


def number(value: object, field: str) -> float:
    """Return a JSON number.

    Raises
    ------
    Malformed
        If it is anything else, a truth value or a text included, or too large for any quantity.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(field, "a number")
    try:
        return float(value)
    except OverflowError as error:
        raise Malformed(field, "a number of usual size") from error


def flag(value: object, field: str) -> bool:
    """Return a JSON truth value.

    Raises
    ------
    Malformed
        If it is anything else.
    """
    if not isinstance(value, bool):
        raise Malformed(field, "true or false")
    return value


def moment(value: object, field: str) -> datetime | None:
    """Return a time given as ISO 8601 text or as seconds or milliseconds since 1970, in UTC.

    None for null, and for a clock that is not set (`CLOCK_SET_SINCE`).

    Raises
    ------
    Malformed
        If it is none of these, or has no zone. A time that is to come is one: whether it can be is for
        the gateway to say, for a call for help must not be held back for a clock.

    Examples
    --------
    >>> moment("2026-11-23T10:00:00.5+01:00", "t").isoformat()
    '2026-11-23T09:00:00.500000+00:00'
    >>> moment(1_790_000_000_000, "t") == moment(1_790_000_000, "t")
    True
    """
    if value is None:
        return None
    if type(value) is float and _SET_S <= value <= _QUICK_S:  # nearly all of them
        return datetime.fromtimestamp(value, UTC)
    found = _parsed(value, field)
    return found if found >= CLOCK_SET_SINCE else None


def _parsed(value: object, field: str) -> datetime:
    expected = "ISO 8601 with a zone, or seconds or milliseconds since 1970"
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            if found.tzinfo is None:
                raise Malformed(field, expected)
            return found.astimezone(UTC)
        since = number(value, field)
        return datetime.fromtimestamp(since / 1000 if since > _MILLISECONDS_FROM else since, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed(field, expected) from error


def reading(
    quantity: Quantity,
    value: float,
    field: str,
    *,
    discriminator: str = "",
    observed_at: datetime | None = None,
    position: Position | None = None,
) -> Reading:
    """Return a reading whose value is possible.

    Raises
    ------
    Malformed
        Naming ``field``, if the value is out of the quantity's range or the discriminator too long.
    """
    if len(discriminator) > NAME_LENGTH or "\0" in discriminator:
        raise Malformed(field, f"at most {NAME_LENGTH} printable characters")
    return Reading(
        quantity=quantity,
        value=definition(quantity).check(value, field),
        discriminator=discriminator,
        observed_at=observed_at,
        position=position,
    )


def name(topic_part: str) -> str:
    """Return the name of a device as it stands in a topic.

    Raises
    ------
    Malformed
        If it is empty, too long or not printable.
    """
    if not topic_part or len(topic_part) > NAME_LENGTH or not topic_part.isprintable():
        raise Malformed("topic", f"a device name of 1 to {NAME_LENGTH} printable characters")
    return topic_part


def version(value: object) -> str:
    """Return the name of a version of firmware; empty where it is none: nothing hangs on it.

    Examples
    --------
    >>> version(" 1.14.1-gb1 "), version(16777241), version(-1), version(None)
    ('1.14.1-gb1', '16777241', '', '')
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value < _LARGEST_VERSION else ""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= VERSION_LENGTH and text.isprintable() else ""


def coordinates(fields: dict[str, Any], latitude: str, longitude: str) -> tuple[float, float]:
    """Return degrees north and east.

    Raises
    ------
    Malformed
        Naming the field, if one is missing or impossible.
    """
    north = number(fields.get(latitude), latitude)
    east = number(fields.get(longitude), longitude)
    if not -90 <= north <= 90:  # noqa: PLR2004 (the poles)
        raise Malformed(latitude, "degrees from -90 to 90")
    if not -180 <= east <= 180:  # noqa: PLR2004 (the date line)
        raise Malformed(longitude, "degrees from -180 to 180")
    return north, east
