from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.escalation import Request
from core.model.finding import DeliveryState, ResponseKind, Severity
from core.model.ids import AlertId, CarerId
from core.model.observation import LogPosition
from core.store import alert as alert_table
from core.store import delivery as table
from core.store.delivery import Claim, ClaimedDelivery, Ending
from core.store.pool import Connection, connect
from core.store.response_log import responses_after
from tests.alerts.builders import NINE, a_finding, at
from tests.alerts.houses import House, furnish
from tests.servers.settling import settled

if TYPE_CHECKING:
    from tests.servers.databases import Database

LEASE = timedelta(seconds=30)
ADDRESS = "http://127.0.0.1:1/hook"


@pytest.fixture
async def house(database: Database) -> House:
    return await furnish(database, contacts=({"webhook": ADDRESS},) * 3)


@pytest.fixture
async def connection(database: Database, house: House) -> AsyncIterator[Connection]:  # noqa: ARG001
    async with connect(database.url_as("wayhome_alerts"), autocommit=True) as connection:
        yield connection


async def opened(
    connection: Connection,
    detector: str = "a",
    severity: Severity = Severity.URGENT,
    **policy: Any,
) -> AlertId:
    stored = await alert_table.open_alert(
        connection, a_finding(severity, detector=detector), NINE, silent=False
    )
    assert stored is not None
    snapshot = {"first_step": 0, "asked": None, **policy}
    await alert_table.save_policy(connection, stored.alert.alert_id, snapshot)
    return stored.alert.alert_id


def request(carer: CarerId, step: int = 0) -> Request:
    return Request(step=step, carer_id=carer, channel="webhook")


async def claim(
    connection: Connection, minutes: float = 0, limit: int = 10
) -> list[ClaimedDelivery]:
    now = at(minutes)
    wanted = Claim(channel="webhook", holder="one", limit=limit, now=now, lease_until=now + LEASE)
    return await table.claim(connection, wanted)


def sent(minutes: float) -> Ending:
    return Ending(state=DeliveryState.SENT, at=at(minutes), result="sent", reference="r1")


def later(minutes: float, again: float) -> Ending:
    return Ending(
        state=DeliveryState.PENDING,
        at=at(minutes),
        result="temporary",
        error="answered 503",
        next_try_at=at(again),
    )


async def test_a_delivery_is_asked_for_once_claimed_once_and_sent(
    house: House, connection: Connection
) -> None:
    alert_id = await opened(connection)
    for _ in range(2):
        await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    (claimed,) = await claim(connection)
    assert (claimed.alert_id, claimed.attempt) == (alert_id, 1)
    assert [contact.address for contact in claimed.contacts] == [ADDRESS]
    assert (claimed.cleared, claimed.asked, claimed.repeated) == (False, False, False)
    assert await claim(connection) == []
    await table.finish(connection, [(claimed, sent(0.1))])
    (entry,) = (await table.told(connection, [alert_id]))[alert_id]
    assert (entry.step, entry.state) == (0, DeliveryState.SENT)
    assert house.execute("select attempt, result, ended_at is null from delivery_attempt") == [
        (1, "sent", False)
    ]
    assert house.execute("select sent_at, provider_reference from delivery") == [(at(0.1), "r1")]


async def test_a_lease_that_ends_is_claimed_again_and_the_first_worker_can_not_mark(
    house: House, connection: Connection
) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    (first,) = await claim(connection)
    assert await claim(connection, 0.49) == []
    (second,) = await claim(connection, 0.5)
    assert (second.delivery_id, second.attempt) == (first.delivery_id, 2)
    await table.finish(connection, [(first, later(0.6, 1))])
    assert house.execute("select state from delivery") == [("sending",)]
    await table.finish(connection, [(second, sent(0.6))])
    assert house.execute("select attempt, result from delivery_attempt order by attempt") == [
        (1, "temporary"),
        (2, "sent"),
    ]


async def test_word_of_a_sending_that_comes_after_its_lease_says_so(
    house: House, connection: Connection
) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    (first,) = await claim(connection)
    (second,) = await claim(connection, 0.5)
    await table.finish(connection, [(first, sent(0.4))])  # it ended in time, its mark did not
    await table.finish(connection, [(second, sent(0.6))])
    assert house.execute("select attempt, result from delivery_attempt order by attempt") == [
        (1, "sent_late"),
        (2, "sent"),
    ]


async def test_the_ledger_says_which_attempt_was_lost(house: House, connection: Connection) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    await claim(connection)
    await claim(connection, 0.5)
    assert house.execute("select attempt, result from delivery_attempt order by attempt") == [
        (1, "lost"),
        (2, "started"),
    ]


async def test_a_failed_attempt_waits_for_its_time(house: House, connection: Connection) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    (claimed,) = await claim(connection)
    await table.finish(connection, [(claimed, later(0.1, 2))])
    assert await claim(connection, 1.9) == []
    (again,) = await claim(connection, 2)
    assert again.attempt == 2


async def test_two_workers_share_and_never_take_the_same(
    database: Database, house: House, connection: Connection
) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(c) for c in house.carers], NINE)
    async with connect(database.url_as("wayhome_alerts")) as other, connection.transaction():
        mine = await claim(connection, limit=2)
        theirs = await claim(other, limit=3)
    assert len(mine) == 2
    assert len(theirs) == 1
    assert len({c.delivery_id for c in [*mine, *theirs]}) == 3


