"""Alerts: opened from findings, changed by answers and time. Written by the alerting service only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.model.finding import (
    Alert,
    AlertState,
    Audience,
    Finding,
    Outcome,
    Severity,
)
from core.model.home import HomeMode
from core.model.ids import AlertId, CarerId, FindingId, HomeId, ResidentId
from core.model.observation import LogPosition
from core.store.finding import bare_finding, facts_of, texts_of
from core.store.listen import notify
from core.store.told_as import ALL_THE_SAME, MODE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.store.pool import Connection

CHANNEL: LiteralString = "alert"
"""NOTIFY channel that wakes the pages; the payload is the alert's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """An alert with what only the alerting service reads."""

    #: Without what was ruled out and the evidence: these go from the finding to the page untouched.
    alert: Alert
    #: Snapshot of the running escalation; empty for a silent alert.
    policy: Mapping[str, Any]
    #: True in a home that is being commissioned: nobody is told.
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedFinding:
    """A finding as the log gives it out."""

    at: LogPosition
    finding_id: FindingId
    finding: Finding
    recorded_at: datetime
    #: Mode of its home, the quieter one of when it was noticed and of now: test too where nobody may be
    #: watched, whose silence is no finding. None where the home is gone.
    mode: HomeMode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """A person who may be told about a home."""

    carer_id: CarerId
    order: int
    #: Channels with an address of theirs.
    channels: tuple[str, ...]


async def read_cursor(connection: Connection, reader: str) -> LogPosition:
    """Return the place up to which ``reader`` has read."""
    cursor = await connection.execute(
        "select txid::text::bigint, sequence from alert_cursor where reader = %s", (reader,)
    )
    row = await cursor.fetchone()
    return LogPosition() if row is None else LogPosition(transaction=row[0], sequence=row[1])


async def take_cursor(connection: Connection, reader: str) -> LogPosition | None:
    """Lock the place up to which ``reader`` has read; None while another process holds it."""
    await connection.execute(
        "insert into alert_cursor (reader, txid, sequence) values (%s, '0'::xid8, 0)"
        " on conflict (reader) do nothing",
        (reader,),
    )
    cursor = await connection.execute(
        "select txid::text::bigint, sequence from alert_cursor where reader = %s"
        " for update skip locked",
        (reader,),
    )
    row = await cursor.fetchone()
    return None if row is None else LogPosition(transaction=row[0], sequence=row[1])


async def move_cursor(connection: Connection, reader: str, to: LogPosition) -> None:
    """Note that everything up to ``to`` has had its effect."""
    await connection.execute(
        "update alert_cursor set txid = %s::text::xid8, sequence = %s where reader = %s",
        (str(to.transaction), to.sequence, reader),
    )


async def findings_after(
    connection: Connection, position: LogPosition, limit: int
) -> list[LoggedFinding]:
    """Return the next findings of the log; one that commits late is never skipped."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select f.txid::text::bigint as transaction, f.finding_id, f.home_id, f.resident_id,"
        " f.detector, f.subject, f.severity, f.audience, f.phase, f.onset, f.noticed_at, f.what,"
        " f.recorded_at, " + MODE + " as mode from finding f left join home h using (home_id)"
        " where f.txid < pg_snapshot_xmin(pg_current_snapshot())"
        " and (f.txid, f.finding_id) > (%(transaction)s::text::xid8, %(sequence)s)"
        " order by f.txid, f.finding_id limit %(limit)s",
        {
            "kept": ALL_THE_SAME,
            "transaction": str(position.transaction),
            "sequence": position.sequence,
            "limit": limit,
        },
    )
    return [_logged(row) for row in await cursor.fetchall()]


async def alert_of(connection: Connection, finding: Finding) -> StoredAlert | None:
    """Return the alert that the finding's episode opened or joined, locked; None when there is none."""
    values = {
        "home": finding.home_id,
        "resident": finding.resident_id,
        "detector": finding.detector,
        "subject": finding.subject,
        "onset": finding.onset,
    }
    return await one_alert(
        connection,
        "select * from alert where alert_id = coalesce((select a.alert_id from alert a where "
        + _EPISODE
        + "), (select max(j.alert_id) from alert_finding j join finding a using (finding_id) where "
        + _EPISODE
        + ")) for no key update",
        values,
    )


