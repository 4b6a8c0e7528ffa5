"""Weekly tests of carers: asked by the alerting service, sent as deliveries, confirmed by the carer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from core.model.ids import CarerId, HomeId
from core.model.reach import WeeklyTest
from core.store.contact import send_test
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who is told of alerts."""

    carer_id: CarerId
    #: A home that this person is told of.
    home_id: HomeId
    zone: ZoneInfo
    #: Channels with an address of theirs, registered or added by themselves.
    channels: tuple[str, ...]
    #: When the last test was asked; None before this person was first seen.
    asked_at: datetime | None
    #: Whether that test had any message; the first one has none.
    had_messages: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedPerson:
    """A person with their tests, newest first."""

    __test__ = False

    carer_id: CarerId
    #: Personal: never in logs.
    name: str
    role: str
    tests: tuple[WeeklyTest, ...]
    #: The newest test, while it waits to be confirmed.
    open_test: int | None


_LOCK = 0x57415354


async def alone(connection: Connection) -> bool:
    """Take the turn to ask until this transaction ends; False while another process has it."""
    cursor = await connection.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,))
    return await cursor.fetchone() == (True,)


async def candidates(connection: Connection) -> list[Candidate]:
    """Return everybody who may be told of an alert in a home, watched or at rest, with their last test."""
    rows = await named_rows(connection, _CANDIDATES, {})
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
    """Begin a test: a delivery by each of ``channels`` goes into the outbox. Return its number."""
    cursor = await connection.execute(
        "insert into self_test (carer_id, asked_at) values (%s, %s) returning self_test_id",
        (carer_id, now),
    )
    ((number,),) = await cursor.fetchall()
    for channel in channels:
        await connection.execute(
            "insert into self_test_message (delivery_id, self_test_id) values (%s, %s)",
            (await send_test(connection, carer_id, channel, now), number),
        )
    return int(number)


async def tests_of(connection: Connection, carer_id: CarerId) -> tuple[WeeklyTest, ...]:
    """Return the tests of one person, newest first."""
    rows = await named_rows(connection, _TESTS, {"carer": carer_id})
    return tuple(_test(row) for row in sorted(rows, key=_asked, reverse=True))


async def people(
    connection: Connection, *, only: Sequence[CarerId] | None = None, newest: int | None = None
) -> tuple[TestedPerson, ...]:
    """Return everybody whom the visitor may see, with their tests.

    Parameters
    ----------
    only
        These people; None for all.
    newest
        So many of each person's tests; None for all that are kept.
    """
    wanted = {"only": None if only is None else list(only), "named": ""}
    persons = await named_rows(connection, _PEOPLE, wanted)
    ids = [row["carer_id"] for row in persons]
    rows = await named_rows(connection, _NEWEST, {"people": ids, "newest": newest})
    tests: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=_asked, reverse=True):
        tests.setdefault(row["carer_id"], []).append(row)
    return tuple(_person(row, tests.get(row["carer_id"], [])) for row in persons)


async def numbers(connection: Connection, named: str = "") -> tuple[CarerId, ...]:
    """Return everybody whom the visitor may see, by name.

    Parameters
    ----------
    named
        Part of the name; empty for everybody.
    """
    cursor = await connection.execute(_PEOPLE, {"only": None, "named": named})
    return tuple(CarerId(row[0]) for row in await cursor.fetchall())


async def tapped(connection: Connection, people: Sequence[CarerId]) -> set[CarerId]:
    """Return those who have tapped that their newest test came: of most people no more has to be read."""
    cursor = await connection.execute(_TAPPED, {"people": list(people)})
    return {CarerId(row[0]) for row in await cursor.fetchall()}


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


# The home is found for each person, never tried for each pair of a person and a home of their organisation.
_CANDIDATES: LiteralString = (
    "with place as ("
    " select c.carer_id, min(h.home_id) as home_id from carer c join care using (carer_id)"
    "  join home h on h.home_id = care.home_id and h.organisation_id = c.organisation_id"
    "  where c.role in ('family_carer', 'care_worker') and c.disabled_at is null"
    "   and (h.mode = 'live' or h.away)"
    "  group by c.carer_id"
    " union all select c.carer_id, h.home_id from carer c join (select organisation_id,"
    "  min(home_id) as home_id from home where mode = 'live' or away group by organisation_id) h"
    "  using (organisation_id)"
    "  where c.role in ('technician', 'organisation_admin') and c.disabled_at is null)"
    " select p.carer_id, p.home_id, h.zone,"
    " coalesce((select array_agg(distinct l.channel order by l.channel) from live_contact l"
    "  where l.carer_id = p.carer_id), '{}') as channels, t.asked_at,"
    # a limit is never turned into a list of the messages of all years
    " coalesce((select true from self_test_message m where m.self_test_id = t.self_test_id limit 1),"
    "  false) as had_messages from place p join home h using (home_id)"
    " left join lateral (select self_test_id, asked_at from self_test s where s.carer_id = p.carer_id"
    "  order by asked_at desc limit 1) t on true order by p.carer_id"
)
# A tap on the page, a tap on the page that the message leads to, or a key on the phone: each is a human.
_TEST: LiteralString = (
    "select t.self_test_id, t.carer_id, t.asked_at,"
    " least(min(a.at), min(s.at), min(d.answered_at)) as confirmed_at,"
    " count(d.delivery_id) filter (where d.state = 'sent') as sent,"
    " count(d.delivery_id) filter (where d.state in ('pending', 'sending')) as waiting,"
    " count(d.delivery_id) filter (where d.state = 'failed') as failed from "
)
_BY_TEST: LiteralString = (
    " t left join self_test_answer a using (self_test_id)"
    " left join self_test_message m using (self_test_id)"
    " left join delivery d using (delivery_id) left join delivery_seen s using (delivery_id)"
    " group by t.self_test_id, t.carer_id, t.asked_at"
)
_TESTS: LiteralString = _TEST + "(select * from self_test where carer_id = %(carer)s)" + _BY_TEST
_NEWEST: LiteralString = (
    _TEST
    + "(select t.* from unnest(%(people)s::bigint[]) as p(carer_id) cross join lateral (select * from"
    "  self_test o where o.carer_id = p.carer_id order by o.asked_at desc limit %(newest)s) t)"
    + _BY_TEST
)
_TAPPED: LiteralString = (
    "select p.carer_id from unnest(%(people)s::bigint[]) as p(carer_id) cross join lateral (select"
    " self_test_id from self_test o where o.carer_id = p.carer_id order by o.asked_at desc limit 1) t"
    " join self_test_answer a using (self_test_id)"
)
_PEOPLE: LiteralString = (
    "select c.carer_id, c.name, c.role from carer c where c.disabled_at is null"
    " and (%(only)s::bigint[] is null or c.carer_id = any(%(only)s))"
    " and (%(named)s::text = '' or strpos(lower(c.name), lower(%(named)s)) > 0)"
    # a circle sees the tests of its own carers and of nobody else beside the visitor: no need to ask
    " and (c.carer_id in (select carer_id from care) or (current_setting('wayhome.scope', true)"
    "  = 'organisation' or c.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint)"
    "  and exists (select 1 from self_test t where t.carer_id = c.carer_id))"
    " order by c.name, c.carer_id"
)


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
