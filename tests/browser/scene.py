"""A home with a month behind it, for pages that look back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dashboard.town import Town


def month(town: Town, home: str = "ada") -> None:
    """Let somebody move at this hour on each of the last days."""
    for back in range(1, 29):
        for minutes in (15, 55, 190):
            at = town.now - timedelta(days=back, minutes=minutes)
            town.observe(home, "Kitchen sensor", at, 1)


def forecast(town: Town, home: str = "ada", *, hours: float = 2, severity: str = "check") -> None:
    """Let detection say when it would speak."""
    town.execute(
        "insert into forecast (home_id, detector, speaks_at, severity, what, made_at)"
        " values (%s, 'inactivity', %s, %s, 'If nothing moves, the first carer is told', %s)",
        home,
        town.now + timedelta(hours=hours),
        severity,
        town.now,
    )


def telephone(town: Town, login: str, number: str, channel: str = "sms") -> None:
    """Register a number of somebody."""
    town.execute(
        "insert into contact_point (carer_id, channel, address) values (%s, %s, %s)",
        town.carers[login],
        channel,
        number,
    )


def past_alerts(town: Town, home: str = "ada") -> None:
    """Let some alerts have ended in the last weeks."""
    for days, outcome, severity, what in (
        (1, "helped", "urgent", "Call for help from the bathroom at 14:20"),
        (3, "false", "check", "No movement since 09:10"),
        (9, "true", "check", "Not up by 10:15"),
        (11, "cleared", "notice", "Up five times in the night"),
    ):
        at = town.now - timedelta(days=days)
        town.alert(
            home,
            severity=severity,
            what=what,
            onset=at,
            opened_at=at,
            state="resolved",
            resolved_at=at + timedelta(minutes=20),
            outcome=outcome,
        )
