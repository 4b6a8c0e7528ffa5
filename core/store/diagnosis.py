"""What `wayhome doctor` asks of the database: one reading, as the role wayhome_operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

from core.store.alert_audit import WAITS
from core.store.duty import unheard_organisations
from core.store.migrate import FOLDER
from core.store.retention import SUMMARY

if TYPE_CHECKING:
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """State of the database and of what runs on it."""

    #: Server version, e.g. ``17.6``.
    server: str
    #: Version of the TimescaleDB extension; empty without it.
    timescale: str
    #: Numbers of migrations that are not applied.
    pending: tuple[str, ...]
    #: The server's clock.
    now: datetime
    #: Per gateway: moment of the last sign of life, and whether it hears the broker.
    gateways: dict[str, tuple[datetime, bool]]
    #: Moment of the last step of the engine, of the shard that is behind; None before the first.
    last_step: datetime | None
    #: Age of the oldest finding or answer that alerting has not taken in, by the server's clock.
    waits: timedelta
    #: Messages in quarantine that nobody has dealt with, by reason.
    quarantine: dict[str, int]
    #: Messages of the last day that were not stored as observations, by reason.
    refused: dict[str, int]
    #: Devices that speak and are not registered.
    discovered: int
    #: Deliveries that are due for more than a minute.
    overdue: int
    #: Detectors that failed in the last day.
    fenced: int
    #: Last sign of life of the alerting service, each minute; None where it has never run.
    alerts_at: datetime | None
    #: Open alerts of the operators: people and homes that can not be told, and what the auditor found.
    unreachable: int
    audited: int
    #: When retention was last carried out, and what it could not remove; None before the first time.
    retained_at: datetime | None
    not_retained: str
    #: Organisations that watch over a home, and of whose technicians and administrators nobody can be woken.
    unheard: int = 0
    #: Last sign of life of the pages; None where they were never served.
    dashboard_at: datetime | None = None
    #: When the identity service last looked at the broker, and what hinders it; None where it never ran.
    identity_at: datetime | None = None
    identity_fault: str = ""
    #: Certificates of hubs and devices that the identity service is asked to keep.
    credentials: int = 0
    #: False where it takes no writes: a standby, or set to read only.
    writable: bool = True
    #: When the last backup was made, and since when there is something to lose.
    backup_at: datetime | None = None
    installed_at: datetime | None = None


async def diagnose(connection: Connection) -> Diagnosis:
    """Read everything in one go."""
    pending = await _pending(connection)
    server, timescale, now, only_read = await _row(
        connection,
        "select current_setting('server_version'), coalesce((select extversion from pg_extension"
        " where extname = 'timescaledb'), ''), now(), current_setting('transaction_read_only') = 'on'",
    )
    if pending:
        return _unasked(str(server), str(timescale), pending, _moment(now))
    beats = await _rows(connection, "select gateway, at, broker_connected from gateway_heartbeat")
    last_step, discovered, overdue, fenced = await _row(
        connection,
        "select coalesce((select min(at) from (select max(recorded_at) as at from engine_step"
        "   group by shard) s where at > now() - interval '1 day'),"
        "  (select max(recorded_at) from engine_step)), (select count(*) from discovered),"
        " (select count(*) from delivery where state in ('pending', 'sending')"
        "   and next_try_at < now() - interval '1 minute'),"
        " (select count(*) from detector_error where last_at > now() - interval '1 day')",
    )
    alerts_at, unreachable, audited, retained_at, not_retained = await _row(connection, _TOLD)
    dashboard_at, identity_at, identity_fault, credentials, backup_at, installed_at = await _row(
        connection, _LIVES
    )
    finding_s, answer_since = await _row(connection, WAITS)
    answered = _moment(answer_since) if answer_since else _moment(now)
    return Diagnosis(
        server=str(server),
        timescale=str(timescale),
        pending=pending,
        now=_moment(now),
        writable=not only_read,
        waits=max(timedelta(seconds=float(str(finding_s))), _moment(now) - answered),
        gateways={str(name): (_moment(at), bool(hears)) for name, at, hears in beats},
        last_step=_moment(last_step) if last_step else None,
        quarantine=await _counts(
            connection,
            "select reason, count(*) from quarantine where replayed_at is null group by reason",
        ),
        refused=await _counts(
            connection,
            "select reason, sum(messages) from refusal where day >= current_date - 1 group by reason",
        ),
        discovered=_number(discovered),
        overdue=_number(overdue),
        fenced=_number(fenced),
        unheard=len(await unheard_organisations(connection)),
        alerts_at=_moment(alerts_at) if alerts_at else None,
        unreachable=_number(unreachable),
        audited=_number(audited),
        retained_at=_moment(retained_at) if retained_at else None,
        not_retained=str(not_retained or ""),
        dashboard_at=_moment(dashboard_at) if dashboard_at else None,
        identity_at=_moment(identity_at) if identity_at else None,
        identity_fault=str(identity_fault or ""),
        credentials=_number(credentials),
        backup_at=_moment(backup_at) if backup_at else None,
        installed_at=_moment(installed_at) if installed_at else None,
    )


def _unasked(server: str, timescale: str, pending: tuple[str, ...], now: datetime) -> Diagnosis:
    """Say what can be said of a database whose tables are those of another version."""
    return Diagnosis(
        server=server,
        timescale=timescale,
        pending=pending,
        now=now,
        gateways={},
        last_step=None,
        waits=timedelta(),
        quarantine={},
        refused={},
        discovered=0,
        overdue=0,
        fenced=0,
        alerts_at=None,
        unreachable=0,
        audited=0,
        retained_at=None,
        not_retained="",
    )


# The alerting service says each minute by which channels people can be told: no other sign of it is so quick.
_TOLD: LiteralString = (
    "select (select max(at) from channel_offer), a.unreachable, a.audited, r.at, r.error from (select"
    " count(*) filter (where detector = 'reachability') as unreachable,"
    " count(*) filter (where detector = 'audit') as audited from alert where state <> 'resolved'"
    f" and cleared_at is null) a left join (select at, error from retention_run where class = '{SUMMARY}'"
    " order by run_id desc limit 1) r on true"
)

# Of several doors the one that was looked at last: a broker that was taken away is looked at no more.
_LIVES: LiteralString = (
    "select (select max(at) from dashboard_heartbeat), d.looked_at, d.fault,"
    " (select count(*) from hub_credential where revoked_at is null),"
    " (select max(at) from backup_note), (select min(applied_at_utc) at time zone 'UTC'"
    "  from _yoyo_migration where exists (select 1 from home))"
    " from (values (1)) one left join (select looked_at, fault from credential_door"
    "  order by looked_at desc limit 1) d on true"
)


async def _pending(connection: Connection) -> tuple[str, ...]:
    known = {path.stem for path in FOLDER.glob("*.sql")}
    (table,) = await _row(connection, "select to_regclass('_yoyo_migration')::text")
    if table is None:
        return tuple(sorted(known))
    rows = await _rows(connection, "select migration_id from _yoyo_migration")
    return tuple(sorted(known - {str(row[0]) for row in rows}))


async def _rows(connection: Connection, query: LiteralString) -> list[tuple[object, ...]]:
    return await (await connection.execute(query)).fetchall()


async def _row(connection: Connection, query: LiteralString) -> tuple[object, ...]:
    return (await _rows(connection, query))[0]


async def _counts(connection: Connection, query: LiteralString) -> dict[str, int]:
    return {str(reason): _number(count) for reason, count in await _rows(connection, query)}


def _number(value: object) -> int:
    return int(str(value))


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("the database gave no moment")
    return value
