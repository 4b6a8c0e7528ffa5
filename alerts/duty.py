"""Who beside the team may be told of an alert now, and who keeps quiet hours: read when it is looked at.

The rules of an alert are a snapshot, the people are not: whoever is on call at the time is told, and quiet
hours count as they are now (docs/decisions/0140, 0142).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alerts.escalation import Duty, reachable
from core.model.finding import Audience, Severity
from core.model.quiet import held_until
from core.model.rota import on_call
from core.store import plan as plan_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from alerts.escalation import Member
    from alerts.people import People
    from alerts.policy import Plan, Run
    from core.model.finding import Alert
    from core.model.ids import CarerId
    from core.store.alert import TeamMember
    from core.store.delivery import ToldEntry
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is read of an alert anyway."""

    team: Sequence[TeamMember]
    told: Collection[ToldEntry]


async def plan_for(connection: Connection, alert: Alert) -> Plan | None:
    """Return the rules that are written down for an alert's home; None where nothing is."""
    if alert.audience is not Audience.CARERS:
        return None
    stored = await plan_table.policies_of(connection, alert.home_id)
    return stored.plan() if stored.any else None


async def duty_of(people: People, alert: Alert, run: Run, known: Known, now: datetime) -> Duty:
    """Return who is on call, who is named, who is quiet, and the reserve where it may have come to that."""
    if alert.audience is not Audience.CARERS:
        return Duty(quiet=await _quiet(people, alert, known.team, now))
    on_duty = await _on_call(people, alert, run, now)
    duty = Duty(on_call=on_duty, named=await _named(people, alert, run, known.team))
    everybody = (*known.team, *duty.on_call, *duty.named)
    duty = replace(duty, quiet=await _quiet(people, alert, everybody, now))
    late = run.fallback_at is not None and now >= run.fallback_at
    if alert.severity is Severity.NOTICE or not (late or not _awake(everybody, duty, known)):
        return duty
    return await _with_reserve(people, alert, duty, known, now)


async def _on_call(people: People, alert: Alert, run: Run, now: datetime) -> tuple[TeamMember, ...]:
    if not any(step.on_call for step in run.policy.steps):
        return ()
    who = await people.on_call(alert.home_id, now)
    return () if who is None else await people.others(alert.home_id, [who])


async def _named(
    people: People, alert: Alert, run: Run, team: Sequence[TeamMember]
) -> tuple[TeamMember, ...]:
    wanted = {carer for step in run.policy.steps for carer in step.carers}
    if run.asked is not None:
        wanted.add(run.asked)
    wanted -= {member.carer_id for member in team}
    return await people.others(alert.home_id, wanted) if wanted else ()


async def _with_reserve(
    people: People, alert: Alert, duty: Duty, known: Known, now: datetime
) -> Duty:
    """Add the organisation's on-call; its administrators too where nobody is or can be woken."""
    rota = await people.reserve(alert.home_id, now)
    who = None if rota is None else on_call(rota, now)
    found = () if who is None else await people.others(alert.home_id, [who])
    duty = replace(duty, quiet={**duty.quiet, **await _quiet(people, alert, found, now)})
    if not _awake(found, duty, known):
        administrators = await people.administrators(alert.home_id)
        found = (*found, *administrators)
        quiet = await _quiet(people, alert, administrators, now)
        duty = replace(duty, quiet={**duty.quiet, **quiet})
    return replace(duty, reserve=found)


def _awake(people: Iterable[Member], duty: Duty, known: Known) -> bool:
    return any(
        reachable(member, known.told) and member.carer_id not in duty.quiet for member in people
    )


async def _quiet(
    people: People, alert: Alert, members: Iterable[Member], now: datetime
) -> dict[CarerId, datetime]:
    """Return until when each of these people is not to be woken by an alert of this severity."""
    carers = [member.carer_id for member in members]
    if alert.severity is Severity.URGENT or not carers:
        return {}
    kept = await people.quiet_hours(carers)
    zone = await people.zone(alert.home_id)
    found = {carer: held_until(kept.get(carer), alert.severity, now, zone) for carer in set(carers)}
    return {carer: until for carer, until in found.items() if until is not None}
