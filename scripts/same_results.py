"""What a program makes of many observations and messages, as digests: two programs, the same lines.

    PYTHONPATH=. python scripts/same_results.py                the sources
    PYTHONPATH=UNPACKED_WHEEL python scripts/same_results.py   the compiled program

`scripts/fast` runs both and compares. Each line names a stream, how many observations it had, how many
findings came of them, and a digest of all findings and of the state after each 2,500 observations; every
third state is restored from its own snapshot. The line ``gateway`` does the same with messages. The first
line says which program it was; each compiled module is loaded. The homes of TIHM are among them where the
folder is there ($WAYHOME_DATA).
"""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from analytics import sample_days
from analytics.evaluation import streams
from analytics.evaluation.simulated import Study, watch_of
from analytics.features.plan import HomePlan, plan
from analytics.home_engine import HomeEngine, Inputs
from core.model.expected_visit import ExpectedVisit, VisitBy
from core.model.home import HomeMode
from core.model.ids import DeviceId, HomeId
from core.model.intake import KnownDevice
from core.model.observation import Observation
from core.model.week import DAYS, WeeklySpan
from core.runtime.compiled import compiled, in_words
from core.runtime.mqtt import IncomingMessage
from gateway.admission import Admission
from gateway.directory import Directory, Limits
from gateway.presence import PresenceBook
from gateway.quota import DiscoveredQuota, QuarantineQuota
from gateway.receipts import Ring
from sensors.driver import discover

DATA = Path(os.environ.get("WAYHOME_DATA", Path(__file__).parents[2] / "shared" / "data"))
EACH = 2500
"""Observations between two looks at the state."""
MESSAGES = 40_000
BLIND_EACH, BLIND_FROM = 1000, 950
"""Of so many observations nothing proves that the broker was heard during the last ones."""
DEVICES, OF_GOOD_CLOCKS = 20, 12
BROKEN = ('{"v":1}', "{", '{"v":"x"}')
_QUANTITIES = ("motion", "contact", "battery", "link_quality", "sos")
_DAY = timedelta(days=1)

Stream = tuple[str, HomePlan, Iterable[Observation]]


def of_homes(*, small: bool) -> Iterator[Stream]:
    """Yield homes with their observations: made up, late, simulated, real."""
    sample, days = plan(sample_days.HOUSEHOLD), 12 if small else 120
    eventful = sample_days.eventful(days)
    yield "sample", sample, eventful.observations
    yield "visited", _visited(), eventful.observations
    for name, late in (("hours-late", timedelta(hours=3)), ("late", timedelta(minutes=4))):
        yield name, sample, sample_days.delayed(eventful, 0.3, late).observations
    for number in range(1 if small else 4):
        record = watch_of(Study(homes=1, days=16 if small else 45, seed=0), number).record
        yield f"simulated-{number}", plan(record.home.household), record.observations()
    if not small and (DATA / "tihm").is_dir():
        for home in streams.read(DATA / "tihm"):
            yield f"tihm-{home.plan.home_id}", home.plan, home.observations()


def _visited() -> HomePlan:
    """Return the sample home with somebody expected in the morning, in the evening and at night."""
    hours = (
        WeeklySpan(days=tuple(range(DAYS)), start=60 * at, end=60 * at + 120) for at in (7, 17, 21)
    )
    visits = [ExpectedVisit(visit_id=1, by=VisitBy.CARE, span=one) for one in hours]
    household = sample_days.HOUSEHOLD
    return plan(replace(household, home=replace(household.home, visits=tuple(visits))))


