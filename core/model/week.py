"""Hours that come back every week on the clock of a zone: of rotas and of quiet hours. Pure.

A span is a wall-clock agreement ("Friday 22:00 to 07:00"); what counts is the two instants it stands for.
Each wall-clock time is one instant: in the hour that autumn repeats the first, in the hour that spring skips
the moment the clock jumps. So spans that meet on the clock meet in time too, on every day of the year
(docs/decisions/0141).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 7
DAY_WORDS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""What days of the week are called in files and by machines."""
DAY_MIN = 1440
WEEK_MIN = DAYS * DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class WeeklySpan:
    """From one time of day to another on some days of the week.

    Raises
    ------
    ValueError
        If a day or a minute is outside its range, or there is no day.
    """

    #: Days on which it begins, 0 for Monday to 6 for Sunday, ascending.
    days: tuple[int, ...]
    #: Minute of the day at which it begins, 0 to 1439.
    start: int
    #: Minute of the day at which it ends, 0 to 1439; on the next day unless later than ``start``.
    end: int

    def __post_init__(self) -> None:
        """Refuse what is no time of a week."""
        if not self.days or list(self.days) != sorted(set(self.days) & set(range(DAYS))):
            raise ValueError("a span has days from 0 (Monday) to 6 (Sunday), each once, in order")
        if not (0 <= self.start < DAY_MIN and 0 <= self.end < DAY_MIN):
            raise ValueError("a time of day is 0 to 1439 minutes after midnight")

    @property
    def minutes(self) -> int:
        """Length on the clock, 1 to 1440 minutes.

        Examples
        --------
        >>> WeeklySpan(days=(4,), start=22 * 60, end=7 * 60).minutes
        540
        """
        return (self.end - self.start - 1) % DAY_MIN + 1

    def week_minutes(self) -> Iterator[tuple[int, int]]:
        """Yield each day's span in minutes after Monday 00:00; Sunday night ends after 10080."""
        for day in self.days:
            begins = day * DAY_MIN + self.start
            yield begins, begins + self.minutes


@lru_cache(maxsize=4096)
def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC at which the clock of ``zone`` shows ``minute`` of ``day``.

    Examples
    --------
    >>> london = ZoneInfo("Europe/London")
    >>> instant(date(2026, 3, 29), 90, london).strftime("%H:%M")  # 01:30 does not exist
    '01:00'
    >>> instant(date(2026, 10, 25), 90, london).strftime("%H:%M")  # 01:30 comes twice
    '00:30'
    """
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    early = wall.replace(tzinfo=zone).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return early
    # the clock jumps over it: between the two readings of a time that is not there lies the jump
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), early
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def occurrences(
    span: WeeklySpan, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the instants between which ``span`` runs, in order, where they touch [start, end)."""
    day = start.astimezone(zone).date() - timedelta(days=2)
    last = end.astimezone(zone).date() + timedelta(days=1)
    while day <= last:
        if day.weekday() in span.days:
            begins = instant(day, span.start, zone)
            ends = instant(day, span.start + span.minutes, zone)
            if begins < end and ends > start and ends > begins:
                yield begins, ends
        day += timedelta(days=1)


def monday(moment: datetime, zone: ZoneInfo) -> date:
    """Return the Monday of the week in which ``moment`` lies."""
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())
