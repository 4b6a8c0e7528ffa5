"""Alerts by week, and how they ended, as the history shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from core.model.finding import Outcome
from core.model.playbook import UNWATCHED
from dashboard.language import _, ngettext
from dashboard.standing import standing
from dashboard.wording import calendar_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from core.store.page import AlertCard
    from dashboard.standing import Standing

WEEKS = 4
"""So many are shown at once."""
WEEK = timedelta(days=7)
REAL = frozenset({Outcome.HELPED, Outcome.TRUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The alerts that began in one week."""

    monday: date
    #: The latest first, each with how it stands.
    cards: tuple[tuple[AlertCard, Standing], ...]
    #: False where there are more than these: nothing is counted then.
    whole: bool = True

    @property
    def sunday(self) -> date:
        """The week's last day."""
        return self.monday + timedelta(days=6)


def monday_of(day: date) -> date:
    """Return the first day of a week.

    Examples
    --------
    >>> monday_of(date(2026, 1, 15)).isoformat()
    '2026-01-12'
    """
    return day - timedelta(days=day.weekday())


def bounds(last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return from when until when the weeks up to the one of ``last`` are, by the home's clock."""
    monday = monday_of(last)
    first, end = monday - (WEEKS - 1) * WEEK, monday + WEEK
    return (
        datetime.combine(first, time(), zone).astimezone(UTC),
        datetime.combine(end, time(), zone).astimezone(UTC),
    )


def by_week(
    cards: Sequence[AlertCard], last: date, zone: ZoneInfo, *, whole: bool = True
) -> tuple[Week, ...]:
    """Return the weeks up to the one of ``last``, the latest first, also those without an alert.

    Parameters
    ----------
    whole
        False where there are more than these cards, the latest: the week in which they end is not counted,
        and of those before nothing is said.
    """
    newest = monday_of(last)
    found: dict[date, list[tuple[AlertCard, Standing]]] = {
        newest - back * WEEK: [] for back in range(WEEKS)
    }
    for card in cards:
        monday = monday_of(card.alert.onset.astimezone(zone).date())
        if monday in found:
            found[monday].append((card, standing(card)))
    cut = min((monday for monday, own in found.items() if own), default=newest)
    return tuple(
        Week(monday=monday, cards=tuple(own), whole=whole or monday > cut)
        for monday, own in found.items()
        if whole or monday >= cut
    )


def title(week: Week, today: date) -> str:
    """Return what a week is called.

    Examples
    --------
    >>> today = date(2026, 1, 15)
    >>> [title(Week(monday=date(2026, month, day), cards=()), today)
    ...     for month, day in ((1, 12), (1, 5))]
    ['This week', '5 to 11 January']
    >>> title(Week(monday=date(2025, 12, 29), cards=()), today)
    '29 December 2025 to 4 January'
    """
    if week.monday <= today <= week.sunday:
        return _("This week")
    whole = calendar_day(week.monday, today)
    first = str(week.monday.day) if week.monday.month == week.sunday.month else whole
    return _("%(first)s to %(last)s") % {"first": first, "last": calendar_day(week.sunday, today)}


def tally(week: Week) -> str:
    """Return a week's count in words.

    Examples
    --------
    >>> tally(Week(monday=date(2026, 1, 12), cards=()))
    'No alerts'
    """
    alerts = [stands for card, stands in week.cards if card.alert.detector != UNWATCHED]
    text = _tally(alerts)
    asked = len(week.cards) - len(alerts)
    if not asked:
        return text
    of_them = ngettext(
        "%(n)s question whether somebody is there",
        "%(n)s questions whether somebody is there",
        asked,
    )
    return _("%(alerts)s; %(questions)s") % {"alerts": text, "questions": of_them % {"n": asked}}


def _tally(alerts: Sequence[Standing]) -> str:
    if not alerts:
        return _("No alerts")
    count = len(alerts)
    text = ngettext("%(n)s alert", "%(n)s alerts", count) % {"n": count}
    real = sum(stands.outcome in REAL for stands in alerts)
    false = sum(stands.outcome is Outcome.FALSE for stands in alerts)
    parts = []
    if real:
        parts.append(ngettext("%(n)s was real", "%(n)s were real", real) % {"n": real})
    if false:
        parts.append(ngettext("%(n)s false alarm", "%(n)s false alarms", false) % {"n": false})
    return f"{text}: {', '.join(parts)}" if parts else text
