"""Weekly tests of carers: asked and sent by the alerting service, answered on the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.model.ids import CarerId, HomeId
from core.model.reach import WeeklyTest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who is told of alerts."""

    carer_id: CarerId
    #: A home that this person is told of.
    home_id: HomeId
    zone: ZoneInfo
    #: Channels with an address of theirs.
    channels: tuple[str, ...]
    #: When the last test was asked; None before this person was first seen.
    asked_at: datetime | None
    #: Whether that test had any message; the first one has none.
    had_messages: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMessage:
    """A message of a test that this worker holds until its lease ends."""

    __test__ = False

    self_test_id: int
    channel: str
    attempt: int
    #: None when it was taken away since.
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedPerson:
    """A person with their tests, newest first."""

    __test__ = False

    carer_id: CarerId
    #: Personal: never in logs.
    name: str
    role: str
    tests: tuple[WeeklyTest, ...]
    #: The newest test, while it waits for a tap.
    open_test: int | None


_LOCK = 0x57415354


async def alone(connection: Connection) -> bool:
    """Take the turn to ask until this transaction ends; False while another process has it."""
    cursor = await connection.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,))
    return await cursor.fetchone() == (True,)


async def candidates(connection: Connection) -> list[Candidate]:
    """Return everybody who may be told of an alert in a watched home, with their last test."""
    rows = await _rows(connection, _CANDIDATES, {})
    return [
        Candidate(
            carer_id=CarerId(row["carer_id"]),
            home_id=HomeId(row["home_id"]),
            zone=ZoneInfo(row["zone"]),
            channels=tuple(row["channels"]),
            asked_at=row["asked_at"],
            had_messages=row["had_messages"],
        )
        for row in rows
    ]


async def ask(
    connection: Connection, carer_id: CarerId, channels: Sequence[str], now: datetime
) -> int:
    """Begin a test with a message by each of ``channels``; return its number."""
    cursor = await connection.execute(
        "insert into self_test (carer_id, asked_at) values (%s, %s) returning self_test_id",
        (carer_id, now),
    )
    ((number,),) = await cursor.fetchall()
    async with connection.cursor() as many:
        await many.executemany(
            "insert into self_test_message (self_test_id, channel, next_try_at) values (%s, %s, %s)",
            [(number, channel, now) for channel in channels],
        )
    return int(number)


async def claim(
    connection: Connection, channel: str, now: datetime, lease_until: datetime, limit: int
) -> list[TestMessage]:
    """Take due messages of one channel for this worker until its lease ends."""
    rows = await _rows(
        connection,
        "with mine as (select self_test_id from self_test_message where channel = %(channel)s"
        "  and (state = 'pending' and next_try_at <= %(now)s"
        "   or state = 'sending' and lease_until <= %(now)s)"
        "  order by next_try_at limit %(limit)s for update skip locked)"
        " update self_test_message m set state = 'sending', attempts = attempts + 1,"
        " lease_until = %(lease)s from mine, self_test t where m.channel = %(channel)s"
        " and m.self_test_id = mine.self_test_id and t.self_test_id = m.self_test_id"
        " returning m.self_test_id, m.channel, m.attempts as attempt, (select address"
        "  from contact_point p where p.carer_id = t.carer_id and p.channel = m.channel) as address",
        {"channel": channel, "now": now, "lease": lease_until, "limit": limit},
    )
    return [TestMessage(**row) for row in rows]


async def finish(
    connection: Connection,
    message: TestMessage,
    state: str,
    now: datetime,
    *,
    error: str = "",
    next_try_at: datetime | None = None,
) -> None:
    """Note how an attempt ended, unless another worker has the message meanwhile."""
    await connection.execute(
        "update self_test_message set state = %(state)s, error = %(error)s, lease_until = null,"
        " next_try_at = coalesce(%(next)s, next_try_at),"
        " sent_at = case when %(state)s = 'sent' then %(now)s::timestamptz end"
        " where self_test_id = %(test)s and channel = %(channel)s and attempts = %(attempt)s",
        {
            "state": state,
            "error": error,
            "next": next_try_at,
            "now": now,
            "test": message.self_test_id,
            "channel": message.channel,
            "attempt": message.attempt,
        },
    )


