from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from core.runtime.clock import SystemClock
from core.runtime.health import Health
from core.store.pool import open_pool
from gateway.batch import Batch
from gateway.writer import WHOLE_TRIES, Writer
from tests.gateway.builders import LIVE, NOON, Desk, after, contact, message
from tests.gateway.running import Table, until

if TYPE_CHECKING:
    from core.model.intake import Arrival
    from core.runtime.mqtt import IncomingMessage
    from tests.servers.databases import Database


@dataclass
class Office:
    """A desk whose batches are written."""

    desk: Desk
    writer: Writer
    table: Table
    health: Health

    def batch(self, *messages: IncomingMessage, seconds: float = 0) -> Batch:
        admitted = self.desk.intake.admit(messages, after(seconds))
        return self.desk.intake.close(admitted, after(seconds))


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    clock = SystemClock()
    async with open_pool(database.url_as("wayhome_gateway"), most=2) as pool:
        health = Health("gateway", clock)
        writer = Writer(pool, "gateway-1", clock, health)
        yield Office(Desk(), writer, Table(database.url), health)


def poisoned(batch: Batch, *places: int) -> Batch:
    """Give some observations a device number that no column holds."""
    admitted = list(batch.admitted)
    for place in places:
        (arrival,) = admitted[place].arrivals
        bad: list[Arrival] = [msgspec.structs.replace(arrival, device_id=1 << 70)]
        admitted[place] = msgspec.structs.replace(admitted[place], arrivals=bad)
    arrivals = tuple(arrival for one in admitted for arrival in one.arrivals)
    return replace(batch, admitted=tuple(admitted), arrivals=arrivals)


async def test_only_the_poisonous_messages_end_in_quarantine(office: Office) -> None:
    messages = [contact(t=after(-n).isoformat(), packet_id=n + 1) for n in range(20)]
    broken = message("homes/live/wayhome/door/contact", b"{", packet_id=30)
    batch = office.batch(*messages, broken)
    await office.writer.commit(poisoned(batch, 3, 4, 17))
    assert office.table.observations() == 17
    reasons = office.table.rows("select reason, home_id, count(*) from quarantine group by 1, 2")
    assert sorted(reasons) == [("malformed", LIVE, 1), ("store_refused", LIVE, 3)]
    assert office.table.rows("select device_id, last_seen from presence") == [(1, after(19e-6))]
    assert office.table.one("select count(*) from receipt") == 1


ENDS = """
create function end_it() returns trigger language plpgsql as
  $$ begin raise exception 'too slow' using errcode = 'query_canceled'; end $$;
create trigger end_it before insert on observation for each row when ({}) execute function end_it();
"""


async def test_a_batch_that_the_database_always_ends_holds_nobody_up(office: Office) -> None:
    """One message that takes too long is set aside in the end, whole, and all others come through."""
    office.table.run(ENDS.format("new.device_id = 2"))
    messages = [contact(t=after(-n).isoformat(), packet_id=n + 1) for n in range(20)]
    slow = message("homes/live/wayhome/motion/motion", {"v": True}, packet_id=40)
    await office.writer.commit(office.batch(*messages[:7], slow, *messages[7:]))
    assert office.table.observations() == 20
    rows = office.table.rows("select topic, payload, reason, home_id from quarantine")
    assert rows == [(slow.topic, slow.payload, "store_too_slow", LIVE)]
    assert office.writer.tally.retries == WHOLE_TRIES
    await office.writer.commit(office.batch(contact(packet_id=60), seconds=60))
    assert office.table.observations() == 21


@pytest.mark.parametrize("messages", [1, 5])
async def test_a_database_that_ends_everything_sets_nothing_aside(
    office: Office, messages: int
) -> None:
    office.table.run(ENDS.format("true"))
    said = [contact(t=after(-n).isoformat(), packet_id=n + 1) for n in range(messages)]
    batch = office.batch(*said)
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(office.writer.commit(batch))
        await until(lambda: office.writer.tally.retries > WHOLE_TRIES, what="tried in parts")
        assert not writing.done()
        office.table.run("drop trigger end_it on observation")
    assert office.table.observations() == messages
    assert office.table.one("select count(*) from quarantine") == 0


