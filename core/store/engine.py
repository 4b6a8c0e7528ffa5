"""Journal, snapshots and lease of the detection engine, and what it is told of the pipeline."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from core.model.errors import StoreUnavailable
from core.model.ids import WHOLE_HOME, DeviceId, HomeId
from core.model.observation import LogPosition
from core.model.pipeline import GatewaySign, proof
from core.store.basis import stopped
from core.store.pool import connect, heed_cancellation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from core.store.pool import Connection

LEASE_CLASS = 0x57484D45
"""First key of the advisory locks; the second is the shard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStep:
    """One step of the journal: with the log it says all that the engine was given."""

    step: int
    #: How far the log was read.
    end: LogPosition
    #: Moment to which the clock was moved after the rows; None when it was not.
    tick_at: datetime | None
    #: What the engine was told of the pipeline, as JSON.
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """State of one home after a step."""

    home_id: HomeId
    shard: int
    step: int
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineReport:
    """What the gateways say of themselves."""

    #: Last moment at which one was seen to hear the broker; None for never.
    heard_at: datetime | None
    #: Since when that one has heard it without a break; None when it does not say.
    heard_since: datetime | None


@asynccontextmanager
async def shard_lease(url: str, shard: int) -> AsyncIterator[Connection]:
    """Hold the right to run one shard for as long as the connection lives.

    Raises
    ------
    StoreUnavailable
        If another process holds it, or the database does not answer.
    """
    async with connect(url, autocommit=True) as connection:
        cursor = await connection.execute(
            "select pg_try_advisory_lock(%s::int, %s::int)", (LEASE_CLASS, shard)
        )
        row = await cursor.fetchone()
        if row is None or not row[0]:
            raise StoreUnavailable(f"another process runs shard {shard}")
        try:
            yield connection
        finally:
            # A server may notice later that a connection was closed: who comes next should not wait for that.
            with suppress(psycopg.OperationalError, psycopg.InterfaceError):
                await connection.execute(
                    "select pg_advisory_unlock(%s::int, %s::int)", (LEASE_CLASS, shard)
                )


@asynccontextmanager
async def computing(connection: Connection) -> AsyncIterator[None]:
    """Let the transaction stand idle while a step is computed: to end the days of ten thousand homes may take
    longer than an idle transaction lives (`core.store.pool`), and would again at each new start.

    It should not have written before: else the readers of the log wait for it.
    """  # noqa: D205
    await connection.execute("set local idle_in_transaction_session_timeout = '10min'")
    yield
    await connection.execute("set local idle_in_transaction_session_timeout to default")


async def check_lease(lease: Connection) -> None:
    """Make sure that the lease still stands.

    Raises
    ------
    StoreUnavailable
        If its connection is gone, and the lease with it.
    """
    try:
        await lease.execute("select 1")
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise StoreUnavailable("the lease of the shard is lost") from error
    heed_cancellation()


async def record_step(connection: Connection, shard: int, step: EngineStep) -> bool:
    """Append a step to the journal; False when the journal holds this very step already.

    Raises
    ------
    StoreUnavailable
        If another step stands in its place: another process runs this shard.
    """
    cursor = await connection.execute(
        "insert into engine_step (shard, step, txid, sequence, tick_at, inputs)"
        " values (%s, %s, %s::text::xid8, %s, %s, %s) on conflict (shard, step) do nothing",
        (
            shard,
            step.step,
            str(step.end.transaction),
            step.end.sequence,
            step.tick_at,
            Jsonb(dict(step.inputs)),
        ),
    )
    if cursor.rowcount == 1:
        return True
    if await steps_between(connection, shard, step.step - 1, step.step) != (step,):
        raise StoreUnavailable(f"another process has run step {step.step} of shard {shard}")
    return False


async def last_step(connection: Connection, shard: int) -> EngineStep | None:
    """Return the newest step of a shard; None before the first."""
    cursor = await connection.execute(
        "select step, txid::text::bigint, sequence, tick_at, inputs from engine_step"
        " where shard = %s order by step desc limit 1",
        (shard,),
    )
    row = await cursor.fetchone()
    return None if row is None else _step(row)


