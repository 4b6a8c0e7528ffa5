"""Since when what the broker sends does not reach the log. Pure: it is told the time."""

from __future__ import annotations

from datetime import datetime, timedelta

STANDS_AFTER = timedelta(seconds=15)
"""A commit takes some milliseconds; what waits longer than this has come and is not in the log."""


class Standstill:
    """Watches that what is heard is stored: a gateway that hears and can not store proves nothing.

    Examples
    --------
    >>> noon, minute = datetime(2026, 3, 2, 12), timedelta(minutes=1)
    >>> watch = Standstill()
    >>> watch.look(noon, waits=False) is None, watch.look(noon + minute, waits=True) == noon
    (True, True)
    >>> watch.stored(noon + 2 * minute), watch.look(noon + 2 * minute, waits=True) is None
    (True, True)
    """

    def __init__(self) -> None:
        self._moved_at: datetime | None = None

    def stored(self, now: datetime) -> bool:
        """Note that something that waited was stored; return whether that ends a standstill."""
        stood = self._since(now) is not None
        self._moved_at = now
        return stood

    def look(self, now: datetime, *, waits: bool) -> datetime | None:
        """Return since when nothing is stored although something waits; None where all is well."""
        if not waits or self._moved_at is None or now < self._moved_at:
            self._moved_at = now
        return self._since(now)

    def _since(self, now: datetime) -> datetime | None:
        since = self._moved_at
        return since if since is not None and now - since > STANDS_AFTER else None
