"""Why a resident stands where they stand in the list: one line of words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.store.caseload import Beside, Reason
from dashboard.clinician.annotating import marking_words
from dashboard.clinician.numbers import FEWEST_BEFORE, FEWEST_RECENT, RECENT
from dashboard.dates import day_words
from dashboard.language import _, marked, ngettext
from dashboard.typesetting import percent
from dashboard.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.caseload import Case

TITLES = {
    Reason.CHANGED: marked("Days are changing"),
    Reason.URGENT: marked("Urgent alert this week"),
    Reason.MISSING: marked("Data is missing"),
    Reason.ALERTS: marked("Alerts this week"),
    Reason.USUAL: marked("As usual"),
    Reason.ARCHIVE: marked("A record of the past"),
}
SHAPES = {
    Reason.CHANGED: "check",
    Reason.URGENT: "urgent",
    Reason.MISSING: "blind",
    Reason.ALERTS: "notice",
    Reason.USUAL: "well",
    Reason.ARCHIVE: "archive",
}
WEEK_MIN = 7 * 1440
SPARK_DAYS = 28
"""Days of the small line."""


def why(case: Case) -> str:
    """Say in one line why."""
    alerts = _alerts(case)
    # a week in which the clock is set back has an hour more
    seen = {"share": percent(min(100.0, 100 * case.seen_min / WEEK_MIN))}
    match case.reason:
        case Reason.CHANGED:
            onset = case.onset.astimezone(case.zone).date() if case.onset else None
            what = in_words(case.what)
            words = {"what": what, "day": day_words(onset) if onset else ""}
            begun = _("Since %(day)s: %(what)s.") % words if onset else f"{what}."
            return begun + (f" {alerts}." if case.alerts else "")
        case Reason.URGENT | Reason.ALERTS:
            return f"{alerts}."
        case Reason.MISSING:
            only = _("Only %(share)s of the last 7 days was seen.") % seen
            return only + (f" {alerts}." if case.alerts else "")
        case Reason.ARCHIVE:
            return _("It is not watched any more.")
        case Reason.USUAL:
            return (
                _("No alert and no change was noticed. %(share)s of the last 7 days was seen.")
                % seen
            )


def _alerts(case: Case) -> str:
    words = {"n": case.alerts}
    if case.urgent and case.urgent == case.alerts:
        return (
            ngettext(
                "%(n)s urgent alert in the last 7 days",
                "%(n)s urgent alerts in the last 7 days",
                case.alerts,
            )
            % words
        )
    alerts = ngettext(
        "%(n)s alert in the last 7 days", "%(n)s alerts in the last 7 days", case.alerts
    )
    if not case.urgent:
        return alerts % words
    urgent = ngettext(", %(n)s of them urgent", ", %(n)s of them urgent", case.urgent)
    return alerts % words + urgent % {"n": case.urgent}


def marks_words(one: Beside) -> str:
    """Say what is marked in the days of the line; empty for nothing.

    Examples
    --------
    >>> from datetime import date
    >>> from core.model.annotation import AnnotationKind, Marking
    >>> stay = Marking(kind=AnnotationKind.HOSPITAL, first_day=date(2026, 1, 5),
    ...     last_day=date(2026, 1, 7), excludes=True)
    >>> marks_words(Beside(latest=stay, marks=1))
    'Hospital stay, 5 to 7 January 2026, left out'
    >>> marks_words(Beside(latest=stay, marks=3))
    'Hospital stay, 5 to 7 January 2026, left out; and 2 more'
    """
    if one.latest is None:
        return ""
    more = one.marks - 1
    text = marking_words(one.latest)
    return text + (_("; and %(n)s more") % {"n": more} if more else "")


def spark_words(values: Sequence[float | None], *, past: bool = False) -> str:
    """Say what the small line shows.

    Examples
    --------
    >>> spark_words([200.0] * 21 + [100.0] * 7)
    'Movement: 100 min a day in the last 7 days, 200 before'
    >>> spark_words([None] * 28)
    'Movement: not known'
    >>> spark_words([200.0] * 28, past=True)
    'Movement: 200 min a day in the last 7 days of the record, 200 before'
    """
    recent = [one for one in values[-RECENT:] if one is not None]
    before = [one for one in values[:-RECENT] if one is not None]
    if len(recent) < FEWEST_RECENT:
        return _("Movement: not known")
    words = {"recent": f"{np.median(recent):.0f}", "days": RECENT, "before": ""}
    text = (
        _("Movement: %(recent)s min a day in the last %(days)s days of the record")
        if past
        else _("Movement: %(recent)s min a day in the last %(days)s days")
    )
    if len(before) >= FEWEST_BEFORE:
        words["before"] = f"{np.median(before):.0f}"
        text += _(", %(before)s before")
    return text % words
