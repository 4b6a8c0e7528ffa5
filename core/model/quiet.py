"""Quiet hours of a person: when only what is urgent may wake them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from core.model.errors import Malformed
from core.model.finding import Severity
from core.model.week import DAYS, WEEK_MIN, WeeklySpan, occurrences
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_WINDOWS = 8
LONGEST = timedelta(hours=72)
"""Longest time without a break in which a person may be kept from what is not urgent: a long weekend."""
MINUTE = timedelta(minutes=1)
NIGHT = WeeklySpan(days=tuple(range(DAYS)), start=21 * 60, end=8 * 60)
"""Nobody is woken by a notice in these hours, whatever hours they keep: it waits for the morning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """The hours in which a person is woken by urgent alerts only."""

    zone: ZoneInfo
    windows: tuple[WeeklySpan, ...] = ()

    def until(self, moment: datetime) -> datetime | None:
        """Return when the quiet in which ``moment`` lies ends; None when it lies in none.

        Windows that meet or overlap are one quiet.

        Examples
        --------
        >>> from datetime import UTC
        >>> night = WeeklySpan(days=(4,), start=22 * 60, end=7 * 60)
        >>> hours = QuietHours(zone=ZoneInfo("Europe/London"), windows=(night,))
        >>> str(hours.until(datetime(2026, 1, 3, 3, tzinfo=UTC)))  # the night to a Saturday
        '2026-01-03 07:00:00+00:00'
        >>> hours.until(datetime(2026, 1, 4, 3, tzinfo=UTC)) is None
        True
        """
        end = moment
        limit = moment + timedelta(days=DAYS)
        while end < limit:
            further = max(
                (
                    ends
                    for window in self.windows
                    for begins, ends in occurrences(window, self.zone, end, end + MINUTE)
                    if begins <= end < ends
                ),
                default=end,
            )
            if further == end:
                break
            end = further
        return None if end == moment else end

    def meet(self, start: datetime, end: datetime) -> bool:
        """Tell whether any part of [start, end) is quiet, however short it is.

        Examples
        --------
        >>> from datetime import UTC
        >>> nap = WeeklySpan(days=(0,), start=13 * 60 + 10, end=13 * 60 + 20)
        >>> hours = QuietHours(zone=ZoneInfo("UTC"), windows=(nap,))
        >>> noon = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
        >>> hours.meet(noon, noon + timedelta(hours=6)), hours.meet(noon, noon + timedelta(hours=1))
        (True, False)
        """
        spans = (occurrences(window, self.zone, start, end) for window in self.windows)
        return any(True for one in spans for _ in one)


def held_until(
    hours: QuietHours | None, severity: Severity, moment: datetime, zone: ZoneInfo
) -> datetime | None:
    """Return until when something of this severity is held for a person; None for not at all.

    Parameters
    ----------
    hours
        The person's quiet hours; None when they keep none.
    zone
        Zone whose night counts for a person who keeps none.
    """
    if severity is Severity.URGENT:
        return None
    windows = hours.windows if hours else ()
    if severity is Severity.NOTICE:
        windows = (*windows, NIGHT)
    return QuietHours(zone=hours.zone if hours else zone, windows=windows).until(moment)


def check(windows: Iterable[WeeklySpan]) -> None:
    """Refuse quiet hours that would keep something from a person for too long.

    Raises
    ------
    Malformed
        Naming ``windows``.
    """
    found = tuple(windows)
    if len(found) > MOST_WINDOWS:
        raise Malformed("windows", marked("at most %(n)s times of the week"), n=MOST_WINDOWS)
    if longest_min((*found, NIGHT)) > LONGEST / MINUTE:
        raise Malformed(
            "windows",
            marked(
                "a break between 08:00 and 21:00 at least every %(hours)s hours, so that what is held can"
                " reach you"
            ),
            hours=int(LONGEST / timedelta(hours=1)),
        )


def longest_min(windows: Iterable[WeeklySpan]) -> int:
    """Return the longest quiet without a break in minutes of the clock; 10080 for no break at all.

    Examples
    --------
    >>> weekend = WeeklySpan(days=(5, 6), start=0, end=0)
    >>> longest_min([weekend, WeeklySpan(days=(0,), start=0, end=8 * 60)])
    3360
    """
    quiet = [False] * WEEK_MIN
    for window in windows:
        for begins, ends in window.week_minutes():
            for minute in range(begins, ends):
                quiet[minute % WEEK_MIN] = True
    if all(quiet):
        return WEEK_MIN
    run = longest = 0
    for still in quiet + quiet:
        run = run + 1 if still else 0
        longest = max(longest, run)
    return longest


def to_json(windows: Iterable[WeeklySpan]) -> list[dict[str, Any]]:
    """Return windows as they are stored."""
    return [{"days": list(one.days), "start": one.start, "end": one.end} for one in windows]


def from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[WeeklySpan, ...]:
    """Read stored windows."""
    return tuple(
        WeeklySpan(days=tuple(one["days"]), start=one["start"], end=one["end"]) for one in stored
    )


def all_quiet(
    people: Sequence[QuietHours], start: datetime, end: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the times in [start, end) in which every one of these people keeps quiet hours."""
    if not people:
        return ()
    edges = {start, end}
    for hours in people:
        for window in hours.windows:
            for both in occurrences(window, hours.zone, start, end):
                edges.update(both)
    found: list[tuple[datetime, datetime]] = []
    for begins, ends in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        if not all(hours.until(begins) for hours in people):
            continue
        if found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return tuple(found)
