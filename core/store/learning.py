"""What detection learned from carers, and what it reads for that. Changes are written by analytics only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import dict_row

from core.model.ids import AlertId, CarerId, HomeId
from core.model.learning import (
    MarginChange,
    MarginDecision,
    MissedEvent,
    MissedKind,
    Verdict,
    Why,
)
from core.model.observation import LogPosition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.store.pool import Connection

_SETTLED: LiteralString = "txid < pg_snapshot_xmin(pg_current_snapshot())"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMissed:
    """A report as the log gives it out."""

    at: LogPosition
    missed: MissedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """A decision as the log gives it out."""

    at: LogPosition
    decision: MarginDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """An episode behind an alert."""

    home_id: HomeId
    detector: str
    onset: datetime


async def read_cursors(connection: Connection, shard: int) -> dict[str, LogPosition]:
    """Return how far each log was read; a log that was never read is not in it."""
    cursor = await connection.execute(
        "select reader, txid::text::bigint, sequence from learning_cursor where shard = %s",
        (shard,),
    )
    return {
        reader: LogPosition(transaction=txid, sequence=sequence)
        for reader, txid, sequence in await cursor.fetchall()
    }


async def move_cursor(connection: Connection, shard: int, reader: str, to: LogPosition) -> None:
    """Note that everything up to ``to`` has had its effect."""
    await connection.execute(
        "insert into learning_cursor (shard, reader, txid, sequence)"
        " values (%s, %s, %s::text::xid8, %s) on conflict (shard, reader) do update"
        " set txid = excluded.txid, sequence = excluded.sequence",
        (shard, reader, str(to.transaction), to.sequence),
    )


async def missed_after(
    connection: Connection, position: LogPosition, limit: int
) -> list[LoggedMissed]:
    """Return the next reports of what was missed; one that commits late is never skipped."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select txid::text::bigint as transaction, * from missed_event where "
        + _SETTLED
        + " and (txid, missed_id) > (%s::text::xid8, %s) order by txid, missed_id limit %s",
        (str(position.transaction), position.sequence, limit),
    )
    return [
        LoggedMissed(
            at=LogPosition(transaction=row["transaction"], sequence=row["missed_id"]),
            missed=missed_event(row),
        )
        for row in await cursor.fetchall()
    ]


async def decisions_after(
    connection: Connection, position: LogPosition, limit: int
) -> list[LoggedDecision]:
    """Return the next decisions about changes; one that commits late is never skipped."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select txid::text::bigint as transaction, * from margin_decision where "
        + _SETTLED
        + " and (txid, decision_id) > (%s::text::xid8, %s) order by txid, decision_id limit %s",
        (str(position.transaction), position.sequence, limit),
    )
    return [
        LoggedDecision(
            at=LogPosition(transaction=row["transaction"], sequence=row["decision_id"]),
            decision=MarginDecision(
                home_id=HomeId(row["home_id"]),
                change_id=row["change_id"],
                carer_id=CarerId(row["carer_id"]),
                verdict=Verdict(row["verdict"]),
                at=row["at"],
            ),
        )
        for row in await cursor.fetchall()
    ]


async def spoke(connection: Connection, alert_id: AlertId, until: datetime) -> list[Spoke]:
    """Return the episodes for carers that an alert had told of by then."""
    cursor = await connection.execute(
        "select distinct f.home_id, f.detector, f.onset from alert_finding j"
        " join finding f using (finding_id) where j.alert_id = %s and f.audience = 'carers'"
        " and f.noticed_at <= %s order by f.detector, f.onset",
        (alert_id, until),
    )
    return [
        Spoke(home_id=HomeId(home_id), detector=detector, onset=onset)
        for home_id, detector, onset in await cursor.fetchall()
    ]


async def record_change(connection: Connection, change: MarginChange) -> int:
    """Append a line to the log of changes; return its number."""
    cursor = await connection.execute(
        "insert into margin_change (home_id, detector, hour_bin, at, why, factor, before, after,"
        " waiting, carer_id, alert_id, of_change)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning change_id",
        (
            change.home_id,
            change.detector,
            change.hour_bin,
            change.at,
            change.why.value,
            change.factor,
            change.before,
            change.after,
            change.waiting,
            change.carer_id,
            change.alert_id,
            change.of_change,
        ),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the statement returned no row")
    return int(row[0])


async def changes_of(
    connection: Connection, home_id: HomeId, since: datetime, detector: str | None = None
) -> list[MarginChange]:
    """Return the log of a home, or of one detector in it, oldest first."""
    return await _changes(
        connection,
        "where home_id = %(home)s and at >= %(since)s"
        " and detector = coalesce(%(detector)s::text, detector) order by change_id",
        {"home": home_id, "since": since, "detector": detector},
    )


async def changes_by_alert(connection: Connection, alert_id: AlertId, home_id: HomeId) -> list[str]:
    """Return the detectors that an answer to this alert has moved."""
    cursor = await connection.execute(
        "select distinct detector from margin_change where home_id = %s and alert_id = %s"
        " order by detector",
        (home_id, alert_id),
    )
    return [row[0] for row in await cursor.fetchall()]


async def change_with(connection: Connection, change_id: int) -> MarginChange | None:
    """Return one line; None when there is none to be seen."""
    found = await _changes(connection, "where change_id = %(change)s", {"change": change_id})
    return found[0] if found else None


async def newest(
    connection: Connection, homes: Sequence[HomeId], since: datetime
) -> list[MarginChange]:
    """Return the last line of each home, detector and context: it holds the margin that stands."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select distinct on (home_id, detector, hour_bin) * from margin_change"
        " where home_id = any(%s) and at >= %s order by home_id, detector, hour_bin, change_id desc",
        (list(homes), since),
    )
    return [_change(row) for row in await cursor.fetchall()]