async def tests_of(connection: Connection, carer_id: CarerId) -> tuple[WeeklyTest, ...]:
    """Return the tests of one person, newest first."""
    rows = await _rows(
        connection, _TESTS + " where t.carer_id = %(carer)s" + _BY_TEST, {"carer": carer_id}
    )
    return tuple(_test(row) for row in sorted(rows, key=_asked, reverse=True))


async def people(connection: Connection) -> tuple[TestedPerson, ...]:
    """Return everybody whom the visitor may see, with their tests."""
    tests: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(await _rows(connection, _TESTS + _BY_TEST, {}), key=_asked, reverse=True):
        tests.setdefault(row["carer_id"], []).append(row)
    persons = await _rows(
        connection,
        "select c.carer_id, c.name, c.role from carer c where c.disabled_at is null and ("
        " c.carer_id in (select carer_id from care) or c.carer_id in (select carer_id from self_test)"
        ") order by c.name, c.carer_id",
        {},
    )
    return tuple(_person(row, tests.get(row["carer_id"], [])) for row in persons)


async def answer(
    connection: Connection, self_test_id: int, carer_id: CarerId, now: datetime
) -> bool:
    """Note that a person tapped; False when the test is none of theirs. Twice changes nothing."""
    cursor = await connection.execute(
        "insert into self_test_answer (self_test_id, at) select self_test_id, %(now)s"
        " from self_test where self_test_id = %(test)s and carer_id = %(carer)s"
        " on conflict do nothing",
        {"now": now, "test": self_test_id, "carer": carer_id},
    )
    if cursor.rowcount:
        return True
    cursor = await connection.execute(
        "select 1 from self_test where self_test_id = %s and carer_id = %s",
        (self_test_id, carer_id),
    )
    return await cursor.fetchone() is not None


_CANDIDATES: LiteralString = (
    "select distinct on (c.carer_id) c.carer_id, h.home_id, h.zone,"
    " coalesce((select array_agg(p.channel order by p.channel) from contact_point p"
    "  where p.carer_id = c.carer_id), '{}') as channels, t.asked_at,"
    " exists (select 1 from self_test_message m where m.self_test_id = t.self_test_id)"
    "  as had_messages"
    " from carer c join home h using (organisation_id)"
    " left join lateral (select self_test_id, asked_at from self_test where carer_id = c.carer_id"
    "  order by asked_at desc limit 1) t on true"
    " where c.disabled_at is null and h.mode = 'live' and ("
    "  c.role in ('technician', 'organisation_admin') or c.role in ('family_carer', 'care_worker')"
    "  and exists (select 1 from care where care.home_id = h.home_id and care.carer_id = c.carer_id))"
    " order by c.carer_id, h.home_id"
)
_TESTS: LiteralString = (
    "select t.self_test_id, t.carer_id, t.asked_at, a.at as confirmed_at,"
    " count(m.channel) filter (where m.state = 'sent') as sent,"
    " count(m.channel) filter (where m.state in ('pending', 'sending')) as waiting,"
    " count(m.channel) filter (where m.state = 'failed') as failed"
    " from self_test t left join self_test_message m using (self_test_id)"
    " left join self_test_answer a using (self_test_id)"
)
_BY_TEST: LiteralString = " group by t.self_test_id, a.at"


def _person(row: Mapping[str, Any], tests: Sequence[Mapping[str, Any]]) -> TestedPerson:
    newest = tests[0] if tests else None
    waits = newest is not None and newest["confirmed_at"] is None and newest["sent"] > 0
    return TestedPerson(
        carer_id=CarerId(row["carer_id"]),
        name=row["name"],
        role=row["role"],
        tests=tuple(_test(one) for one in tests),
        open_test=newest["self_test_id"] if waits and newest else None,
    )


def _test(row: Mapping[str, Any]) -> WeeklyTest:
    return WeeklyTest(
        asked_at=row["asked_at"],
        confirmed_at=row["confirmed_at"],
        sent=row["sent"],
        waiting=row["waiting"],
        failed=row["failed"],
    )


def _asked(row: Mapping[str, Any]) -> datetime:
    asked_at: datetime = row["asked_at"]
    return asked_at


async def _rows(
    connection: Connection, query: LiteralString, values: Mapping[str, object]
) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, values)
    return await cursor.fetchall()
