"""What has changed and what was seen, in words with numbers. Pure. No word of a disease."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.clinician.measures import said
from dashboard.clinician.numbers import RECENT

if TYPE_CHECKING:
    from dashboard.clinician.numbers import Change, Days

SEEN_WELL = 0.95


def change_words(change: Change) -> str:
    """Say one change.

    Examples
    --------
    >>> from dashboard.clinician.measures import BY_KEY
    >>> from dashboard.clinician.numbers import Change
    >>> change_words(Change(measure=BY_KEY["exits"], recent=3, low=0, usual=1, high=2,
    ...     recent_days=7, days=21))
    'Times out of bed: 3 in the last 7 days; before usually 1, from 0 to 2 (21 days)'
    """
    measure = change.measure
    return (
        f"{measure.name}: {said(measure, change.recent)} in the last {RECENT} days; before usually"
        f" {said(measure, change.usual)}, from {said(measure, change.low)} to"
        f" {said(measure, change.high)} ({change.days} days)"
    )


def coverage_words(days: Days) -> str:
    """Say how much of the time was seen."""
    seen = days.seen().sum(axis=1)
    share = min(1.0, float(seen.sum()) / (1440 * max(len(seen), 1)))
    blank = int((seen == 0).sum())
    text = f"{share:.0%} of the time from {days.dates[0]:%-d %B} to {days.dates[-1]:%-d %B %Y} was seen."
    if blank:
        text += f" Of {blank} {'day' if blank == 1 else 'days'} nothing is known."
    if share < SEEN_WELL:
        text += " What was not seen is hatched, and stands as not known in the tables."
    return text
