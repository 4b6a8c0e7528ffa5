"""Habits run by the clock on the wall: local hours, nights and days of a home. Pure.

Moments inside detection are seconds since 1970 in UTC (float, exact to the microsecond); they become
zone-aware datetimes again where a finding leaves the engine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

HOUR_S = 3600.0
DAY_S = 86400.0
BINS = 8
"""Three-hour bins of the local day; wide, so that a clock change of 1 h is mild (detection.md §0)."""
NIGHT_FROM_H = 23.0
NIGHT_UNTIL_H = 6.0
WAKING_FROM_H, WAKING_UNTIL_H = 7.0, 22.0
DAY_STARTS_H = 4.0
"""A day of behaviour runs from 04:00 to 04:00 local time (detection.md §0)."""
_SLOT_S = 900


def moment(seconds: float) -> datetime:
    """Return ``seconds`` since 1970 as a moment in UTC.

    Examples
    --------
    >>> moment(0.25).isoformat()
    '1970-01-01T00:00:00.250000+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC)


class LocalTime:
    """The wall clock of one zone.

    Parameters
    ----------
    zone
        IANA name, e.g. ``Europe/London``.

    Examples
    --------
    >>> LocalTime("Europe/London").hour(datetime(2026, 7, 1, 12, 30, tzinfo=UTC).timestamp())
    13.5
    """

    __slots__ = ("_day", "_offset", "_slot", "_waking", "_zone")

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._slot = -1
        self._offset = 0.0
        self._day = 0
        self._waking = False

    def offset(self, seconds: float) -> float:
        """Seconds that the wall clock is ahead of UTC at a moment."""
        slot = int(seconds // _SLOT_S)
        if slot != self._slot:
            self._look_up(slot)
        return self._offset

    def _look_up(self, slot: int) -> None:
        # zones, days and waking hours change on quarters of an hour: one look-up serves all of it
        start = slot * _SLOT_S
        delta = datetime.fromtimestamp(start, self._zone).utcoffset()
        self._offset = 0.0 if delta is None else delta.total_seconds()
        local = start + self._offset
        self._day = int((local - DAY_STARTS_H * HOUR_S) // DAY_S)
        self._waking = WAKING_FROM_H <= (local % DAY_S) / HOUR_S < WAKING_UNTIL_H
        self._slot = slot

    def hour(self, seconds: float) -> float:
        """Hour of the local day, 0 to below 24."""
        return ((seconds + self.offset(seconds)) % DAY_S) / HOUR_S

    def bin(self, seconds: float) -> int:
        """Three-hour bin of the local day, 0 to 7."""
        return int(((seconds + self.offset(seconds)) % DAY_S) // (DAY_S / BINS))

    def day(self, seconds: float) -> int:
        """Return the number of the day of behaviour (04:00 to 04:00) since 1970."""
        self.offset(seconds)
        return self._day

    def is_waking(self, seconds: float) -> bool:
        """Whether it is between 07:00 and 22:00."""
        self.offset(seconds)
        return self._waking

    def is_night(self, seconds: float) -> bool:
        """Whether it is between 23:00 and 06:00."""
        hour = self.hour(seconds)
        return hour >= NIGHT_FROM_H or hour < NIGHT_UNTIL_H

    def at(self, seconds: float) -> datetime:
        """Return the moment in this zone."""
        return datetime.fromtimestamp(seconds, self._zone)
