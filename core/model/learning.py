"""What detection learns from carers: their answers, what each changed, and who confirmed or undid it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.model.ids import AlertId, CarerId, HomeId


class MissedKind(StrEnum):
    """What happened without anybody being told."""

    DID_NOT_MOVE = "did_not_move"
    """Lay or sat somewhere and could not get up, or did not answer."""
    DID_NOT_GET_UP = "did_not_get_up"
    """Stayed in bed far longer than usual."""
    BATHROOM = "bathroom"
    """Stayed in the bathroom too long."""
    NIGHT = "night"
    """Was up and about at night."""
    NOT_BACK = "not_back"
    """Went out and did not come back in time."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedEvent:
    """A carer's word that something happened and nobody was told."""

    home_id: HomeId
    carer_id: CarerId
    #: When it was reported.
    at: datetime
    #: When it happened, as far as the carer knows.
    happened_at: datetime
    kind: MissedKind
    #: In the carer's own words; personal.
    what: str = ""


class Why(StrEnum):
    """What a change came from."""

    FALSE = "false"
    """Somebody said that nothing was wrong."""
    TRUE = "true"
    """Somebody said that it was right to tell."""
    MISSED = "missed"
    """Somebody reported what detection had missed."""
    CONFIRMED = "confirmed"
    """Somebody confirmed a change that waited."""
    UNDONE = "undone"
    """Somebody undid a change, or took the answer back."""


class Verdict(StrEnum):
    """What a person decides about a change."""

    CONFIRM = "confirm"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """A detector's limit in one context is multiplied by so much."""

    detector: str
    #: Three-hour bin of the local day in which what it judges began, 0 to 7.
    hour_bin: int
    #: 0.8 to 1.6; it fades to 1 from ``at`` on.
    factor: float
    #: In seconds.
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginChange:
    """One line of the log: an answer, and what it did to one detector in one context."""

    home_id: HomeId
    detector: str
    #: Three-hour bin of the local day, 0 to 7.
    hour_bin: int
    at: datetime
    why: Why
    #: What the margin was multiplied by; 1 when the answer is only counted.
    factor: float
    before: float
    after: float
    #: Whose answer it was.
    carer_id: CarerId
    #: True while it has no effect until a person confirms it.
    waiting: bool = False
    #: The alert that was answered; None for a report of what was missed.
    alert_id: AlertId | None = None
    #: The change that this one confirms or undoes.
    of_change: int | None = None
    #: Number of its row; None before it has one.
    change_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginDecision:
    """A person's word on a change."""

    home_id: HomeId
    change_id: int
    carer_id: CarerId
    verdict: Verdict
    at: datetime
