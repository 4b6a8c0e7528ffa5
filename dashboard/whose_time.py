"""Whose clock a page tells the time by, said where it could be taken for another (0242). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.dates import get_timezone_location

from dashboard.typesetting import locale_tag

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo


def differ(zones: Iterable[ZoneInfo], now: datetime) -> bool:
    """Tell whether the clocks of some zones differ now.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    >>> differ([ZoneInfo("Europe/London"), ZoneInfo("Europe/Lisbon")], now)
    False
    >>> differ([ZoneInfo("Europe/London"), ZoneInfo("Asia/Dhaka")], now), differ([], now)
    (True, False)
    """
    return len({now.astimezone(zone).utcoffset() for zone in zones}) > 1


def place(zone: ZoneInfo) -> str:
    """Return the place whose clock it is, in the language in use.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> place(ZoneInfo("America/Argentina/Buenos_Aires")), place(ZoneInfo("UTC"))
    ('Buenos Aires', 'UTC')
    """
    return get_timezone_location(zone, locale=locale_tag(), return_city=True)
