"""Bring what is stored in line with what is due: the one place where alerts and deliveries meet."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from alerts import episode as episodes
from alerts import policy
from alerts.duty import Known, duty_of, plan_for
from alerts.episode import Episode
from alerts.escalation import call, escalating, reachable
from core.model.finding import Audience, Finding, Severity
from core.store import alert as alert_table
from core.store import delivery as delivery_table
from core.store.duty import administrators_of, people_of
from core.store.listen import notify

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from alerts.escalation import Duty, Member
    from alerts.policy import Run
    from core.model.finding import Alert
    from core.model.ids import AlertId, CarerId, HomeId
    from core.store.alert import StoredAlert, TeamMember
    from core.store.delivery import ToldEntry
    from core.store.pool import Connection

log = logging.getLogger("wayhome.alerts")

BATCH = 50
"""Alerts looked at in one transaction."""
REACHABILITY = "reachability"
"""Detector of the alerts that the alerting service itself raises: somebody cannot be told."""


async def open_episode(
    connection: Connection, finding: Finding, now: datetime, *, silent: bool
) -> AlertId | None:
    """Open the alert of a finding with its first deliveries; None when it is there already."""
    stored = await alert_table.open_alert(connection, finding, now, silent=silent)
    if stored is None:
        return None
    run = policy.start(
        finding.severity, finding.audience, now, plan=await plan_for(connection, stored.alert)
    )
    if silent:
        await alert_table.save_policy(connection, stored.alert.alert_id, policy.to_json(run))
    else:
        await settle(connection, stored, Episode(alert=stored.alert, run=run), (), now)
    return stored.alert.alert_id


async def recall(
    connection: Connection, stored: StoredAlert
) -> tuple[Episode, tuple[ToldEntry, ...]]:
    """Return a stored alert as an episode, with what has been told."""
    alert = stored.alert
    told = await delivery_table.told(connection, alert.alert_id)
    last_step = max((entry.step for entry in told), default=-1)
    try:
        run = policy.from_json(stored.policy)
    except (ValueError, KeyError, TypeError):
        # better told by the present rules than not at all
        log.exception("snapshot", extra={"action": "snapshot_unread", "alert": alert.alert_id})
        run = policy.start(
            alert.severity, alert.audience, alert.opened_at, first_step=last_step + 1
        )
    return Episode(alert=alert, run=run, last_step=last_step), told


async def settle(
    connection: Connection,
    stored: StoredAlert,
    episode: Episode,
    told: Collection[ToldEntry],
    now: datetime,
) -> int:
    """Store an episode as it now stands, with the deliveries it calls for; return how many.

    Every further process that looks at the same episode at the same moment comes to the same
    deliveries, so doing it twice changes nothing.

    Parameters
    ----------
    stored
        The alert as it was read, to tell whether anything changed.
    """
    members = await team_of(connection, episode.alert)
    episode = await _without_leaver(connection, episode, members, now)
    alert, run = episode.alert, episode.run
    duty = await duty_of(connection, alert, run, Known(team=members, told=told), now)
    asked = call(alert, run, members, told, now, duty)
    requests = asked.due
    if requests:
        await delivery_table.request(connection, alert.alert_id, requests, now)
    wakes = _earlier(episodes.wakes_at(episode, now), asked.held_until(duty))
    snapshot = policy.to_json(run) | {"next_at": None if wakes is None else wakes.timestamp()}
    if asked.held:
        snapshot["held"] = {
            str(one.carer_id): duty.quiet[one.carer_id].isoformat() for one in asked.held
        }
    await _save(connection, stored, alert, snapshot, now)
    if requests or alert != stored.alert:
        await notify(connection, alert_table.CHANNEL, str(alert.alert_id))
    if not escalating(alert, run):
        await delivery_table.cancel(connection, alert.alert_id)
    elif alert.audience is Audience.CARERS and alert.severity is not Severity.NOTICE:
        await _complain(connection, alert, (*members, *duty.on_call), told, now)
        await _complain_of_gap(connection, alert, run, duty, now)
    return len(requests)


async def _without_leaver(
    connection: Connection, episode: Episode, members: Sequence[TeamMember], now: datetime
) -> Episode:
    """Tell the team at once where who answered before it got worse may not be told any more."""
    asked = episode.run.asked
    if asked is None:
        return episode
    who = await _who(connection, episode, members)
    return episode if asked in who else episodes.passed(episode, who, now)


async def _who(
    connection: Connection, episode: Episode, members: Sequence[TeamMember]
) -> list[CarerId]:
    """Return who may be told: the team, and who is asked or on it if that person still may."""
    who = [member.carer_id for member in members]
    others = {episode.run.asked, episode.alert.acknowledged_by} - {None, *who}
    if others:
        wanted = sorted(one for one in others if one is not None)
        found = await people_of(connection, episode.alert.home_id, wanted)
        who += [member.carer_id for member in found]
    return who


async def _save(
    connection: Connection,
    stored: StoredAlert,
    alert: Alert,
    snapshot: dict[str, Any],
    now: datetime,
) -> None:
    """Store what differs; each new snapshot also stands in the ledger of runs."""
    if alert != stored.alert:
        await alert_table.save_alert(connection, alert, snapshot)
    elif snapshot != stored.policy:
        await alert_table.save_policy(connection, alert.alert_id, snapshot)
    if snapshot != stored.policy:
        await alert_table.note_run(connection, alert.alert_id, snapshot, now)


async def team_of(connection: Connection, alert: Alert) -> tuple[TeamMember, ...]:
    """Return who may be told of an alert; a home without carers falls to its operators.

    Those of them who can open it: a technician sees no alert about a resident, and is told of one only where
    there is no administrator (docs/decisions/0249).
    """
    if alert.audience is Audience.CARERS:
        found = await alert_table.carers_of(connection, alert.home_id)
        found = found or await administrators_of(connection, alert.home_id)
        if found:
            return found
    return await alert_table.operators_of(connection, alert.home_id)


async def look(connection: Connection, stored: StoredAlert, now: datetime) -> int:
    """Take in that time has passed for one alert; return how many deliveries that called for."""
    before, told = await recall(connection, stored)
    members = await team_of(connection, stored.alert)
    after = episodes.passed(before, await _who(connection, before, members), now)
    return await settle(connection, stored, after, told, now)


async def complain(
    connection: Connection, home_id: HomeId, subject: str, *, what: str, advice: str, now: datetime
) -> AlertId | None:
    """Tell the operators that somebody cannot be told; once until it is resolved."""
    if await alert_table.is_open(connection, home_id, REACHABILITY, subject):
        return None
    finding = Finding(
        home_id=home_id,
        resident_id=None,
        detector=REACHABILITY,
        subject=subject,
        severity=Severity.CHECK,
        audience=Audience.OPERATORS,
        onset=now,
        noticed_at=now,
        what=what,
        advice=advice,
    )
    return await open_episode(connection, finding, now, silent=False)


async def _complain(
    connection: Connection,
    alert: Alert,
    members: Collection[Member],
    told: Collection[ToldEntry],
    now: datetime,
) -> None:
    if any(reachable(member, told) for member in members):
        return
    await complain(
        connection,
        alert.home_id,
        f"home/{alert.home_id}",
        what="An alert is open and nobody of the care team can be reached away from the page.",
        advice="Give the carers of this home a push address, and try it.",
        now=now,
    )


async def _complain_of_gap(
    connection: Connection, alert: Alert, run: Run, duty: Duty, now: datetime
) -> None:
    """Tell the operators that an alert asked for whoever is on call, and nobody was."""
    newest = run.newest(now)
    if newest is None or duty.on_call or not run.step_at(newest).on_call:
        return
    await complain(
        connection,
        alert.home_id,
        f"on-call/{alert.home_id}",
        what="An alert asked for whoever is on call, and nobody is.",
        advice="Fill the gap in the rota. The first in the order of telling was told instead.",
        now=now,
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
