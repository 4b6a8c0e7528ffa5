"""Fairness of the outbox: who goes first, who waits, and what never waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.escalation import Request
from core.model.finding import Severity
from core.model.ids import AlertId, CarerId
from core.store import alert as alert_table
from core.store import contact as contact_table
from core.store import delivery as table
from core.store.delivery import Claim, ClaimedDelivery
from core.store.pool import Connection, connect
from tests.alerts.builders import NINE, a_finding, at
from tests.alerts.houses import House, furnish

if TYPE_CHECKING:
    from tests.servers.databases import Database


@pytest.fixture
async def house(database: Database) -> House:
    return await furnish(database, contacts=({"sms": "+447700900123"},) * 4)


@pytest.fixture
async def connection(database: Database, house: House) -> AsyncIterator[Connection]:  # noqa: ARG001
    async with connect(database.url_as("wayhome_alerts"), autocommit=True) as connection:
        yield connection


async def opened(
    connection: Connection, detector: str, severity: Severity = Severity.URGENT
) -> AlertId:
    finding = a_finding(severity, detector=detector)
    stored = await alert_table.open_alert(connection, finding, NINE, silent=False)
    assert stored is not None
    await alert_table.save_policy(connection, stored.alert.alert_id, {"first_step": 0})
    return stored.alert.alert_id


async def ask(connection: Connection, alert: AlertId, carer: CarerId, step: int = 0) -> None:
    wanted = Request(step=step, carer_id=carer, channel="sms")
    await table.request(connection, alert, [wanted], at(step))


async def claim(
    connection: Connection, minutes: float = 10, limit: int = 10, most: int = 0
) -> list[ClaimedDelivery]:
    now = at(minutes)
    return await table.claim(
        connection,
        Claim(
            channel="sms",
            holder="one",
            limit=limit,
            now=now,
            lease_until=now + timedelta(seconds=30),
            most_in_quarter=most,
        ),
    )


def told(house: House, carer: CarerId, minutes: float, times: int = 1) -> None:
    """Let a person have been told so many times, at a moment."""
    for _ in range(times):
        house.execute(
            "insert into delivery (kind, carer_id, channel, step, state, next_try_at, sent_at)"
            " values ('test', %s, 'sms', 0, 'sent', %s, %s)",
            carer,
            at(minutes),
            at(minutes),
        )


async def test_alerts_before_tests_and_first_words_before_repeats(
    house: House, connection: Connection
) -> None:
    one, two, three, four = house.carers
    await contact_table.send_test(connection, one, "sms", at(-5))
    alert = await opened(connection, "a")
    await ask(connection, alert, two, step=1)
    check = await opened(connection, "b", Severity.CHECK)
    await ask(connection, check, three)
    await ask(connection, await opened(connection, "c"), four)
    claimed = await claim(connection)
    assert [one.carer_id for one in claimed] == [four, two, three, one]
    assert claimed[-1].kind == "test"
    assert claimed[-1].alert_id is None


async def test_who_was_told_longest_ago_goes_first(house: House, connection: Connection) -> None:
    one, two, three, _ = house.carers
    told(house, one, -1)
    told(house, two, -60)
    alert = await opened(connection, "a")
    for carer in (one, two, three):
        await ask(connection, alert, carer)
    assert [found.carer_id for found in await claim(connection)] == [three, two, one]


async def test_a_limit_holds_repeats_and_tests_but_never_the_first_urgent_word(
    house: House, connection: Connection
) -> None:
    one, two, three, four = house.carers
    for carer in house.carers:
        told(house, carer, 5, times=3)
    alert = await opened(connection, "a")
    await ask(connection, alert, one)
    await ask(connection, alert, two, step=1)
    await ask(connection, await opened(connection, "b", Severity.CHECK), three)
    await contact_table.send_test(connection, four, "sms", NINE)
    assert [found.carer_id for found in await claim(connection, 10, most=3)] == [one]
    assert (
        len(await claim(connection, 21, most=3)) == 4
    )  # the first of them once more: its lease is over


async def test_a_held_repeat_ends_when_a_later_one_says_the_same(
    house: House, connection: Connection
) -> None:
    one = house.carers[0]
    alert = await opened(connection, "a")
    for step in range(4):
        await ask(connection, alert, one, step)
    rows = house.execute(
        "select step, state from delivery where alert_id = %s order by step", alert
    )
    assert rows == [(0, "pending"), (1, "failed"), (2, "failed"), (3, "pending")]


async def test_a_test_goes_to_the_one_address_it_is_of(
    house: House, connection: Connection
) -> None:
    one = house.carers[0]
    for number in range(2):
        house.execute(
            "insert into own_contact (carer_id, channel, address, created_at)"
            " values (%s, 'sms', %s, now())",
            one,
            f"+44770090000{number}",
        )
    await ask(connection, await opened(connection, "a"), one)
    (claimed,) = await claim(connection)
    assert len(claimed.contacts) == 3
    house.execute("update delivery set state = 'sent' where state = 'sending'")
    for contact in (None, 2):
        house.execute(
            "insert into contact_test (carer_id, channel, contact_id, asked_at)"
            " values (%s, 'sms', %s, %s)",
            one,
            contact,
            at(10),
        )
    assert await contact_table.take_tests(connection, at(10)) == 2
    assert await contact_table.take_tests(connection, at(10)) == 0
    addresses = []
    for _ in range(2):
        (claimed,) = await claim(connection)
        addresses += [contact.address for contact in claimed.contacts]
        house.execute("update delivery set state = 'sent' where state = 'sending'")
    assert sorted(addresses) == ["+447700900001", "+447700900123"]


async def test_a_carer_who_has_left_has_no_address(house: House, connection: Connection) -> None:
    one = house.carers[0]
    await ask(connection, await opened(connection, "a"), one)
    house.execute("update carer set disabled_at = now() where carer_id = %s", one)
    (claimed,) = await claim(connection)
    assert claimed.contacts == ()


@pytest.mark.parametrize("detail", ["nothing", "name", "sentence"])
async def test_a_claim_carries_what_its_reader_chose(
    house: House, connection: Connection, detail: str
) -> None:
    one = house.carers[0]
    if detail != "nothing":
        house.execute(
            "insert into telling_choice values (%s, %s, now(), 'de', 'fr,en')", one, detail
        )
    house.execute("update resident set name = 'Ada Lovelace'")
    finding = a_finding(resident_id=house.resident_id)
    stored = await alert_table.open_alert(connection, finding, NINE, silent=False)
    assert stored is not None
    await ask(connection, stored.alert.alert_id, one)
    (claimed,) = await claim(connection)
    assert (claimed.detail, claimed.resident) == (detail, "Ada")
    assert claimed.what == "No movement since 08:30"
    told = ("", "") if detail == "nothing" else ("de", "fr,en")
    assert (claimed.language, claimed.heard) == told