async def alert_with(connection: Connection, alert_id: AlertId) -> StoredAlert | None:
    """Return one alert, locked."""
    return await one_alert(
        connection, "select * from alert where alert_id = %s for no key update", (alert_id,)
    )


async def open_alert(
    connection: Connection, finding: Finding, now: datetime, *, silent: bool
) -> StoredAlert | None:
    """Open the alert of the finding's episode; None when it is there already."""
    opened = await one_alert(
        connection,
        "insert into alert (home_id, resident_id, detector, subject, severity, audience, onset,"
        " opened_at, what, advice, said, silent)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning *",
        (
            finding.home_id,
            finding.resident_id,
            finding.detector,
            finding.subject,
            finding.severity.value,
            finding.audience.value,
            finding.onset,
            now,
            str(finding.what),
            str(finding.advice),
            facts_of(finding),
            silent,
        ),
    )
    if opened is not None:
        await notify(connection, CHANNEL, str(opened.alert.alert_id))
    return opened


async def save_alert(connection: Connection, alert: Alert, policy: Mapping[str, Any]) -> None:
    """Store the state of an alert and of its escalation; its texts stay as they are."""
    await connection.execute(
        "update alert set severity = %s, state = %s, acknowledged_by = %s, acknowledged_at = %s,"
        " resolved_by = %s, resolved_at = %s, outcome = %s, cleared_at = %s, policy = %s"
        " where alert_id = %s",
        (
            alert.severity.value,
            alert.state.value,
            alert.acknowledged_by,
            alert.acknowledged_at,
            alert.resolved_by,
            alert.resolved_at,
            None if alert.outcome is None else alert.outcome.value,
            alert.cleared_at,
            Jsonb(dict(policy)),
            alert.alert_id,
        ),
    )


async def save_policy(connection: Connection, alert_id: AlertId, policy: Mapping[str, Any]) -> None:
    """Store the escalation only, and wake no page for it."""
    await connection.execute(
        "update alert set policy = %s where alert_id = %s", (Jsonb(dict(policy)), alert_id)
    )


async def note_run(
    connection: Connection, alert_id: AlertId, policy: Mapping[str, Any], now: datetime
) -> None:
    """Remember a run of the escalation, also for when the next one has taken its place."""
    await connection.execute(
        "insert into alert_run (alert_id, first_step, since, began_at, asked, policy)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        (
            alert_id,
            policy["first_step"],
            policy["since"],
            now,
            policy["asked"],
            Jsonb(dict(policy)),
        ),
    )


async def alerts_to_look_at(
    connection: Connection, now: datetime, limit: int, *, beyond: AlertId | None = None
) -> list[StoredAlert]:
    """Return alerts whose ``next_at`` has come, locked; those another process looks at are left out.

    Parameters
    ----------
    beyond
        With an id: all alerts after it that are not resolved, by id, whatever their ``next_at`` says.
    """
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select *" + TO_LOOK_AT + " for no key update skip locked",
        {"now": now, "limit": limit, "beyond": beyond},
    )
    return [stored_alert(row) for row in await cursor.fetchall()]


async def look_again(connection: Connection, alert_id: AlertId) -> None:
    """Let the escalation look at this alert at once."""
    await connection.execute(
        "update alert set policy = policy || '{\"next_at\": 0}'::jsonb"
        " where alert_id = %s and state <> 'resolved'",
        (alert_id,),
    )


async def carers_of(connection: Connection, home_id: HomeId) -> tuple[TeamMember, ...]:
    """Return the carers assigned to a home, in the order of telling."""
    return (await carers_of_all(connection, [home_id])).get(home_id, ())


async def carers_of_all(
    connection: Connection, homes: Sequence[HomeId]
) -> dict[HomeId, tuple[TeamMember, ...]]:
    """Return the carers of each of these homes, in the order of telling; a home without is left out."""
    return await members(connection, _CARERS, homes)


async def operators_of(connection: Connection, home_id: HomeId) -> tuple[TeamMember, ...]:
    """Return the technicians and, after them, the administrators of a home's organisation."""
    return (await members(connection, _OPERATORS, [home_id])).get(home_id, ())


