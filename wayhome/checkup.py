"""What `wayhome doctor` looks at: each check says what it found and what to do about it."""

from __future__ import annotations

import asyncio
import platform
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from alerts.watch import FORGOTTEN_AFTER, WAITS_AFTER
from core.model.errors import WayhomeError
from core.runtime.broker import Publisher
from core.runtime.compiled import compiled, in_words
from core.store.diagnosis import Diagnosis, diagnose
from core.store.pool import connect

if TYPE_CHECKING:
    from wayhome.system import System

SKEW_LIMIT = timedelta(seconds=2)
"""Clocks of server and database further apart than this make ages on the pages wrong."""
HEARTBEAT_LIMIT = timedelta(seconds=30)
"""A gateway tells every 5 s that it lives; six times missed is dead."""
STEP_LIMIT = timedelta(seconds=120)
"""The engine ticks every 30 s; four times missed is stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    #: What was found.
    found: str
    #: What to do when it is not well.
    advice: str = ""


def versions() -> Check:
    """Which versions run here."""
    parts = [f"{name} {version(name)}" for name in ("wayhome", "psycopg", "paho-mqtt", "fastapi")]
    return Check(
        name="versions", ok=True, found=f"Python {platform.python_version()}, {', '.join(parts)}"
    )


def program() -> Check:
    """Which of the two programs runs here, and which packages of it are compiled."""
    return Check(name="program", ok=True, found=in_words(compiled()))


async def broker(system: System) -> Check:
    """Whether the broker lets us in."""
    try:
        async with Publisher(system.broker("wayhome-doctor")) as publisher:
            return Check(name="broker", ok=True, found=f"answers, MQTT {publisher.protocol}")
    except WayhomeError as error:
        return Check(
            name="broker",
            ok=False,
            found=str(error),
            advice="Start the broker, or mend WAYHOME_MQTT_URL, user name and password.",
        )


async def database(system: System) -> list[Check]:
    """Whether the database is there, up to date and on time, and what it says of the services."""
    try:
        async with connect(system.database("wayhome_operator")) as connection:
            now = datetime.now(UTC)
            return database_checks(await diagnose(connection), now)
    except WayhomeError as error:
        advice = (
            "Start PostgreSQL, or mend the address (WAYHOME_DATABASE_URL) and the role's password."
        )
        return [Check(name="database", ok=False, found=str(error), advice=advice)]


def database_checks(seen: Diagnosis, now: datetime) -> list[Check]:
    """Judge a reading of the database; ``now`` is this machine's clock at the reading."""
    extension = (
        f"TimescaleDB {seen.timescale}"
        if seen.timescale
        else "no TimescaleDB (fine for a few homes)"
    )
    checks = [
        Check(name="database", ok=True, found=f"PostgreSQL {seen.server}, {extension}"),
        Check(
            name="migrations",
            ok=not seen.pending,
            found=f"{len(seen.pending)} missing" if seen.pending else "up to date",
            advice="Run: wayhome migrate" if seen.pending else "",
        ),
        Check(
            name="clock",
            ok=abs(seen.now - now) <= SKEW_LIMIT,
            found=f"database and this machine differ by {abs((seen.now - now).total_seconds()):.1f} s",
            advice="Let both set their clocks by NTP.",
        ),
    ]
    return checks if seen.pending else [*checks, *_services(seen), *_messages(seen)]


def _services(seen: Diagnosis) -> list[Check]:
    # one that was renamed or taken away is forgotten, unless it was the last
    lately = {name: one for name, one in seen.gateways.items()
              if seen.now - one[0] <= FORGOTTEN_AFTER}  # fmt: skip
    checks = [
        Check(
            name=f"gateway {name}",
            ok=seen.now - at <= HEARTBEAT_LIMIT and hears,
            found=f"last sign of life {_age(seen.now - at)} ago, broker {'heard' if hears else 'lost'}",
            advice="Look at its log; the homes are blind while no gateway runs.",
        )
        for name, (at, hears) in sorted((lately or seen.gateways).items())
    ]
    if not checks:
        checks.append(
            Check(
                name="gateway",
                ok=False,
                found="no gateway has ever run",
                advice="Start one: wayhome up, or wayhome gateway.",
            )
        )
    return [*checks, _analytics(seen), *_alerting(seen)]


def _analytics(seen: Diagnosis) -> Check:
    step = seen.last_step
    late = step is None or seen.now - step > STEP_LIMIT
    return Check(
        name="analytics",
        ok=not late,
        found="never ran" if step is None else f"last step {_age(seen.now - step)} ago",
        advice="Look at its log; nothing is noticed while it stands still.",
    )


def _alerting(seen: Diagnosis) -> list[Check]:
    waits = f"oldest finding or answer waits for {_age(seen.waits)}" if seen.waits else "none waits"
    nobody = f"{seen.unheard} organisations have no technician or administrator who can be woken"
    return [
        Check(
            name="alerts",
            ok=seen.waits <= WAITS_AFTER,
            found=waits,
            advice="Look at its log; nobody is told anything while it stands still.",
        ),
        Check(
            name="deliveries",
            ok=seen.overdue == 0,
            found=f"{seen.overdue} overdue",
            advice="Look at the log of the alerts service and at its channels.",
        ),
        Check(
            name="operators",
            ok=seen.unheard == 0,
            found=nobody if seen.unheard else "somebody can be woken",
            advice="Let one of them add a phone under How you are told: what goes wrong wakes nobody.",
        ),
    ]


def _messages(seen: Diagnosis) -> list[Check]:
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(seen.quarantine.items()))
    refused = ", ".join(f"{reason} {count}" for reason, count in sorted(seen.refused.items()))
    return [
        Check(
            name="quarantine",
            ok=not seen.quarantine,
            found=reasons or "empty",
            advice="See the system page for topic and reason; after a fix: wayhome replay quarantine.",
        ),
        Check(name="not stored today", ok=True, found=refused or "nothing"),
        Check(
            name="discovered",
            ok=True,
            found=f"{seen.discovered} devices speak and are not registered",
        ),
        Check(
            name="detectors",
            ok=seen.fenced == 0,
            found=f"{seen.fenced} failed in the last day",
            advice="A detector of a home does not work: report the trace on the system page.",
        ),
    ]


def _age(span: timedelta) -> str:
    return f"{max(0, round(span.total_seconds()))} s"


async def examine(system: System) -> list[Check]:
    """Look at everything; a part that does not answer does not hide the others."""
    door, checks = await asyncio.gather(broker(system), database(system))
    return [versions(), program(), door, *checks]
