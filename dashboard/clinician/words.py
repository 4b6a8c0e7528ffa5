"""What has changed and what was seen, in words with numbers. Pure. No word of a disease."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.clinician.measures import said
from dashboard.clinician.numbers import RECENT
from dashboard.dates import date_words, day_words
from dashboard.language import _, ngettext
from dashboard.typesetting import percent

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
    return _(
        "%(name)s: %(recent)s in the last %(recent_days)s days; before usually %(usual)s, from %(low)s to"
        " %(high)s (%(days)s days)"
    ) % {
        "name": _(measure.name),
        "recent": said(measure, change.recent),
        "recent_days": RECENT,
        "usual": said(measure, change.usual),
        "low": said(measure, change.low),
        "high": said(measure, change.high),
        "days": change.days,
    }


def coverage_words(days: Days) -> str:
    """Say how much of the time was seen."""
    seen = days.seen().sum(axis=1)
    share = min(1.0, float(seen.sum()) / (1440 * max(len(seen), 1)))
    blank = int((seen == 0).sum())
    text = _("%(share)s of the time from %(first)s to %(last)s was seen.") % {
        "share": percent(100 * share),
        "first": day_words(days.dates[0]),
        "last": date_words(days.dates[-1]),
    }
    if blank:
        text += " " + ngettext(
            "Of %(n)s day nothing is known.", "Of %(n)s days nothing is known.", blank
        ) % {"n": blank}
    if share < SEEN_WELL:
        text += " " + _("What was not seen is hatched, and stands as not known in the tables.")
    return text