async def report_missed(connection: Connection, missed: MissedEvent) -> None:
    """Write down what nobody was told of. Written by the dashboard."""
    await connection.execute(
        "insert into missed_event (home_id, carer_id, at, happened_at, kind, what)"
        " values (%s, %s, %s, %s, %s, %s)",
        (
            missed.home_id,
            missed.carer_id,
            missed.at,
            missed.happened_at,
            missed.kind.value,
            missed.what,
        ),
    )


async def decide(connection: Connection, decision: MarginDecision) -> None:
    """Write down a decision about a change. Written by the dashboard."""
    await connection.execute(
        "insert into margin_decision (home_id, change_id, carer_id, verdict, at)"
        " values (%s, %s, %s, %s, %s)",
        (
            decision.home_id,
            decision.change_id,
            decision.carer_id,
            decision.verdict.value,
            decision.at,
        ),
    )


async def missed_of(connection: Connection, home_id: HomeId, limit: int) -> list[MissedEvent]:
    """Return what was reported about a home, the latest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select * from missed_event where home_id = %s order by at desc limit %s", (home_id, limit)
    )
    return [missed_event(row) for row in await cursor.fetchall()]


async def undecided(connection: Connection, home_id: HomeId) -> set[int]:
    """Return the changes of a home about which a decision was given that detection has not read yet."""
    cursor = await connection.execute(
        "select d.change_id from margin_decision d where d.home_id = %s and not exists"
        " (select 1 from margin_change c where c.of_change = d.change_id)",
        (home_id,),
    )
    return {row[0] for row in await cursor.fetchall()}


async def names(connection: Connection, carers: Sequence[CarerId]) -> Mapping[CarerId, str]:
    """Return the names of people, as far as they may be seen."""
    cursor = await connection.execute(
        "select carer_id, name from carer where carer_id = any(%s)", (list(carers),)
    )
    return {CarerId(number): name for number, name in await cursor.fetchall()}


def missed_event(row: Mapping[str, Any]) -> MissedEvent:
    """Return a row of ``missed_event`` as a report."""
    return MissedEvent(
        home_id=HomeId(row["home_id"]),
        carer_id=CarerId(row["carer_id"]),
        at=row["at"],
        happened_at=row["happened_at"],
        kind=MissedKind(row["kind"]),
        what=row["what"],
    )


async def _changes(
    connection: Connection, condition: LiteralString, values: Mapping[str, object]
) -> list[MarginChange]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("select * from margin_change " + condition, values)
    return [_change(row) for row in await cursor.fetchall()]


def _change(row: Mapping[str, Any]) -> MarginChange:
    alert_id = row["alert_id"]
    return MarginChange(
        change_id=row["change_id"],
        home_id=HomeId(row["home_id"]),
        detector=row["detector"],
        hour_bin=row["hour_bin"],
        at=row["at"],
        why=Why(row["why"]),
        factor=row["factor"],
        before=row["before"],
        after=row["after"],
        waiting=row["waiting"],
        carer_id=CarerId(row["carer_id"]),
        alert_id=None if alert_id is None else AlertId(alert_id),
        of_change=row["of_change"],
    )
