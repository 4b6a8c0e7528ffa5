"""After an answer nothing of what was asked for before it leaves, whatever happens to the alert later."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.promises import Terms, violations
from core.model.finding import Phase, ResponseKind, Severity
from core.store import delivery as table
from core.store.delivery import Claim
from core.store.ledger import read_ledger, snapshot
from core.store.pool import connect, transaction
from tests.alerts.builders import a_finding, at
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.turns import Turns, turning
from tests.alerts.waiting import eventually

if TYPE_CHECKING:
    from tests.servers.databases import Database

LEASE = timedelta(seconds=30)
BOTH = (ResponseKind.ACKNOWLEDGE, ResponseKind.RESOLVE, ResponseKind.TAKE_OVER)


async def broken(house: House, minutes: float) -> list[str]:
    """Return which promises the tables say were not kept."""
    async with connect(house.url) as connection:
        await snapshot(connection)
        ledger = await read_ledger(connection, datetime(2000, 1, 1, tzinfo=UTC), at(minutes))
    return sorted({one.promise for one in violations(ledger, Terms(now=at(minutes)))})


async def answer_all(turns: Turns, house: House, *kinds: ResponseKind) -> None:
    """Let answers be given and taken in, and nothing be sent."""
    for kind in kinds:
        house.answer(house.only_alert(), house.carers[0], kind, at(0.1))
    outboxes, turns.outboxes = turns.outboxes, []
    await turns.until(0.1)
    turns.outboxes = outboxes


async def die_over(turns: Turns, minutes: float) -> int:
    """Claim what is due by a webhook, as a process that is killed before it has sent it."""
    now = at(minutes)
    gone = Claim(channel="webhook", holder="gone", limit=9, now=now, lease_until=now + LEASE)
    async with transaction(turns.alerting.pool) as connection:
        return len(await table.claim(connection, gone))


def steps(receiver: Receiver, house: House) -> list[int]:
    """Return the steps of the messages that came, as they came."""
    asked = dict(house.execute("select delivery_id, step from delivery"))
    return [asked[int(one.key.rpartition("-")[2])] for one in receiver.requests]


@pytest.mark.parametrize("kind", BOTH)
async def test_what_a_dead_worker_held_is_not_sent_when_the_alert_is_opened_again(
    plain_database: Database, receiver: Receiver, kind: ResponseKind
) -> None:
    house = await furnish(plain_database, contacts=({"webhook": receiver.url()},))
    async with turning(house.url) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        # one process process reads the finding and claims, and is killed
        turns.outboxes, others = [], turns.outboxes
        await turns.until(0)
        assert await die_over(turns, 0) == 1
        turns.outboxes = others
        for minute, answer in ((0.1, kind), (0.2, ResponseKind.REOPEN)):
            house.answer(house.only_alert(), house.carers[0], answer, at(minute))
            await turns.until(minute)
        await turns.until(2)  # the lease of the dead has ended
    assert steps(receiver, house) == [1], "the new run tells, the old one no more"
    assert await broken(house, 2) == []


async def test_what_fails_after_an_answer_is_not_tried_again_when_the_alert_is_opened_again(
    plain_database: Database, receiver: Receiver
) -> None:
    house = await furnish(plain_database, contacts=({"webhook": receiver.url()},))
    receiver.answer(Answer(status=503, hangs=True))
    async with turning(house.url) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        under_way = asyncio.ensure_future(turns.turn())
        await eventually(lambda: receiver.requests)
        await answer_all(turns, house, ResponseKind.ACKNOWLEDGE, ResponseKind.REOPEN)
        receiver.answer(Answer())
        receiver.release.set()
        await under_way
        await turns.until(2)
    assert steps(receiver, house) == [0, 1]
    assert await broken(house, 2) == []


async def test_who_waits_for_a_busy_service_is_told_by_the_new_run_only(
    plain_database: Database, receiver: Receiver
) -> None:
    """The answer was given before the news got worse: it stops the run it was an answer to."""
    house = await furnish(
        plain_database, contacts=({"webhook": receiver.url("/one")}, {"webhook": receiver.url()})
    )
    receiver.answer(Answer(status=429, headers={"Retry-After": "250"}))
    async with turning(house.url) as turns:
        finding = a_finding(Severity.CHECK, resident_id=house.resident_id)
        house.write(finding)
        await turns.until(0)
        await turns.until(10.1)  # the second is told, and the service is busy until 14.3
        before = len(receiver.requests)
        receiver.answer(Answer())
        house.answer(house.only_alert(), house.carers[0], ResponseKind.ACKNOWLEDGE, at(10.2))
        finding = replace(finding, phase=Phase.RAISED, severity=Severity.URGENT)
        house.write(replace(finding, noticed_at=at(10.3)))
        await turns.until(10.3)
        for minute in (13.4, 14.4, 16):
            await turns.until(minute)
        came = steps(receiver, house)[before:]
        ((new,),) = house.execute("select min(first_step) from alert_run where first_step > 0")
    assert min(came) >= new
    assert await broken(house, 16) == []
