"""The alerting service is killed, doubled and cut off; nobody stays untold, nobody is told for nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.model.finding import Finding, ResponseKind, Severity
from core.model.ids import ResidentId
from core.runtime.settings import child_environment
from tests.alerts.builders import a_finding
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Answer, Receiver, receiving
from tests.alerts.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.databases import Database

pytestmark = pytest.mark.faults
STARTS_S = 60.0
"""Longer than a process takes to start, and to do what it is there for, on a busy machine."""
PATIENT_S = 50.0
"""Where no message is to be sent twice: a receiver has it also when its answer comes too late."""
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def start(database: Database, tmp_path: Path) -> Iterator[Start]:
    """Give a maker of alerting processes."""
    made: list[subprocess.Popen[bytes]] = []

    def begin(**changes: object) -> subprocess.Popen[bytes]:
        settings = {
            "database_url": database.url_as("wayhome_alerts"),
            "instance": f"alerts-{len(made)}",
            "poll_ms": 100,
            "lease_s": 2,
            "send_timeout_s": 1.3,
            **changes,
        }
        with (tmp_path / f"{len(made)}.log").open("wb") as log:
            made.append(
                subprocess.Popen(
                    [sys.executable, "-m", "alerts"],
                    env=child_environment(settings),
                    stderr=log,
                )
            )
        return made[-1]

    yield begin
    for process in made:
        process.kill()
        process.wait()


def webhooks(house: House) -> Counter[str]:
    rows = house.execute("select state from delivery where channel = 'webhook'")
    return Counter(state for (state,) in rows)


async def test_killed_between_claim_and_mark_it_sends_again(
    database: Database, start: Start, receiver: Receiver
) -> None:
    house = await furnish(database, contacts=({"webhook": receiver.url()},))
    receiver.answer(Answer(hangs=True))
    first = start(send_timeout_s=4)
    house.write(a_finding(resident_id=house.resident_id))
    await eventually(lambda: receiver.requests, STARTS_S)
    first.kill()
    first.wait()
    assert webhooks(house) == {"sending": 1}
    receiver.answer(Answer())
    receiver.release.set()
    start(send_timeout_s=PATIENT_S)
    await eventually(lambda: webhooks(house) == {"sent": 1}, STARTS_S)
    assert len({request.key for request in receiver.requests}) == 1
    results = house.execute(
        "select result from delivery_attempt join delivery using (delivery_id)"
        " where channel = 'webhook' order by attempt"
    )
    assert results == [("lost",), ("sent",)]
    assert len(house.alerts()) == 1


async def test_killed_again_and_again_under_load_it_loses_nothing(
    database: Database, start: Start, receiver: Receiver
) -> None:
    chance = random.Random(7)
    houses = [
        await furnish(database, f"home{n}", contacts=({"webhook": receiver.url(f"/{n}")},))
        for n in range(10)
    ]
    for round_ in range(4):
        process = start()
        for house in houses:
            house.write(_finding(house, round_))
        await receiver.more(chance.randint(1, 6), STARTS_S)
        process.send_signal(signal.SIGKILL)
        process.wait()
    start()
    house = houses[0]
    await eventually(lambda: webhooks(house) == {"sent": 40}, 2 * STARTS_S)
    assert len(house.alerts()) == 40
    assert house.execute("select count(*) from alert_finding") == [(40,)]
    told = {request.json["alert"] for request in receiver.requests}
    assert told == {number for (number,) in house.alerts("alert_id")}


async def test_two_side_by_side_tell_everyone_once(
    database: Database, start: Start, receiver: Receiver
) -> None:
    houses = [
        await furnish(database, f"home{n}", contacts=({"webhook": receiver.url(f"/{n}")},))
        for n in range(20)
    ]
    both = [start(send_timeout_s=PATIENT_S) for _ in range(2)]
    for round_ in range(4):
        for house in houses:
            house.write(_finding(house, round_))
    house = houses[0]
    await eventually(lambda: webhooks(house) == {"sent": 80}, 2 * STARTS_S)
    keys = Counter(request.key for request in receiver.requests)
    assert len(keys) == 80
    assert set(keys.values()) == {1}
    # A loaded machine may fail an attempt before it is out; none may succeed twice.
    sent = (
        "select count(*), count(distinct delivery_id) from delivery_attempt where result = 'sent'"
    )
    assert house.execute(sent) == [(160, 160)]
    assert len(house.alerts()) == 80
    assert [process.poll() for process in both] == [None, None]


async def test_an_answer_during_the_outage_is_kept(
    database: Database, start: Start, receiver: Receiver
) -> None:
    house = await furnish(database, contacts=({"webhook": receiver.url()},) * 2)
    process = start(send_timeout_s=PATIENT_S)
    house.write(a_finding(resident_id=house.resident_id))
    await eventually(lambda: webhooks(house) == {"sent": 1}, STARTS_S)
    process.kill()
    process.wait()
    house.answer(house.only_alert(), house.carers[0], ResponseKind.ACKNOWLEDGE, datetime.now(UTC))
    house.execute(
        "update alert set policy = policy || jsonb_build_object('since', %s::text)",
        "2026-01-01T00:00:00+00:00",
    )
    start(send_timeout_s=PATIENT_S)
    await eventually(lambda: house.alerts("state") == [("acknowledged",)], STARTS_S)
    await eventually(lambda: not webhooks(house)["pending"], STARTS_S)
    assert len(receiver.requests) == 1


async def test_it_ends_in_order_on_sigterm(
    database: Database, start: Start, receiver: Receiver
) -> None:
    house = await furnish(database, contacts=({"webhook": receiver.url()},))
    process = start()
    house.write(a_finding(resident_id=house.resident_id))
    await eventually(lambda: receiver.requests, STARTS_S)
    process.terminate()
    assert process.wait(STARTS_S) == 0


def _finding(house: House, number: int) -> Finding:
    """Return an urgent finding about one of several residents: each is an alert of its own."""
    return a_finding(
        Severity.URGENT,
        home_id=house.home_id,
        resident_id=ResidentId(1000 + number),
    )
