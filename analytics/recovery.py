"""Start the engine where it stopped: snapshots, then the journalled steps again, bit for bit."""

from __future__ import annotations

import logging
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analytics import anew
from analytics.engine import Engine, Inputs, Noticed
from analytics.fencing import failure
from core.model.errors import Malformed, Misconfigured
from core.model.learning import Margin
from core.model.observation import LogPosition, Observation
from core.store import engine as engine_table
from core.store import fingerprint, observation_log, registry
from core.store.engine import EngineStep, Snapshot
from core.store.pool import transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from analytics.detector import DetectorSpec
    from core.model.finding import Finding
    from core.model.home import Household
    from core.model.ids import HomeId
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.analytics")

REPLAY_ROWS = 5000
REPLAY_STEPS = 500
HOMES_AT_ONCE = 200
"""Homes that are read by one statement."""


@dataclass(slots=True, kw_only=True)
class Recovered:
    """An engine, and where it stands in the journal and in the log."""

    engine: Engine
    step: int
    end: LogPosition
    tick_at: datetime | None
    #: All homes of the registry, those of other shards too.
    households: dict[HomeId, Household] = field(default_factory=dict)
    #: Of each of them, as it was read last.
    prints: dict[HomeId, str] = field(default_factory=dict)
    #: When each home last began anew from its record.
    begun_anew: dict[HomeId, datetime] = field(default_factory=dict)


def shard_of(home_id: HomeId, shards: int) -> int:
    """Return which shard watches a home: the same on every machine.

    Examples
    --------
    >>> shard_of("7f3k", 4)
    2
    """
    return zlib.crc32(home_id.encode()) % shards


def to_json(inputs: Inputs) -> dict[str, Any]:
    """Return the inputs of a step as they stand in the journal."""
    return {
        "now": _text(inputs.now),
        "heard_at": _text(inputs.heard_at),
        "heard_since": _text(inputs.heard_since),
        "offline": None
        if inputs.offline is None
        else {home: list(devices) for home, devices in inputs.offline.items()},
        "margins": None
        if inputs.margins is None
        else {home: [_listed(one) for one in moved] for home, moved in inputs.margins.items()},
    }


def from_json(saved: Mapping[str, Any]) -> Inputs:
    """Return the inputs of a journalled step."""
    offline, margins = saved["offline"], saved.get("margins")
    return Inputs(
        now=_moment(saved["now"]),
        heard_at=_moment(saved["heard_at"]),
        heard_since=_moment(saved["heard_since"]),
        offline=None
        if offline is None
        else {home: tuple(devices) for home, devices in offline.items()},
        margins=None
        if margins is None
        else {home: tuple(_margin(one) for one in moved) for home, moved in margins.items()},
    )


async def recover(
    pool: Pool,
    shard: int,
    shards: int,
    *,
    specs: Mapping[str, DetectorSpec] | None = None,
    tick_s: float,
) -> Recovered:
    """Load the snapshots, run the later steps again, take in the registry, and save the result.

    Raises
    ------
    Misconfigured
        If the log came from another server, or the number of shards has changed.
    StoreUnavailable
        If the database does not answer.
    """
    engine = Engine(specs, tick_s)
    async with transaction(pool) as connection:
        last = await engine_table.last_step(connection, shard)
        end = last.end if last is not None else LogPosition()
        await observation_log.check_lineage(connection, end)
        tick_at = await engine_table.last_tick(connection, shard)
        saved = await engine_table.snapshots(connection, shard)
    number = last.step if last is not None else 0
    oldest = min(_restore(engine, saved), default=number)
    told = await _replay(pool, engine, shard, (oldest, number))
    recovered = Recovered(
        engine=engine,
        step=number,
        end=end,
        tick_at=tick_at,
    )
    await take_in_registry(pool, recovered, shard, shards, always_save=True, told=told)
    return recovered


