"""An assessment: a question about somebody that some weeks shall answer, and the kit lent for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from core.model.ids import DeviceId, HomeId, ResidentId

AssessmentId = NewType("AssessmentId", int)
SHORTEST_DAYS, LONGEST_DAYS = 21, 42
"""Three to six weeks: what councils buy."""
MOST_DAYS = 84
"""Extended, it lasts at most so long; after that it is a new question."""


class NamedAs(StrEnum):
    """How the report names the resident."""

    NAME = "name"
    INITIALS = "initials"
    REFERENCE = "reference"


class AssessmentPhase(StrEnum):
    """How far an assessment is."""

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"
    """Its last day is over, and nobody has ended it yet."""
    ENDED = "ended"
    ENDED_EARLY = "ended_early"


class KitState(StrEnum):
    """What became of a device on loan."""

    LENT = "lent"
    RETURNED = "returned"
    LOST = "lost"
    NOT_LENT = "not_lent"
    """It was on the list by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentStep:
    """It lasts longer, or ended."""

    #: True where it ended, false where it was extended.
    ends: bool
    last_day: date
    reason: str
    #: Name of who did it. Personal: never in logs.
    author: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A question, who asked it, and its days."""

    assessment_id: AssessmentId
    resident_id: ResidentId
    home_id: HomeId
    question: str
    asked_by: str
    named_as: NamedAs
    #: By what a report names the resident where it is by reference; also for the asker's files.
    reference: str
    first_day: date
    #: The last day as planned at first.
    planned_day: date
    author: str
    at: datetime
    steps: tuple[AssessmentStep, ...] = ()

    @property
    def last_day(self) -> date:
        """The last day as things stand."""
        return self.steps[-1].last_day if self.steps else self.planned_day

    @property
    def due_day(self) -> date:
        """The last day that was planned before it ended."""
        longer = [one.last_day for one in self.steps if not one.ends]
        return longer[-1] if longer else self.planned_day

    @property
    def end(self) -> AssessmentStep | None:
        """How it ended; None while it has not."""
        return self.steps[-1] if self.steps and self.steps[-1].ends else None

    def phase(self, today: date) -> AssessmentPhase:
        """Return how far it is."""
        if self.end is not None:
            early = self.last_day < self.due_day
            return AssessmentPhase.ENDED_EARLY if early else AssessmentPhase.ENDED
        if today < self.first_day:
            return AssessmentPhase.PLANNED
        return AssessmentPhase.RUNNING if today <= self.last_day else AssessmentPhase.OVER

    @property
    def latest_extension(self) -> date:
        """The last day to which it may be extended."""
        return self.first_day + timedelta(days=MOST_DAYS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KitItem:
    """A device on loan for an assessment, as things stand."""

    assessment_id: AssessmentId
    device_id: DeviceId
    home_id: HomeId
    home_name: str
    name: str
    room: str
    state: KitState
    #: Until when it is expected back; the last day that was named.
    due_on: date | None
    note: str
    #: Name of who said so last. Personal: never in logs.
    author: str
    at: datetime

    def overdue(self, today: date) -> bool:
        """Tell whether it should be back.

        Examples
        --------
        >>> from core.model.ids import DeviceId, HomeId
        >>> lent = {"assessment_id": AssessmentId(1), "device_id": DeviceId(1), "home_id": HomeId("a"),
        ...     "home_name": "", "name": "Hub", "room": "", "note": "", "author": "",
        ...     "at": datetime(2026, 1, 1), "due_on": date(2026, 2, 1)}
        >>> KitItem(**lent, state=KitState.LENT).overdue(date(2026, 2, 2))
        True
        >>> KitItem(**lent, state=KitState.RETURNED).overdue(date(2026, 2, 2))
        False
        """
        return self.state is KitState.LENT and self.due_on is not None and today > self.due_on
