"""Alerts, findings and teams to test with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.model.finding import (
    Alert,
    AlertState,
    Audience,
    DeliveryState,
    Finding,
    Phase,
    Response,
    ResponseKind,
    Severity,
)
from core.model.ids import AlertId, CarerId, HomeId, ResidentId

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Moment so many minutes after nine."""
    return NINE + timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of a team."""

    carer_id: CarerId
    order: int
    channels: tuple[str, ...] = ("webhook",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The newest delivery to a person by a channel."""

    carer_id: CarerId
    channel: str
    step: int
    state: DeliveryState = DeliveryState.SENT


def person(number: int, order: int | None = None, *channels: str) -> Person:
    return Person(
        carer_id=CarerId(number), order=order or number, channels=channels or ("webhook",)
    )


TEAM = (person(1), person(2), person(3))


def an_alert(severity: Severity = Severity.URGENT, **changes: Any) -> Alert:
    alert = Alert(
        alert_id=AlertId(1),
        home_id=HomeId("7f3k"),
        resident_id=ResidentId(1),
        detector="inactivity",
        subject="",
        severity=severity,
        audience=Audience.CARERS,
        state=AlertState.OPEN,
        onset=at(-30),
        opened_at=NINE,
        what="No movement since 08:30",
        unusual="",
        ruled_out=(),
        advice="Ring her",
    )
    return replace(alert, **changes)


def a_finding(
    severity: Severity = Severity.URGENT, phase: Phase = Phase.OPENED, **changes: Any
) -> Finding:
    finding = Finding(
        home_id=HomeId("7f3k"),
        resident_id=ResidentId(1),
        detector="inactivity",
        severity=severity,
        phase=phase,
        onset=at(-30),
        noticed_at=NINE,
        what="No movement since 08:30",
    )
    return replace(finding, **changes)


def a_response(kind: ResponseKind, minutes: float, carer: int = 1, **changes: Any) -> Response:
    response = Response(alert_id=AlertId(1), carer_id=CarerId(carer), kind=kind, at=at(minutes))
    return replace(response, **changes)
