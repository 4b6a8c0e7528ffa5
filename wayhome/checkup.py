"""What `wayhome doctor` looks at: each check says what it found and what to do about it."""

from __future__ import annotations

import asyncio
import platform
import shutil
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from alerts.watch import CERTIFICATE_LEFT, FORGOTTEN_AFTER, WAITS_AFTER, Room
from analytics.retention import LATE_AFTER
from core.model.errors import Misconfigured, WayhomeError
from core.runtime.broker import Publisher
from core.runtime.broker_certificate import shown_until
from core.runtime.compiled import compiled, in_words
from core.store.diagnosis import Diagnosis, diagnose
from core.store.pool import connect

if TYPE_CHECKING:
    from pathlib import Path

    from wayhome.system import System

SKEW_LIMIT = timedelta(seconds=2)
"""Clocks of server and database further apart than this make ages on the pages wrong."""
HEARTBEAT_LIMIT = timedelta(seconds=30)
"""A gateway tells every 5 s that it lives; six times missed is dead."""
ALERTS_LIMIT = timedelta(minutes=3)
"""Alerting says each minute by which channels it tells people."""
RENEW = "Renew it: `docker compose run --rm init`, then a HUP to the broker."
DASHBOARD_LIMIT = timedelta(minutes=3)
"""The pages say twice a minute that they are served; a restart takes less than this."""
IDENTITY_LIMIT = timedelta(minutes=3)
"""The identity service looks at the broker each second."""
BACKUP_LIMIT = timedelta(days=2)
"""Backups are made each night; one that failed may be made good the next."""
ONLY_READ = "; it takes no writes: a standby, or set to read only"
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


async def certificate(system: System) -> list[Check]:
    """Until when the broker's certificate is good; nothing where it has none."""
    try:
        ends = await shown_until(system.broker("wayhome-doctor"))
        if ends is None:
            return []
        left = ends - datetime.now(UTC)
    except ssl.SSLCertVerificationError as error:
        found, well = f"the broker's is not good: {error.verify_message}", False
    except (OSError, KeyError, ValueError, TimeoutError, Misconfigured):
        return []  # the check of the broker says what is wrong
    else:
        found, well = f"the broker's ends in {left.days} days", left > CERTIFICATE_LEFT
    return [Check(name="certificate", ok=well, found=found, advice=RENEW)]