async def last_tick(connection: Connection, shard: int) -> datetime | None:
    """Return the moment to which the clock of a shard has come; None before the first tick."""
    cursor = await connection.execute(
        "select tick_at from engine_step where shard = %s and tick_at is not null"
        " order by step desc limit 1",
        (shard,),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def steps_between(
    connection: Connection, shard: int, after: int, until: int
) -> tuple[EngineStep, ...]:
    """Return the steps after one and up to another, in order."""
    cursor = await connection.execute(
        "select step, txid::text::bigint, sequence, tick_at, inputs from engine_step"
        " where shard = %s and step > %s and step <= %s order by step",
        (shard, after, until),
    )
    return tuple(_step(row) for row in await cursor.fetchall())


async def save_snapshots(connection: Connection, snapshots: Sequence[Snapshot]) -> None:
    """Keep the newest state of each of these homes.

    An older one than stands there comes from a process that was held up and has lost its lease.
    """
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into engine_snapshot (home_id, shard, step, state) values (%s, %s, %s, %s)"
            " on conflict (home_id) do update set shard = excluded.shard, step = excluded.step,"
            " state = excluded.state, taken_at = now() where engine_snapshot.step <= excluded.step",
            [(one.home_id, one.shard, one.step, one.state) for one in snapshots],
        )


async def drop_snapshots(connection: Connection, homes: Sequence[HomeId]) -> None:
    """Forget homes that are not watched any more."""
    await connection.execute("delete from engine_snapshot where home_id = any(%s)", (list(homes),))


async def snapshots(connection: Connection, shard: int) -> tuple[Snapshot, ...]:
    """Return the snapshots that this shard took, by home."""
    cursor = await connection.execute(
        "select home_id, shard, step, state from engine_snapshot where shard = %s order by home_id",
        (shard,),
    )
    return tuple(
        Snapshot(home_id=HomeId(row[0]), shard=row[1], step=row[2], state=bytes(row[3]))
        for row in await cursor.fetchall()
    )


async def shards_of(connection: Connection, homes: Sequence[HomeId]) -> Mapping[HomeId, int]:
    """Return which shard took the snapshot of each of these homes that has one."""
    cursor = await connection.execute(
        "select home_id, shard from engine_snapshot where home_id = any(%s)", (list(homes),)
    )
    return {HomeId(row[0]): row[1] for row in await cursor.fetchall()}


async def prune_steps(connection: Connection, shard: int) -> int:
    """Delete the steps that no snapshot needs any more, the newest kept; return how many went."""
    cursor = await connection.execute(
        "delete from engine_step where shard = %(shard)s and step <"
        " (select min(step) from engine_snapshot where shard = %(shard)s)"
        " and step < (select max(step) from engine_step where shard = %(shard)s)"
        # the last tick stays: it tells how far the clock has come
        " and step is distinct from"
        " (select max(step) from engine_step where shard = %(shard)s and tick_at is not null)",
        {"shard": shard},
    )
    return cursor.rowcount


async def pipeline_report(connection: Connection, ceiling: datetime) -> PipelineReport:
    """Return the latest proof that what gateways hear from the broker is stored (`core.model.pipeline`).

    Parameters
    ----------
    ceiling
        A gateway that gives a later moment has a wrong clock: it is heard only where there is no other.
    """
    cursor = await connection.execute(
        "select at, case when broker_connected then at end, counters ->> 'connected_since',"
        " counters ->> 'shared_group', counters ->> 'stored_until' from gateway_heartbeat order by gateway"
    )
    signs = [
        GatewaySign(
            group=group or "",
            at=at,
            heard_at=_moment(stored) if group else heard,
            heard_since=_moment(since),
        )
        for at, heard, since, group, stored in await cursor.fetchall()
    ]
    heard_at, heard_since = proof(signs, ceiling)
    return PipelineReport(heard_at=heard_at, heard_since=heard_since)


async def devices_gone(connection: Connection) -> dict[HomeId, tuple[DeviceId, ...]]:
    """Return the devices that are gone by their last will, by home.

    `WHOLE_HOME` is among them where somebody may not be watched: nothing of what rooms say there is kept.
    """
    cursor = await connection.execute(
        "select home_id, device_id from presence where online is false union select home_id, %s from ("
        + stopped("'care_monitoring'")
        + ") s order by home_id, device_id",
        (WHOLE_HOME,),
    )
    gone: dict[HomeId, tuple[DeviceId, ...]] = {}
    for home_id, device_id in await cursor.fetchall():
        key = HomeId(home_id)
        gone[key] = (*gone.get(key, ()), DeviceId(device_id))
    return gone


async def take_corrections(
    connection: Connection, homes: Sequence[HomeId], now: datetime
) -> dict[HomeId, datetime]:
    """Return in which homes it was put right where devices are, each once, and since when that was wrong."""
    cursor = await connection.execute(
        "select home_id, since from take_corrections(%s, %s)", (list(homes), now)
    )
    return {HomeId(home_id): since for home_id, since in await cursor.fetchall()}


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _step(row: tuple[Any, ...]) -> EngineStep:
    return EngineStep(
        step=row[0],
        end=LogPosition(transaction=row[1], sequence=row[2]),
        tick_at=row[3],
        inputs=row[4],
    )
