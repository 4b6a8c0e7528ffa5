"""One seed: the real service in real processes, killed and cut off, under a clock that the test moves."""

from __future__ import annotations

import asyncio
import multiprocessing
import struct
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from core.model.finding import Finding, Phase, ResponseKind
from core.model.ids import CarerId, ResidentId
from tests.alerts.builders import a_finding
from tests.alerts.houses import House
from tests.alerts.receiver import Answer, Receiver
from tests.faults import rigged
from tests.faults.rigged import Plan, ServedClock
from tests.faults.scenario import FAULTS, STEPS_S, Scenario

if TYPE_CHECKING:
    from datetime import datetime
    from multiprocessing.context import ForkServerProcess

    from tests.servers.databases import Database
    from wayhome.embedded.postgres import EmbeddedPostgres

SEND_TIMEOUT_S = 0.4
LEASE_S = 30.0
DEATHS = 6
"""After so many deaths at chosen points a seed's processes live: it has to get somewhere."""
LOOK_S = 0.015
PATIENCE = 40
"""Looks of 15 ms until it is time to go on, whatever still waits."""
FLOW = timedelta(seconds=0.5)
"""So far the clock moves between two looks."""
SLOW_FLOW = timedelta(seconds=0.05)
"""And so far at the end: on a loaded machine everything that is due must have had its turn."""
ANSWERS = {
    "busy": Answer(status=429, headers={"Retry-After": "7"}),
    "error": Answer(status=500),
    "hang": Answer(hangs=True),
    "gone": Answer(status=410),
}
WAITING = """
select exists (select 1 from finding f left join alert_cursor c on c.reader = 'finding'
        where (f.txid, f.finding_id) > (coalesce(c.txid, '0'), coalesce(c.sequence, 0)))
    or exists (select 1 from response r left join alert_cursor c on c.reader = 'response'
        where (r.txid, r.response_id) > (coalesce(c.txid, '0'), coalesce(c.sequence, 0)))
    or exists (select 1 from alert where state <> 'resolved'
        and (policy->>'next_at')::float8 <= extract(epoch from %(now)s::timestamptz))
    or exists (select 1 from delivery where state = 'pending' and next_try_at <= %(now)s
        or state = 'sending')
"""
forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload([rigged.__name__])


@dataclass(slots=True, kw_only=True)
class Counts:
    """What a seed went through."""

    kills: int = 0
    outages: int = 0
    answers: int = 0
    restarts: int = 0