async def test_first_words_jump_the_queue(house: House, connection: Connection) -> None:
    one, two, three = house.carers
    check = await opened(connection, "check", Severity.CHECK)
    old = await opened(connection, "old")
    fresh = await opened(connection, "fresh")
    await table.request(connection, check, [request(one)], at(-3))
    await table.request(connection, old, [request(two, step=4)], at(-2))
    await table.request(connection, fresh, [request(three)], at(-1))
    order = [(await claim(connection, limit=1))[0].alert_id for _ in range(3)]
    assert order == [fresh, old, check]


async def test_a_retry_lets_the_others_pass(house: House, connection: Connection) -> None:
    one, two, _ = house.carers
    stuck = await opened(connection, "stuck")
    await table.request(connection, stuck, [request(one)], NINE)
    (claimed,) = await claim(connection)
    await table.finish(connection, [(claimed, later(0, 1))])
    check = await opened(connection, "check", Severity.CHECK)
    await table.request(connection, check, [request(two)], at(1))
    order = [(await claim(connection, 1, limit=1))[0].alert_id for _ in range(2)]
    assert order == [check, stuck]


async def test_one_message_at_a_time_to_one_person(house: House, connection: Connection) -> None:
    one = house.carers[0]
    for detector in ("a", "b"):
        alert_id = await opened(connection, detector)
        await table.request(connection, alert_id, [request(one)], NINE)
    (first,) = await claim(connection)
    assert await claim(connection) == []
    await table.finish(connection, [(first, sent(0))])
    assert len(await claim(connection)) == 1


async def test_an_answer_cancels_what_waits(house: House, connection: Connection) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    house.execute("update alert set state = 'acknowledged'")
    assert await claim(connection) == []
    assert await table.cancel(connection, [alert_id]) == 1
    assert house.execute("select state from delivery") == [("cancelled",)]


async def test_what_a_dead_worker_left_of_an_answered_alert_is_cancelled(
    house: House, connection: Connection
) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    await claim(connection)
    house.execute("update alert set state = 'acknowledged'")
    assert await table.cancel(connection, [alert_id]) == 0
    assert await table.cancel_unwanted(connection, at(0.4)) == 0
    assert await table.cancel_unwanted(connection, at(0.5)) == 1


@pytest.mark.parametrize("kind", ["acknowledge", "resolve", "take_over"])
async def test_an_answer_that_is_not_read_yet_stops_the_sending(
    house: House, connection: Connection, kind: str
) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    house.answer(alert_id, house.carers[1], ResponseKind.COMMENT, NINE)
    house.answer(alert_id, house.carers[1], ResponseKind(kind), NINE)
    assert await claim(connection) == []
    await alert_table.take_cursor(connection, "response")
    assert await claim(connection) == []
    read = (await responses_after(await settled(connection), LogPosition(), 10))[-1].at
    await alert_table.move_cursor(connection, "response", read)
    assert len(await claim(connection)) == 1


@pytest.mark.parametrize(("severity", "goes_on"), [("urgent", 1), ("check", 0)])
async def test_a_cause_that_went_stops_all_but_the_urgent(
    house: House, connection: Connection, severity: str, goes_on: int
) -> None:
    alert_id = await opened(connection, severity=Severity(severity))
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    house.execute("update alert set cleared_at = now()")
    claimed = await claim(connection)
    assert len(claimed) == goes_on
    assert all(delivery.cleared for delivery in claimed)


async def test_only_the_one_who_answered_is_asked_again(
    house: House, connection: Connection
) -> None:
    one, two, _ = house.carers
    alert_id = await opened(connection, asked=one, first_step=2)
    house.execute("update alert set state = 'acknowledged'")
    await table.request(connection, alert_id, [request(one, 1), request(two, 2)], NINE)
    assert await claim(connection) == []
    await table.request(connection, alert_id, [request(one, 2)], NINE)
    (claimed,) = await claim(connection)
    assert (claimed.step, claimed.asked, claimed.repeated) == (2, True, False)


async def test_a_later_step_takes_over_from_one_that_keeps_failing(
    house: House, connection: Connection
) -> None:
    alert_id = await opened(connection)
    one, two, _ = house.carers
    await table.request(connection, alert_id, [request(one)], NINE)
    (claimed,) = await claim(connection)
    await table.finish(connection, [(claimed, later(0, 1))])
    await table.request(connection, alert_id, [request(two)], NINE)
    await table.request(connection, alert_id, [request(one, 1), request(two, 1)], at(5))
    rows = house.execute("select carer_id, step, state from delivery order by carer_id, step")
    assert rows == [
        (one, 0, "failed"),
        (one, 1, "pending"),
        (two, 0, "pending"),
        (two, 1, "pending"),
    ]


async def test_an_address_that_was_taken_away_is_gone(house: House, connection: Connection) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(house.carers[0])], NINE)
    house.execute("delete from contact_point")
    (claimed,) = await claim(connection)
    assert claimed.contacts == ()


async def test_what_waits_is_counted(house: House, connection: Connection) -> None:
    alert_id = await opened(connection)
    await table.request(connection, alert_id, [request(c) for c in house.carers], NINE)
    assert await table.waiting(connection, at(1)) == {"webhook": (3, 60.0)}
    assert await table.unknown_channels(connection, ["web"]) == ["webhook"]
    assert await table.unknown_channels(connection, ["web", "webhook"]) == []
