"""What happened to alerts, read back from the tables to be proved. Read only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from core.model.finding import Audience, DeliveryState, Phase, ResponseKind, Severity
from core.model.ids import AlertId, CarerId, DeliveryId, FindingId, HomeId, ResidentId
from core.model.ledger import (
    AlertLedger,
    Attempt,
    EpisodeKey,
    Ledger,
    LedgerAnswer,
    LedgerDelivery,
    LedgerFinding,
    LedgerNotice,
    LedgerRun,
    LedgerWatch,
)
from core.model.watching import NoticeKind
from core.store.alert import stored_alert
from core.store.pool import Connection, named_rows
from core.store.watching import homes_to_judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


COMPLAINTS: LiteralString = "reachability"
"""Detector of the alerts that tell the operators that somebody cannot be told."""


async def snapshot(connection: Connection) -> datetime:
    """Let this transaction see one moment only, and change nothing; return that moment.

    It must be the transaction's first statement.
    """
    await connection.execute("set transaction isolation level repeatable read, read only")
    cursor = await connection.execute("select now()")
    moment: datetime
    ((moment,),) = await cursor.fetchall()
    return moment


async def read_ledger(connection: Connection, since: datetime, now: datetime) -> Ledger:
    """Return what the tables remember of the alerts that were opened or not over since then.

    Call `snapshot` before it in the same transaction, so that all of it is of one moment.

    Parameters
    ----------
    now
        The moment at which it is asked how homes stand.
    """
    rows = await named_rows(
        connection,
        "select * from alert where opened_at >= %(since)s or state <> 'resolved'"
        " or resolved_at >= %(since)s order by alert_id",
        {"since": since},
    )
    alerts = [stored_alert(row) for row in rows]
    ids = [one.alert.alert_id for one in alerts]
    runs = await _runs(connection, ids)
    deliveries = await _deliveries(connection, "delivery d", "d.alert_id", ids)
    answers = await _answers(connection, ids)
    episodes = await _episodes(connection, ids)
    homes = await named_rows(connection, "select home_id, organisation_id from home", {})
    organisations = {HomeId(row["home_id"]): str(row["organisation_id"]) for row in homes}
    return Ledger(
        alerts=tuple(
            AlertLedger(
                alert=one.alert,
                silent=one.silent,
                runs=tuple(runs.get(one.alert.alert_id, ())),
                deliveries=tuple(deliveries.get(one.alert.alert_id, ())),
                answers=tuple(answers.get(one.alert.alert_id, ())),
                episodes=tuple(episodes.get(one.alert.alert_id, ())),
            )
            for one in alerts
        ),
        findings=await _findings(connection, since),
        organisations=organisations,
        complaints=await _complaints(connection, since),
        watches=await _watches(connection, now),
        notices=await _notices(connection, since),
    )


async def _runs(connection: Connection, ids: Sequence[AlertId]) -> dict[AlertId, list[LedgerRun]]:
    found: dict[AlertId, list[LedgerRun]] = {}
    for row in await named_rows(
        connection,
        "select alert_id, first_step, since, began_at, asked, policy from alert_run"
        " where alert_id = any(%(ids)s) order by alert_id, first_step, began_at, since",
        {"ids": list(ids)},
    ):
        asked = None if row["asked"] is None else CarerId(row["asked"])
        run = LedgerRun(
            first_step=row["first_step"],
            since=row["since"],
            began_at=row["began_at"],
            asked=asked,
            policy=row["policy"],
        )
        found.setdefault(AlertId(row["alert_id"]), []).append(run)
    return found


async def _deliveries(
    connection: Connection, source: LiteralString, key: LiteralString, numbers: Sequence[int]
) -> dict[int, list[LedgerDelivery]]:
    """Return the deliveries of some alerts or notices, by the number of each."""
    source = f" from {source} where {key}"
    attempts: dict[int, list[Attempt]] = {}
    for row in await named_rows(
        connection,
        "select a.* from delivery_attempt a where a.delivery_id in (select d.delivery_id"
        + source
        + " = any(%(numbers)s)) order by a.delivery_id, a.attempt",
        {"numbers": list(numbers)},
    ):
        attempt = Attempt(
            number=row["attempt"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            result=row["result"],
        )
        attempts.setdefault(row["delivery_id"], []).append(attempt)
    found: dict[int, list[LedgerDelivery]] = {}
    for row in await named_rows(
        connection,
        "select d.*, " + key + " as about" + source + " = any(%(numbers)s) order by d.delivery_id",
        {"numbers": list(numbers)},
    ):
        delivery = _delivery(row, attempts.get(row["delivery_id"], ()))
        found.setdefault(row["about"], []).append(delivery)
    return found


async def _watches(connection: Connection, now: datetime) -> tuple[LedgerWatch, ...]:
    return tuple(
        LedgerWatch(home_id=one.home_id, now=one.now, last=one.last, said=one.said)
        for one in await homes_to_judge(connection, now)
    )


async def _notices(connection: Connection, since: datetime) -> tuple[LedgerNotice, ...]:
    rows = await named_rows(
        connection,
        "select n.*, n.dropped_at is null and not exists (select 1 from watch_change w"
        "  where w.home_id = n.home_id and w.number > n.about) as wanted"
        " from watch_notice n where n.at >= %(since)s"
        " and n.kind not in ('watch_ends', 'watch_renew') order by n.notice_id",
        {"since": since},
    )
    source: LiteralString = "delivery d join watch_message m using (delivery_id)"
    numbers = [row["notice_id"] for row in rows]
    told = await _deliveries(connection, source, "m.notice_id", numbers)
    return tuple(
        LedgerNotice(
            notice_id=row["notice_id"],
            home_id=HomeId(row["home_id"]),
            carer_id=CarerId(row["carer_id"]),
            kind=NoticeKind(row["kind"]),
            due_at=row["due_at"],
            asked_at=row["asked_at"],
            wanted=row["wanted"],
            deliveries=tuple(told.get(row["notice_id"], ())),
        )
        for row in rows
    )


def _delivery(row: Mapping[str, Any], attempts: Sequence[Attempt]) -> LedgerDelivery:
    return LedgerDelivery(
        delivery_id=DeliveryId(row["delivery_id"]),
        carer_id=CarerId(row["carer_id"]),
        channel=row["channel"],
        step=row["step"],
        state=DeliveryState(row["state"]),
        created_at=row["created_at"],
        next_try_at=row["next_try_at"],
        lease_until=row["lease_until"],
        sent_at=row["sent_at"],
        counted=row["attempts"],
        attempts=tuple(attempts),
    )


async def _answers(
    connection: Connection, ids: Sequence[AlertId]
) -> dict[AlertId, list[LedgerAnswer]]:
    found: dict[AlertId, list[LedgerAnswer]] = {}
    for row in await named_rows(
        connection,
        "select alert_id, carer_id, kind, at from response where alert_id = any(%(ids)s)"
        " order by txid, response_id",
        {"ids": list(ids)},
    ):
        answer = LedgerAnswer(
            carer_id=CarerId(row["carer_id"]), kind=ResponseKind(row["kind"]), at=row["at"]
        )
        found.setdefault(AlertId(row["alert_id"]), []).append(answer)
    return found


_EPISODE: LiteralString = "f.home_id, f.resident_id, f.detector, f.subject, f.onset"


async def _episodes(
    connection: Connection, ids: Sequence[AlertId]
) -> dict[AlertId, list[EpisodeKey]]:
    found: dict[AlertId, list[EpisodeKey]] = {}
    for row in await named_rows(
        connection,
        "select distinct j.alert_id, " + _EPISODE + " from alert_finding j"
        " join finding f using (finding_id) where j.alert_id = any(%(ids)s)",
        {"ids": list(ids)},
    ):
        found.setdefault(AlertId(row["alert_id"]), []).append(_episode(row))
    return found


async def _findings(connection: Connection, since: datetime) -> tuple[LedgerFinding, ...]:
    rows = await named_rows(
        connection,
        "select f.finding_id, " + _EPISODE + ", f.severity, f.phase, f.recorded_at, h.mode,"
        " array(select j.alert_id from alert_finding j where j.finding_id = f.finding_id) as alerts"
        " from finding f left join home h using (home_id) where f.recorded_at >= %(since)s"
        " order by f.finding_id",
        {"since": since},
    )
    return tuple(
        LedgerFinding(
            finding_id=FindingId(row["finding_id"]),
            episode=_episode(row),
            severity=Severity(row["severity"]),
            phase=Phase(row["phase"]),
            recorded_at=row["recorded_at"],
            mode=row["mode"],
            alerts=tuple(AlertId(one) for one in row["alerts"]),
        )
        for row in rows
    )


async def _complaints(
    connection: Connection, since: datetime
) -> dict[str, tuple[tuple[datetime, datetime | None], ...]]:
    found: dict[str, tuple[tuple[datetime, datetime | None], ...]] = {}
    for row in await named_rows(
        connection,
        "select h.organisation_id, a.opened_at, a.resolved_at from alert a join home h"
        " using (home_id) where a.detector = %(detector)s and a.audience = %(operators)s"
        " and (a.resolved_at is null or a.resolved_at >= %(since)s) order by a.opened_at",
        {"detector": COMPLAINTS, "operators": Audience.OPERATORS.value, "since": since},
    ):
        span = (row["opened_at"], row["resolved_at"])
        organisation = str(row["organisation_id"])
        found[organisation] = (*found.get(organisation, ()), span)
    return found


def _episode(row: Mapping[str, Any]) -> EpisodeKey:
    resident = row["resident_id"]
    return (
        HomeId(row["home_id"]),
        None if resident is None else ResidentId(resident),
        row["detector"],
        row["subject"],
        row["onset"],
    )
