"""Bring what is stored in line with what is due: the one place where alerts and deliveries meet."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alerts import episode as episodes
from alerts import outage, policy
from alerts.duty import Known, duty_of, plan_for
from alerts.episode import Episode
from alerts.escalation import NOBODY, call, escalating, reachable
from alerts.people import People
from alerts.watch import clock
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.playbook import HOME, OUTAGE, PLAYBOOKS
from core.model.said import Said, say
from core.store import alert as alert_table
from core.store import delivery as delivery_table
from core.store import open_alert as open_table
from core.store import outage as outage_table
from core.store.listen import notify

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from alerts.escalation import Duty, Member
    from alerts.outage import Outages
    from alerts.policy import Run
    from core.model.finding import Alert
    from core.model.ids import AlertId, CarerId, HomeId
    from core.store.alert import StoredAlert, TeamMember
    from core.store.delivery import ToldEntry
    from core.store.outage import Blind
    from core.store.pool import Connection

log = logging.getLogger("wayhome.alerts")

BATCH = 50
"""Alerts looked at in one transaction."""
REACHABILITY = "reachability"
"""Detector of the alerts that the alerting service itself raises: somebody cannot be told."""
MENDED_WITHIN = timedelta(days=1)
"""After so long whoever is on a complaint is asked again where it is still so."""


async def open_episode(
    connection: Connection,
    finding: Finding,
    now: datetime,
    *,
    silent: bool,
    outages: Outages | None = None,
) -> AlertId | None:
    """Open the alert of a finding with its first deliveries; None when it is there already.

    Parameters
    ----------
    outages
        What is known already of many homes that cannot be seen.
    """
    stored = await alert_table.open_alert(connection, finding, now, silent=silent)
    if stored is None:
        return None
    run = policy.start(
        finding.severity, finding.audience, now, plan=await plan_for(connection, stored.alert)
    )
    if silent:
        await alert_table.save_policy(connection, stored.alert.alert_id, policy.to_json(run))
    else:
        opened = Episode(alert=stored.alert, run=run)
        await settle(connection, stored, opened, (), now, outages=outages)
    return stored.alert.alert_id


async def recall(
    connection: Connection, stored: StoredAlert, people: People | None = None
) -> tuple[Episode, tuple[ToldEntry, ...]]:
    """Return a stored alert as an episode, with what has been told."""
    alert = stored.alert
    told = await (people or People(connection, [stored])).told(alert.alert_id)
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
    *,
    outages: Outages | None = None,
) -> int:
    """Store an episode as it now stands, with the deliveries it calls for; return how many.

    Every further process that looks at the same episode at the same moment comes to the same
    deliveries, so doing it twice changes nothing.

    Parameters
    ----------
    stored
        The alert as it was read, to tell whether anything changed.
    outages
        What is known already of many homes that cannot be seen.
    """
    people = People(connection, [stored], outages)
    made, over = await _settled(people, stored, episode, told, now)
    if over:
        await delivery_table.cancel(connection, [stored.alert.alert_id])
    return made


async def _settled(
    people: People,
    stored: StoredAlert,
    episode: Episode,
    told: Collection[ToldEntry],
    now: datetime,
) -> tuple[int, bool]:
    """Settle an episode; return how many deliveries it calls for, and whether what waits is over."""
    connection = people.connection
    if await _gathered(people, stored, episode, told, now):
        await _store_gathered(connection, stored, episode)
        return 0, False
    members = await people.team(episode.alert)
    episode = await _without_leaver(people, episode, members, now)
    alert, run = episode.alert, episode.run
    goes_on, duty = escalating(alert, run), NOBODY
    if goes_on:
        duty = await duty_of(people, alert, run, Known(team=members, told=told), now)
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
    if goes_on and alert.audience is Audience.CARERS and alert.severity is not Severity.NOTICE:
        team = (*members, *duty.on_call)
        await _complain(connection, episode, team, duty.reserve, told, now)
        await _complain_of_gap(connection, alert, run, duty, now)
    return len(requests), not goes_on


async def _gathered(
    people: People,
    stored: StoredAlert,
    episode: Episode,
    told: Collection[ToldEntry],
    now: datetime,
) -> bool:
    """Tell whether an alert about all of many homes stands for this one; it is opened where there is none."""
    alert = episode.alert
    if not escalating(alert, episode.run) or not outage.may_gather(alert, stored.policy, told, now):
        return False
    if outage.is_over(alert, stored.policy):
        return True
    blind = await people.outages.of(alert.home_id, now)
    if blind is not None and not blind.told and blind.homes >= outage.MANY:
        await tell_of_many(people.connection, await people.outages.alone(blind, now), now)
        blind = await people.outages.anew(blind, now)
    return blind is not None and blind.told


async def _store_gathered(connection: Connection, stored: StoredAlert, episode: Episode) -> None:
    """Store an episode that is told with others: no run of its own is under way."""
    snapshot = policy.to_json(episode.run) | {"next_at": None, outage.GATHERED: True}
    if episode.alert != stored.alert:
        await alert_table.save_alert(connection, episode.alert, snapshot)
        await notify(connection, alert_table.CHANNEL, str(episode.alert.alert_id))
    elif not stored.policy.get(outage.GATHERED):
        await alert_table.save_policy(connection, episode.alert.alert_id, snapshot)


async def tell_of_many(connection: Connection, blind: Blind, now: datetime) -> None:
    """Tell the operators of an organisation how it stands with many homes, in one alert."""
    since = "" if blind.since is None else clock(blind.since)
    finding = Finding(
        home_id=blind.home_id,
        resident_id=None,
        detector=OUTAGE,
        subject=HOME,
        severity=outage.severity_of(blind),
        audience=Audience.OPERATORS,
        phase=Phase.OPENED if blind.homes >= outage.MANY else Phase.CLEARED,
        onset=now,
        noticed_at=now,
        what=outage.words(blind, since),
        advice=say(PLAYBOOKS["many-blind-homes"].first),
    )
    known = blind.alert and await alert_table.alert_with(connection, blind.alert.alert.alert_id)
    if known is None:
        if finding.phase is Phase.OPENED:
            alert_id = await open_episode(connection, finding, now, silent=False)
            extra = {"action": "outage_told", "alert": alert_id, "homes": blind.homes}
            log.error("many homes cannot be seen", extra=extra)
        return
    if finding.phase is Phase.OPENED and str(known.alert.what) != str(finding.what):
        await outage_table.say_anew(connection, known.alert.alert_id, finding.what)
        await notify(connection, alert_table.CHANNEL, str(known.alert.alert_id))
    before, told = await recall(connection, known)
    after = episodes.heard(before, finding, now)
    if after != before:
        await settle(connection, known, after, told, now)


async def _without_leaver(
    people: People, episode: Episode, members: Sequence[TeamMember], now: datetime
) -> Episode:
    """Tell the team at once where who answered before it got worse may not be told any more."""
    asked = episode.run.asked
    if asked is None:
        return episode
    who = await _who(people, episode, members)
    return episode if asked in who else episodes.passed(episode, who, now)


async def _who(people: People, episode: Episode, members: Sequence[TeamMember]) -> list[CarerId]:
    """Return who may be told: the team, and who is asked or on it if that person still may."""
    who = [member.carer_id for member in members]
    others = {episode.run.asked, episode.alert.acknowledged_by} - {None, *who}
    if others:
        wanted = [one for one in others if one is not None]
        found = await people.others(episode.alert.home_id, wanted)
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


async def look(people: People, found: Sequence[StoredAlert], now: datetime) -> tuple[int, int]:
    """Take in that time has passed for these alerts.

    Returns
    -------
    How many deliveries that called for, and how many of the alerts have nobody to tell.
    """
    made, untold, over = 0, 0, []
    for stored in found:
        before, told = await recall(people.connection, stored, people)
        members = await people.team(stored.alert)
        after = episodes.passed(before, await _who(people, before, members), now)
        if outage.is_over(after.alert, stored.policy):
            after = episodes.over(after, now)
        asked, ended = await _settled(people, stored, after, told, now)
        made, untold = made + asked, untold + (not members)
        over += [stored.alert.alert_id] if ended else []
    if over:
        await delivery_table.cancel(people.connection, over)
    return made, untold


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """That somebody cannot be told, or is not watched, for the operators of a home or whoever can end it."""

    home_id: HomeId
    #: With the organisation its key.
    subject: str
    #: One sentence.
    what: Said
    advice: Said
    severity: Severity = Severity.CHECK
    audience: Audience = Audience.OPERATORS
    #: Since when it is so, where each time counts; None for what somebody who is on it has a day for.
    since: datetime | None = None
    detector: str = REACHABILITY


async def complain(connection: Connection, one: Complaint, now: datetime) -> AlertId | None:
    """Tell the operators that somebody cannot be told; again where it got worse or came after their answer.

    Returns
    -------
    AlertId or None
        The alert that was opened for it; None where there is one already.
    """
    if await open_table.is_open(connection, one.home_id, one.detector, one.subject):
        known = await open_table.open_with(connection, one.home_id, one.detector, one.subject)
        if known is not None and _is_news(known.alert, one, now):
            before, told = await recall(connection, known)
            await settle(connection, known, episodes.again(before, one.severity, now), told, now)
        return None
    finding = Finding(
        home_id=one.home_id,
        resident_id=None,
        detector=one.detector,
        subject=one.subject,
        severity=one.severity,
        audience=one.audience,
        onset=now,
        noticed_at=now,
        what=one.what,
        advice=one.advice,
    )
    return await open_episode(connection, finding, now, silent=False)


def _is_news(known: Alert, one: Complaint, now: datetime) -> bool:
    """Tell whether a complaint that is open says less than there is to say (docs/decisions/0257)."""
    if one.severity.rank > known.severity.rank:
        return True
    if known.acknowledged_at is None:
        return False  # it is being told
    if one.since is None:
        return now - known.acknowledged_at > MENDED_WITHIN
    return one.since - known.acknowledged_at > episodes.LATELY


async def _complain(
    connection: Connection,
    episode: Episode,
    members: Collection[Member],
    reserve: Collection[Member],
    told: Collection[ToldEntry],
    now: datetime,
) -> None:
    """Tell the operators that nobody of a team can be woken; at once where nobody else can be either."""
    if any(reachable(member, told) for member in members):
        return
    alert = episode.alert
    alone = not any(reachable(member, told) for member in reserve)
    at_once = alone and alert.severity is Severity.URGENT
    await complain(
        connection,
        Complaint(
            home_id=alert.home_id,
            subject=f"home/{alert.home_id}",
            what=say(
                "An alert is open and nobody of the care team can be reached away from the page."
            ),
            advice=say("Give the carers of this home a push address, and try it."),
            severity=Severity.URGENT if at_once else Severity.CHECK,
            since=episode.run.since,
        ),
        now,
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
        Complaint(
            home_id=alert.home_id,
            subject=f"on-call/{alert.home_id}",
            what=say("An alert asked for whoever is on call, and nobody is."),
            advice=say(
                "Fill the gap in the rota. The first in the order of telling was told instead."
            ),
        ),
        now,
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
