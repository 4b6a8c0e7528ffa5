"""What the tables remember of an alert: enough to tell afterwards whether the promises were kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.model.finding import Alert, DeliveryState, Phase, ResponseKind, Severity
from core.model.ids import AlertId, CarerId, DeliveryId, FindingId, HomeId, ResidentId
from core.model.watching import HomeNow, NoticeKind, WatchState

EpisodeKey = tuple[HomeId, ResidentId | None, str, str, datetime]
"""Home, resident, detector, subject and onset: what makes two findings the same episode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of a delivery, as the ledger holds it."""

    #: From 1.
    number: int
    started_at: datetime
    #: None while it is under way or its worker has died.
    ended_at: datetime | None
    #: ``started``, ``sent``, ``temporary``, ``permanent``, ``lost``, or ``sent_late`` for what went out
    #: though word of it came only when its lease was over and another attempt had begun.
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDelivery:
    """A delivery with all its attempts."""

    delivery_id: DeliveryId
    carer_id: CarerId
    channel: str
    step: int
    state: DeliveryState
    created_at: datetime
    next_try_at: datetime
    lease_until: datetime | None
    sent_at: datetime | None
    #: How many attempts the row itself counts.
    counted: int
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRun:
    """One run of an alert's escalation: from its opening, or from the moment it began anew."""

    first_step: int
    #: When its first step was due; for one that goes on after a pause that is before it began.
    since: datetime
    #: When it came into force.
    began_at: datetime
    #: Who alone was asked in this run; None when it was for the team.
    asked: CarerId | None
    #: The policy of the run as it was stored with the alert.
    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerAnswer:
    """What a person did about an alert."""

    carer_id: CarerId
    kind: ResponseKind
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLedger:
    """Everything that the tables remember of one alert."""

    alert: Alert
    silent: bool
    runs: tuple[LedgerRun, ...] = ()
    deliveries: tuple[LedgerDelivery, ...] = ()
    answers: tuple[LedgerAnswer, ...] = ()
    #: Episodes of the findings behind it.
    episodes: tuple[EpisodeKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFinding:
    """A finding, and the alerts that it stands behind."""

    finding_id: FindingId
    episode: EpisodeKey
    severity: Severity
    phase: Phase
    #: When analytics wrote it down, by the database's clock.
    recorded_at: datetime
    #: Mode of its home; None where the home is gone.
    mode: str | None
    alerts: tuple[AlertId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWatch:
    """A home that does not stand as was written down of it last."""

    home_id: HomeId
    now: HomeNow
    #: What was written down last; None for a home that was never watched so far.
    last: WatchState | None
    #: Of a rest: the step that said so.
    said: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerNotice:
    """That somebody is to be told how a home stands, with what was sent."""

    notice_id: int
    home_id: HomeId
    carer_id: CarerId
    kind: NoticeKind
    due_at: datetime
    #: None while it waits.
    asked_at: datetime | None
    #: False where it has changed again since, or the person may not be told any more.
    wanted: bool
    deliveries: tuple[LedgerDelivery, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the tables remember of a span of days."""

    alerts: tuple[AlertLedger, ...] = ()
    findings: tuple[LedgerFinding, ...] = ()
    #: Organisation of each home.
    organisations: Mapping[HomeId, str]
    #: Organisations with the moments at which their operators were told that somebody cannot be told, and
    #: until when such an alert stood (None: it still does).
    complaints: Mapping[str, tuple[tuple[datetime, datetime | None], ...]]
    #: Homes that do not stand as was written down, and what people were to be told of that.
    watches: tuple[LedgerWatch, ...] = ()
    notices: tuple[LedgerNotice, ...] = ()
