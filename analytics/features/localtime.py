"""Habits run by the clock on the wall: local hours, nights and days of a home. Pure.

Moments inside detection are seconds since 1970 in UTC (float, exact to the microsecond); they become
zone-aware datetimes again where a finding leaves the engine.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR_S = 3600.0
DAY_S = 86400.0
BINS = 8
"""Three-hour bins of the local day; wide, so that a clock change of 1 h is mild (detection.md §0)."""
NIGHT_FROM_H = 23.0
NIGHT_UNTIL_H = 6.0
NOON_H = 12
WAKING_FROM_H, WAKING_UNTIL_H = 7.0, 22.0
DAY_STARTS_H = 4.0
"""A day of behaviour runs from 04:00 to 04:00 local time (detection.md §0)."""
_DAY_STARTS_S = DAY_STARTS_H * HOUR_S
_WAKING_FROM_S, _WAKING_UNTIL_S = WAKING_FROM_H * HOUR_S, WAKING_UNTIL_H * HOUR_S
_SLOT_S = 900.0
_MOST_CHANGE_S = 3 * HOUR_S
_MOST_WALLS = 32
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (the clock on the wall)


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

    __slots__ = ("_from", "_offset", "_until", "_walls", "_zone")

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._offset = 0.0
        #: Span in which the offset is known, in seconds.
        self._from = self._until = 0.0
        #: The last times of the wall clock that were asked for: of one day they are many times.
        self._walls: dict[tuple[int, float], float] = {}

    def offset(self, seconds: float) -> float:
        """Seconds that the wall clock is ahead of UTC at a moment."""
        if not self._from <= seconds < self._until:
            self._look_up(seconds)
        return self._offset

    def _look_up(self, seconds: float) -> None:
        # Zones change on quarters of an hour, and not twice a day: a day at whose both ends the offset
        # is the same has one offset. Only on the other days each quarter is looked up.
        for length in (DAY_S, _SLOT_S):
            start = seconds // length * length
            self._from, self._until = start, start + length
            self._offset = self._looked_up(start)
            if length == _SLOT_S or self._looked_up(self._until) == self._offset:
                return

    def _looked_up(self, seconds: float) -> float:
        delta = datetime.fromtimestamp(seconds, self._zone).utcoffset()
        return 0.0 if delta is None else delta.total_seconds()

    def hour(self, seconds: float) -> float:
        """Hour of the local day, 0 to below 24."""
        return ((seconds + self.offset(seconds)) % DAY_S) / HOUR_S

    def bin(self, seconds: float) -> int:
        """Three-hour bin of the local day, 0 to 7."""
        return int(((seconds + self.offset(seconds)) % DAY_S) // (DAY_S / BINS))

    def day(self, seconds: float) -> int:
        """Return the number of the day of behaviour (04:00 to 04:00) since 1970."""
        return int((seconds + self.offset(seconds) - _DAY_STARTS_S) // DAY_S)

    def next_day(self, seconds: float) -> float:
        """Return when the next day of behaviour begins, in seconds.

        Examples
        --------
        >>> LocalTime("Europe/London").next_day(datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp())
        1774753200.0
        """
        today = self.day(seconds)
        expected = (today + 1) * DAY_S + _DAY_STARTS_S - self.offset(seconds)
        # a clock change in between moves it by an hour or two
        slot = max(int(seconds // _SLOT_S) + 1, int((expected - _MOST_CHANGE_S) // _SLOT_S))
        while self.day(slot * _SLOT_S) == today:
            slot += 1
        return float(slot * _SLOT_S)

    def last_noon(self, seconds: float) -> float:
        """Return the last noon before or at a moment, in seconds; nights go from noon to noon."""
        day = self.day(seconds)
        noon = self._wall(day, NOON_H)
        return noon if noon <= seconds else self._wall(day - 1, NOON_H)

    def waking_s(self, start: float, end: float) -> float:
        """Seconds of a span that lie between 07:00 and 22:00."""
        total = 0.0
        for day in range(self.day(start), self.day(end) + 1):
            first, last = self._wall(day, WAKING_FROM_H), self._wall(day, WAKING_UNTIL_H)
            total += max(0.0, min(end, last) - max(start, first))
        return total

    def _wall(self, day: int, hour: float) -> float:
        known = self._walls.get((day, hour))
        if known is not None:
            return known
        if len(self._walls) >= _MOST_WALLS:
            self._walls.clear()
        date = (_EPOCH + timedelta(days=day, hours=hour)).replace(tzinfo=self._zone)
        self._walls[day, hour] = at = date.timestamp()
        return at

    def is_waking(self, seconds: float) -> bool:
        """Whether it is between 07:00 and 22:00."""
        return _WAKING_FROM_S <= (seconds + self.offset(seconds)) % DAY_S < _WAKING_UNTIL_S

    def is_night(self, seconds: float) -> bool:
        """Whether it is between 23:00 and 06:00."""
        hour = self.hour(seconds)
        return hour >= NIGHT_FROM_H or hour < NIGHT_UNTIL_H

    def at(self, seconds: float) -> datetime:
        """Return the moment in this zone."""
        return datetime.fromtimestamp(seconds, self._zone)
