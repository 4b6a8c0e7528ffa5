"""From findings to alerts: one for each episode, with its first deliveries, in one transaction.

The cursor moves in the same transaction, so that a crash at any line neither loses a finding nor tells
of it twice (docs/decisions/0050).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts import episode as episodes
from alerts import metrics, policy
from alerts.duty import plan_for
from alerts.episode import Episode
from alerts.outage import Outages
from alerts.rounds import Complaint, complain, open_episode, recall, settle
from core.model.finding import AlertState, Audience, Phase
from core.model.home import HomeMode
from core.model.incident import belongs, shares_silence
from core.model.playbook import PLAYBOOKS
from core.model.said import say
from core.store import alert as alert_table
from core.store import incident as incident_table
from core.store.pool import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.incident import Incident
    from core.runtime.clock import Clock
    from core.store.alert import LoggedFinding, StoredAlert
    from core.store.delivery import ToldEntry
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.alerts")

READER = "finding"
BATCH = 50
"""Findings of one transaction: enough to catch up quickly, few enough not to delay the first."""


async def take_findings(pool: Pool, clock: Clock, at_once: int = BATCH) -> int:
    """Read the next findings and give them their effect; return how many there were.

    Several processes may do it side by side: one reads, the others find nothing to do.
    """
    async with transaction(pool) as connection:
        seen = await alert_table.read_cursor(connection, READER)
        found = await alert_table.findings_after(connection, seen, at_once)
        if not found:
            return 0
        position = await alert_table.take_cursor(connection, READER)
        if position is None:
            return 0
        if position != seen:
            found = await alert_table.findings_after(connection, position, at_once)
        outages = Outages(connection)
        await outages.expect(
            [one.finding for one in found if one.mode is HomeMode.LIVE], clock.now()
        )
        # what needs no answer of the database is not waited for
        async with connection.pipeline():
            for logged in found:
                await take(connection, logged, clock.now(), outages)
        if found:
            await alert_table.move_cursor(connection, READER, found[-1].at)
    for logged in found:
        metrics.FINDING_SECONDS.observe((clock.now() - logged.recorded_at).total_seconds())
    return len(found)


async def set_aside(pool: Pool, clock: Clock) -> int | None:
    """Pass over the next finding, which can not be taken in, and tell the operators of its home at once.

    It stays in the log of findings, and the auditor says that it has become no alert.

    Returns
    -------
    int or None
        Number of the finding; None when there is none, or another process reads.
    """
    async with transaction(pool) as connection:
        position = await alert_table.take_cursor(connection, READER)
        found = position and await alert_table.findings_after(connection, position, 1)
        if not found:
            return None
        (logged,) = found
        await alert_table.move_cursor(connection, READER, logged.at)
        book = PLAYBOOKS["finding-set-aside"]
        await complain(
            connection,
            Complaint(
                home_id=logged.finding.home_id,
                subject=f"finding/{logged.finding_id}",
                what=say(
                    "Finding %(number)s has become no alert: it could not be taken in.",
                    number=logged.finding_id,
                ),
                advice=say(book.first),
            ),
            clock.now(),
        )
    metrics.SET_ASIDE.inc()
    extra = {"action": "finding_set_aside", "finding": logged.finding_id}
    log.critical("a finding has become no alert", extra=extra)
    return logged.finding_id


async def take(
    connection: Connection, logged: LoggedFinding, now: datetime, outages: Outages | None = None
) -> None:
    """Give one finding its effect: open its alert, or join the one of its episode or incident."""
    finding = logged.finding
    if logged.mode is None or logged.mode is HomeMode.ARCHIVE:
        return
    stored = await alert_table.alert_of(connection, finding)
    if stored is not None:
        await _join(connection, logged, stored, now, outages)
        return
    if finding.phase is Phase.CLEARED:
        return
    found = await _incident(connection, logged)
    if found is not None:
        await _join_incident(connection, logged, found, now)
        return
    silent = logged.mode is HomeMode.TEST
    alert_id = await open_episode(connection, finding, now, silent=silent, outages=outages)
    if alert_id is not None:
        await incident_table.join_finding(connection, alert_id, logged.finding_id, adopt=True)
        metrics.OPENED.labels(finding.severity.value, finding.audience.value).inc()
        log.info(
            "alert opened",
            extra={
                "action": "alert_opened",
                "alert": alert_id,
                "finding": logged.finding_id,
                "home": finding.home_id,
                "severity": finding.severity.value,
                "silent": silent,
            },
        )


async def _join(
    connection: Connection,
    logged: LoggedFinding,
    stored: StoredAlert,
    now: datetime,
    outages: Outages | None,
) -> None:
    """Take in a further finding of an episode that the alert has."""
    if stored.silent and logged.mode is HomeMode.LIVE and logged.finding.phase is not Phase.CLEARED:
        await _wake(connection, logged, stored, now)
        return
    before, told = await recall(connection, stored)
    after = episodes.heard(before, logged.finding, now)
    adopt = after.alert.severity is not before.alert.severity
    await incident_table.join_finding(
        connection, stored.alert.alert_id, logged.finding_id, adopt=adopt
    )
    if logged.finding.phase is Phase.CLEARED:
        incident = await incident_table.incident_of(connection, stored.alert.alert_id)
        if incident is not None and incident.cleared_at is None:
            return  # the incident is over when all its episodes are
    await _settle(connection, logged, stored, (before, after, told), now, outages)


async def _wake(
    connection: Connection, logged: LoggedFinding, stored: StoredAlert, now: datetime
) -> None:
    """Tell of an episode that began in silence and goes on in a home that is live (docs/decisions/0171)."""
    finding = logged.finding
    alert = replace(
        stored.alert, audience=finding.audience, severity=finding.severity, opened_at=now
    )
    awake = await incident_table.wake(connection, alert)
    await incident_table.join_finding(connection, alert.alert_id, logged.finding_id, adopt=True)
    plan = await plan_for(connection, awake.alert)
    run = policy.start(finding.severity, finding.audience, now, plan=plan)
    await settle(connection, awake, Episode(alert=awake.alert, run=run), (), now)
    log.info(
        "silent alert woken",
        extra={"action": "alert_woken", "alert": alert.alert_id, "finding": logged.finding_id},
    )


async def _incident(
    connection: Connection, logged: LoggedFinding
) -> tuple[StoredAlert, Incident] | None:
    """Return the alert of the incident that a new episode is part of; one that is open comes first."""
    finding = logged.finding
    if finding.audience is not Audience.CARERS:
        return None
    found = await incident_table.candidates(connection, finding)
    fitting = [
        (stored, incident)
        for stored, incident in found
        if stored.silent == (logged.mode is HomeMode.TEST)
        and belongs(incident, finding, ended=stored.alert.state is AlertState.RESOLVED)
    ]
    return min(fitting, key=lambda one: one[0].alert.state is AlertState.RESOLVED, default=None)


async def _join_incident(
    connection: Connection,
    logged: LoggedFinding,
    found: tuple[StoredAlert, Incident],
    now: datetime,
) -> None:
    """Take in the first finding of a further episode of an incident."""
    stored, incident = found
    before, told = await recall(connection, stored)
    same = shares_silence(incident, logged.finding)
    after = episodes.joined(before, logged.finding, now, same_silence=same)
    adopt = after.alert.severity is not before.alert.severity
    await incident_table.join_finding(
        connection, stored.alert.alert_id, logged.finding_id, adopt=adopt, further=True
    )
    metrics.JOINED.labels(logged.finding.severity.value).inc()
    await _settle(connection, logged, stored, (before, after, told), now)


async def _settle(
    connection: Connection,
    logged: LoggedFinding,
    stored: StoredAlert,
    change: tuple[Episode, Episode, tuple[ToldEntry, ...]],
    now: datetime,
    outages: Outages | None = None,
) -> None:
    before, after, told = change
    if after == before:
        return
    if stored.silent:
        await alert_table.save_alert(connection, after.alert, stored.policy)
    else:
        await settle(connection, stored, after, told, now, outages=outages)
    log.info(
        "alert changed by a finding",
        extra={
            "action": "alert_changed",
            "alert": stored.alert.alert_id,
            "finding": logged.finding_id,
            "phase": logged.finding.phase.value,
            "state": after.alert.state.value,
            "severity": after.alert.severity.value,
        },
    )
