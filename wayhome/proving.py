"""What `wayhome alerts prove` does: read the ledger once, in one snapshot, and judge it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.promises import PROMISES, Terms, Violation, violations
from core.store.ledger import read_ledger, snapshot
from core.store.pool import connect

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A promise and how often it was broken."""

    name: str
    text: str
    broken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The answer, for people and machines."""

    ok: bool
    days: int
    alerts: int
    findings: int
    deliveries: int
    attempts: int
    promises: tuple[Kept, ...]
    violations: tuple[Violation, ...]


async def prove(url: str, days: int) -> Proof:
    """Judge the alerts of the last ``days`` days by the database's own clock.

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    """
    async with connect(url) as connection:
        now = await snapshot(connection)
        ledger = await read_ledger(connection, now - timedelta(days=days), now)
    return judged(ledger, now, days)


def judged(ledger: Ledger, now: datetime, days: int) -> Proof:
    """Return the proof of a ledger that was read at ``now``."""
    broken = violations(ledger, Terms(now=now))
    deliveries = [delivery for one in ledger.alerts for delivery in one.deliveries]
    return Proof(
        ok=not broken,
        days=days,
        alerts=len(ledger.alerts),
        findings=len(ledger.findings),
        deliveries=len(deliveries),
        attempts=sum(len(delivery.attempts) for delivery in deliveries),
        promises=tuple(
            Kept(
                name=promise.name,
                text=promise.text,
                broken=sum(one.promise == promise.name for one in broken),
            )
            for promise in PROMISES
        ),
        violations=broken,
    )
