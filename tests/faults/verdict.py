"""Whether a seed ended as it must: everybody told, nothing twice, nothing out of order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.promises import PROMISES, Terms, violations
from core.model.finding import Finding, Severity
from core.store.ledger import read_ledger, snapshot
from core.store.pool import connect

if TYPE_CHECKING:
    from tests.faults.interleaving import Interleaving

UNHEARD = ("lost", "started", "temporary", "sent_late")
"""Results of attempts that the receiver may have taken, though the service never heard so."""
ALWAYS = {promise.name for promise in PROMISES if not promise.timed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a seed."""

    seed: int
    case: str
    episodes: int
    #: Episodes of which a human was told, or which a human answered on the page.
    told: int
    #: Episodes that fell to the operators, because no carer could be woken.
    fallback: int
    #: Episodes that were over before anybody was to be told.
    over: int
    duplicates_max: int
    kills: int
    outages: int
    answers: int
    #: What is wrong; empty when all is well.
    faults: tuple[str, ...]


async def judge(seed: Interleaving) -> Verdict:
    """Look at the tables and at what the phones took."""
    alerts = _alerts(seed)
    told = {alerts[key] for key, times in seed.phones.reached.items() if times and key in alerts}
    faults: list[str] = []
    kinds: Counter[str] = Counter()
    complaints = {
        number
        for (number,) in seed.house.execute(
            "select alert_id from alert where detector = 'reachability'"
        )
    }
    episodes = {(one.resident_id, one.detector, one.onset): one for one in seed.opened}
    for finding in episodes.values():
        kinds[_fate(seed, finding, told, complaints, faults)] += 1
    duplicates = _duplicates(seed, faults)
    await _promises(seed, faults)
    _order(seed, faults)
    return Verdict(
        seed=seed.scenario.seed,
        case=seed.scenario.case,
        episodes=len(episodes),
        told=kinds["told"],
        fallback=kinds["fallback"],
        over=kinds["over"],
        duplicates_max=duplicates,
        kills=seed.counts.kills,
        outages=seed.counts.outages,
        answers=seed.counts.answers,
        faults=tuple(faults),
    )


def _alerts(seed: Interleaving) -> dict[str, int]:
    """Return the alert of each delivery, by its idempotency key."""
    rows = seed.house.execute(
        "select delivery_id, alert_id from delivery where alert_id is not null"
    )
    return {f"wayhome-delivery-{number}": int(alert) for number, alert in rows}


def _fate(
    seed: Interleaving,
    finding: Finding,
    told: set[int],
    complaints: set[int],
    faults: list[str],
) -> str:
    alerts = seed.house.execute(
        "select distinct a.alert_id, a.state, a.severity, a.cleared_at is not null,"
        " exists (select 1 from response r where r.alert_id = a.alert_id and r.kind <> 'reopen')"
        " from alert a join alert_finding using (alert_id) join finding f using (finding_id)"
        " where f.resident_id = %s and f.detector = %s and f.onset = %s",
        finding.resident_id,
        finding.detector,
        finding.onset,
    )
    if len(alerts) != 1:
        faults.append(f"{len(alerts)} alerts of {finding.detector} since {finding.onset}")
        return "lost"
    ((alert, state, severity, cleared, answered),) = alerts
    if alert in told or answered:
        return "told"
    if complaints & told:
        return "fallback"
    if severity != Severity.URGENT.value and (cleared or state == "resolved"):
        return "over"
    faults.append(f"nobody was told of alert {alert} ({state}, {severity})")
    return "lost"


def _duplicates(seed: Interleaving, faults: list[str]) -> int:
    """Return the most copies beyond the first; each needs an attempt whose end came too late or never."""
    unheard = {
        f"wayhome-delivery-{number}": (count, attempts)
        for number, count, attempts in seed.house.execute(
            "select delivery_id, count(*) filter (where result = any(%s) or exists ("
            "  select 1 from delivery_attempt n where n.delivery_id = a.delivery_id"
            "  and n.attempt > a.attempt and n.started_at <= a.ended_at)), count(*)"
            " from delivery_attempt a group by delivery_id",
            list(UNHEARD),
        )
    }
    most = 0
    for key, count in Counter(request.key for request in seed.phones.requests).items():
        lost, attempts = unheard[key]
        if count > min(1 + lost, attempts):
            faults.append(f"{key} came {count} times in {attempts} attempts, {lost} unheard")
        most = max(most, seed.phones.reached[key] - 1)
    return most


async def _promises(seed: Interleaving, faults: list[str]) -> None:
    async with connect(seed.database.url_as("wayhome_operator")) as connection:
        await snapshot(connection)
        ledger = await read_ledger(connection, datetime(2000, 1, 1, tzinfo=UTC), seed.clock.now())
    faults += [
        f"{one.promise} of alert {one.alert_id}: expected {one.expected}, found {one.found}"
        for one in violations(ledger, Terms(now=seed.clock.now()))
        if one.promise in ALWAYS
    ]


def _order(seed: Interleaving, faults: list[str]) -> None:
    """Check that in one run of an alert no later step begins before an earlier one by the same way."""
    newest: dict[object, tuple[datetime, int]] = {}
    for *place, step, began in seed.house.execute(
        "select alert_id, (select max(r.first_step) from alert_run r where r.alert_id = d.alert_id"
        "  and r.first_step <= d.step), carer_id, channel, step, started_at from delivery d"
        " join delivery_attempt using (delivery_id) where attempt = 1 and alert_id is not null order by step"
    ):
        way = tuple(place)
        before, earlier = newest.get(way, (began, step))
        if began < before:
            faults.append(f"step {step} of {way} began before step {earlier}")
        newest[way] = (began, step)