def disk(place: Path) -> Check:
    """Whether there is room where the folder of the system is."""
    usage = shutil.disk_usage(place)
    gib = usage.free / (1 << 30)
    return Check(
        name="disk",
        ok=not Room(free=usage.free, total=usage.total).is_short(),
        found=f"{gib:.1f} GiB free of {usage.total / (1 << 30):.0f}, where {place} is",
        advice="Make room: when it is full the database stops, and with it everything.",
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
        Check(
            name="database",
            ok=seen.writable,
            found=f"PostgreSQL {seen.server}, {extension}{'' if seen.writable else ONLY_READ}",
            advice="Nothing is stored, nobody is told. Point WAYHOME_DATABASE_URL to the server that takes"
            " writes, or set default_transaction_read_only = off.",
        ),
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
    return checks if seen.pending else [*checks, *_services(seen), *_rest(seen)]


def _rest(seen: Diagnosis) -> list[Check]:
    return [*_people(seen), *_messages(seen), *_backup(seen)]


def _services(seen: Diagnosis) -> list[Check]:
    # one that was renamed or taken away is forgotten, unless it was the last
    lately = {name: one for name, one in seen.gateways.items()
              if seen.now - one[0] <= FORGOTTEN_AFTER}  # fmt: skip
    checks = [
        Check(
            name=f"gateway {name}",
            ok=_lives(seen, at, HEARTBEAT_LIMIT) and hears,
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
    return [*checks, _analytics(seen), *_alerting(seen), _dashboard(seen), *_identity(seen)]


def _dashboard(seen: Diagnosis) -> Check:
    return Check(
        name="dashboard",
        ok=_lives(seen, seen.dashboard_at, DASHBOARD_LIMIT),
        found=_last(seen, "last sign of life", seen.dashboard_at),
        advice="Look at its log; nobody can open an alert or answer it on the pages.",
    )


def _last(seen: Diagnosis, what: str, at: datetime | None) -> str:
    return "never ran" if at is None else f"{what} {_age(seen.now - at)} ago"


def _identity(seen: Diagnosis) -> list[Check]:
    """Whether hubs are let in and shut out; nothing where none has a certificate."""
    if not seen.credentials:
        return []
    at, fault = seen.identity_at, seen.identity_fault
    found = _last(seen, "last look at the broker", at)
    return [
        Check(
            name="identity",
            ok=_lives(seen, at, IDENTITY_LIMIT) and not fault,
            found=f"{found}; {fault}" if fault else found,
            advice="Look at its log; no hub is let in, renewed or shut out while it stands still.",
        )
    ]


def _backup(seen: Diagnosis) -> list[Check]:
    """When the last backup was made; nothing where nothing can be lost yet."""
    at, since = seen.backup_at, seen.backup_at or seen.installed_at
    if since is None:
        return []
    return [
        Check(
            name="backup",
            ok=_lives(seen, since, BACKUP_LIMIT),
            found="none was noted" if at is None else f"last noted {_hours(seen.now - at)} ago",
            advice="Make one (docs/how-to/deploy.md), each night, and after it: wayhome backed-up.",
        )
    ]


def _analytics(seen: Diagnosis) -> Check:
    return Check(
        name="analytics",
        ok=_lives(seen, seen.last_step, STEP_LIMIT),
        found=_last(seen, "last step", seen.last_step),
        advice="Look at its log; nothing is noticed while it stands still.",
    )


def _alerting(seen: Diagnosis) -> list[Check]:
    nobody = f"{seen.unheard} organisations have no technician or administrator who can be woken"
    return [
        _alerts(seen),
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


def _alerts(seen: Diagnosis) -> Check:
    """Whether anybody would be told: also on a day on which there is nothing to tell."""
    at = seen.alerts_at
    if seen.waits > WAITS_AFTER:
        found = f"oldest finding or answer waits for {_age(seen.waits)}"
    elif at is None:
        found = "never ran"
    else:
        found = f"last sign of life {_age(seen.now - at)} ago, none waits"
    return Check(
        name="alerts",
        ok=_lives(seen, at, ALERTS_LIMIT) and seen.waits <= WAITS_AFTER,
        found=found,
        advice="Look at its log; nobody is told anything while it stands still.",
    )


def _people(seen: Diagnosis) -> list[Check]:
    at = seen.retained_at
    late = at is not None and seen.now - at > LATE_AFTER
    return [
        Check(
            name="people",
            ok=not seen.unreachable,
            found=f"{seen.unreachable} alerts that somebody can not be told"
            if seen.unreachable
            else "all can be told, as far as was tried",
            advice="Open these alerts on the pages as a technician: each says whom to ring.",
        ),
        Check(
            name="auditor",
            ok=not seen.audited,
            found=f"{seen.audited} faults" if seen.audited else "found nothing",
            advice="Open its alerts on the pages; each has a playbook: docs/how-to/playbooks.md.",
        ),
        Check(
            name="retention",
            ok=not late and not seen.not_retained,
            found="has not run yet"
            if at is None
            else f"last carried out {_age(seen.now - at)} ago"
            + (f", not removed: {seen.not_retained}" if seen.not_retained else ""),
            advice="Look at the log of analytics, and at: wayhome retention.",
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


def _lives(seen: Diagnosis, at: datetime | None, limit: timedelta) -> bool:
    """Tell whether a sign of life is young; one that is still to come is none: a clock was wrong."""
    return at is not None and abs(seen.now - at) <= limit


def _hours(span: timedelta) -> str:
    return f"{round(span.total_seconds() / 3600)} h"


def _age(span: timedelta) -> str:
    """Return an age in words; of what is still to come the negative one."""
    return f"{round(span.total_seconds())} s"


async def examine(system: System, folder: Path | None = None) -> list[Check]:
    """Look at everything; a part that does not answer does not hide the others."""
    door, ends, checks = await asyncio.gather(broker(system), certificate(system), database(system))
    room = [disk(folder)] if folder is not None and folder.is_dir() else []
    return [versions(), program(), *room, door, *ends, *checks]