async def test_a_message_alone_that_the_database_always_ends_is_set_aside(office: Office) -> None:
    office.table.run(ENDS.format("new.device_id = 1"))
    await office.writer.commit(office.batch(contact(packet_id=1)))
    reasons = office.table.rows("select reason, count(*) from quarantine group by 1")
    assert (office.table.observations(), reasons) == (0, [("store_too_slow", 1)])


@pytest.mark.parametrize("table", ["presence", "battery_record", "discovered"])
async def test_what_stands_beside_holds_no_observation_up(office: Office, table: str) -> None:
    """A presence that can not be written made all homes blind: the batch was tried for ever."""
    office.table.run(ENDS.format("true").replace("on observation", f"on {table}"))
    said = [
        contact(packet_id=1),
        message("homes/live/wayhome/nobody/motion", {"v": True}, packet_id=3),
    ]
    if table == "battery_record":
        said.append(message("homes/live/wayhome/motion/battery", {"v": 40}, packet_id=4))
    await office.writer.commit(office.batch(*said))
    assert office.writer.tally.retries == WHOLE_TRIES
    assert office.table.observations() == len(said) - 1
    part = office.health.report()["parts"]["presence"]
    assert not part["ok"]
    assert "too slow" in part["text"]
    await office.writer.commit(office.batch(*said, seconds=90))
    assert office.writer.tally.retries == WHOLE_TRIES, "the next one waits no minute and a half"
    office.table.run(f"drop trigger end_it on {table}")
    await office.writer.commit(office.batch(*said, seconds=180))
    assert office.table.one("select count(*) from presence") > 0
    assert office.health.report()["parts"]["presence"]["ok"]


async def test_what_can_not_be_set_aside_is_tried_again(office: Office) -> None:
    """A message is in the log or in quarantine, never nowhere."""
    office.table.run(ENDS.format("true").replace("on observation", "on quarantine"))
    batch = office.batch(message("homes/live/wayhome/door/contact", b"{", packet_id=1))
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(office.writer.commit(batch))
        await until(lambda: office.writer.tally.retries > WHOLE_TRIES, what="tried in parts")
        assert not writing.done()
        office.table.run("drop trigger end_it on quarantine")
    assert office.table.one("select count(*) from quarantine") == 1


async def test_a_batch_that_came_through_is_not_written_again(office: Office) -> None:
    batch = office.batch(contact(packet_id=1), contact(packet_id=2))
    assert await office.writer._write(batch, perhaps_there=True) == 2
    assert await office.writer._write(batch, perhaps_there=True) is None
    assert office.table.observations() == 2


async def test_untimed_messages_of_one_batch_are_all_stored(office: Office) -> None:
    await office.writer.commit(office.batch(*(contact(packet_id=n) for n in range(1, 101))))
    await office.writer.commit(office.batch(*(contact(packet_id=n) for n in range(1, 101))))
    assert office.table.observations() == 200


async def test_a_drifting_correction_adds_no_second_row(office: Office) -> None:
    claims = [after(n).isoformat() for n in range(10)]
    first = [contact(t=claim, packet_id=n + 1) for n, claim in enumerate(claims)]
    await office.writer.commit(office.batch(*first, seconds=50))
    assert office.table.one("select count(*) from observation where claimed_at is not null") == 10
    await office.writer.commit(office.batch(*first, seconds=3000))
    office.desk.admission.admit(contact(t=after(4000).isoformat()), after(4000.5))
    await office.writer.commit(office.batch(*first, seconds=4001))
    assert office.table.observations() == 10
    assert office.writer.tally.duplicates == 20


async def test_a_device_that_starts_anew_is_written_twice_in_one_commit(office: Office) -> None:
    messages = [contact(seq=n, boot="a", packet_id=n + 1) for n in (0, 1, 3)]
    messages += [contact(seq=n, boot="b", packet_id=n + 10) for n in (0, 1)]
    await office.writer.commit(office.batch(*messages))
    rows = office.table.rows("select boot, last_number, missed from presence")
    assert rows == [("b", 1, 1)]
    assert office.table.one("select last_seen from presence") > NOON