async def take_in_registry(
    pool: Pool,
    recovered: Recovered,
    shard: int,
    shards: int,
    *,
    always_save: bool = False,
    told: Sequence[Finding] = (),
) -> bool:
    """Watch the homes that the registry holds now; save the result before the next step.

    Homes whose state was lost go on from their record.

    Parameters
    ----------
    told
        What was noticed on the way here by detectors that had to begin anew, and is to be recorded.

    Returns
    -------
    bool
        Whether a home, a resident or a device changed.
    """
    async with transaction(pool) as connection:
        news = await _news(connection, recovered, every=always_save)
        mine = [one for one in news.read if shard_of(one.home.home_id, shards) == shard]
        await _check_shards(connection, mine, shard)
        async with engine_table.computing(connection):
            changed = recovered.engine.change(mine, news.gone, recovered.step)
        watched = [
            one for one in news.households.values() if shard_of(one.home.home_id, shards) == shard
        ]
        await anew.put_right(connection, recovered, [one.home.home_id for one in watched])
        changed |= await anew.go_on(connection, recovered, shard, told, watched)
        gone = [home_id for home_id in changed if home_id not in recovered.engine.homes]
        if changed or always_save:
            await save(connection, recovered, shard, None if always_save else changed)
            await engine_table.drop_snapshots(connection, gone)
    recovered.households, recovered.prints = news.households, news.prints
    return bool(changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """What has changed in the registry since it was read last."""

    prints: dict[HomeId, str]
    read: tuple[Household, ...]
    gone: set[HomeId]
    #: All homes as they are now.
    households: dict[HomeId, Household]


async def _news(connection: Connection, recovered: Recovered, *, every: bool) -> _News:
    """Read the homes in which something has changed, or every one."""
    prints = await fingerprint.of_households(connection)
    before = {} if every else recovered.prints
    changed = sorted(home for home, text in prints.items() if before.get(home) != text)
    read: list[Household] = []
    for first in range(0, len(changed), HOMES_AT_ONCE):
        some = changed[first : first + HOMES_AT_ONCE]
        read += await registry.households_of(connection, some)
    now = recovered.households | {one.home.home_id: one for one in read}
    gone = (now.keys() | recovered.engine.homes.keys()) - prints.keys()
    kept = {home: one for home, one in now.items() if home in prints}
    return _News(prints=prints, read=tuple(read), gone=gone, households=kept)


async def save(
    connection: Connection,
    recovered: Recovered,
    shard: int,
    only: Collection[HomeId] | None = None,
) -> None:
    """Save the state of all homes, and forget the steps that nobody needs any more.

    A home whose state can not be written is lost: it goes on from its record when the registry is read next.

    Parameters
    ----------
    only
        Save these alone: the others' last snapshots and the journal stay.
    """
    engine, taken = recovered.engine, []
    chosen = engine.homes.keys() if only is None else engine.homes.keys() & set(only)
    async with engine_table.computing(connection):
        for home_id in sorted(chosen):
            home = engine.homes[home_id]
            try:
                state = home.snapshot()
            except Exception as error:  # noqa: BLE001 (its last snapshot and the journal stay, and the other homes')
                engine.lose(home_id, failure(home_id, "snapshot", error, 0.0))
                continue
            taken.append(Snapshot(home_id=home_id, shard=shard, step=home.step, state=state))
    await engine_table.save_snapshots(connection, taken)
    await engine_table.prune_steps(connection, shard)


async def replay_step(
    connection: Connection, engine: Engine, after: LogPosition, step: EngineStep
) -> Noticed:
    """Run one journalled step again; what it notices was recorded the first time."""
    rows: list[Observation] = []
    while after < step.end:
        page = await observation_log.read_page(connection, after, REPLAY_ROWS, step.end)
        rows += [row.observation for row in page.rows]
        after = page.end
        if not page.full:
            break
    return engine.step(step.step, from_json(step.inputs), rows, step.tick_at)


async def _replay(pool: Pool, engine: Engine, shard: int, span: tuple[int, int]) -> list[Finding]:
    """Run steps again; return what is noticed by detectors that had to begin anew, and holds."""
    first, number = span
    anew_here = {(home_id, one.detector) for home_id, one in engine.unread()}
    told: list[Finding] = []
    async with transaction(pool) as connection:
        before = await engine_table.steps_between(connection, shard, first - 1, first)
    end = before[0].end if before else LogPosition()
    while first < number:
        async with transaction(pool) as connection:
            steps = await engine_table.steps_between(
                connection, shard, first, min(first + REPLAY_STEPS, number)
            )
            async with engine_table.computing(connection):
                for step in steps:
                    noticed = await replay_step(connection, engine, end, step)
                    told += [
                        one for one in noticed.findings if (one.home_id, one.detector) in anew_here
                    ]
                    end = step.end
        first = min(first + REPLAY_STEPS, number)
    return told


def _restore(engine: Engine, saved: Iterable[Snapshot]) -> list[int]:
    """Restore what can be read; return the steps of these snapshots."""
    steps: list[int] = []
    for one in saved:
        try:
            engine.restore((one.state,))
        except Malformed as error:
            log.error(  # noqa: TRY400 (its home goes on from its record, and the operators are told)
                "snapshot can not be read: %s",
                error,
                extra={"action": "snapshot_unreadable", "home_id": one.home_id},
            )
            engine.lost[one.home_id] = failure(
                one.home_id, "snapshot", error.__cause__ or error, 0.0
            )
            continue
        steps.append(one.step)
    return steps


async def _check_shards(connection: Connection, mine: Iterable[Household], shard: int) -> None:
    taken = await engine_table.shards_of(connection, [one.home.home_id for one in mine])
    if any(other != shard for other in taken.values()):
        raise Misconfigured(
            "WAYHOME_SHARDS has changed: the state of some homes belongs to another shard."
            " Set it back, or empty engine_snapshot and engine_step to let detection learn anew"
        )


def _listed(margin: Margin) -> list[Any]:
    return [margin.detector, margin.hour_bin, margin.factor, margin.at]


def _margin(saved: list[Any]) -> Margin:
    return Margin(detector=saved[0], hour_bin=saved[1], factor=float(saved[2]), at=float(saved[3]))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
