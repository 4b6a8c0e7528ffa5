"""Detection as a process: reads the log, steps the engine, commits findings and step together.

What is in memory follows from what is committed. So whatever goes wrong, the way back is one: drop the
state, load the snapshots, run the journalled steps again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

from analytics import answers, clocks
from analytics.batteries import keep_forecasting
from analytics.day_counts import keep_counting
from analytics.detector import discover
from analytics.engine import Inputs
from analytics.forecasts import ForecastBook
from analytics.recovery import recover, save, take_in_registry, to_json
from analytics.retention import keep_retaining
from analytics.saving import InTurn
from core.model.errors import StoreUnavailable, Temporary
from core.runtime import schema
from core.runtime.fence import fenced
from core.store import engine as engine_table
from core.store import finding as finding_table
from core.store import forecast as forecast_table
from core.store import observation_log
from core.store.engine import EngineStep
from core.store.finding import DetectorError
from core.store.listen import wakeups
from core.store.pool import open_pool, transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine

    from analytics.engine import Noticed
    from analytics.recovery import Recovered
    from core.model.ids import HomeId
    from core.model.observation import LoggedObservation
    from core.runtime.service import Context
    from core.runtime.settings import AnalyticsSettings
    from core.store.observation_log import LogPage
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.analytics")

SETTLE_S = 2.0
"""A tick waits so long for rows that are under way."""
TICKS_PER_STEP = 20
"""After a pause the clock catches up in steps of so many ticks."""
RETRY_S = 1.0
REGISTRY_POLL_S = 30.0
LAG_LIMIT_S = 60.0
LEASE_CHECK_S = 5.0
LAST_SAVE_S = 10.0
PRESENT_S = 300.0
"""A forecast is made only once the clock has caught up to within so much."""

ROWS = Counter("wayhome_analytics_observations_total", "Observations read from the log")
BESIDE = ("batteries", "days", "retention")
"""What goes on beside detection."""

STEPS = Counter("wayhome_analytics_steps_total", "Steps committed")
FINDINGS = Counter("wayhome_analytics_findings_total", "Findings recorded")
FAILURES = Counter("wayhome_analytics_detector_failures_total", "Detectors fenced")
LAG = Gauge("wayhome_analytics_lag_seconds", "Age of the oldest observation that is not read yet")
HOMES = Gauge("wayhome_analytics_homes", "Homes watched")


@cache
def detector_versions() -> dict[str, str]:
    """Return the version of each detector: our release, and the version of its state.

    Examples
    --------
    >>> detector_versions()["impact"].count("-")
    1
    """
    release = version("wayhome")
    return {name: f"{release}-{spec.state_version}" for name, spec in discover().items()}


class Watch:
    """One shard under watch.

    Parameters
    ----------
    context
        Settings, clock and health.
    pool
        Database.
    recovered
        The engine and where it stands.
    """

    def __init__(
        self, context: Context[AnalyticsSettings], pool: Pool, recovered: Recovered
    ) -> None:
        self._context = context
        self._settings = context.settings
        self.pool = pool
        self._state = recovered
        self._reload = False
        self._known: set[int] = set()
        self._book = ForecastBook()
        self._taught = False
        self._gone: dict[str, tuple[int, ...]] | None = None
        self._saved_at = context.clock.now()
        self._turn = InTurn()
        self._failed_at: datetime | None = None
        self._proofs = clocks.Proofs()
        #: False while memory is ahead of what is committed.
        self.clean = True
        self._learn_devices()

    def registry_changed(self) -> None:
        """Note that the registry is to be read before the next step."""
        self._reload = True

    async def advance(self) -> bool:
        """Do one step if there is anything to do; return whether there may be more at once."""
        if self._reload or self._state.engine.lost:
            self._reload = False
            if await take_in_registry(
                self.pool, self._state, self._settings.shard, self._settings.shards
            ):
                self._learn_devices()
                self._taught = False
        now = self._context.clock.now()
        async with transaction(self.pool) as connection:
            page = await observation_log.read_page(
                connection, self._state.end, self._settings.batch_rows
            )
            if self._has_strangers(page.rows):
                self._reload = True
                return True
            waiting = await observation_log.waiting_since(connection, page.end)
            tick_at = None if page.full else self._due(now, waiting)
            if page.end == self._state.end and tick_at is None:
                self._note_lag(now, waiting)
                return False
            self.clean = False
            step = await self._step(connection, page, tick_at, now)
        self._state.end, self._state.step = step.end, step.step
        self._state.tick_at = step.tick_at or self._state.tick_at
        self.clean = True
        self._note_lag(now, waiting)
        STEPS.inc()
        ROWS.inc(len(page.rows))
        await self._save_if_due(now)
        return page.full or (tick_at is not None and self._due(now, waiting) is not None)

    async def save(self, only: Collection[HomeId] | None = None) -> None:
        """Save the state, of all homes or of these; only when it is what was committed."""
        if self.clean:
            async with transaction(self.pool) as connection:
                await save(connection, self._state, self._settings.shard, only)

    async def _step(
        self, connection: Connection, page: LogPage, tick_at: datetime | None, now: datetime
    ) -> EngineStep:
        inputs = await self._look(connection, now, ticking=tick_at is not None)
        number = self._state.step + 1
        rows = [row.observation for row in page.rows]
        async with engine_table.computing(connection):
            noticed = self._state.engine.step(number, inputs, rows, tick_at)
        if tick_at is not None and (now - tick_at).total_seconds() < PRESENT_S:
            await self._foresee(connection, noticed, tick_at)
        step = EngineStep(step=number, end=page.end, tick_at=tick_at, inputs=to_json(inputs))
        shard = self._settings.shard
        FINDINGS.inc(
            await finding_table.record_findings(
                connection, noticed.findings, shard=shard, step=number, versions=detector_versions()
            )
        )
        await finding_table.record_errors(connection, self._errors(noticed, now))
        if not await engine_table.record_step(connection, shard, step):
            raise StoreUnavailable(f"step {number} was committed by somebody else")
        return step

    async def _look(self, connection: Connection, now: datetime, *, ticking: bool) -> Inputs:
        report = await engine_table.pipeline_report(connection, now + clocks.AHEAD)
        heard = self._proofs.take(report, now)
        offline: dict[str, tuple[int, ...]] | None = None
        margins: answers.Moved | None = None
        if ticking:
            margins = await self._learn(connection, now)
            gone = await engine_table.devices_gone(connection)
            found: dict[str, tuple[int, ...]] = {home: tuple(ids) for home, ids in gone.items()}
            if found != self._gone:
                offline = self._gone = found
        return Inputs(
            now=now,
            heard_at=heard.heard_at,
            heard_since=heard.heard_since,
            offline=offline,
            margins=margins,
        )

    async def _learn(self, connection: Connection, now: datetime) -> answers.Moved | None:
        """Take in what carers answered; after a start also what a home has lost of it."""
        homes = self._state.engine.homes
        lost = None if self._taught else await answers.forgotten(connection, homes, now)
        self._taught = self._taught or all(home.view is not None for home in homes.values())
        moved = await answers.take(connection, homes, self._settings.shard)
        if not lost:
            return moved
        for home, margins in (moved or {}).items():
            lost[home] = (*lost.get(home, ()), *margins)
        return lost

    async def _foresee(self, connection: Connection, noticed: Noticed, at: datetime) -> None:
        """Store when silence would be spoken of, where that has changed."""
        found, failures = self._book.news(self._state.engine.homes, at.timestamp())
        noticed.failures += failures
        if found:
            await forecast_table.replace_forecasts(connection, found, at)

    def _due(self, now: datetime, waiting: datetime | None) -> datetime | None:
        """Return the moment of the grid to which the clock may move now; None for none."""
        tick_s = self._settings.tick_s
        latest = now - timedelta(seconds=SETTLE_S)
        if waiting is not None:  # what is received but not settled is no silence
            latest = min(latest, waiting)
        grid = int(latest.timestamp() // tick_s)
        if self._state.tick_at is not None:
            last = round(self._state.tick_at.timestamp() / tick_s)
            if grid <= last:
                return None
            grid = min(grid, last + TICKS_PER_STEP)
        return datetime.fromtimestamp(grid * tick_s, UTC)

    def _has_strangers(self, rows: tuple[LoggedObservation, ...]) -> bool:
        """Tell whether a row is of a device that was registered after we read the registry."""
        strangers = {row.observation.device_id for row in rows} - self._known
        self._known |= strangers  # asked once: it may be gone from the registry already
        return bool(strangers)

    def _learn_devices(self) -> None:
        self._known |= {
            device.device_id
            for household in self._state.households.values()
            for device in household.devices
        }
        HOMES.set(len(self._state.engine.homes))

    def _errors(self, noticed: Noticed, now: datetime) -> list[DetectorError]:
        for failure in noticed.failures:
            FAILURES.inc()
            self._failed_at = now
            log.error(
                "detector fenced",
                extra={
                    "action": "detector_fenced",
                    "home_id": failure.home_id,
                    "detector": failure.detector,
                    "kind": failure.error,
                },
            )
        return [
            DetectorError(
                home_id=failure.home_id,
                detector=failure.detector,
                error=failure.error,
                at=now,
                trace=failure.trace,
            )
            for failure in noticed.failures
        ]

    def _note_lag(self, now: datetime, waiting: datetime | None) -> None:
        lag = 0.0 if waiting is None else max((now - waiting).total_seconds(), 0.0)
        LAG.set(lag)
        health = self._context.health
        health.set("database", ok=True)
        health.set("log", ok=lag < LAG_LIMIT_S, text=f"{lag:.0f} s behind", outside=True)
        tick_at = self._state.tick_at
        fault = clocks.fault_of(tick_at, now)
        text = fault or ("" if tick_at is None else f"last tick {tick_at.isoformat()}")
        health.set("clock", ok=not fault, text=text, outside=True)
        failed = self._failed_at is not None and now - self._failed_at < timedelta(hours=1)
        text = "a detector failed within the hour; see the table detector_error" if failed else ""
        health.set("detectors", ok=not failed, text=text, outside=True)

    async def _save_if_due(self, now: datetime) -> None:
        passed_s = (now - self._saved_at).total_seconds()
        due = self._turn.due(self._state.engine.homes, passed_s, self._settings.snapshot_s)
        if due or due is None:
            self._saved_at = now
            await self.save(due)


async def main(context: Context[AnalyticsSettings]) -> None:
    """Watch one shard until cancelled; while another process has it, stand by."""
    settings = context.settings
    discover()  # a detector that is broken ends us at once, whether or not the database answers
    async with open_pool(settings.database_url, name=context.instance) as pool:
        await schema.reached(pool, context.clock, context.health)
        while True:
            try:
                async with engine_table.shard_lease(settings.database_url, settings.shard) as lease:
                    await _watch(context, pool, lease)
            except StoreUnavailable as error:
                context.health.set("database", ok=False, text=str(error))
                log.warning("starting over: %s", error, extra={"action": "store_unavailable"})
            await context.clock.sleep(RETRY_S)


async def _watch(context: Context[AnalyticsSettings], pool: Pool, lease: Connection) -> None:
    settings = context.settings
    recovered = await recover(pool, settings.shard, settings.shards, tick_s=settings.tick_s)
    watch = Watch(context, pool, recovered)
    log.info(
        "watching",
        extra={
            "action": "watching",
            "shard": settings.shard,
            "homes": len(recovered.engine.homes),
            "step": recovered.step,
        },
    )
    try:
        await _work(context, watch, lease)
    except asyncio.CancelledError:
        # The journal has everything: a last save that fails costs only time at the next start, but an
        # error that comes out here would hide that we are to end.
        with suppress(Temporary, TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(LAST_SAVE_S):
                await watch.save()
        raise


async def _work(context: Context[AnalyticsSettings], watch: Watch, lease: Connection) -> None:
    # No task of the group may fail for a lost database: TaskGroup of Python 3.11 leaves its parent
    # half cancelled when one does, and the parent has to go on.
    lost = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_until_lost(lost, work), name=name)
            for name, work in (
                ("steps", _step_on(watch, context.settings)),
                ("registry", _follow_registry(watch, context.settings)),
                ("lease", _keep(lease, context)),
                *((part, _beside(context, watch.pool, part)) for part in BESIDE),
            )
        ]
        await lost.wait()
        for task in tasks:
            task.cancel()
    raise StoreUnavailable("the database does not answer")


async def _until_lost(lost: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except StoreUnavailable:
        lost.set()


async def _beside(context: Context[AnalyticsSettings], pool: Pool, part: str) -> None:
    """Do what goes on beside detection: in the first shard alone, for one writer is enough."""
    if context.settings.shard != 0:
        await asyncio.Event().wait()
    works = {
        "batteries": partial(keep_forecasting, pool, context.clock),
        "days": partial(keep_counting, pool, context.clock),
        "retention": partial(keep_retaining, pool, context.clock, context.health),
    }
    await fenced(part, works[part], context.clock, context.health)


async def _step_on(watch: Watch, settings: AnalyticsSettings) -> None:
    poll_s = settings.poll_ms / 1000
    async with aclosing(wakeups(settings.database_url, "observation", poll_s=poll_s)) as wakes:
        async for _ in wakes:
            while await watch.advance():
                continue


async def _follow_registry(watch: Watch, settings: AnalyticsSettings) -> None:
    url = settings.database_url
    async with aclosing(wakeups(url, "registry", poll_s=REGISTRY_POLL_S)) as wakes:
        async for _ in wakes:
            watch.registry_changed()


async def _keep(lease: Connection, context: Context[AnalyticsSettings]) -> None:
    while True:
        await engine_table.check_lease(lease)
        await context.clock.sleep(LEASE_CHECK_S)
