"""What a detector says, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.model.ids import AlertId, CarerId, DeliveryId, DeviceId, FindingId, HomeId, ResidentId


class Severity(StrEnum):
    """How soon somebody must act."""

    NOTICE = "notice"
    """Waits for the morning summary."""
    CHECK = "check"
    """Someone should look within minutes."""
    URGENT = "urgent"
    """Someone must act now; goes through quiet hours."""

    @property
    def rank(self) -> int:
        """0 for a notice, 1 for a check, 2 for urgent."""
        return ("notice", "check", "urgent").index(self.value)


class Audience(StrEnum):
    """Who is meant."""

    CARERS = "carers"
    OPERATORS = "operators"
    """Technicians and the organisation: devices, hubs, services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact behind a finding."""

    #: When it was observed; None for a standing fact.
    at: datetime | None
    #: A plain sentence without a final stop.
    text: str
    device_id: DeviceId | None = None


class Phase(StrEnum):
    """Place of a finding in the life of its episode."""

    OPENED = "opened"
    RAISED = "raised"
    """The same episode, now more severe."""
    CLEARED = "cleared"
    """The cause is gone, or late data explained it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a detector noticed. Its key is (home_id, resident_id, detector, onset, phase, severity):
    said once, however often the log is replayed.
    """  # noqa: D205

    home_id: HomeId
    #: None when it concerns the home or a device rather than a person.
    resident_id: ResidentId | None
    #: Name of the detector, e.g. ``inactivity``.
    detector: str
    #: Which of several simultaneous episodes of one detector, e.g. the device; empty otherwise.
    subject: str = ""
    severity: Severity
    audience: Audience = Audience.CARERS
    phase: Phase = Phase.OPENED
    #: When the episode began.
    onset: datetime
    #: Logical time at which it was noticed.
    noticed_at: datetime
    #: One sentence: what was observed.
    what: str
    #: How unusual it is for this person, in words; empty for fixed rules.
    unusual: str = ""
    #: Expected once in so many days at this hour; None for fixed rules.
    once_in_days: float | None = None
    #: What was ruled out, a phrase each.
    ruled_out: tuple[str, ...] = ()
    #: What to do, one sentence.
    advice: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFinding:
    """A finding with its row number."""

    finding_id: FindingId
    finding: Finding


class AlertState(StrEnum):
    """Life of an alert: open → acknowledged → resolved; it may be re-opened by worse news."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    """How it ended, in the words of the person who resolves it."""

    HELPED = "helped"
    """True, and someone helped."""
    TRUE = "true"
    """True, no help was needed."""
    FALSE = "false"
    """Nothing was wrong."""
    OTHER = "other"
    CLEARED = "cleared"
    """Ended by itself: the cause went away before anyone answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A finding that needs a human; one per episode."""

    alert_id: AlertId
    home_id: HomeId
    resident_id: ResidentId | None
    detector: str
    subject: str
    severity: Severity
    audience: Audience
    state: AlertState
    #: When the episode began.
    onset: datetime
    opened_at: datetime
    what: str
    unusual: str
    ruled_out: tuple[str, ...]
    advice: str
    evidence: tuple[Evidence, ...] = ()
    acknowledged_by: CarerId | None = None
    acknowledged_at: datetime | None = None
    resolved_by: CarerId | None = None
    resolved_at: datetime | None = None
    outcome: Outcome | None = None
    #: True once the cause is gone though nobody answered yet.
    cleared_at: datetime | None = None


class ResponseKind(StrEnum):
    """What a carer did."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    TAKE_OVER = "take_over"
    """Is on it instead of the person who was."""
    HAND_BACK = "hand_back"
    """Cannot after all: the telling goes on from where it was."""
    COMMENT = "comment"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A carer's answer to an alert."""

    alert_id: AlertId
    carer_id: CarerId
    kind: ResponseKind
    at: datetime
    outcome: Outcome | None = None
    comment: str = ""


class DeliveryState(StrEnum):
    """Life of one attempt to tell one carer by one channel."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    """The channel took it. Nobody has seen it for that."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Not needed any more: somebody answered first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one carer through one channel, however many attempts it takes."""

    delivery_id: DeliveryId
    alert_id: AlertId
    carer_id: CarerId
    channel: str
    #: Round of the escalation, from 0; with the rest it is the idempotency key.
    step: int
    state: DeliveryState
    attempts: int
    next_try_at: datetime
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    #: Last failure in words, without personal detail.
    error: str = ""
    labels: dict[str, str] = field(default_factory=dict)
