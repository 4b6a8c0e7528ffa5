"""How far an assessment is, and whether its days will suffice to answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from core.model.assessment import AssessmentPhase
from dashboard.clinician.numbers import FEWEST_BEFORE, LEAST_SEEN_MIN, RECENT
from dashboard.dates import day_words, days_words, span_words
from dashboard.language import _, marked

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from core.model.assessment import Assessment
    from dashboard.clinician.annotated import MarkedDays

SETTLED = timedelta(hours=7)
"""A day is counted six hours after it is over; within the seventh it is there."""
ENOUGH = FEWEST_BEFORE + RECENT
"""Days that count: fewer make no usual range with a week to hold against it."""
QUIET_DAYS = 2
DAY_MIN = 1440
PHASES = {
    AssessmentPhase.PLANNED: marked("Not begun yet"),
    AssessmentPhase.RUNNING: marked("Running"),
    AssessmentPhase.OVER: marked("Its days are over: end or extend it"),
    AssessmentPhase.ENDED: marked("Ended"),
    AssessmentPhase.ENDED_EARLY: marked("Ended early"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Days in a row of which less than 16 h were seen."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What there is so far."""

    #: Days from the first to the last, and those of them that are over.
    planned: int
    over: int
    counted: int
    left_out: int
    missing: int
    #: Of the time of the days that are over, 0 to 1.
    seen_share: float
    gaps: tuple[Gap, ...]

    @property
    def to_come(self) -> int:
        """Days that are not over."""
        return self.planned - self.over


def last_over(one: Assessment, now: datetime, zone: ZoneInfo) -> date:
    """Return the last day of an assessment that is over and counted, if it is seen at all."""
    settled = (now - SETTLED).astimezone(zone).date() - timedelta(days=1)
    return min(one.last_day, settled)


def progress(one: Assessment, found: MarkedDays | None) -> Progress:
    """Return how far an assessment is.

    Parameters
    ----------
    found
        Its days that are over; None before the first is.
    """
    planned = (one.last_day - one.first_day).days + 1
    if found is None:
        return Progress(
            planned=planned, over=0, counted=0, left_out=0, missing=0, seen_share=0.0, gaps=()
        )
    seen = found.days.seen().sum(axis=1)
    out = found.left_out
    poor = [
        day
        for day, minutes in zip(found.days.dates, seen, strict=True)
        if minutes < LEAST_SEEN_MIN and day not in out
    ]
    over = len(seen)
    return Progress(
        planned=planned,
        over=over,
        counted=over - len(out) - len(poor),
        left_out=len(out),
        missing=len(poor),
        seen_share=min(1.0, float(seen.sum()) / (DAY_MIN * over)),
        gaps=_gaps(poor),
    )


def _gaps(days: list[date]) -> tuple[Gap, ...]:
    found: list[Gap] = []
    for day in days:
        if found and found[-1].last == day - timedelta(days=1):
            found[-1] = Gap(first=found[-1].first, last=day)
        else:
            found.append(Gap(first=day, last=day))
    return tuple(found)


def warnings(one: Assessment, so_far: Progress, not_measured: tuple[str, ...]) -> tuple[str, ...]:
    """Say what may keep the assessment from answering its question, the worst first."""
    found = []
    likely = so_far.counted + so_far.to_come
    if likely < ENOUGH and one.end is None:
        found.append(
            _(
                "Even if every day from now on counts, there will be %(likely)s days; %(enough)s are needed"
                " to hold a week against what is usual. Extend it, or see to the sensors."
            )
            % {"likely": likely, "enough": ENOUGH}
        )
    elif likely < ENOUGH:
        found.append(
            _("%(n)s days count; %(enough)s are needed to hold a week against what is usual.")
            % {"n": so_far.counted, "enough": ENOUGH}
        )
    last = so_far.gaps[-1] if so_far.gaps else None
    ends = one.first_day + timedelta(days=so_far.over - 1)
    if last is not None and last.last == ends and last.days >= QUIET_DAYS and one.end is None:
        found.append(
            _("Since %(day)s too little was seen for a day to count. See to the sensors.")
            % {"day": day_words(last.first)}
        )
    if not_measured and so_far.over >= QUIET_DAYS:
        found.append(
            _("Not measured so far: %(names)s. No sensor told of it on any day.")
            % {"names": ", ".join(map(_, not_measured))}
        )
    return tuple(found)


def gap_words(one: Gap) -> str:
    """Say a gap.

    Examples
    --------
    >>> gap_words(Gap(first=date(2026, 1, 5), last=date(2026, 1, 6)))
    '5 to 6 January 2026 (2 days)'
    """
    return f"{span_words(one.first, one.last)} ({days_words(one.days)})"