def watched(home_plan: HomePlan, rows: Iterable[Observation], *, blind: bool) -> str:
    """Return how many observations and findings there were, and the digest."""
    home_plan = pickle.loads(pickle.dumps(home_plan))  # noqa: S301 (our own) - evaluations send it to other processes
    home, digest, findings, count = HomeEngine(home_plan), hashlib.sha256(), 0, 0
    since = datetime.min.replace(tzinfo=UTC)
    for count, row in enumerate(rows, 1):
        if count == 1:
            home.tick(row.received_at)
        if blind and count % BLIND_EACH == 0:
            since = row.received_at
        elif not blind or count % BLIND_EACH < BLIND_FROM:
            seen_until = row.received_at + timedelta(hours=2)
            home.look(Inputs(heard_at=seen_until, heard_since=max(since, row.received_at - _DAY)))
        noticed = home.feed(row)
        if noticed is not None:
            findings += len(noticed.findings)
            digest.update(repr((noticed.findings, noticed.failures)).encode())
        if count % EACH == 0:
            home = _looked_at(home, digest, anew=count // EACH % 3 == 0)
    digest.update(home.snapshot())
    return f"{count} {findings} {digest.hexdigest()}"


def _looked_at(home: HomeEngine, digest: hashlib._Hash, *, anew: bool) -> HomeEngine:
    state = home.snapshot()
    digest.update(state)
    return HomeEngine.restored(state) if anew else home


def messages(count: int) -> Iterator[tuple[IncomingMessage, datetime]]:
    """Yield messages: right, late, of wrong clocks, broken, retained, of a stranger."""
    chance, now = random.Random(7), datetime(2026, 5, 4, tzinfo=UTC)  # noqa: S311 (made up, no secret)
    for number in range(count):
        now += timedelta(seconds=chance.expovariate(10.0), microseconds=1)
        device = chance.randrange(DEVICES + 1)
        ahead = 90.0 * max(0, device - OF_GOOD_CLOCKS)
        claimed = (now + timedelta(seconds=ahead - chance.expovariate(0.5))).isoformat()
        said = f'{{"v":{chance.randrange(3)},"t":"{claimed}","seq":{number},"boot":"{number // 9000}"}}'
        if chance.randrange(20) == 0:
            said = chance.choice(BROKEN)
        yield (
            IncomingMessage(
                topic=f"homes/h/wayhome/d{device}/{chance.choice(_QUANTITIES)}",
                payload=said.encode(),
                qos=1,
                retained=chance.randrange(50) == 0,
                duplicate=False,
                packet_id=number % 999,
                epoch=1,
            ),
            now,
        )


def admitted(count: int) -> str:
    """Return how many messages there were and how many were stored, and a digest of what became of all."""
    home, digest, book, stored = HomeId("h"), hashlib.sha256(), PresenceBook(), 0
    directory = Directory(Limits(rate_per_s=0.4, burst=50.0))
    known = [
        KnownDevice(device_id=DeviceId(n), home_id=home, family="wayhome", external_id=f"d{n}")
        for n in range(DEVICES)
    ]
    directory.replace({home: HomeMode.LIVE.value}, known)
    quotas = QuarantineQuota(), DiscoveredQuota()
    desk = Admission("gateway", discover(), directory, Ring(), *quotas)
    for number, (message, now) in enumerate(messages(count)):
        one = desk.admit(message, now)
        stored += len(one.arrivals)
        said = (one.outcome, one.reason, one.arrivals, one.stranger, one.refusal, one.quarantine)
        digest.update(repr(said).encode())
        if one.seen is not None:
            book.note(one.seen, number // 50)
        if number % 50 == 0:
            digest.update(repr((book.due(now, number // 50), list(book.deferred()))).encode())
    return f"{count} {stored} {digest.hexdigest()}"


def main() -> None:
    """Print the digests; ``--small`` for some seconds' worth."""
    small = "--small" in sys.argv
    print(f"# {in_words(compiled())}", flush=True)
    for module in compiled():
        import_module(module)
    print("gateway", admitted(MESSAGES // 10 if small else MESSAGES), flush=True)
    for name, home_plan, rows in of_homes(small=small):
        print(name, watched(home_plan, rows, blind=name == "late"), flush=True)


if __name__ == "__main__":
    main()