@dataclass(slots=True, kw_only=True)
class Interleaving:
    """A seed under way."""

    scenario: Scenario
    house: House
    database: Database
    postgres: EmbeddedPostgres
    phones: Receiver
    folder: Path
    counts: Counts = field(default_factory=Counts)
    opened: list[Finding] = field(default_factory=list)
    processes: list[ForkServerProcess] = field(default_factory=list)
    clock: ServedClock = field(init=False)
    _connection: psycopg.Connection[Any] | None = None
    _made: int = 0
    _down_until: datetime | None = None

    def __post_init__(self) -> None:
        path = self.folder / "clock"
        path.write_bytes(struct.pack("d", self.scenario.start.timestamp()))
        self.clock = ServedClock(path)

    async def live(self) -> None:
        """Let everything happen."""
        self.start()
        for event in self.scenario.events:
            await getattr(self, f"on_{event}")()
            await self.settle()

    async def recover(self) -> None:
        """Let everything work again, and enough time pass for all that is due."""
        self.heal()
        self._down_until = None
        self.counts.kills += DEATHS  # no process dies by itself any more
        for process in self.processes:
            process.kill()
            process.join()
        self.processes.clear()
        self.start()
        for minutes in (0, 1, 5, 10, 10, 65, 12 * 60, 10):
            self.pass_time(minutes * 60)
            await self.settle(patience=100 * PATIENCE, flow=SLOW_FLOW)
        self.counts.kills -= DEATHS

    def end(self) -> None:
        """Leave nothing running."""
        for process in self.processes:
            process.kill()
            process.join()
        if self._connection is not None:
            self._connection.close()

    # the processes

    def start(self) -> None:
        """Start a process of the service."""
        self._made += 1
        plan = Plan(
            database_url=self.database.url_as("wayhome_alerts"),
            instance=f"alerts-{self._made}",
            clock=self.folder / "clock",
            log=self.folder / "log",
            lease_s=LEASE_S,
            send_timeout_s=SEND_TIMEOUT_S,
            dies_at=self.scenario.dies_at() if self.counts.kills < DEATHS else 0,
        )
        process = forks.Process(target=rigged.live, args=(plan,), daemon=True)
        process.start()
        self.processes.append(process)

    def _bury(self) -> None:
        """Start dead processes anew, some only after a while."""
        dead = [process for process in self.processes if not process.is_alive()]
        for process in dead:
            self.processes.remove(process)
            self.counts.kills += 1
            if self.scenario.chance.random() < 0.3:
                self.pass_time(self.scenario.chance.choice(STEPS_S[:7]))
        if not self.processes and self._down_until is None:
            self.start()

    async def settle(self, patience: int = PATIENCE, flow: timedelta = FLOW) -> None:
        """Let the service do what is due now; while it is down, nothing."""
        calm = 0
        for _ in range(patience):
            await asyncio.sleep(LOOK_S)
            self.clock.move(self.clock.now() + flow)
            if self._down_until is not None:
                if self.clock.now() < self._down_until:
                    return
                self._down_until = None
            self._bury()
            calm = calm + 1 if not self._waiting() else 0
            if calm > 1:
                return

    def _waiting(self) -> bool:
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self.house.url, autocommit=True)
            row = self._connection.execute(WAITING.encode(), {"now": self.clock.now()}).fetchone()
        except psycopg.OperationalError:
            self._connection = None
            return True
        return row != (False,)

    # what happens

    def pass_time(self, seconds: float) -> None:
        self.clock.move(self.clock.now() + timedelta(seconds=seconds))

    async def on_time(self) -> None:
        self.pass_time(self.scenario.chance.choice(STEPS_S))

    async def on_open(self) -> None:
        number = 1000 + len(self.opened) if self.scenario.chance.random() < 0.8 else 1000
        now = self.clock.now()
        finding = a_finding(
            self.scenario.severity(),
            home_id=self.house.home_id,
            resident_id=ResidentId(number),
            detector=self.scenario.chance.choice(["inactivity", "exit", "sos"]),
            onset=now - timedelta(minutes=5),
            noticed_at=now,
        )
        self.write(finding)
        self.opened.append(finding)

    async def on_many(self) -> None:
        for _ in range(8):
            await self.on_open()

    async def on_again(self) -> None:
        """Tell the same once more, as a replay does: the table refuses it."""
        self.write(self._some())

    async def on_raise(self) -> None:
        self._follow(Phase.RAISED)

    async def on_clear(self) -> None:
        self._follow(Phase.CLEARED)

    async def on_join(self) -> None:
        first = self._some()
        further = replace(first, detector="overstay", onset=self.clock.now())
        further = replace(further, noticed_at=self.clock.now(), severity=self.scenario.severity())
        self.write(further)
        self.opened.append(further)

    async def on_answer(self) -> None:
        """Answer an alert; twice at the same moment, when two phones are quick."""
        alerts = self.house.execute("select alert_id from alert where audience = 'carers'")
        if not alerts:
            return
        chance = self.scenario.chance
        (alert,) = chance.choice(sorted(alerts))
        kinds = [ResponseKind.ACKNOWLEDGE] * 4 + [ResponseKind.RESOLVE, ResponseKind.REOPEN]
        for _ in range(chance.choice([1, 1, 2])):
            carer = chance.choice(self.house.carers)
            self.house.answer(alert, carer, chance.choice(kinds), self.clock.now())
            self.counts.answers += 1

    async def on_channel(self) -> None:
        carer = self.scenario.chance.choice([*self.house.carers, self.house.technician])
        way = self.scenario.chance.choice(["webhook", "ntfy"])
        fault = self.scenario.chance.choice(FAULTS)
        if fault == "hang":
            self.phones.release.clear()
        self.phones.answer(ANSWERS[fault], path_of(carer, way))
        self.counts.outages += 1

    async def on_heal(self) -> None:
        self.heal()

    def heal(self) -> None:
        for carer in (*self.house.carers, self.house.technician):
            for way in ("webhook", "ntfy"):
                self.phones.answer(Answer(), path_of(carer, way))
        self.phones.release.set()

    async def on_kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.join()

    async def on_stop(self) -> None:
        """Kill the service and leave it down for a while."""
        await self.on_kill()
        self.counts.kills += len(self.processes)
        self.counts.outages += 1
        self.processes.clear()
        away = self.scenario.chance.choice(STEPS_S[2:])
        self._down_until = self.clock.now() + timedelta(seconds=away)

    async def on_second(self) -> None:
        """Let a second process work beside the first."""
        if self._down_until is None and len(self.processes) < 2:
            self.start()

    async def on_cut(self) -> None:
        """Let the database end every connection of the service, as a failover does."""
        self.counts.outages += 1
        self.house.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'wayhome_alerts'"
        )

    async def on_restart(self) -> None:
        self.counts.outages += 1
        self.counts.restarts += 1
        self.postgres.stop()
        self.postgres.start()

    async def on_team(self) -> None:
        """Let a carer leave, or come back; never the last."""
        carer = self.scenario.chance.choice(self.house.carers)
        self.house.execute(
            "update carer set disabled_at = case when disabled_at is null then %s::timestamptz end"
            " where carer_id = %s and (disabled_at is not null or 1 < (select count(*) from carer"
            " where role = 'family_carer' and disabled_at is null))",
            self.clock.now(),
            carer,
        )

    async def on_order(self) -> None:
        """Change who is told first."""
        for carer in self.house.carers:
            place = self.scenario.chance.randint(1, 3)
            self.house.execute(
                "update care set telling_order = %s where carer_id = %s", place, carer
            )

    def write(self, finding: Finding) -> None:
        try:
            self.house.write(finding)
        except psycopg.errors.UniqueViolation:
            return  # told before: analytics inserts it with "on conflict do nothing"

    def _some(self) -> Finding:
        return self.scenario.chance.choice(self.opened)

    def _follow(self, phase: Phase) -> None:
        first = self._some()
        severity = self.scenario.severity()
        self.write(replace(first, phase=phase, severity=severity, noticed_at=self.clock.now()))


def path_of(carer: CarerId, way: str) -> str:
    return f"/{carer}/{way}"
