"""Why a resident stands where they stand in the list: one line of words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.store.caseload import Reason
from dashboard.clinician.numbers import FEWEST_BEFORE, FEWEST_RECENT, RECENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.caseload import Case

TITLES = {
    Reason.CHANGED: "Days are changing",
    Reason.URGENT: "Urgent alert this week",
    Reason.MISSING: "Data is missing",
    Reason.ALERTS: "Alerts this week",
    Reason.USUAL: "As usual",
    Reason.ARCHIVE: "A record of the past",
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
    alerts = f"{case.alerts} {'alert' if case.alerts == 1 else 'alerts'} in the last 7 days"
    if case.urgent:
        alerts += f", {case.urgent} of them urgent"
    seen = f"{case.seen_min / WEEK_MIN:.0%} of the last 7 days was seen"
    match case.reason:
        case Reason.CHANGED:
            since = case.onset.astimezone(case.zone) if case.onset else None
            begun = f"Since {since:%-d %B}: " if since else ""
            return f"{begun}{case.what}." + (f" {alerts}." if case.alerts else "")
        case Reason.URGENT | Reason.ALERTS:
            return f"{alerts}."
        case Reason.MISSING:
            return f"Only {seen}." + (f" {alerts}." if case.alerts else "")
        case Reason.ARCHIVE:
            return "It is not watched any more."
        case Reason.USUAL:
            return f"No alert and no change was noticed. {seen.capitalize()}."


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
        return "Movement: not known"
    text = f"Movement: {np.median(recent):.0f} min a day in the last {RECENT} days" + (
        " of the record" if past else ""
    )
    return text + (f", {np.median(before):.0f} before" if len(before) >= FEWEST_BEFORE else "")