async def open_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Count the alerts that are not resolved, by (state, severity)."""
    cursor = await connection.execute(
        "select state, severity, count(*) from alert where state <> 'resolved' and not silent"
        " group by state, severity"
    )
    return {(state, severity): count for state, severity, count in await cursor.fetchall()}


async def homes_without_carers(connection: Connection) -> int:
    """Count the homes that are watched, or rest, and that nobody cares for."""
    cursor = await connection.execute(
        "select count(*) from home h where (mode = 'live' or away) and not exists ("
        " select 1 from care join carer using (carer_id) where care.home_id = h.home_id"
        " and role in ('family_carer', 'care_worker') and disabled_at is null)"
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


TO_LOOK_AT: LiteralString = (
    " from alert where state <> 'resolved' and not silent and case when %(beyond)s::bigint is null"
    "  then (policy->>'next_at')::float8 <= extract(epoch from %(now)s::timestamptz)"
    "  else alert_id > %(beyond)s::bigint end order by alert_id limit %(limit)s"
)
_EPISODE: LiteralString = (
    "a.home_id = %(home)s and a.resident_id is not distinct from %(resident)s"
    " and a.detector = %(detector)s and a.subject = %(subject)s and a.onset = %(onset)s"
)
ADDRESSES: LiteralString = (
    " coalesce((select array_agg(distinct p.channel order by p.channel) from live_contact p"
    " where p.carer_id = c.carer_id), '{}') as channels"
)
_CARERS: LiteralString = (
    "select care.home_id, c.carer_id, care.telling_order as place," + ADDRESSES + " from care"
    " join carer c using (carer_id) where care.home_id = any(%s) and c.disabled_at is null"
    " and c.role in ('family_carer', 'care_worker') order by place, c.carer_id"
)
_OPERATORS: LiteralString = (
    "select h.home_id, c.carer_id, case c.role when 'technician' then 1 else 2 end as place,"
    + ADDRESSES
    + " from home h join carer c using (organisation_id) where h.home_id = any(%s)"
    " and c.disabled_at is null and c.role in ('technician', 'organisation_admin')"
    " order by place, c.carer_id"
)


async def members(
    connection: Connection, query: LiteralString, homes: Sequence[HomeId], *values: object
) -> dict[HomeId, tuple[TeamMember, ...]]:
    """Return the people whom a query gives as home, id, place and channels, by the home."""
    cursor = await connection.execute(query, (list(homes), *values))
    found: dict[HomeId, list[TeamMember]] = {}
    for home, carer_id, place, channels in await cursor.fetchall():
        one = TeamMember(carer_id=CarerId(carer_id), order=place, channels=tuple(channels))
        found.setdefault(HomeId(home), []).append(one)
    return {home: tuple(some) for home, some in found.items()}


async def one_alert(
    connection: Connection,
    query: LiteralString,
    values: tuple[object, ...] | Mapping[str, object],
) -> StoredAlert | None:
    """Return the alert that a query finds; None when it finds none."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, values)
    row = await cursor.fetchone()
    return None if row is None else stored_alert(row)


def _logged(row: dict[str, Any]) -> LoggedFinding:
    return LoggedFinding(
        at=LogPosition(transaction=row["transaction"], sequence=row["finding_id"]),
        finding_id=FindingId(row["finding_id"]),
        recorded_at=row["recorded_at"],
        mode=None if row["mode"] is None else HomeMode(row["mode"]),
        finding=bare_finding(row),
    )


def stored_alert(row: dict[str, Any]) -> StoredAlert:
    """Return a row of ``alert`` as an alert."""
    alert = Alert(
        alert_id=AlertId(row["alert_id"]),
        home_id=HomeId(row["home_id"]),
        resident_id=_optional(ResidentId, row["resident_id"]),
        detector=row["detector"],
        subject=row["subject"],
        severity=Severity(row["severity"]),
        audience=Audience(row["audience"]),
        state=AlertState(row["state"]),
        onset=row["onset"],
        opened_at=row["opened_at"],
        **texts_of(row),
        ruled_out=(),
        acknowledged_by=_optional(CarerId, row["acknowledged_by"]),
        acknowledged_at=row["acknowledged_at"],
        resolved_by=_optional(CarerId, row["resolved_by"]),
        resolved_at=row["resolved_at"],
        outcome=_optional(Outcome, row["outcome"]),
        cleared_at=row["cleared_at"],
    )
    return StoredAlert(alert=alert, policy=row["policy"], silent=row["silent"])


def _optional(kind: Any, value: Any) -> Any:
    return None if value is None else kind(value)
